/* The part of a sweep that looks after copies. */
#ifndef REGISTRAR_CUSTODY_SWEEP_H
#define REGISTRAR_CUSTODY_SWEEP_H

#include "registrar/oversight/sweep.h"
#include "registrar/store/store_custody.h"

struct custody_sweep {
	struct sweep_report *report;
	char *after; /* STORE_NUMBER_MAX: the last record that was looked at */
	int64_t limit;
	void (*tell)(const char *number, void *arg);
	void *arg;
};
/* The next records with a copy that is lost, not receipted or not returned. */
int custody_sweep(struct registrar *r, const struct custody_sweep *s, bool *ret_over) MUST_CHECK;

#endif
