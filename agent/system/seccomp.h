/*
 * The system call filter of a role. What no list names answers EPERM; what only an attack would call ends the
 * process. The only user of libseccomp.
 */
#ifndef SYSTEM_SECCOMP_H
#define SYSTEM_SECCOMP_H

#include "base/err.h"

#include <stdbool.h>

#define SECCOMP_LOW_FDS 32 /* a blind role reads only descriptors below this, all taken before the filter */

struct seccomp_plan {
	const char *const *allowed; /* names, beyond what every role has; NULL-ended */
	bool blind;		    /* reads no file: see sandbox.h */
	bool trace; /* names a forbidden call on stderr and answers EPERM instead of ending the process */
};

/* For good. Needs no_new_privs. */
int seccomp_enter(const struct seccomp_plan *plan) MUST_CHECK;

#endif
