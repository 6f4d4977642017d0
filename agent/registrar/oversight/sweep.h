/*
 * The sweep: everything that is past due on a day, not a window; what it did
 * is counted and proves itself: considered / due / acted / skipped (why) /
 * failed. A rehearsal for another day changes nothing.
 */
#ifndef REGISTRAR_SWEEP_H
#define REGISTRAR_SWEEP_H

#include "registrar/registrar.h"
#include "registrar/store/store.h"

enum sweep_skip {
	SWEEP_SKIP_TOLD,       /* due, and its finding is open already: the owner knows */
	SWEEP_SKIP_ORIGINATOR, /* the term is over, but only the originator or the pack may act */
	SWEEP_SKIP_CLOCK,      /* the clock is suspect: nothing expires */
	SWEEP_SKIP_LEAD,       /* ends soon: told in the list */
	SWEEP_SKIPS
};
const char *sweep_skip_text(enum sweep_skip skip);

struct sweep_line {
	const char *number, *kind, *what;
	struct date on;	   /* it fell due */
	struct date day;   /* the day that counts for who is told: of a term that is ending, its end */
	const char *owner; /* person id; NULL or "": nobody in particular */
};
typedef void (*sweep_line_fn)(const struct sweep_line *line, void *arg);

struct sweep_report {
	struct date as_of;
	bool rehearsal;
	int64_t considered, due, acted, failed;
	int64_t skipped[SWEEP_SKIPS];
	double seconds;
};

/* as_of unset: today, and acts. line (may be NULL) is called for each that is due; ahead: also for tasks that are due on
 * that very day, and for suggestions, which are late for nobody. */
struct sweep_order {
	struct date as_of;
	sweep_line_fn line;
	void *arg;
	bool ahead;
};
/*
 * A sweep goes in steps of some tens of milliseconds, a turn of the loop each, so that others are served between them:
 * sweep_step() until *ret_done, when the report is whole and journalled. What changes meanwhile is met or not, as
 * if it had changed before or after.
 */
struct sweep;
int sweep_new(struct registrar *r, const struct sweep_order *order, struct sweep **ret) MUST_CHECK;
void sweep_free(struct sweep *s);
DEFINE_OWNED(sweep, struct sweep, sweep_free);
int sweep_step(struct sweep *s, bool *ret_done) MUST_CHECK;
const struct sweep_report *sweep_report(const struct sweep *s);
/* All of it at once. */
int sweep_run(struct registrar *r, const struct sweep_order *order, struct sweep_report *ret) MUST_CHECK;
/* At start and every ten minutes: runs today's sweep when it has not run, and flags a day that had none. */
int sweep_start(struct registrar *r) MUST_CHECK;

#endif
