/*
 * inotify. The kernel's queue is emptied into ours before anything is done
 * about an event: a full queue costs events, a long one of ours only time.
 */
#include "watcher/watcher.h"

#include "watcher/ignore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define READ_BYTES    ((size_t)64 << 10)
#define DRAINED_MAX   ((size_t)32 << 20) /* beyond it the kernel's own bound decides: overflow, rescan */
#define KEEP_BYTES    (2 * READ_BYTES)
#define EVENTS_A_STEP 256

static int drain(struct watcher *w)
{
	if (w->drained_at == w->drained.n) {
		if (w->drained.room > KEEP_BYTES)
			buffer_done(&w->drained);
		buffer_clear(&w->drained);
		w->drained_at = 0;
	}
	while (w->drained.n < DRAINED_MAX) {
		uint8_t *room = buffer_reserve(&w->drained, READ_BYTES);
		ssize_t n;

		TRY(buffer_check(&w->drained));
		n = read(w->inotify_fd, room, READ_BYTES);
		if (n > 0)
			w->drained.n += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			return 0;
		else if (n == 0 || errno != EINTR)
			return FAULT(n ? errno : EIO, "read file events");
	}
	return 0;
}

static int on_events(struct loop_source *source, uint32_t events)
{
	struct watcher *w = container_of(source, struct watcher, events);

	(void)events;
	TRY(drain(w));
	return watcher_work(w);
}

int events_open(struct watcher *w)
{
	w->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->inotify_fd < 0)
		return FAULT(errno, "inotify_init1");
	return loop_watch(&w->role->loop, &w->events, w->inotify_fd, EPOLLIN, on_events);
}

/* Something that must still be there if it is to be announced: a name may be gone again already. */
static int file_heard(struct dir *d, const char *name)
{
	char path[TREE_PATH_MAX];
	OWN_FD int fd = -1;
	struct statx s;
	struct watched_file file = {.dir = d, .name = name, .stat = &s};
	bool first = true;

	if (!tree_path(d, name, path))
		return root_lose(d->root, LOSS_READ, "a path is too long");
	fd = watcher_open(d->root, path, O_PATH);
	if (fd < 0)
		return root_lose_by_errno(d->root, errno, path);
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &s) != 0 || S_ISDIR(s.stx_mode))
		return 0; /* a directory has an event of its own */
	if (S_ISREG(s.stx_mode) && !watcher_is_ours(&file))
		TRY(pending_touch(d, name, &first));
	return first ? announce_seen(&file, SEEN_CHANGED) : 0;
}

static bool is_there(struct dir *d, const char *name)
{
	char path[TREE_PATH_MAX];
	OWN_FD int fd = tree_path(d, name, path) ? watcher_open(d->root, path, O_PATH) : -1;

	return fd >= 0;
}

/* An exchange says of both its names that they went (and came): whoever has a name now is heard, not mourned. */
static int file_gone(struct dir *d, const char *name)
{
	pending_forget(d, name);
	if (is_there(d, name))
		return file_heard(d, name);
	return announce_vanished(d, name, false);
}

static int directory_heard(struct dir *d, const char *name)
{
	struct watcher *w = d->root->watcher;
	struct dir *child = tree_child(&w->tree, d, name);

	/* Met by a listing before its event; or it replaced an old one, whose end came first. Listing again is cheap.
	 */
	if (!child)
		TRY(tree_add(&w->tree, d->root, d, name, &child));
	return scan_directory(child);
}

static int directory_gone(struct dir *d, const char *name)
{
	struct dir *child = tree_child(&d->root->watcher->tree, d, name);

	if (child)
		scan_drop(d->root->watcher, child);
	return announce_vanished(d, name, true);
}

/* Events of a directory itself, without a name. Below the root its parent's events say the same. */
static int own_event(struct dir *d, uint32_t mask)
{
	if (mask & IN_IGNORED)
		tree_clear_wd(&d->root->watcher->tree, d);
	if (mask & IN_UNMOUNT || (!d->parent && mask & (IN_DELETE_SELF | IN_MOVE_SELF)))
		return root_check(d->root);
	return 0;
}

static const struct {
	uint32_t mask;
	bool directory;
	int (*handle)(struct dir *d, const char *name);
} event_table[] = {
    {IN_DELETE | IN_MOVED_FROM, true, directory_gone},
    {IN_DELETE | IN_MOVED_FROM, false, file_gone},
    {IN_CREATE | IN_MOVED_TO, true, directory_heard},
    {IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE, false, file_heard},
};

static int handle(struct watcher *w, const struct inotify_event *e)
{
	bool directory = e->mask & IN_ISDIR;
	struct dir *d;

	if (e->mask & IN_Q_OVERFLOW) {
		for (size_t i = 0; i < w->n_roots; i++)
			TRY(root_lose(&w->roots[i], LOSS_OVERFLOW, "the kernel dropped file events"));
		return 0;
	}
	for (size_t i = 0; i < w->n_roots; i++)
		if (w->roots[i].parent_wd == e->wd && directory)
			TRY(root_check(&w->roots[i]));
	d = tree_by_wd(&w->tree, e->wd);
	if (!d)
		return 0; /* of a directory that was dropped meanwhile */
	d->mtime_ns = -1;
	d->suspect = false;
	if (!e->len)
		return own_event(d, e->mask);
	if (ignore_name(e->name, directory))
		return 0;
	for (size_t i = 0; i < array_n(event_table); i++)
		if (event_table[i].directory == directory && event_table[i].mask & e->mask)
			return event_table[i].handle(d, e->name);
	return 0;
}

int events_step(struct watcher *w, bool *ret_more)
{
	TRY(drain(w));
	w->turn++;
	for (size_t i = 0; i < EVENTS_A_STEP && w->drained_at < w->drained.n; i++) {
		/* The kernel aligns events; ours begin where a read began. */
		const struct inotify_event *e = (const void *)(w->drained.at + w->drained_at);

		w->drained_at += sizeof(*e) + e->len;
		TRY(handle(w, e));
	}
	*ret_more = w->drained_at < w->drained.n;
	return 0;
}
