/* The file holds other bytes than the record knows of: what that makes of the record. */
#include "registrar/documents/jobs_private.h"

#include "base/text.h"
#include "registrar/oversight/findings.h"
#include "registrar/store/record_json.h"

#include <errno.h>
#include <stdio.h>

#define NEWS_TRIES 3 /* of jobs_wait(): seven seconds */

/* A document that lies in clear is where and what the watcher says. */
static int note_document(struct job *job, struct store_document *d, const struct store_seen *seen)
{
	struct json *entry = registrar_entry("document", NULL, 0);

	d->root = seen->root;
	d->path = seen->path;
	d->dev = seen->dev;
	d->ino = seen->ino;
	d->generation = seen->generation;
	d->size = seen->size;
	d->mtime_ns = seen->mtime_ns;
	d->sha256 = seen->sha256;
	d->plain = true;
	json_set_text(entry, "number", job->number);
	json_set(entry, "document", store_document_json(job->r->store, d));
	return registrar_change(job->r, entry);
}

static int waits(struct job *job, const char *why)
{
	int result = jobs_wait(job, SEALING_FAILED, why);

	return result < 0 ? result : 1;
}

/* The drafter's save comes over another socket than what the watcher says of it, and may be heard of later. */
static int wait_for_submitted(struct job *job)
{
	int result;

	if (job->tries >= NEWS_TRIES)
		return waits(job, "The file is not what was submitted any more; submit it again.");
	result = jobs_wait(job, SEALING_WANTED, "What was submitted has not been seen in the folder yet.");
	return result < 0 ? result : 1;
}

/* New content is a version of the record; after a decision it needs a new one (DESIGN 6: changed). */
static int change_record(struct job *job, struct record *record, const struct store_seen *seen)
{
	struct registrar *r = job->r;
	const struct record_step *step = record_step_find(record->state, ACT_CONTENT);
	const struct level *decided = level_find(r->policy, record->decided.level ? record->decided.level : "");
	int result;

	if (text_equal(job->taken, seen->sha256))
		return 0;
	decided = regime_holds(r->policy, record->regime, decided);
	if (!step)
		return waits(job, "The record is in a state that takes no new content.");
	record->version++;
	if (step->to == RECORD_CHANGED && record->state != RECORD_CHANGED)
		record->changed_on = registrar_today(r);
	record->state = record_step_next(step, record->state, decided);
	if (record->request == ACT_APPROVE)
		record->request = ACT_NEW; /* what was proposed is no more what lies there */
	result = registrar_change(r, record_entry(r, record, ACT_CONTENT, NULL, 0));
	TRY(result);
	if (result != 0)
		return waits(job, "The agent is read-only.");
	TRY(findings_refresh(r, record, NULL));
	(void)snprintf(job->taken, sizeof(job->taken), "%s", seen->sha256);
	return 0;
}

int job_take_content(struct job *job, struct record *record, struct store_document *d, const struct store_seen *seen)
{
	bool is_same = text_equal(d->sha256, seen->sha256);
	int result = 0;

	if (is_same && (d->sealed || (d->ino == seen->ino && d->size == seen->size)))
		return 0;
	if (!d->sealed && d->sha256 && !is_same && record->state == RECORD_PROPOSED)
		return wait_for_submitted(job);
	if (d->sha256 && !is_same && (d->sealed || record->state != RECORD_DRAFT))
		result = change_record(job, record, seen);
	if (result != 0 || d->sealed)
		return result;
	result = note_document(job, d, seen);
	return result > 0 ? waits(job, "The agent is read-only.") : result;
}

int jobs_seen_in_clear(struct registrar *r, const char *number, const struct store_seen *seen)
{
	OWN_ARENA struct arena a = {0};
	OWNED(record) struct record *record = NULL;
	struct store_document d = {0};
	struct job *job;
	int result;

	if (jobs_find(r->jobs, number) || !registrar_may_work(r))
		return 0; /* the job looks itself */
	TRY(store_record_load(r->store, number, &record));
	result = record ? look_document(r->store, number, &a, &d) : STORE_NOT_FOUND;
	TRY(result);
	if (result == STORE_NOT_FOUND || d.sealed ||
	    (text_equal(d.sha256, seen->sha256) && d.ino == seen->ino && d.size == seen->size))
		return 0;
	job = jobs_get(r, number);
	if (!job)
		return FAULT(ENOMEM, "job");
	result = job_take_content(job, record, &d, seen);
	if (!job->wants_seal && !job->wants_label)
		jobs_drop(job);
	return result < 0 ? result : 0;
}
