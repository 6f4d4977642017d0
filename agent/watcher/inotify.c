/* The first back end: one inotify watch for each directory. Its key is the watch descriptor. */
#include "watcher/watcher.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define READ_BYTES ((size_t)16 << 10)
#define WATCH_MASK                                                                                                     \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |        \
	 IN_ONLYDIR | IN_EXCL_UNLINK)
#define PARENT_MASK (IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR | IN_MASK_ADD)

static int on_events(struct loop_source *source, uint32_t events)
{
	(void)events;
	return events_arrived(container_of(source, struct watcher, inotify), &back_end_inotify);
}

static int inotify_open(struct watcher *w)
{
	w->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->inotify_fd < 0)
		return FAULT(errno, "inotify_init1");
	return loop_watch(&w->role->loop, &w->inotify, w->inotify_fd, EPOLLIN, on_events);
}

static void inotify_close(struct watcher *w)
{
	loop_unwatch(&w->inotify);
	close_fd(&w->inotify_fd);
}

static int inotify_add(struct dir *d, int fd)
{
	char path[32];
	int wd;

	/* The descriptor, not the name: a name could lead elsewhere by now. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	wd = inotify_add_watch(d->root->watcher->inotify_fd, path, WATCH_MASK);
	if (wd < 0)
		return root_lose(d->root, LOSS_WATCHES,
				 errno == ENOSPC ? "no watch is left: raise fs.inotify.max_user_watches"
						 : strerror(errno));
	return events_know(d, BY_INOTIFY, (uint64_t)wd);
}

static void inotify_drop(struct watcher *w, const struct dir *d)
{
	(void)inotify_rm_watch(w->inotify_fd, (int)d->key); /* gone with the directory: fine too */
}

int inotify_watch_parent(struct watcher *w, const char *path)
{
	return inotify_add_watch(w->inotify_fd, path, PARENT_MASK);
}

static int take(struct watcher *w, const char *raw, size_t n)
{
	size_t at = 0;

	while (at < n) {
		const struct inotify_event *e = (const void *)(raw + at);

		at += sizeof(*e) + e->len;
		TRY(events_push(w, &(struct heard){.by = BY_INOTIFY,
						   .key = e->wd < 0 ? 0 : (uint64_t)e->wd,
						   .mask = e->mask,
						   .name = e->len ? e->name : ""}));
	}
	return 0;
}

static int inotify_drain(struct watcher *w)
{
	_Alignas(struct inotify_event) char raw[READ_BYTES];

	while (events_have_room(w)) {
		ssize_t n = read(w->inotify_fd, raw, sizeof(raw));

		if (n > 0)
			TRY(take(w, raw, (size_t)n));
		else if (n < 0 && errno == EAGAIN)
			return 0;
		else if (n == 0 || errno != EINTR)
			return FAULT(n ? errno : EIO, "read file events");
	}
	return 0;
}

const struct back_end back_end_inotify = {
    .name = "inotify",
    .open = inotify_open,
    .close = inotify_close,
    .add = inotify_add,
    .drop = inotify_drop,
    .drain = inotify_drain,
};
