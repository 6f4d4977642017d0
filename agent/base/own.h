/*
 * Ownership. A local that owns something carries a cleanup attribute; it is
 * given away with steal(). Destructors take NULL (or -1) and half-built
 * objects, and return nothing to free.
 */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <stdlib.h>
#include <unistd.h>

#define OWNED(name) __attribute__((cleanup(name##_own_)))

/* DEFINE_OWNED(thing, struct thing, thing_free) lets locals be declared OWNED(thing) struct thing *t = NULL; */
#define DEFINE_OWNED(name, type, destroy)                                                                              \
	static inline void name##_own_(type **p)                                                                       \
	{                                                                                                              \
		if (*p)                                                                                                \
			destroy(*p);                                                                                   \
	}                                                                                                              \
	struct name##_owned_needs_semicolon_

static inline void mem_own_(void *p)
{
	free(*(void **)p);
}

static inline void fd_own_(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing useful can be done with an error of a descriptor that is let go */
}

#define OWN_MEM OWNED(mem) /* malloc'ed memory */
#define OWN_FD	OWNED(fd)  /* descriptor, -1 is empty */

#define steal(p)                                                                                                       \
	({                                                                                                             \
		__typeof__(p) steal_at_ = (p);                                                                         \
		__typeof__(*steal_at_) steal_ = *steal_at_;                                                            \
		*steal_at_ = NULL;                                                                                     \
		steal_;                                                                                                \
	})

static inline int steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void close_fd(int *fd)
{
	fd_own_(fd);
	*fd = -1;
}

#define container_of(at, type, member) ((type *)((char *)(at)-offsetof(type, member)))
#define array_n(a)		       (sizeof(a) / sizeof((a)[0]))

#endif
