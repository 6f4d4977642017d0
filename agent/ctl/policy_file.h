/* A policy set as one file: reading and writing it, as the person's own file. */
#ifndef CTL_POLICY_FILE_H
#define CTL_POLICY_FILE_H

#include "ctl/command.h"
#include "library/policy_bundle.h"

/* All bytes of the file that somebody names. */
int policy_file_read(const char *path, struct buffer *ret) MUST_CHECK;
/* A bundle, as far as it says for itself: whom this site trusts, the agent knows. */
int policy_file_load(const char *path, struct buffer *ret_whole, struct policy_bundle **ret) MUST_CHECK;
/* Writes it whole. replaces: it may take the place of the file that is there, and then does so in one step. */
int policy_file_save(const struct policy_bundle *b, const char *path, bool replaces) MUST_CHECK;
/* The bytes in memory that nobody can change any more. */
int policy_file_seal(struct bytes whole, int *ret) MUST_CHECK;
/* Its manifest and approvals, in words. */
int policy_file_say(const struct ctl *ctl, const struct policy_bundle *b) MUST_CHECK;
/* Is it a bundle that somebody names, and not a folder? */
bool policy_file_is(const char *path);

#endif
