/* Lists of records that go to an archive or to another unit. Texts given to callbacks live as long as the call. */
#ifndef REGISTRAR_STORE_HANDOVERS_H
#define REGISTRAR_STORE_HANDOVERS_H

#include "registrar/store/store.h"

struct store_handover {
	int64_t id;
	const char *kind; /* "archive" "transfer" */
	const char *to;
	struct texts numbers;
	struct date opened, closed; /* closed unset: under way */
	const char *by, *receipt;   /* receipt NULL: under way, or given up */
};
typedef int (*store_handover_fn)(const struct store_handover *h, void *arg);
/* The newest first; id 0: all. */
int store_handover_list(struct store *s, int64_t id, bool only_open, store_handover_fn each, void *arg) MUST_CHECK;

#endif
