/*
 * Terms: until when. A term is a rule, never a computed date; the date follows from the issue date (DESIGN 6).
 *   period     "P10Y from issue"                  CLI 10y 6m 30d P10Y
 *   date       "until 2030-06-30"                 CLI 2030-06-30
 *   event      "event TEXT check 2030-01-01"      CLI event:TEXT (check:DATE at the end: event:TEXT@2030-01-01)
 *   long-term  "long-term" or "long-term review DATE"   CLI long-term or long-term@DATE
 * Where the pack has exemptions, a day, event or long-term may stand under the code of one: it may then end later than its
 * level allows, or has no day of its own.
 *                "exempt 25X4 until 2060-01-01"    CLI 25X4:2060-01-01
 * An event needs a check date so that the sweep can ask (domain.md R06).
 */
#ifndef DOMAIN_TERM_H
#define DOMAIN_TERM_H

#include "base/date.h"

#include <stdbool.h>
#include <stddef.h>

#define TERM_EVENT_MAX 200
#define TERM_CODE_MAX  16
#define TERM_TEXT_MAX  256 /* with the NUL, any rule */

enum term_kind { TERM_NONE, TERM_PERIOD, TERM_DATE, TERM_EVENT, TERM_LONG, TERM_KINDS };

struct term {
	enum term_kind kind;
	struct period period; /* TERM_PERIOD */
	struct date date;     /* TERM_DATE: the day; TERM_EVENT: check date; TERM_LONG: review date or unset */
	char event[TERM_EVENT_MAX + 1]; /* TERM_EVENT: one line of UTF-8 */
	char code[TERM_CODE_MAX + 1];	/* [A-Z0-9-], of an exemption; "": none, and none for a period */
};

/* false: not a term; ret is untouched. "-" is TERM_NONE in the rule form. An event without check date parses, see
 * term_is_complete. */
bool term_parse_rule(const char *text, struct term *ret);
bool term_parse_cli(const char *text, struct term *ret);
void term_format_rule(const struct term *t, char ret[TERM_TEXT_MAX]); /* "-" for TERM_NONE */
/* As on the command line, so that it can be typed back. */
void term_format_cli(const struct term *t, char ret[TERM_TEXT_MAX]);
bool term_equal(const struct term *a, const struct term *b);
/* Of a kind, with what the kind needs. */
bool term_is_complete(const struct term *t);
const char *term_kind_name(enum term_kind kind); /* "period" "date" "event" "long-term" "none" */
bool term_kind_find(const char *name, enum term_kind *ret);

/*
 * The day the term ends, counted from start (issue date; before issue the decision date, provisional). Unset for an
 * event or long-term, for a period without start, and for none.
 */
struct date term_end(const struct term *t, struct date start, enum date_leap leap);
/* The day somebody must look again: check date, review date, else term_end. May be unset. */
struct date term_check(const struct term *t, struct date start, enum date_leap leap);
/*
 * -1, 0, 1 as a ends earlier, on the same day or later than b, both from start. long-term is later than everything,
 * an event counts by its check date, none counts as later than everything but long-term (nothing limits it).
 */
int term_compare(const struct term *a, const struct term *b, struct date start, enum date_leap leap);

/* When a term that ends on day D is over. No text fixes it: a pack option (domain.md R32). */
enum term_edge { TERM_OVER_ON_DAY, TERM_OVER_AFTER_DAY };
bool term_is_over(struct date end, struct date today, enum term_edge edge); /* an unset end is never over */

#endif
