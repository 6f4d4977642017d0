/*
 * A joint document: the unit that leads decides, after the units that made it with us were asked and have answered (2014
 * provisions art. 25). What they answered is recorded; whether it is followed is the decision.
 */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/records/tasks.h"

#include <stdio.h>

struct asked {
	const char *unit;
	bool before;  /* that unit was asked */
	bool waiting; /* some unit has not answered */
	char name[256];
};

static int take_asked(const struct store_task *t, void *arg)
{
	struct asked *a = arg;

	if (t->task.kind != TASK_CONSULT)
		return 0;
	a->before = a->before || text_equal(t->note, a->unit);
	if (t->task.is_open && !a->waiting) {
		a->waiting = true;
		(void)snprintf(a->name, sizeof(a->name), "%s", t->note ? t->note : "");
	}
	return 0;
}

static int look(struct case_of *c, struct asked *a)
{
	int status = store_task_list(c->r->store, &(struct store_task_filter){.number = c->record->number}, take_asked, a);

	return status < 0 ? status : 0;
}

int record_check_consulted(struct case_of *c)
{
	struct asked a = {0};

	TRY(look(c, &a));
	if (!a.waiting)
		return 0;
	TRY(api_refuse(c->call, API_STATE, "not-answered", c->record->number,
		       "classctl tasks --record NUMBER shows whom; classctl answer TASK --outcome agreed or objected --document LETTER",
		       "%s was asked about this joint document and has not answered", a.name));
	return CASE_ANSWERED;
}

static int consult(struct case_of *c, const char *unit)
{
	struct asked a = {.unit = unit};
	bool undecided = c->record->state == RECORD_DRAFT || c->record->state == RECORD_PROPOSED;
	const char *owner = c->record->drafter;
	int status = undecided ? 0
			       : case_refuse(c, API_STATE, "decided", "classctl show NUMBER tells where it stands",
					     "others are asked before a document is decided");

	if (status == 0 && !text_equal(owner, c->person->person.id) && !text_equal(c->record->responsible, c->person->person.id) &&
	    !(c->person->person.roles & ACTOR_OFFICE))
		status = case_refuse(c, API_AUTHORITY, "wrong-role", "ask the drafter or the secrecy office",
				     "its drafter, its responsible person or the secrecy office asks others");
	if (status)
		return status;
	if (text_is_empty(unit) || !text_is_line(unit, 200))
		return case_refuse(c, API_INPUT, "no-unit", "name one with --with", "another unit is asked");
	TRY(look(c, &a));
	if (a.before)
		return case_refuse(c, API_STATE, "asked-before", "classctl tasks --record NUMBER --answered shows it",
				   "that unit was asked about this document");
	status = tasks_open(c->r, &(struct tasks_new){.kind = TASK_CONSULT,
						      .number = c->record->number,
						      .owner = owner,
						      .due = policy_deadline_of(c->r->policy, c->today, DEADLINE_REQUEST),
						      .note = unit,
						      .person = c->person->person.id,
						      .uid = api_uid(c->call)});
	TRY(status);
	return status ? case_refuse(c, API_FAILED, "read-only", "classctl status says why", "nothing can be written")
		      : case_reply(c, NULL);
}

int record_method_consult(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load(&c, json_get_text(api_parameters(call), "number"));
	if (status == 0)
		status = consult(&c, json_get_text(api_parameters(call), "with"));
	return status < 0 ? status : 0;
}
