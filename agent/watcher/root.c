/*
 * Roots: found, lost and found again. Every loss of sight is a state that is
 * told once, shown until it is over, and followed by rescans at growing
 * intervals until one of them sees everything.
 */
#include "watcher/watcher.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#define RETRY_FIRST_MS 200
#define RETRY_LAST_MS  300000

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

enum cure { CURE_RESCAN, CURE_TIMER, CURE_OPEN, CURE_NONE };

/* cure: what can end it: a rescan soon, the rescan that is due anyway, finding the root, nothing. */
static const struct {
	const char *code;
	enum cure cure;
	bool incomplete; /* a rescan with it did not see every file */
} losses[LOSS_COUNT] = {
    [LOSS_OVERFLOW] = {"queue-overflow", CURE_RESCAN, true},
    [LOSS_WATCHES] = {"watch-limit", CURE_TIMER, false},
    [LOSS_DESCRIPTORS] = {"descriptor-limit", CURE_RESCAN, true},
    [LOSS_READ] = {"read-error", CURE_TIMER, true},
    [LOSS_MISSING] = {"root-missing", CURE_OPEN, true},
    [LOSS_SILENT] = {"silent-watcher", CURE_RESCAN, false},
    [LOSS_NESTED] = {"nested-mount", CURE_TIMER, false},
    [LOSS_POLLED] = {"polled", CURE_NONE, false},
    [LOSS_LEASE] = {"no-lease", CURE_NONE, false},
    [LOSS_FANOTIFY] = {"no-fanotify", CURE_NONE, false},
};

/* File systems where local inotify sees every change. Others are polled. */
static const unsigned long watchable[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
					  F2FS_SUPER_MAGIC, TMPFS_MAGIC,     OVERLAYFS_SUPER_MAGIC};

static int tell(struct watched_root *root, enum loss loss, bool degraded, const char *detail)
{
	struct channel *registrar = role_peer(root->watcher->role, ROLE_REGISTRAR, -1);

	if (!registrar)
		return 0;
	return CHANNEL_SEND(registrar, watch_state, -1, .root = root->id, .degraded = degraded,
			    .code = losses[loss].code, .detail = detail);
}

static uint64_t retry_ms(const struct watched_root *root)
{
	uint32_t shift = root->tries < 16 ? root->tries : 16;
	uint64_t ms = (uint64_t)RETRY_FIRST_MS << shift;

	return ms < RETRY_LAST_MS ? ms : RETRY_LAST_MS;
}

int root_lose(struct watched_root *root, enum loss loss, const char *detail)
{
	unsigned bit = 1u << loss;
	bool news = !(root->lost & bit);

	root->lost |= bit;
	root->lost_in_pass |= bit;
	if (losses[loss].cure == CURE_RESCAN && !root->in_pass)
		TRY(root_soon(root, retry_ms(root)));
	if (losses[loss].cure == CURE_TIMER && !root->in_pass)
		TRY(root_soon(root, root->watcher->settings.poll_ms));
	if (!news)
		return 0;
	TRY(tell(root, loss, true, detail));
	return role_degraded(root->watcher->role, losses[loss].code, detail);
}

int root_lose_by_errno(struct watched_root *root, int error, const char *path)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case ESTALE:
	case ENXIO:
		return 0; /* gone, or another kind of file by now: its own event says so */
	case EXDEV:
		return root_lose(root, LOSS_NESTED, path);
	case EMFILE:
	case ENFILE:
		return root_lose(root, LOSS_DESCRIPTORS, path);
	default:
		return root_lose(root, LOSS_READ, path);
	}
}

static int regain(struct watched_root *root, enum loss loss)
{
	struct watcher *w = root->watcher;
	unsigned bit = 1u << loss;

	if (!(root->lost & bit))
		return 0;
	root->lost &= ~bit;
	TRY(tell(root, loss, false, ""));
	for (size_t i = 0; i < w->n_roots; i++)
		if (w->roots[i].lost & bit)
			return 0;
	return role_recovered(w->role, losses[loss].code);
}

int root_tell(struct watched_root *root)
{
	for (enum loss loss = 0; loss < LOSS_COUNT; loss++)
		if (root->lost & 1u << loss)
			TRY(tell(root, loss, true, root->path));
	return 0;
}

int root_tell_back_end(struct watched_root *root)
{
	struct channel *registrar = role_peer(root->watcher->role, ROLE_REGISTRAR, -1);
	const struct back_end *by = events_by(root->dir);
	const char *reason = by == &back_end_fanotify ? "" : fanotify_reason(root);

	if (reason[0] && root->watcher->settings.fanotify)
		TRY(root_lose(root, LOSS_FANOTIFY, reason));
	if (!registrar)
		return 0;
	return CHANNEL_SEND(registrar, watched_by, -1, .root = root->id, .by = by ? by->name : "", .reason = reason);
}

static int on_timer(struct loop_timer *timer)
{
	struct watched_root *root = container_of(timer, struct watched_root, timer);

	TRY(root_check(root));
	return scan_root(root, root->tries ? "retry" : "timer");
}

int root_soon(struct watched_root *root, uint64_t ms)
{
	if (root->timer.loop && root->timer.due_ms <= loop_now_ms() + ms)
		return 0;
	return loop_arm(&root->watcher->role->loop, &root->timer, ms, on_timer);
}

int root_pass_done(struct watched_root *root)
{
	const struct watch_settings *settings = &root->watcher->settings;
	const char *incomplete = "";
	bool retry = false;
	uint64_t ms;

	for (enum loss loss = 0; loss < LOSS_COUNT; loss++) {
		bool now = root->lost_in_pass & 1u << loss;

		if (now && losses[loss].incomplete)
			incomplete = losses[loss].code;
		retry |= now && losses[loss].cure == CURE_RESCAN;
		if (!now && (losses[loss].cure == CURE_RESCAN || losses[loss].cure == CURE_TIMER))
			TRY(regain(root, loss));
	}
	root->tries = retry ? root->tries + 1 : 0;
	ms = root->lost & (1u << LOSS_POLLED | 1u << LOSS_WATCHES) ? settings->poll_ms : settings->rescan_ms;
	TRY(announce_scan(root, true, incomplete));
	return loop_arm(&root->watcher->role->loop, &root->timer, retry ? retry_ms(root) : ms, on_timer);
}

static bool is_watchable(int fd)
{
	struct statfs s;

	if (fstatfs(fd, &s) != 0)
		return false;
	for (size_t i = 0; i < array_n(watchable); i++)
		if (watchable[i] == (unsigned long)s.f_type)
			return true;
	return false;
}

static int missing(struct watched_root *root, int error)
{
	root->tries++;
	TRY(loop_arm(&root->watcher->role->loop, &root->timer, retry_ms(root), on_timer));
	return root_lose(root, LOSS_MISSING, strerror(error));
}

/* A directory that is removed while we hold it open says nothing itself. Adds to a watch that is there already. */
static void watch_parent(struct watched_root *root)
{
	OWN_MEM char *parent = text_copy(root->path);
	char *slash = parent ? strrchr(parent, '/') : NULL;

	if (!slash)
		return;
	slash[slash == parent] = 0;
	root->parent_wd = inotify_watch_parent(root->watcher, parent);
}

int root_try_open(struct watched_root *root)
{
	OWN_FD int fd = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat s;

	if (fd < 0 || fstat(fd, &s) < 0) {
		TRY(missing(root, errno));
		watch_parent(root);
		return 0;
	}
	watch_parent(root);
	root->dev = s.st_dev;
	root->ino = s.st_ino;
	TRY(tree_add(&root->watcher->tree, root, NULL, "", &root->dir));
	if (!is_watchable(fd))
		TRY(root_lose(root, LOSS_POLLED, "this file system does not tell of all changes"));
	root->fd = steal_fd(&fd);
	root->tries = 0;
	TRY(regain(root, LOSS_MISSING));
	return scan_root(root, "found");
}

void root_close(struct watched_root *root)
{
	loop_disarm(&root->timer);
	if (root->dir)
		scan_drop(root->watcher, root->dir);
	root->dir = NULL;
	root->in_pass = false;
	close_fd(&root->fd);
}

int root_check(struct watched_root *root)
{
	struct stat s;

	if (root->fd < 0)
		return root_try_open(root);
	if (stat(root->path, &s) == 0 && s.st_dev == root->dev && s.st_ino == root->ino)
		return 0;
	root_close(root);
	root->late = true;
	return root_try_open(root);
}
