/*
 * Opening what others may have prepared: beneath a held root descriptor, over
 * no symbolic link and no mount, and only what it is said to be. The kernel
 * does the walk (openat2), so a link swapped in half-way changes nothing.
 */
#ifndef SYSTEM_SAFE_OPEN_H
#define SYSTEM_SAFE_OPEN_H

#include "system/files.h"

enum safe_open_outcome {
	SAFE_OPEN_GONE = 1, /* no such name, or a directory on the way is missing */
	SAFE_OPEN_REFUSED,  /* a symbolic link, a mount, "..", an absolute or overlong path, not of the wanted kind */
	SAFE_OPEN_DENIED,   /* permission */
	SAFE_OPEN_FAILED,   /* anything else that the file system said; errno keeps it */
};

/* The resolve flags that every path from others is opened with. */
#define SAFE_RESOLVE (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

/* What a negated errno of the I/O table means for a path. */
int safe_open_outcome(int error);

/* A regular file. Looked at before it is opened, for opening a FIFO or a device would already do something. `stat` is
 * of the open descriptor. flags: O_RDONLY, O_NOATIME … */
int safe_open_regular(const struct files *f, int root, const char *path, uint64_t flags, int *ret_fd,
		      struct stat *ret_stat) MUST_CHECK;
/* A directory, readable (so that it can be synced and listed); path "" is the root itself. */
int safe_open_directory(const struct files *f, int root, const char *path, int *ret_fd) MUST_CHECK;
/* The directory of path, and the last name in it (which points into path). */
int safe_open_parent(const struct files *f, int root, const char *path, int *ret_fd, const char **ret_name) MUST_CHECK;
/* One name in a directory: not empty, no slash, neither "." nor "..", at most 255 bytes. */
bool safe_name(const char *name);

#endif
