/* Chained buckets that double when they are full. */
#include "watcher/table.h"

#include <errno.h>
#include <string.h>

#define BUCKETS_FIRST 64

void table_done(struct table *t)
{
	free(t->buckets);
	*t = (struct table){0};
}

static struct table_entry **bucket(const struct table *t, uint64_t hash)
{
	return &t->buckets[hash & (t->n_buckets - 1)];
}

static void put(struct table *t, struct table_entry *e)
{
	struct table_entry **at = bucket(t, e->hash);

	e->next = *at;
	*at = e;
}

static int grow(struct table *t)
{
	struct table bigger = {.n_buckets = t->n_buckets ? t->n_buckets * 2 : BUCKETS_FIRST, .n = t->n};

	bigger.buckets = calloc(bigger.n_buckets, sizeof(*bigger.buckets));
	if (!bigger.buckets)
		return FAULT(ENOMEM, "grow a table to %zu", bigger.n_buckets);
	for (size_t i = 0; i < t->n_buckets; i++)
		while (t->buckets[i]) {
			struct table_entry *e = t->buckets[i];

			t->buckets[i] = e->next;
			put(&bigger, e);
		}
	free(t->buckets);
	*t = bigger;
	return 0;
}

int table_add(struct table *t, struct table_entry *e, uint64_t hash)
{
	if (t->n == t->n_buckets)
		TRY(grow(t));
	e->hash = hash;
	put(t, e);
	t->n++;
	return 0;
}

void table_remove(struct table *t, struct table_entry *e)
{
	for (struct table_entry **at = bucket(t, e->hash); *at; at = &(*at)->next)
		if (*at == e) {
			*at = e->next;
			t->n--;
			return;
		}
}

struct table_entry *table_find(const struct table *t, uint64_t hash, const struct table_entry *last)
{
	struct table_entry *e;

	if (!t->n_buckets)
		return NULL;
	for (e = last ? last->next : *bucket(t, hash); e && e->hash != hash; e = e->next)
		continue;
	return e;
}

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

uint64_t table_hash(uint64_t seed, uint64_t number, struct bytes b)
{
	uint64_t h = mix(seed ^ mix(number + b.n));

	for (size_t i = 0; i < b.n; i += sizeof(h)) {
		uint64_t word = 0;

		memcpy(&word, b.at + i, b.n - i < sizeof(word) ? b.n - i : sizeof(word));
		h = mix(h ^ word);
	}
	return h;
}
