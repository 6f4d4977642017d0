/*
 * LD_PRELOAD: the NO_MEMORY_AT-th allocation of the program fails, once. On
 * exit it says on descriptor 9, when that is open, whether it came so far.
 * What libcrypto allocates for its own start does not count: version 3.5
 * waits for itself for ever when that fails.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *at, size_t n);

static long count;
static bool failed;
static bool is_starting;

static bool is_turn(void)
{
	static long at = -1;

	if (at < 0) {
		const char *text = getenv("NO_MEMORY_AT");

		at = text ? atol(text) : 0;
	}
	if (is_starting || ++count != at)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t n)
{
	return is_turn() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return is_turn() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *at, size_t n)
{
	return is_turn() ? NULL : __libc_realloc(at, n);
}

int OPENSSL_init_crypto(uint64_t options, const void *settings)
{
	int (*start)(uint64_t, const void *);
	int result;

	is_starting = true;
	*(void **)&start = dlsym(RTLD_NEXT, "OPENSSL_init_crypto");
	result = start ? start(options, settings) : 0;
	is_starting = false;
	return result;
}

static void __attribute__((destructor)) say(void)
{
	if (failed && write(9, "x", 1) != 1)
		return; /* nobody asked */
}
