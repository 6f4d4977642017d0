/*
 * A step of a job: look at what the store says now, journal an intent, send
 * it; and what follows from the answers. A message is always built from the
 * journalled intent, so the second sending is the same as the first.
 */
#include "registrar/documents/jobs_private.h"
#include "registrar/keys/unlock.h"

#include "base/text.h"
#include "registrar/documents/watch.h"
#include "registrar/keys/rotate.h"
#include "registrar/store/record_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PLACE_NOTE "note"

/* Beginning */

static int start_intent(struct job *job, const char *kind, const struct job_plan *p, const struct record *record)
{
	struct registrar *r = job->r;
	struct json *entry = registrar_entry("intent", NULL, 0);
	int result;

	json_set_text(entry, "kind", kind);
	json_set_text(entry, "number", job->number);
	json_set(entry, "body", job_plan_json(r, p));
	result = registrar_change(r, entry);
	if (result == REGISTRAR_READ_ONLY)
		return jobs_wait(job, SEALING_WANTED, "The agent is read-only.");
	TRY(result);
	jobs_take_off(job, registrar_seq(r), p->from_level != NULL);
	TRY(job_plan_keep(job, p));
	return job_send_known(job, &(struct job_known){.record = record});
}

/* Is the file such that it can be sealed now? 0; 1: the job waits. */
static int check_source(struct job *job, const struct record *record, const struct store_seen *seen)
{
	int result = 0;

	if (seen->kind != SEEN_REGULAR)
		result = jobs_wait(job, SEALING_FAILED, "It is not a regular file.");
	else if (seen->sealed_args)
		result = jobs_wait(job, SEALING_FAILED, "It is a sealed file already, and not sealed again.");
	else if (!job->source_path && seen->uid != record->drafter_uid)
		result = jobs_wait(job, SEALING_FAILED, "A file of somebody else has its place.");
	else if (seen->event == SEEN_OPEN)
		result =
		    jobs_wait_for_writer(job, SEALING_STILL_OPEN, "A program still has the file open for writing.");
	else if (seen->event == SEEN_CHANGED)
		result = jobs_wait_for_writer(job, SEALING_WANTED, "The file was changed just now.");
	else if (!seen->inspected) {
		TRY(watch_examine(job->r, seen));
		result = jobs_wait(job, SEALING_WANTED, "The file is being looked at.");
	} else if (!seen->sha256)
		result = jobs_wait(job, SEALING_FAILED, "The file could not be read.");
	else
		return 0;
	return result < 0 ? result : 1;
}

/* The content that lies there is the sealed one. */
static int nothing_new(struct job *job)
{
	job->wants_seal = false;
	free(steal(&job->source_path));
	return jobs_landed(job, true);
}

static int step_seal(struct job *job, struct record *record, struct store_document *d, struct arena *a)
{
	uint32_t root = job->source_path ? job->source_root : d->root;
	const char *path = job->source_path ? job->source_path : d->path;
	const struct role_root *where = role_root_find(&job->r->role, root);
	const struct level *level;
	struct store_seen seen = {0};
	const char *target, *shut;
	struct job_plan p;
	bool is_same;
	int result = look_seen(job->r->store, root, path, a, &seen);

	TRY(result);
	if (result == STORE_NOT_FOUND && d->sealed) /* the new content is gone; what was sealed before is not */
		return nothing_new(job);
	if (result == STORE_NOT_FOUND || !where)
		return jobs_wait(job, SEALING_WANTED, "The file is not to be seen in a watched folder.");
	result = check_source(job, record, &seen);
	is_same = d->sealed && text_equal(d->sha256, seen.sha256);
	if (result == 0 && is_same && where->kind == ROOT_CHECKOUT)
		return nothing_new(job); /* elsewhere it is sealed again: that takes the plaintext */
	if (result == 0)
		result = job_take_content(job, record, d, &seen);
	if (result != 0)
		return result < 0 ? result : 0;
	shut = gate_why(job->r, d->root);
	if (shut)
		return jobs_wait(job, SEALING_FAILED, shut);
	level = record_protection(job->r->policy, record); /* new content may have raised it just now */
	target = d->path;
	if (!d->sealed)
		TRY(job_target(job, &seen, level, a, &target));
	p = (struct job_plan){
	    .version = record->version,
	    .root = root,
	    .source = path,
	    .target_root = d->root,
	    .target = target,
	    .level = level->code,
	    .dev = seen.dev,
	    .ino = seen.ino,
	    .size = seen.size,
	    .mtime_ns = seen.mtime_ns,
	    .replace_ino = d->sealed ? d->ino : 0,
	    .sha256 = seen.sha256,
	    .content = (d->content ? d->content : 1) + (d->sealed && !is_same ? 1 : 0),
	    .dispose = where->kind != ROOT_CHECKOUT,
	};
	p.keep = job_keep(job, p.content, a);
	TRY(arena_check(a));
	job->wants_label = false; /* it is sealed with the present one */
	return start_intent(job, "seal", &p, record);
}

static int step_label(struct job *job, struct record *record, struct store_document *d, struct arena *a)
{
	const struct level *level = record_protection(job->r->policy, record);
	const struct level *from = level_for_protection(job->r->policy, d->level);
	const char *shut;
	struct job_plan p = {
	    .version = record->version,
	    .root = d->root,
	    .source = d->path,
	    .target_root = d->root,
	    .target = d->path,
	    .keep = d->keep ? d->keep : job_keep(job, d->content ? d->content : 1, a),
	    .level = level->code,
	    .from_level = d->level ? d->level : level->code,
	    .dev = d->dev,
	    .ino = d->ino,
	    .size = d->size,
	    .mtime_ns = d->mtime_ns,
	    .sha256 = d->sha256,
	    .content = d->content ? d->content : 1,
	    .reencrypt = from && from->rank > level->rank,
	};

	TRY(arena_check(a));
	if (!d->sha256)
		return jobs_wait(job, SEALING_FAILED, "The digest of the document is not known.");
	job->is_locked = unlock_is_locked(job->r, p.from_level);
	if (job->is_locked) /* no intent that could only fail */
		return jobs_wait(job, SEALING_WANTED, jobs_outcome_text(SEAL_LOCKED));
	shut = gate_why(job->r, d->root);
	if (shut)
		return jobs_wait(job, SEALING_FAILED, shut);
	return start_intent(job, "rewrap", &p, record);
}

int job_step(struct job *job)
{
	struct registrar *r = job->r;
	OWN_ARENA struct arena a = {0};
	OWNED(record) struct record *record = NULL;
	struct store_document d = {0};
	int result;

	if (job->phase != JOB_WAITS)
		return 0;
	if (rotate_holds(r, job->number))
		return jobs_wait(job, SEALING_WANTED, "Its file is just getting another key.");
	if (!r->meta_key || !r->policy || !registrar_may_work(r))
		return jobs_wait(job, SEALING_WANTED, "The agent cannot write yet.");
	TRY(store_record_load(r->store, job->number, &record));
	result = record ? look_document(r->store, job->number, &a, &d) : STORE_NOT_FOUND;
	TRY(result);
	if (result == STORE_NOT_FOUND && !job->wants_seal)
		return jobs_done(job); /* on paper, or gone: no file could carry the label */
	if (result == STORE_NOT_FOUND)
		return jobs_wait(job, SEALING_FAILED, "The record has no document here.");
	if (d.sealed && !job->source_path)
		job->wants_seal = false;
	if (jobs_sealing(r, job->number, NULL) == SEALING_DESTROYED)
		job->wants_label = false; /* no header of it opens any more */
	if (job->wants_seal || (job->wants_label && !d.sealed && job->wants_seal))
		return step_seal(job, record, &d, &a);
	if (job->wants_label && d.sealed)
		return step_label(job, record, &d, &a);
	return jobs_done(job);
}

/* Answers */

/* The intent cannot be done any more as it stands. */
int job_give_up(struct job *job, const char *outcome, enum sealing shown, const char *detail)
{
	struct json *entry = registrar_entry("intent-end", NULL, 0);

	json_set_int(entry, "intent", (int64_t)job->intent);
	json_set_text(entry, "outcome", outcome);
	cell_set(entry, "detail", job->r->meta_key, PLACE_NOTE, detail);
	TRY(registrar_change(job->r, entry));
	job->wants_seal = job->wants_seal || !job->is_rewrap;
	job->wants_label = job->wants_label || job->is_rewrap;
	TRY(jobs_landed(job, false));
	return jobs_wait(job, shown, detail);
}

static int on_failed(struct job *job, const struct job_plan *p, uint8_t outcome, const char *detail)
{
	char text[200];
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};
	int result = look_seen(job->r->store, p->root, p->source, &a, &seen);

	TRY(result);
	if (result == 0 && outcome == SEAL_CHANGED && !job->is_rewrap)
		TRY(watch_examine(job->r, &seen));
	(void)snprintf(text, sizeof(text), "%s%s%s", jobs_outcome_text(outcome), detail[0] ? " " : "", detail);
	if (!text_is_utf8(bytes_of_text(text)))
		(void)snprintf(text, sizeof(text), "%s", jobs_outcome_text(outcome));
	if (jobs_outcome_is_of_disk(outcome))
		TRY(gate_shut(job->r, p->target_root, text));
	if (outcome == SEAL_CHANGED && job->open_since_ms == 0)
		job->open_since_ms = loop_now_ms(); /* who writes all the time keeps it open as well */
	return job_give_up(job, jobs_outcome_name(outcome), jobs_outcome_shown(outcome), text);
}

/* The new sealed file has its name: journalled before the plaintext may be taken. */
static int journal_sealed(struct job *job, const struct job_plan *p, const struct frame_published *m)
{
	char sha256[65], mac[65], tag[65];
	struct store_document d = {.number = job->number,
				   .root = p->target_root,
				   .path = m->path[0] ? m->path : p->target,
				   .dev = m->dev,
				   .ino = m->ino,
				   .size = p->size,
				   .mtime_ns = p->mtime_ns,
				   .sha256 = sha256,
				   .content = p->content,
				   .sealed = true,
				   .plain = !job->is_rewrap && p->dispose,
				   .keep = p->keep,
				   .level = p->level,
				   .header_mac = mac,
				   .last_tag = tag,
				   .escrow = m->escrow[0] ? m->escrow : NULL,
				   .key_id = m->key_id,
				   .facts = m->facts};
	const char *op = !job->is_rewrap ? "sealed" : p->reencrypt ? "reencrypt" : "rewrap";
	struct json *entry = registrar_entry(op, NULL, 0);

	(void)snprintf(sha256, sizeof(sha256), "%s", p->sha256);
	text_hex(m->header_mac, sizeof(m->header_mac), mac);
	text_hex(m->last_tag.at, m->last_tag.n < 32 ? m->last_tag.n : 0, tag);
	json_set_text(entry, "number", job->number);
	json_set_int(entry, "version", p->version); /* which the file's header speaks of */
	json_set_int(entry, "intent", (int64_t)job->intent);
	json_set(entry, "document", store_document_json(job->r->store, &d));
	return registrar_change(job->r, entry);
}

/* What is asked for is what the record says by now: it may have moved on while the sealer was at work. */
static int note_stale(struct job *job)
{
	int result = store_document_is_stale(job->r->store, job->number, &job->wants_label);

	return result < 0 ? result : 0;
}

/* Its entry has ended the intent, too. */
static int end_rewrap(struct job *job)
{
	TRY(note_stale(job));
	return jobs_landed(job, true);
}

int jobs_on_published(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_published *m = &any->published;
	struct job *job = jobs_find_intent(r->jobs, m->intent);
	const struct job_plan *p;
	struct frame_settle settle = {.intent = m->intent};
	int result;

	(void)fd;
	if (!job || job->phase != JOB_SEALING || job->sealer != from->peer_index)
		return 0;
	result = job_plan_load(job, &p);
	TRY(result);
	if (result != 0)
		return job_give_up(job, "void", SEALING_WANTED, "The plan of the work was lost; it begins anew.");
	if (m->outcome != SEAL_DONE)
		return on_failed(job, p, m->outcome, m->detail);
	result = journal_sealed(job, p, m);
	if (result != 0)
		return result < 0 ? result : 0; /* read-only: without the entry nothing is taken */
	TRY(gate_open(r, p->target_root));
	if (job->is_rewrap)
		return end_rewrap(job);
	job->phase = JOB_DISPOSING;
	if (p->dispose)
		jobs_begin_taking(job);
	settle.dispose = p->dispose;
	return registrar_send(r, ROLE_SEALER, job->sealer, &frame_type_settle, &settle, -1);
}

/* The row of the plaintext goes with it: what is announced from now on is another file. */
static int tell_taken(struct job *job, const struct job_plan *p, const char *detail)
{
	unsigned long n = 0;

	if (!p->dispose)
		return 0;
	(void)sscanf(detail, "aliased: %lu", &n);
	job->is_vanished = false;
	return watch_taken(job->r, &(struct watch_taken){job->number, p->root, p->source, p->dev, p->ino, n, job->intent});
}

int jobs_on_disposed(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_disposed *m = &any->disposed;
	struct job *job = jobs_find_intent(r->jobs, m->intent);
	bool is_over = m->outcome == SEAL_DONE || m->outcome == SEAL_GONE || m->outcome == SEAL_CHANGED;
	OWN_MEM char *source = NULL;
	const struct job_plan *p;
	struct json *entry;
	uint32_t root;

	(void)fd;
	if (!job || job->phase == JOB_WAITS || job->sealer != from->peer_index)
		return 0;
	if (job->phase == JOB_SEALING) /* of a settle whose entry was lost since */
		return job_send(job);
	if (!is_over) {
		job->phase = JOB_SEALING; /* the sealer has forgotten it: it is told all of it again */
		return jobs_wait(job, jobs_outcome_is_of_disk(m->outcome) ? SEALING_FAILED : SEALING_UNDER_WAY,
				 jobs_outcome_text(m->outcome));
	}
	TRY(job_plan_load(job, &p)); /* one that does not read was not sent */
	entry = registrar_entry("disposed", NULL, 0);
	json_set_text(entry, "number", job->number);
	json_set_int(entry, "intent", (int64_t)job->intent);
	if (m->conflict[0])
		cell_set(entry, "conflict", r->meta_key, PLACE_NOTE, m->conflict);
	TRY(registrar_change(r, entry));
	if (m->outcome == SEAL_DONE)
		TRY(tell_taken(job, p, m->detail));
	root = p->root;
	source = text_copy(p->source);
	TRY(note_stale(job));
	job->wants_seal = false;
	job->source_root = 0;
	free(steal(&job->source_path));
	TRY(jobs_landed(job, true));
	return m->outcome == SEAL_CHANGED && source ? watch_left(r, root, source) : 0; /* what stands there now? */
}
