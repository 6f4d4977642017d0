/* The event has come that ends the term: a signed decision, and the record expires by it. */
#include "registrar/records/decision_plans.h"

#include "base/text.h"
#include "registrar/records/record_methods.h"
#include "registrar/store/store_tasks.h"

/* Whoever was asked for it need not answer any more. */
static int close_task(struct case_of *c, const char *reason)
{
	int64_t id = 0;
	int status = store_task_open_id(c->r->store, c->record->number, TASK_CONDITION, &id);

	TRY(status);
	if (id)
		c->task = record_answer_json(c, id, "met", reason, NULL);
	return 0;
}

int plan_met(struct case_of *c, struct decision *d, struct json_view parameters)
{
	const char *reason = json_get_text(parameters, "reason");
	struct authority_answer answer;
	int status = case_may(c, ACT_MET, NULL, &answer);

	if (status)
		return status;
	if (c->record->decided.term.kind != TERM_EVENT)
		return case_refuse(c, API_STATE, "no-event", "classctl show NUMBER tells how its term ends",
				   "no event ends the term of this record");
	if (c->record->request != ACT_NEW)
		return case_refuse_request(c, REQUEST_WAITS);
	if (text_is_empty(reason) || !text_is_line(reason, 1000))
		return case_refuse(c, API_INPUT, "no-reason", "say what has happened with --reason",
				   "that an event has come is decided with a reason");
	status = decision_check_clock(c, NULL);
	if (status == 0)
		status = close_task(c, reason);
	if (status)
		return status;
	d->act = ACT_MET;
	decision_by(c, d, &answer);
	c->next.state = RECORD_EXPIRED;
	c->next.next_review = (struct date){0};
	decision_ask_signature(d, level_find(c->r->policy, c->record->decided.level));
	return 0;
}
