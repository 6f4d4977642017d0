/* What is taken up after a start, when a peer is back, and when journal and store take writing again. */
#include "registrar/documents/jobs_private.h"
#include "registrar/custody/destruction.h"
#include "registrar/keys/rotate.h"

#include <errno.h>
#include <string.h>

static int reopen_intent(const struct store_intent *intent, void *arg)
{
	struct registrar *r = arg;
	bool is_ours = intent->number && strcmp(intent->kind, ROTATE_INTENT) != 0;
	struct job *job = is_ours ? jobs_get(r, intent->number) : NULL;

	if (!job || job->intent != 0)
		return 0;
	jobs_take_off(job, intent->id, strcmp(intent->kind, "rewrap") == 0);
	job->wants_label = job->wants_label || job->is_rewrap;
	job->wants_seal = job->wants_seal || !job->is_rewrap;
	return 0;
}

/* May it lie in clear? Drafts of some levels may, until they are submitted or idle (the sweep sees to those). */
static bool may_lie_in_clear(struct registrar *r, const struct record *record)
{
	const struct level *level = record_protection(r->policy, record);

	if (!level_is_classified(level) || record_is_over(r->policy, record, registrar_today(r)))
		return true;
	if (record->state == RECORD_DRAFT && record->proposed.basis == BASIS_MISSING)
		return false; /* the agent's own draft of a file that nobody tagged */
	return record->state == RECORD_DRAFT && level->draft_in_clear != DRAFT_NEVER;
}

/* The wish to seal it was lost with the process. */
static int want_unsealed(const struct store_document *d, void *arg)
{
	struct registrar *r = arg;
	OWNED(record) struct record *record = NULL;

	if (d->sealed || jobs_find(r->jobs, d->number))
		return 0;
	TRY(store_record_load(r->store, d->number, &record));
	if (!record || may_lie_in_clear(r, record))
		return 0;
	return jobs_seal(r, d->number) < 0 ? -EIO : 0;
}

/* Likewise the wish for the label that was decided last; what is in flight asks itself when it lands. */
static int want_label(const struct store_document *d, void *arg)
{
	struct registrar *r = arg;

	return jobs_find(r->jobs, d->number) || jobs_relabel(r, d->number) >= 0 ? 0 : -EIO;
}

/* What the store says is to be done: wishes were lost with the process, or with the entries that could not be written.
 */
static int take_up(struct registrar *r)
{
	TRY(store_intent_list(r->store, NULL, reopen_intent, r));
	if (r->policy)
		TRY(store_document_list(r->store, NULL, STORE_NO_LIMIT, want_unsealed, r));
	return store_document_stale(r->store, want_label, r);
}

int jobs_begin(struct registrar *r)
{
	TRY(take_up(r));
	TRY(stuck_begin(r));
	return jobs_resume(r);
}

static int take_up_again(struct job *job)
{
	if (job->intent == 0) {
		job_set_sealer(job, -1);
		return job->wants_seal || job->wants_label ? jobs_queue(job) : 0;
	}
	return job_send(job);
}

int jobs_writable_again(struct registrar *r)
{
	struct job *job;

	if (!r->jobs || !r->meta_key)
		return 0;
	for (size_t i = 0; i < JOBS_BUCKETS; i++)
		for (job = r->jobs->by_number[i]; job; job = job->next)
			jobs_leave_flight(job);
	TRY(take_up(r));
	for (size_t i = 0; i < JOBS_BUCKETS; i++)
		for (job = r->jobs->by_number[i]; job; job = job->next)
			TRY(take_up_again(job));
	return 0;
}

int jobs_resume(struct registrar *r)
{
	TRY(custody_remove_destroyed(r));
	for (struct job *job = LIST_FIRST(&r->jobs->flying), *next; job; job = next) {
		next = LIST_NEXT(job, flight);
		if (job->sealer < 0)
			TRY(job_send(job));
	}
	return 0;
}

int jobs_lost_sealer(struct registrar *r, int index)
{
	struct job *job;

	LIST_FOREACH(job, &r->jobs->flying, flight)
	if (job->sealer == index) {
		job_set_sealer(job, -1);
		job->phase = JOB_SEALING; /* a settle is not understood by another one */
	}
	TRY(readings_lost_sealer(r, index));
	return jobs_resume(r);
}
