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
	int fd;

	do /* EAGAIN: the kernel could not prove "beneath" because of a concurrent rename */
		fd = f->open(f, root, path, &how);
	while (fd == -EINTR || fd == -EAGAIN);
	return fd;
}

static bool is_regular(const struct files *f, int fd, struct stat *ret)
{
	return f->stat(f, fd, ret) == 0 && S_ISREG(ret->st_mode);
}

/* What a bare name is can be asked of the directory; a path is walked beneath the root. */
static int look(const struct files *f, int root, const char *path, struct stat *ret)
{
	bool regular;
	int fd;

	if (safe_name(path)) {
		int r = f->stat_at(f, root, path, ret);

		return r < 0 ? safe_open_outcome(r) : S_ISREG(ret->st_mode) ? 0 : SAFE_OPEN_REFUSED;
	}
	fd = open_beneath(f, root, path, O_PATH);
	if (fd < 0)
		return safe_open_outcome(fd);
	regular = is_regular(f, fd, ret);
	(void)f->close(f, fd); /* nothing was written */
	return regular ? 0 : SAFE_OPEN_REFUSED;
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
	if (!is_regular(f, fd, &now)) {
		(void)f->close(f, fd); /* nothing was written */
		return SAFE_OPEN_REFUSED;
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
