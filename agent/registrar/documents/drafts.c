/*
 * Once a minute: a draft that is left lying is sealed and goes on being a draft, what has no record after its grace
 * period becomes one, and what is kept open for too long is told. Costs one look at each draft in clear.
 */
#include "registrar/documents/drafts.h"

#include "registrar/documents/jobs.h"
#include "registrar/documents/unrecorded.h"
#include "registrar/store/store.h"

#include <time.h>

#define DRAFTS_EVERY_MS 60000
#define NS_PER_MINUTE	UINT64_C(60000000000)

struct round {
	struct registrar *r;
	uint64_t now_ns;
	const struct level *level;
	bool due;
};

static int look(const struct store_document *d, void *arg)
{
	struct round *round = arg;
	uint64_t idle = (uint64_t)round->level->draft_idle_minutes * NS_PER_MINUTE;

	round->due = d->plain && !d->sealed && d->mtime_ns + idle <= round->now_ns;
	return 0;
}

static int on_draft(const struct record *record, void *arg)
{
	struct round *round = arg;

	round->level = record_protection(round->r->policy, record);
	round->due = false;
	if (round->level->draft_in_clear != DRAFT_UNTIL_IDLE)
		return 0;
	TRY(store_document_of(round->r->store, record->number, look, round));
	return round->due ? jobs_seal(round->r, record->number) : 0;
}

int drafts_seal_idle(struct registrar *r, uint64_t now_ns)
{
	struct round round = {.r = r, .now_ns = now_ns};
	struct store_record_filter drafts = {.states = 1u << RECORD_DRAFT, .limit = STORE_NO_LIMIT};
	int status;

	if (!r->policy || !r->meta_key || !registrar_may_work(r))
		return 0;
	status = store_record_list(r->store, &drafts, on_draft, &round);
	return status < 0 ? status : 0;
}

static int on_timer(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct registrar, drafts_timer);
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* compared with the file's own time stamps */
	TRY(drafts_seal_idle(r, (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec));
	if (r->policy && r->meta_key && registrar_may_work(r)) {
		TRY(unrecorded_enforce(r));
		TRY(jobs_tell_open(r));
	}
	return loop_arm(&r->role.loop, timer, DRAFTS_EVERY_MS, on_timer);
}

int drafts_start(struct registrar *r)
{
	return loop_arm(&r->role.loop, &r->drafts_timer, DRAFTS_EVERY_MS, on_timer);
}
