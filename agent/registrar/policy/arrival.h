/* A policy set that somebody hands in: everything that speaks against it, before anything is kept. */
#ifndef REGISTRAR_ARRIVAL_H
#define REGISTRAR_ARRIVAL_H

#include "library/policy_bundle.h"
#include "registrar/people/people.h"

struct arrival {
	struct buffer whole;
	struct policy_bundle *bundle;
	struct policy *pack; /* as it would rule, with the site's part */
	struct date starts;  /* when it would take over */
	bool is_older;	     /* than what rules: by its day, or by its version */
};

/*
 * The bundle that came with the call is authentic, for this unit and pack, good as a whole, and not the one that rules.
 * 0, or PEOPLE_ANSWERED: refused with one message; or a fault. A bundle that is older is no refusal here.
 */
int arrival_take(struct people_call *c, struct arrival *ret) MUST_CHECK;
/* What was kept is still approved by those whom root trusts now: between one hand and the other a signer may have been
 * taken away. 0, or PEOPLE_ANSWERED; or a fault. */
int arrival_check_kept(struct people_call *c, const char *digest) MUST_CHECK;
void arrival_done(struct arrival *a);
#define OWN_ARRIVAL __attribute__((cleanup(arrival_done)))

#endif
