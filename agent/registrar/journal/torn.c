#include "registrar/journal/torn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECTOR 512

static size_t find_zero(struct bytes tail, size_t from)
{
	const uint8_t *zero = from < tail.n ? memchr(tail.at + from, 0, tail.n - from) : NULL;

	return zero ? (size_t)(zero - tail.at) : tail.n;
}

bool torn_hole(struct bytes tail, uint64_t start, size_t *ret)
{
	size_t first = find_zero(tail, 0);

	for (size_t at = first; at < tail.n; at = find_zero(tail, at)) {
		if ((start + at) % SECTOR != 0 && at > 0 && tail.at[at - 1] != '\n')
			return false;
		while (at < tail.n && tail.at[at] == 0)
			at++;
		if ((start + at) % SECTOR != 0 && at < tail.n)
			return false;
	}
	*ret = first;
	return first < tail.n;
}

int torn_keep(const struct files *files, int folder, struct bytes torn, uint64_t at)
{
	char name[40];
	int result;

	(void)snprintf(name, sizeof(name), "torn.%llu", (unsigned long long)at);
	result = files_create_whole(files, folder, name, 0600, torn);
	return result == -EEXIST ? 0 : result;
}
