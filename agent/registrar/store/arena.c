#include "registrar/store/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>

#define BLOCK ((size_t)960) /* with its head one that malloc has at hand: larger ones it has to look for */

struct arena_block {
	struct arena_block *older;
	size_t used, room;
	alignas(max_align_t) uint8_t bytes[];
};

void arena_done(struct arena *a)
{
	while (a->newest) {
		struct arena_block *b = a->newest;

		a->newest = b->older;
		free(b);
	}
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t aligned = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct arena_block *b = a->newest;
	void *at;

	if (!b || b->room - b->used < aligned) {
		size_t room = aligned > BLOCK ? aligned : BLOCK;

		b = aligned < n ? NULL : malloc(sizeof(*b) + room);
		if (!b) {
			a->failed = true;
			return NULL;
		}
		*b = (struct arena_block){.room = room, .older = a->newest};
		a->newest = b;
	}
	at = b->bytes + b->used;
	b->used += aligned;
	return memset(at, 0, n);
}

const char *arena_bytes(struct arena *a, struct bytes b)
{
	char *copy = arena_alloc(a, b.n + 1);

	if (copy && b.n > 0)
		memcpy(copy, b.at, b.n);
	return copy;
}

const char *arena_text(struct arena *a, const char *text)
{
	return text ? arena_bytes(a, bytes_of_text(text)) : NULL;
}

struct texts arena_lines(struct arena *a, struct bytes b)
{
	char *copy = (char *)(uintptr_t)arena_bytes(a, b);
	size_t n = 1;
	const char **at;

	if (b.n == 0 || !copy)
		return (struct texts){0};
	for (size_t i = 0; i < b.n; i++)
		n += copy[i] == '\n';
	at = arena_alloc(a, n * sizeof(*at));
	if (!at)
		return (struct texts){0};
	for (size_t i = 0; i < n; i++) {
		at[i] = copy;
		copy += strcspn(copy, "\n");
		*copy++ = '\0';
	}
	return (struct texts){at, n};
}

int arena_check(const struct arena *a)
{
	return a->failed ? FAULT(ENOMEM, "loading") : 0;
}
