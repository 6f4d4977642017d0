/* A set that is being decided: what decide_set.c gathers and decide_ask.c asks about. */
#ifndef CTL_DECIDE_SET_H
#define CTL_DECIDE_SET_H

#include "ctl/decide_private.h"

#define SET_MAX 10 /* no pack allows more */

enum set_answer { SET_SKIPPED, SET_TICKED, SET_RETURNED };

struct set_case {
	struct decision d;
	struct json_view shown; /* as the agent listed it; borrowed */
	enum set_answer answer;
	bool opened;
	char *code, *reason; /* SET_RETURNED: one of them */
};

struct set_work {
	struct ctl *ctl;
	struct json_view likes; /* Records.LikeCases */
	struct set_case at[SET_MAX];
	size_t n, most, sample;
};

void set_work_done(struct set_work *w);
/* The case with everything that is known for and against it; with its quotations, if d has some. */
void set_say_case(struct json_view one, const struct decision *d);
/* Did the command line name that content? */
bool set_is_named(const struct ctl *ctl, const char *digest);
/*
 * On a terminal: what becomes of each case that is not ticked yet. Nothing is done with the answers before all are there, so that
 * breaking off leaves everything as it was; only opening is at once. CLASSD_EXIT_USAGE: broken off.
 */
int set_ask(struct set_work *w) MUST_CHECK;

#endif
