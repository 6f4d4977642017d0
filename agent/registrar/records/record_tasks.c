/* Challenges, reviews and what else somebody is asked to do: showing, and a challenge. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/records/tasks.h"

/* ---- showing ---- */

/* Where the pack hides who asked, only he himself and the secrecy office see it: not who decides. */
static const char *asked_by(const struct case_of *c, const struct store_task *t)
{
	bool hidden = t->task.kind == TASK_CHALLENGE && c->r->policy->challenger_hidden;
	bool may = text_equal(t->opened_by, c->person->person.id) || (c->person->person.roles & ACTOR_OFFICE);

	return hidden && !may ? "" : t->opened_by;
}

static struct json *task_json(const struct case_of *c, const struct store_task *t)
{
	struct json *to = json_object();

	json_set_int(to, "task", t->task.id);
	json_set_text(to, "kind", task_kind_name(t->task.kind));
	json_set_text(to, "number", t->task.number);
	json_set_text(to, "owner", t->task.owner);
	json_set_date(to, "opened", t->task.opened);
	json_set_text(to, "by", asked_by(c, t));
	json_set_date(to, "due", t->task.due);
	json_set_text(to, "note", t->note ? t->note : "");
	json_set_text(to, "outcome", t->outcome ? t->outcome : "");
	json_set_date(to, "closed", t->task.closed);
	json_set_text(to, "reply", t->reply ? t->reply : "");
	json_set_text(to, "request", t->request ? t->request : "");
	json_set_int(to, "version", t->version);
	return to;
}

struct listing {
	struct case_of *c;
	struct json *tasks;
};

/* That somebody reads it once more, and who, nobody else hears until he has answered: who declared it, or oversees it, is
 * not to tell him what stands there (adr/0036). A late one is a finding. */
static bool is_blind(const struct store_task *t)
{
	return t->task.kind == TASK_REREAD && t->task.is_open;
}

static int list_task(const struct store_task *t, void *arg)
{
	struct listing *l = arg;
	OWNED(record) struct record *record = NULL;
	const char *me = l->c->person->person.id;
	int status = store_record_load(l->c->r->store, t->task.number, &record);

	if (status < 0)
		return status;
	if (record && (text_equal(t->task.owner, me) || (!is_blind(t) && case_sees(l->c, record))))
		json_append(l->tasks, task_json(l->c, t));
	return 0;
}

int record_method_tasks(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	struct listing l = {.c = &c};
	struct store_task_filter filter = {.number = json_get_text(parameters, "number"),
					   .only_open = !json_get_bool(parameters, "answered")};
	struct json *reply;
	int status = case_begin(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (!json_get_bool(parameters, "all") && !filter.number)
		filter.owner = c.person->person.id;
	l.tasks = json_array();
	status = store_task_list(r->store, &filter, list_task, &l);
	reply = json_object();
	json_set(reply, "tasks", l.tasks);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}

/* ---- challenges ---- */

struct earlier {
	const char *person;
	struct date since; /* unset: an answer counts for good */
	bool waits, answered;
};

static int take_earlier(const struct store_task *t, void *arg)
{
	struct earlier *e = arg;

	if (t->task.kind != TASK_CHALLENGE)
		return 0;
	e->waits = e->waits || (t->task.is_open && text_equal(t->opened_by, e->person));
	e->answered =
	    e->answered || (!t->task.is_open && date_is_set(e->since) && date_compare(t->task.closed, e->since) >= 0);
	return 0;
}

static int check_earlier(struct case_of *c)
{
	uint16_t months = c->r->policy->challenge_again_months;
	struct earlier e = {.person = c->person->person.id};
	int status;

	if (months)
		e.since = date_back_months(c->today, months);
	status = store_task_list(c->r->store, &(struct store_task_filter){.number = c->record->number}, take_earlier, &e);
	TRY(status);
	if (e.waits)
		return case_refuse(c, API_STATE, "already-asked", "classctl tasks --record NUMBER shows it",
				   "you have challenged this record, and the answer is not due yet");
	if (e.answered)
		return case_refuse(c, API_STATE, "answered-before", "classctl tasks --record NUMBER --answered shows the answer",
				   "a challenge of this record was answered not long ago and is not opened again");
	return 0;
}

static int challenge(struct case_of *c, const char *reason)
{
	const char *owner = text_is_empty(c->record->responsible) ? c->record->drafter : c->record->responsible;
	int status;

	if (!record_is_in_force(c->record))
		return case_refuse(c, API_STATE, "not-in-force", "classctl show NUMBER tells where it stands",
				   "nothing is decided about this record that could be challenged");
	status = case_may_open(c);
	if (status)
		return status;
	if (text_equal(owner, c->person->person.id))
		return case_refuse(c, API_AUTHORITY, "own-decision", "classctl change NUMBER or release NUMBER",
				   "you answer for this record yourself");
	if (text_is_empty(reason) || !text_is_line(reason, 1000))
		return case_refuse(c, API_INPUT, "no-reason", "say in one line why, with --reason", "a challenge has a reason");
	status = check_earlier(c);
	if (status)
		return status;
	status = tasks_open(c->r, &(struct tasks_new){.kind = TASK_CHALLENGE,
						      .number = c->record->number,
						      .owner = owner,
						      .due = policy_deadline_of(c->r->policy, c->today, DEADLINE_DISPUTE_ANSWER),
						      .note = reason,
						      .person = c->person->person.id,
						      .uid = api_uid(c->call)});
	TRY(status);
	return status ? case_refuse(c, API_FAILED, "read-only", "classctl status says why", "nothing can be written")
		      : case_reply(c, NULL);
}

int record_method_challenge(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load(&c, json_get_text(api_parameters(call), "number"));
	if (status == 0)
		status = challenge(&c, json_get_text(api_parameters(call), "reason"));
	return status < 0 ? status : 0;
}
