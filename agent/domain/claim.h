/*
 * What each party claims in a dispute: a level, a term, or both. Each is a line of record.claims, tabs between its parts:
 *   LEVEL or "-", TERM as on the command line or "-", the day, the unit
 * As long as a claim stands it counts; one that was withdrawn is a line less. What is in force is no line: it is claimed
 * by whoever decided it.
 */
#ifndef DOMAIN_CLAIM_H
#define DOMAIN_CLAIM_H

#include "domain/record.h"

#define CLAIMS_MAX     16
#define CLAIM_UNIT_MAX 120
#define CLAIM_LINE_MAX (LEVEL_CODE_MAX + TERM_TEXT_MAX + CLAIM_UNIT_MAX + 16)

struct claim {
	char level[LEVEL_CODE_MAX + 1]; /* code; "": none */
	struct term term;		/* TERM_NONE: none */
	struct date since;
	char unit[CLAIM_UNIT_MAX + 1];
};

/* One line of text that is not "none". */
bool claim_unit_is_valid(const char *unit);
/* false: no such line. */
bool claim_parse(const char *line, struct claim *ret);
void claim_format(const struct claim *c, char ret[CLAIM_LINE_MAX]);
/* The place of that unit's claim; n of the claims: it has none. */
size_t claims_of(struct texts claims, const char *unit);
/* The first claim that is met by these values; n of the claims: none is. One of neither level nor term never is. */
size_t claims_met(struct texts claims, const struct classification *values);
bool claim_is_met(const struct claim *c, const struct classification *values);
/*
 * Sets claimed and claimed_term of a record in dispute: the highest level and the longest term of all that stand and of
 * what is in force; where the pack protects by them, its end is not before that of the term (domain.md A.9, R50).
 */
void claims_count(const struct policy *p, struct record *r);

#endif
