/* An appointment or a training as somebody wants to enter it: everything that stands against it, before it is written.
 */
#ifndef DOMAIN_APPOINTMENT_H
#define DOMAIN_APPOINTMENT_H

#include "domain/authority.h"

enum appointment_problem {
	APPOINTMENT_GOOD,
	APPOINTMENT_UNKNOWN_KIND, /* the pack does not use this kind */
	APPOINTMENT_NO_DOCUMENT,  /* no reference to the signed paper */
	APPOINTMENT_NO_CEILING,	  /* the kind is bound by a level and none is given */
	APPOINTMENT_UNKNOWN_LEVEL,
	APPOINTMENT_ABOVE_UNIT, /* more than a unit of this kind may decide */
	APPOINTMENT_NO_DEPARTMENT,
	APPOINTMENT_NO_MATTER,
	APPOINTMENT_UNKNOWN_MATTER, /* neither "*" nor the beginning of an item's number */
	APPOINTMENT_NO_FROM,
	APPOINTMENT_NO_UNTIL,	/* the kind needs an end */
	APPOINTMENT_ENDS_FIRST, /* until before from */
	APPOINTMENT_PAST,	/* ended already */
	APPOINTMENT_SELF,	/* entered or confirmed by the person itself */
	APPOINTMENT_SAME_TWICE, /* confirmed by who entered it */
	APPOINTMENT_OTHER_ROLE, /* the person audits or runs the machine */
	APPOINTMENT_PROBLEMS
};

/* The first problem in the order of the enum. person: whom it is for; confirmed_by may still be unset. */
enum appointment_problem appointment_check(const struct policy *p, const struct appointment *a,
					   const struct person *person, struct date today);
const char *appointment_problem_text(enum appointment_problem problem); /* a sentence; "" when good */
const char *appointment_problem_name(enum appointment_problem problem); /* "no-ceiling", stable */

/*
 * May this one stand in for somebody who holds these appointments? Nobody hands on what he only holds for another
 * (Regulations 2024 art. 16), nor more than he holds himself, nor for longer.
 */
enum stand_in_problem {
	STAND_IN_GOOD,
	STAND_IN_SELF,
	STAND_IN_NOBODY,      /* who is stood in for decides nothing himself on that day */
	STAND_IN_OF_STAND_IN, /* only as a stand-in */
	STAND_IN_BEYOND,      /* another level, department, matter, or a later day */
	STAND_IN_PROBLEMS
};
enum stand_in_problem stand_in_check(const struct policy *p, const struct appointment *a,
				     const struct appointment *held, size_t n_held);
const char *stand_in_problem_name(enum stand_in_problem problem);
const char *stand_in_problem_text(enum stand_in_problem problem);

/* As what somebody decided, for the record: "statutory", "stand-in:li". false: cut to fit. */
bool appointment_role(const struct appointment *a, char *ret, size_t room);
/* The kind that such a text begins with. */
bool appointment_role_find(const char *role, enum appointment_kind *ret);

/* A training has been held (not in the future), lasted, and does not end before it began. */
bool training_is_valid(const struct training *t, struct date today);

#endif
