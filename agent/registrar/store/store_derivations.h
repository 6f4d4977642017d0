/* Which records were derived from which. */
#ifndef REGISTRAR_STORE_DERIVATIONS_H
#define REGISTRAR_STORE_DERIVATIONS_H

#include "registrar/store/store.h"

/* At most limit records whose decision was derived from sources, behind that number (""): in its order. The callback
 * may change records. */
int store_derived(struct store *s, const char *after, int64_t limit, store_record_fn each, void *arg) MUST_CHECK;

/* Where to go on: behind that number (""), at most so many more. */
struct store_children_at {
	char number[STORE_NUMBER_MAX];
	int64_t left;
	bool is_over; /* there are no more */
};
/* Those that were derived from that record. The callback may change records. */
int store_children(struct store *s, const char *source, struct store_children_at *at, store_record_fn each,
		   void *arg) MUST_CHECK;
/* A record that has expired, and what was derived from it was not looked at since: the entry "followed" ends that. "":
 * there is none. */
int store_followed_next(struct store *s, char ret[STORE_NUMBER_MAX]) MUST_CHECK;
/* Enters that one was derived from the other, of records from before that was kept. */
int store_child_put(struct store *s, const char *source, const char *number) MUST_CHECK;

#endif
