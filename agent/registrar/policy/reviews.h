/*
 * What a new set of rules touches is looked at again: a task for whoever answers for each such record, when the set
 * takes over (adr/0031). It is done in slices between other work; how far it is stands in the journal, so it goes on
 * after a restart.
 */
#ifndef REGISTRAR_REVIEWS_H
#define REGISTRAR_REVIEWS_H

#include "registrar/registrar.h"

/* At start, and when another set took over. Nothing to do: nothing happens. */
int reviews_start(struct registrar *r) MUST_CHECK;
/* Opens the task of one record that is touched, unless it is open already; why: in a few words. *ret_opened. */
int reviews_open(struct registrar *r, const char *number, const char *why, bool *ret_opened) MUST_CHECK;

#endif
