/* What is degraded, and how far the watcher has come with each root. */
#include "registrar/documents/watch_private.h"

#include "base/text.h"
#include "registrar/journal/clock.h"
#include "registrar/store/store.h"

#include <errno.h>
#include <string.h>

/* Roots */

struct watch_root *watch_root_of(struct watch *watch, uint32_t id)
{
	for (size_t i = 0; i < watch->n_roots; i++)
		if (watch->roots[i].id == id)
			return &watch->roots[i];
	if (watch->n_roots == WATCH_ROOTS_MAX)
		return NULL;
	watch->roots[watch->n_roots] = (struct watch_root){.id = id};
	return &watch->roots[watch->n_roots++];
}

const struct watch_root *watch_root(const struct registrar *r, uint32_t id)
{
	for (size_t i = 0; i < r->watch->n_roots; i++)
		if (r->watch->roots[i].id == id)
			return &r->watch->roots[i];
	return NULL;
}

/* What is degraded */

static struct degraded **degraded_find(struct watch *watch, const char *code)
{
	struct degraded **at = &watch->degraded;

	while (*at && strcmp((*at)->code, code) != 0)
		at = &(*at)->next;
	return at;
}

/* count 0: once more than before. */
static int set_degraded(struct registrar *r, const struct watch_degraded *what, uint64_t age_s)
{
	struct degraded **at = degraded_find(r->watch, what->code);
	struct degraded *d = *at;

	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d)
			return FAULT(ENOMEM, "degraded state");
		d->code = text_copy(what->code);
		clock_format(clock_seconds(r->clock) - (int64_t)age_s, d->since);
		*at = d;
	}
	free(d->detail);
	/* It goes out as JSON: a detail of broken UTF-8 must not take the whole answer with it. */
	d->detail = text_is_utf8(bytes_of_text(what->detail)) ? text_copy(what->detail)
							      : text_escape(bytes_of_text(what->detail));
	d->count = what->count ? what->count : d->count + 1;
	return d->code && d->detail ? 0 : FAULT(ENOMEM, "degraded state");
}

int watch_set_degraded(struct registrar *r, const char *code, const char *detail)
{
	return set_degraded(r, &(struct watch_degraded){.code = code, .detail = detail}, 0);
}

static void degraded_free(struct degraded *d)
{
	free(d->code);
	free(d->detail);
	free(d);
}

void watch_degraded_free(struct watch *watch)
{
	while (watch->degraded) {
		struct degraded *d = watch->degraded;

		watch->degraded = d->next;
		degraded_free(d);
	}
}

void watch_set_recovered(struct registrar *r, const char *code)
{
	struct degraded **at = degraded_find(r->watch, code);
	struct degraded *d = *at;

	if (!d)
		return;
	*at = d->next;
	degraded_free(d);
}

bool watch_degraded(const struct registrar *r, size_t i, struct watch_degraded *ret)
{
	const struct degraded *d = r->watch->degraded;

	for (; d && i > 0; i--)
		d = d->next;
	if (!d)
		return false;
	*ret = (struct watch_degraded){d->code, d->detail, d->since, d->count};
	return true;
}

/* Names that the supervisor sends for other roles: "watcher.0/overflow". */
int watch_on_degraded(struct role *role, struct channel *from, const union frame_any *m, int *fd)
{
	(void)from;
	(void)fd;
	TRY(watch_keep_lost(registrar_of(role), m->degraded.code, m->degraded.detail));
	return watch_set_degraded(registrar_of(role), m->degraded.code, m->degraded.detail);
}

int watch_on_recovered(struct role *role, struct channel *from, const union frame_any *m, int *fd)
{
	(void)from;
	(void)fd;
	watch_set_recovered(registrar_of(role), m->recovered.code);
	return 0;
}

int watch_on_state(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_watch_state *m = &any->watch_state;
	const struct role_root *root = role_root_find(role, m->root);
	OWN_MEM char *code = text_format("root.%u/%s", m->root, m->code);
	OWN_MEM char *detail = text_format("%s: %s", root ? root->path : "", m->detail);

	(void)from;
	(void)fd;
	if (!code || !detail)
		return FAULT(ENOMEM, "degraded state");
	if (m->degraded)
		return set_degraded(r, &(struct watch_degraded){.code = code, .detail = detail, .count = m->count},
				    m->age_s);
	watch_set_recovered(r, code);
	return 0;
}

int watch_on_watched_by(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_watched_by *m = &any->watched_by;
	struct watch_root *root = role_root_find(role, m->root) ? watch_root_of(r->watch, m->root) : NULL;

	(void)from;
	(void)fd;
	if (!root)
		return 0;
	free(root->by);
	free(root->by_why);
	root->by = text_copy(m->by);
	root->by_why = text_copy(m->reason);
	return root->by && root->by_why ? 0 : FAULT(ENOMEM, "keep how a root is watched");
}

/*
 * A root without any file where there were some: rather a disk that is not mounted than every document deleted while
 * nobody looked (what is deleted while we watch is told name by name). On the device where the files were, the second
 * look in a row is believed; on another one nothing ever follows from it until files are there again. R5.
 */
static int is_empty_by_mistake(struct registrar *r, struct watch_root *root, const struct frame_scan *m, bool *ret)
{
	OWN_MEM char *code = text_format("root.%u/root-empty", m->root);
	const struct role_root *where = role_root_find(&r->role, m->root);
	OWN_MEM char *detail = NULL;
	int64_t before = 0, same = 0;

	*ret = false;
	if (m->files == 0 && where->kind == ROOT_DOCUMENTS) {
		TRY(store_seen_count(r->store, m->root, false, &before));
		TRY(store_seen_count_on(r->store, m->root, m->dev, &same));
	}
	detail = text_format("%s: %lld files were here and none is now%s", where->path, (long long)before,
			     same ? "" : "; another file system is mounted here, or none");
	if (!code || !detail)
		return FAULT(ENOMEM, "degraded state");
	*ret = before > 0 && (same == 0 || !root->was_empty);
	root->was_empty = *ret;
	if (*ret) {
		TRY(watch_set_degraded(r, code, detail));
		return role_degraded(&r->role, "root-empty", detail);
	}
	watch_set_recovered(r, code);
	for (size_t i = 0; i < r->watch->n_roots; i++)
		if (r->watch->roots[i].was_empty)
			return 0;
	return role_recovered(&r->role, "root-empty");
}

static int scan_done(struct registrar *r, struct watch_root *root, const struct frame_scan *m)
{
	bool is_mistake;

	root->is_scanning = false;
	registrar_now(r, root->scanned);
	if (!text_is_empty(m->reason))
		return 0; /* something could not be looked at: nothing follows from silence */
	TRY(is_empty_by_mistake(r, root, m, &is_mistake));
	if (is_mistake)
		return 0;
	if (m->whole)
		TRY(watch_forget_unmet(r, m->root));
	TRY(watch_forget_bare(r, root));
	TRY(watch_unsay_gone(r, m->root));
	r->watch->is_changed |= root->has_news;
	return watch_find_missing(r, m->root);
}

int watch_on_scan(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_scan *m = &any->scan;
	struct watch_root *root = role_root_find(role, m->root) ? watch_root_of(r->watch, m->root) : NULL;

	(void)from;
	(void)fd;
	if (!root || !r->meta_key)
		return 0;
	root->files = m->files;
	root->directories = m->directories;
	root->left = m->left;
	if (m->done == SCAN_GOES_ON)
		return 0;
	root->ignored = m->ignored;
	root->by_site = m->by_site;
	TRY(registrar_batch(r));
	if (m->done == SCAN_DONE) {
		root->ended = root->begun;
		TRY(scan_done(r, root, m));
		TRY(watch_looks_due(r));
		return watch_waiting_look(r);
	}
	root->is_scanning = true;
	root->begun++;
	root->has_news = m->whole;
	return m->whole ? store_pass_begin(r->store, m->root) : 0;
}

int watch_on_unseen(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_unseen *m = &any->unseen;
	OWN_MEM char *path = NULL;

	(void)from;
	(void)fd;
	if (!r->meta_key || !role_root_find(role, m->root))
		return 0;
	TRY(watch_path(m->path, &path));
	return store_seen_keep(r->store, m->root, text_equal(path, ".") ? "" : path);
}

/* What it had lost sight of, its next life says anew if it is still so. */
void watch_forget_states(struct watch *watch)
{
	struct degraded **at = &watch->degraded;

	for (size_t i = 0; i < watch->n_roots; i++)
		watch->roots[i].is_scanning = false;
	while (*at) {
		struct degraded *d = *at;

		if (!text_starts(d->code, "root.")) {
			at = &d->next;
			continue;
		}
		*at = d->next;
		degraded_free(d);
	}
}
