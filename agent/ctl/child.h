/* Other people's programs that classctl starts for the caller: ssh-keygen, the opener. */
#ifndef CTL_CHILD_H
#define CTL_CHILD_H

#include "ctl/say.h"

/* Runs argv[0] from the search path and waits. in, out: -1 inherits. ret_status: its exit status, 127: not found,
 * 128: killed by a signal. */
int child_run(const char *const *argv, int in, int out, int *ret_status) MUST_CHECK;

#endif
