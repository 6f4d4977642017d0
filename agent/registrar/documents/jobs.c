/* Which jobs there are and whose turn it is. What a job does is in jobs_seal.c. */
#include "registrar/documents/jobs_private.h"
#include "registrar/documents/watch.h"
#include "registrar/keys/rotate.h"
#include "registrar/oversight/findings.h"

#include "base/text.h"
#include "system/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STEPS_PER_TURN 250

const char *sealing_name(enum sealing sealing)
{
	static const char *const names[] = {
	    [SEALING_NONE] = "none",	       [SEALING_WANTED] = "wanted", [SEALING_STILL_OPEN] = "still-open",
	    [SEALING_UNDER_WAY] = "sealing",   [SEALING_SEALED] = "sealed", [SEALING_FAILED] = "failed",
	    [SEALING_DESTROYED] = "destroyed",
	};

	return names[sealing];
}

/* Jobs by number */

/* FNV-1a. Numbers are ours; who chooses names to collide makes his own folder slow. */
static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

static struct job **bucket_of(struct jobs *jobs, const char *number)
{
	return &jobs->by_number[hash_text(2166136261u, number) % JOBS_BUCKETS];
}

struct job *jobs_find(struct jobs *jobs, const char *number)
{
	struct job *job = *bucket_of(jobs, number);

	while (job && strcmp(job->number, number) != 0)
		job = job->next;
	return job;
}

struct job *jobs_find_intent(struct jobs *jobs, uint64_t intent)
{
	struct job *job;

	LIST_FOREACH(job, &jobs->by_intent[intent % JOBS_BUCKETS], same_bucket)
	if (job->intent == intent)
		return job;
	return NULL;
}

static struct job_list *taking_at(struct jobs *jobs, uint32_t root, const char *path)
{
	return &jobs->by_source[hash_text(2166136261u ^ root, path) % JOBS_BUCKETS];
}

void jobs_begin_taking(struct job *job)
{
	if (job->is_taking) /* told a second time, after a sealer's death */
		return;
	LIST_INSERT_HEAD(taking_at(job->r->jobs, job->plan.root, job->plan.source), job, same_source);
	job->is_taking = true;
}

bool jobs_note_name(struct registrar *r, uint32_t root, const char *path, bool is_gone)
{
	struct job *job;

	LIST_FOREACH(job, taking_at(r->jobs, root, path), same_source)
	if (job->plan.root == root && text_equal(job->plan.source, path)) {
		job->is_vanished = is_gone;
		return true;
	}
	return false;
}

/* A file alone is sealed without delay; many share their waits for the disk. */
static void gather(struct jobs *jobs)
{
	jobs->r->gather_ms = jobs->n_in_flight >= JOBS_MANY ? JOBS_GATHER_MS : 0;
}

void jobs_leave_flight(struct job *job)
{
	if (job->is_taking)
		LIST_REMOVE(job, same_source);
	job->is_taking = job->is_vanished = false;
	job_plan_forget(job);
	if (!job->intent)
		return;
	LIST_REMOVE(job, flight);
	LIST_REMOVE(job, same_bucket);
	job->r->jobs->n_in_flight--;
	job->intent = 0;
	job->phase = JOB_WAITS;
}

void jobs_take_off(struct job *job, uint64_t intent, bool is_rewrap)
{
	struct jobs *jobs = job->r->jobs;

	job->intent = intent;
	job->is_rewrap = is_rewrap;
	job->phase = JOB_SEALING;
	job->shown = SEALING_UNDER_WAY;
	job->detail[0] = 0;
	LIST_INSERT_HEAD(&jobs->flying, job, flight);
	LIST_INSERT_HEAD(&jobs->by_intent[intent % JOBS_BUCKETS], job, same_bucket);
	jobs->n_in_flight++;
	gather(jobs);
}

struct job *jobs_get(struct registrar *r, const char *number)
{
	struct job *job = jobs_find(r->jobs, number);
	struct job **bucket = bucket_of(r->jobs, number);

	if (job || strlen(number) >= sizeof(job->number))
		return job;
	job = calloc(1, sizeof(*job));
	if (!job)
		return NULL;
	*job = (struct job){.r = r, .next = *bucket, .sealer = -1, .shown = SEALING_WANTED};
	(void)snprintf(job->number, sizeof(job->number), "%s", number);
	*bucket = job;
	return job;
}

static void leave_queue(struct job *job)
{
	struct jobs *jobs = job->r->jobs;
	struct job **at = &jobs->due;

	while (*at && *at != job)
		at = &(*at)->next_due;
	if (*at) {
		*at = job->next_due;
		if (jobs->due_end == &job->next_due)
			jobs->due_end = at;
	}
	job->is_queued = false;
}

void job_set_sealer(struct job *job, int sealer)
{
	struct jobs *jobs = job->r->jobs;

	if (job->sealer >= 0) {
		jobs->n_at_sealers--;
		jobs->at_sealer[job->sealer]--;
	}
	if (sealer >= 0) {
		jobs->n_at_sealers++;
		jobs->at_sealer[sealer]++;
	}
	job->sealer = sealer;
}

bool jobs_have_room(const struct jobs *jobs)
{
	return jobs->n_at_sealers < JOBS_AT_SEALERS;
}

void jobs_drop(struct job *job)
{
	struct job **at = bucket_of(job->r->jobs, job->number);

	job_set_sealer(job, -1);

	if (job->is_queued)
		leave_queue(job);
	jobs_leave_flight(job);
	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	loop_disarm(&job->retry);
	free(job->source_path);
	free(job);
}

/* Turns */

static int on_turn(struct loop_timer *timer)
{
	struct jobs *jobs = container_of(timer, struct jobs, turn);

	for (int n = 0; jobs->due && n < STEPS_PER_TURN && jobs_have_room(jobs); n++) {
		struct job *job = jobs->due;
		int result;

		leave_queue(job);
		result = job->intent ? job_send(job) : job_step(job);
		if (result < 0) {
			log_say(LOG_ERROR, "event=job-failed number=%s", job->number);
			TRY(jobs_wait(job, SEALING_FAILED, "The agent could not do it; see its log."));
		}
	}
	return jobs->due && jobs_have_room(jobs) ? loop_arm(&jobs->r->role.loop, timer, 0, on_turn) : 0;
}

static int arm_turn(struct registrar *r)
{
	struct jobs *jobs = r->jobs;

	return jobs->turn.loop ? 0 : loop_arm(&r->role.loop, &jobs->turn, 0, on_turn);
}

int jobs_queue(struct job *job)
{
	struct jobs *jobs = job->r->jobs;

	loop_disarm(&job->retry);
	if (!job->is_queued) {
		job->is_queued = true;
		job->next_due = NULL;
		*jobs->due_end = job;
		jobs->due_end = &job->next_due;
	}
	return arm_turn(job->r);
}

static int on_retry(struct loop_timer *timer)
{
	struct job *job = container_of(timer, struct job, retry);

	return job->phase == JOB_WAITS ? jobs_queue(job) : job_send(job);
}

int jobs_wait(struct job *job, enum sealing shown, const char *detail)
{
	uint64_t ms = (uint64_t)JOBS_RETRY_MS << (job->tries < 5 ? job->tries : 5);

	job->shown = shown;
	(void)snprintf(job->detail, sizeof(job->detail), "%s", detail);
	job->tries++;
	TRY(loop_arm(&job->r->role.loop, &job->retry, ms < JOBS_RETRY_MAX_MS ? ms : JOBS_RETRY_MAX_MS, on_retry));
	return shown == SEALING_FAILED ? stuck_failed(job) : 0;
}

int jobs_wait_for_writer(struct job *job, enum sealing shown, const char *detail)
{
	if (job->open_since_ms == 0)
		job->open_since_ms = loop_now_ms();
	return jobs_wait(job, shown, detail);
}

static int refresh_findings(struct registrar *r, const char *number)
{
	OWNED(record) struct record *record = NULL;
	int result = store_record_load(r->store, number, &record);

	TRY(result);
	result = record ? findings_refresh(r, record, NULL) : 0;
	return result < 0 ? result : 0;
}

/* Nobody keeps it open, and nothing else is in its way. */
static int close_findings(struct job *job)
{
	bool is_told = job->is_told;

	job->open_since_ms = 0;
	job->open_before = 0;
	job->is_told = false;
	TRY(stuck_over(job));
	return is_told ? refresh_findings(job->r, job->number) : 0;
}

int jobs_done(struct job *job)
{
	TRY(close_findings(job));
	jobs_drop(job);
	return 0;
}

/* It was not the sealer who took the name, or not for good. */
static int tell_vanished(struct job *job)
{
	OWN_MEM char *path = NULL;
	struct watch_taken was;

	if (!job->is_vanished)
		return 0;
	path = text_copy(job->plan.source);
	was = (struct watch_taken){.root = job->plan.root, .path = path, .dev = job->plan.dev, .ino = job->plan.ino};
	return path ? watch_gone(job->r, &was) : FAULT(ENOMEM, "name");
}

int jobs_landed(struct job *job, bool again)
{
	struct registrar *r = job->r;

	TRY(tell_vanished(job));
	jobs_leave_flight(job);
	gather(r->jobs);
	job_set_sealer(job, -1);
	if (again)
		TRY(close_findings(job));
	if (!job->wants_seal && !job->wants_label)
		jobs_drop(job);
	else if (again)
		TRY(jobs_queue(job));
	return arm_turn(r);
}

uint32_t jobs_open_minutes(struct registrar *r, const char *number)
{
	const struct job *job = jobs_find(r->jobs, number);

	if (!job || (job->open_since_ms == 0 && job->open_before == 0))
		return 0;
	return job->open_before + (job->open_since_ms ? (uint32_t)((loop_now_ms() - job->open_since_ms) / 60000) : 0);
}

int jobs_tell_open(struct registrar *r)
{
	if (!r->policy || r->policy->open_minutes == 0 || !registrar_may_work(r))
		return 0;
	for (size_t i = 0; i < JOBS_BUCKETS; i++)
		for (struct job *job = r->jobs->by_number[i]; job; job = job->next) {
			if (job->is_told || jobs_open_minutes(r, job->number) <= r->policy->open_minutes)
				continue;
			job->is_told = true;
			TRY(refresh_findings(r, job->number));
		}
	return 0;
}

int jobs_unlocked(struct registrar *r)
{
	for (size_t i = 0; i < JOBS_BUCKETS; i++)
		for (struct job *job = r->jobs->by_number[i]; job; job = job->next)
			if (job->phase == JOB_WAITS && job->is_locked)
				TRY(jobs_queue(job));
	return 0;
}

/* Wishes */

static int want(struct registrar *r, const char *number, bool label)
{
	struct job *job = jobs_get(r, number);

	if (!job)
		return FAULT(ENOMEM, "job");
	job->wants_seal = job->wants_seal || !label;
	job->wants_label = job->wants_label || label;
	job->tries = 0;
	if (!registrar_may_work(r))
		return REGISTRAR_READ_ONLY;
	return job->phase == JOB_WAITS ? jobs_queue(job) : 0;
}

int jobs_seal(struct registrar *r, const char *number)
{
	return want(r, number, false);
}

int jobs_relabel(struct registrar *r, const char *number)
{
	return want(r, number, true);
}

int jobs_content(struct registrar *r, const char *number, uint32_t root, const char *path)
{
	struct job *job = jobs_get(r, number);
	char *copy = text_copy(path);

	if (!job || !copy) {
		free(copy);
		return FAULT(ENOMEM, "job");
	}
	free(job->source_path);
	job->source_path = copy;
	job->source_root = root;
	return want(r, number, false);
}

int jobs_file_moved_on(struct registrar *r, const char *number)
{
	struct job *job = jobs_find(r->jobs, number);

	if (!job || job->phase != JOB_WAITS)
		return 0;
	job->tries = 0;
	return jobs_queue(job);
}

bool jobs_are_under_way(const struct registrar *r)
{
	return r->jobs->n_in_flight > 0 || rotate_is_flying(r);
}

bool jobs_are_flying(const struct registrar *r)
{
	return r->jobs->n_in_flight > 0;
}

uint64_t jobs_flying_since(const struct registrar *r)
{
	uint64_t first = UINT64_MAX;
	const struct job *job;

	LIST_FOREACH(job, &r->jobs->flying, flight)
	first = job->intent < first ? job->intent : first;
	return first;
}

bool jobs_has(const struct registrar *r, const char *number)
{
	return jobs_find(r->jobs, number) != NULL;
}

struct sealed_as {
	bool is_sealed;
	char key_id[9];
};

static int see_sealed(const struct store_document *d, void *arg)
{
	struct sealed_as *as = arg;

	as->is_sealed = d->sealed;
	(void)snprintf(as->key_id, sizeof(as->key_id), "%s", d->key_id ? d->key_id : "");
	return 0;
}

enum sealing jobs_sealing(struct registrar *r, const char *number, const char **ret_detail)
{
	const struct job *job = jobs_find(r->jobs, number);
	struct sealed_as as = {0};
	bool is_gone = false;

	if (ret_detail)
		*ret_detail = job ? job->detail : "";
	if (job && (job->wants_seal || job->phase != JOB_WAITS))
		return job->shown;
	if (store_document_of(r->store, number, see_sealed, &as) != 0 || !as.is_sealed)
		return SEALING_NONE;
	if (store_key_is_destroyed(r->store, as.key_id, &is_gone) == 0 && is_gone) {
		if (ret_detail)
			*ret_detail = "Its key was destroyed: nobody can read it here any more.";
		return SEALING_DESTROYED;
	}
	return SEALING_SEALED;
}

int jobs_new(struct registrar *r)
{
	r->jobs = calloc(1, sizeof(*r->jobs));
	if (!r->jobs)
		return FAULT(ENOMEM, "jobs");
	r->jobs->r = r;
	r->jobs->due_end = &r->jobs->due;
	return 0;
}

void jobs_free(struct jobs *jobs)
{
	if (!jobs)
		return;
	readings_free(jobs);
	gates_free(jobs);
	for (size_t i = 0; i < JOBS_BUCKETS; i++)
		while (jobs->by_number[i])
			jobs_drop(jobs->by_number[i]);
	loop_disarm(&jobs->turn);
	free(jobs);
}
