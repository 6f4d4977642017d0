/* submit --urgent: whoever is asked, and those who lawfully stand in for him, have a task today; it ends with the decision. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/oversight/bell.h"
#include "registrar/records/tasks.h"

#include <stdio.h>
#include <string.h>

#define RUNG_MAX 32

struct ringing {
	struct case_of *c;
	const struct record *record;
	char whom[RUNG_MAX][64];
	size_t n;
};

bool record_rings_for(struct registrar *r, const struct store_person *p, const struct record *record)
{
	struct authority_question question;
	struct authority_answer answer;

	if (text_equal(p->person.id, record->responsible))
		return true;
	case_question(r, p, record, ACT_APPROVE, &record->proposed, &question);
	authority_check(&question, &answer);
	return answer.reason == AUTHORITY_GRANTED && answer.by && answer.by->kind == APPOINTMENT_STAND_IN &&
	       (text_is_empty(answer.by->stands_for) || text_equal(answer.by->stands_for, record->responsible));
}

static int take_person(const struct store_person *p, void *arg)
{
	struct ringing *g = arg;

	if (g->n < RUNG_MAX && strlen(p->person.id) < sizeof(g->whom[0]) && record_rings_for(g->c->r, p, g->record))
		(void)snprintf(g->whom[g->n++], sizeof(g->whom[0]), "%s", p->person.id);
	return 0;
}

int record_ring(struct case_of *c)
{
	OWNED(record) struct record *record = NULL;
	struct ringing g = {.c = c};
	int64_t open = 0;
	int status = store_record_load(c->r->store, c->next.number, &record);

	TRY(status);
	TRY(store_task_open_id(c->r->store, c->next.number, TASK_URGENT, &open));
	if (!record || open || record->state != RECORD_PROPOSED)
		return 0;
	g.record = record;
	TRY(store_person_list(c->r->store, false, take_person, &g));
	for (size_t i = 0; i < g.n; i++) {
		status = tasks_open(c->r, &(struct tasks_new){.kind = TASK_URGENT,
							      .number = record->number,
							      .owner = g.whom[i],
							      .due = c->today,
							      .person = c->person->person.id,
							      .uid = api_uid(c->call)});
		TRY(status);
		if (status == 0)
			bell_ring(c->r, g.whom[i]);
	}
	return 0;
}

struct open_tasks {
	int64_t id[RUNG_MAX];
	size_t n;
};

static int take_task(const struct store_task *t, void *arg)
{
	struct open_tasks *open = arg;

	if (t->task.kind == TASK_URGENT && open->n < RUNG_MAX)
		open->id[open->n++] = t->task.id;
	return 0;
}

int record_ring_off(struct case_of *c)
{
	struct open_tasks open = {.n = 0};
	const struct store_task_filter filter = {.number = c->next.number, .only_open = true};

	TRY(store_task_list(c->r->store, &filter, take_task, &open));
	for (size_t i = 0; i < open.n; i++) {
		struct json *entry = registrar_entry("task", c->person->person.id, api_uid(c->call));
		int status;

		json_set_text(entry, "what", "answered");
		json_set_text(entry, "number", c->next.number);
		json_set_int(entry, "task", open.id[i]);
		json_set_text(entry, "outcome", "decided");
		json_set_date(entry, "on", c->today);
		status = registrar_change(c->r, entry);
		TRY(status);
	}
	return 0;
}
