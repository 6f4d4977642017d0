/* A review of everything in force, spread over some days: the riskiest first, each with an owner and a day. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/records/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define REVIEW_MAX 5000 /* tasks in one go */

struct reviewed {
	char number[STORE_NUMBER_MAX];
	char owner[64];
	uint8_t rank;
	int32_t end; /* day of its end; INT32_MAX: none */
};

struct gathering {
	struct registrar *r;
	struct reviewed *at;
	size_t n, room;
};

static int gather(const struct record *record, void *arg)
{
	struct gathering *g = arg;
	const struct level *level = level_for_protection(g->r->policy, record->decided.level);
	const char *owner = text_is_empty(record->responsible) ? record->drafter : record->responsible;
	int64_t open = 0;
	int status = store_task_open_id(g->r->store, record->number, TASK_REVIEW, &open);

	if (status < 0)
		return status;
	if (open || !level_is_classified(level) || text_is_empty(owner))
		return 0;
	if (g->n == g->room) {
		size_t room = g->room ? 2 * g->room : 256;
		struct reviewed *more = realloc(g->at, room * sizeof(*more));

		if (!more)
			return FAULT(ENOMEM, "a review");
		g->at = more;
		g->room = room;
	}
	g->at[g->n] = (struct reviewed){.rank = level->rank,
					.end = date_is_set(record->declassify_on) ? date_to_days(record->declassify_on)
										  : INT32_MAX};
	(void)snprintf(g->at[g->n].number, sizeof(g->at->number), "%s", record->number);
	(void)snprintf(g->at[g->n++].owner, sizeof(g->at->owner), "%s", owner);
	return 0;
}

/* The highest level first, then what is held longest. */
static int by_risk(const void *a, const void *b)
{
	const struct reviewed *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->end == y->end ? 0 : x->end > y->end ? -1 : 1;
}

static int open_all(struct case_of *c, const struct gathering *g, int64_t days)
{
	size_t n = g->n < REVIEW_MAX ? g->n : REVIEW_MAX;

	for (size_t i = 0; i < n; i++) {
		int32_t after = (int32_t)(((int64_t)i + 1) * days / (int64_t)n);
		int status = tasks_open(c->r, &(struct tasks_new){.kind = TASK_REVIEW,
								  .number = g->at[i].number,
								  .owner = g->at[i].owner,
								  .due = date_add_days(c->today, after > 0 ? after : 1),
								  .person = c->person->person.id,
								  .uid = api_uid(c->call)});

		TRY(status);
		if (status)
			return case_refuse(c, API_FAILED, "read-only", "classctl status says why",
					   "the rest of the review cannot be written");
		if (c->r->n_changes >= CHANGES_MAX)
			TRY(registrar_settle(c->r));
	}
	return 0;
}

static int start(struct case_of *c, int64_t days, bool dry)
{
	struct gathering g = {.r = c->r};
	struct store_record_filter in_force = {.states = 1u << RECORD_CLASSIFIED | 1u << RECORD_ISSUED,
					       .limit = STORE_NO_LIMIT};
	struct json *reply;
	int status;

	if (!(c->person->person.roles & ACTOR_OFFICE))
		return case_refuse(c, API_AUTHORITY, "wrong-role", "ask the secrecy office", "a review is begun by the secrecy office");
	if (days < 1 || days > 366)
		return case_refuse(c, API_INPUT, "bad-days", "give 1 to 366 with --spread", "a review takes a day to a year");
	status = store_record_list(c->r->store, &in_force, gather, &g);
	if (status == 0 && g.n)
		qsort(g.at, g.n, sizeof(*g.at), by_risk);
	if (status == 0 && !dry)
		status = open_all(c, &g, days);
	free(g.at);
	if (status)
		return status;
	reply = json_object();
	json_set_int(reply, "opened", (int64_t)(g.n < REVIEW_MAX ? g.n : REVIEW_MAX));
	json_set_int(reply, "left", (int64_t)(g.n > REVIEW_MAX ? g.n - REVIEW_MAX : 0));
	return api_reply(c->call, reply);
}

int record_method_start_review(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = start(&c, json_get_int(api_parameters(call), "days", 0),
			       json_get_bool(api_parameters(call), "dry_run"));
	return status < 0 ? status : 0;
}
