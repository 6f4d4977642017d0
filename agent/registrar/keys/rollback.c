/* The witnesses, and the frozen state. */
#include "registrar/keys/rollback_private.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/watch_private.h"
#include "registrar/journal/journal.h"
#include "registrar/oversight/findings.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RESTORED_MAX ((size_t)65536)

/* ---- frozen ---- */

static int freeze(struct registrar *r, enum rollback_kind kind, const char *why)
{
	struct rollback *b = r->rollback;

	if (r->is_frozen || r->read_only) /* the worse is said already */
		return 0;
	b->kind = kind;
	r->is_frozen = true;
	(void)snprintf(r->frozen_why, sizeof(r->frozen_why), "%s", why);
	TRY(role_degraded(&r->role, rollback_kind_name(kind), why));
	return r->meta_key ? rollback_tell(r) : 0;
}

const char *rollback_kind_name(enum rollback_kind kind)
{
	return kind == ROLLBACK_KIND_RESTORED ? "restored" : "rollback";
}

int rollback_tell(struct registrar *r)
{
	int result;

	if (!r->is_frozen || !r->policy)
		return 0;
	result = findings_set(
	    r,
	    &(struct findings_other){
		.code = FINDING_ROLLBACK, .about = {.subject = "state"}, .evidence = r->frozen_why, .is_true = true},
	    NULL);
	return result < 0 ? result : 0;
}

int rollback_begin(struct registrar *r, bool *ret_waits)
{
	*ret_waits = r->rollback->wants_jobs = r->is_frozen;
	return rollback_tell(r);
}

int rollback_recovered(struct registrar *r)
{
	int result;

	if (r->is_frozen || !r->policy)
		return 0;
	result = findings_set(
	    r, &(struct findings_other){.code = FINDING_ROLLBACK, .about = {.subject = "state"}, .evidence = ""}, NULL);
	return result < 0 ? result : 0;
}

/* ---- the file of a restore ---- */

static int open_state(struct registrar *r, int *ret_own)
{
	*ret_own = -1;
	if (r->role.resources[RESOURCE_STATE] >= 0)
		return r->role.resources[RESOURCE_STATE];
	*ret_own = open(r->role.state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret_own;
}

static int read_restored(struct registrar *r)
{
	OWN_FD int own = -1;
	OWN_BUFFER struct buffer text = {0};
	OWNED(json) struct json *manifest = NULL;
	OWN_MEM char *why = NULL;
	OWN_FD int fd = openat(open_state(r, &own), ROLLBACK_RESTORED, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const char *made = NULL;

	if (fd < 0)
		return errno == ENOENT ? 0 : FAULT(errno, "%s", ROLLBACK_RESTORED);
	/* One that does not read still says that there was a restore. */
	if (files_read_rest(&files_linux, fd, RESTORED_MAX, &text) == 0 &&
	    json_parse(buffer_bytes(&text), &manifest) == 0)
		made = json_get_text(json_look(manifest), "made");
	(void)snprintf(r->rollback->made, sizeof(r->rollback->made), "%s", made ? made : "");
	why = text_format("this state was restored from a backup of %s", made ? made : "an unknown time");
	return freeze(r, ROLLBACK_KIND_RESTORED, why ? why : "this state was restored from a backup");
}

void rollback_forget_restored(struct registrar *r)
{
	OWN_FD int own = -1;

	(void)unlinkat(open_state(r, &own), ROLLBACK_RESTORED, 0); /* one that stays is asked about again */
}

/* ---- the keeper's mark ---- */

static int take_hash(uint64_t seq, struct bytes line, struct json_view entry, void *arg)
{
	(void)seq;
	(void)entry;
	chain_hash(line, arg);
	return 1;
}

/* Is the journal the one that the mark was taken of? */
static int compare(struct registrar *r, const struct frame_marked *m)
{
	uint64_t durable = journal_durable(r->journal);
	char hash[CHAIN_HASH_TEXT] = "", marked[CHAIN_HASH_TEXT];
	OWN_MEM char *why = NULL;

	if (m->entries > durable) {
		why = text_format("the journal has %llu entries and had %llu: an older state was put back",
				  (unsigned long long)durable, (unsigned long long)m->entries);
		return freeze(r, ROLLBACK_KIND_ROLLBACK, why ? why : "an older state was put back");
	}
	if (m->entries == 0)
		return 0;
	TRY(journal_read(r->journal, m->entries - 1, take_hash, hash));
	text_hex(m->last, sizeof(m->last), marked);
	if (text_equal(hash, marked))
		return 0;
	why = text_format("entry %llu of the journal is not the one that it was: another state was put back",
			  (unsigned long long)m->entries);
	return freeze(r, ROLLBACK_KIND_ROLLBACK, why ? why : "another state was put back");
}

int rollback_on_marked(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_marked *m = &any->marked;

	(void)from;
	(void)fd;
	TRY(registrar_settle(r));
	r->rollback->has_mark = true;
	r->rollback->marked = m->entries;
	if (r->read_only || r->is_frozen)
		return 0;
	if (m->state == MARK_THERE)
		return compare(r, m);
	return freeze(r, ROLLBACK_KIND_ROLLBACK,
		      m->state == MARK_ALTERED ? "the keeper's mark of the journal was altered"
					       : "the keeper's mark of the journal is gone");
}

/* ---- sealed files ---- */

/* The finding is open and nothing is frozen: two have accepted, and the recovery that is to follow has not been done.
 */
int rollback_waits(struct registrar *r, bool *ret)
{
	int64_t id = 0;

	if (!r->is_frozen)
		TRY(store_finding_open_id(r->store, FINDING_ROLLBACK, &(struct store_about){.subject = "state"}, &id));
	*ret = id != 0;
	return 0;
}

static bool is_noted(const struct rollback *b, const char *path)
{
	for (size_t i = 0; i < b->n_paths; i++)
		if (text_equal(b->paths[i], path))
			return true;
	return false;
}

static int note_newer(struct registrar *r, const struct store_seen *seen, const struct record *record, uint32_t version)
{
	struct rollback *b = r->rollback;
	OWN_MEM char *shown = text_escape(bytes_of_text(seen->path));
	OWN_MEM char *why =
	    text_format("%s has version %u of %s, the store version %u: an older state was put back",
			shown ? shown : "?", (unsigned)version, record->number, (unsigned)record->version);

	bool waits;

	TRY(rollback_waits(r, &waits));
	if (!is_noted(b, seen->path)) {
		b->n_newer++;
		if (b->n_paths < ROLLBACK_PATHS_MAX && (b->paths[b->n_paths] = text_copy(seen->path)))
			b->n_paths++;
	}
	return waits ? 0 : freeze(r, ROLLBACK_KIND_ROLLBACK, why ? why : "an older state was put back");
}

int rollback_look(struct registrar *r, const struct store_seen *seen, bool *ret_is_newer)
{
	OWNED(record) struct record *record = NULL;
	char id[37] = "", version[24] = "";
	uint64_t number;

	*ret_is_newer = false;
	/* Only what the sealer wrote is a witness: anybody can make a file that says it is newer. */
	if (!r->rollback || !seen->ours || !seen->sealed_args ||
	    sscanf(seen->sealed_args, "%36s %23s", id, version) != 2 || !text_to_u64(version, UINT32_MAX, &number))
		return 0;
	TRY(store_record_by_id(r->store, id, &record));
	*ret_is_newer = record && number > record->version;
	return *ret_is_newer ? note_newer(r, seen, record, (uint32_t)number) : 0;
}

/* ---- the registrar's part ---- */

int rollback_new(struct registrar *r)
{
	r->rollback = calloc(1, sizeof(*r->rollback));
	if (!r->rollback)
		return FAULT(ENOMEM, "rollback");
	r->rollback->r = r;
	return read_restored(r);
}

void rollback_free(struct registrar *r)
{
	struct rollback *b = r->rollback;

	if (!b)
		return;
	loop_disarm(&b->timer);
	for (size_t i = 0; i < b->n_paths; i++)
		free(b->paths[i]);
	free(b);
	r->rollback = NULL;
}
