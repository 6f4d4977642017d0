/* Capabilities of this process. Lists are CAP_… numbers ended by -1. The only user of libcap-ng. */
#ifndef SYSTEM_CAPABILITIES_H
#define SYSTEM_CAPABILITIES_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Between fork and exec, as root: becomes uid:gid without other groups and hands `list`, and nothing that could be
 * regained, over the exec as ambient capabilities. What the machine's own bounding set lacks is left out.
 */
int capabilities_hand_over(const int *list, uid_t uid, gid_t gid) MUST_CHECK;
/* After the exec: keeps at most `list`, empties the ambient and inheritable sets. *ret_all: had all of them. */
int capabilities_keep(const int *list, bool *ret_all) MUST_CHECK;

#endif
