/*
 * Memory that runs out: the n-th allocation fails, once or for good, of our
 * code and of what answers for us (libc, sqlite, jansson, libyaml, expat,
 * libacl …); and every allocation that is alive is counted, whoever made it.
 * Libraries that end the process or leak when they are refused are not (their
 * users are processes of their own, or have made what they need before the
 * first document): libcrypto, libarchive, glib and poppler, C++. With AddressSanitizer,
 * whose own malloc it is, only our code is refused.
 */
#ifndef TESTS_FAULT_MEMORY_H
#define TESTS_FAULT_MEMORY_H

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define MEMORY_OUR(name)  __wrap_##name
#define MEMORY_REAL(name) __real_##name
#else
#define MEMORY_OUR(name)  name
#define MEMORY_REAL(name) __libc_##name
#endif

void *MEMORY_REAL(malloc)(size_t n);
void *MEMORY_REAL(calloc)(size_t n, size_t size);
void *MEMORY_REAL(realloc)(void *at, size_t n);
void *MEMORY_REAL(memalign)(size_t align, size_t n);
void MEMORY_REAL(free)(void *at);

#define MEMORY_TRACED 4096
#define MEMORY_DEPTH  10
#define MEMORY_SPARED 16

extern const char __executable_start, etext;

static struct {
	unsigned long at;    /* this allocation fails, 0: none */
	unsigned long count; /* since it was armed */
	long live;
	unsigned paused; /* the test's own work */
	bool lasting, hit;
	bool ours_only; /* what libraries ask for is given to them */
	bool traces;	/* one fault is looked at: who holds what */
	size_t n_spared;
	struct {
		uintptr_t from, to;
	} spared[MEMORY_SPARED];
	size_t n_traced;
	struct {
		void *at, *from[MEMORY_DEPTH];
	} traced[MEMORY_TRACED];
} memory;

static const char *const memory_spared[] = {"libcrypto", "libglib", "libgobject", "libpoppler",
					    "libstdc++", "libhs",   "libarchive"};

static inline int memory_note_spared(struct dl_phdr_info *info, size_t size, void *context)
{
	bool is_spared = false;

	(void)size;
	(void)context;
	for (size_t i = 0; i < sizeof(memory_spared) / sizeof(memory_spared[0]); i++)
		is_spared = is_spared || strstr(info->dlpi_name, memory_spared[i]);
	for (int i = 0; is_spared && i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X &&
		    memory.n_spared < MEMORY_SPARED) {
			memory.spared[memory.n_spared].from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			memory.spared[memory.n_spared].to =
			    memory.spared[memory.n_spared].from + info->dlpi_phdr[i].p_memsz;
			memory.n_spared++;
		}
	return 0;
}

static inline bool memory_fails(const void *caller)
{
	if (memory.at == 0 || memory.paused > 0 ||
	    (memory.ours_only && ((const char *)caller < &__executable_start || (const char *)caller >= &etext)))
		return false;
	for (size_t i = 0; i < memory.n_spared; i++)
		if ((uintptr_t)caller >= memory.spared[i].from && (uintptr_t)caller < memory.spared[i].to)
			return false;
	memory.count++;
	if (memory.count < memory.at || (memory.count > memory.at && !memory.lasting))
		return false;
	if (memory.traces && !memory.hit) {
		void *from[MEMORY_DEPTH];

		memory.paused++;
		backtrace_symbols_fd(from, backtrace(from, MEMORY_DEPTH), STDERR_FILENO);
		memory.paused--;
	}
	memory.hit = true;
	errno = ENOMEM;
	return true;
}

static inline void *memory_given(void *at)
{
	if (!at)
		return at;
	memory.live++;
	if (memory.traces && memory.n_traced < MEMORY_TRACED) {
		size_t i = memory.n_traced++;

		memory.traces = false;
		memset(&memory.traced[i], 0, sizeof(memory.traced[i]));
		(void)backtrace(memory.traced[i].from, MEMORY_DEPTH);
		memory.traced[i].at = at;
		memory.traces = true;
	}
	return at;
}

static inline void memory_taken(const void *at)
{
	if (!at)
		return;
	memory.live--;
	for (size_t i = memory.n_traced; memory.traces && i > 0; i--)
		if (memory.traced[i - 1].at == at) {
			memory.traced[i - 1] = memory.traced[--memory.n_traced];
			return;
		}
}

void *MEMORY_OUR(malloc)(size_t n);
void *MEMORY_OUR(calloc)(size_t n, size_t size);
void *MEMORY_OUR(realloc)(void *at, size_t n);
void *MEMORY_OUR(reallocarray)(void *at, size_t n, size_t size);
void *MEMORY_OUR(aligned_alloc)(size_t align, size_t n);
void *MEMORY_OUR(memalign)(size_t align, size_t n);
int MEMORY_OUR(posix_memalign)(void **ret, size_t align, size_t n);
void MEMORY_OUR(free)(void *at);

void *MEMORY_OUR(malloc)(size_t n)
{
	return memory_fails(__builtin_return_address(0)) ? NULL : memory_given(MEMORY_REAL(malloc)(n));
}

void *MEMORY_OUR(calloc)(size_t n, size_t size)
{
	return memory_fails(__builtin_return_address(0)) ? NULL : memory_given(MEMORY_REAL(calloc)(n, size));
}

static inline void *memory_grow(void *at, size_t n, const void *caller)
{
	void *more;

	if (n > 0 && memory_fails(caller))
		return NULL;
	more = MEMORY_REAL(realloc)(at, n);
	if (more || n == 0) {
		memory_taken(at);
		(void)memory_given(more);
	}
	return more;
}

void *MEMORY_OUR(realloc)(void *at, size_t n)
{
	return memory_grow(at, n, __builtin_return_address(0));
}

void *MEMORY_OUR(reallocarray)(void *at, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return memory_grow(at, all, __builtin_return_address(0));
}

void *MEMORY_OUR(memalign)(size_t align, size_t n)
{
	return memory_fails(__builtin_return_address(0)) ? NULL : memory_given(MEMORY_REAL(memalign)(align, n));
}

void *MEMORY_OUR(aligned_alloc)(size_t align, size_t n)
{
	return memory_fails(__builtin_return_address(0)) ? NULL : memory_given(MEMORY_REAL(memalign)(align, n));
}

int MEMORY_OUR(posix_memalign)(void **ret, size_t align, size_t n)
{
	void *at = memory_fails(__builtin_return_address(0)) ? NULL : memory_given(MEMORY_REAL(memalign)(align, n));

	if (!at)
		return ENOMEM;
	*ret = at;
	return 0;
}

void MEMORY_OUR(free)(void *at)
{
	int error = errno;

	memory_taken(at);
	MEMORY_REAL(free)(at);
	errno = error;
}

static inline void memory_arm(unsigned long at, bool lasting)
{
	memory.at = at;
	memory.lasting = lasting;
	memory.count = 0;
	memory.hit = false;
	memory.paused = 0;
}

static inline void memory_disarm(void)
{
	memory.at = 0;
}

/* Who holds what was given since the traces began. */
static inline void memory_say_traces(void)
{
	memory.traces = false;
	for (size_t i = 0; i < memory.n_traced && i < 10; i++) {
		static const char line[] = "held:\n";

		(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
		backtrace_symbols_fd(memory.traced[i].from + 2, MEMORY_DEPTH - 2, STDERR_FILENO);
	}
	memory.n_traced = 0;
}

/* jansson's reader, refused memory, writes where it must not (library/json.c asks for plenty before): it gets what it
 * wants. Its writer is refused like all others. */
void *json_loadb(const char *at, size_t n, size_t flags, void *error);
void *json_loadb(const char *at, size_t n, size_t flags, void *error)
{
	void *(*real)(const char *, size_t, size_t, void *);
	void *made;

	memory.paused++;
	*(void **)&real = dlsym(RTLD_NEXT, "json_loadb");
	made = real(at, n, flags, error);
	memory.paused--;
	return made;
}

/* What the test does for itself between two lines of the code under test. */
#define MEMORY_PAUSED(call)                                                                                            \
	({                                                                                                             \
		__typeof__(call) paused_;                                                                              \
		memory.paused++;                                                                                       \
		paused_ = (call);                                                                                      \
		memory.paused--;                                                                                       \
		paused_;                                                                                               \
	})

#endif
