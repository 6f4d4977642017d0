/*
 * One record, followed through the journal: the chain of all entries is walked, in parts, and what they say of the
 * record and of those who drafted and decided it is applied to an empty store of its own, by the rows that recovery
 * uses. What the store says must be the same. Persons are never named: whoever verifies may ask.
 */
#ifndef REGISTRAR_TRACE_H
#define REGISTRAR_TRACE_H

#include "registrar/store/store.h"

struct registrar;
struct trace;

int trace_new(struct registrar *r, const struct record *record, struct trace **ret) MUST_CHECK;
void trace_free(struct trace *t);
DEFINE_OWNED(trace, struct trace, trace_free);
/* A few megabytes of the journal. *ret_done: its durable end, or the first entry that does not fit, is reached. */
int trace_step(struct trace *t, bool *ret_done) MUST_CHECK;
/* Afterwards, in the same turn of the loop: the links, as checks.h makes them, in the order of the chain. */
int trace_links(struct trace *t, struct json *list) MUST_CHECK;

#endif
