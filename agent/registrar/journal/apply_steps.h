/* Inside of apply: what an entry does to the store is a table of steps (apply_steps.c), run by apply.c. */
#ifndef REGISTRAR_APPLY_STEPS_H
#define REGISTRAR_APPLY_STEPS_H

#include "registrar/journal/apply.h"
#include "registrar/store/store_private.h"
#include "registrar/store/tallies.h"

struct change {
	struct store *store;
	struct database *db;
	struct json_view entry;
	struct json_view in; /* the object that the step's parameters are in */
	struct arena arena;
	struct tally_change counted;
};

/*
 * A step is one statement and its parameters, in order:
 *   #  number of the entry     @  its time     $  its actor     N  number of the record it is about     V  its version
 *   'word  that word           key  a field, by the letter before it:
 *   t: text   i: integer   b: flag (absent: 0)   d: date or ""   s: sealed bytes   l: list, one a line   j: object
 * A key ending in ! must be there. Steps within an object are passed over when the entry has none.
 */
struct step {
	const char *op;
	const char *what;   /* the entry's "what" must be this; NULL: any */
	const char *within; /* NULL: the entry itself */
	const char *sql;
	const char *parameters;
	bool must_change; /* exactly one row, else it is about something that is not there */
	int (*run)(struct change *c);
};

extern const struct step apply_steps[];
extern const size_t apply_steps_n;
extern const char apply_copy_version[]; /* the present version of a record moves among its versions */
extern const char apply_change_event[];
extern const char apply_unfollowed[];
extern const char apply_expire_parameters[]; /* of that event, and the day that is the record's next */

int apply_record(struct change *c);
int apply_expire(struct change *c);
int apply_sources(struct change *c); /* from what it was derived */
/* Around what changes a record: what it counts as, before and after. */
int apply_count_before(struct change *c);
int apply_count_after(struct change *c);

#endif
