/* Single rows of the store, copied into an arena: for those who hold on to them while they change the store. */
#ifndef REGISTRAR_LOOK_H
#define REGISTRAR_LOOK_H

#include "registrar/store/store.h"

/* 0, STORE_NOT_FOUND, or a fault. Texts live as long as the arena. */
int look_document(struct store *s, const char *number, struct arena *a, struct store_document *ret) MUST_CHECK;
int look_document_by_file(struct store *s, uint64_t dev, uint64_t ino, struct arena *a,
			  struct store_document *ret) MUST_CHECK;
int look_seen(struct store *s, uint32_t root, const char *path, struct arena *a, struct store_seen *ret) MUST_CHECK;
int look_seen_by_file(struct store *s, uint64_t dev, uint64_t ino, struct arena *a, struct store_seen *ret) MUST_CHECK;

static inline void look_arena_own_(struct arena *a)
{
	arena_done(a);
}
#define OWN_ARENA __attribute__((cleanup(look_arena_own_)))

#endif
