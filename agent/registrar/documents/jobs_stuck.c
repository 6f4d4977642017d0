/*
 * What cannot be sealed is never forgotten: it is tried for ever, a finding gives the reason, and both end when it is
 * sealed. A file system that takes nothing is one cause for many files: one of them tries at a time, the others wait
 * without an entry in the journal, for the journal's disk is the next to be full.
 */
#include "registrar/documents/jobs_private.h"
#include "registrar/oversight/findings.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The first sentence, for what follows it may differ from try to try. Never 0. */
static uint32_t reason_of(const char *detail)
{
	uint32_t hash = 2166136261u;

	for (; *detail && *detail != '.'; detail++)
		hash = (hash ^ (uint8_t)*detail) * 16777619u;
	return hash ? hash : 1;
}

static int say(struct job *job, const char *why)
{
	int result = findings_set(job->r,
				  &(struct findings_other){.code = FINDING_NOT_SEALED,
							   .about = {.number = job->number},
							   .evidence = why ? why : "",
							   .is_true = why != NULL},
				  NULL);

	return result < 0 ? result : 0; /* read-only: the next try says it */
}

static bool is_said_before(struct job *job)
{
	struct jobs *jobs = job->r->jobs;
	int64_t id = 0;

	return jobs->n_stuck_before > 0 &&
	       store_finding_open_id(job->r->store, FINDING_NOT_SEALED, &(struct store_about){.number = job->number},
				     &id) == 0 &&
	       id != 0;
}

int stuck_failed(struct job *job)
{
	uint32_t by = reason_of(job->detail);
	uint64_t now = loop_now_ms();

	if (job->failing_since_ms == 0)
		job->failing_since_ms = now;
	if (job->stuck_by == by || (job->stuck_by == 0 && now - job->failing_since_ms < JOBS_STUCK_MS) ||
	    !registrar_may_work(job->r))
		return 0;
	if (job->stuck_by != 0)
		TRY(say(job, NULL));
	TRY(say(job, job->detail));
	job->stuck_by = by;
	return 0;
}

int stuck_over(struct job *job)
{
	job->failing_since_ms = 0;
	if (job->stuck_by == 0 && !is_said_before(job))
		return 0;
	job->stuck_by = 0;
	return say(job, NULL);
}

/* ---- after a start ---- */

struct stuck {
	struct registrar *r;
	struct arena texts;
	struct stuck_one {
		struct stuck_one *next;
		const char *number, *evidence;
		enum finding_code code;
	} * first;
};

static int take(const struct store_finding *f, void *arg)
{
	struct stuck *stuck = arg;
	struct stuck_one *one;

	if (!f->number || (f->code != FINDING_NOT_SEALED && f->code != FINDING_STILL_OPEN))
		return 0;
	one = arena_alloc(&stuck->texts, sizeof(*one));
	if (!one)
		return arena_check(&stuck->texts);
	*one = (struct stuck_one){stuck->first, arena_text(&stuck->texts, f->number),
				  arena_text(&stuck->texts, f->evidence ? f->evidence : ""), f->code};
	stuck->first = one;
	return arena_check(&stuck->texts);
}

/* Its wish may have been one that nothing else remembers. */
static int take_up(struct registrar *r, const struct stuck_one *one)
{
	int result = jobs_seal(r, one->number);
	struct job *job = jobs_find(r->jobs, one->number);

	TRY(result);
	if (job && one->code == FINDING_NOT_SEALED)
		job->stuck_by = reason_of(one->evidence);
	if (job && one->code == FINDING_STILL_OPEN) {
		job->is_told = true;
		job->open_before = r->policy ? r->policy->open_minutes + 1 : 1;
	}
	return 0;
}

int stuck_begin(struct registrar *r)
{
	struct stuck stuck = {.r = r};
	struct store_finding_filter open = {.state = "open", .limit = STORE_NO_LIMIT};
	int result = store_finding_list(r->store, &open, take, &stuck);

	for (const struct stuck_one *one = stuck.first; one && result >= 0; one = one->next) {
		r->jobs->n_stuck_before += one->code == FINDING_NOT_SEALED;
		result = take_up(r, one);
	}
	arena_done(&stuck.texts);
	return result < 0 ? result : 0;
}

/* ---- a file system that takes nothing ---- */

static struct jobs_gate **gate_at(struct registrar *r, uint32_t root)
{
	struct jobs_gate **at = &r->jobs->gates;

	while (*at && (*at)->root != root)
		at = &(*at)->next;
	return at;
}

static void code_of(uint32_t root, char ret[64])
{
	(void)snprintf(ret, 64, "root.%u/not-sealed", root);
}

int gate_shut(struct registrar *r, uint32_t root, const char *why)
{
	struct jobs_gate **at = gate_at(r, root), *gate = *at;
	uint64_t now = loop_now_ms(), ms;
	char code[64];

	if (!gate) {
		gate = *at = calloc(1, sizeof(*gate));
		if (!gate)
			return FAULT(ENOMEM, "a file system that takes nothing");
		gate->root = root;
	} else if (gate->until_ms > now && !gate->is_trying && text_equal(gate->why, why))
		return 0; /* of those that were under way when it was shut */
	ms = (uint64_t)JOBS_RETRY_MS << (gate->tries < 5 ? gate->tries : 5);
	gate->tries++;
	gate->is_trying = false;
	gate->until_ms = now + (ms < JOBS_RETRY_MAX_MS ? ms : JOBS_RETRY_MAX_MS);
	code_of(root, code);
	if (!text_equal(gate->why, why)) {
		TRY(role_recovered(&r->role, code));
		(void)snprintf(gate->why, sizeof(gate->why), "%s", why);
	}
	return role_degraded(&r->role, code, why);
}

const char *gate_why(struct registrar *r, uint32_t root)
{
	struct jobs_gate *gate = *gate_at(r, root);
	uint64_t now = loop_now_ms();

	if (!gate)
		return NULL;
	if (gate->until_ms > now)
		return gate->why;
	gate->is_trying = true;
	gate->until_ms = now + JOBS_RETRY_MAX_MS; /* for the others, until this one has its answer */
	return NULL;
}

bool gate_is_shut(struct registrar *r, uint32_t root)
{
	return *gate_at(r, root) != NULL;
}

int gate_open(struct registrar *r, uint32_t root)
{
	struct jobs_gate **at = gate_at(r, root), *gate = *at;
	char code[64];

	if (!gate)
		return 0;
	*at = gate->next;
	free(gate);
	code_of(root, code);
	TRY(role_recovered(&r->role, code));
	for (size_t i = 0; i < JOBS_BUCKETS; i++)
		for (struct job *job = r->jobs->by_number[i]; job; job = job->next)
			if (job->phase == JOB_WAITS && job->shown == SEALING_FAILED)
				TRY(jobs_queue(job));
	return 0;
}

void gates_free(struct jobs *jobs)
{
	while (jobs->gates) {
		struct jobs_gate *gate = jobs->gates;

		jobs->gates = gate->next;
		free(gate);
	}
}
