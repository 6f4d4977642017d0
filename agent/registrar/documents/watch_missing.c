/*
 * Sealed documents whose file is not there, and files whose place among the records may be another one now. Whatever
 * left its name is looked for by that name, a little later; every document is looked for only after a scan, in slices.
 */
#include "registrar/documents/watch_private.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"

#include <errno.h>

#define PUT_OFF_MAX 8	 /* so often the look for them waits for the end of what is being sealed */
#define ABSENT_MAX  1000 /* names that are looked for one by one; of more, every document is */

struct absent {
	struct absent *next;
	uint32_t root;
	const char *path;   /* that is gone */
	const char *number; /* whose file had it, as far as the row knew; NULL: not known */
};

struct absents {
	struct arena texts;
	struct absent *first;
	size_t n;
};

struct watch_missing {
	struct registrar *r;
	struct loop_timer soon;
	unsigned n_put_off;
	struct absents absents;
	/* the look for every document */
	struct loop_timer slice;
	bool is_looking, once_more;
	uint32_t root, next_root; /* 0: of all */
	int64_t at;
};

int watch_missing_new(struct registrar *r)
{
	r->watch->missing = calloc(1, sizeof(*r->watch->missing));
	if (!r->watch->missing)
		return FAULT(ENOMEM, "missing documents");
	r->watch->missing->r = r;
	return 0;
}

void watch_missing_free(struct watch *watch)
{
	if (!watch->missing)
		return;
	loop_disarm(&watch->missing->soon);
	loop_disarm(&watch->missing->slice);
	arena_done(&watch->missing->absents.texts);
	free(steal(&watch->missing));
}

int watch_set_missing(struct registrar *r, const char *number, bool is_missing)
{
	OWNED(record) struct record *record = NULL;
	int result;

	TRY(store_record_load(r->store, number, &record));
	is_missing = is_missing && !(record && record->state == RECORD_DESTROYED); /* that was what they wanted */
	result = findings_set(r,
			      &(struct findings_other){.code = FINDING_SEALED_MISSING,
						       .about = {.number = number},
						       .evidence = "the sealed file is not in its folder any more",
						       .is_true = is_missing},
			      NULL);
	return result < 0 ? result : 0;
}

/* Later all of them are looked for, if these are too many. */
static int note_absent(struct absents *to, uint32_t root, const char *path, const char *number)
{
	struct absent *one;

	if (to->n++ >= ABSENT_MAX)
		return 0;
	one = arena_alloc(&to->texts, sizeof(*one));
	if (!one)
		return arena_check(&to->texts);
	*one = (struct absent){.next = to->first,
			       .root = root,
			       .path = arena_text(&to->texts, path),
			       .number = arena_text(&to->texts, number)};
	to->first = one;
	return arena_check(&to->texts);
}

struct search {
	struct registrar *r;
	uint32_t root; /* 0: of all */
	struct arena texts;
	struct missing {
		struct missing *next;
		const char *number;
	} * first;
};

static int look_for(const struct store_document *d, void *arg)
{
	struct search *search = arg;
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	struct missing *missing;
	int result;

	if (!d->sealed || (search->root != 0 && d->root != search->root))
		return 0;
	if (!watch_root(search->r, d->root) || watch_root(search->r, d->root)->is_scanning)
		return 0; /* nobody has looked yet; the end of the scan asks again */
	if (jobs_sealing(search->r, d->number, NULL) == SEALING_UNDER_WAY) { /* it cannot be told yet */
		TRY(note_absent(&search->r->watch->missing->absents, d->root, d->path, d->number));
		return watch_look_around(search->r);
	}
	result = look_seen_by_file(search->r->store, d->dev, d->ino, &a, &seen);
	TRY(result);
	if (result == 0 && text_equal(seen.number, d->number))
		return 0;
	result = look_seen(search->r->store, d->root, d->path, &a, &seen);
	TRY(result);
	if (result == 0 && seen.ours && (!seen.number || text_equal(seen.number, d->number)))
		return 0; /* a newer file of ours: its publication is being journalled */
	missing = arena_alloc(&search->texts, sizeof(*missing));
	if (!missing)
		return arena_check(&search->texts);
	missing->number = arena_text(&search->texts, d->number);
	missing->next = search->first;
	search->first = missing;
	return 0;
}

static int say_missing(struct search *search, int result)
{
	for (const struct missing *m = search->first; m && result >= 0; m = m->next)
		result = watch_set_missing(search->r, m->number, true);
	arena_done(&search->texts);
	return result < 0 ? result : 0;
}

/* ---- who is what, once more ---- */

struct stranger {
	struct stranger *next;
	uint32_t root;
	const char *path;
};

struct strangers {
	bool ours, others;
	struct arena texts;
	struct stranger *first;
};

static int take_stranger(const struct store_seen *seen, void *arg)
{
	struct strangers *to = arg;
	struct stranger *one;

	if (seen->ours ? !to->ours : !to->others || !seen->inspected || !seen->sha256)
		return 0;
	one = arena_alloc(&to->texts, sizeof(*one));
	if (!one)
		return arena_check(&to->texts);
	*one = (struct stranger){to->first, seen->root, arena_text(&to->texts, seen->path)};
	to->first = one;
	return arena_check(&to->texts);
}

/* A document in clear has gone from its name, or a plaintext has more names than one: who is what, once more. */
static int identify_again(struct registrar *r)
{
	struct store_seen_filter filter = {.unrecorded = true, .known = true, .limit = STORE_NO_LIMIT};
	bool is_busy = jobs_are_under_way(r);
	struct strangers all = {.ours = r->watch->has_nobodys && !is_busy};
	int64_t n_documents = 0;
	int result = store_document_count(r->store, 0, false, &n_documents);

	TRY(result);
	all.others = r->watch->is_changed && n_documents > 0;
	if (r->watch->has_nobodys && is_busy)
		TRY(watch_look_around(r));
	if (!all.ours && !all.others)
		return 0;
	r->watch->has_nobodys = r->watch->has_nobodys && is_busy;
	r->watch->is_changed = false;
	filter.clear = !all.ours;
	result = store_seen_list(r->store, &filter, take_stranger, &all);
	for (const struct stranger *one = all.first; one && result >= 0; one = one->next)
		result = watch_follow(r, one->root, one->path);
	arena_done(&all.texts);
	return result < 0 ? result : 0;
}

/* ---- every document ---- */

static int look_on(struct watch_missing *w);

static int on_slice(struct loop_timer *timer)
{
	return look_on(container_of(timer, struct watch_missing, slice));
}

static int look_on(struct watch_missing *w)
{
	struct search search = {.r = w->r, .root = w->root};

	TRY(say_missing(&search, store_document_astray(w->r->store, w->root, &w->at, look_for, &search)));
	if (w->at == 0 && w->once_more) {
		w->once_more = false;
		w->root = w->next_root;
	} else if (w->at == 0) {
		w->is_looking = false;
		return identify_again(w->r);
	}
	return loop_arm(&w->r->role.loop, &w->slice, 0, on_slice);
}

int watch_find_missing(struct registrar *r, uint32_t root)
{
	struct watch_missing *w = r->watch->missing;

	if (w->is_looking) { /* what it has passed already may have changed since */
		w->next_root = w->once_more && w->next_root != root ? 0 : root;
		w->once_more = true;
		return 0;
	}
	w->is_looking = true;
	w->root = root;
	return look_on(w);
}

/* ---- what left its name ---- */

static int look_for_each(struct watch_missing *w)
{
	struct absents those = w->absents;
	struct search search = {.r = w->r};
	int result = 0;

	w->absents = (struct absents){0};
	for (const struct absent *one = those.first; one && result >= 0; one = one->next) {
		result = store_document_at(w->r->store, one->root, one->path, look_for, &search);
		if (result >= 0 && one->number)
			result = store_document_of(w->r->store, one->number, look_for, &search);
	}
	arena_done(&those.texts);
	return say_missing(&search, result);
}

static int on_soon(struct loop_timer *timer)
{
	struct watch_missing *w = container_of(timer, struct watch_missing, soon);

	/* While a folder is sealed names come and go all the time. */
	if (jobs_are_flying(w->r) && ++w->n_put_off < PUT_OFF_MAX)
		return loop_arm(&w->r->role.loop, timer, MISSING_MS, on_soon);
	w->n_put_off = 0;
	if (w->absents.n <= ABSENT_MAX) {
		TRY(look_for_each(w));
		return identify_again(w->r);
	}
	arena_done(&w->absents.texts);
	w->absents = (struct absents){0};
	return watch_find_missing(w->r, 0);
}

int watch_look_around(struct registrar *r)
{
	struct watch_missing *w = r->watch->missing;

	return w->soon.loop ? 0 : loop_arm(&r->role.loop, &w->soon, MISSING_MS, on_soon);
}

/* Not only when the row knows a record: a file deleted as soon as it was published has no row of its own yet. */
int watch_follow_gone(struct registrar *r, uint32_t root, const char *path)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	struct store_document d = {0};
	int result = look_seen(r->store, root, path, &a, &seen);

	TRY(result);
	if (result == 0)
		watch_note_gone(r->watch, &seen);
	if (result == STORE_NOT_FOUND || !seen.ours || !seen.number)
		TRY(watch_unsay(r, root, path));
	result = seen.number ? look_document(r->store, seen.number, &a, &d) : STORE_NOT_FOUND;
	TRY(result);
	if (result == 0 && !d.sealed)
		r->watch->is_changed = true; /* what counts as a copy of it may be the document moved */
	if (text_ends(path, ".age"))
		TRY(note_absent(&r->watch->missing->absents, root, path, seen.number));
	return text_ends(path, ".age") || r->watch->is_changed ? watch_look_around(r) : 0;
}
