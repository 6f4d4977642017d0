/* What the registrar is told. */
#include "watcher/watcher.h"

#include <sys/sysmacros.h>

#include "base/text.h"

#define BEHIND_BYTES ((size_t)1 << 20) /* a registrar with so much unread is given time */

bool watcher_can_announce(struct watcher *w)
{
	struct channel *registrar = role_peer(w->role, ROLE_REGISTRAR, -1);

	return registrar && channel_queued(registrar) < BEHIND_BYTES;
}

static enum seen_kind kind_of(const struct statx *s)
{
	switch (s->stx_mode & S_IFMT) {
	case S_IFREG:
		return SEEN_REGULAR;
	case S_IFLNK:
		return SEEN_SYMLINK;
	case S_IFIFO:
		return SEEN_FIFO;
	case S_IFSOCK:
		return SEEN_SOCKET;
	default:
		return SEEN_DEVICE;
	}
}

/* What the sealer owns is ours. Where one user holds all roles that says nothing: then the name must say it too. */
bool watcher_is_ours(const struct watched_file *file)
{
	const struct role *role = file->dir->root->watcher->role;

	return file->stat->stx_uid == role->sealer_uid && (!role->trial || text_ends(file->name, ".age"));
}

static uint64_t nanoseconds(const struct statx_timestamp *t)
{
	return t->tv_sec < 0 ? 0 : (uint64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

int announce_seen(const struct watched_file *file, enum seen_event event)
{
	struct role *role = file->dir->root->watcher->role;
	struct channel *registrar = role_peer(role, ROLE_REGISTRAR, -1);
	const struct statx *s = file->stat;
	char path[TREE_PATH_MAX];

	if (!registrar)
		return 0;
	if (!tree_path(file->dir, file->name, path))
		return root_lose_path(file->dir);
	return CHANNEL_SEND(registrar, seen, -1, .root = file->dir->root->id, .path = path,
			    .dev = makedev(s->stx_dev_major, s->stx_dev_minor), .ino = s->stx_ino,
			    .generation = file->generation, .size = s->stx_size, .mtime_ns = nanoseconds(&s->stx_mtime),
			    .ctime_ns = nanoseconds(&s->stx_ctime), .uid = s->stx_uid, .mode = s->stx_mode,
			    .nlink = s->stx_nlink, .event = (uint8_t)event, .kind = (uint8_t)kind_of(s),
			    .ours = watcher_is_ours(file));
}

int announce_vanished(const struct dir *dir, const char *name, bool directory)
{
	struct channel *registrar = role_peer(dir->root->watcher->role, ROLE_REGISTRAR, -1);
	char path[TREE_PATH_MAX + 1];
	size_t n;

	if (!registrar || !tree_path(dir, name, path))
		return 0;
	n = bytes_of_text(path).n;
	path[n] = directory ? '/' : 0;
	path[n + 1] = 0;
	return CHANNEL_SEND(registrar, vanished, -1, .root = dir->root->id, .path = path);
}

int announce_unseen(const struct dir *dir, const char *name)
{
	struct channel *registrar = role_peer(dir->root->watcher->role, ROLE_REGISTRAR, -1);
	char path[TREE_PATH_MAX];

	if (!registrar || !tree_path(dir, name, path))
		return 0;
	return CHANNEL_SEND(registrar, unseen, -1, .root = dir->root->id, .path = path);
}

int announce_folder(const struct dir *dir, bool done)
{
	struct channel *registrar = role_peer(dir->root->watcher->role, ROLE_REGISTRAR, -1);
	char path[TREE_PATH_MAX];

	if (!registrar || !tree_path(dir, "", path))
		return 0;
	return CHANNEL_SEND(registrar, folder, -1, .root = dir->root->id, .done = done,
			    .path = dir->parent ? path : "");
}

int announce_scan(const struct watched_root *root, enum scan_stage stage, const char *reason)
{
	struct channel *registrar = role_peer(root->watcher->role, ROLE_REGISTRAR, -1);

	if (!registrar)
		return 0;
	return CHANNEL_SEND(registrar, scan, -1, .root = root->id, .done = (uint8_t)stage, .files = root->files,
			    .directories = root->directories, .left = root->left_in_pass, .ignored = root->ignored,
			    .by_site = root->by_site, .dev = root->dev, .whole = root->whole, .reason = reason);
}
