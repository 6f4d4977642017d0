/* The real I/O table: thin wrappers of system calls, nothing is decided here. */
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define RAW(call)                                                                                                      \
	({                                                                                                             \
		__typeof__(call) raw_ = (call);                                                                        \
		raw_ < 0 ? -errno : raw_;                                                                              \
	})

static int linux_open(const struct files *f, int dir, const char *path, const struct open_how *how)
{
	struct open_how closing = *how;

	(void)f;
	closing.flags |= O_CLOEXEC;
	return (int)RAW(syscall(SYS_openat2, dir, path, &closing, sizeof(closing)));
}

static int linux_close(const struct files *f, int fd)
{
	(void)f;
	return RAW(close(fd));
}

static ssize_t linux_read(const struct files *f, int fd, void *at, size_t n)
{
	(void)f;
	return RAW(read(fd, at, n));
}

static ssize_t linux_pread(const struct files *f, int fd, void *at, size_t n, uint64_t offset)
{
	(void)f;
	return RAW(pread(fd, at, n, (off_t)offset));
}

static ssize_t linux_write(const struct files *f, int fd, const void *at, size_t n)
{
	(void)f;
	return RAW(write(fd, at, n));
}

static ssize_t linux_pwrite(const struct files *f, int fd, const void *at, size_t n, uint64_t offset)
{
	(void)f;
	return RAW(pwrite(fd, at, n, (off_t)offset));
}

static ssize_t linux_copy(const struct files *f, int from, uint64_t from_at, int to, uint64_t to_at, size_t n)
{
	off_t in = (off_t)from_at, out = (off_t)to_at;

	(void)f;
	return RAW(copy_file_range(from, &in, to, &out, n, 0));
}

static ssize_t linux_entries(const struct files *f, int dir, void *at, size_t n)
{
	(void)f;
	return (ssize_t)RAW(syscall(SYS_getdents64, dir, at, n));
}

static int linux_stat(const struct files *f, int fd, struct stat *ret)
{
	(void)f;
	return RAW(fstat(fd, ret));
}

static int linux_stat_at(const struct files *f, int dir, const char *name, struct stat *ret)
{
	(void)f;
	return RAW(fstatat(dir, name, ret, AT_SYMLINK_NOFOLLOW));
}

static int linux_reserve(const struct files *f, int fd, uint64_t n)
{
	(void)f;
	return RAW(fallocate(fd, 0, 0, (off_t)n));
}

static int linux_reserve_beyond(const struct files *f, int fd, uint64_t n)
{
	(void)f;
	return RAW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)n));
}

static int linux_truncate(const struct files *f, int fd, uint64_t n)
{
	(void)f;
	return RAW(ftruncate(fd, (off_t)n));
}

static int linux_set_mode(const struct files *f, int fd, mode_t mode)
{
	(void)f;
	return RAW(fchmod(fd, mode));
}

/* See acl_equip(). */
static int no_get_acl(const struct files *f, int fd, struct acl **ret)
{
	(void)f;
	(void)fd;
	(void)ret;
	return -EOPNOTSUPP;
}

static int no_set_acl(const struct files *f, int fd, const struct acl *acl)
{
	(void)f;
	(void)fd;
	(void)acl;
	return -EOPNOTSUPP;
}

static ssize_t linux_list_attributes(const struct files *f, int fd, char *names, size_t n)
{
	ssize_t got = flistxattr(fd, names, n);

	(void)f;
	return got < 0 ? -errno : got;
}

static ssize_t linux_get_attribute(const struct files *f, int fd, const char *name, void *at, size_t n)
{
	ssize_t got = fgetxattr(fd, name, at, n);

	(void)f;
	return got < 0 ? -errno : got;
}

static int linux_lease(const struct files *f, int fd, int kind)
{
	(void)f;
	return kind == -1 ? RAW(fcntl(fd, F_GETLEASE)) : RAW(fcntl(fd, F_SETLEASE, kind));
}

static int linux_advise(const struct files *f, int fd, uint64_t from, uint64_t n, int advice)
{
	(void)f;
	return -posix_fadvise(fd, (off_t)from, (off_t)n, advice);
}

static int linux_start_writing(const struct files *f, int fd, uint64_t from, uint64_t n)
{
	(void)f;
	return RAW(sync_file_range(fd, (off_t)from, (off_t)n, SYNC_FILE_RANGE_WRITE));
}

static int linux_sync(const struct files *f, int fd)
{
	(void)f;
	return RAW(fsync(fd));
}

static int linux_sync_data(const struct files *f, int fd)
{
	(void)f;
	return RAW(fdatasync(fd));
}

static int linux_sync_all(const struct files *f, int fd)
{
	(void)f;
	return RAW(syncfs(fd));
}

static int linux_make_dir(const struct files *f, int dir, const char *name, mode_t mode)
{
	(void)f;
	return RAW(mkdirat(dir, name, mode));
}

/* AT_EMPTY_PATH wants CAP_DAC_READ_SEARCH before Linux 6.10, which no writing role has (ENOENT then): through /proc, at
 * the price of a look-up there. */
static int linux_link_fd(const struct files *f, int fd, int dir, const char *name)
{
	char from[32];
	int r = RAW(linkat(fd, "", dir, name, AT_EMPTY_PATH));

	(void)f;
	if (r != -ENOENT)
		return r;
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	return RAW(linkat(AT_FDCWD, from, dir, name, AT_SYMLINK_FOLLOW));
}

static int linux_link(const struct files *f, int from_dir, const char *from, int dir, const char *name)
{
	(void)f;
	return RAW(linkat(from_dir, from, dir, name, 0));
}

static int linux_move(const struct files *f, int from_dir, const char *from, int dir, const char *name, unsigned flags)
{
	(void)f;
	if (flags != RENAME_NOREPLACE && flags != RENAME_EXCHANGE)
		return -EINVAL;
	return RAW(renameat2(from_dir, from, dir, name, flags));
}

static int linux_unlink(const struct files *f, int dir, const char *name)
{
	(void)f;
	return RAW(unlinkat(dir, name, 0));
}

static int linux_remove_dir(const struct files *f, int dir, const char *name)
{
	(void)f;
	return RAW(unlinkat(dir, name, AT_REMOVEDIR));
}

const struct files files_linux = {
    .open = linux_open,
    .close = linux_close,
    .read = linux_read,
    .pread = linux_pread,
    .write = linux_write,
    .pwrite = linux_pwrite,
    .copy = linux_copy,
    .entries = linux_entries,
    .stat = linux_stat,
    .stat_at = linux_stat_at,
    .reserve = linux_reserve,
    .reserve_beyond = linux_reserve_beyond,
    .truncate = linux_truncate,
    .set_mode = linux_set_mode,
    .get_acl = no_get_acl,
    .set_acl = no_set_acl,
    .list_attributes = linux_list_attributes,
    .get_attribute = linux_get_attribute,
    .lease = linux_lease,
    .advise = linux_advise,
    .start_writing = linux_start_writing,
    .sync = linux_sync,
    .sync_data = linux_sync_data,
    .sync_all = linux_sync_all,
    .make_dir = linux_make_dir,
    .link_fd = linux_link_fd,
    .link = linux_link,
    .move = linux_move,
    .unlink = linux_unlink,
    .remove_dir = linux_remove_dir,
};

bool files_again(int result, unsigned *tries)
{
	return result == -EINTR && ++*tries < FILES_TRIES;
}

int files_pread_all(const struct files *f, int fd, void *at, size_t n, uint64_t offset)
{
	unsigned tries = 0;

	for (size_t done = 0; done < n;) {
		ssize_t got = f->pread(f, fd, (uint8_t *)at + done, n - done, offset + done);

		if (files_again((int)got, &tries))
			continue;
		if (got <= 0)
			return got < 0 ? (int)got : -ENODATA;
		done += (size_t)got;
		tries = 0;
	}
	return 0;
}

int files_pwrite_all(const struct files *f, int fd, const void *at, size_t n, uint64_t offset)
{
	unsigned tries = 0;

	for (size_t done = 0; done < n;) {
		ssize_t put = f->pwrite(f, fd, (const uint8_t *)at + done, n - done, offset + done);

		if (files_again((int)put, &tries))
			continue;
		if (put <= 0)
			return put < 0 ? (int)put : -EIO;
		done += (size_t)put;
		tries = 0;
	}
	return 0;
}

int files_write_all(const struct files *f, int fd, const void *at, size_t n)
{
	unsigned tries = 0;

	for (size_t done = 0; done < n;) {
		ssize_t put = f->write(f, fd, (const uint8_t *)at + done, n - done);

		if (files_again((int)put, &tries))
			continue;
		if (put <= 0)
			return put < 0 ? (int)put : -EIO;
		done += (size_t)put;
		tries = 0;
	}
	return 0;
}

int files_read_rest(const struct files *f, int fd, size_t max, struct buffer *ret)
{
	size_t before = ret->n;
	unsigned tries = 0;

	for (;;) {
		uint8_t *room = buffer_reserve(ret, 4096);
		ssize_t got;

		if (!room)
			return -ENOMEM;
		got = f->read(f, fd, room, 4096);
		if (files_again((int)got, &tries))
			continue;
		if (got <= 0)
			return (int)got;
		ret->n += (size_t)got;
		tries = 0;
		if (ret->n - before > max)
			return -EFBIG;
	}
}

static int write_synced(const struct files *f, int fd, mode_t mode, struct bytes content)
{
	int r = files_write_all(f, fd, content.at, content.n);

	if (r == 0)
		r = f->set_mode(f, fd, mode); /* the umask had its say at open */
	return r == 0 ? f->sync(f, fd) : r;
}

int files_create_whole(const struct files *f, int dir, const char *name, mode_t mode, struct bytes content)
{
	struct open_how here = {.flags = O_RDONLY | O_DIRECTORY};
	struct open_how temporary = {.flags = O_TMPFILE | O_WRONLY, .mode = 0600};
	int parent = f->open(f, dir, ".", &here), fd, r;

	if (parent < 0)
		return parent;
	r = fd = f->open(f, parent, ".", &temporary);
	if (fd >= 0) {
		r = write_synced(f, fd, mode, content);
		if (r == 0)
			r = f->link_fd(f, fd, parent, name);
		if (r == 0)
			r = f->sync(f, parent);
		(void)f->close(f, fd); /* synced before */
	}
	(void)f->close(f, parent); /* nothing was written through it */
	return r;
}
