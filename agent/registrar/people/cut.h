/*
 * Whoever is suspended or has left reads nothing more: the next request is
 * refused (people_begin(), case_begin(), authority), and what is under way is
 * cut: running reads, answers on their way, checkouts, unlocked keys.
 */
#ifndef REGISTRAR_CUT_H
#define REGISTRAR_CUT_H

#include "registrar/registrar.h"

/* "suspended", "left", or NULL: the person is in force today. Unknown persons have left. */
int cut_why(struct registrar *r, const char *person, const char **ret) MUST_CHECK;
/* Of everybody who is cut: what he has open ends now. */
int cut_look(struct registrar *r) MUST_CHECK;

#endif
