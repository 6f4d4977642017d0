/* Which rule holds: of which day, of which level, of which kind of unit, and where it comes from. */
#include <string.h>

#include "base/text.h"
#include "domain/policy.h"

const struct policy *policy_on(const struct policy *p, struct date on)
{
	while (date_is_set(on) && p->earlier && date_compare(on, p->earlier->until) <= 0)
		p = p->earlier;
	return p;
}

const struct policy *policy_in_force(const struct policy *p, struct date today)
{
	const struct policy *set = policy_on(p, today);

	return date_is_set(set->effective) && date_compare(set->effective, today) > 0 ? NULL : set;
}

const struct exemption_rule *policy_exemption(const struct policy *p, const char *code)
{
	for (size_t i = 0; i < p->n_exemptions; i++)
		if (text_equal(p->exemptions[i].code, code))
			return &p->exemptions[i];
	return NULL;
}

const struct exemption_rule *policy_exemption_of(const struct policy *p, const struct term *t, const struct item *item)
{
	if (t->code[0])
		return policy_exemption(p, t->code);
	return t->kind == TERM_LONG && item ? policy_exemption(p, item->exemption) : NULL;
}

struct term policy_cap_of(const struct policy *p, const struct level *level, const struct item *item,
			  const struct term *t, struct date start)
{
	const struct exemption_rule *exempt = t->code[0] ? policy_exemption(p, t->code) : NULL;

	if (!exempt)
		return date_is_set(start) ? policy_cap_from(level, item, start) : policy_cap(p, level, item);
	return period_is_set(exempt->max_term) ? (struct term){.kind = TERM_PERIOD, .period = exempt->max_term}
					       : (struct term){0};
}

struct date policy_permanent_end(const struct policy *p, const struct item *item, const struct term *t,
				 struct date origin)
{
	const struct exemption_rule *exempt = policy_exemption_of(p, t, item);
	uint16_t years = exempt ? exempt->permanent_years : p->permanent_years;

	if (!item || !item->permanent || p->permanent_years == 0 || years == 0 || !date_is_set(origin))
		return (struct date){0};
	return (struct date){(int16_t)(origin.year + years), 12, 31};
}

struct date policy_off_post_end(const struct policy *p, enum post post, struct date left)
{
	if (post >= POST_N || !period_is_set(p->off_post[post]) || !date_is_set(left))
		return (struct date){0};
	return date_add(left, p->off_post[post], p->leap);
}

const char *policy_source_of(const struct policy *p, const char *path)
{
	for (size_t n = strlen(path); n > 0;) {
		for (size_t i = 0; i < p->n_sources; i++)
			if (strncmp(p->sources[i].path, path, n) == 0 && p->sources[i].path[n] == '\0')
				return p->sources[i].article;
		while (n > 0 && path[--n] != '.')
			;
	}
	return NULL;
}

bool policy_allows_term(const struct policy *p, const struct level *level, enum term_kind kind)
{
	for (int i = 0; level && i < TERM_KINDS; i++)
		if (level->term_kinds[i])
			return level->term_kinds[kind];
	return p->term_kinds[kind];
}

struct period policy_review_interval(const struct policy *p, const struct level *level)
{
	return level && period_is_set(level->review_interval) ? level->review_interval : p->review_interval;
}

const struct unit_rule *policy_unit_find(const struct policy *p, const char *code)
{
	for (size_t i = 0; code && i < p->n_units; i++)
		if (text_equal(p->units[i].code, code))
			return &p->units[i];
	return NULL;
}

/* The way up ends: the loader refuses a circle. */
const struct unit_rule *policy_asks(const struct policy *p, const struct level *level)
{
	const struct unit_rule *u = p->unit ? p->unit->reports_unit : NULL;

	while (u && level && !(u->decides && u->decides->rank >= level->rank) &&
	       !(u->settles && u->settles->rank >= level->rank))
		u = u->reports_unit;
	return u;
}

const struct unit_rule *policy_settler(const struct policy *p, const struct level *level)
{
	const struct unit_rule *u = p->unit ? p->unit->reports_unit : NULL;

	while (u && level && !(u->settles && u->settles->rank >= level->rank))
		u = u->reports_unit;
	return u;
}
