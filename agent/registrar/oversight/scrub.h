/*
 * The store is looked through after each start and once a day, page by page: what a disk has changed is found before
 * somebody asks for it, and nobody waits (adr/0044).
 */
#ifndef REGISTRAR_SCRUB_H
#define REGISTRAR_SCRUB_H

#include "registrar/registrar.h"

int scrub_start(struct registrar *r) MUST_CHECK;
/* Some pages on; over: that was all, and the next time it begins at the first. Damage is a fault: the process ends, and the
 * next start makes the store anew from the journal. */
int scrub_step(struct registrar *r, bool *ret_over) MUST_CHECK;

#endif
