/*
 * The annual return: which rows a pack asks for, and what of the year's counts each takes. Only state secrets are
 * counted in it; other regimes are told beside it and never added (domain.md A.12, B.7, R80).
 */
#ifndef DOMAIN_ANNUAL_H
#define DOMAIN_ANNUAL_H

#include "base/own.h"
#include "domain/names.h"

#include <stdbool.h>
#include <stdint.h>

/* What a row counts. The first ones are acts of the year. */
enum annual_of {
	ANNUAL_ORIGINAL, /* decided here by a catalogue's item */
	ANNUAL_DERIVED,
	ANNUAL_ORDERED,	 /* decided above, and entered */
	ANNUAL_IMPORTED, /* taken over with an older mark */
	ANNUAL_CORRECTED,
	ANNUAL_RETURNED,
	ANNUAL_REFERRED,
	ANNUAL_DISPUTED,
	ANNUAL_ISSUED,
	ANNUAL_CHANGED,
	ANNUAL_EXTENDED,
	ANNUAL_RELEASED, /* by a decision, before the end */
	ANNUAL_EXPIRED,	 /* by its date */
	ANNUAL_REVIEWED,
	ANNUAL_PUBLISHED,
	ANNUAL_ARCHIVED,
	ANNUAL_TRANSFERRED,
	ANNUAL_DESTROYED,
	ANNUAL_ACTS,
	/* And what there was at the end of the year. */
	ANNUAL_HELD = ANNUAL_ACTS, /* in force */
	ANNUAL_OVERDUE,		   /* of these, whose term was over */
	ANNUAL_OFFICERS,	   /* appointments in force */
	ANNUAL_CHALLENGES,	   /* made in the year */
	ANNUAL_FINDINGS,	   /* discrepancies found in the year */
	ANNUAL_INCIDENTS,	   /* leaks and losses entered in the year */
	ANNUAL_OF
};
enum annual_by { ANNUAL_TOTAL, ANNUAL_LEVEL, ANNUAL_KIND, ANNUAL_TERM, ANNUAL_APPROVER, ANNUAL_UNIT, ANNUAL_CODE, ANNUAL_BY };

struct annual_row {
	struct names label;
	enum annual_of of;
	enum annual_by by; /* one line for each */
	bool original;	   /* of officers: only who may decide originally */
};
struct annual {
	struct names title; /* official NULL: the pack says nothing, and annual_usual() stands */
	const struct annual_row *rows;
	size_t n;
};
extern const struct annual annual_usual;

extern const char *const annual_of_names[]; /* NULL ends */
extern const char *const annual_by_names[];

/* One group of a year's acts. */
struct annual_act {
	const char *act, *regime, *level, *kind, *term, *approver, *unit;
};
/* Does a row of that measure take it? Never of another regime than state secrets. */
bool annual_takes(enum annual_of of, const struct annual_act *a);
/* What of it the row is broken down by; "" for the total. */
const char *annual_key(enum annual_by by, const struct annual_act *a);
/* Is a record in that state held as a secret? */
bool annual_is_held(const char *state);
bool annual_is_secret(const char *regime);

#endif
