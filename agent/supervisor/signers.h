/* The configuration's policy_signers: whose approvals of a policy set count at this site. */
#ifndef SUPERVISOR_SIGNERS_H
#define SUPERVISOR_SIGNERS_H

#include "supervisor/config.h"

#define SIGNERS	    "policy_signers"
#define SIGNERS_MAX 64

/* A name, a blank and the line of a public key, as a setting without its comment in *ret (malloc'ed). NULL, or what is
 * wrong with it. */
const char *signers_take(const struct config *config, const char *text, char **ret);

#endif
