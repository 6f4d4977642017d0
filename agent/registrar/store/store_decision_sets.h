/* Decisions that were made in one go. */
#ifndef REGISTRAR_STORE_DECISION_SETS_H
#define REGISTRAR_STORE_DECISION_SETS_H

#include "registrar/store/store.h"

typedef int (*store_decision_set_fn)(const char *text, const char *signature, void *arg);
/* The set of the decision that has that entry, if it is of one. STORE_NOT_FOUND */
int store_decision_set(struct store *s, uint64_t seq, store_decision_set_fn each, void *arg) MUST_CHECK;
/* The record of that item that this person decided last, of the newest 500 of the item and what is in force; "": none. */
int store_last_like(struct store *s, const char *person, const char *item, char ret[STORE_NUMBER_MAX]) MUST_CHECK;

#endif
