/* Making marks from the pack's words. */
#include "domain/mark.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "domain/policy.h"
#include "domain/template.h"

static void add_count(const char *form, uint32_t n, struct buffer *ret)
{
	char digits[12];
	const struct template_value value = {"n", digits};

	if (n == 0 || !form)
		return;
	(void)snprintf(digits, sizeof(digits), "%u", n);
	template_expand(form, &value, 1, ret);
}

static void add_date(const char *form, struct date d, struct buffer *ret)
{
	char y[8], m[4], mm[4], day[4], dd[4];
	const struct template_value values[] = {{"y", y}, {"m", m}, {"mm", mm}, {"d", day}, {"dd", dd}};

	(void)snprintf(y, sizeof(y), "%04u", (unsigned)d.year % 10000);
	(void)snprintf(m, sizeof(m), "%u", d.month % 100u);
	(void)snprintf(mm, sizeof(mm), "%02u", d.month % 100u);
	(void)snprintf(day, sizeof(day), "%u", d.day % 100u);
	(void)snprintf(dd, sizeof(dd), "%02u", d.day % 100u);
	if (form && date_is_set(d))
		template_expand(form, values, array_n(values), ret);
}

static void add_text(const char *text, struct buffer *ret)
{
	if (text)
		buffer_add_text(ret, text);
}

void mark_make_term(const struct policy *p, const struct term *t, struct buffer *ret)
{
	const struct mark_rules *rules = &p->marks;

	switch (t->kind) {
	case TERM_PERIOD:
		add_count(rules->years, t->period.years, ret);
		add_count(rules->months, t->period.months, ret);
		add_count(rules->days, t->period.days, ret);
		break;
	case TERM_DATE:
		add_date(rules->date, t->date, ret);
		break;
	case TERM_EVENT:
		add_text(t->event, ret);
		break;
	case TERM_LONG:
		add_text(rules->long_term, ret);
		break;
	case TERM_NONE:
	case TERM_KINDS:
		break;
	}
	while (ret->n && ret->at[ret->n - 1] == ' ') /* "10 years " of a language with spaces */
		ret->n--;
}

/* {declassify_on}: the day where there is one, the event, the exemption code, else the term in words. */
static void make_declassify_on(const struct policy *p, const struct mark_facts *facts, struct buffer *ret)
{
	struct date end = term_end(facts->term, facts->start, p->leap);
	const struct exemption_rule *x = facts->term->code[0] ? policy_exemption(p, facts->term->code) : NULL;

	if (x && x->undated) {
		buffer_add_text(ret, x->words ? x->words : x->code);
		return;
	}
	if (x) /* "25X4, 20600101": 32 CFR 2001.26(a) */
		buffer_add_format(ret, "%s, ", x->code);
	if (date_is_set(end))
		add_date(p->marks.date_compact, end, ret);
	else if (facts->term->kind == TERM_LONG && facts->item && facts->item->exemption)
		buffer_add_text(ret, facts->item->exemption);
	else
		mark_make_term(p, facts->term, ret);
}

/* A decision like an item of a guide is derived from the guide; one that departs from it is original. */
static bool is_by_guide(const struct policy *p, const struct mark_facts *facts)
{
	return !facts->derived && p->catalogue.is_guide && facts->item && facts->item->level == facts->level;
}

static const char *source_words(const struct policy *p, const struct mark_facts *facts)
{
	struct texts sources = facts->sources;

	if (is_by_guide(p, facts) && p->catalogue.title)
		return p->catalogue.title;
	return sources.n == 0 ? "-" : sources.n == 1 ? sources.at[0] : p->marks.many_sources;
}

static void make_line(const struct policy *p, const char *form, const struct mark_facts *facts, struct buffer *ret)
{
	OWN_BUFFER struct buffer term = {0};
	OWN_BUFFER struct buffer day = {0};
	OWN_MEM char *term_words = NULL;
	OWN_MEM char *day_words = NULL;

	mark_make_term(p, facts->term, &term);
	make_declassify_on(p, facts, &day);
	term_words = buffer_steal_text(&term);
	day_words = buffer_steal_text(&day);
	const struct template_value values[] = {
	    {"level", facts->level->name.official},
	    {"term", term_words},
	    {"classified_by", facts->classified_by ? facts->classified_by : "-"},
	    {"derived_from", source_words(p, facts)},
	    {"reason", facts->item && facts->item->reason ? facts->item->reason : "-"},
	    {"declassify_on", day_words},
	    {"portion", facts->level->portion},
	};
	template_expand(form, values, array_n(values), ret);
}

void mark_make_banner(const struct policy *p, const struct mark_facts *facts, struct buffer *ret)
{
	if (level_is_classified(facts->level) && p->marks.banner)
		make_line(p, p->marks.banner, facts, ret);
}

/* "planning" of "dept:planning": whom a reader knows by that name. */
static const char *knower(const char *scope)
{
	const char *colon = strchr(scope, ':');

	return colon ? colon + 1 : scope;
}

/* The line that says who may know; nothing where the pack has no words for it, or nobody may. */
static void make_scope(const struct policy *p, struct texts scope, struct buffer *ret)
{
	OWN_BUFFER struct buffer names = {0};
	OWN_MEM char *text = NULL;

	if (!p->marks.scope || scope.n == 0)
		return;
	for (size_t i = 0; i < scope.n; i++) {
		if (i)
			buffer_add_text(&names, p->marks.scope_and ? p->marks.scope_and : ", ");
		buffer_add(&names, knower(scope.at[i]), strcspn(knower(scope.at[i]), " "));
	}
	text = buffer_steal_text(&names);
	ret->failed |= !text;
	const struct template_value value = {"scope", text};
	template_expand(p->marks.scope, &value, 1, ret);
}

static void make_copy(const struct policy *p, uint32_t copy, struct buffer *ret)
{
	char digits[12];
	const struct template_value value = {"copy", digits};

	if (!copy || !p->marks.copy)
		return;
	(void)snprintf(digits, sizeof(digits), "%06u", copy); /* six digits (GB/T 9704-2012) */
	template_expand(p->marks.copy, &value, 1, ret);
	buffer_add_text(ret, "\n");
}

void mark_make(const struct policy *p, const struct mark_facts *facts, struct buffer *ret)
{
	struct texts block = facts->derived || is_by_guide(p, facts) ? p->marks.block_derived : p->marks.block_original;

	if (!level_is_classified(facts->level))
		return;
	make_copy(p, facts->copy, ret);
	mark_make_banner(p, facts, ret);
	for (size_t i = 0; i < block.n; i++) {
		buffer_add_text(ret, "\n");
		make_line(p, block.at[i], facts, ret);
	}
	if (p->marks.scope && facts->scope.n)
		buffer_add_text(ret, "\n");
	make_scope(p, facts->scope, ret);
}

void mark_make_released(const struct policy *p, struct date on, const char *authority, struct buffer *ret)
{
	OWN_BUFFER struct buffer day = {0};
	OWN_MEM char *words = NULL;

	add_date(p->marks.date, on, &day);
	words = buffer_steal_text(&day);
	const struct template_value values[] = {{"date", words}, {"authority", authority ? authority : "-"}};
	template_expand(!authority && p->marks.expired ? p->marks.expired : p->marks.released, values, array_n(values),
			ret);
}

/* A day in the mark of a term that is no day. */
static bool follows(const struct policy *p, struct date day, const struct term *t, struct date start)
{
	struct date end = term_end(t, start, p->leap);

	return date_is_set(end) && date_compare(end, day) == 0;
}

static bool other_term(const struct policy *p, const struct term *mark, const struct term *t, struct date decided,
		       struct date issued)
{
	if (mark->kind == TERM_NONE || t->kind == TERM_NONE)
		return false;
	if (t->code[0] && strcmp(mark->code, t->code) != 0)
		return true;
	if (mark->kind == TERM_DATE && t->kind == TERM_PERIOD)
		return !follows(p, mark->date, t, decided) && !follows(p, mark->date, t, issued);
	if (mark->kind == TERM_EVENT && t->kind == TERM_LONG)
		return false; /* a code for an exemption reads like an event */
	if (mark->kind != t->kind)
		return true;
	if (t->kind == TERM_EVENT) /* a mark has no check date */
		return !text_equal(mark->event, t->event);
	return t->kind == TERM_DATE	? date_compare(mark->date, t->date) != 0
	       : t->kind == TERM_PERIOD ? period_compare(mark->period, t->period) != 0
					: false;
}

bool mark_differs(const struct policy *p, const struct mark_found *found, const struct classification *what,
		  struct date decided, struct date issued)
{
	return found->level != level_find(p, what->level ? what->level : "") ||
	       other_term(p, &found->term, &what->term, decided, issued);
}

static bool begins(struct bytes line, const char *text, size_t n)
{
	return line.n >= n && memcmp(line.at, text, n) == 0;
}

int mark_scope_differs(const struct policy *p, struct bytes mark, struct texts scope, bool *ret)
{
	size_t n = p->marks.scope ? strcspn(p->marks.scope, "{") : 0; /* what the line begins with */
	OWN_BUFFER struct buffer wanted = {0};

	*ret = false;
	if (n == 0)
		return 0;
	make_scope(p, scope, &wanted);
	TRY(buffer_check(&wanted));
	while (mark.n) {
		const uint8_t *end = memchr(mark.at, '\n', mark.n);
		struct bytes line = bytes_of(mark.at, end ? (size_t)(end - mark.at) : mark.n);

		if (begins(line, p->marks.scope, n)) {
			*ret = !bytes_equal(line, buffer_bytes(&wanted));
			return 0;
		}
		mark = bytes_of(line.at + line.n + (end ? 1 : 0), mark.n - line.n - (end ? 1 : 0));
	}
	return 0;
}

size_t mark_portion_at(struct bytes line, const char *portion)
{
	size_t n = strlen(portion), end = n + 1;

	if (n == 0 || line.n < n + 2 || line.at[0] != '(' || memcmp(line.at + 1, portion, n) != 0 ||
	    (line.at[end] != ')' && line.at[end] != '/'))
		return 0;
	while (end < line.n && line.at[end] != ')')
		end++;
	if (end == line.n)
		return 0;
	for (end++; end < line.n && line.at[end] == ' ';)
		end++;
	/* "(C) 2026", "(C) Copyright 2026" */
	if (n == 1 && end < line.n &&
	    ((line.at[end] >= '0' && line.at[end] <= '9') ||
	     (line.n - end > 4 && strncasecmp((const char *)line.at + end, "copy", 4) == 0)))
		return 0;
	return end;
}

bool mark_is_carried(const char *type)
{
	static const char *const families[] = {"application/vnd.openxmlformats-officedocument.",
					       "application/vnd.oasis.opendocument."};

	for (size_t i = 0; type && i < array_n(families); i++)
		if (text_starts(type, families[i]))
			return true;
	return text_equal(type, "application/pdf");
}

static const struct {
	enum mark_defect defect;
	const char *text;
} defects[] = {
    {MARK_NO_SEPARATOR, "the sign between level and term is missing"},
    {MARK_NO_TERM, "the term is missing"},
    {MARK_NO_BLOCK, "the classification authority block is missing"},
    {MARK_NO_AUTHORITY, "the block does not say who classified"},
    {MARK_NO_BASIS, "the block names neither reason nor source"},
    {MARK_BAD_TERM, "the term cannot be read"},
    {MARK_PORTION_ABOVE, "a portion is marked higher than the banner"},
    {MARK_PORTION_BELOW, "no portion is marked as high as the banner"},
};

const char *mark_defect_text(enum mark_defect defect)
{
	for (size_t i = 0; i < array_n(defects); i++)
		if (defects[i].defect == defect)
			return defects[i].text;
	return "unknown";
}
