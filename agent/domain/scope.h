/*
 * Who may know: the scope as it was decided, and what was entered beside it since (adr/0037): a unit in scope names its
 * persons, somebody is admitted, somebody is dropped. Each is a line of record.admissions:
 *   "named person:li dept:planning"   "added person:wang"   "added dept:energy"   "dropped person:zhao"
 */
#ifndef DOMAIN_SCOPE_H
#define DOMAIN_SCOPE_H

#include "domain/authority.h"

enum scope_part { SCOPE_NAMED, SCOPE_ADDED, SCOPE_DROPPED, SCOPE_PARTS };
#define SCOPE_LINES_MAX 256 /* of one record */

struct scope_entry {
	enum scope_part part;
	struct bytes who;  /* "person:li" or "dept:energy" */
	struct bytes unit; /* SCOPE_NAMED: "dept:planning" */
};

const char *scope_part_name(enum scope_part part); /* "named", stable */
/* Points into line. false: not such a line. */
bool scope_entry_parse(const char *line, struct scope_entry *ret);
/* "person:li" or "dept:planning" with something behind it that has no space; "*" is nobody in particular. */
bool scope_is_who(const char *who);
/* Does "person:li", "dept:ops" (with all below) or "*" mean this person? */
bool scope_means(const char *who, const struct person *p);
/* May the person know this record by its scope? Parties to it (drafter, responsible person) are asked for elsewhere. */
bool scope_admits(const struct policy *p, const struct record *r, const struct person *person);
bool scope_is_dropped(const struct record *r, const struct person *p);
/* That entry of the decided scope is a unit of which only the named persons know: it named somebody, or the pack asks
 * for names at this level. */
bool scope_is_by_name(const struct policy *p, const struct record *r, const char *unit);
/* Is it registered who knows it, and do print, copy and export of it need the originator's consent? */
bool scope_registers(const struct policy *p, const struct record *r);
bool scope_needs_consent(const struct policy *p, const struct record *r);
/*
 * A decision settled another scope: does this line still hold? Who was admitted beside the old one is settled anew; a
 * unit that stays keeps its names; who was dropped stays so unless the new scope has him and the old one had not. The
 * same scope leaves every line.
 */
bool scope_line_holds(const char *line, struct texts before, struct texts after);
/*
 * Whom a mark names that says who may know: the entries of `scope` (of a unit that named persons those) and who was
 * admitted, as far as the record's lines beside the scope `before` still hold; not who was dropped. Each ends at its end
 * or at a space, and lives as long as the record and the scope do. The number, at most max.
 */
size_t scope_shown(const struct record *r, struct texts before, struct texts scope, const char **ret, size_t max);

#endif
