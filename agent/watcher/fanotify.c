/*
 * The second back end: one mark for a whole file system, made by the supervisor's child before it became this process
 * (supervisor/marks.c). An event names its directory by a handle; the directories beneath our roots are known by a
 * seeded hash of theirs, and what is not known is not ours and ends here. Nothing is opened by handle.
 */
#include "watcher/watcher.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <unistd.h>

#define READ_BYTES ((size_t)16 << 10)
/* With the largest handle and name there are. */
#define EVENT_BYTES_MAX                                                                                                \
	(sizeof(struct fanotify_event_metadata) + sizeof(struct fanotify_event_info_fid) +                             \
	 sizeof(struct file_handle) + MAX_HANDLE_SZ + NAME_MAX + 1 + 8)
#define HANDLE_FID     0x200 /* AT_HANDLE_FID, newer than Debian 12's headers */
#define SAME(fan, ino) static_assert((fan) == (ino), "one mask for both back ends")

SAME(FAN_ATTRIB, IN_ATTRIB);
SAME(FAN_CLOSE_WRITE, IN_CLOSE_WRITE);
SAME(FAN_MOVED_FROM, IN_MOVED_FROM);
SAME(FAN_MOVED_TO, IN_MOVED_TO);
SAME(FAN_CREATE, IN_CREATE);
SAME(FAN_DELETE, IN_DELETE);
SAME(FAN_Q_OVERFLOW, IN_Q_OVERFLOW);
SAME(FAN_ONDIR, IN_ISDIR);

static int on_events(struct loop_source *source, uint32_t events)
{
	(void)events;
	return events_arrived(container_of(source, struct watcher, fanotify), &back_end_fanotify);
}

static int fanotify_open(struct watcher *w)
{
	w->fanotify_fd = steal_fd(&w->role->resources[RESOURCE_FILE_EVENTS]);
	if (w->fanotify_fd < 0)
		return 0;
	return loop_watch(&w->role->loop, &w->fanotify, w->fanotify_fd, EPOLLIN, on_events);
}

static void fanotify_close(struct watcher *w)
{
	loop_unwatch(&w->fanotify);
	close_fd(&w->fanotify_fd);
	for (size_t i = 0; i < w->n_marks; i++)
		free(w->marks[i].reason);
	free(w->marks);
}

int fanotify_marked(struct watcher *w, const struct frame_fs_mark *m)
{
	struct mark *at = reallocarray(w->marks, w->n_marks + 1, sizeof(*at));

	if (!at)
		return FAULT(ENOMEM, "keep a mark");
	w->marks = at;
	at += w->n_marks;
	*at = (struct mark){.root = m->root, .dev = m->dev, .fsid = m->fsid, .reason = text_copy(m->reason)};
	if (!at->reason)
		return FAULT(ENOMEM, "keep a mark");
	w->n_marks++;
	return 0;
}

const char *fanotify_reason(const struct watched_root *root)
{
	const struct watcher *w = root->watcher;

	for (size_t i = 0; i < w->n_marks; i++)
		if (w->marks[i].root == root->id && w->marks[i].reason[0])
			return w->marks[i].reason;
	return root->late ? "the folder came after the watcher had begun" : "its directories have no handles";
}

/* A directory of another device is on another file system, or in a part of this one that has an identity of its own. */
static const struct mark *mark_of(const struct watcher *w, const struct dir *d)
{
	for (size_t i = 0; i < w->n_marks; i++)
		if (w->marks[i].dev == d->dev && !w->marks[i].reason[0])
			return &w->marks[i];
	return NULL;
}

/* Of a seed that nobody else knows: which directories fall together cannot be chosen. */
static uint64_t key_of(const struct watcher *w, uint64_t fsid, const struct file_handle *handle)
{
	uint64_t key = table_hash(w->tree.seed, fsid ^ (uint64_t)handle->handle_type << 32,
				  bytes_of(handle->f_handle, handle->handle_bytes));

	return key ? key : 1;
}

static int handle_of(int fd, struct file_handle *handle)
{
	static const int ways[] = {AT_EMPTY_PATH, AT_EMPTY_PATH | HANDLE_FID};
	int mount;

	for (size_t i = 0; i < array_n(ways); i++) {
		handle->handle_bytes = MAX_HANDLE_SZ;
		if (name_to_handle_at(fd, "", handle, &mount, ways[i]) == 0)
			return 0;
	}
	return -1;
}

static int fanotify_add(struct dir *d, int fd)
{
	union {
		struct file_handle handle;
		uint8_t room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} of;
	struct watcher *w = d->root->watcher;
	const struct mark *mark = d->root->late || w->fanotify_fd < 0 ? NULL : mark_of(w, d);

	if (!mark || handle_of(fd, &of.handle) != 0)
		return BACK_END_CANNOT;
	return events_know(d, BY_FANOTIFY, key_of(w, mark->fsid, &of.handle));
}

static void fanotify_drop(struct watcher *w, const struct dir *d)
{
	(void)w;
	(void)d; /* its events end at the table of what is known */
}

/* One record that follows an event. Names that are no names of ours or too short to be any end here. */
static int take_name(struct watcher *w, uint64_t mask, struct bytes record)
{
	const struct fanotify_event_info_fid *info = (const void *)record.at;
	const struct file_handle *handle;
	const char *name;
	size_t left;
	uint64_t fsid;

	if (record.n < sizeof(*info) + sizeof(*handle) || info->hdr.info_type != FAN_EVENT_INFO_TYPE_DFID_NAME)
		return 0;
	handle = (const void *)info->handle;
	left = record.n - sizeof(*info) - sizeof(*handle);
	if (handle->handle_bytes >= left)
		return 0;
	name = (const char *)handle->f_handle + handle->handle_bytes;
	if (!memchr(name, 0, left - handle->handle_bytes))
		return 0;
	memcpy(&fsid, &info->fsid, sizeof(fsid));
	return events_push(w, &(struct heard){.by = BY_FANOTIFY,
					      .key = key_of(w, fsid, handle),
					      .mask = (uint32_t)mask,
					      .name = strcmp(name, ".") == 0 ? "" : name});
}

static int take_event(struct watcher *w, const struct fanotify_event_metadata *e)
{
	const uint8_t *at = (const uint8_t *)e + e->metadata_len, *end = (const uint8_t *)e + e->event_len;

	if (e->vers != FANOTIFY_METADATA_VERSION)
		return FAULT(EPROTO, "file events of version %u", e->vers);
	if (e->mask & FAN_Q_OVERFLOW)
		return events_push(w, &(struct heard){.by = BY_FANOTIFY, .mask = IN_Q_OVERFLOW, .name = ""});
	while ((size_t)(end - at) >= sizeof(struct fanotify_event_info_header)) {
		const struct fanotify_event_info_header *info = (const void *)at;

		if (info->len < sizeof(*info) || info->len > end - at)
			return FAULT(EPROTO, "a file event of a wrong length");
		TRY(take_name(w, e->mask, bytes_of(at, info->len)));
		at += info->len;
	}
	return 0;
}

static int take(struct watcher *w, const char *raw, ssize_t n)
{
	const struct fanotify_event_metadata *e = (const void *)raw;

	for (; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n))
		TRY(take_event(w, e));
	return 0;
}

static int fanotify_drain(struct watcher *w)
{
	_Alignas(struct fanotify_event_metadata) char raw[READ_BYTES];

	while (w->fanotify_fd >= 0 && events_have_room(w)) {
		ssize_t n = read(w->fanotify_fd, raw, sizeof(raw));

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n == 0 || (n < 0 && errno != EINTR))
			return FAULT(n ? errno : EIO, "read file events");
		if (n < 0)
			continue;
		TRY(take(w, raw, n));
		if ((size_t)n + EVENT_BYTES_MAX <= sizeof(raw))
			return 0; /* one more would have had room: that was all */
	}
	return 0;
}

const struct back_end back_end_fanotify = {
    .name = "fanotify",
    .open = fanotify_open,
    .close = fanotify_close,
    .add = fanotify_add,
    .drop = fanotify_drop,
    .drain = fanotify_drain,
};
