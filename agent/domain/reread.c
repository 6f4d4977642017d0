#include "domain/reread.h"

#include <assert.h>

static uint64_t number_at(struct bytes b, size_t at)
{
	uint64_t n = 0;

	assert(b.n >= at + 8);
	for (size_t i = 0; i < 8; i++)
		n = n << 8 | b.at[at + i];
	return n;
}

bool reread_is_drawn(struct bytes digest, uint16_t percent)
{
	return number_at(digest, 0) % 100 < percent;
}

size_t reread_reader(struct bytes digest, size_t n)
{
	return (size_t)(number_at(digest, 8) % n);
}
