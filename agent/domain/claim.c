#include "domain/claim.h"

#include "base/text.h"
#include "domain/policy.h"

#include <stdio.h>
#include <string.h>

bool claim_unit_is_valid(const char *unit)
{
	return !text_is_empty(unit) && text_is_line(unit, CLAIM_UNIT_MAX) && !text_equal(unit, "none");
}

/* The part up to the next tab, copied; false: there is none, or it is too long. */
static bool take_part(const char **at, char *ret, size_t room)
{
	const char *tab = strchr(*at, '\t');
	size_t n = tab ? (size_t)(tab - *at) : 0;

	if (!tab || n >= room)
		return false;
	memcpy(ret, *at, n);
	ret[n] = '\0';
	*at = tab + 1;
	return true;
}

bool claim_parse(const char *line, struct claim *ret)
{
	char term[TERM_TEXT_MAX], day[11];
	struct claim c = {0};

	if (!take_part(&line, c.level, sizeof(c.level)) || !take_part(&line, term, sizeof(term)) ||
	    !take_part(&line, day, sizeof(day)) || !date_parse(day, &c.since) || !claim_unit_is_valid(line))
		return false;
	if (text_equal(c.level, "-"))
		c.level[0] = '\0';
	if (!text_equal(term, "-") && !term_parse_cli(term, &c.term))
		return false;
	(void)snprintf(c.unit, sizeof(c.unit), "%s", line);
	*ret = c;
	return true;
}

void claim_format(const struct claim *c, char ret[CLAIM_LINE_MAX])
{
	char term[TERM_TEXT_MAX] = "-", day[11];

	if (c->term.kind != TERM_NONE)
		term_format_cli(&c->term, term);
	date_format(c->since, day);
	(void)snprintf(ret, CLAIM_LINE_MAX, "%s\t%s\t%s\t%s", c->level[0] ? c->level : "-", term, day, c->unit);
}

size_t claims_of(struct texts claims, const char *unit)
{
	struct claim c;

	for (size_t i = 0; i < claims.n; i++)
		if (claim_parse(claims.at[i], &c) && text_equal(c.unit, unit))
			return i;
	return claims.n;
}

bool claim_is_met(const struct claim *c, const struct classification *values)
{
	bool says_term = c->term.kind != TERM_NONE;

	return (c->level[0] || says_term) && (!c->level[0] || text_equal(c->level, values->level)) &&
	       (!says_term || term_equal(&c->term, &values->term));
}

size_t claims_met(struct texts claims, const struct classification *values)
{
	struct claim c;

	for (size_t i = 0; i < claims.n; i++)
		if (claim_parse(claims.at[i], &c) && claim_is_met(&c, values))
			return i;
	return claims.n;
}

/* What does not read protects like the highest level. */
static const struct level *level_of(const struct policy *p, const char *line, struct claim *ret)
{
	*ret = (struct claim){0};
	return claim_parse(line, ret) ? level_for_protection(p, ret->level) : level_highest(p);
}

void claims_count(const struct policy *p, struct record *r)
{
	const struct level *highest = level_for_protection(p, r->decided.level);
	struct date end;
	struct claim c;

	r->claimed_term = r->decided.term;
	for (size_t i = 0; i < r->claims.n; i++) {
		highest = level_max(highest, level_of(p, r->claims.at[i], &c));
		if (c.term.kind != TERM_NONE && term_compare(&c.term, &r->claimed_term, r->start, p->leap) > 0)
			r->claimed_term = c.term;
	}
	r->claimed = highest ? highest->code : NULL;
	record_compute_dates(p, r); /* what a claim that stands no more had put off */
	if (p->interim != INTERIM_HIGHEST_CLAIMED || !date_is_set(r->declassify_on))
		return;
	end = term_end(&r->claimed_term, r->start, p->leap);
	if (!date_is_set(end) || date_compare(end, r->declassify_on) > 0)
		r->declassify_on = end;
}
