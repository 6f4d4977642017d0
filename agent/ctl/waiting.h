/* How much waits for the caller: the rows of `classctl queue`, wherever a number of them is said. */
#ifndef CTL_WAITING_H
#define CTL_WAITING_H

#include "ctl/command.h"

/* ret: -1 where the agent does not say: no person of the register, or the agent is locked. */
int waiting_count(struct ctl *ctl, int64_t *ret) MUST_CHECK;

#endif
