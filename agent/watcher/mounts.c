/*
 * File systems that are mounted inside a root. Each is a subtree of its own: it is entered where its mount was met,
 * polled where its events do not tell of all changes, and shown as long as it is there, because nothing can be sealed
 * in it. No descriptor is kept: it would keep people from unmounting.
 */
#include "watcher/watcher.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MOUNTS_MAX 32 /* in one root; what is more is a state like one that may not be entered */

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* File systems where local events tell of every change. Others are polled. */
static const unsigned long watchable[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
					  TMPFS_MAGIC};

const char *mounts_why_polled(int fd)
{
	struct statfs s;

	if (fstatfs(fd, &s) != 0)
		return "this file system does not say what it is";
	for (size_t i = 0; i < array_n(watchable); i++)
		if (watchable[i] == (unsigned long)s.f_type)
			return NULL;
	/* Taking a name there only hides it: the plaintext stays in the layer below, out of our reach. */
	if ((unsigned long)s.f_type == OVERLAYFS_SUPER_MAGIC)
		return "an overlay: it does not tell of all changes, and what is sealed stays in clear in the layers "
		       "beneath";
	return "this file system does not tell of all changes";
}

static bool is_trigger(int fd)
{
	struct statfs s;

	return fstatfs(fd, &s) == 0 && (unsigned long)s.f_type == AUTOFS_SUPER_MAGIC;
}

static int open_over(int at, const char *path, uint64_t flags)
{
	const struct open_how how = {.flags = flags | O_PATH | O_CLOEXEC | O_NOFOLLOW,
				     .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};

	return (int)syscall(SYS_openat2, at, path, &how, sizeof(how));
}

/* Of the innermost mount that the path lies in: what is below it; NULL: it lies in another one. */
static const char *below(const struct mount *mount, const char *path)
{
	size_t n = strlen(mount->path);

	if (strncmp(path, mount->path, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path[n] ? path + n + 1 : ".";
}

int mounts_open(const struct watched_root *root, const char *path, const struct open_how *how)
{
	const struct mount *inner = NULL;
	OWN_FD int fd = -1;
	struct statx s;

	for (size_t i = 0; i < root->n_mounts; i++)
		if (below(&root->mounts[i], path) && (!inner || strlen(root->mounts[i].path) > strlen(inner->path)))
			inner = &root->mounts[i];
	errno = EXDEV;
	if (!inner)
		return -1;
	fd = open_over(root->fd, inner->path, O_DIRECTORY);
	/* Another one by now, or none: the rescan that follows every change of mounts finds it. */
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &s) != 0)
		return -1;
	if (makedev(s.stx_dev_major, s.stx_dev_minor) != inner->dev || s.stx_ino != inner->ino) {
		errno = EXDEV;
		return -1;
	}
	return (int)syscall(SYS_openat2, fd, below(inner, path), how, sizeof(*how));
}

static struct mount *find(struct watched_root *root, const char *path)
{
	for (size_t i = 0; i < root->n_mounts; i++)
		if (strcmp(root->mounts[i].path, path) == 0)
			return &root->mounts[i];
	return NULL;
}

/* One directory under two names would be one watch for two: the second name is not followed. */
static bool is_elsewhere(const struct watcher *w, const struct mount *here, uint64_t dev)
{
	for (size_t i = 0; i < w->n_roots; i++) {
		const struct watched_root *root = &w->roots[i];

		if (root->fd >= 0 && root->dev == dev)
			return true;
		for (size_t k = 0; k < root->n_mounts; k++)
			if (&root->mounts[k] != here && root->mounts[k].dev == dev)
				return true;
	}
	return false;
}

static int add(struct watched_root *root, const char *path, struct mount **ret)
{
	struct mount *at = reallocarray(root->mounts, root->n_mounts + 1, sizeof(*at));

	if (!at)
		return FAULT(ENOMEM, "remember a mount");
	root->mounts = at;
	at[root->n_mounts] = (struct mount){.path = text_copy(path)};
	if (!at[root->n_mounts].path)
		return FAULT(ENOMEM, "remember a mount");
	*ret = &at[root->n_mounts++];
	return 0;
}

static int say(struct watched_root *root, enum loss loss, const char *path, const char *what)
{
	OWN_MEM char *safe = text_escape(bytes_of_text(path));
	OWN_MEM char *detail = text_format("%s: %s", safe ? safe : "", what);

	return root_lose(root, loss, detail ? detail : what);
}

int mounts_shut(struct dir *parent, const char *name, const char *why)
{
	char path[TREE_PATH_MAX];

	if (!tree_path(parent, name, path))
		return root_lose_path(parent);
	TRY(announce_unseen(parent, name));
	return say(parent->root, LOSS_NESTED, path, why);
}

int mounts_met(struct dir *parent, const char *name, int at)
{
	struct watched_root *root = parent->root;
	OWN_FD int fd = open_over(at, name, 0);
	char path[TREE_PATH_MAX];
	struct mount *mount;
	const char *why;
	struct statx s;
	uint64_t dev;

	if (!tree_path(parent, name, path))
		return root_lose_path(parent);
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &s) != 0)
		return mounts_shut(parent, name, strerror(errno));
	if (is_trigger(fd))
		return mounts_shut(parent, name, "mounted on demand: not entered");
	dev = makedev(s.stx_dev_major, s.stx_dev_minor);
	mount = find(root, path);
	if (is_elsewhere(root->watcher, mount, dev))
		return mounts_shut(parent, name, "this file system is watched under another name: not entered");
	if (!mount && root->n_mounts == MOUNTS_MAX)
		return mounts_shut(parent, name, "too many mounts in one folder: not entered");
	if (!mount)
		TRY(add(root, path, &mount));
	mount->dev = dev;
	mount->ino = s.stx_ino;
	mount->pass = root->pass;
	why = mounts_why_polled(fd);
	mount->polled = why;
	TRY(say(root, LOSS_NESTED, path, "another file system: its files are seen, and cannot be sealed there"));
	if (why)
		TRY(say(root, LOSS_POLLED, path, why));
	return MOUNT_ENTER;
}

bool mounts_polled(const struct watched_root *root, uint64_t dev)
{
	for (size_t i = 0; i < root->n_mounts; i++)
		if (root->mounts[i].dev == dev)
			return root->mounts[i].polled;
	return root->polled;
}

int mounts_settle(struct watched_root *root)
{
	bool polled = root->polled, is_less = false;

	for (size_t i = 0; i < root->n_mounts; i++) {
		struct mount *mount = &root->mounts[i];

		if (mount->pass != root->pass) {
			is_less = true;
			free(mount->path);
			*mount = root->mounts[--root->n_mounts];
			i--;
			continue;
		}
		polled |= mount->polled;
	}
	if (polled)
		return 0;
	TRY(root_regain(root, LOSS_POLLED));
	/* Where it still is so, the next file says it again. */
	return is_less ? root_regain(root, LOSS_LEASE) : 0;
}

void mounts_free(struct watched_root *root)
{
	while (root->n_mounts)
		free(root->mounts[--root->n_mounts].path);
	free(root->mounts);
	root->mounts = NULL;
}
