/*
 * Handing records over, to an archive or to another unit: a list, for an archive a review of each of them first, then the
 * receipt. Only then the records say who holds them; who made them stays who made them.
 */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "domain/proposal.h"
#include "registrar/documents/jobs.h"
#include "registrar/records/tasks.h"
#include "registrar/store/store_handovers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LIST_MAX 200 /* records on one list */
#define OF_LIST	 "list %lld, " /* so begins the note of a review that a list asks for */

static const struct {
	const char *kind;
	enum act act;
	bool is_reviewed;
} kinds[] = {
    {"archive", ACT_ARCHIVE, true},
    {"transfer", ACT_TRANSFER, false},
};

struct handover {
	struct case_of *c;
	int64_t id;
	size_t kind; /* row of kinds */
	bool is_open;
	char *to;
	char (*numbers)[STORE_NUMBER_MAX];
	size_t n;
};

static void handover_done(struct handover *h)
{
	free(h->to);
	free(h->numbers);
}

static int begin(struct registrar *r, struct api_call *call, struct case_of *c)
{
	int status = case_begin(r, call, c);

	if (status)
		return status;
	return c->person->person.roles & ACTOR_OFFICE
		   ? 0
		   : case_refuse(c, API_AUTHORITY, "wrong-role", "ask the secrecy office", "records are handed over by the secrecy office");
}

/* ---- a list is made ---- */

static int find_kind(struct case_of *c, const char *name, size_t *ret)
{
	for (size_t i = 0; i < array_n(kinds); i++)
		if (text_equal(kinds[i].kind, name)) {
			*ret = i;
			return 0;
		}
	return case_refuse(c, API_INPUT, "unknown-kind", "archive or transfer", "records are not handed over so");
}

/* By this very list, before the power went. */
static bool is_moved(const struct handover *h, const struct record *record)
{
	bool moved = record->state == RECORD_ARCHIVED || record->state == RECORD_TRANSFERRED;

	return h->id && moved && text_equal(record->holder, h->to);
}

/* It can be handed over as it stands: nothing about it waits, and its state allows it. */
static int check_record(struct handover *h, const char *number)
{
	OWN_CASE struct case_of c = {
	    .r = h->c->r, .call = h->c->call, .today = h->c->today, .person = h->c->person, .borrows_person = true};
	int status = case_load(&c, number);

	if (status == 0 && is_moved(h, c.record))
		return 0;
	if (status == 0)
		status = case_may(&c, kinds[h->kind].act, NULL, NULL);
	if (status == 0 && c.record->request != ACT_NEW)
		return case_refuse_request(&c, REQUEST_WAITS);
	return status;
}

static int take_numbers(struct handover *h, struct json_view list)
{
	size_t n = json_n(list);

	if (n == 0 || n > LIST_MAX)
		return case_refuse(h->c, API_INPUT, "bad-list", "name 1 to 200 records", "a list holds 1 to 200 records");
	h->numbers = calloc(n, sizeof(*h->numbers));
	if (!h->numbers)
		return FAULT(ENOMEM, "a list");
	for (size_t i = 0; i < n; i++) {
		const char *number = json_as_text(json_at(list, i));
		int status = check_record(h, number ? number : "");

		if (status)
			return status;
		for (size_t k = 0; k < h->n; k++)
			if (text_equal(h->numbers[k], number))
				return case_refuse(h->c, API_INPUT, "named-twice", "name each record once",
						   "a record stands on the list twice");
		(void)snprintf(h->numbers[h->n++], sizeof(h->numbers[0]), "%s", number);
	}
	return 0;
}

static int refuse_read_only(struct case_of *c)
{
	return case_refuse(c, API_FAILED, "read-only", "classctl status says why", "nothing can be written");
}

static int write_list(struct handover *h, const char *to)
{
	struct json *entry = registrar_entry("handover", h->c->person->person.id, api_uid(h->c->call));
	struct json *numbers = json_array();
	int status;

	json_set_text(entry, "what", "opened");
	json_set_text(entry, "kind", kinds[h->kind].kind);
	cell_set_of(entry, "to", h->c->r->meta_key, "note", "handover", to);
	for (size_t i = 0; i < h->n; i++)
		json_append_text(numbers, h->numbers[i]);
	json_set(entry, "numbers", numbers);
	json_set_date(entry, "on", h->c->today);
	status = registrar_change(h->c->r, entry);
	TRY(status);
	if (status)
		return refuse_read_only(h->c);
	h->id = (int64_t)registrar_seq(h->c->r);
	return 0;
}

/* Before it goes to an archive whoever answers for it looks at it (2020 measures art. 4). Each list asks by itself: an
 * answer about another one says nothing about this. */
static int ask_reviews(struct handover *h, const char *to)
{
	struct registrar *r = h->c->r;
	OWN_MEM char *note = text_format(OF_LIST "to %s", (long long)h->id, to);

	for (size_t i = 0; i < h->n && kinds[h->kind].is_reviewed; i++) {
		OWNED(record) struct record *record = NULL;
		struct tasks_new task = {.kind = TASK_ARCHIVE,
					 .due = policy_deadline_of(r->policy, h->c->today, DEADLINE_REQUEST),
					 .note = note,
					 .person = h->c->person->person.id,
					 .uid = api_uid(h->c->call)};
		int status = store_record_load(r->store, h->numbers[i], &record);

		TRY(status);
		if (!record)
			continue;
		task.number = record->number;
		task.owner = tasks_owner(record);
		status = text_is_empty(task.owner) ? 0 : tasks_open(r, &task);
		TRY(status);
		if (status)
			return refuse_read_only(h->c);
	}
	return 0;
}

static int make(struct handover *h, struct json_view parameters)
{
	const char *to = json_get_text(parameters, "to");
	struct json *reply;
	int status = find_kind(h->c, json_get_text(parameters, "kind"), &h->kind);

	if (status)
		return status;
	if (text_is_empty(to) || !text_is_line(to, 200))
		return case_refuse(h->c, API_INPUT, "no-receiver", "name it with --to", "records are handed over to somebody");
	status = take_numbers(h, json_get(parameters, "numbers"));
	if (status == 0)
		status = write_list(h, to);
	if (status == 0)
		status = ask_reviews(h, to);
	if (status)
		return status;
	reply = json_object();
	json_set_int(reply, "handover", h->id);
	return api_reply(h->c->call, reply);
}

int record_method_hand_over(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct handover h = {.c = &c};
	int status = begin(r, call, &c);

	if (status == 0)
		status = make(&h, api_parameters(call));
	handover_done(&h);
	return status < 0 ? status : 0;
}

/* ---- how far it is ---- */

struct verdict {
	int64_t list, task;
	const char *said; /* "ready" "hold" or what else; "" not answered; NULL nobody was asked */
};

static int take_verdict(const struct store_task *t, void *arg)
{
	struct verdict *v = arg;
	char text[40];

	(void)snprintf(text, sizeof(text), OF_LIST, (long long)v->list);
	if (t->task.kind != TASK_ARCHIVE || !t->note || !text_starts(t->note, text))
		return 0;
	v->task = t->task.id;
	v->said = t->task.is_open ? "" : task_outcome_find(TASK_ARCHIVE, t->outcome)->name;
	return 0;
}

static int verdict_of(struct handover *h, const char *number, struct verdict *ret)
{
	int status;

	*ret = (struct verdict){.list = h->id};
	status = store_task_list(h->c->r->store, &(struct store_task_filter){.number = number}, take_verdict, ret);
	return status < 0 ? status : 0;
}

static int take_handover(const struct store_handover *stored, void *arg)
{
	struct handover *h = arg;

	h->id = stored->id;
	h->is_open = !date_is_set(stored->closed);
	h->to = text_copy(stored->to);
	h->kind = text_equal(stored->kind, kinds[0].kind) ? 0 : 1;
	h->numbers = calloc(stored->numbers.n ? stored->numbers.n : 1, sizeof(*h->numbers));
	if (!h->numbers)
		return FAULT(ENOMEM, "a list");
	for (; h->n < stored->numbers.n; h->n++)
		(void)snprintf(h->numbers[h->n], sizeof(h->numbers[0]), "%s", stored->numbers.at[h->n]);
	return 1;
}

static int find_handover(struct handover *h, int64_t id)
{
	int status = id > 0 ? store_handover_list(h->c->r->store, id, false, take_handover, h) : 0;

	if (status < 0)
		return status;
	return h->id ? 0
		     : case_refuse(h->c, API_NOT_FOUND, "no-list", "classctl handover list shows them",
				   "there is no list of that number");
}

static struct json *row_of(const struct record *record, const char *verdict)
{
	struct json *to = json_object();

	json_set_text(to, "number", record->number);
	json_set_text(to, "title", record->title ? record->title : "");
	json_set_text(to, "document_number", record->document_number ? record->document_number : "");
	json_set_text(to, "state", record_state_name(record->state));
	json_set_text(to, "level", record->decided.level ? record->decided.level : "");
	json_set_date(to, "declassify_on", record->declassify_on);
	json_set_text(to, "review", verdict ? verdict : "");
	return to;
}

/* The list is protected like a folder that holds them all (R24); what is over protects nothing. */
static void set_dominant(struct handover *h, struct json *reply, const struct record *const *held, size_t n)
{
	struct classification all = {.level = level_unclassified(h->c->r->policy)->code};
	char term[TERM_TEXT_MAX] = "";
	struct json *scope = json_array();

	if (n)
		proposal_from_sources(h->c->r->policy, held, n, h->c->today, &all);
	term_format_cli(&all.term, term);
	for (size_t i = 0; i < all.scope.n; i++)
		json_append_text(scope, all.scope.at[i]);
	json_set_text(reply, "level", all.level ? all.level : "");
	json_set_text(reply, "term", term);
	json_set(reply, "scope", scope);
}

static int show(struct handover *h)
{
	OWN_MEM struct record **records = calloc(h->n ? h->n : 1, sizeof(struct record *));
	OWN_MEM const struct record **held = calloc(h->n ? h->n : 1, sizeof(struct record *));
	struct json *reply = json_object(), *list = json_array();
	size_t n_held = 0;
	int status = records && held ? 0 : FAULT(ENOMEM, "a list");

	for (size_t i = 0; i < h->n && status == 0; i++) {
		struct verdict verdict = {0};

		status = store_record_load(h->c->r->store, h->numbers[i], &records[i]);
		if (status == 0)
			status = verdict_of(h, h->numbers[i], &verdict);
		if (status == 0)
			json_append(list, row_of(records[i], verdict.said));
		if (status == 0 && record_is_in_force(records[i]))
			held[n_held++] = records[i];
	}
	json_set(reply, "records", list);
	json_set_int(reply, "handover", h->id);
	json_set_text(reply, "kind", kinds[h->kind].kind);
	json_set_text(reply, "to", h->to ? h->to : "");
	json_set_bool(reply, "open", h->is_open);
	if (status == 0)
		set_dominant(h, reply, held, n_held);
	for (size_t i = 0; records && i < h->n; i++)
		store_record_free(records[i]);
	if (status == 0)
		return api_reply(h->c->call, reply);
	json_free(reply);
	return status < 0 ? status : FAULT(EBADMSG, "a list of records that are not there");
}

int record_method_handover(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct handover h = {.c = &c};
	int status = begin(r, call, &c);

	if (status == 0)
		status = find_handover(&h, json_get_int(api_parameters(call), "handover", 0));
	if (status == 0)
		status = show(&h);
	handover_done(&h);
	return status < 0 ? status : 0;
}

static int list_one(const struct store_handover *stored, void *arg)
{
	struct json *to = json_object();

	json_set_int(to, "handover", stored->id);
	json_set_text(to, "kind", stored->kind);
	json_set_text(to, "to", stored->to ? stored->to : "");
	json_set_int(to, "n", (int64_t)stored->numbers.n);
	json_set_date(to, "opened", stored->opened);
	json_set_text(to, "by", stored->by);
	json_set_date(to, "closed", stored->closed);
	json_set_text(to, "receipt", stored->receipt ? stored->receipt : "");
	json_append(arg, to);
	return 0;
}

int record_method_handovers(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json *list, *reply;
	int status = begin(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	list = json_array();
	status = store_handover_list(r->store, 0, false, list_one, list);
	reply = json_object();
	json_set(reply, "handovers", list);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}

/* ---- it is received, or given up ---- */

static int close_list(struct handover *h, const char *receipt)
{
	struct json *entry = registrar_entry("handover", h->c->person->person.id, api_uid(h->c->call));
	struct json *reply;
	int status;

	json_set_text(entry, "what", "closed");
	json_set_int(entry, "handover", h->id);
	cell_set_of(entry, "receipt", h->c->r->meta_key, "note", "handover", receipt);
	json_set_date(entry, "on", h->c->today);
	status = registrar_change(h->c->r, entry);
	TRY(status);
	if (status)
		return refuse_read_only(h->c);
	reply = json_object();
	json_set_int(reply, "moved", receipt ? (int64_t)h->n : 0);
	return api_reply(h->c->call, reply);
}

/* Of a list that is given up nobody need answer for any record any more. */
static int call_off(struct handover *h, const char *number)
{
	struct verdict v = {0};
	struct json *entry;
	int status;

	TRY(verdict_of(h, number, &v));
	if (!text_equal(v.said, ""))
		return 0;
	entry = registrar_entry("task", h->c->person->person.id, api_uid(h->c->call));
	json_set_text(entry, "what", "answered");
	json_set_text(entry, "number", number);
	json_set_int(entry, "task", v.task);
	json_set_text(entry, "outcome", "dropped");
	json_set_date(entry, "on", h->c->today);
	status = registrar_change(h->c->r, entry);
	return status > 0 ? refuse_read_only(h->c) : status;
}

static int drop(struct handover *h)
{
	int status = 0;

	for (size_t i = 0; i < h->n && kinds[h->kind].is_reviewed && status == 0; i++)
		status = call_off(h, h->numbers[i]);
	return status == 0 ? close_list(h, NULL) : status;
}

/* One decision and one entry each; the receipt stands in each history. */
static int move_one(struct handover *h, const char *number, const char *receipt)
{
	OWN_CASE struct case_of c = {
	    .r = h->c->r, .call = h->c->call, .today = h->c->today, .person = h->c->person, .borrows_person = true};
	OWN_MEM char *note = text_format("%s, list %lld, receipt %s", h->to ? h->to : "", (long long)h->id, receipt);
	enum act act = kinds[h->kind].act;
	int status = case_load(&c, number);

	if (status || is_moved(h, c.record))
		return status;
	c.next.state = record_step_next(record_step_find(c.record->state, act), c.record->state, NULL);
	c.next.holder = h->to;
	c.next.next_review = (struct date){0};
	status = case_change(&c, act, note, NULL);
	return status == 0 ? jobs_relabel(h->c->r, number) : status;
}

static int check_ready(struct handover *h)
{
	for (size_t i = 0; i < h->n; i++) {
		struct verdict verdict = {0};
		int status = check_record(h, h->numbers[i]);

		if (status)
			return status;
		TRY(verdict_of(h, h->numbers[i], &verdict));
		if (kinds[h->kind].is_reviewed && !text_equal(verdict.said, "ready")) {
			TRY(api_refuse(h->c->call, API_STATE, "not-reviewed", h->numbers[i],
				       "classctl handover show LIST says which; its responsible person answers: classctl tasks",
				       "nobody has said that %s is ready for an archive", h->numbers[i]));
			return CASE_ANSWERED;
		}
	}
	return 0;
}

static int complete(struct handover *h, struct json_view parameters)
{
	const char *receipt = json_get_text(parameters, "receipt");
	bool drops = json_get_bool(parameters, "drop");
	int status = find_handover(h, json_get_int(parameters, "handover", 0));

	if (status)
		return status;
	if (!h->is_open)
		return case_refuse(h->c, API_STATE, "closed", "classctl handover list shows when", "this list is closed");
	if (drops)
		return drop(h);
	if (text_is_empty(receipt) || !text_is_line(receipt, 200))
		return case_refuse(h->c, API_INPUT, "no-receipt", "name it with --receipt", "what is handed over is received, in writing");
	status = check_ready(h);
	for (size_t i = 0; i < h->n && status == 0; i++)
		status = move_one(h, h->numbers[i], receipt);
	return status == 0 ? close_list(h, receipt) : status;
}

int record_method_complete_handover(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct handover h = {.c = &c};
	int status = begin(r, call, &c);

	if (status == 0)
		status = complete(&h, api_parameters(call));
	handover_done(&h);
	return status < 0 ? status : 0;
}
