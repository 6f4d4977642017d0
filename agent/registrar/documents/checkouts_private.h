/* Shared by the files of checkouts.h. */
#ifndef REGISTRAR_CHECKOUTS_PRIVATE_H
#define REGISTRAR_CHECKOUTS_PRIVATE_H

#include "registrar/documents/checkouts.h"
#include "registrar/store/arena.h"

struct checkout {
	struct checkout *next;
	int64_t id;
	const char *number, *path, *person, *since;
	const char *due; /* why it is to end; NULL: it is not */
	uint32_t root;
};

/* Rows, copied for those who change the store while they go through them. */
struct checkouts {
	struct arena texts;
	struct checkout *first;
	const char *number; /* only these; NULL: any */
	const char *path;   /* likewise */
	uint32_t root;
};

/* The callback of store_checkout_list(); arg is a struct checkouts. */
int checkouts_take(const struct store_checkout *c, void *arg) MUST_CHECK;

static inline void checkouts_own_(struct checkouts *all)
{
	arena_done(&all->texts);
}
#define OWN_CHECKOUTS __attribute__((cleanup(checkouts_own_)))

/* How the plaintext of a checkout stands to the sealed document. */
enum standing { STANDING_CLEAN, STANDING_OPEN, STANDING_CHANGED };

#endif
