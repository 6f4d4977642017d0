/* What follows from sources: level, term and scope of a document that holds what others hold (domain.md R20, R21). */
#include "domain/proposal.h"

#include "base/text.h"

#include <stdio.h>

struct carried {
	struct term term;
	bool assumed; /* the source has no usable term of its own */
};

/* The term of a source as others may carry it on: its day, or itself where it has none. */
static struct carried carried_term(const struct policy *p, const struct record *source, struct date today)
{
	const struct classification *c = record_classification(source);
	const struct level *level = level_for_protection(p, c->level);
	struct date start = date_is_set(source->start)	      ? source->start
			    : date_is_set(source->decided_on) ? source->decided_on
							      : today;
	struct carried carried = {.term = c->term};
	struct term *t = &carried.term;

	const struct item *item = c->basis == BASIS_ITEM ? catalogue_find(&p->catalogue, c->item) : NULL;
	const struct exemption_rule *exempt = policy_exemption_of(p, t, item);

	if (exempt)
		(void)snprintf(t->code, sizeof(t->code), "%s", exempt->code);
	if (!term_is_complete(t) && level && period_is_set(level->missing_term)) {
		*t = (struct term){.kind = TERM_PERIOD, .period = level->missing_term};
		carried.assumed = true;
	}
	if (t->kind == TERM_PERIOD)
		*t = (struct term){.kind = TERM_DATE, .date = term_end(t, start, p->leap)};
	return carried;
}

/* Its place among the exemptions without a day; then all that have one, of which the longest counts (32 CFR
 * 2001.22(e)(4)(ii)); then what stands under none. */
static size_t precedence(const struct policy *p, const struct term *t)
{
	const struct exemption_rule *x = t->code[0] ? policy_exemption(p, t->code) : NULL;

	return !x ? p->n_exemptions + 1 : x->undated ? (size_t)(x - p->exemptions) : p->n_exemptions;
}

/* Where the pack has an order of precedence: exemptions, then days and events, then what had to be assumed. */
static bool rules(const struct policy *p, const struct carried *a, const struct carried *b, struct date today)
{
	if (p->derived_term == DERIVED_PRECEDENCE && precedence(p, &a->term) != precedence(p, &b->term))
		return precedence(p, &a->term) < precedence(p, &b->term);
	if (p->derived_term == DERIVED_PRECEDENCE && a->assumed != b->assumed)
		return b->assumed;
	return term_compare(&a->term, &b->term, today, p->leap) > 0;
}

/* Whoever the entry names may know it by that scope. */
static bool covers(struct texts scope, const char *entry)
{
	const char *department = text_starts(entry, "dept:") ? entry + 5 : NULL;

	if (texts_has(scope, "*") || texts_has(scope, entry))
		return true;
	for (size_t i = 0; department && i < scope.n; i++) {
		const char *wide = text_starts(scope.at[i], "dept:") ? scope.at[i] + 5 : "";

		if (*wide && texts_cover((struct texts){&wide, 1}, department, '/'))
			return true;
	}
	return false;
}

struct sources {
	const struct policy *p;
	const struct record *const *at;
	size_t n;
	const struct level *level; /* only those that claim it; NULL: all */
};

static bool counts(const struct sources *s, size_t i)
{
	return !s->level || record_claims(s->p, s->at[i]) == s->level;
}

static bool is_shared(const struct sources *s, struct texts scope)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; counts(s, i) && k < scope.n; k++)
			if (!covers(record_classification(s->at[i])->scope, scope.at[k]))
				return false;
	return scope.n > 0;
}

/* The scope of a source whose readers may all know every other one; empty: there is none, and somebody names it. */
static struct texts shared_scope(const struct sources *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (counts(s, i) && is_shared(s, record_classification(s->at[i])->scope))
			return record_classification(s->at[i])->scope;
	return (struct texts){0};
}

void proposal_from_sources(const struct policy *p, const struct record *const *sources, size_t n, struct date today,
			   struct classification *ret)
{
	const struct level *highest = NULL;
	struct carried best = {0};
	struct classification c = {.basis = BASIS_DERIVED};

	for (size_t i = 0; i < n; i++) {
		const struct level *level = record_claims(p, sources[i]);
		struct carried one = carried_term(p, sources[i], today);

		if (i == 0 || rules(p, &one, &best, today))
			best = one;
		highest = level_max(highest, level);
	}
	c.scope = shared_scope(
	    &(struct sources){p, sources, n, p->derived_scope == DERIVED_SCOPE_SHARED ? NULL : highest});
	c.level = highest ? highest->code : NULL;
	c.term = best.term;
	*ret = c;
}
