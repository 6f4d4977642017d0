/* What the files of the sweep share. */
#ifndef REGISTRAR_SWEEP_PRIVATE_H
#define REGISTRAR_SWEEP_PRIVATE_H

#include "domain/due.h"
#include "registrar/documents/unrecorded.h"
#include "registrar/oversight/sweep.h"
#include "registrar/store/store_derivations.h"

#define SWEEP_STEP	       500 /* records, tasks or persons of one turn: some tens of milliseconds */

struct sweep {
	struct registrar *r;
	struct sweep_report *report, own;
	sweep_line_fn line;
	void *arg;
	bool suspect, ahead;
	bool is_wide; /* the store's cache: records that are due lie scattered, each is read and written in turn */
	size_t phase;
	int64_t left; /* of this turn */
	struct store_due_at due;
	char task_due[11], person[64]; /* where to go on */
	int64_t task;
	char source[STORE_NUMBER_MAX];	 /* what was derived from it is being looked at; "": of none */
	struct store_children_at derived;
	struct unrecorded files;
	char copies[STORE_NUMBER_MAX]; /* the last record whose copies were looked at */
};

void sweep_tell(struct sweep *s, const struct sweep_line *line);
/* sweep_records.c: one record of which something is due; arg: the sweep. */
int sweep_on_record(const struct record *record, void *arg) MUST_CHECK;

#endif
