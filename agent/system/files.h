/*
 * The I/O table: every file operation of sealer, keeper and journal, so that
 * tests can make each one fail, be cut short or be the last before a kill.
 * The operations are the system calls of the same meaning. They answer what
 * the call answers, or a negated errno that nobody has reported yet: the caller
 * decides whether it is an outcome or a fault. Descriptors are close-on-exec.
 */
#ifndef SYSTEM_FILES_H
#define SYSTEM_FILES_H

#include "base/bytes.h"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/types.h>

struct acl;

/* The first argument is the table itself, so that a wrapping table can keep its state around it (container_of). */
struct files {
	int (*open)(const struct files *f, int dir, const char *path, const struct open_how *how); /* openat2 */
	int (*close)(const struct files *f, int fd);
	ssize_t (*read)(const struct files *f, int fd, void *at, size_t n);
	ssize_t (*pread)(const struct files *f, int fd, void *at, size_t n, uint64_t offset);
	ssize_t (*write)(const struct files *f, int fd, const void *at, size_t n);
	ssize_t (*pwrite)(const struct files *f, int fd, const void *at, size_t n, uint64_t offset);
	ssize_t (*copy)(const struct files *f, int from, uint64_t from_at, int to, uint64_t to_at, size_t n);
	ssize_t (*entries)(const struct files *f, int dir, void *at, size_t n); /* getdents64 */
	int (*stat)(const struct files *f, int fd, struct stat *ret);
	int (*stat_at)(const struct files *f, int dir, const char *name, struct stat *ret); /* follows no link */
	int (*reserve)(const struct files *f, int fd, uint64_t n);			    /* fallocate from 0 */
	int (*reserve_beyond)(const struct files *f, int fd, uint64_t n); /* the same without making the file longer */
	int (*truncate)(const struct files *f, int fd, uint64_t n);
	int (*set_mode)(const struct files *f, int fd, mode_t mode);
	int (*get_acl)(const struct files *f, int fd, struct acl **ret); /* -ENODATA: none but the mode */
	int (*set_acl)(const struct files *f, int fd, const struct acl *acl);
	ssize_t (*list_attributes)(const struct files *f, int fd, char *names, size_t n);	       /* flistxattr */
	ssize_t (*get_attribute)(const struct files *f, int fd, const char *name, void *at, size_t n); /* fgetxattr */
	int (*lease)(const struct files *f, int fd, int kind); /* F_RDLCK, F_UNLCK; -1 asks: the kind held */
	int (*advise)(const struct files *f, int fd, uint64_t from, uint64_t n, int advice);
	int (*start_writing)(const struct files *f, int fd, uint64_t from, uint64_t n); /* no promise, see sync */
	int (*sync)(const struct files *f, int fd);					/* fsync */
	int (*sync_data)(const struct files *f, int fd);				/* fdatasync */
	int (*sync_all)(const struct files *f, int fd); /* syncfs: the file system fd is on */
	int (*make_dir)(const struct files *f, int dir, const char *name, mode_t mode);
	int (*link_fd)(const struct files *f, int fd, int dir,
		       const char *name); /* also of an O_TMPFILE; replaces nothing */
	int (*link)(const struct files *f, int from_dir, const char *from, int dir, const char *name);
	/* renameat2. flags: RENAME_NOREPLACE or RENAME_EXCHANGE, nothing else is done (-EINVAL): a rename never
	 * destroys. */
	int (*move)(const struct files *f, int from_dir, const char *from, int dir, const char *name, unsigned flags);
	int (*unlink)(const struct files *f, int dir, const char *name);
	int (*remove_dir)(const struct files *f, int dir, const char *name); /* only an empty one */
};

extern const struct files files_linux;

#define FILES_TRIES 1000

/* Whether a call that answered EINTR is to be made again: so many times, and no longer. A file system that never gives
 * anything else (FUSE may) would keep a role busy for ever. tries: 0 before the first call. */
bool files_again(int result, unsigned *tries) MUST_CHECK;
/* All n bytes, over short answers and EINTR. 0, or a negated errno; reading past the end answers -ENODATA. */
int files_pread_all(const struct files *f, int fd, void *at, size_t n, uint64_t offset) MUST_CHECK;
int files_pwrite_all(const struct files *f, int fd, const void *at, size_t n, uint64_t offset) MUST_CHECK;
int files_write_all(const struct files *f, int fd, const void *at, size_t n) MUST_CHECK;
/* Appends the whole rest of fd; -EFBIG above max. */
int files_read_rest(const struct files *f, int fd, size_t max, struct buffer *ret) MUST_CHECK;
/* A name in dir whose content appears whole or not at all: temporary, sync, link, sync of dir. -EEXIST: replaces
 * nothing. dir may be an O_PATH descriptor. */
int files_create_whole(const struct files *f, int dir, const char *name, mode_t mode, struct bytes content) MUST_CHECK;

#endif
