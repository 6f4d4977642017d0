/* Who is told of something that falls due, and when: its owner ahead of the day, others as it nears and after it. */
#ifndef DOMAIN_ESCALATION_H
#define DOMAIN_ESCALATION_H

#include "domain/policy.h"

enum escalation {
	ESCALATION_NOBODY, /* it is too early */
	ESCALATION_OWNER,
	ESCALATION_RESPONSIBLE, /* of the record */
	ESCALATION_SUPERIOR,	/* the head of the owner's department, or of one above it */
	ESCALATION_OFFICE,
	ESCALATIONS
};

/* The last that has begun today, of something due on that day; those before it know already. */
enum escalation escalation_at(const struct policy *p, struct date day, struct date today);
const char *escalation_name(enum escalation e); /* "superior"; "" for nobody */

#endif
