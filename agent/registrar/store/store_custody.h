/* Who knows, in the index. Texts given to callbacks live as long as the call. */
#ifndef REGISTRAR_STORE_CUSTODY_H
#define REGISTRAR_STORE_CUSTODY_H

#include "registrar/store/store.h"

struct store_knower {
	int64_t id;
	const char *number;
	const char *person; /* NULL: nobody of the register, but `name` */
	const char *name, *since, *how, *by, *note;
	bool outside; /* not in scope when he was told */
};
struct store_knower_filter {
	const char *number, *person; /* one of both */
	bool outside;		     /* only those who were not in scope */
	bool told;		     /* only who was told, not who read here */
	int64_t after, limit;
};
typedef int (*store_knower_fn)(const struct store_knower *k, void *arg);
int store_knower_list(struct store *s, const struct store_knower_filter *filter, store_knower_fn each,
		      void *arg) MUST_CHECK;

#endif
