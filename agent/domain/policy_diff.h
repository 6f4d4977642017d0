/*
 * Two packs against each other, and what of a record a change of packs touches: for `classctl policy diff` and `policy
 * impact`. Levels and items are the same ones when code and id are.
 */
#ifndef DOMAIN_POLICY_DIFF_H
#define DOMAIN_POLICY_DIFF_H

#include "domain/policy.h"

struct policy_change {
	const char *path;   /* "levels.SECRET.max_term", "catalogue.3.2.level" */
	const char *before; /* "-": was not there */
	const char *after;  /* "-": is gone */
};
typedef void (*policy_change_fn)(const struct policy_change *change, void *arg);

/* Every difference between the rules in force of both, in the order of the parts, items by id. */
void policy_diff(const struct policy *before, const struct policy *after, policy_change_fn each, void *arg);

/* Of a record: what counts of it now. */
struct touched_facts {
	const char *level, *item; /* NULL: none */
	const char *term;	  /* the rule as text; read only when a cap moved */
	struct date start;	  /* from which the term runs; may be unset */
};

#define TOUCHED_WHY_MAX 160

/* Does the change touch it: its item is gone, new in level, cap or prohibition, its level is gone, its term is longer
 * than now allowed? ret_why says which. */
bool policy_touches(const struct policy *before, const struct policy *after, const struct touched_facts *facts,
		    char ret_why[TOUCHED_WHY_MAX]);

#endif
