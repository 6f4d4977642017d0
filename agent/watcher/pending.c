/*
 * Files that changed a moment ago. A file is settled when no event came for
 * the settle time and a read lease shows that nobody has it open for writing
 * (stores through mmap give no event, but need such an open). A writer that
 * stays is asked for again and again, and at every close.
 */
#include "watcher/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#define RETRY_FIRST_MS 1000
#define RETRY_LAST_MS  30000
#define MANY	       1024
#define QUIET_S	       2 /* where leases do not work: unchanged for so long */

struct pending {
	struct table_entry entry;
	struct loop_timer timer;
	struct pending *next, **link; /* of its directory */
	struct dir *dir;
	uint64_t turn; /* in which it was announced */
	uint32_t retry_ms;
	bool told_open;
	char name[];
};

static uint64_t hash_of(const struct dir *dir, const char *name)
{
	return table_hash(dir->root->watcher->tree.seed, (uintptr_t)dir, bytes_of_text(name));
}

static struct pending *find(const struct dir *dir, const char *name)
{
	const struct table *t = &dir->root->watcher->pending;
	uint64_t hash = hash_of(dir, name);

	for (struct table_entry *e = table_find(t, hash, NULL); e; e = table_find(t, hash, e)) {
		struct pending *p = container_of(e, struct pending, entry);

		if (p->dir == dir && strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

static void forget(struct pending *p)
{
	struct table *table = &p->dir->root->watcher->pending;

	loop_disarm(&p->timer);
	table_remove(table, &p->entry);
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	free(p);
	if (table->n == 0 && table->n_buckets > MANY) /* a burst is over */
		table_done(table);
}

void pending_forget(struct dir *dir, const char *name)
{
	if (name) {
		struct pending *p = find(dir, name);

		if (p)
			forget(p);
		return;
	}
	while (dir->pending)
		forget(dir->pending);
}

static int add(struct dir *dir, const char *name, struct pending **ret)
{
	size_t n = strlen(name) + 1;
	OWN_MEM struct pending *p = calloc(1, sizeof(*p) + n);

	if (!p)
		return FAULT(ENOMEM, "remember a changed file");
	memcpy(p->name, name, n);
	p->dir = dir;
	TRY(table_add(&dir->root->watcher->pending, &p->entry, hash_of(dir, name)));
	p->next = dir->pending;
	p->link = &dir->pending;
	if (p->next)
		p->next->link = &p->next;
	dir->pending = p;
	*ret = steal(&p);
	return 0;
}

enum writers { WRITERS_NONE, WRITERS_SOME, WRITERS_UNKNOWN };

/* Held for an instant: a writer that comes in between waits for that instant, and its close is an event. */
static enum writers writers_of(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return WRITERS_NONE; /* closing it, which is next, gives it back */
	return errno == EAGAIN || errno == EBUSY ? WRITERS_SOME : WRITERS_UNKNOWN;
}

static int again(struct pending *p, uint32_t ms);

static int settled(struct pending *p, const struct watched_file *file, enum seen_event event)
{
	TRY(announce_seen(file, event));
	if (event == SEEN_SETTLED)
		forget(p);
	return 0;
}

static bool is_quiet(const struct statx *s)
{
	return time(NULL) - s->stx_mtime.tv_sec >= QUIET_S && time(NULL) - s->stx_ctime.tv_sec >= QUIET_S;
}

static int check(struct pending *p, int fd, struct watched_file *file)
{
	enum writers writers = writers_of(fd);
	int version = 0;

	if (ioctl(fd, FS_IOC_GETVERSION, &version) == 0)
		file->generation = (uint32_t)version;
	if (writers == WRITERS_UNKNOWN) {
		TRY(root_lose(p->dir->root, LOSS_LEASE, "writers cannot be seen on this file system"));
		if (!is_quiet(file->stat))
			return again(p, RETRY_FIRST_MS);
	}
	if (writers != WRITERS_SOME)
		return settled(p, file, SEEN_SETTLED);
	if (!p->told_open)
		TRY(settled(p, file, SEEN_OPEN));
	p->told_open = true;
	p->retry_ms = p->retry_ms ? p->retry_ms * 2 : RETRY_FIRST_MS;
	if (p->retry_ms > RETRY_LAST_MS)
		p->retry_ms = RETRY_LAST_MS;
	return again(p, p->retry_ms);
}

/* We may know of it but not look: the name is all there is to wait for, and the registrar hears why later. */
static int denied(struct pending *p)
{
	struct statx s;

	if (watcher_look(p->dir, p->name, &s) != 0) {
		forget(p);
		return 0;
	}
	if (!is_quiet(&s))
		return again(p, RETRY_FIRST_MS);
	return settled(p, &(struct watched_file){.dir = p->dir, .name = p->name, .stat = &s}, SEEN_SETTLED);
}

static int on_due(struct loop_timer *timer)
{
	struct pending *p = container_of(timer, struct pending, timer);
	struct dir *dir = p->dir;
	OWN_FD int fd = -1;
	struct statx s;
	int error;

	TRY(watcher_work(dir->root->watcher)); /* which leaves the directory */
	fd = watcher_open_name(dir, p->name, &s);
	if (fd >= 0)
		return check(p, fd, &(struct watched_file){.dir = p->dir, .name = p->name, .stat = &s});
	error = errno;
	if (error == EACCES || error == EPERM)
		return denied(p);
	if (error == EMFILE || error == ENFILE)
		TRY(again(p, RETRY_FIRST_MS));
	else
		forget(p);
	dir->print = 0; /* the next rescan tells of it once more */
	return root_lose_by_errno(dir, "", error);
}

static int again(struct pending *p, uint32_t ms)
{
	return loop_arm(&p->dir->root->watcher->role->loop, &p->timer, ms, on_due);
}

enum seen_event pending_event(const struct dir *dir, const char *name)
{
	const struct pending *p = find(dir, name);

	if (!p)
		return 0;
	return p->told_open ? SEEN_OPEN : SEEN_CHANGED;
}

int pending_touch(struct dir *dir, const char *name, bool *ret_first_this_turn)
{
	struct watcher *w = dir->root->watcher;
	struct pending *p = find(dir, name);

	if (!p)
		TRY(add(dir, name, &p));
	*ret_first_this_turn = p->turn != w->turn;
	p->turn = w->turn;
	p->told_open = false;
	p->retry_ms = 0;
	return again(p, w->settings.settle_ms);
}
