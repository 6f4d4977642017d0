/*
 * Names as the watcher tells them: by its scans, folder by folder, and by events, one by one. Here the rows of what is
 * seen come and go; what a row means for a record is watch_follow.c.
 */
#include "registrar/documents/watch_private.h"

#include "base/text.h"
#include "registrar/api/api.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"

#include <errno.h>
#include <string.h>

#define RETRY_MS 5000

/* Rows that were told of may not be there: everything is to be told once more. */
static int on_retry(struct loop_timer *timer)
{
	struct watch *watch = container_of(timer, struct watch, retry);

	return watch_begin(watch->r);
}

int watch_lost_rows(struct registrar *r)
{
	return r->watch->retry.loop || r->role.loop.epoll_fd <= 0
		   ? 0
		   : loop_arm(&r->role.loop, &r->watch->retry, RETRY_MS, on_retry);
}

int watch_rescan(struct registrar *r, uint32_t root, bool whole)
{
	struct channel *watcher = role_peer(&r->role, ROLE_WATCHER, -1);

	return watcher ? CHANNEL_SEND(watcher, rescan, -1, .root = root, .whole = whole) : 0;
}

int watch_begin(struct registrar *r)
{
	for (size_t i = 0; i < r->role.n_roots; i++)
		TRY(watch_rescan(r, r->role.roots[i].id, true));
	return 0;
}

/* A scan that found news ends with the question who is what. */
static void note_news(struct registrar *r, uint32_t id)
{
	struct watch_root *root = watch_root_of(r->watch, id);

	if (root)
		root->has_news = true;
}

/* A root that was empty is not any more: what else was there before is looked for now, not when the next scan is due. */
static int look_again(struct registrar *r, uint32_t id)
{
	struct watch_root *root = watch_root_of(r->watch, id);

	if (!root || !root->was_empty || root->is_scanning)
		return 0;
	root->was_empty = false;
	return watch_rescan(r, id, true);
}

static bool is_of_checkouts(struct registrar *r, uint32_t root)
{
	const struct role_root *where = role_root_find(&r->role, root);

	return where && where->kind == ROOT_CHECKOUT;
}

/* Names */

/* A name of which nothing more than the store is to be asked. */
static bool is_plain_name(struct registrar *r, uint32_t root, const char *path)
{
	return !is_of_checkouts(r, root) && !strstr(path, CONFLICT) && !text_ends(path, ".age") &&
	       !watch_is_odd(path) && !watch_is_left(r->watch, root, path);
}

int watch_is_plain(struct registrar *r, uint32_t root, const char *path, struct store_plain *ret)
{
	int result = is_plain_name(r, root, path) ? store_seen_plain(r->store, root, path, ret) : STORE_NOT_FOUND;

	TRY(result);
	ret->is_plain = result == 0 && ret->is_plain;
	return 0;
}

static int follow(struct registrar *r, struct store_seen *seen, const struct store_plain *plain)
{
	if (!plain->is_plain || plain->inspected || !is_plain_name(r, seen->root, seen->path))
		return watch_follow(r, seen->root, seen->path);
	seen->id = plain->id;
	if (seen->kind == SEEN_REGULAR && (seen->event == SEEN_SETTLED || seen->event == SEEN_SCANNED))
		return watch_examine(r, seen);
	return 0;
}

int watch_on_seen(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_seen *m = &any->seen;
	OWN_MEM char *path = NULL;
	char now[32];
	struct store_seen seen = {.root = m->root,
				  .dev = m->dev,
				  .ino = m->ino,
				  .generation = m->generation,
				  .size = m->size,
				  .mtime_ns = m->mtime_ns,
				  .ctime_ns = m->ctime_ns,
				  .uid = m->uid,
				  .mode = m->mode,
				  .nlink = m->nlink,
				  .event = m->event,
				  .kind = m->kind,
				  .ours = m->ours,
				  .first_seen = now};
	struct store_told told;
	int result;

	(void)from;
	(void)fd;
	if (!r->meta_key || !role_root_find(role, m->root))
		return 0; /* asked for again when the key is there */
	TRY(watch_path(m->path, &path));
	seen.path = path;
	registrar_now(r, now);
	watch_set_first_seen(r->watch, m->root, m->path, now);
	(void)jobs_note_name(r, m->root, path, false); /* whoever takes it hears of it from the sealer */
	api_add_device(r->api, m->dev);
	TRY(registrar_batch(r));
	result = store_seen_put(r->store, &seen, &told);
	TRY(result);
	if (result)
		return watch_lost_rows(r);
	if (!told.is_news)
		return 0;
	note_news(r, m->root);
	TRY(look_again(r, m->root));
	return follow(r, &seen, &told.plain);
}

static int forget_name(struct registrar *r, uint32_t root, const char *path)
{
	struct store_plain plain = {0};

	TRY(watch_is_plain(r, root, path, &plain));
	if (plain.is_plain) {
		watch_note_gone(r->watch,
				&(struct store_seen){.root = root, .path = path, .first_seen = plain.first_seen});
		TRY(registrar_batch(r));
		return store_seen_remove(r->store, root, path);
	}
	TRY(watch_follow_gone(r, root, path));
	TRY(registrar_batch(r));
	TRY(store_seen_remove(r->store, root, path));
	return findings_gone(r, root, path);
}

int watch_gone(struct registrar *r, const struct watch_taken *what)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	int result = look_seen(r->store, what->root, what->path, &a, &seen);

	TRY(result);
	return result == 0 && seen.ino == what->ino && seen.dev == what->dev ? forget_name(r, what->root, what->path) : 0;
}

struct name_list {
	struct arena texts;
	struct name {
		struct name *next;
		uint32_t root;
		const char *path;
	} * first;
	uint32_t root; /* of what a listing did not meet */
};

static int add_name(struct name_list *names, uint32_t root, const char *path)
{
	struct name *name = arena_alloc(&names->texts, sizeof(*name));

	if (!name)
		return arena_check(&names->texts);
	*name = (struct name){names->first, root, arena_text(&names->texts, path)};
	names->first = name;
	return arena_check(&names->texts);
}

static int take_name(const struct store_seen *seen, void *arg)
{
	return add_name(arg, seen->root, seen->path);
}

/* Takes the list. What goes with its folder has moved with it: no file that takes a name there takes a record. */
static int forget_names(struct registrar *r, struct name_list *names, int result)
{
	size_t first = r->watch->next_gone;

	for (const struct name *name = names->first; name && result >= 0; name = name->next)
		result = forget_name(r, name->root, name->path);
	for (; first != r->watch->next_gone; first++)
		r->watch->gone[first % WATCH_GONE].number[0] = '\0';
	arena_done(&names->texts);
	return result < 0 ? result : 0;
}

/* Whom nobody misses goes in one piece. */
static int forget_folder(struct registrar *r, int64_t folder, bool all)
{
	struct name_list names = {0};
	int64_t beside = 0;
	int result = store_finding_any(r->store, FINDING_PLAINTEXT_BESIDE, &beside);

	TRY(result);
	result = store_seen_below(r->store, folder, all || beside != 0, take_name, &names);
	TRY(forget_names(r, &names, result));
	TRY(registrar_batch(r));
	return store_folder_remove(r->store, folder);
}

/* A path with "/" at its end is a directory with all that was below it. */
static int take_nothing(const struct store_seen *seen, void *arg)
{
	(void)seen;
	(void)arg;
	return 1;
}

/* Most plaintexts that vanish are taken by the sealer: watch_taken() forgets them, or has. */
static int name_vanished(struct registrar *r, uint32_t root, const char *path)
{
	bool is_told = true;
	int result;

	if (jobs_note_name(r, root, path, true))
		return 0;
	result = text_ends(path, ".age") ? 0 : store_seen_find(r->store, root, path, take_nothing, NULL);
	TRY(result);
	if (result == STORE_NOT_FOUND)
		TRY(store_finding_any_at(r->store, root, path, &is_told));
	return is_told ? forget_name(r, root, path) : 0;
}

int watch_on_vanished(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_vanished *m = &any->vanished;
	OWN_MEM char *path = NULL;
	int64_t folder = 0;
	int result;

	(void)from;
	(void)fd;
	if (!r->meta_key)
		return 0;
	TRY(watch_path(m->path, &path));
	note_news(r, m->root);
	if (!text_ends(path, "/"))
		return name_vanished(r, m->root, path);
	path[strlen(path) - 1] = '\0';
	result = store_folder_find(r->store, m->root, path, &folder);
	TRY(result);
	return result == 0 ? forget_folder(r, folder, is_of_checkouts(r, m->root)) : 0;
}

static int note_gone(const char *path, void *arg)
{
	struct name_list *names = arg;

	return add_name(names, names->root, path);
}

/* Of a root in which there is nothing at all: whether that is to be believed is seen when the scan is done. */
static int leave_bare(struct registrar *r, uint32_t id)
{
	struct watch_root *root = watch_root_of(r->watch, id);

	if (root)
		root->is_bare = true;
	return store_listing_leave(r->store);
}

int watch_forget_bare(struct registrar *r, struct watch_root *root)
{
	struct name_list names = {.root = root->id};
	int result;

	if (!root->is_bare)
		return 0;
	root->is_bare = false;
	result = store_listing_begin(r->store, root->id, "");
	if (result == 0)
		result = store_listing_end(r->store, note_gone, &names);
	TRY(forget_names(r, &names, result));
	return result > 0 ? watch_lost_rows(r) : 0;
}

int watch_on_folder(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_folder *m = &any->folder;
	struct name_list names = {.root = m->root};
	OWN_MEM char *path = NULL;
	int result;

	(void)from;
	(void)fd;
	if (!r->meta_key || !role_root_find(role, m->root))
		return 0;
	TRY(watch_path(m->path, &path));
	TRY(registrar_batch(r));
	if (!m->done && *m->path == '\0' && watch_root_of(r->watch, m->root))
		watch_root_of(r->watch, m->root)->is_bare = false;
	if (!m->done) {
		result = store_listing_begin(r->store, m->root, path);
		return result > 0 ? watch_lost_rows(r) : result;
	}
	if (*m->path == '\0' && store_listing_is_bare(r->store))
		return leave_bare(r, m->root);
	result = store_listing_end(r->store, note_gone, &names);
	if (names.first)
		note_news(r, m->root);
	TRY(forget_names(r, &names, result));
	return result > 0 ? watch_lost_rows(r) : 0;
}

int watch_forget_unmet(struct registrar *r, uint32_t root)
{
	int64_t folder = 0;

	for (;;) {
		int result = store_pass_end(r->store, root, &folder);

		TRY(result);
		if (result)
			return watch_lost_rows(r);
		if (folder == 0)
			return 0;
		TRY(forget_folder(r, folder, is_of_checkouts(r, root)));
	}
}
