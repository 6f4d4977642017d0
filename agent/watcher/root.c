/*
 * Roots: found, lost and found again. Every loss of sight is a state that is
 * told once, shown until it is over, and followed by rescans at growing
 * intervals until one of them sees everything.
 */
#include "watcher/watcher.h"

#include "base/text.h"
#include "system/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#define RETRY_FIRST_MS 200
#define RETRY_LAST_MS  300000
#define CALM_MS	       60000 /* a loss within so long of the last one is the same trouble: the interval goes on growing */
#define SHARE	       20    /* one part in so many of the time may go into polling */
#define UNSEEN_MAX     64    /* said one by one in a rescan; beyond it nothing follows from silence */

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
    [LOSS_READ] = {"read-error", CURE_TIMER, false}, /* announce_unseen() says of what */
    [LOSS_MISSING] = {"root-missing", CURE_OPEN, true},
    [LOSS_SILENT] = {"silent-watcher", CURE_RESCAN, false},
    [LOSS_NESTED] = {"nested-mount", CURE_TIMER, false},
    [LOSS_POLLED] = {"polled", CURE_NONE, false},
    [LOSS_LEASE] = {"no-lease", CURE_NONE, false},
    [LOSS_FANOTIFY] = {"no-fanotify", CURE_NONE, false},
    [LOSS_PATH] = {"path-too-long", CURE_TIMER, false},
};

static int tell(struct watched_root *root, enum loss loss)
{
	struct channel *registrar = role_peer(root->watcher->role, ROLE_REGISTRAR, -1);
	struct lost *lost = &root->lost[loss];

	if (!registrar)
		return 0;
	lost->told = lost->count;
	return CHANNEL_SEND(registrar, watch_state, -1, .root = root->id, .degraded = lost->since_ms != 0,
			    .code = losses[loss].code, .detail = lost->detail ? lost->detail : "", .count = lost->count,
			    .age_s = lost->since_ms ? (loop_now_ms() - lost->since_ms) / 1000 : 0);
}

static uint64_t retry_ms(const struct watched_root *root)
{
	uint32_t shift = root->tries < 16 ? root->tries : 16;
	uint64_t ms = (uint64_t)RETRY_FIRST_MS << shift;

	return ms < RETRY_LAST_MS ? ms : RETRY_LAST_MS;
}

static int begin_loss(struct watched_root *root, enum loss loss, const char *detail)
{
	struct lost *lost = &root->lost[loss];

	free(lost->detail);
	*lost = (struct lost){.since_ms = loop_now_ms(), .count = 1, .detail = text_copy(detail)};
	if (!lost->detail)
		return FAULT(ENOMEM, "keep why sight is lost");
	return tell(root, loss);
}

int root_lose(struct watched_root *root, enum loss loss, const char *detail)
{
	struct lost *lost = &root->lost[loss];
	bool rescans = losses[loss].cure == CURE_RESCAN;

	root->lost_in_pass |= 1u << loss;
	if (rescans && !root->in_pass && loop_now_ms() - root->regained_ms > CALM_MS && !lost->since_ms)
		root->tries = 0;
	if (rescans && !root->in_pass)
		TRY(root_soon(root, retry_ms(root)));
	if (losses[loss].cure == CURE_TIMER && !root->in_pass)
		TRY(root_soon(root, root->watcher->settings.poll_ms));
	if (lost->since_ms)
		lost->count++; /* told at the end of the next rescan */
	else
		TRY(begin_loss(root, loss, detail));
	return role_degraded(root->watcher->role, losses[loss].code, lost->detail);
}

int root_lose_path(struct dir *dir)
{
	OWN_MEM char *detail =
	    text_format("paths of more than %d bytes, in the folder with inode %llu and maybe others",
			TREE_PATH_MAX - 1, (unsigned long long)dir->ino);

	return root_lose(dir->root, LOSS_PATH, detail ? detail : "");
}

static int lose_reading(struct dir *dir, const char *name, int error)
{
	struct watched_root *root = dir->root;
	OWN_MEM char *detail = text_format("%s, at %s the folder with inode %llu", strerror(error),
					   *name ? "a name in" : "", (unsigned long long)dir->ino);

	if (root->in_pass && root->unseen < UNSEEN_MAX) {
		root->unseen++;
		TRY(announce_unseen(dir, name));
	} else if (root->in_pass) {
		root->is_blind = true;
	}
	return root_lose(root, LOSS_READ, detail ? detail : "");
}

int root_lose_by_errno(struct dir *dir, const char *name, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case ESTALE:
	case ENXIO:
		return 0; /* gone, or another kind of file by now: its own event says so */
	case EXDEV:
		return mounts_shut(dir, name, "another file system was mounted here meanwhile");
	case EMFILE:
	case ENFILE:
		return root_lose(dir->root, LOSS_DESCRIPTORS, strerror(error));
	case ENAMETOOLONG:
		return root_lose_path(dir);
	default:
		return lose_reading(dir, name, error);
	}
}

int root_regain(struct watched_root *root, enum loss loss)
{
	struct watcher *w = root->watcher;
	struct lost *lost = &root->lost[loss];

	if (!lost->since_ms)
		return 0;
	lost->since_ms = 0;
	TRY(tell(root, loss));
	free(lost->detail);
	*lost = (struct lost){0};
	root->regained_ms = loop_now_ms();
	for (size_t i = 0; i < w->n_roots; i++)
		if (w->roots[i].lost[loss].since_ms)
			return 0;
	return role_recovered(w->role, losses[loss].code);
}

int root_tell(struct watched_root *root)
{
	for (enum loss loss = 0; loss < LOSS_COUNT; loss++)
		if (root->lost[loss].since_ms)
			TRY(tell(root, loss));
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

uint64_t root_patience(const struct watched_root *root, uint64_t ms)
{
	return root->took_ms * SHARE > ms ? root->took_ms * SHARE : ms;
}

int root_soon(struct watched_root *root, uint64_t ms)
{
	if (root->timer.loop && root->timer.due_ms <= loop_now_ms() + ms)
		return 0;
	return loop_arm(&root->watcher->role->loop, &root->timer, ms, on_timer);
}

/* What the rescan says of each way to lose sight. Still there: told once more if it came again meanwhile. */
static int settle_losses(struct watched_root *root, const char **ret_incomplete, bool *ret_retry)
{
	bool was_troubled = false;

	for (enum loss loss = 0; loss < LOSS_COUNT; loss++) {
		struct lost *lost = &root->lost[loss];
		bool now = root->lost_in_pass & 1u << loss;

		if (now && losses[loss].incomplete)
			*ret_incomplete = losses[loss].code;
		*ret_retry |= now && losses[loss].cure == CURE_RESCAN;
		was_troubled |= lost->since_ms && losses[loss].cure == CURE_RESCAN;
		if (!now && (losses[loss].cure == CURE_RESCAN || losses[loss].cure == CURE_TIMER))
			TRY(root_regain(root, loss));
		if (lost->since_ms && lost->count != lost->told)
			TRY(tell(root, loss));
	}
	root->tries += was_troubled; /* over, too: if it comes back soon, the next interval is longer */
	return 0;
}

int root_pass_done(struct watched_root *root)
{
	const struct watch_settings *settings = &root->watcher->settings;
	const char *incomplete = root->is_blind ? losses[LOSS_READ].code : "";
	bool retry = false;
	uint64_t ms;

	root->took_ms = loop_now_ms() - root->began_ms;
	TRY(mounts_settle(root));
	TRY(settle_losses(root, &incomplete, &retry));
	/* An empty one may be a disk that is not mounted: the registrar looks twice. */
	root->is_told = root->is_told && !*incomplete && root->unseen == 0 && root->files > 0;
	ms = settings->rescan_ms;
	if (root->lost[LOSS_POLLED].since_ms || root->lost[LOSS_WATCHES].since_ms)
		ms = root_patience(root, settings->poll_ms);
	if (root->whole)
		log_say(LOG_NOTICE,
			"scanned folder %u: %llu files in %llu folders, %llu names ignored, %llu of them by the site's "
			"rules",
			root->id, (unsigned long long)root->files, (unsigned long long)root->directories,
			(unsigned long long)root->ignored, (unsigned long long)root->by_site);
	TRY(announce_scan(root, SCAN_DONE, incomplete));
	return loop_arm(&root->watcher->role->loop, &root->timer, retry ? retry_ms(root) : ms, on_timer);
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
	const char *why;
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
	why = mounts_why_polled(fd);
	root->polled = why;
	if (why)
		TRY(root_lose(root, LOSS_POLLED, why));
	else
		TRY(root_regain(root, LOSS_POLLED));
	TRY(root_regain(root, LOSS_LEASE)); /* the next file says it again */
	root->fd = steal_fd(&fd);
	root->tries = 0;
	TRY(root_regain(root, LOSS_MISSING));
	return scan_root(root, "found");
}

void root_close(struct watched_root *root)
{
	loop_disarm(&root->timer);
	if (root->dir)
		scan_drop(root->watcher, root->dir);
	root->dir = NULL;
	root->in_pass = root->is_told = false;
	mounts_free(root);
	close_fd(&root->fd);
}

void root_free(struct watched_root *root)
{
	root_close(root);
	for (enum loss loss = 0; loss < LOSS_COUNT; loss++)
		free(root->lost[loss].detail);
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
