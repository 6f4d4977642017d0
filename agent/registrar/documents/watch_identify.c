/*
 * Files that no inode ties to a record: by DESIGN 2 a name whose recorded inode vanished is the same document (save by
 * rename), equal size and digest are the document moved, or a copy of it while the first still exists. What is left is
 * a stranger, and a finding when it holds what is protected.
 */
#include "registrar/documents/watch_private.h"

#include "base/text.h"
#include "registrar/documents/adopt.h"
#include "registrar/documents/jobs.h"
#include "registrar/keys/rollback.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum known { UNKNOWN, KNOWN }; /* whether a rule has said what the file is */

/* Does the recorded inode still have a name? It may have been seen there, or elsewhere on its way. */
static int is_there(struct registrar *r, const struct store_document *d, bool *ret)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen old = {0};
	int result = look_seen_by_file(r->store, d->dev, d->ino, &a, &old);

	TRY(result);
	*ret = result == 0 && text_equal(old.number, d->number);
	return 0;
}

static bool is_protected(struct registrar *r, const struct record *record)
{
	return level_is_classified(record_protection(r->policy, record)) &&
	       !record_is_over(r->policy, record, registrar_today(r));
}

/* What lies sealed was found sealed by somebody else, or twice. */
static int as_sealed(struct registrar *r, const struct store_seen *seen, enum known *ret)
{
	OWNED(record) struct record *record = NULL;
	char id[37] = "";
	OWN_MEM char *evidence = NULL;
	bool is_newer, waits = false;

	if (!seen->sealed_args)
		return 0;
	*ret = KNOWN;
	TRY(rollback_look(r, seen, &is_newer));
	if (is_newer)
		return 0;
	(void)sscanf(seen->sealed_args, "%36s", id);
	TRY(store_record_by_id(r->store, id, &record));
	if (record)
		TRY(rollback_waits(r, &waits));
	if (waits)
		return 0;
	evidence = record ? text_format("a copy of the sealed file of %s", record->number)
			  : text_format("sealed by another agent, as record %s", id);
	return watch_say_stranger(r, seen, FINDING_FOREIGN, evidence);
}

/* The record of that name, or the one whose document left the name a moment ago. */
static int find_left(struct registrar *r, const struct store_seen *seen, struct record **ret)
{
	char number[STORE_NUMBER_MAX];
	int result = store_record_by_path(r->store, seen->root, seen->path, ret);

	TRY(result);
	if (*ret)
		return 0;
	watch_take_left(r->watch, seen->root, seen->path, number);
	return number[0] ? store_record_load(r->store, number, ret) : 0;
}

/* The recorded name leads to a new inode, and the recorded one has vanished or was moved aside by the same owner a
 * moment ago, as programs do that keep a backup: once it has settled elsewhere, that other name is the recorded one. */
static int as_saved(struct registrar *r, const struct store_seen *seen, enum known *ret)
{
	OWNED(record) struct record *record = NULL;
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	bool lives = false;
	int result = find_left(r, seen, &record);

	TRY(result);
	result = record ? look_document(r->store, record->number, &a, &d) : STORE_NOT_FOUND;
	TRY(result);
	if (result == STORE_NOT_FOUND || d.sealed)
		return 0;
	TRY(is_there(r, &d, &lives));
	if (lives && seen->uid != record->drafter_uid)
		return 0; /* nobody takes a document's record by moving it aside */
	*ret = KNOWN;
	if (seen->uid != record->drafter_uid)
		return watch_say_stranger(r, seen, FINDING_OTHER_HAND, "stands in place of a draft of somebody else");
	TRY(watch_say_stranger(r, seen, FINDING_NONE, NULL));
	TRY(watch_note_moved(r, &d, seen));
	if (lives) { /* what was moved aside is another thing now */
		r->watch->is_changed = true;
		TRY(watch_look_around(r));
	}
	if (seen->sha256)
		TRY(jobs_seen_in_clear(r, d.number, seen));
	return jobs_file_moved_on(r, d.number);
}

/* The record whose document has that name, with that ending of its own. */
static int find_named(struct registrar *r, const struct store_seen *seen, size_t n, const char *ending,
		      struct record **ret)
{
	OWN_MEM char *name = text_format("%.*s%s", (int)n, seen->path, ending);
	int result;

	if (!name)
		return FAULT(ENOMEM, "name");
	result = store_record_by_path(r->store, seen->root, name, ret);
	return result < 0 ? result : 0;
}

/* A draft of its own, protected as what it belongs to. */
static int adopt(struct registrar *r, const struct store_seen *seen, const struct record *like, const char *why)
{
	OWN_MEM char *evidence = text_format("%s %s", why, like->number);
	bool is_same_hand = seen->uid == like->drafter_uid;
	int result;

	if (!registrar_may_work(r))
		return 0;
	if (!evidence)
		return FAULT(ENOMEM, "evidence");
	result = adopt_draft(r, &(struct adoption){.seen = seen,
						   .like = like,
						   .is_same_hand = is_same_hand,
						   .level = record_protection(r->policy, like),
						   .code = FINDING_OTHER_HAND,
						   .evidence = evidence});
	return result < 0 ? result : 0;
}

/* NAME beside its sealed NAME.age: the next content, or the same again, if it is by the drafter or the
 * responsible person. */
static int as_beside(struct registrar *r, const struct store_seen *seen, enum known *ret)
{
	OWNED(record) struct record *record = NULL;
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	bool is_theirs;
	int result = find_named(r, seen, strlen(seen->path), ".age", &record);

	TRY(result);
	result = record ? look_document(r->store, record->number, &a, &d) : STORE_NOT_FOUND;
	TRY(result);
	if (result == STORE_NOT_FOUND || !d.sealed || !seen->sha256)
		return 0;
	*ret = KNOWN;
	is_theirs = seen->uid == record->drafter_uid || (record->decider_uid != 0 && seen->uid == record->decider_uid);
	if (!is_theirs && text_equal(d.sha256, seen->sha256))
		return watch_say_stranger(r, seen, FINDING_PLAINTEXT_BESIDE,
					  "the content of the sealed file beside it");
	if (!is_theirs)
		return adopt(r, seen, record, "saved by somebody else beside");
	result = jobs_content(r, record->number, seen->root, seen->path);
	return result < 0 ? result : 0;
}

/* NAME.conflict-TIME: a save that came while an older one was being sealed. Nothing of it may be lost. */
static int as_conflict(struct registrar *r, const struct store_seen *seen, enum known *ret)
{
	const char *name = jobs_last_part(seen->path), *end = strstr(name, CONFLICT);
	OWNED(record) struct record *record = NULL;

	if (!end || end == name || !seen->sha256)
		return 0;
	TRY(find_named(r, seen, (size_t)(end - seen->path), ".age", &record));
	if (!record)
		TRY(find_named(r, seen, (size_t)(end - seen->path), "", &record));
	if (!record)
		return 0;
	*ret = KNOWN;
	return adopt(r, seen, record, "a save that collided with");
}

/* ---- by content ---- */

struct same {
	struct registrar *r;
	const struct store_seen *seen;
	struct arena texts;
	const char *moved;  /* the first whose document is nowhere any more, and may be this file */
	const char *copied; /* the first that is protected and still there */
	bool is_sealed;	    /* that one lies sealed */
};

static int compare_in_clear(const struct store_document *d, void *arg)
{
	struct same *same = arg;
	OWNED(record) struct record *record = NULL;
	bool lives = false;

	TRY(store_record_load(same->r->store, d->number, &record));
	if (!record)
		return 0;
	TRY(is_there(same->r, d, &lives));
	if (!lives && !same->moved && same->seen->uid == record->drafter_uid)
		same->moved = arena_text(&same->texts, d->number);
	if (lives && !same->copied && is_protected(same->r, record))
		same->copied = arena_text(&same->texts, d->number);
	TRY(arena_check(&same->texts));
	return same->moved ? STORE_STOP : 0;
}

/* A thousand copies of one form are a thousand documents of one content: the first that is protected says it
 * all, and more than one in clear. */
static int compare_sealed(const struct store_document *d, void *arg)
{
	struct same *same = arg;
	OWNED(record) struct record *record = NULL;

	TRY(store_record_load(same->r->store, d->number, &record));
	if (!record || !is_protected(same->r, record))
		return 0;
	same->copied = arena_text(&same->texts, d->number);
	same->is_sealed = true;
	TRY(arena_check(&same->texts));
	return STORE_STOP;
}

static int take_moved(struct registrar *r, const char *number, const struct store_seen *seen)
{
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	int result = look_document(r->store, number, &a, &d);

	TRY(result);
	TRY(watch_say_stranger(r, seen, FINDING_NONE, NULL));
	return result == 0 ? watch_note_moved(r, &d, seen) : 0;
}

static int as_content(struct registrar *r, const struct store_seen *seen, enum known *ret)
{
	struct same same = {.r = r, .seen = seen};
	OWN_MEM char *evidence = NULL;
	int result;

	if (!seen->sha256 || seen->size == 0)
		return 0;
	result = store_document_by_content(r->store, &(struct store_content){seen->sha256, seen->size, false},
					   compare_in_clear, &same);
	if (result >= 0 && !same.moved)
		result = store_document_by_content(r->store, &(struct store_content){seen->sha256, seen->size, true},
						   compare_sealed, &same);
	if (result >= 0 && same.moved) {
		*ret = KNOWN;
		result = take_moved(r, same.moved, seen);
	} else if (result >= 0 && same.copied) {
		*ret = KNOWN;
		evidence = text_format("a copy in clear of %s", same.copied);
		result = watch_say_stranger(r, seen, same.is_sealed ? FINDING_STORAGE : FINDING_FOREIGN, evidence);
	}
	arena_done(&same.texts);
	return result < 0 ? result : 0;
}

int watch_identify(struct registrar *r, const struct store_seen *seen)
{
	static int (*const rules[])(struct registrar *, const struct store_seen *,
				    enum known *) = {as_sealed, as_saved, as_beside, as_conflict, as_content};
	enum known known = UNKNOWN;

	if (!r->policy || (seen->event != SEEN_SETTLED && seen->event != SEEN_SCANNED))
		return 0;
	for (size_t i = 0; i < array_n(rules) && known == UNKNOWN; i++)
		TRY(rules[i](r, seen, &known));
	if (known == UNKNOWN && seen->inspected)
		return watch_say_stranger(r, seen, FINDING_NONE, NULL);
	return 0;
}
