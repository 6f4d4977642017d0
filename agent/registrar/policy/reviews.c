#include "registrar/policy/reviews.h"

#include "base/text.h"
#include "domain/policy.h"
#include "domain/policy_diff.h"
#include "registrar/oversight/findings.h"
#include "registrar/oversight/policy_impact.h"
#include "registrar/policy/sets.h"
#include "registrar/records/tasks.h"
#include "system/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SLICE_RECORDS 20000 /* looked at in one turn */
#define SLICE_TOUCHED 200   /* tasks opened in one turn */
#define PAUSE_MS      20
#define WAIT_MS	      1000 /* for the key, or for a journal that takes entries again */

struct slice {
	char number[SLICE_TOUCHED][STORE_NUMBER_MAX];
	char why[SLICE_TOUCHED][TOUCHED_WHY_MAX];
	size_t n;
};

int reviews_open(struct registrar *r, const char *number, const char *why, bool *ret_opened)
{
	OWNED(record) struct record *record = NULL;
	int64_t open = 0;
	int status = store_record_load(r->store, number, &record);

	*ret_opened = false;
	if (status)
		return status < 0 ? status : 0;
	status = store_task_open_id(r->store, number, TASK_REVIEW_POLICY, &open);
	TRY(status);
	status = findings_set(r,
			      &(struct findings_other){.code = FINDING_CATALOGUE,
						       .about = {.number = number},
						       .evidence = why,
						       .is_true = true},
			      NULL);
	TRY(status);
	const char *owner = text_is_empty(record->responsible) ? record->drafter : record->responsible;
	if (open || text_is_empty(owner))
		return 0;
	*ret_opened = true;
	return tasks_open(r, &(struct tasks_new){.kind = TASK_REVIEW_POLICY,
						 .number = number,
						 .owner = owner,
						 .due = policy_deadline_of(r->policy, registrar_today(r), DEADLINE_REVIEW),
						 .note = why});
}

static int keep(const struct touched *t, void *arg)
{
	struct slice *s = arg;

	(void)snprintf(s->number[s->n], sizeof(s->number[0]), "%s", t->number);
	(void)snprintf(s->why[s->n++], sizeof(s->why[0]), "%s", t->why);
	return s->n == SLICE_TOUCHED;
}

/* What ruled before, as it did on its last day. NULL: it cannot be read any more. */
static int load_before(struct registrar *r, int64_t id, struct policy **ret_pack, const struct policy **ret)
{
	OWN_BUFFER struct buffer report = {0};
	int status;

	*ret = NULL;
	if (id == r->pack_set) { /* an earlier set of the same files */
		*ret = policy_on(r->pack, date_add_days(r->policy->effective, -1));
		return 0;
	}
	status = sets_load(r, id, ret_pack, NULL, &report);
	TRY(status);
	if (status == 0)
		*ret = policy_on(*ret_pack, date_add_days(registrar_today(r), -1));
	return 0;
}

static int note(struct registrar *r, int64_t after, bool is_done, int64_t opened)
{
	struct json *entry = registrar_entry("policy-reviews", NULL, 0);
	int status;

	json_set_text(entry, "what", is_done ? "done" : "going-on");
	json_set_int(entry, "after", after);
	json_set_int(entry, "opened", opened);
	status = registrar_change(r, entry);
	return status < 0 ? status : 0;
}

static int run_slice(struct registrar *r, const struct policy *before, int64_t after, bool *ret_done)
{
	OWN_MEM struct slice *s = calloc(1, sizeof(*s));
	const struct impact_range range = {after, SLICE_RECORDS};
	struct impact_seen seen = {0};
	int64_t opened = 0;
	int status = s ? policy_impact_scan(r, &(struct impact_sets){before, r->policy}, &range,
					    &(struct impact_take){keep, s}, &seen)
		       : FAULT(ENOMEM, "reviews of a new policy");

	for (size_t i = 0; status >= 0 && i < s->n; i++) {
		bool is_new;

		status = reviews_open(r, s->number[i], s->why[i], &is_new);
		opened += is_new;
	}
	TRY(status);
	*ret_done = s->n < SLICE_TOUCHED && seen.considered < SLICE_RECORDS;
	return note(r, seen.last, *ret_done, opened);
}

/* *ret_from < 0: there is nothing to do. */
static int where(struct registrar *r, int64_t *ret_from, int64_t *ret_after)
{
	OWN_MEM char *from = NULL, *after = NULL;
	uint64_t n = 0;

	*ret_from = -1;
	TRY(store_fact(r->store, "reviews_from", &from));
	TRY(store_fact(r->store, "reviews_after", &after));
	if (!from || !text_to_u64(from, INT64_MAX, &n))
		return 0;
	*ret_from = (int64_t)n;
	n = 0;
	(void)text_to_u64(after ? after : "", INT64_MAX, &n); /* made from a number by the store */
	*ret_after = (int64_t)n;
	return 0;
}

static int go_on(struct registrar *r, bool *ret_done)
{
	OWNED(policy) struct policy *pack = NULL;
	const struct policy *before;
	int64_t from, after = 0;

	*ret_done = true;
	TRY(where(r, &from, &after));
	if (from < 0)
		return 0;
	TRY(load_before(r, from, &pack, &before));
	if (before)
		return run_slice(r, before, after, ret_done);
	log_say(LOG_WARNING, "event=policy-reviews-skipped set=%lld: what ruled before does not load", (long long)from);
	return note(r, after, true, 0);
}

static int on_timer(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct registrar, reviews_timer);
	bool may = r->policy && r->meta_key && registrar_may_work(r), is_done = false;

	if (may)
		TRY(go_on(r, &is_done));
	return is_done ? 0 : loop_arm(&r->role.loop, timer, may ? PAUSE_MS : WAIT_MS, on_timer);
}

int reviews_start(struct registrar *r)
{
	int64_t from, after;

	TRY(where(r, &from, &after));
	if (from < 0 || r->role.loop.epoll_fd <= 0 || r->reviews_timer.loop)
		return 0;
	return loop_arm(&r->role.loop, &r->reviews_timer, PAUSE_MS, on_timer);
}
