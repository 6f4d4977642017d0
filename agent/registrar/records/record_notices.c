/*
 * Telling those who may know a record what became of it: a change, an extension, a release (then it is served). The
 * decision's own entry opens the task and names them; each of them who was told is entered, and the last one answers it.
 */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "domain/scope.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/tasks.h"

#include <stdio.h>
#include <string.h>

static const struct {
	enum act act;
	enum task_kind kind;
	enum deadline deadline;
	bool before_end; /* told before the term was to end, or it does not count (2014 provisions arts 27, 30) */
} told[] = {
    {ACT_CHANGE, TASK_NOTICE, DEADLINE_NOTICE, false},	{ACT_EXTEND, TASK_NOTICE, DEADLINE_NOTICE, true},
    {ACT_SETTLE, TASK_NOTICE, DEADLINE_NOTICE, false},	{ACT_ORDER, TASK_NOTICE, DEADLINE_NOTICE, false},
    {ACT_RELEASE, TASK_SERVICE, DEADLINE_SERVICE, false},
};

/* Whoever was admitted beside the decided scope knows it, too. */
static void add_admitted(const struct record *r, struct buffer *names)
{
	for (size_t i = 0; i < r->admissions.n; i++) {
		struct scope_entry e;

		if (!scope_entry_parse(r->admissions.at[i], &e) || e.part != SCOPE_ADDED)
			continue;
		buffer_add_text(names, names->n ? " " : "");
		buffer_add(names, e.who.at, e.who.n);
	}
}

void record_ask_notices(struct case_of *c, enum act act)
{
	OWN_BUFFER struct buffer names = {0};
	OWN_MEM char *note = NULL;

	for (size_t i = 0; i < array_n(told); i++) {
		struct tasks_new task = {.kind = told[i].kind, .number = c->record->number, .owner = c->person->person.id};
		struct date end = c->record->declassify_on;

		if (told[i].act != act)
			continue;
		task_names(c->record->decided.scope, c->next.decided.scope, &names);
		add_admitted(c->record, &names);
		note = buffer_steal_text(&names);
		if (text_is_empty(note))
			return;
		task.note = note;
		task.due = policy_deadline_of(c->r->policy, c->today, told[i].deadline);
		if (told[i].before_end && date_is_set(end) &&
		    (!date_is_set(task.due) || date_compare(end, task.due) < 0))
			task.due = end;
		c->asks = json_object();
		tasks_fill(c->r, &task, c->asks);
		return;
	}
}

/* ---- who was told ---- */

struct notice {
	int64_t task;
	char number[STORE_NUMBER_MAX];
	enum task_kind kind;
	bool is_open, is_mine;
	char *names; /* blanks between them */
	const char *me;
};

static void notice_done(struct notice *n)
{
	free(n->names);
}

static int take_task(const struct store_task *t, void *arg)
{
	struct notice *n = arg;

	n->kind = t->task.kind;
	n->is_open = t->task.is_open;
	n->is_mine = text_equal(t->task.owner, n->me);
	(void)snprintf(n->number, sizeof(n->number), "%s", t->task.number);
	n->names = text_copy(t->note ? t->note : "");
	return 0;
}

static const char *next_word(const char **at, size_t *n)
{
	*at += strspn(*at, " ");
	*n = strcspn(*at, " ");
	*at += *n;
	return *n ? *at - *n : NULL;
}

static bool has_word(const char *words, const char *end, const char *word, size_t length)
{
	const char *one;
	size_t n;

	while ((one = next_word(&words, &n)) && one < end)
		if (n == length && memcmp(one, word, n) == 0)
			return true;
	return false;
}

/* The next name and its length; NULL: no more. Who stands there twice (admitted, and in the scope) is told once. */
static const char *next_name(const char *names, const char **at, size_t *n)
{
	const char *name = next_word(at, n);

	while (name && has_word(names, name, name, *n))
		name = next_word(at, n);
	return name;
}

struct given {
	const char *whom;
	size_t length; /* of it */
	bool found;
	size_t n; /* all that were told */
	struct json *to;
};

static int take_given(const struct store_notice *n, void *arg)
{
	struct given *g = arg;

	g->n++;
	if (!g->whom || strlen(n->whom) != g->length || memcmp(n->whom, g->whom, g->length) != 0)
		return 0;
	g->found = true;
	if (!g->to)
		return 0;
	json_set_date(g->to, "given", n->given);
	json_set_text(g->to, "how", n->how ? n->how : "");
	json_set_text(g->to, "by", n->person);
	return 0;
}

static int read_given(struct case_of *c, struct date *ret)
{
	const char *on = json_get_text(api_parameters(c->call), "on");

	*ret = c->today;
	if (on && !date_parse(on, ret))
		return case_refuse(c, API_INPUT, "bad-date", "write it as 2026-03-01", "the day of the notice does not exist");
	if (date_compare(*ret, c->today) > 0 || date_compare(*ret, c->record->decided_on) < 0)
		return case_refuse(c, API_INPUT, "not-that-day", "give a day since the decision, up to today",
				   "the notice cannot have been given on that day");
	return 0;
}

static size_t count_names(const char *names)
{
	const char *at = names;
	size_t n = 0, length;

	while (next_name(names, &at, &length))
		n++;
	return n;
}

/* Is it one of those to be told, and was not yet. */
static int check_whom(struct case_of *c, const struct notice *n, const char *whom, size_t *ret_left)
{
	struct given g = {.whom = whom, .length = strlen(whom)};
	const char *at = n->names, *name;
	size_t length;
	bool named = false;
	int status;

	while ((name = next_name(n->names, &at, &length)))
		named = named || (length == g.length && memcmp(name, whom, length) == 0);
	if (!named)
		return case_refuse(c, API_INPUT, "not-to-be-told", "classctl notices NUMBER lists them",
				   "that is nobody whom this notice is for");
	status = store_notice_list(c->r->store, n->task, n->number, take_given, &g);
	TRY(status);
	if (g.found)
		return case_refuse(c, API_STATE, "told-before", "classctl notices NUMBER shows when", "they were told before");
	*ret_left = count_names(n->names) - g.n - 1;
	return 0;
}

static int write_notice(struct case_of *c, const struct notice *n, const char *whom, struct date given, size_t left)
{
	const char *how = json_get_text(api_parameters(c->call), "how");
	struct json *entry = registrar_entry("notice", c->person->person.id, api_uid(c->call));
	struct json *reply;
	int status;

	json_set_text(entry, "number", n->number);
	json_set_int(entry, "of", n->task);
	json_set_text(entry, "whom", whom);
	json_set_date(entry, "given", given);
	cell_set_of(entry, "how", c->r->meta_key, "note", n->number, how);
	if (!left)
		json_set(entry, "task", record_answer_json(c, n->task, n->kind == TASK_SERVICE ? "served" : "told", how, NULL));
	status = registrar_change(c->r, entry);
	TRY(status);
	if (status)
		return case_refuse(c, API_FAILED, "read-only", "classctl status says why", "nothing can be written");
	status = findings_refresh(c->r, c->record, NULL);
	if (status)
		return status;
	reply = json_object();
	json_set_int(reply, "left", (int64_t)left);
	return api_reply(c->call, reply);
}

static int find_notice(struct case_of *c, int64_t id, struct notice *n)
{
	int status = store_task_load(c->r->store, id, take_task, n);

	TRY(status);
	if (status == STORE_NOT_FOUND || (n->kind != TASK_NOTICE && n->kind != TASK_SERVICE))
		return case_refuse(c, API_NOT_FOUND, "no-task", "classctl notices lists them",
				   "there is no notice of that number");
	n->task = id;
	status = case_load(c, n->number);
	if (status)
		return status;
	if (!n->is_open)
		return case_refuse(c, API_STATE, "answered", "classctl notices NUMBER shows them", "everybody was told");
	return n->is_mine || (c->person->person.roles & ACTOR_OFFICE) ? 0 : case_may(c, ACT_REVIEW, NULL, NULL);
}

static int give(struct case_of *c, struct notice *n, struct json_view parameters)
{
	const char *whom = json_get_text(parameters, "to"), *how = json_get_text(parameters, "how");
	struct date given;
	size_t left = 0;
	int status = find_notice(c, json_get_int(parameters, "task", 0), n);

	if (status == 0)
		status = check_whom(c, n, whom ? whom : "", &left);
	if (status == 0)
		status = read_given(c, &given);
	if (status)
		return status;
	if (text_is_empty(how) || !text_is_line(how, 1000))
		return case_refuse(c, API_INPUT, "no-way", "say how they were told, with --how: a letter and its number, a receipt",
				   "a notice was given in some way");
	return write_notice(c, n, whom, given, left);
}

int record_method_give_notice(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct notice n = {0};
	int status = case_begin(r, call, &c);

	if (status == 0) {
		n.me = c.person->person.id;
		status = give(&c, &n, api_parameters(call));
	}
	notice_done(&n);
	return status < 0 ? status : 0;
}

/* ---- showing ---- */

struct listing {
	struct case_of *c;
	struct json *rows;
	bool whole; /* those that were told, too */
};

static struct json *row_of(const struct store_task *t, const char *name, size_t length)
{
	struct json *to = json_object();
	OWN_MEM char *whom = text_format("%.*s", (int)length, name);

	json_set_int(to, "task", t->task.id);
	json_set_text(to, "number", t->task.number);
	json_set_text(to, "kind", task_kind_name(t->task.kind));
	json_set_text(to, "owner", t->task.owner);
	json_set_date(to, "decided", t->task.opened);
	json_set_date(to, "due", t->task.due);
	json_set_text(to, "to", whom ? whom : "");
	json_set_text(to, "given", "");
	json_set_text(to, "how", "");
	json_set_text(to, "by", "");
	return to;
}

static int list_names(struct listing *l, const struct store_task *t)
{
	const char *names = t->note ? t->note : "", *at = names, *name;
	size_t length;

	while ((name = next_name(names, &at, &length))) {
		struct given g = {.whom = name, .length = length, .to = row_of(t, name, length)};
		int status = store_notice_list(l->c->r->store, t->task.id, t->task.number, take_given, &g);

		if (status == 0 && (l->whole || !g.found))
			json_append(l->rows, g.to);
		else
			json_free(g.to);
		TRY(status);
	}
	return 0;
}

static int list_task(const struct store_task *t, void *arg)
{
	struct listing *l = arg;
	OWNED(record) struct record *record = NULL;
	int status;

	if (t->task.kind != TASK_NOTICE && t->task.kind != TASK_SERVICE)
		return 0;
	status = store_record_load(l->c->r->store, t->task.number, &record);
	TRY(status);
	if (!record || (!text_equal(t->task.owner, l->c->person->person.id) && !case_sees(l->c, record)))
		return 0;
	return list_names(l, t);
}

int record_method_notices(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	struct listing l = {.c = &c, .whole = json_get_text(parameters, "number") != NULL};
	struct store_task_filter filter = {.number = json_get_text(parameters, "number"), .only_open = !l.whole};
	struct json *reply;
	int status = case_begin(r, call, &c);

	if (status == 0 && filter.number)
		status = case_load(&c, filter.number);
	if (status)
		return status < 0 ? status : 0;
	l.rows = json_array();
	status = store_task_list(r->store, &filter, list_task, &l);
	reply = json_object();
	json_set(reply, "notices", l.rows);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}
