/* The register of who knows: read here (from the journal of reads), told on paper or at a meeting (entered). */
#include "registrar/custody/custody.h"

#include "base/text.h"
#include "registrar/api/rows.h"
#include "registrar/oversight/findings.h"

#include <errno.h>
#include <stdlib.h>

/* ---- told ---- */

struct told {
	const char *person, *name, *how, *at;
	struct date on;
	bool outside;
};

static int check_person(struct case_of *c, struct told *t)
{
	OWNED(store_person) struct store_person *p = NULL;
	const char *id = t->person;

	t->outside = true;
	if (!id)
		return 0;
	TRY(store_person_load(c->r->store, id, &p));
	if (!p)
		return case_refuse(c, API_INPUT, "unknown-person", "classctl person list; somebody else with --name",
				   "there is no such person in the register");
	t->outside = !text_equal(c->record->drafter, id) && !text_equal(c->record->responsible, id) &&
		     !scope_admits(c->r->policy, c->record, &p->person);
	return 0;
}

static int take_day(struct case_of *c, struct told *t)
{
	const char *given = json_get_text(api_parameters(c->call), "on");

	t->on = c->today;
	if (!given || (date_parse(given, &t->on) && date_compare(t->on, c->today) <= 0))
		return 0;
	return case_refuse(c, API_INPUT, "bad-day", "give a day that has been, like 2026-11-28",
			   "he was told on a day that there is not or that has not come");
}

static int check_told(struct case_of *c, struct told *t)
{
	if (!text_equal(t->how, "paper") && !text_equal(t->how, "meeting"))
		return case_refuse(c, API_INPUT, "unknown-how", "--paper WHICH or --meeting WHICH",
				   "somebody is told on paper or at a meeting");
	if (!custody_is_line(t->at, 500))
		return case_refuse(c, API_INPUT, "no-occasion", "say which one, in one line", "that paper or meeting has a name");
	if (!t->person == !t->name || (t->name && !custody_is_line(t->name, 200)))
		return case_refuse(c, API_INPUT, "who", "a person of the register, or --name", "say who was told, once");
	return take_day(c, t);
}

static int write_told(struct case_of *c, const struct told *t)
{
	struct json *entry = registrar_entry("told", c->person->person.id, api_uid(c->call));
	char day[11];

	date_format(t->on, day);
	json_set_text(entry, "number", c->record->number);
	if (t->person)
		json_set_text(entry, "person", t->person);
	else
		cell_set_of(entry, "name", c->r->meta_key, "knower", c->record->number, t->name);
	json_set_text(entry, "on", day);
	json_set_text(entry, "how", t->how);
	json_set_bool(entry, "outside", t->outside);
	cell_set_of(entry, "note", c->r->meta_key, "note", c->record->number, t->at);
	return registrar_change(c->r, entry);
}

static int tell(struct case_of *c)
{
	struct json_view p = api_parameters(c->call);
	struct told t = {.person = json_get_text(p, "person"),
			 .name = json_get_text(p, "name"),
			 .how = json_get_text(p, "how"),
			 .at = json_get_text(p, "at")};
	struct json *reply;
	int status = c->person->person.roles & ACTOR_OFFICE ? 0 : case_may_open(c);

	if (status == 0)
		status = check_told(c, &t);
	if (status == 0)
		status = check_person(c, &t);
	if (status == 0)
		status = write_told(c, &t);
	if (status == REGISTRAR_READ_ONLY)
		return custody_refuse_read_only(c);
	if (status == 0)
		status = findings_refresh(c->r, c->record, NULL);
	if (status)
		return status;
	reply = json_object();
	json_set_bool(reply, "outside", t.outside);
	return api_reply(c->call, reply);
}

int custody_told(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = custody_begin(r, call, &c);

	if (status == 0)
		status = tell(&c);
	return status < 0 ? status : 0;
}

/* ---- the list ---- */

struct listing {
	struct rows rows;
	char *number, *person; /* one of them */
	int64_t after;
};

static void listing_free(void *arg)
{
	struct listing *l = arg;

	rows_done(&l->rows);
	free(l->number);
	free(l->person);
	free(l);
}

static int list_knower(const struct store_knower *k, void *arg)
{
	struct listing *l = arg;
	struct json *one = json_object();

	l->after = k->id;
	json_set_int(one, "id", k->id);
	json_set_text(one, "number", k->number);
	json_set_text(one, "person", k->person ? k->person : "");
	json_set_text(one, "name", k->name ? k->name : "");
	json_set_text(one, "since", k->since);
	json_set_text(one, "how", k->how);
	json_set_text(one, "by", k->by);
	json_set_text(one, "note", k->note ? k->note : "");
	json_set_bool(one, "outside", k->outside);
	rows_add(&l->rows, one);
	return rows_next(&l->rows);
}

/* Who knows a record is for those who answer for it; what a person knows for the secrecy office and for himself. */
static int may_list(struct case_of *c, const struct listing *l)
{
	int status;

	if (l->person)
		return text_equal(l->person, c->person->person.id) || (c->person->person.roles & ACTOR_OFFICE)
			   ? 0
			   : case_refuse(c, API_AUTHORITY, "wrong-role", "ask the secrecy office",
					 "you may ask what you know yourself");
	status = case_load(c, l->number);
	if (status || custody_sees(c))
		return status;
	return case_refuse(c, API_AUTHORITY, "wrong-role", "ask whoever answers for the record, or the secrecy office",
			   "you may not ask who knows this record");
}

static int next_page(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CASE struct case_of c = {0};
	struct listing *l = arg;
	struct store_knower_filter filter = {.number = l->number, .person = l->person, .after = l->after};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = may_list(&c, l);
	if (status)
		return status < 0 ? status : 0;
	filter.limit = rows_begin(&l->rows);
	status = store_knower_list(r->store, &filter, list_knower, l);
	return status < 0 ? status : rows_send(&l->rows, call);
}

int custody_knowers(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_page, listing_free};
	struct json_view p = api_parameters(call);
	const char *number = json_get_text(p, "number"), *person = json_get_text(p, "person");
	struct listing *l;

	(void)r;
	if (!number == !person)
		return api_refuse(call, API_INPUT, "one-of-both", "number", "give a record number, or a person",
				  "who knows is asked of one record or of one person");
	l = calloc(1, sizeof(*l));
	if (!l)
		return FAULT(ENOMEM, "knowers");
	*l = (struct listing){.number = text_copy(number), .person = text_copy(person)};
	rows_init(&l->rows, call, "knowers", 0);
	if (!l->number && !l->person) {
		listing_free(l);
		return FAULT(ENOMEM, "knowers");
	}
	return api_stream(call, &pages, l);
}
