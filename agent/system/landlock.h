/* Landlock by its three system calls (landlock(7)); the C library has no names for them. */
#ifndef SYSTEM_LANDLOCK_H
#define SYSTEM_LANDLOCK_H

#include "system/sandbox.h"

/* 0: this kernel has none, or it is off. */
int landlock_abi(void);
/*
 * From now on this process reaches files only beneath `paths`. A path that does not exist is left out: nothing
 * beneath it can be reached. Needs no_new_privs. Works with any ABI from 1; REFER (links between directories) needs 2.
 */
int landlock_enter(struct sandbox_paths paths) MUST_CHECK;

#endif
