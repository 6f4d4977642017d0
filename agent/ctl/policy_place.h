/* Where policy packs lie: a folder that somebody names, or a name among the packs that came with the program. */
#ifndef CTL_POLICY_PLACE_H
#define CTL_POLICY_PLACE_H

#include "base/own.h"

#include <stddef.h>

/* "cn" → the folder of that pack beside the program; what holds a '/' or is a folder here stays itself; NULL → the
 * folder of all packs. malloc'ed; NULL without memory. */
char *policy_place(const char *pack);

/* Names of the folders in a folder, sorted. */
struct policy_names {
	char **at;
	size_t n;
};
/* Those that have a pack.yaml. 0 or a fault; a folder that cannot be listed has none. */
int policy_names_of(const char *folder, struct policy_names **ret);
void policy_names_free(struct policy_names *names);
DEFINE_OWNED(policy_names, struct policy_names, policy_names_free);

#endif
