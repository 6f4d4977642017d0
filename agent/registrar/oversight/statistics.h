/* The annual return and the ledger: numbers from the counts that are kept with each change (store/tallies.h). */
#ifndef REGISTRAR_STATISTICS_H
#define REGISTRAR_STATISTICS_H

#include "registrar/oversight/caller.h"

/* Of that year, up to today, in the form that the running pack gives. names: approvers by their name, else by a pseudonym
 * that is the same every time. *ret: the answer of Statistics. */
int statistics_make(struct registrar *r, int year, bool names, struct json **ret) MUST_CHECK;
/* What there was at the end of that day, by regime, level, state and when it is due. *ret: the answer of Ledger. */
int ledger_make(struct registrar *r, struct date at, struct json **ret) MUST_CHECK;

int oversight_statistics(struct registrar *r, struct api_call *call) MUST_CHECK;
int oversight_ledger(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif
