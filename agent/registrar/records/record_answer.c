/* Answering a task: who may, what the outcome does, and what is asked for by it. Nothing is lowered here. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "domain/claim.h"
#include "registrar/documents/jobs.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/tasks.h"

#include <stdio.h>

struct found {
	struct task task;
	char number[STORE_NUMBER_MAX];
	bool is_mine, is_asked_by_me;
	const char *me;
};

static int take_task(const struct store_task *t, void *arg)
{
	struct found *f = arg;

	f->task = t->task;
	(void)snprintf(f->number, sizeof(f->number), "%s", t->task.number);
	f->is_mine = text_equal(t->task.owner, f->me);
	f->is_asked_by_me = text_equal(t->opened_by, f->me);
	return 0;
}

static int load_task(struct case_of *c, int64_t id, struct found *ret)
{
	int status;

	*ret = (struct found){.me = c->person->person.id};
	status = store_task_load(c->r->store, id, take_task, ret);
	TRY(status);
	if (status == STORE_NOT_FOUND)
		return case_refuse(c, API_NOT_FOUND, "no-task", "classctl tasks lists them", "there is no task of that number");
	return case_load(c, ret->number);
}

static int may_answer(struct case_of *c, const struct found *f)
{
	if (!f->task.is_open)
		return case_refuse(c, API_STATE, "answered", "classctl tasks --answered shows the answer",
				   "this task was answered before");
	if (f->is_asked_by_me && f->task.kind == TASK_CHALLENGE)
		return case_refuse(c, API_AUTHORITY, "own-challenge", "the responsible person answers it",
				   "who asked does not answer");
	if (f->task.kind == TASK_REREAD)
		return f->is_mine ? 0
				  : case_refuse(c, API_AUTHORITY, "not-yours", "classctl tasks shows yours",
						"only who was drawn for it answers");
	if (f->task.kind == TASK_CONSULT && (c->person->person.roles & ACTOR_OFFICE))
		return 0;
	return f->is_mine ? 0 : case_may(c, ACT_REVIEW, NULL, NULL);
}

struct json *record_answer_json(struct case_of *c, int64_t task, const char *outcome, const char *reply,
				const char *request)
{
	struct json *to = json_object();

	json_set_int(to, "task", task);
	json_set_text(to, "outcome", outcome);
	json_set_date(to, "on", c->today);
	cell_set_of(to, "reply", c->r->meta_key, "reply", c->record->number, reply);
	if (request)
		json_set_text(to, "request", request);
	return to;
}

/* An answer that leaves the record alone is an entry of its own. */
static int note(struct case_of *c, const struct found *f, const char *outcome, const char *reply)
{
	struct json *entry = registrar_entry("task", c->person->person.id, api_uid(c->call));
	int status;

	json_set_text(entry, "what", "answered");
	json_set_text(entry, "number", f->number);
	json_set_int(entry, "task", f->task.id);
	json_set_text(entry, "outcome", outcome);
	json_set_date(entry, "on", c->today);
	cell_set_of(entry, "reply", c->r->meta_key, "reply", f->number, reply);
	status = registrar_change(c->r, entry);
	TRY(status);
	if (status)
		return case_refuse(c, API_FAILED, "read-only", "classctl status says why", "nothing can be written");
	status = findings_refresh(c->r, &c->next, NULL);
	return status == 0 ? case_reply(c, NULL) : status;
}

struct answering {
	const struct found *f;
	const struct task_outcome *outcome;
	const char *reply;
};

/* What another unit answered came by a document. */
static int reply(struct case_of *c, const struct answering *a, const char *document)
{
	OWN_MEM char *said = text_format("%s: %s", document ? document : "", a->reply);

	if (text_is_empty(document) || !text_is_line(document, 200))
		return case_refuse(c, API_INPUT, "no-document", "name it with --document", "what another unit answered comes by a document");
	return note(c, a->f, a->outcome->name, said);
}

/* ---- keep ---- */

/* What has no end is asked again after as long as a review takes to come round; a year where the pack has none. */
static void ask_again(struct case_of *c)
{
	struct record *n = &c->next;

	if (n->decided.term.kind != TERM_LONG || !date_is_set(n->decided.term.date))
		return;
	n->check_on = date_is_set(n->next_review) ? n->next_review
						  : date_add(c->today, (struct period){.years = 1}, c->r->policy->leap);
}

/* The days are not in what was signed: the file learns them beside it. */
static int reviewed(struct case_of *c, const char *why)
{
	bool is_sealed = false;
	int status = case_change(c, ACT_REVIEW, why, NULL);

	if (status == 0)
		status = store_document_is_stale(c->r->store, c->next.number, &is_sealed);
	return status == 0 && is_sealed ? jobs_relabel(c->r, c->next.number) : status;
}

int record_keep(struct case_of *c)
{
	int status = case_may(c, ACT_REVIEW, NULL, NULL);

	if (status)
		return status;
	c->next.last_review = c->today;
	record_compute_dates(c->r->policy, &c->next);
	if (c->next.state == RECORD_DISPUTED)
		claims_count(c->r->policy, &c->next); /* what is claimed puts its end off as before */
	ask_again(c);
	return reviewed(c, NULL);
}

static int keep(struct case_of *c, const struct answering *a)
{
	int status;

	if (!record_is_in_force(c->record)) /* over meanwhile: only that somebody looked at it is noted */
		return note(c, a->f, a->outcome->name, a->reply);
	c->task = record_answer_json(c, a->f->task.id, a->outcome->name, a->reply, NULL);
	status = record_keep(c);
	return status == 0 ? case_reply(c, NULL) : status;
}

/* ---- not met ---- */

static int wait(struct case_of *c, const struct answering *a, const char *next)
{
	struct date day = {0};
	int status;

	if (!date_parse(next ? next : "", &day))
		return case_refuse(c, API_INPUT, "bad-date", "give the day on which it is asked again with --next",
				   "an event that has not come is asked for again, and that day does not exist");
	if (date_compare(day, c->today) <= 0)
		return case_refuse(c, API_INPUT, "not-that-day", "give a day after today with --next",
				   "it can only be asked for again on a later day");
	status = case_may(c, ACT_REVIEW, NULL, NULL);
	if (status)
		return status;
	c->next.check_on = day;
	c->task = record_answer_json(c, a->f->task.id, a->outcome->name, a->reply, NULL);
	status = reviewed(c, a->reply);
	return status == 0 ? case_reply(c, NULL) : status;
}

/* ---- what asks for something ---- */

/* Who belongs to a department that may know it is no wider scope. */
static int lies_within(struct case_of *c, struct texts scope, bool *ret)
{
	const struct texts of = c->record->decided.scope;
	const char *entry;
	size_t at = 0;

	*ret = true;
	while (*ret && (entry = task_scope_outside(scope, of, &at))) {
		OWNED(store_person) struct store_person *person = NULL;
		int status = text_starts(entry, "person:") ? store_person_load(c->r->store, entry + 7, &person)
							   : STORE_NOT_FOUND;

		TRY(status);
		*ret = status == 0 && authority_in_scope(of, &person->person);
	}
	return 0;
}

static int check_less(struct case_of *c, void *arg)
{
	const struct answering *a = arg;
	enum task_problem problem;
	bool within = false;

	TRY(lies_within(c, c->next.proposed.scope, &within));
	problem = task_outcome_check(c->r->policy, c->record, a->outcome, &c->next.proposed, within);
	return problem == TASK_GOOD ? 0
				    : case_refuse(c, API_INPUT, task_problem_name(problem),
						  "give it with --level, --term or --scope; more is asked for with classctl change NUMBER",
						  task_problem_sentence(problem));
}

/* What is in force is published by releasing it first. */
static const char *request_of(const struct case_of *c, const struct task_outcome *outcome)
{
	return text_equal(outcome->request, "publish") && record_is_in_force(c->record) ? "release" : outcome->request;
}

static int ask(struct case_of *c, struct answering *a, struct json_view parameters)
{
	const char *request = request_of(c, a->outcome);
	OWN_MEM char *before = text_format("task %lld, %s: ", (long long)a->f->task.id, a->outcome->name);

	c->task = record_answer_json(c, a->f->task.id, a->outcome->name, a->reply, request);
	return record_ask(c, &(struct record_asking){.kind = request,
						     .reason = a->reply,
						     .before = before,
						     .document = json_get_text(parameters, "document"),
						     .fields = json_get(parameters, "fields"),
						     .check = check_less,
						     .arg = a});
}

static int follow_outcome(struct case_of *c, struct answering *a, struct json_view parameters)
{
	switch (a->outcome->does) {
	case TASK_KEEPS:
		return keep(c, a);
	case TASK_ASKS:
		return ask(c, a, parameters);
	case TASK_WAITS:
		return wait(c, a, json_get_text(parameters, "next"));
	case TASK_DECIDES:
		return case_refuse(c, API_INPUT, "needs-signature", "classctl met NUMBER --reason WHY",
				   "that the event has come is a decision, and is signed");
	case TASK_REPLIES:
		return reply(c, a, json_get_text(parameters, "document"));
	case TASK_FILLS:
		return case_refuse(c, API_INPUT, "one-by-one", "classctl notice TASK --to WHO --how HOW",
				   "it is answered by itself when everybody was told");
	case TASK_NOTES:
	case TASK_ENDS:
		break;
	}
	return note(c, a->f, a->outcome->name, a->reply);
}

static int refuse_outcome(struct case_of *c, enum task_kind kind)
{
	OWN_BUFFER struct buffer list = {0};
	OWN_MEM char *text = NULL;

	task_outcomes(kind, &list);
	text = buffer_steal_text(&list);
	return case_refuse(c, API_INPUT, "unknown-outcome", text ? text : "", "a task of that kind is not answered so");
}

static int answer(struct case_of *c, struct json_view parameters)
{
	struct found f;
	struct answering a = {.f = &f, .reply = json_get_text(parameters, "reply")};
	int status = load_task(c, json_get_int(parameters, "task", 0), &f);

	if (status == 0)
		status = may_answer(c, &f);
	if (status)
		return status;
	a.outcome = task_outcome_find(f.task.kind, json_get_text(parameters, "outcome"));
	if (!a.outcome || a.outcome->does == TASK_ENDS)
		return refuse_outcome(c, f.task.kind);
	if (text_is_empty(a.reply) || !text_is_line(a.reply, 1000))
		return case_refuse(c, API_INPUT, "no-reason", "say in one line why, with --reason", "an answer has a reason");
	return follow_outcome(c, &a, parameters);
}

int record_method_answer_task(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = answer(&c, api_parameters(call));
	return status < 0 ? status : 0;
}
