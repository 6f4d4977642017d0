/* What waits for the caller, and the records he may know of: lists in pages. */
#include "base/text.h"
#include "registrar/api/rows.h"
#include "registrar/people/people.h"
#include "registrar/records/record_methods.h"
#include "registrar/store/store_tasks.h"

#include <errno.h>
#include <stdio.h>

/* What a queue is put together from, one after the other. */
enum queue_part {
	QUEUE_URGENT,
	QUEUE_PROPOSED,
	QUEUE_CHANGED,
	QUEUE_UNCLEAR,
	QUEUE_REPORTED,
	QUEUE_DISPUTED,
	QUEUE_ASKED,
	QUEUE_DRAFTS,
	QUEUE_PERSONS,
	QUEUE_PARTS
};

struct queue {
	struct rows rows;
	enum queue_part part;
	char after[STORE_NUMBER_MAX + PEOPLE_ID_MAX]; /* the last number or id of this part */
	int64_t task;				      /* the last one of the urgent ones */
	struct case_of *c;			      /* of this page */
};

static void add_entry(struct queue *q, const struct record *record, const char *kind, struct date since,
		      const char *note)
{
	const struct classification *what = request_values(record);
	struct json *to = json_object();
	char term[TERM_TEXT_MAX];

	term_format_cli(&what->term, term);
	json_set_text(to, "number", record->number);
	json_set_text(to, "kind", kind);
	json_set_text(to, "title", record->title ? record->title : "");
	json_set_text(to, "level", what->level ? what->level : "");
	json_set_text(to, "regime", regime_name(request_regime(record)));
	json_set_text(to, "term", what->term.kind == TERM_NONE ? "" : term);
	json_set_text(to, "drafter", record->drafter ? record->drafter : "");
	json_set_date(to, "since", since);
	json_set_text(to, "note", note);
	rows_add(&q->rows, to);
}

/* What this caller could decide now, by the same check that Decide makes. */
static bool could(struct queue *q, const struct record *record, enum act act)
{
	struct case_of *c = q->c;
	struct authority_answer answer;
	struct authority_question question;

	case_question(c->r, c->person, record, act, request_values(record), &question);
	authority_check(&question, &answer);
	return record_may_be_asked(request_values(record), &answer);
}

static int find_task(const struct store_task *t, void *arg)
{
	*(bool *)arg = *(bool *)arg || t->task.kind == TASK_URGENT;
	return 0;
}

/* It stands at the top already. */
static bool is_urgent(struct queue *q, const struct record *record)
{
	const struct store_task_filter filter = {
	    .number = record->number, .owner = q->c->person->person.id, .only_open = true};
	bool found = false;

	return store_task_list(q->c->r->store, &filter, find_task, &found) >= 0 && found;
}

static int queue_task(const struct store_task *t, void *arg)
{
	struct queue *q = arg;
	OWNED(record) struct record *record = NULL;
	int status;

	q->task = t->task.id;
	if (t->task.kind != TASK_URGENT)
		return rows_next(&q->rows);
	status = store_record_load(q->c->r->store, t->task.number, &record);
	TRY(status);
	if (record && record->state == RECORD_PROPOSED)
		add_entry(q, record, "proposed", record->proposed_on, "urgent: a decision is asked for today");
	return rows_next(&q->rows);
}

static int queue_record(const struct record *record, void *arg)
{
	struct queue *q = arg;
	const char *me = q->c->person->person.id;
	bool mine = text_equal(record->responsible, me);
	bool refers = record->state == RECORD_PROVISIONAL || record->state == RECORD_REPORTED;
	const struct request_kind *asked = request_waiting(record);

	(void)snprintf(q->after, sizeof(q->after), "%s", record->number);
	if (q->part == QUEUE_ASKED && (record->state == RECORD_PROPOSED || record->state == RECORD_CHANGED))
		return rows_next(&q->rows); /* it came with its state */
	if (asked && (mine || could(q, record, asked->decide)))
		add_entry(q, record, asked->name, record->requested_on, "it was asked for");
	if (record->state == RECORD_PROPOSED && (mine || could(q, record, ACT_APPROVE)) && !is_urgent(q, record))
		add_entry(q, record, record->regime == REGIME_NONE ? "declare" : "proposed", record->proposed_on,
			  record->proposed.basis == BASIS_UNCLEAR ? "the drafter is not sure: name the matter"
			  : mine				  ? ""
								  : "any responsible person with this authority");
	if (record->state == RECORD_CHANGED && record->request == ACT_APPROVE &&
	    (mine || could(q, record, ACT_APPROVE)))
		add_entry(q, record, "changed", record->requested_on, "content changed after the decision");
	if (record->state == RECORD_CHANGED && record->request == ACT_NEW && text_equal(record->drafter, me))
		add_entry(q, record, "changed", record->changed_on, "submit the new content");
	if (refers && (mine || text_equal(record->drafter, me) || could(q, record, ACT_ANSWER)))
		add_entry(q, record, "referred", record->referred_on,
			  date_is_set(record->reported_on) ? "enter the answer when it comes: classctl refer answer"
							   : "report it: classctl refer form, then classctl refer sent");
	if (record->state == RECORD_DISPUTED && (mine || could(q, record, ACT_SETTLE)))
		add_entry(q, record, "dispute", record->disputed_on, "settle it, or send it further up");
	if (record->state == RECORD_DRAFT && text_equal(record->drafter, me))
		add_entry(q, record, "draft", record->drafted, "submit it, or go on writing");
	return rows_next(&q->rows);
}

static int queue_person(const struct store_person *p, void *arg)
{
	struct queue *q = arg;
	struct json *to;

	(void)snprintf(q->after, sizeof(q->after), "%s", p->person.id);
	if (text_equal(p->entered_by, q->c->person->person.id))
		return rows_next(&q->rows); /* who entered it does not confirm it */
	to = json_object();
	json_set_text(to, "number", p->person.id);
	json_set_text(to, "kind", "person");
	json_set_text(to, "title", p->person.name ? p->person.name : p->person.id);
	json_set_text(to, "level", "");
	json_set_text(to, "term", "");
	json_set_text(to, "drafter", p->entered_by ? p->entered_by : "");
	json_set_text(to, "since", "");
	json_set_text(to, "note", "waits for a second security administrator: classctl person show");
	rows_add(&q->rows, to);
	return rows_next(&q->rows);
}

/* The part that begins with these states, up to the end of the page. */
static int look_at_part(struct queue *q, int64_t limit)
{
	const struct case_of *c = q->c;
	struct store *store = c->r->store;
	struct store_record_filter filter = {.after = q->after, .limit = limit};

	switch (q->part) {
	case QUEUE_URGENT:
		return store_task_list(store,
				       &(struct store_task_filter){.owner = c->person->person.id,
								   .only_open = true,
								   .after = q->task,
								   .limit = limit},
				       queue_task, q);
	case QUEUE_PROPOSED:
		filter.states = 1u << RECORD_PROPOSED;
		break;
	case QUEUE_CHANGED:
		filter.states = 1u << RECORD_CHANGED;
		break;
	case QUEUE_UNCLEAR:
		filter.states = 1u << RECORD_PROVISIONAL;
		break;
	case QUEUE_REPORTED:
		filter.states = 1u << RECORD_REPORTED;
		break;
	case QUEUE_DISPUTED:
		filter.states = 1u << RECORD_DISPUTED;
		break;
	case QUEUE_ASKED:
		filter.requested = true;
		break;
	case QUEUE_DRAFTS:
		filter.states = 1u << RECORD_DRAFT;
		filter.drafter = c->person->person.id;
		break;
	case QUEUE_PERSONS:
	case QUEUE_PARTS:
		if (!(c->person->person.roles & ACTOR_SECURITY_ADMIN))
			return 0;
		return store_person_page(
		    store, &(struct store_person_filter){.pending = true, .after = q->after, .limit = limit},
		    queue_person, q);
	}
	return store_record_list(store, &filter, queue_record, q);
}

static int next_of_queue(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CASE struct case_of c = {0};
	struct queue *q = arg;
	int status = case_begin(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	q->c = &c;
	rows_begin(&q->rows);
	while (q->part < QUEUE_PARTS && rows_wanted(&q->rows) > 0) {
		TRY(look_at_part(q, rows_wanted(&q->rows)));
		if (rows_wanted(&q->rows) > 0) { /* it gave less: on with the next one */
			q->part++;
			q->after[0] = '\0';
		}
	}
	return rows_send(&q->rows, call);
}

int record_method_queue(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_of_queue, rows_free};
	struct queue *q = calloc(1, sizeof(*q));

	(void)r;
	if (!q)
		return FAULT(ENOMEM, "queue");
	rows_init(&q->rows, call, "entries", 0);
	return api_stream(call, &pages, q);
}

struct listing {
	struct rows rows;
	uint32_t states;
	bool mine;
	char after[STORE_NUMBER_MAX];
	struct case_of *c; /* of this page */
};

static int list_record(const struct record *record, void *arg)
{
	struct listing *l = arg;
	bool blind = false;

	(void)snprintf(l->after, sizeof(l->after), "%s", record->number);
	TRY(record_is_blind(l->c, record, &blind));
	if (!blind && case_sees(l->c, record))
		rows_add(&l->rows, case_record_json(l->c->r, record));
	return rows_next(&l->rows);
}

static int next_of_list(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CASE struct case_of c = {0};
	struct listing *l = arg;
	struct store_record_filter filter = {.states = l->states, .after = l->after};
	int status = case_begin(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (l->mine)
		filter.drafter = c.person->person.id;
	l->c = &c;
	filter.limit = rows_begin(&l->rows);
	TRY(store_record_list(r->store, &filter, list_record, l));
	return rows_send(&l->rows, call);
}

int record_method_list(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_of_list, rows_free};
	struct json_view parameters = api_parameters(call);
	const char *state = json_get_text(parameters, "state");
	enum record_state wanted = RECORD_DRAFT;
	struct listing *l;

	(void)r;
	if (state && !record_state_find(state, &wanted))
		return api_refuse(call, API_INPUT, "unknown-state", "state",
				  "one of draft, proposed, classified, issued, expired, released, …",
				  "there is no state \"%s\"", state);
	l = calloc(1, sizeof(*l));
	if (!l)
		return FAULT(ENOMEM, "list");
	*l = (struct listing){.states = state ? 1u << wanted : 0, .mine = json_get_bool(parameters, "mine")};
	rows_init(&l->rows, call, "records", json_get_int(parameters, "limit", 0));
	return api_stream(call, &pages, l);
}
