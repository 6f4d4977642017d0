/* From names and inodes to records: identity by the rules of DESIGN 2, and what a change means for the record. */
#include "registrar/documents/watch_private.h"

#include "base/text.h"
#include "registrar/custody/destruction.h"
#include "registrar/documents/checkouts.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"

#include <errno.h>
#include <stdio.h>

int watch_note_moved(struct registrar *r, struct store_document *d, const struct store_seen *seen)
{
	struct json *entry = registrar_entry("document", NULL, 0);
	int result;

	d->root = seen->root;
	d->path = seen->path;
	d->dev = seen->dev;
	d->ino = seen->ino;
	d->generation = seen->generation;
	d->size = d->sealed ? d->size : seen->size;
	d->mtime_ns = d->sealed ? d->mtime_ns : seen->mtime_ns;
	json_set_text(entry, "number", d->number);
	json_set(entry, "document", store_document_json(r->store, d));
	result = registrar_change(r, entry);
	return result < 0 ? result : 0;
}

/* The recorded name no longer leads to this inode: a second name of it is not a move. */
static int has_moved(struct registrar *r, const struct store_document *d, const struct store_seen *seen, bool *ret)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen old = {0};
	int result;

	*ret = false;
	if (d->root == seen->root && text_equal(d->path, seen->path))
		return 0;
	result = look_seen(r->store, d->root, d->path, &a, &old);
	TRY(result);
	*ret = result == STORE_NOT_FOUND || old.ino != seen->ino || old.dev != seen->dev;
	return 0;
}

/* What lies at that name says itself whose it is. */
static int is_of_record(struct registrar *r, const struct store_document *d, const struct store_seen *seen, bool *ret)
{
	OWNED(record) struct record *record = NULL;

	TRY(store_record_load(r->store, d->number, &record));
	*ret = record && seen->sealed_args && text_starts(seen->sealed_args, record->id);
	return 0;
}

/* The inode of a file that was replaced is soon another's, and what is told of the old one comes late: a document has
 * moved to where its file was looked into, not to where its inode was. */
static int follow_sealed(struct registrar *r, struct store_document *d, const struct store_seen *seen)
{
	bool moved = false, is_it = false;

	if (seen->ino != d->ino || seen->dev != d->dev)
		return 0; /* our own publication on its way, or a copy */
	TRY(has_moved(r, d, seen, &moved));
	if (moved && !seen->inspected)
		return watch_examine(r, seen);
	if (moved)
		TRY(is_of_record(r, d, seen, &is_it));
	if (is_it)
		TRY(watch_note_moved(r, d, seen));
	if (is_it) /* it may have been moved away from being destroyed */
		TRY(custody_remove_destroyed(r));
	return moved && !is_it ? 0 : watch_set_missing(r, d->number, false);
}

/* The name leads to the very document, but to bytes of somebody else: his file, where an inode was used again. */
static int is_other_hand(struct registrar *r, const struct store_document *d, const struct store_seen *seen, bool *ret)
{
	OWNED(record) struct record *record = NULL;

	TRY(store_record_load(r->store, d->number, &record));
	*ret = !d->sealed && record && record->drafter_uid != seen->uid;
	return 0;
}

/* It left its name to a new file of the same owner before it settled: that is how programs keep a backup (DESIGN 2 and
 * adr/0021). The record stays where the document is looked for; as_saved() says so when the new file has settled. */
static int is_backup(struct registrar *r, const struct store_document *d, const struct store_seen *seen, bool *ret)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen heir = {0};
	int result = look_seen(r->store, d->root, d->path, &a, &heir);

	TRY(result);
	*ret = result == 0 && heir.kind == SEEN_REGULAR && !heir.ours && !heir.number && heir.uid == seen->uid;
	return 0;
}

/* Where a draft in clear is by now. */
static int follow_inode(struct registrar *r, struct store_document *d, const struct store_seen *seen, bool *ret_backup)
{
	bool moved = false;

	TRY(has_moved(r, d, seen, &moved));
	if (moved)
		TRY(is_backup(r, d, seen, ret_backup));
	if (*ret_backup || (!moved && (d->generation != 0 || seen->generation == 0)))
		return 0;
	return watch_note_moved(r, d, seen);
}

static int follow_document(struct registrar *r, struct store_document *d, const struct store_seen *seen)
{
	bool other = false, backup = false;

	TRY(is_other_hand(r, d, seen, &other));
	TRY(watch_say_stranger(r, seen, other ? FINDING_OTHER_HAND : FINDING_NONE,
			       other ? "stands in place of a draft of somebody else" : NULL));
	if (other)
		return 0;
	if (!d->sealed && seen->ino == d->ino && seen->dev == d->dev && seen->event != SEEN_CHANGED)
		TRY(follow_inode(r, d, seen, &backup));
	if (backup)
		return 0;
	if (!d->sealed && seen->inspected && seen->sha256)
		TRY(jobs_seen_in_clear(r, d->number, seen));
	return jobs_file_moved_on(r, d->number);
}

/* A sealed file of ours that is nobody's: on its way while anything is being sealed, else a copy. */
static int follow_nobodys(struct registrar *r, const struct store_seen *seen)
{
	if (jobs_are_under_way(r)) {
		r->watch->has_nobodys = true;
		return watch_look_around(r);
	}
	return seen->inspected ? watch_identify(r, seen) : watch_examine(r, seen);
}

int watch_follow(struct registrar *r, uint32_t root, const char *path)
{
	const struct role_root *where = role_root_find(&r->role, root);
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	struct store_document d = {0};
	int result = look_seen(r->store, root, path, &a, &seen);

	TRY(result);
	if (result == STORE_NOT_FOUND || !where || seen.kind != SEEN_REGULAR)
		return 0;
	if (watch_is_odd(path))
		return watch_follow_odd(r, &seen);
	if (!seen.inspected && !seen.ours && (seen.event == SEEN_SETTLED || seen.event == SEEN_SCANNED))
		TRY(watch_examine(r, &seen));
	if (where->kind == ROOT_CHECKOUT)
		return checkouts_follow(r, &seen);
	result = seen.number ? look_document(r->store, seen.number, &a, &d) : STORE_NOT_FOUND;
	TRY(result);
	if (result == STORE_NOT_FOUND)
		return seen.ours ? follow_nobodys(r, &seen) : watch_identify(r, &seen);
	return seen.ours ? follow_sealed(r, &d, &seen) : follow_document(r, &d, &seen);
}
