/*
 * Listing: watch first, then list, then what lies beneath, so that nothing
 * appears between the two unseen. One directory is open at a time, a step
 * lists some of its entries, and a registrar that falls behind pauses it all.
 *
 * Of a directory that was announced a print is kept, over all that was said of
 * its files; while it stays the same there is nothing to say. Every event in
 * the directory, and every doubt, takes it away.
 */
#include "watcher/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define ENTRIES_A_STEP 512
#define RECENT_S       10 /* changed so lately: somebody may still write */
#define PROGRESS_MS    500

static void enroll(struct dir *d)
{
	if (!d->root->in_pass || d->in_pass)
		return;
	d->in_pass = true;
	d->pass = d->root->pass;
	d->root->left_in_pass++;
}

static void leave_pass(struct dir *d)
{
	if (d->in_pass)
		d->root->left_in_pass--;
	d->in_pass = false;
}

static void queue(struct dir *d)
{
	struct watcher *w = d->root->watcher;

	if (d->todo_link)
		return;
	d->todo_next = w->todo;
	d->todo_link = &w->todo;
	if (d->todo_next)
		d->todo_next->todo_link = &d->todo_next;
	w->todo = d;
}

static void unqueue(struct dir *d)
{
	if (!d->todo_link)
		return;
	*d->todo_link = d->todo_next;
	if (d->todo_next)
		d->todo_next->todo_link = d->todo_link;
	d->todo_link = NULL;
}

static void close_listing(struct watcher *w)
{
	if (w->stream)
		(void)closedir(w->stream); /* only read from */
	w->stream = NULL;
	w->listing = NULL;
}

int scan_root(struct watched_root *root, const char *reason)
{
	if (root->fd < 0 || !role_peer(root->watcher->role, ROLE_REGISTRAR, -1))
		return 0;
	if (root->in_pass) {
		root->again = true;
		return 0;
	}
	root->pass++;
	root->in_pass = true;
	root->again = false;
	root->files = root->directories = root->ignored = root->by_site = 0;
	root->lost_in_pass = root->unseen = 0;
	root->is_blind = false;
	root->told_ms = root->began_ms = loop_now_ms();
	root->whole = !root->is_told;
	root->is_told = true; /* if this one sees everything */
	TRY(announce_scan(root, SCAN_BEGINS, reason));
	enroll(root->dir);
	queue(root->dir);
	return watcher_work(root->watcher);
}

int scan_directory(struct dir *dir)
{
	dir->fresh = true;
	dir->pass = dir->root->pass;
	enroll(dir);
	queue(dir);
	return watcher_work(dir->root->watcher);
}

void scan_stop(struct watcher *w)
{
	close_listing(w);
	while (w->todo)
		unqueue(w->todo);
	for (struct table_entry **b = w->tree.by_name.buckets; b < w->tree.by_name.buckets + w->tree.by_name.n_buckets;
	     b++)
		for (struct table_entry *e = *b; e; e = e->next)
			leave_pass(container_of(e, struct dir, by_name));
	for (size_t i = 0; i < w->n_roots; i++)
		w->roots[i].in_pass = w->roots[i].is_told = false;
}

static void drop_one(struct watcher *w, struct dir *d)
{
	pending_forget(d, NULL);
	events_forget(d);
	if (w->listing == d)
		close_listing(w);
	if (w->near == d)
		watcher_leave(w);
	unqueue(d);
	leave_pass(d);
	tree_drop(&w->tree, d);
}

void scan_drop(struct watcher *w, struct dir *dir)
{
	for (;;) {
		struct dir *leaf = dir;

		while (leaf->first_child)
			leaf = leaf->first_child;
		drop_one(w, leaf);
		if (leaf == dir)
			return;
	}
}

static int64_t mtime_of(const struct stat *s)
{
	return (int64_t)s->st_mtim.tv_sec * 1000000000 + s->st_mtim.tv_nsec;
}

/* From its first entry: either all is announced, or it is only compared with what was. */
static int start_over(struct watcher *w, bool comparing)
{
	w->comparing = comparing;
	w->has_unseen = w->is_blind = false;
	w->print = w->names = 0;
	w->n_listed = w->n_ignored = w->n_by_site = 0;
	return comparing ? 0 : announce_folder(w->listing, false);
}

static int begin(struct watcher *w, struct dir *d)
{
	char path[TREE_PATH_MAX];
	struct stat s;
	OWN_FD int fd = -1;
	bool was_watched;
	int error;

	if (!tree_path(d, "", path))
		return root_lose_path(d->parent ? d->parent : d);
	fd = watcher_open(d->root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &s) < 0) {
		error = errno;
		if (error == EACCES && !d->parent && d->root->late) {
			/* The sealers were locked in with the old one too. */
			TRY(CHANNEL_SEND(&w->role->control, want, -1, .role = ROLE_SEALER));
			return FAULT(ESTALE, "the root %s is another directory now: the sandbox must be made anew",
				     d->root->path);
		}
		return root_lose_by_errno(d, "", error);
	}
	d->dev = s.st_dev;
	d->ino = s.st_ino;
	was_watched = events_by(d);
	TRY(events_add(d, fd));
	if (!d->parent)
		TRY(root_tell_back_end(d->root));
	/* Something changed here since we last looked, and no event said so, unless it is still on its way. */
	d->suspect = was_watched && !d->fresh && d->mtime_ns >= 0 && d->mtime_ns != mtime_of(&s) &&
		     !mounts_polled(d->root, d->dev);
	d->mtime_ns = mtime_of(&s);
	w->stream = fdopendir(fd);
	if (!w->stream)
		return FAULT(errno, "list a directory");
	(void)steal_fd(&fd);
	w->listing = d;
	d->heard = false;
	return start_over(w, d->print != 0 && !d->root->whole);
}

/* What a rescan did not meet any more. is_gone: indeed; else nobody could look, and that is all that is known. */
static int drop_missing(struct watcher *w, struct dir *d, bool is_gone)
{
	struct dir *next;

	for (struct dir *child = d->first_child; child; child = next) {
		next = child->next;
		if (child->pass == d->root->pass)
			continue;
		if (is_gone)
			TRY(announce_vanished(d, child->name, true));
		scan_drop(w, child);
	}
	return 0;
}

static int tell_progress(struct watched_root *root)
{
	if (loop_now_ms() - root->told_ms < PROGRESS_MS)
		return 0;
	root->told_ms = loop_now_ms();
	return announce_scan(root, SCAN_GOES_ON, "");
}

/* is_listed: to its end. */
static int finish(struct watcher *w, struct dir *d, bool is_listed)
{
	struct watched_root *root = d->root;
	bool counts = d->in_pass;

	if (w->listing == d) {
		root->directories += counts;
		/* Its time alone may have been set by hand, which gives no event. */
		d->suspect = d->suspect && is_listed && d->names != w->names;
		d->names = w->names;
		root->ignored += counts ? w->n_ignored : 0;
		root->by_site += counts ? w->n_by_site : 0;
	}
	root->files += counts && is_listed ? w->n_listed : 0;
	close_listing(w);
	if (is_listed && !w->comparing && !w->is_blind)
		TRY(announce_folder(d, true));
	d->print = is_listed && !w->has_unseen && !d->heard ? w->print : 0;
	if (counts)
		TRY(drop_missing(w, d, is_listed && !w->has_unseen));
	d->fresh = false;
	leave_pass(d);
	return counts ? tell_progress(root) : 0;
}

/* Over all that announce_seen() says, whatever the order of the files. */
static uint64_t print_of(const struct watcher *w, const char *name, const struct statx *s)
{
	const uint64_t said[] = {s->stx_ino,
				 s->stx_size,
				 (uint64_t)s->stx_dev_major << 32 | s->stx_dev_minor,
				 (uint64_t)s->stx_mtime.tv_sec << 30 ^ s->stx_mtime.tv_nsec,
				 (uint64_t)s->stx_ctime.tv_sec << 30 ^ s->stx_ctime.tv_nsec,
				 (uint64_t)s->stx_uid << 32 | s->stx_mode,
				 s->stx_nlink};

	return table_hash(w->tree.seed, table_hash(w->tree.seed, 0, bytes_of_text(name)), bytes_of(said, sizeof(said)));
}

static int listing_fails(struct watcher *w, struct dir *d, int error)
{
	TRY(root_lose_by_errno(d, "", error));
	return finish(w, d, false);
}

/* Opened anew: rewinddir() needs a call that this role may not make, and would not say that it failed. */
static int list_again(struct watcher *w, struct dir *d)
{
	OWN_FD int fd = openat(dirfd(w->stream), ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream)
		return listing_fails(w, d, errno);
	(void)steal_fd(&fd);
	(void)closedir(w->stream); /* only read from */
	w->stream = stream;
	return start_over(w, false);
}

static int listed(struct watcher *w, struct dir *d)
{
	w->print += w->print == 0; /* of an empty one: there is a print */
	if (!w->comparing || w->print == d->print)
		return finish(w, d, true);
	return list_again(w, d);
}

/* A name that is there and cannot be looked at. Where that is not said of it, nothing follows from the listing. */
static int name_unseen(struct watcher *w, const char *name, int error)
{
	uint32_t said = w->listing->root->unseen;

	TRY(root_lose_by_errno(w->listing, name, error));
	w->has_unseen |= error != ENOENT;
	w->is_blind |= error != ENOENT && said == w->listing->root->unseen;
	return 0;
}

static bool is_root(const struct watcher *w, const struct statx *s)
{
	for (size_t i = 0; i < w->n_roots; i++)
		if (w->roots[i].fd >= 0 && w->roots[i].ino == s->stx_ino &&
		    w->roots[i].dev == makedev(s->stx_dev_major, s->stx_dev_minor))
			return true;
	return false;
}

static int directory_met(struct watcher *w, struct dir *d, const char *name, const struct statx *s)
{
	struct dir *child = tree_child(&w->tree, d, name);
	bool known = child;

	if (s->stx_attributes & s->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) {
		int r = is_root(w, s) ? 0 : mounts_met(d, name, dirfd(w->stream));

		if (r != MOUNT_ENTER) {
			w->has_unseen = true;
			return r;
		}
	}
	if (!known)
		TRY(tree_add(&w->tree, d->root, d, name, &child));
	child->fresh |= !known && d->fresh;
	child->pass = d->root->pass;
	if (known && !d->in_pass)
		return 0;
	enroll(child);
	queue(child);
	return 0;
}

static int file_met(struct dir *d, const char *name, const struct statx *s)
{
	struct watched_file file = {.dir = d, .name = name, .stat = s};
	bool recent = time(NULL) - s->stx_ctime.tv_sec < RECENT_S;
	bool settles = S_ISREG(s->stx_mode) && !watcher_is_ours(&file);
	enum seen_event event = recent && d->fresh ? SEEN_CHANGED : SEEN_SCANNED;
	bool first;

	if (settles && recent && !pending_event(d, name))
		TRY(pending_touch(d, name, &first));
	if (settles && pending_event(d, name))
		event = pending_event(d, name);
	return announce_seen(&file, event);
}

/* A mount that somebody made for himself is known to be one, and nothing more of it. */
static int not_looked_at(struct watcher *w, const char *name, int error)
{
	const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
	struct statx s;

	if (statx(dirfd(w->stream), name, flags, 0, &s) == 0 &&
	    s.stx_attributes & s.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) {
		w->has_unseen = true;
		return mounts_shut(w->listing, name, strerror(error));
	}
	return name_unseen(w, name, error);
}

/* What holds a document's content and stays is a document. Its ctime, which nobody sets: a clock that was set back says
 * nothing about age. */
static bool is_left_behind(const struct watcher *w, const struct statx *s)
{
	int64_t age_s = (int64_t)time(NULL) - s->stx_ctime.tv_sec;

	return S_ISREG(s->stx_mode) && s->stx_size > 0 && (age_s < 0 ? -age_s : age_s) >= w->settings.left_s;
}

static bool pass_over(struct watcher *w, enum ignored why)
{
	w->n_ignored += why != IGNORED_NOT;
	w->n_by_site += why == IGNORED_BY_SITE;
	return why != IGNORED_NOT;
}

static int entry_met(struct watcher *w, const struct dirent *entry)
{
	const char *name = entry->d_name;
	bool is_known = entry->d_type != DT_UNKNOWN;
	enum ignored why = is_known ? ignore_name(&w->rules, name, entry->d_type == DT_DIR) : IGNORED_NOT;
	struct statx s;
	int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	w->names ^= table_hash(w->tree.seed, entry->d_ino, bytes_of_text(name));
	if (why != IGNORED_WHILE_NEW && pass_over(w, why))
		return 0;
	if (statx(dirfd(w->stream), name, flags, STATX_BASIC_STATS, &s) != 0)
		return not_looked_at(w, name, errno);
	if (!is_known)
		why = ignore_name(&w->rules, name, S_ISDIR(s.stx_mode));
	if (!(why == IGNORED_WHILE_NEW && is_left_behind(w, &s)) && pass_over(w, why))
		return 0;
	if (S_ISDIR(s.stx_mode))
		return directory_met(w, w->listing, name, &s);
	w->n_listed++;
	w->print += print_of(w, name, &s);
	return w->comparing ? 0 : file_met(w->listing, name, &s);
}

static int list(struct watcher *w)
{
	struct dir *d = w->listing;
	const struct dirent *entry = NULL;

	for (size_t i = 0; i < ENTRIES_A_STEP && w->stream; i++) {
		errno = 0;
		entry = readdir(w->stream);
		if (!entry) {
			return errno ? listing_fails(w, d, errno) : listed(w, d);
		}
		TRY(entry_met(w, entry));
	}
	return 0;
}

static bool is_suspect(const struct watched_root *root)
{
	const struct table *t = &root->watcher->tree.by_name;

	for (size_t i = 0; i < t->n_buckets; i++)
		for (struct table_entry *e = t->buckets[i]; e; e = e->next) {
			const struct dir *d = container_of(e, struct dir, by_name);

			if (d->root == root && d->suspect)
				return true;
		}
	return false;
}

/* A rescan ends a turn after its last listing, so that events on their way can clear a suspicion. */
static int end_passes(struct watcher *w)
{
	for (size_t i = 0; i < w->n_roots; i++) {
		struct watched_root *root = &w->roots[i];

		if (root->in_pass && root->left_in_pass == 0) {
			/* An overflow has said already that events are missing. */
			if (!root->lost[LOSS_OVERFLOW].since_ms && is_suspect(root))
				TRY(root_lose(root, LOSS_SILENT, "a directory changed and no event came"));
			root->in_pass = false;
			TRY(root_pass_done(root));
			if (root->again)
				TRY(scan_root(root, "again"));
		}
	}
	return 0;
}

int scan_step(struct watcher *w, bool *ret_more)
{
	struct dir *d;

	*ret_more = false;
	if (!watcher_can_announce(w))
		return 0; /* its `drained` or its return goes on */
	TRY(end_passes(w));
	if (!w->listing && w->todo) {
		d = w->todo;
		unqueue(d);
		TRY(begin(w, d));
		if (!w->listing)
			TRY(finish(w, d, false)); /* gone or unreadable */
	}
	if (w->listing)
		TRY(list(w));
	*ret_more = w->listing || w->todo;
	for (size_t i = 0; i < w->n_roots; i++)
		*ret_more |= w->roots[i].in_pass;
	return 0;
}
