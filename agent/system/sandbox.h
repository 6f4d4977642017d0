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
#include <sys/types.h>

enum sandbox_root_access { SANDBOX_ROOTS_NONE, SANDBOX_ROOTS_READ, SANDBOX_ROOTS_WRITE };

struct sandbox_limit {
	int resource; /* RLIMIT_… */
	rlim_t value;
};

struct sandbox_row {
	enum role_id role;
	const char *user;		/* "classd-watcher" … */
	const int *capabilities;	/* CAP_… ended by -1 */
	enum sandbox_root_access roots; /* Landlock: watched roots */
	const char *state;		/* Landlock: its own directory below state_dir, writable; NULL none */
	const char *const *reads;	/* Landlock: settings whose value is a path it may read; NULL-ended */
	bool blind; /* read() only from descriptors below 32 that prepare() left open, no mapping of files, no dup */
	const char *const *syscalls;	    /* seccomp allow-list, NULL-ended; beyond the common list */
	const struct sandbox_limit *limits; /* ended by resource -1 */
	const char *const *libraries;	    /* shared objects it may be linked with (checked by tests/lint) */
};

/* One row for each role; NULL for an unknown id. */
const struct sandbox_row *sandbox_row(enum role_id role);

/* A path that Landlock leaves open. */
struct sandbox_path {
	const char *path;
	bool writable;
};

struct sandbox_paths {
	const struct sandbox_path *at;
	size_t n;
};

/*
 * Before anything else a role does: dies with its parent, leaves no core, cannot be traced, gains nothing by exec.
 * `parent` is who must be the parent. A fault when the parent is already another.
 */
int sandbox_prepare(pid_t parent) MUST_CHECK;
/*
 * Locks this process into its row, for good: capabilities, limits, Landlock, seccomp. `trace` logs a forbidden
 * system call instead of killing. *ret_missing: what this kernel could not give ("" all is there), a static text.
 */
int sandbox_enter(const struct sandbox_row *row, struct sandbox_paths paths, bool trace,
		  const char **ret_missing) MUST_CHECK;

#endif
