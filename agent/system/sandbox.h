/*
 * The powers of each role: one row of one table. role_main() applies the row
 * after prepare(); tests/sandbox proves from inside that the rest is refused.
 */
#ifndef SYSTEM_SANDBOX_H
#define SYSTEM_SANDBOX_H

#include "base/err.h"
#include "classd/frames.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

enum sandbox_root_access { SANDBOX_ROOTS_NONE, SANDBOX_ROOTS_READ, SANDBOX_ROOTS_WRITE };

struct sandbox_limit {
	int resource; /* RLIMIT_… */
	rlim_t value;
};

struct sandbox_row {
	enum role_id role;
	const char *user;		    /* "classd-watcher" … */
	const int *capabilities;	    /* CAP_… ended by -1 */
	enum sandbox_root_access roots;	    /* Landlock: watched roots */
	bool state;			    /* Landlock: its own state directory */
	const char *const *syscalls;	    /* seccomp allow-list, NULL-ended; beyond the common list */
	const struct sandbox_limit *limits; /* ended by resource -1 */
	const char *const *libraries;	    /* shared objects it may be linked with (checked by tests/lint) */
};

/* One row for each role; NULL for an unknown id. */
const struct sandbox_row *sandbox_row(enum role_id role);

#endif
