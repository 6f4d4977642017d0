#include "registrar/api/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

uint64_t descriptor_dev(uint32_t major, uint32_t minor)
{
	return makedev(major, minor);
}

static bool is_sealed_memory(int fd)
{
	const int sealed = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & sealed) == sealed;
}

static enum descriptor_kind kind_of(int fd, const struct statx *sx)
{
	if (is_sealed_memory(fd))
		return DESCRIPTOR_MEMORY;
	if (S_ISREG(sx->stx_mode))
		return DESCRIPTOR_FILE;
	if (S_ISDIR(sx->stx_mode))
		return DESCRIPTOR_DIRECTORY;
	return S_ISFIFO(sx->stx_mode) ? DESCRIPTOR_PIPE : DESCRIPTOR_OTHER;
}

static bool is_home(uint64_t dev, const uint64_t *home, size_t n_home)
{
	for (size_t i = 0; i < n_home; i++)
		if (home[i] == dev)
			return true;
	return false;
}

/*
 * O_PATH descriptors and pipes have no flush. A file does its own file system's: trusted on a block device and on our
 * roots; a major of 0 may be anything that a user serves. Devices and sockets may linger at close.
 */
static bool is_closable(const struct descriptor *d, uint32_t major, const uint64_t *home, size_t n_home)
{
	if (d->is_path || d->kind == DESCRIPTOR_PIPE || d->kind == DESCRIPTOR_MEMORY)
		return true;
	return d->kind != DESCRIPTOR_OTHER && (major != 0 || is_home(d->dev, home, n_home));
}

bool descriptor_look(int fd, const uint64_t *home, size_t n_home, struct descriptor *ret)
{
	const unsigned want = STATX_TYPE | STATX_MODE | STATX_INO | STATX_SIZE | STATX_MTIME | STATX_UID;
	struct descriptor d = {0};
	struct statx sx = {0};
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, want, &sx) != 0)
		return false;
	d.is_path = (flags & O_PATH) != 0;
	d.is_writable = !d.is_path && (flags & O_ACCMODE) != O_RDONLY;
	d.kind = kind_of(fd, &sx);
	d.dev = descriptor_dev(sx.stx_dev_major, sx.stx_dev_minor);
	d.ino = sx.stx_ino;
	d.size = sx.stx_size;
	d.mtime_ns = (uint64_t)sx.stx_mtime.tv_sec * UINT64_C(1000000000) + sx.stx_mtime.tv_nsec;
	d.uid = sx.stx_uid;
	d.mode = sx.stx_mode & 07777;
	d.is_closable = is_closable(&d, sx.stx_dev_major, home, n_home);
	*ret = d;
	return true;
}
