/* Opening beneath a root; see the header for the attacks this is about. */
#include "system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

int safe_open_outcome(int error)
{
	errno = -error;
	switch (-error) {
	case ENOENT:
		return SAFE_OPEN_GONE;
	case ENOTDIR:
	case ELOOP:
	case EXDEV:
	case EISDIR:
	case ENAMETOOLONG:
	case ENXIO:
	case EINVAL:
		return SAFE_OPEN_REFUSED;
	case EACCES:
	case EPERM:
		return SAFE_OPEN_DENIED;
	default:
		return SAFE_OPEN_FAILED;
	}
}

static int open_beneath(const struct files *f, int root, const char *path, uint64_t flags)
{
	struct open_how how = {.flags = flags | O_NOFOLLOW | O_CLOEXEC, .resolve = SAFE_RESOLVE};
	unsigned tries = 0;
	int fd;

	/* EAGAIN: the kernel could not prove "beneath" because of a concurrent rename; or somebody holds a lease on the
	 * file, which lasts, so that asking for ever would be work for nothing. */
	do
		fd = f->open(f, root, path, &how);
	while (files_again(fd == -EAGAIN ? -EINTR : fd, &tries));
	return fd;
}

/* 0 or an outcome: that it could not be looked at says nothing about what it is. */
static int check_regular(const struct files *f, int fd, struct stat *ret)
{
	int r = f->stat(f, fd, ret);

	if (r < 0)
		return safe_open_outcome(r);
	return S_ISREG(ret->st_mode) ? 0 : SAFE_OPEN_REFUSED;
}

/* What a bare name is can be asked of the directory; a path is walked beneath the root. */
static int look(const struct files *f, int root, const char *path, struct stat *ret)
{
	int fd, r;

	if (safe_name(path)) {
		r = f->stat_at(f, root, path, ret);
		return r < 0 ? safe_open_outcome(r) : S_ISREG(ret->st_mode) ? 0 : SAFE_OPEN_REFUSED;
	}
	fd = open_beneath(f, root, path, O_PATH);
	if (fd < 0)
		return safe_open_outcome(fd);
	r = check_regular(f, fd, ret);
	(void)f->close(f, fd); /* nothing was written */
	return r;
}

int safe_open_regular(const struct files *f, int root, const char *path, uint64_t flags, int *ret_fd,
		      struct stat *ret_stat)
{
	struct stat before, now;
	int fd, r = look(f, root, path, &before);

	if (r != 0)
		return r;
	fd = open_beneath(f, root, path, flags | O_NONBLOCK | O_NOCTTY);
	if (fd == -EPERM && flags & O_NOATIME) /* neither owner nor CAP_FOWNER */
		fd = open_beneath(f, root, path, (flags & ~(uint64_t)O_NOATIME) | O_NONBLOCK | O_NOCTTY);
	if (fd == -EWOULDBLOCK)
		return SAFE_OPEN_DENIED;
	if (fd < 0)
		return safe_open_outcome(fd);
	r = check_regular(f, fd, &now);
	if (r != 0) {
		(void)f->close(f, fd); /* nothing was written */
		return r;
	}
	*ret_fd = fd;
	*ret_stat = now;
	return 0;
}

int safe_open_directory(const struct files *f, int root, const char *path, int *ret_fd)
{
	int fd = open_beneath(f, root, path[0] ? path : ".", O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return safe_open_outcome(fd);
	*ret_fd = fd;
	return 0;
}

bool safe_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

int safe_open_parent(const struct files *f, int root, const char *path, int *ret_fd, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX] = "";
	const char *name = slash ? slash + 1 : path;

	if (strlen(path) >= sizeof(directory) || !safe_name(name) || slash == path)
		return SAFE_OPEN_REFUSED;
	if (slash)
		memcpy(directory, path, (size_t)(slash - path));
	*ret_name = name;
	return safe_open_directory(f, root, directory, ret_fd);
}
