#include "registrar/documents/watch_private.h"

#include "base/text.h"
#include "registrar/documents/checkouts.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Facts */

struct best {
	char item[CATALOGUE_ID_MAX + 1];
	unsigned long score;
};

/* Lines "ITEM SCORE OFFSET+LENGTH,…": the best one is the suggestion. */
static struct best best_match(const char *matches)
{
	struct best best = {0};

	for (const char *line = matches; line && *line; line = strchr(line, '\n')) {
		struct best one = {0};

		line += *line == '\n';
		if (sscanf(line, "%32s %lu", one.item, &one.score) == 2 && one.score > best.score)
			best = one;
	}
	return best;
}

static const char *or_null(const char *text)
{
	return text_is_empty(text) || !text_is_utf8(bytes_of_text(text)) ? NULL : text;
}

/* Why an inspector could not say what is in the file; NULL: it could. */
static const char *unread_why(uint8_t outcome)
{
	static const char *const why[] = {
	    [INSPECT_UNREADABLE] = "its bytes could not be read",
	    [INSPECT_TOO_LARGE] = "it is larger than what is looked into",
	    [INSPECT_TIMED_OUT] = "looking into it took too long",
	    [INSPECT_SAME] = NULL,
	};

	return outcome < array_n(why) ? why[outcome] : "its inspection ended badly";
}

int watch_on_facts(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_facts *m = &any->facts;
	struct best best = best_match(or_null(m->matches));
	const struct item *item = r->policy ? catalogue_find(&r->policy->catalogue, best.item) : NULL;
	char sha256[65];
	struct store_seen seen = {.root = m->root,
				  .path = m->path,
				  .dev = m->dev,
				  .ino = m->ino,
				  .size = m->size,
				  .mtime_ns = m->mtime_ns,
				  .inspected = true,
				  .looked_with = r->looked_with,
				  .sha256 = m->outcome == INSPECT_DONE || m->outcome == INSPECT_SAME ? sha256 : NULL,
				  .type = or_null(m->type),
				  .mark = or_null(m->mark),
				  .mark_level = or_null(m->mark_level),
				  .mark_term = or_null(m->mark_term),
				  .item = item ? item->id : NULL,
				  .level = item && item->level ? item->level->code : NULL,
				  .matches = or_null(m->matches),
				  .sealed_args = or_null(m->sealed_args),
				  .foreign = or_null(m->foreign)};
	struct store_plain plain = {0};
	int result;

	(void)from;
	(void)fd;
	text_hex(m->sha256, sizeof(m->sha256), sha256);
	TRY(watch_looked(r, m->job, m->root, m->path));
	checkouts_looked(r, &(struct checkouts_look){m->job, m->root, m->path, seen.sha256, false});
	if (!r->meta_key || m->outcome == INSPECT_CHANGED)
		return 0; /* the watcher announces the change */
	TRY(registrar_batch(r));
	result = m->outcome == INSPECT_SAME ? store_seen_same(r->store, &seen) : store_seen_inspected(r->store, &seen);
	TRY(result);
	if (result != 0)
		return 0;
	TRY(watch_is_plain(r, m->root, m->path, &plain));
	if (plain.is_plain && !unread_why(m->outcome))
		return 0;
	TRY(watch_say(r, &seen, FINDING_UNREADABLE, unread_why(m->outcome)));
	TRY(watch_follow(r, m->root, m->path));
	return findings_seen(r, m->root, m->path);
}

/* Not to be had by the watcher itself: it counts as looked at until it changes. A name that another file has taken
 * meanwhile, or none, says nothing of the file that was asked for, and the next announcement asks again. */
int watch_on_unreadable(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_unreadable *m = &any->unreadable;
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	bool is_gone = text_equal(m->reason, strerror(ENOENT)), is_it;
	int result = r->meta_key ? look_seen(r->store, m->root, m->path, &a, &seen) : STORE_NOT_FOUND;

	(void)from;
	(void)fd;
	TRY(result);
	is_it = result == 0 && watch_is_asked(r, m->job, &seen) && !is_gone && !text_equal(m->reason, UNREADABLE_TAKEN);
	TRY(watch_looked(r, m->job, m->root, m->path));
	checkouts_looked(r, &(struct checkouts_look){m->job, m->root, m->path, NULL, is_gone});
	if (!is_it || seen.inspected)
		return 0;
	seen.inspected = true;
	TRY(registrar_batch(r));
	result = store_seen_inspected(r->store, &seen);
	TRY(result);
	if (result != 0)
		return 0;
	if (text_is_utf8(bytes_of_text(m->reason)))
		TRY(watch_say(r, &seen, FINDING_UNREADABLE, m->reason));
	return watch_follow(r, m->root, m->path);
}

/* Life */

int watch_lost_watcher(struct registrar *r)
{
	watch_forget_states(r->watch);
	return watch_looks_again(r);
}

int watch_new(struct registrar *r)
{
	r->watch = calloc(1, sizeof(*r->watch));
	if (!r->watch)
		return FAULT(ENOMEM, "watch");
	r->watch->r = r;
	r->watch->due_end = &r->watch->due;
	r->watch->backlog = -1;
	return watch_missing_new(r);
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	watch_missing_free(watch);
	loop_disarm(&watch->aliases);
	loop_disarm(&watch->retry);
	watch_waiting_free(watch);
	watch_alive_stop(watch);
	watch_looks_free(watch);
	for (size_t i = 0; i < watch->n_roots; i++) {
		free(watch->roots[i].by);
		free(watch->roots[i].by_why);
	}
	watch_degraded_free(watch);
	free(watch);
}
