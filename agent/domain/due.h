/* What is due for a record or an appointment on a date. No allocation: the sweep asks this a million times. */
#ifndef DOMAIN_DUE_H
#define DOMAIN_DUE_H

#include "domain/authority.h"

enum due_kind {
	DUE_PROPOSAL, /* a proposal or request waits past its limit */
	DUE_REFERRAL, /* report or answer of an unclear or reported matter */
	DUE_DISPUTE,
	DUE_CHANGED, /* new content without a decision */
	DUE_REVIEW,
	DUE_CHECK,	 /* an event's check date, a long-term's review date */
	DUE_TERM_ENDING, /* a lead time before the end has begun */
	DUE_EXPIRY,	 /* the term is over */
	DUE_APPOINTMENT, /* ends within the lead time */
	DUE_DRAFT,	 /* a draft has become as old as a working paper may */
	DUE_CATALOGUE,	 /* the catalogue itself is looked at anew (32 CFR 2001.16(a)) */
	DUE_KINDS
};

enum due_act {
	DUE_TELL,	 /* tell the owner */
	DUE_EXPIRE,	 /* the record becomes expired: pack and originator allow it */
	DUE_NOTIFY_ONLY, /* term over, but only the originator may act (R42) */
};

struct due {
	enum due_kind kind;
	enum due_act act;
	struct date on; /* the day it fell due */
	int32_t days;	/* days since; negative: days until the end (DUE_TERM_ENDING, DUE_APPOINTMENT) */
};

/* In the order of the enum; the number, at most DUE_KINDS. */
size_t due_of_record(const struct policy *p, const struct record *r, struct date today, struct due ret[DUE_KINDS]);
/* Does it end by itself on its day: pack, kind of term and originator allow it. */
bool due_ends_by_itself(const struct policy *p, const struct record *r);
/* Until when a draft, a referral or a dispute is to go on, and by which deadline; unset: none runs. */
struct date due_deadline(const struct policy *p, const struct record *r, enum deadline *ret_which);
bool due_of_appointment(const struct policy *p, const struct appointment *a, struct date today, struct due *ret);
/* The day by which the running catalogue is looked at as a whole; unset: the pack asks for none. */
struct date due_of_catalogue(const struct policy *p);
/* The first day on which anything is due; unset: never. The store keeps it as an index, so a sweep reads only what is
 * due. */
struct date due_first(const struct policy *p, const struct record *r);
const char *due_kind_name(enum due_kind kind);

#endif
