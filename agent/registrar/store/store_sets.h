/* Policy sets that arrived as one file (adr/0031), in the index. Texts given to callbacks live as long as the call. */
#ifndef REGISTRAR_STORE_SETS_H
#define REGISTRAR_STORE_SETS_H

#include "registrar/store/store.h"

#define SETS_PLACE "policy-set" /* of the sealed reasons */

/* A row: a set that arrived, or the wish to drop one again. */
struct store_set {
	int64_t id;
	int64_t drops;	    /* 0: a set; else which set this wish is about */
	const char *digest; /* of its manifest; "" for a wish */
	const char *pack, *version, *issuer, *approved_by, *reason;
	struct date effective;
	struct date starts; /* when it takes over; unset until it is confirmed */
	const char *proposed_by, *proposed, *confirmed_by, *confirmed, *dropped_by; /* NULL: not yet */
	uint32_t proposed_uid;
};
typedef int (*store_set_fn)(const struct store_set *set, void *arg);

/* The newest first. */
int store_set_list(struct store *s, store_set_fn each, void *arg) MUST_CHECK;
/* 0, or STORE_NOT_FOUND. */
int store_set_load(struct store *s, int64_t id, store_set_fn each, void *arg) MUST_CHECK;
/* The set of that pack that rules on that day, or would if `but` were gone; *ret 0: none did arrive. */
int store_set_ruling(struct store *s, const char *pack, struct date on, int64_t but, int64_t *ret) MUST_CHECK;
/* The next set of that pack that takes over after that day; *ret 0: none is held. */
int store_set_next(struct store *s, const char *pack, struct date after, int64_t *ret) MUST_CHECK;
/* What waits for its second person; *ret 0: nothing. */
int store_set_waiting(struct store *s, int64_t *ret) MUST_CHECK;

#endif
