/*
 * The store's index of the first day on which anything is due, by the rules that run: a pack with other rules moves
 * days, and a sweep reads only what the index says.
 */
#ifndef REGISTRAR_DUES_H
#define REGISTRAR_DUES_H

#include "registrar/registrar.h"

/* Computes the index anew when the rules that it follows from are not those it was made by; the store remembers which.
 */
int dues_follow_pack(struct registrar *r) MUST_CHECK;

#endif
