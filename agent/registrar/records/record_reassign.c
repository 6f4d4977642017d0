/* When somebody leaves: what waits for him goes to somebody who may decide it. Authority is never inherited silently. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/records/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define GROUP 1000 /* records, and tasks, in one go */

struct moving {
	struct registrar *r;
	struct api_call *call;
	const char *person, *from, *reason;
	struct store_person *to;
	int64_t moved, left; /* left: the other one may not do it */
	bool dry;	     /* only counts */
};

/* What stands open here is decided by this act. */
static enum act act_for(const struct record *record)
{
	if (record->state == RECORD_PROPOSED)
		return ACT_APPROVE;
	if (record->state == RECORD_REPORTED)
		return ACT_ANSWER;
	return record_is_ended(record) ? ACT_PUBLISH : ACT_REVIEW; /* what is over is still served, and may be published */
}

static bool may_take(struct moving *m, const struct record *record)
{
	struct authority_question question;
	struct authority_answer answer;
	struct record asked = *record;

	asked.responsible = m->to->person.id;
	case_question(m->r, m->to, &asked, act_for(record), NULL, &question);
	authority_check(&question, &answer);
	return record_may_be_asked(record_classification(record), &answer);
}

struct numbers {
	char at[GROUP][STORE_NUMBER_MAX];
	int64_t task[GROUP];
	size_t n;
};

static int take_record(const struct record *record, void *arg)
{
	struct numbers *l = arg;

	(void)snprintf(l->at[l->n++], STORE_NUMBER_MAX, "%s", record->number);
	return l->n == GROUP;
}

static int take_task(const struct store_task *t, void *arg)
{
	struct numbers *l = arg;

	l->task[l->n] = t->task.id;
	(void)snprintf(l->at[l->n++], STORE_NUMBER_MAX, "%s", t->task.number);
	return l->n == GROUP;
}

static int move_record(struct moving *m, const char *number)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(m->r, m->call, &c);

	if (status == 0)
		status = case_load(&c, number);
	if (status == 0)
		status = case_may(&c, ACT_REASSIGN, NULL, NULL);
	if (status)
		return status;
	if (!may_take(m, c.record)) {
		m->left++;
		return 0;
	}
	if (m->dry) {
		m->moved++;
		return 0;
	}
	c.next.responsible = m->to->person.id;
	status = case_change(&c, ACT_REASSIGN, m->reason, NULL);
	m->moved += status == 0;
	return status == 0 ? jobs_relabel(m->r, number) : status;
}

static int move_task(struct moving *m, const char *number, int64_t task)
{
	OWNED(record) struct record *record = NULL;
	struct json *entry;
	int status = store_record_load(m->r->store, number, &record);

	TRY(status);
	if (!record || !may_take(m, record)) {
		m->left++;
		return 0;
	}
	if (m->dry) {
		m->moved++;
		return 0;
	}
	entry = registrar_entry("task", m->person, api_uid(m->call));
	json_set_text(entry, "what", "owner");
	json_set_text(entry, "number", number);
	json_set_int(entry, "task", task);
	json_set_text(entry, "owner", m->to->person.id);
	status = registrar_change(m->r, entry);
	m->moved += status == 0;
	return status;
}

static int move_all(struct moving *m)
{
	OWN_MEM struct numbers *records = calloc(1, sizeof(*records));
	OWN_MEM struct numbers *tasks = calloc(1, sizeof(*tasks));
	const struct store_record_filter waiting = {.states = 1u << RECORD_PROPOSED | 1u << RECORD_REPORTED,
						    .responsible = m->from,
						    .limit = GROUP};
	const struct store_task_filter open = {.owner = m->from, .only_open = true, .limit = GROUP};
	int status;

	if (!records || !tasks)
		return FAULT(ENOMEM, "what is to be moved");
	status = store_record_list(m->r->store, &waiting, take_record, records);
	TRY(status);
	status = store_task_list(m->r->store, &open, take_task, tasks);
	TRY(status);
	status = 0;
	for (size_t i = 0; i < records->n && status == 0; i++)
		status = move_record(m, records->at[i]);
	for (size_t i = 0; i < tasks->n && status == 0; i++)
		status = move_task(m, tasks->at[i], tasks->task[i]);
	return status;
}

static int reassign(struct case_of *c, struct json_view parameters)
{
	const char *to = json_get_text(parameters, "to");
	OWNED(store_person) struct store_person *person = NULL;
	struct moving m = {.r = c->r,
			   .call = c->call,
			   .person = c->person->person.id,
			   .from = json_get_text(parameters, "from"),
			   .reason = json_get_text(parameters, "reason"),
			   .dry = json_get_bool(parameters, "dry_run")};
	struct json *reply;
	int status;

	if (!(c->person->person.roles & ACTOR_OFFICE))
		return case_refuse(c, API_AUTHORITY, "wrong-role", "ask the secrecy office", "this is moved by the secrecy office");
	if (text_is_empty(m.reason) || !text_is_line(m.reason, 1000))
		return case_refuse(c, API_INPUT, "no-reason", "say in one line why, with --reason", "moving it has a reason");
	status = store_person_exists(c->r->store, m.from ? m.from : "");
	TRY(status);
	if (status == 0)
		status = store_person_load(c->r->store, to ? to : "", &person);
	TRY(status);
	if (status || text_equal(m.from, to) || !person_is_valid_on(&person->person, c->today) ||
	    person_is_suspended_on(&person->person, c->today))
		return case_refuse(c, API_INPUT, "no-person", "classctl person list shows who is valid",
				   "name two persons of the register, the second of them valid today");
	m.to = person;
	status = move_all(&m);
	if (status)
		return status;
	reply = json_object();
	json_set_int(reply, "moved", m.moved);
	json_set_int(reply, "left", m.left);
	return api_reply(c->call, reply);
}

int record_method_reassign(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = reassign(&c, api_parameters(call));
	return status < 0 ? status : 0;
}
