/*
 * What back ends heard. Their queues in the kernel are emptied into ours before
 * anything is done about an event: a full queue costs events, a long one of
 * ours only time. An event only says where to look: what counts is what is
 * there when we look, so events may be merged, late or out of order.
 */
#include "watcher/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>

#define HEARD_MAX     ((size_t)32 << 20) /* beyond it the kernel's own bound decides: overflow, rescan */
#define KEEP_BYTES    ((size_t)128 << 10)
#define EVENTS_A_STEP 256

/* An event in our queue. The directory may be gone when its turn comes: its key is kept, not its node. */
struct event {
	uint64_t key;
	uint32_t mask; /* IN_…, which FAN_… of the same meaning equal */
	uint16_t size; /* of all, to the next one */
	uint8_t by;
	char name[];
};

static const struct back_end *const back_ends[BY_COUNT] = {
    [BY_INOTIFY] = &back_end_inotify, [BY_FANOTIFY] = &back_end_fanotify};

const struct back_end *events_by(const struct dir *d)
{
	return d->key ? back_ends[d->by] : NULL;
}

/* Work */

int events_open(struct watcher *w)
{
	for (size_t i = 0; i < BY_COUNT; i++)
		TRY(back_ends[i]->open(w));
	return 0;
}

void events_close(struct watcher *w)
{
	for (size_t i = 0; i < BY_COUNT; i++)
		back_ends[i]->close(w);
	buffer_done(&w->heard);
}

bool events_have_room(const struct watcher *w)
{
	return w->heard.n < HEARD_MAX;
}

static bool is_of_parent(const struct watcher *w, const struct heard *e)
{
	for (size_t i = 0; e->by == BY_INOTIFY && i < w->n_roots; i++)
		if (w->roots[i].parent_wd >= 0 && (uint64_t)w->roots[i].parent_wd == e->key)
			return true;
	return false;
}

int events_push(struct watcher *w, const struct heard *e)
{
	size_t n = strlen(e->name) + 1;
	size_t size = (offsetof(struct event, name) + n + 7) & ~(size_t)7;
	struct event *to;

	/* Of a directory that we do not know. If it is one that is still to be listed, the listing comes after. */
	if (!(e->mask & IN_Q_OVERFLOW) && !tree_by_key(&w->tree, e->by, e->key) && !is_of_parent(w, e))
		return 0;
	to = (void *)buffer_reserve(&w->heard, size);
	TRY(buffer_check(&w->heard));
	*to = (struct event){.key = e->key, .mask = e->mask, .size = (uint16_t)size, .by = e->by};
	memcpy(to->name, e->name, n);
	w->heard.n += size;
	return 0;
}

static void forget_handled(struct watcher *w)
{
	if (w->heard_at != w->heard.n)
		return;
	if (w->heard.room > KEEP_BYTES)
		buffer_done(&w->heard);
	buffer_clear(&w->heard);
	w->heard_at = 0;
}

static int drain(struct watcher *w)
{
	forget_handled(w);
	for (size_t i = 0; i < BY_COUNT; i++)
		TRY(back_ends[i]->drain(w));
	return 0;
}

int events_arrived(struct watcher *w, const struct back_end *from)
{
	forget_handled(w);
	TRY(from->drain(w));
	/* Foreign ones are dropped by now: on a busy file system most turns end here. */
	return w->heard_at < w->heard.n ? watcher_work(w) : 0;
}

/* Knowing directories */

int events_know(struct dir *d, enum back_end_id by, uint64_t key)
{
	struct watcher *w = d->root->watcher;
	struct dir *other = tree_by_key(&w->tree, by, key);

	if (other == d)
		return 0;
	if (other) {
		/* The same directory is still known by its former name: the events that tell so are on their way. */
		tree_clear_key(&w->tree, other);
		TRY(root_soon(other->root, 0));
	}
	events_forget(d);
	return tree_set_key(&w->tree, d, by, key);
}

void events_forget(struct dir *d)
{
	struct watcher *w = d->root->watcher;
	const struct back_end *by = events_by(d);

	if (!by)
		return;
	by->drop(w, d);
	tree_clear_key(&w->tree, d);
}

int events_add(struct dir *d, int fd)
{
	int r = back_end_fanotify.add(d, fd);

	return r == BACK_END_CANNOT ? back_end_inotify.add(d, fd) : r;
}

/* Handling */

/* Something that must still be there if it is to be announced: a name may be gone again already. */
static int file_heard(struct dir *d, const char *name)
{
	struct statx s;
	struct watched_file file = {.dir = d, .name = name, .stat = &s};
	bool first = true;

	if (watcher_look(d, name, &s) != 0)
		return root_lose_by_errno(d, name, errno);
	if (S_ISDIR(s.stx_mode)) /* has an event of its own; but the file whose name it took is gone */
		return announce_vanished(d, name, false);
	if (S_ISREG(s.stx_mode) && !watcher_is_ours(&file))
		TRY(pending_touch(d, name, &first));
	return first ? announce_seen(&file, SEEN_CHANGED) : 0;
}

static bool is_there(struct dir *d, const char *name)
{
	struct statx s;

	return watcher_look(d, name, &s) == 0;
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
		tree_clear_key(&d->root->watcher->tree, d);
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
    {IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB, false, file_heard},
};

static int handle_name(struct dir *d, const char *name, uint32_t mask)
{
	bool directory = mask & IN_ISDIR;

	if (!directory) {
		d->print = 0;
		d->heard = true;
	}
	for (size_t i = 0; i < array_n(event_table); i++) {
		if (event_table[i].directory != directory || !(event_table[i].mask & mask))
			continue;
		TRY(event_table[i].handle(d, name));
		/* fanotify makes one of what happened to one name while we did not look, in whatever order it was. */
		if (!directory || !is_there(d, name))
			return 0;
	}
	return 0;
}

static int handle(struct watcher *w, const struct event *e)
{
	bool directory = e->mask & IN_ISDIR;
	struct dir *d;

	if (e->mask & IN_Q_OVERFLOW) {
		for (size_t i = 0; i < w->n_roots; i++)
			TRY(root_lose(&w->roots[i], LOSS_OVERFLOW, "the kernel dropped file events"));
		return 0;
	}
	for (size_t i = 0; directory && e->by == BY_INOTIFY && i < w->n_roots; i++)
		if (w->roots[i].parent_wd >= 0 && (uint64_t)w->roots[i].parent_wd == e->key)
			TRY(root_check(&w->roots[i]));
	d = tree_by_key(&w->tree, e->by, e->key);
	if (!d)
		return 0; /* of a directory that was dropped meanwhile */
	d->mtime_ns = -1;
	d->suspect = false;
	if (!e->name[0])
		return own_event(d, e->mask);
	if (ignore_name(&w->rules, e->name, directory))
		return 0;
	return handle_name(d, e->name, e->mask);
}

int events_step(struct watcher *w, bool *ret_more)
{
	TRY(drain(w));
	w->turn++;
	for (size_t i = 0; i < EVENTS_A_STEP && w->heard_at < w->heard.n; i++) {
		const struct event *e = (const void *)(w->heard.at + w->heard_at);

		w->heard_at += e->size;
		TRY(handle(w, e));
	}
	*ret_more = w->heard_at < w->heard.n;
	return 0;
}
