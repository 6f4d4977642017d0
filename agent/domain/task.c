/* The kinds of tasks and their outcomes, as tables. */
#include "domain/task.h"

#include "base/text.h"

#include <string.h>

#define K(kind) (1u << TASK_##kind)
#define REVIEWS (K(REVIEW) | K(REVIEW_EXPIRY) | K(REVIEW_POLICY) | K(REVIEW_SOURCE))

static const struct {
	const char *name;
	enum finding_code finding;
} kinds[TASK_KINDS] = {
    [TASK_CHALLENGE] = {"challenge", FINDING_DEADLINE},
    [TASK_REVIEW] = {"review", FINDING_REVIEW_OVERDUE},
    [TASK_REVIEW_EXPIRY] = {"review-expiry", FINDING_REVIEW_OVERDUE},
    [TASK_REVIEW_POLICY] = {"review-policy", FINDING_REVIEW_OVERDUE},
    [TASK_REVIEW_SOURCE] = {"review-source", FINDING_REVIEW_OVERDUE},
    [TASK_CONDITION] = {"condition", FINDING_REVIEW_OVERDUE},
    [TASK_ARCHIVE] = {"review-archive", FINDING_REVIEW_OVERDUE},
    [TASK_PUBLISH] = {"review-publish", FINDING_REVIEW_OVERDUE},
    [TASK_CONSULT] = {"consultation", FINDING_DEADLINE},
    [TASK_REREAD] = {"reread", FINDING_REVIEW_OVERDUE},
    [TASK_NOTICE] = {"notice", FINDING_NOT_TOLD},
    [TASK_SERVICE] = {"service", FINDING_NOT_TOLD},
    [TASK_URGENT] = {"urgent", FINDING_DEADLINE},
};

/* Nothing is lowered by an answer: it asks for what is then decided like a classification (DESIGN 6). */
static const struct task_outcome outcomes[] = {
    {"upheld", K(CHALLENGE), TASK_NOTES, NULL, TASK_LOWERS_NOTHING},
    {"rejected", K(CHALLENGE), TASK_NOTES, NULL, TASK_LOWERS_NOTHING},
    {"keep", REVIEWS, TASK_KEEPS, NULL, TASK_LOWERS_NOTHING},
    {"lower", REVIEWS, TASK_ASKS, "change", TASK_LOWERS_LEVEL},
    {"shorten", REVIEWS, TASK_ASKS, "change", TASK_LOWERS_TERM},
    {"narrow", REVIEWS, TASK_ASKS, "change", TASK_LOWERS_SCOPE},
    {"extend", K(REVIEW_EXPIRY), TASK_ASKS, "extend", TASK_LOWERS_NOTHING},
    {"release", REVIEWS, TASK_ASKS, "release", TASK_LOWERS_NOTHING},
    {"publish", REVIEWS | K(PUBLISH), TASK_ASKS, "publish", TASK_LOWERS_NOTHING},
    {"met", K(CONDITION), TASK_DECIDES, NULL, TASK_LOWERS_NOTHING},
    {"not-met", K(CONDITION), TASK_WAITS, NULL, TASK_LOWERS_NOTHING},
    {"ready", K(ARCHIVE), TASK_NOTES, NULL, TASK_LOWERS_NOTHING},
    {"hold", K(ARCHIVE) | K(PUBLISH), TASK_NOTES, NULL, TASK_LOWERS_NOTHING},
    {"dropped", K(ARCHIVE), TASK_ENDS, NULL, TASK_LOWERS_NOTHING},
    {"agreed", K(CONSULT), TASK_REPLIES, NULL, TASK_LOWERS_NOTHING},
    {"objected", K(CONSULT), TASK_REPLIES, NULL, TASK_LOWERS_NOTHING},
    {"not-secret", K(REREAD), TASK_NOTES, NULL, TASK_LOWERS_NOTHING},
    {"secret", K(REREAD), TASK_NOTES, NULL, TASK_LOWERS_NOTHING},
    {"told", K(NOTICE), TASK_FILLS, NULL, TASK_LOWERS_NOTHING},
    {"decided", K(URGENT), TASK_FILLS, NULL, TASK_LOWERS_NOTHING},
    {"served", K(SERVICE), TASK_FILLS, NULL, TASK_LOWERS_NOTHING},
};

const char *task_kind_name(enum task_kind kind)
{
	return kinds[kind].name;
}

bool task_kind_find(const char *name, enum task_kind *ret)
{
	for (int i = 0; i < TASK_KINDS; i++)
		if (text_equal(kinds[i].name, name)) {
			*ret = (enum task_kind)i;
			return true;
		}
	return false;
}

enum finding_code task_finding(enum task_kind kind)
{
	return kinds[kind].finding;
}

bool task_is_late(const struct task *t, struct date today)
{
	return t->is_open && date_is_set(t->due) && date_compare(today, t->due) > 0;
}

const struct task_outcome *task_outcome_find(enum task_kind kind, const char *name)
{
	for (size_t i = 0; i < array_n(outcomes); i++)
		if ((outcomes[i].kinds & 1u << kind) && text_equal(outcomes[i].name, name))
			return &outcomes[i];
	return NULL;
}

void task_outcomes(enum task_kind kind, struct buffer *ret)
{
	for (size_t i = 0; i < array_n(outcomes); i++)
		if (outcomes[i].kinds & 1u << kind && outcomes[i].does != TASK_ENDS)
			buffer_add_format(ret, "%s%s", ret->n ? ", " : "", outcomes[i].name);
}

static void add_names(struct texts scope, struct texts but, struct buffer *ret)
{
	for (size_t i = 0; i < scope.n; i++)
		if (!texts_has(but, scope.at[i]))
			buffer_add_format(ret, "%s%s", ret->n ? " " : "", scope.at[i]);
}

void task_names(struct texts before, struct texts after, struct buffer *ret)
{
	add_names(before, (struct texts){0}, ret);
	add_names(after, before, ret);
}

/* ---- what makes less ---- */

static bool holds(struct texts scope, const char *entry)
{
	if (texts_has(scope, entry) || texts_has(scope, "*"))
		return true;
	for (size_t i = 0; i < scope.n; i++)
		if (text_starts(entry, "dept:") && text_starts(scope.at[i], "dept:") &&
		    texts_cover((struct texts){&scope.at[i], 1}, entry, '/'))
			return true;
	return false;
}

const char *task_scope_outside(struct texts scope, struct texts of, size_t *at)
{
	while (*at < scope.n) {
		const char *entry = scope.at[(*at)++];

		if (!holds(of, entry))
			return entry;
	}
	return NULL;
}

static bool same_scope(struct texts a, struct texts b)
{
	size_t in_b = 0, in_a = 0;

	return a.n == b.n && !task_scope_outside(a, b, &in_b) && !task_scope_outside(b, a, &in_a);
}

enum task_problem task_outcome_check(const struct policy *p, const struct record *r, const struct task_outcome *outcome,
				     const struct classification *what, bool within)
{
	const struct classification *now = &r->decided;
	const struct level *from = level_for_protection(p, now->level), *to = level_find(p, what->level);
	bool level = text_equal(what->level, now->level), term = term_equal(&what->term, &now->term);
	bool scope = same_scope(what->scope, now->scope);

	switch (outcome->lowers) {
	case TASK_LOWERS_LEVEL:
		if (!to || !from || to->rank >= from->rank || !level_is_classified(to))
			return TASK_NOT_LOWER;
		return term && scope ? TASK_GOOD : TASK_MORE;
	case TASK_LOWERS_TERM:
		if (term_compare(&what->term, &now->term, r->start, p->leap) >= 0)
			return TASK_NOT_SHORTER;
		return level && scope ? TASK_GOOD : TASK_MORE;
	case TASK_LOWERS_SCOPE:
		if (!within || scope || what->scope.n == 0)
			return TASK_NOT_NARROWER;
		return level && term ? TASK_GOOD : TASK_MORE;
	case TASK_LOWERS_NOTHING:
		break;
	}
	return TASK_GOOD;
}

static const struct {
	const char *name, *sentence;
} problems[] = {
    [TASK_GOOD] = {"good", ""},
    [TASK_NOT_LOWER] = {"not-lower", "that is no classified level below the one in force"},
    [TASK_NOT_SHORTER] = {"not-shorter", "that term ends no earlier than the one in force"},
    [TASK_NOT_NARROWER] = {"not-narrower", "that scope is not a part of the one in force"},
    [TASK_MORE] = {"more-than-that", "this answer changes one thing alone"},
};

const char *task_problem_name(enum task_problem problem)
{
	return problems[problem].name;
}

const char *task_problem_sentence(enum task_problem problem)
{
	return problems[problem].sentence;
}
