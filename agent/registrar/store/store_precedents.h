/*
 * What was decided before about an item of the catalogue.
 *
 * Inspected is a decision whose document somebody looked at, as far as the store can tell: it was kept by a review, or who decided
 * it had opened the document, with the content that was decided, between the proposal and the decision; what a client reads to sign it counts as no look. Looks at the newest PRECEDENTS_MAX records of the item that are in force, whatever the store holds.
 */
#ifndef REGISTRAR_STORE_PRECEDENTS_H
#define REGISTRAR_STORE_PRECEDENTS_H

#include "domain/precedent.h"
#include "registrar/store/store.h"

struct precedents {
	const char *pack, *item, *level; /* asked for */
	const char *but;		 /* without that record; NULL: none */
	struct term at[PRECEDENTS_MAX];
	size_t n;
};

/* Fills at and n with the terms of inspected decisions. */
int store_precedents(struct store *s, struct precedents *of) MUST_CHECK;

#endif
