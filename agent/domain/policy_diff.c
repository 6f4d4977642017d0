/* Differences are told one by one: values by their paths, the catalogue item by item. */
#include "domain/policy_diff.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct diffing {
	const struct policy *a, *b;
	policy_change_fn each;
	void *arg;
};

static void differ(const struct diffing *d, const char *path, const char *before, const char *after)
{
	const struct policy_change change = {path, text_is_empty(before) ? "-" : before,
					     text_is_empty(after) ? "-" : after};

	if (strcmp(change.before, change.after) != 0)
		d->each(&change, d->arg);
}

static void differ_bool(const struct diffing *d, const char *path, bool a, bool b)
{
	differ(d, path, a ? "true" : "false", b ? "true" : "false");
}

/* ---- everything but the catalogue: what the packs told while they were read ---- */

static const struct told_row *row_of(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->n_told; i++)
		if (strcmp(p->told[i].path, path) == 0)
			return &p->told[i];
	return NULL;
}

static bool has_line(const char *lines, const char *line, size_t n)
{
	for (const char *at = lines; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strcspn(at, "\n") == n && strncmp(at, line, n) == 0)
			return true;
	return false;
}

/* Each line of `of` that `other` lacks. */
static size_t differ_lines(const struct diffing *d, const char *path, const char *of, const char *other, bool is_new)
{
	size_t told = 0;

	for (const char *at = of; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t n = strcspn(at, "\n");
		char line[200];

		if (n == 0 || has_line(other, at, n))
			continue;
		(void)snprintf(line, sizeof(line), "%.*s", (int)n, at);
		differ(d, path, is_new ? NULL : line, is_new ? line : NULL);
		told++;
	}
	return told;
}

static void differ_row(const struct diffing *d, const char *path, const struct told_row *a, const struct told_row *b)
{
	const char *before = a ? a->value : "", *after = b ? b->value : "";

	if (strcmp(before, after) == 0)
		return;
	if (!(a ? a : b)->is_list || (b && !b->is_list))
		differ(d, path, before, after);
	else if (differ_lines(d, path, before, after, false) + differ_lines(d, path, after, before, true) == 0)
		differ(d, path, "as it was", "in another order");
}

static void differ_rows(const struct diffing *d)
{
	for (size_t i = 0; i < d->a->n_told; i++)
		differ_row(d, d->a->told[i].path, &d->a->told[i], row_of(d->b, d->a->told[i].path));
	for (size_t i = 0; i < d->b->n_told; i++)
		if (!row_of(d->a, d->b->told[i].path))
			differ_row(d, d->b->told[i].path, NULL, &d->b->told[i]);
}

/* ---- the catalogue ---- */

static void differ_texts(const struct diffing *d, const char *path, struct texts a, struct texts b)
{
	OWN_BUFFER struct buffer before = {0};
	OWN_BUFFER struct buffer after = {0};

	for (size_t i = 0; i < a.n; i++)
		buffer_add_format(&before, "%s%s", i ? "\n" : "", a.at[i]);
	for (size_t i = 0; i < b.n; i++)
		buffer_add_format(&after, "%s%s", i ? "\n" : "", b.at[i]);
	OWN_MEM char *lines = buffer_steal_text(&before);
	OWN_MEM char *others = buffer_steal_text(&after);
	const struct told_row x = {path, lines ? lines : "", true}, y = {path, others ? others : "", true};
	differ_row(d, path, &x, &y);
}

static void differ_words(const struct diffing *d, const struct item *a, const struct item *b)
{
	const struct {
		const char *key, *a, *b;
	} words[] = {
	    {"title", a->title.official, b->title.official},   {"title.english", a->title.english, b->title.english},
	    {"chapter", a->group.official, b->group.official}, {"producer", a->producer, b->producer},
	    {"exemption", a->exemption, b->exemption},	       {"reason", a->reason, b->reason},
	};
	char path[96];

	for (size_t i = 0; i < array_n(words); i++) {
		(void)snprintf(path, sizeof(path), "catalogue.%.32s.%s", a->id, words[i].key);
		differ(d, path, words[i].a, words[i].b);
	}
	(void)snprintf(path, sizeof(path), "catalogue.%.32s.scope", a->id);
	differ_texts(d, path, a->scope, b->scope);
	(void)snprintf(path, sizeof(path), "catalogue.%.32s.signals", a->id);
	differ_texts(d, path, a->signals, b->signals);
}

static void differ_item(const struct diffing *d, const struct item *a, const struct item *b)
{
	const char *id = a ? a->id : b->id;
	char path[96], before[TERM_TEXT_MAX] = "", after[TERM_TEXT_MAX] = "";

	(void)snprintf(path, sizeof(path), "catalogue.%.32s", id);
	if (!a || !b) {
		differ(d, path, a ? a->title.official : NULL, b ? b->title.official : NULL);
		return;
	}
	differ_words(d, a, b);
	(void)snprintf(path, sizeof(path), "catalogue.%.32s.level", id);
	differ(d, path, a->level->code, b->level->code);
	(void)snprintf(path, sizeof(path), "catalogue.%.32s.term", id);
	term_format_cli(&a->term, before);
	term_format_cli(&b->term, after);
	differ(d, path, before, after);
	(void)snprintf(path, sizeof(path), "catalogue.%.32s.max_term", id);
	term_format_cli(&a->max_term, before);
	term_format_cli(&b->max_term, after);
	differ(d, path, before, after);
	(void)snprintf(path, sizeof(path), "catalogue.%.32s.long_term", id);
	differ_bool(d, path, a->long_term, b->long_term);
	(void)snprintf(path, sizeof(path), "catalogue.%.32s.prohibited", id);
	differ_bool(d, path, a->prohibited, b->prohibited);
	(void)snprintf(path, sizeof(path), "catalogue.%.32s.permanent", id);
	differ_bool(d, path, a->permanent, b->permanent);
}

/* Both lists are sorted by id: one walk. */
static void differ_items(const struct diffing *d)
{
	const struct catalogue *a = &d->a->catalogue, *b = &d->b->catalogue;

	for (size_t i = 0, k = 0; a->by_id && b->by_id && (i < a->n || k < b->n);) {
		int order = i == a->n ? 1 : k == b->n ? -1 : strcmp(a->by_id[i]->id, b->by_id[k]->id);

		differ_item(d, order <= 0 ? a->by_id[i] : NULL, order >= 0 ? b->by_id[k] : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

static void differ_review(const struct diffing *d, const struct catalogue *a, const struct catalogue *b)
{
	char before[32] = "", after[32] = "";

	period_format(a->review_interval, before);
	period_format(b->review_interval, after);
	differ(d, "catalogue.review_every", period_is_set(a->review_interval) ? before : NULL,
	       period_is_set(b->review_interval) ? after : NULL);
	date_format(a->reviewed, before);
	date_format(b->reviewed, after);
	differ(d, "catalogue.reviewed", date_is_set(a->reviewed) ? before : NULL,
	       date_is_set(b->reviewed) ? after : NULL);
}

void policy_diff(const struct policy *before, const struct policy *after, policy_change_fn each, void *arg)
{
	const struct diffing d = {before, after, each, arg};

	differ_rows(&d);
	differ(&d, "catalogue.version", before->catalogue.version, after->catalogue.version);
	differ(&d, "catalogue.title", before->catalogue.title, after->catalogue.title);
	differ_bool(&d, "catalogue.is_guide", before->catalogue.is_guide, after->catalogue.is_guide);
	differ_review(&d, &before->catalogue, &after->catalogue);
	differ_items(&d);
}

/* ---- what a record has of it ---- */

static bool is_too_long(const struct policy *p, const struct term *t, const struct term *cap, struct date start)
{
	return cap->kind != TERM_NONE && t->kind != TERM_NONE && t->kind != TERM_LONG &&
	       term_compare(t, cap, start, p->leap) > 0;
}

static bool same_term(const struct term *a, const struct term *b)
{
	return a->kind == b->kind && (a->kind == TERM_NONE || term_equal(a, b));
}

static bool touches_term(const struct policy *before, const struct policy *after, const struct touched_facts *f,
			 const struct item *items[2], char *why)
{
	const struct level *levels[2] = {level_find(before, f->level), level_find(after, f->level)};
	struct date start = date_is_set(f->start) ? f->start : (struct date){2000, 3, 1};
	struct term was = policy_cap_from(levels[0], items[0], start);
	struct term cap = policy_cap_from(levels[1], items[1], start);
	char now[TERM_TEXT_MAX];
	struct term t;

	if (same_term(&was, &cap) &&
	    policy_long_term_allowed(before, items[0]) == policy_long_term_allowed(after, items[1]))
		return false;
	if (text_is_empty(f->term) || !term_parse_rule(f->term, &t) || t.code[0])
		return false;
	term_format_rule(&cap, now);
	if (t.kind == TERM_LONG && policy_long_term_allowed(before, items[0]) &&
	    !policy_long_term_allowed(after, items[1])) {
		(void)snprintf(why, TOUCHED_WHY_MAX, "long-term is not allowed any more");
		return true;
	}
	if (is_too_long(before, &t, &was, start) || !is_too_long(after, &t, &cap, start))
		return false;
	(void)snprintf(why, TOUCHED_WHY_MAX, "%.60s is longer than the new %.60s", f->term, now);
	return true;
}

bool policy_touches(const struct policy *before, const struct policy *after, const struct touched_facts *f,
		    char ret_why[TOUCHED_WHY_MAX])
{
	const struct item *items[2] = {catalogue_find(&before->catalogue, f->item),
				       catalogue_find(&after->catalogue, f->item)};

	if (items[0] && !items[1])
		(void)snprintf(ret_why, TOUCHED_WHY_MAX, "item %.32s is gone", f->item);
	else if (items[0] && items[1]->prohibited && !items[0]->prohibited)
		(void)snprintf(ret_why, TOUCHED_WHY_MAX, "item %.32s may not be classified any more", f->item);
	else if (items[0] && strcmp(items[0]->level->code, items[1]->level->code) != 0)
		(void)snprintf(ret_why, TOUCHED_WHY_MAX, "item %.32s: %s, now %s", f->item, items[0]->level->code,
			       items[1]->level->code);
	else if (level_find(before, f->level) && !level_find(after, f->level))
		(void)snprintf(ret_why, TOUCHED_WHY_MAX, "the level %.24s is gone", f->level);
	else
		return touches_term(before, after, f, items, ret_why);
	return true;
}
