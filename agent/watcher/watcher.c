/* What the role does with its life: configuration in, loops going, peers coming and going. */
#include "watcher/watcher.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SETTLE_MS  300
#define MOUNTS_MS  500 /* mounts come in groups */
#define RESCAN_S   900
#define LEFT_S	   900
#define POLL_S	   20 /* where events do not work */
#define OPEN_TRIES 4

struct watched_root *watcher_root(struct watcher *w, uint32_t id)
{
	for (size_t i = 0; i < w->n_roots; i++)
		if (w->roots[i].id == id)
			return &w->roots[i];
	return NULL;
}

static int open_beneath(int dir_fd, const char *path, int flags, const struct watched_root *root)
{
	struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY),
			       .resolve =
				   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
	int fd = -1;

	if (flags & O_PATH)
		how.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW;
	/* EAGAIN: something on the way was renamed meanwhile. */
	for (int i = 0; i < OPEN_TRIES && fd < 0; i++) {
		fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
		if (fd < 0 && errno == EXDEV && root && root->n_mounts)
			fd = mounts_open(root, path, &how);
		if (fd < 0 && errno != EAGAIN)
			break;
	}
	return fd;
}

int watcher_open(const struct watched_root *root, const char *path, int flags)
{
	return open_beneath(root->fd, path, flags, root);
}

void watcher_leave(struct watcher *w)
{
	close_fd(&w->near_fd);
	w->near = NULL;
}

static int enter(struct dir *d)
{
	struct watcher *w = d->root->watcher;
	char path[TREE_PATH_MAX];

	if (w->near == d)
		return 0;
	watcher_leave(w);
	if (!tree_path(d, "", path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	w->near_fd = watcher_open(d->root, path, O_PATH);
	if (w->near_fd < 0)
		return -1;
	w->near = d;
	return 0;
}

int watcher_look(struct dir *d, const char *name, struct statx *ret)
{
	if (enter(d) != 0 ||
	    statx(d->root->watcher->near_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, ret) != 0)
		return -1;
	if (!(ret->stx_attributes & ret->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return 0;
	errno = EXDEV;
	return -1;
}

int watcher_open_name(struct dir *d, const char *name, struct statx *ret)
{
	OWN_FD int fd = -1;

	if (watcher_look(d, name, ret) != 0)
		return -1;
	if (S_ISREG(ret->stx_mode)) {
		fd = open_beneath(d->root->watcher->near_fd, name, O_RDONLY | O_NONBLOCK, NULL);
		if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, ret) != 0)
			return -1;
	}
	if (fd < 0 || !S_ISREG(ret->stx_mode)) {
		errno = ESTALE;
		return -1;
	}
	return steal_fd(&fd);
}

int watcher_open_regular(const struct watched_root *root, const char *path, struct statx *ret)
{
	OWN_FD int found = watcher_open(root, path, O_PATH);
	OWN_FD int fd = -1;
	struct statx s;

	if (found < 0 || statx(found, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &s) != 0)
		return -1;
	if (S_ISREG(s.stx_mode)) {
		fd = watcher_open(root, path, O_RDONLY | O_NONBLOCK);
		if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, ret) != 0)
			return -1;
	}
	if (fd < 0 || !S_ISREG(ret->stx_mode)) {
		errno = ESTALE;
		return -1;
	}
	return steal_fd(&fd);
}

static int on_work(struct loop_timer *timer)
{
	struct watcher *w = container_of(timer, struct watcher, work);
	bool events, listings = false;

	TRY(events_step(w, &events));
	if (!events)
		TRY(scan_step(w, &listings));
	watcher_leave(w);
	return events || listings ? watcher_work(w) : 0;
}

int watcher_work(struct watcher *w)
{
	return w->work.loop ? 0 : loop_arm(&w->role->loop, &w->work, 0, on_work);
}

/* poll() itself tells the kernel that we know; nothing is read. */
static int on_mounts(struct loop_source *source, uint32_t events)
{
	struct watcher *w = container_of(source, struct watcher, mounts);

	(void)events;
	for (size_t i = 0; i < w->n_roots; i++)
		TRY(root_soon(&w->roots[i], root_patience(&w->roots[i], MOUNTS_MS)));
	return 0;
}

static uint32_t setting_ms(const struct role *role, const char *key, uint32_t unit_ms, uint32_t otherwise)
{
	uint64_t n = otherwise;

	(void)text_to_u64(role_setting(role, key, ""), UINT32_MAX / unit_ms, &n); /* absent: as it was */
	return (uint32_t)n * unit_ms;
}

static int prepare_roots(struct watcher *w)
{
	const struct role *role = w->role;

	w->roots = calloc(role->n_roots + 1, sizeof(*w->roots));
	if (!w->roots)
		return FAULT(ENOMEM, "remember the roots");
	w->n_roots = role->n_roots;
	for (size_t i = 0; i < w->n_roots; i++)
		w->roots[i] = (struct watched_root){
		    .watcher = w, .id = role->roots[i].id, .path = role->roots[i].path, .fd = -1, .parent_wd = -1};
	return 0;
}

/* Made with the first that the supervisor's child tells, which may come before anything else. */
static int make(struct role *role)
{
	struct watcher *w = role->own ? NULL : calloc(1, sizeof(*w));

	if (role->own)
		return 0;
	if (!w)
		return FAULT(ENOMEM, "begin to watch");
	*w = (struct watcher){.role = role, .inotify_fd = -1, .fanotify_fd = -1, .mounts_fd = -1, .near_fd = -1};
	role->own = w;
	return 0;
}

static int prepare_rules(struct watcher *w)
{
	const char *rule = NULL;

	w->rules.at = calloc(w->role->n_settings + 1, sizeof(*w->rules.at));
	if (!w->rules.at)
		return FAULT(ENOMEM, "remember what to ignore");
	while ((rule = role_setting_next(w->role, "ignore", rule)))
		w->rules.at[w->rules.n++] = rule;
	return 0;
}

static int prepare(struct role *role)
{
	struct watcher *w;

	TRY(make(role));
	w = role->own;
	w->settings = (struct watch_settings){.settle_ms = setting_ms(role, "settle_ms", 1, SETTLE_MS),
					      .rescan_ms = setting_ms(role, "rescan_s", 1000, RESCAN_S),
					      .poll_ms = setting_ms(role, "poll_s", 1000, POLL_S),
					      .left_s = setting_ms(role, "side_files_s", 1, LEFT_S),
					      .fanotify = text_equal(role_setting(role, "watch", ""), "fanotify")};
	/* A broken lease is told by a signal that would end us. */
	if (signal(SIGIO, SIG_IGN) == SIG_ERR)
		return FAULT(errno, "ignore SIGIO");
	if (getrandom(&w->tree.seed, sizeof(w->tree.seed), 0) != sizeof(w->tree.seed))
		return FAULT(errno, "getrandom");
	w->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (w->mounts_fd < 0)
		return FAULT(errno, "open /proc/self/mountinfo");
	TRY(prepare_roots(w));
	TRY(prepare_rules(w));
	TRY(examine_new(w));
	return events_open(w);
}

static int begin(struct role *role)
{
	struct watcher *w = role->own;

	TRY(loop_watch(&role->loop, &w->mounts, w->mounts_fd, EPOLLPRI, on_mounts));
	for (size_t i = 0; i < w->n_roots; i++)
		TRY(root_try_open(&w->roots[i]));
	return 0;
}

static void end(struct role *role)
{
	struct watcher *w = role->own;

	if (!w)
		return;
	for (size_t i = 0; i < w->n_roots; i++)
		root_free(&w->roots[i]);
	examine_free(w);
	loop_disarm(&w->work);
	events_close(w);
	loop_unwatch(&w->mounts);
	tree_done(&w->tree);
	table_done(&w->pending);
	watcher_leave(w);
	close_fd(&w->mounts_fd);
	free(w->roots);
	free(w->rules.at);
	free(w);
	role->own = NULL;
}

static int on_drained(struct channel *registrar)
{
	struct role *role = registrar->owner;

	return watcher_work(role->own);
}

static int peer_up(struct role *role, struct channel *peer)
{
	struct watcher *w = role->own;

	if (peer->peer_role == ROLE_INSPECTOR)
		return examine_inspector_up(w);
	peer->drained = on_drained;
	for (size_t i = 0; i < w->n_roots; i++) {
		TRY(root_tell(&w->roots[i]));
		TRY(scan_root(&w->roots[i], "registrar"));
	}
	return 0;
}

static int peer_down(struct role *role, enum role_id id, uint8_t index)
{
	struct watcher *w = role->own;

	if (id == ROLE_INSPECTOR)
		return examine_inspector_lost(w, index);
	/* What was not told is told by the rescan when it is back. */
	examine_registrar_lost(w);
	scan_stop(w);
	return 0;
}

static int on_examine(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	(void)from;
	(void)fd;
	return examine_want(role->own, &message->examine);
}

static int on_rescan(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	struct watched_root *root = watcher_root(role->own, message->rescan.root);

	(void)from;
	(void)fd;
	if (!root)
		return 0;
	root->is_told = root->is_told && !message->rescan.whole;
	return scan_root(root, "asked");
}

static int on_ask_alive(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	(void)role;
	(void)fd;
	return CHANNEL_SEND(from, alive, -1, .n = message->ask_alive.n);
}

static int on_inspected(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	(void)fd;
	return examine_inspected(role->own, from->peer_index, message->inspected.job);
}

static int on_marked(struct role *role, struct channel *from, const union frame_any *message, int *fd)
{
	(void)from;
	(void)fd;
	if (role->is_going)
		return 0; /* too late to be read */
	TRY(make(role));
	return fanotify_marked(role->own, &message->fs_mark);
}

static const struct role_row rows[] = {
    {ROLE_SUPERVISOR, &frame_type_fs_mark, on_marked},	   {ROLE_REGISTRAR, &frame_type_examine, on_examine},
    {ROLE_REGISTRAR, &frame_type_rescan, on_rescan},	   {ROLE_REGISTRAR, &frame_type_ask_alive, on_ask_alive},
    {ROLE_INSPECTOR, &frame_type_inspected, on_inspected},
};

const struct role_description watcher_description = {
    .id = ROLE_WATCHER,
    .rows = rows,
    .n_rows = array_n(rows),
    .prepare = prepare,
    .begin = begin,
    .peer_up = peer_up,
    .peer_down = peer_down,
    .end = end,
};
