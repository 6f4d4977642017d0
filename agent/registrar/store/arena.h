/* Memory of one loaded thing: many small pieces, freed together. */
#ifndef REGISTRAR_ARENA_H
#define REGISTRAR_ARENA_H

#include "domain/names.h"

struct arena_block;

struct arena {
	struct arena_block *newest;
	bool failed; /* a piece could not be had: everything in it is void */
};

void arena_done(struct arena *a);
void *arena_alloc(struct arena *a, size_t n);		   /* zeroed, aligned; NULL when memory ran out */
const char *arena_text(struct arena *a, const char *text); /* NULL gives NULL */
const char *arena_bytes(struct arena *a, struct bytes b);  /* as text */
struct texts arena_lines(struct arena *a, struct bytes b); /* one text a line; no bytes: none */
int arena_check(const struct arena *a) MUST_CHECK;

#endif
