/* Differences are told one by one; each part is a walk over both packs. */
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

static void differ_period(const struct diffing *d, const char *path, struct period a, struct period b)
{
	char before[32] = "", after[32] = "";

	if (period_is_set(a))
		period_format(a, before);
	if (period_is_set(b))
		period_format(b, after);
	differ(d, path, before, after);
}

static void differ_bool(const struct diffing *d, const char *path, bool a, bool b)
{
	differ(d, path, a ? "true" : "false", b ? "true" : "false");
}

static void differ_level(const struct diffing *d, const struct level *a, const struct level *b)
{
	const char *code = a ? a->code : b->code;
	char path[96];

#define OF(key) ((void)snprintf(path, sizeof(path), "levels.%.24s." key, code), path)
	(void)snprintf(path, sizeof(path), "levels.%.24s", code);
	if (!a || !b) {
		differ(d, path, a ? a->name.official : NULL, b ? b->name.official : NULL);
		return;
	}
	differ(d, OF("name"), a->name.official, b->name.official);
	differ_period(d, OF("max_term"), a->max_term, b->max_term);
	differ_period(d, OF("default_term"), a->default_term, b->default_term);
	differ_period(d, OF("missing_term"), a->missing_term, b->missing_term);
	differ_period(d, OF("review_every"), a->review_interval, b->review_interval);
	differ_bool(d, OF("needs_clearance"), a->needs_clearance, b->needs_clearance);
	differ_bool(d, OF("needs_undertaking"), a->needs_undertaking, b->needs_undertaking);
	differ_bool(d, OF("signature"), a->needs_signature, b->needs_signature);
	differ_bool(d, OF("opaque_name"), a->opaque_name, b->opaque_name);
#undef OF
}

static void differ_levels(const struct diffing *d)
{
	for (size_t i = 0; i < d->a->n_levels; i++)
		differ_level(d, &d->a->levels[i], level_find(d->b, d->a->levels[i].code));
	for (size_t i = 0; i < d->b->n_levels; i++)
		if (!level_find(d->a, d->b->levels[i].code))
			differ_level(d, NULL, &d->b->levels[i]);
}

static void span_words(struct span span, char ret[16])
{
	ret[0] = '\0';
	if (span.days)
		(void)snprintf(ret, 16, "%u%s", span.days, span.working ? "wd" : "d");
}

static void differ_time(const struct diffing *d)
{
	static const char *const ends[] = {"notify", "dated", "auto"};
	static const char *const edges[] = {"on-day", "after-day"};
	static const char *const leaps[] = {"feb28", "mar1"};
	static const char *const interims[] = {"highest-claimed", "current"};

	differ(d, "terms.expiry", ends[d->a->expiry], ends[d->b->expiry]);
	differ(d, "terms.over", edges[d->a->edge], edges[d->b->edge]);
	differ(d, "terms.leap", leaps[d->a->leap], leaps[d->b->leap]);
	differ_period(d, "terms.review_every", d->a->review_interval, d->b->review_interval);
	for (int kind = 0; kind < TERM_KINDS; kind++)
		if (d->a->term_kinds[kind] != d->b->term_kinds[kind])
			differ(d, "terms.kinds", d->a->term_kinds[kind] ? term_kind_name((enum term_kind)kind) : NULL,
			       d->b->term_kinds[kind] ? term_kind_name((enum term_kind)kind) : NULL);
	differ(d, "disputes.interim", interims[d->a->interim], interims[d->b->interim]);
	for (int which = 0; which < DEADLINES; which++) {
		char path[64], before[16], after[16];

		(void)snprintf(path, sizeof(path), "deadlines.%s", deadline_name((enum deadline)which));
		span_words(d->a->deadlines[which], before);
		span_words(d->b->deadlines[which], after);
		differ(d, path, before, after);
	}
}

static void acts_words(uint64_t acts, char *ret, size_t room)
{
	size_t n = 0;

	ret[0] = '\0';
	for (int act = 0; act < ACTS; act++)
		if ((acts >> act & 1) && n < room)
			n += (size_t)snprintf(ret + n, room - n, "%s%s", n ? " " : "", act_name((enum act)act));
}

static void differ_kind(const struct diffing *d, enum appointment_kind kind)
{
	const struct kind_rule *a = &d->a->kinds[kind];
	const struct kind_rule *b = &d->b->kinds[kind];
	char path[96], before[400], after[400];
	const char *name = appointment_kind_name(kind);

	(void)snprintf(path, sizeof(path), "appointments.%s", name);
	differ(d, path, a->is_used ? a->name.official : NULL, b->is_used ? b->name.official : NULL);
	if (!a->is_used || !b->is_used)
		return;
	acts_words(a->acts, before, sizeof(before));
	acts_words(b->acts, after, sizeof(after));
	(void)snprintf(path, sizeof(path), "appointments.%s.may", name);
	differ(d, path, before, after);
	(void)snprintf(path, sizeof(path), "appointments.%s.ceiling", name);
	differ_bool(d, path, a->has_ceiling, b->has_ceiling);
	(void)snprintf(path, sizeof(path), "appointments.%s.alone", name);
	differ_bool(d, path, a->alone, b->alone);
	(void)snprintf(path, sizeof(path), "appointments.%s.training", name);
	differ(d, path,
	       !a->training.needed		      ? NULL
	       : a->training.lapse == TRAINING_REFUSE ? "refuse"
						      : "finding",
	       !b->training.needed		      ? NULL
	       : b->training.lapse == TRAINING_REFUSE ? "refuse"
						      : "finding");
}

static void differ_people(const struct diffing *d)
{
	char before[400], after[400];
	uint64_t a = 0, b = 0;

	for (int kind = APPOINTMENT_NONE + 1; kind < APPOINTMENT_KINDS; kind++)
		differ_kind(d, (enum appointment_kind)kind);
	for (int act = 0; act < ACTS; act++) {
		a |= d->a->two_persons[act] ? UINT64_C(1) << act : 0;
		b |= d->b->two_persons[act] ? UINT64_C(1) << act : 0;
	}
	acts_words(a, before, sizeof(before));
	acts_words(b, after, sizeof(after));
	differ(d, "two_persons", before, after);
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
	(void)snprintf(path, sizeof(path), "catalogue.%.32s.title", id);
	differ(d, path, a->title.official, b->title.official);
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

void policy_diff(const struct policy *before, const struct policy *after, policy_change_fn each, void *arg)
{
	const struct diffing d = {before, after, each, arg};

	differ(&d, "pack.id", before->id, after->id);
	differ(&d, "pack.version", before->version, after->version);
	differ_levels(&d);
	differ_time(&d);
	differ_people(&d);
	differ(&d, "catalogue.version", before->catalogue.version, after->catalogue.version);
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
	struct term was = policy_cap(before, levels[0], items[0]);
	struct term cap = policy_cap(after, levels[1], items[1]);
	struct date start = date_is_set(f->start) ? f->start : (struct date){2000, 3, 1};
	char now[TERM_TEXT_MAX];
	struct term t;

	if (same_term(&was, &cap) &&
	    policy_long_term_allowed(before, items[0]) == policy_long_term_allowed(after, items[1]))
		return false;
	if (text_is_empty(f->term) || !term_parse_rule(f->term, &t))
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
