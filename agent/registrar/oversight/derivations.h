/* The store's index of which records were derived from which. */
#ifndef REGISTRAR_DERIVATIONS_H
#define REGISTRAR_DERIVATIONS_H

#include "registrar/registrar.h"

/* Entries from before a change named its sources in clear, and sources are sealed: with the key at hand the index is filled
 * from the records, once for a store. */
int derivations_fill(struct registrar *r) MUST_CHECK;

#endif
