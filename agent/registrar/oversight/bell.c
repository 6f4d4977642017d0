#include "registrar/oversight/bell.h"

#include "base/text.h"
#include "registrar/oversight/caller.h"
#include "registrar/oversight/told.h"
#include "registrar/records/record_methods.h"
#include "registrar/store/store_incidents.h"
#include "registrar/store/store_tasks.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define RINGS_MAX  1000 /* of one list: whoever has more to do hears that there is more */
#define URGENT_MAX 64

struct bell {
	struct bell *next;
	struct registrar *r;
	struct api_call *call;
	struct sweep *sweep; /* the rehearsal that finds what has come to him; NULL: none is under way */
	const struct store_person *me; /* in this turn */
	struct json *rings;	       /* not sent yet */
	size_t n;
	bool is_cut;
	bool has_urgent, has_list; /* is to look for those */
	char urgent[URGENT_MAX][STORE_NUMBER_MAX];
	size_t n_urgent;
};

static void bell_free(void *arg)
{
	struct bell *b = arg, **at = &b->r->bells;

	while (*at && *at != b)
		at = &(*at)->next;
	if (*at)
		*at = b->next;
	sweep_free(b->sweep);
	json_free(b->rings);
	free(b);
}

/* Of what is no record (a file, an item, an appointment) nothing but the kind is said. */
static bool is_number(const char *text)
{
	size_t digits = 0, dashes = 0;

	for (; text && *text; text++) {
		digits += isdigit((unsigned char)*text) != 0;
		dashes += *text == '-';
		if (!isdigit((unsigned char)*text) && *text != '-')
			return false;
	}
	return digits > 4 && dashes == 1;
}

static void add_ring(struct bell *b, const char *kind, const char *number, enum escalation step, int64_t task)
{
	struct json *to;

	b->is_cut = b->is_cut || b->n == RINGS_MAX;
	if (b->is_cut)
		return;
	to = json_object();
	json_set_text(to, "kind", kind);
	json_set_text(to, "number", is_number(number) ? number : "");
	json_set_text(to, "step", escalation_name(step));
	json_set_int(to, "task", task);
	json_append(b->rings, to);
	b->n++;
}

static bool is_urgent_to_him(const struct bell *b, const char *number)
{
	for (size_t i = 0; i < b->n_urgent; i++)
		if (text_equal(b->urgent[i], number))
			return true;
	return false;
}

/* What is urgent rings as that, and for those who are asked; a superior is told when it was not decided. */
static void take_line(const struct sweep_line *line, void *arg)
{
	struct bell *b = arg;
	const struct person *me = &b->me->person;
	enum escalation step = told_to(b->r, me, line);
	bool of_task = text_equal(line->kind, task_kind_name(TASK_URGENT));

	if (text_equal(line->kind, "incident"))
		return; /* rang when it was entered */
	if (step < (of_task ? ESCALATION_SUPERIOR : ESCALATION_OWNER) ||
	    (step < ESCALATION_SUPERIOR && is_urgent_to_him(b, line->number)))
		return;
	add_ring(b, line->kind, line->number, step, 0);
}

static int take_task(const struct store_task *t, void *arg)
{
	struct bell *b = arg;
	OWNED(record) struct record *record = NULL;
	int status;

	if (t->task.kind != TASK_URGENT)
		return 0;
	status = store_record_load(b->r->store, t->task.number, &record);
	TRY(status);
	if (!record || !record_rings_for(b->r, b->me, record)) /* who stood in and does no more has the task, and no right */
		return 0;
	add_ring(b, task_kind_name(t->task.kind), t->task.number, ESCALATION_OWNER, t->task.id);
	if (b->n_urgent < URGENT_MAX)
		(void)snprintf(b->urgent[b->n_urgent++], sizeof(b->urgent[0]), "%s", t->task.number);
	return 0;
}

static int take_incident(const struct store_incident *i, void *arg)
{
	if (!i->reported)
		add_ring(arg, "incident", "", ESCALATION_OFFICE, i->id);
	return 0;
}

static int find_urgent(struct bell *b)
{
	const struct store_incident_filter open = {.only_open = true};
	const struct store_task_filter mine = {.owner = b->me->person.id, .only_open = true, .limit = RINGS_MAX};

	b->has_urgent = false;
	b->n_urgent = 0;
	TRY(store_task_list(b->r->store, &mine, take_task, b));
	return b->me->person.roles & ACTOR_OFFICE ? store_incident_list(b->r->store, &open, take_incident, b) : 0;
}

static struct json *take_rings(struct bell *b, bool is_whole)
{
	struct json *reply = json_object();

	json_set(reply, "rings", steal(&b->rings));
	json_set_bool(reply, "whole", is_whole && !b->is_cut);
	b->rings = json_array();
	b->n = 0;
	b->is_cut = false;
	return reply;
}

static int begin_list(struct bell *b)
{
	struct date until = date_add_days(registrar_today(b->r), policy_escalation(b->r->policy).owner_before);

	b->has_list = b->has_urgent = false;
	TRY(sweep_new(b->r, &(struct sweep_order){until, take_line, b, true}, &b->sweep));
	return find_urgent(b);
}

/* A step of the list; it is said when it is whole. */
static int go_on(struct bell *b, bool *ret_done)
{
	TRY(sweep_step(b->sweep, ret_done));
	if (!*ret_done)
		return 0;
	sweep_free(b->sweep);
	b->sweep = NULL;
	return 0;
}

/* What is urgent is said before the list is looked for. */
static int look(struct bell *b, bool *ret_whole)
{
	*ret_whole = false;
	if (b->has_urgent && !b->sweep)
		return find_urgent(b);
	if (b->has_list && !b->sweep)
		TRY(begin_list(b));
	return b->sweep ? go_on(b, ret_whole) : 0;
}

static int say(struct bell *b, bool is_whole)
{
	if (is_whole && !api_wants_more(b->call))
		return api_reply(b->call, take_rings(b, true));
	if (!b->sweep && !b->has_urgent && !b->has_list)
		api_stream_rest(b->call);
	if ((b->n == 0 && !is_whole) || b->sweep || !api_wants_more(b->call))
		return 0;
	return api_more(b->call, take_rings(b, is_whole));
}

static int next_rings(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CALLER struct caller c = {NULL};
	struct bell *b = arg;
	bool is_whole = false;
	int status = caller_of(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (!c.person)
		return caller_refuse(call);
	if (!r->policy || !r->meta_key)
		return api_refuse(call, API_BUSY, "not-ready", "agent", "classctl status says what is missing",
				  "the agent has no policy or no key yet");
	b->me = c.person;
	status = look(b, &is_whole);
	b->me = NULL;
	TRY(status);
	return say(b, is_whole);
}

int oversight_bell(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_rings, bell_free};
	struct bell *b = calloc(1, sizeof(*b));

	if (!b)
		return FAULT(ENOMEM, "bell");
	*b = (struct bell){
	    .next = r->bells, .r = r, .call = call, .rings = json_array(), .has_urgent = api_wants_more(call), .has_list = true};
	r->bells = b;
	return api_stream(call, &pages, b);
}

void bell_ring(struct registrar *r, const char *person)
{
	for (struct bell *b = r->bells; b; b = b->next) {
		if (!text_equal(api_person(b->call), person))
			continue;
		b->has_urgent = true;
		api_stream_wake(b->call);
	}
}

void bell_incident(struct registrar *r)
{
	for (struct bell *b = r->bells; b; b = b->next) {
		b->has_urgent = true;
		api_stream_wake(b->call);
	}
}

void bell_day(struct registrar *r)
{
	for (struct bell *b = r->bells; b; b = b->next) {
		b->has_list = true;
		api_stream_wake(b->call);
	}
}
