/*
 * A list that the agent answers in pages, printed while it comes: a table whose columns only become wider, lines, or
 * one JSON document. What was printed when the agent refuses the rest stays, JSON without its end; the refusal is said
 * and is the exit code.
 */
#ifndef CTL_PAGES_H
#define CTL_PAGES_H

#include "ctl/command.h"
#include "ctl/table.h"

struct pages {
	const char *key;				    /* of the list in each reply */
	void (*row)(struct table *t, struct json_view one); /* its cells in `table`, or lines of its own */
	struct table table;				    /* begun by the caller, who frees it */
	const char *heading;				    /* above the first row, with a line of space; NULL: none */
	struct json_view last_value;			    /* JSON: one more member … */
	const char *last_key;				    /* … of that name; NULL: none */
	size_t most;					    /* rows to show; 0: all there are */
	size_t n;					    /* were shown */
	bool is_cut;					    /* the agent had more than `most` */
};

/* Calls with "more". ret (may be NULL) gets the last reply, whose list was printed. */
int pages_print(struct ctl *ctl, struct call *call, struct pages *p, struct reply *ret) MUST_CHECK;
/* What is not printed row by row: each one of the list goes to each(), until it returns other than 0, which is passed
 * on when the list has been read. */
int pages_each(struct ctl *ctl, struct call *call, const char *key, int (*each)(struct json_view one, void *arg),
	       void *arg) MUST_CHECK;

#endif
