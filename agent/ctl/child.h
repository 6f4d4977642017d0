/* Other people's programs that classctl starts for the caller: ssh-keygen, the opener. */
#ifndef CTL_CHILD_H
#define CTL_CHILD_H

#include "ctl/say.h"

#define CHILD_NOT_FOUND	 127
#define CHILD_EXTRA_PATH "/dev/fd/3" /* how the child opens the extra descriptor */

/* The child's standard input and output, and one more; -1: input and output are inherited, there is no other. */
struct child_ends {
	int in, out, extra;
};
struct child {
	pid_t pid;
	const char *name; /* borrowed: argv[0] */
	bool is_missing;  /* there is no such program */
};
/* Without waiting; child_wait() must follow. */
int child_start(const char *const *argv, const struct child_ends *ends, struct child *ret) MUST_CHECK;
int child_wait(struct child *child, int *ret_status) MUST_CHECK;

/* Runs argv[0] from the search path and waits. in, out: -1 inherits. ret_status: its exit status, 127: not found,
 * 128: killed by a signal. */
int child_run(const char *const *argv, int in, int out, int *ret_status) MUST_CHECK;

#endif
