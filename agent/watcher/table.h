/* A hash table of entries embedded in their owners: it allocates nothing but its row of buckets. */
#ifndef WATCHER_TABLE_H
#define WATCHER_TABLE_H

#include "base/bytes.h"

struct table_entry {
	struct table_entry *next;
	uint64_t hash;
};

/* {0} is an empty table. */
struct table {
	struct table_entry **buckets;
	size_t n_buckets; /* a power of two */
	size_t n;
};

void table_done(struct table *t); /* frees the buckets; entries are their owners' */
int table_add(struct table *t, struct table_entry *e, uint64_t hash) MUST_CHECK; /* 0, or the fault ENOMEM */
void table_remove(struct table *t, struct table_entry *e);
/* First entry with this hash, then the next after `last`: the caller compares the rest. */
struct table_entry *table_find(const struct table *t, uint64_t hash, const struct table_entry *last);

/* Of a number and some bytes. Seeded, so that names chosen by others do not fall into one bucket. */
uint64_t table_hash(uint64_t seed, uint64_t number, struct bytes b);

#endif
