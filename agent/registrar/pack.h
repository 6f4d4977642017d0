/*
 * The policy pack that rules: read at start, again on SIGHUP, and when another set's day comes. A bad set
 * never replaces a good one (DESIGN 13); which one rules is a fact of the
 * journal, and inspectors look for its signals from then on.
 */
#ifndef REGISTRAR_PACK_H
#define REGISTRAR_PACK_H

#include "registrar/registrar.h"

/* Before the sandbox. Without a pack that loads the agent is read-only and degraded ("policy"). */
int pack_load(struct registrar *r) MUST_CHECK;
/* In the journal, when it is another one than it was. */
int pack_journal(struct registrar *r) MUST_CHECK;
/* Reads the files once more. What does not load changes nothing and is degraded ("policy"), with file and line. */
int pack_reload(struct registrar *r) MUST_CHECK;
/* Does another set rule than the one that runs, by what was installed, dropped, or by the day? Then it takes over. Those
 * who are asked about records it touches have a task (policy/reviews.h). */
int pack_follow(struct registrar *r) MUST_CHECK;
int pack_send_signals(struct registrar *r, struct channel *inspector) MUST_CHECK;
void pack_free(struct registrar *r);

#endif
