/*
 * Ringing whoever waits to be rung (Oversight.Bell): what is urgent at once, and after a sweep what has come to him because
 * its day nears or is over. Nothing of what rang is kept here: a list is what there is now, and its reader knows what he
 * heard before. Kinds, numbers and steps leave, never a title or a path.
 */
#ifndef REGISTRAR_BELL_H
#define REGISTRAR_BELL_H

#include "registrar/registrar.h"

/* Something urgent waits for that person. */
void bell_ring(struct registrar *r, const char *person);
/* So does an incident that is to be reported, for the secrecy office. */
void bell_incident(struct registrar *r);
/* A sweep is over. */
void bell_day(struct registrar *r);

#endif
