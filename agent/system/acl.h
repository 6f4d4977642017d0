/* POSIX access lists through libacl. Numbers only, never names: a sandbox has no name service. */
#ifndef SYSTEM_ACL_H
#define SYSTEM_ACL_H

#include "system/files.h"

/* The I/O table with access lists: only who needs them links libacl. */
void acl_equip(struct files *f);

/* A negated errno, as the I/O table answers; -ENODATA: nothing beyond the mode bits, or none on this file system. */
int acl_of_file(int fd, struct acl **ret) MUST_CHECK;
int acl_to_file(const struct acl *acl, int fd) MUST_CHECK;

/*
 * What a sealed file gets: its owner (the sealer) reads and writes; who could
 * read the plaintext may read the ciphertext, the plaintext's owner always.
 * before: its access list or NULL.
 */
int acl_for_sealed(const struct stat *plain, const struct acl *before, struct acl **ret) MUST_CHECK;
/* Long text form with numeric ids, one entry a line, appended. */
int acl_format(const struct acl *acl, struct buffer *ret) MUST_CHECK;
/* The way back. keeps_group false: the owning group gets no rights. */
int acl_parse(const char *text, bool keeps_group, struct acl **ret) MUST_CHECK;
void acl_drop(struct acl *acl);
DEFINE_OWNED(acl, struct acl, acl_drop);

#endif
