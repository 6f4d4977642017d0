/*
 * Numbered copies: each is in the register, with its holder, before there is anything to copy. A number is never used
 * twice. What becomes of a copy is a table of moves.
 */
#include "registrar/custody/custody.h"

#include "base/text.h"
#include "registrar/oversight/findings.h"

#include <stdio.h>
#include <string.h>

#define COPIES_MAX 99 /* in one go */

/* ---- showing ---- */

static struct json *copy_json(const struct store_copy *k, const char *today)
{
	struct json *to = json_object();

	json_set_int(to, "copy", k->id);
	json_set_text(to, "number", k->number);
	json_set_int(to, "n", k->n);
	json_set_int(to, "of", k->total);
	json_set_text(to, "person", k->person ? k->person : "");
	json_set_text(to, "name", k->name ? k->name : "");
	json_set_text(to, "how", k->how);
	json_set_text(to, "state", k->state);
	json_set_text(to, "made", k->made);
	json_set_text(to, "by", k->by);
	json_set_text(to, "received", k->received ? k->received : "");
	json_set_text(to, "due", k->due ? k->due : "");
	json_set_text(to, "ended", k->ended ? k->ended : "");
	json_set_bool(to, "late", store_copy_is_late(k, today));
	return to;
}

struct listing {
	struct json *list;
	char today[11];
	bool only_out, only_late;
	int64_t from; /* from this number on */
};

static int list_copy(const struct store_copy *k, void *arg)
{
	struct listing *l = arg;

	if ((!l->only_out || store_copy_is_out(k)) && (!l->only_late || store_copy_is_late(k, l->today)) && k->n >= l->from)
		json_append(l->list, copy_json(k, l->today));
	return 0;
}

static int may_list(struct case_of *c, const char *number, const char *person)
{
	int status;

	if (!number)
		return text_equal(person, c->person->person.id) || (c->person->person.roles & ACTOR_OFFICE)
			   ? 0
			   : case_refuse(c, API_AUTHORITY, "wrong-role", "ask the secrecy office",
					 "you may ask what you hold yourself");
	status = case_load(c, number);
	if (status || custody_sees(c))
		return status;
	return case_refuse(c, API_AUTHORITY, "wrong-role", "ask whoever answers for the record, or the secrecy office",
			   "you may not ask who holds copies of this record");
}

int custody_copies(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view p = api_parameters(call);
	const char *number = json_get_text(p, "number"), *person = json_get_text(p, "person");
	struct listing l = {.only_out = json_get_bool(p, "open"), .only_late = json_get_bool(p, "late")};
	struct json *reply;
	int status = case_begin(r, call, &c);

	if (status == 0 && !number && !person)
		person = c.person->person.id;
	if (status == 0)
		status = may_list(&c, number, person);
	if (status)
		return status < 0 ? status : 0;
	date_format(c.today, l.today);
	l.list = json_array();
	status = store_copy_list(r->store, number, person, list_copy, &l);
	reply = json_object();
	json_set(reply, "copies", l.list);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}

/* ---- holders ---- */

struct holder {
	const char *person, *name; /* one of both */
};

/* Somebody who may know it; somebody of elsewhere only by whoever answers for the record. */
static int take_holder(struct case_of *c, const char *given, struct holder *ret)
{
	OWNED(store_person) struct store_person *p = NULL;

	*ret = (struct holder){.name = text_starts(given, "name:") ? given + 5 : NULL};
	if (ret->name)
		return custody_is_line(ret->name, 200) && custody_sees(c)
			   ? 0
			   : case_refuse(c, API_AUTHORITY, "not-a-holder", "whoever answers for the record does that",
					 "you give no copies to somebody who is not in the register");
	ret->person = given;
	TRY(store_person_load(c->r->store, given, &p));
	if (!p || !p->is_confirmed || !person_is_valid_on(&p->person, c->today))
		return case_refuse(c, API_INPUT, "unknown-person", "classctl person list; somebody else with name:TEXT",
				   "there is no such person in the register");
	if (text_equal(c->record->drafter, given) || text_equal(c->record->responsible, given) ||
	    scope_admits(c->r->policy, c->record, &p->person))
		return 0;
	return case_refuse(c, API_AUTHORITY, "not-in-scope", "classctl scope NUMBER shows who may know it",
			   "who is to hold the copy may not know the document");
}

static void set_holder(struct case_of *c, struct json *entry, const struct holder *h)
{
	if (h->person)
		json_set_text(entry, "person", h->person);
	else
		cell_set_of(entry, "name", c->r->meta_key, "holder", c->record->number, h->name);
}

static void set_receipt_due(struct case_of *c, struct json *entry)
{
	struct date due = policy_deadline(c->r->policy, c->today, c->r->policy->custody.receipt);
	char day[11];

	date_format(due, day);
	if (day[0])
		json_set_text(entry, "receipt_due", day);
}

static struct json *copy_entry(struct case_of *c, const char *what, int64_t n, const char *act)
{
	struct json *entry = registrar_entry("copy", c->person->person.id, api_uid(c->call));

	json_set_text(entry, "what", what);
	json_set_text(entry, "number", c->record->number);
	json_set_int(entry, "version", c->record->version);
	json_set_int(entry, "n", n);
	json_set_text(entry, "act", act);
	return entry;
}

/* ---- making ---- */

struct making {
	struct case_of *c;
	struct json_view holders;
	const char *how, *reason;
	const char *due; /* NULL: never */
	int64_t last, total, consent;
};

static int take_last(const struct store_copy *k, void *arg)
{
	int64_t *last = arg;

	*last = k->n > *last ? k->n : *last;
	return 0;
}

static int check_making(struct making *m)
{
	struct case_of *c = m->c;
	struct date due;

	if (!text_equal(m->how, "print") && !text_equal(m->how, "copy"))
		return case_refuse(c, API_INPUT, "unknown-how", "print or copy", "copies are not made so");
	if (json_n(m->holders) < 1 || json_n(m->holders) > COPIES_MAX)
		return case_refuse(c, API_INPUT, "bad-count", "1 to 99 copies", "each copy has a holder");
	if (m->due && (!date_parse(m->due, &due) || date_compare(due, c->today) < 0))
		return case_refuse(c, API_INPUT, "bad-day", "give a day to come, like 2030-06-30",
				   "a copy is to be returned on a day that there is not or that has been");
	if (m->reason && !custody_is_line(m->reason, 1000))
		return case_refuse(c, API_INPUT, "bad-reason", "say it in one line", "the reason is longer than a line");
	if (c->record->state == RECORD_DESTROYED)
		return case_refuse(c, API_STATE, "destroyed", "classctl show NUMBER tells when and by whom",
				   "the document is destroyed");
	return 0;
}

static int make_one(struct making *m, size_t i)
{
	struct case_of *c = m->c;
	OWN_MEM char *note = NULL;
	struct holder h;
	struct json *entry;
	int status = take_holder(c, json_as_text(json_at(m->holders, i)), &h);

	if (status)
		return status;
	note = text_format("%lld/%lld: %s%s%s", (long long)m->last + (long long)i + 1, (long long)m->total,
			   h.person ? h.person : h.name, m->reason ? ": " : "", m->reason ? m->reason : "");
	entry = copy_entry(c, "made", m->last + (int64_t)i + 1, "copy-made");
	json_set_int(entry, "total", m->total);
	json_set_text(entry, "how", m->how);
	json_set_text(entry, "state", text_equal(m->how, "print") ? "printing" : "sent");
	set_holder(c, entry, &h);
	set_receipt_due(c, entry);
	if (m->due)
		json_set_text(entry, "due", m->due);
	if (m->consent && i == 0)
		json_set_int(entry, "consent", m->consent);
	cell_set_of(entry, "note", c->r->meta_key, "note", c->record->number, note);
	status = registrar_change(c->r, entry);
	return status > 0 ? custody_refuse_read_only(c) : status;
}

static int answer_made(struct making *m)
{
	struct case_of *c = m->c;
	struct listing l = {.list = json_array(), .from = m->last + 1};
	struct json *reply = json_object();
	int status;

	date_format(c->today, l.today);
	status = store_copy_list(c->r->store, c->record->number, NULL, list_copy, &l);
	json_set(reply, "copies", l.list);
	json_set_text(reply, "mark", c->record->mark ? c->record->mark : "");
	json_set_text(reply, "level", record_protection(c->r->policy, c->record)->code);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(c->call, reply);
}

/* Every holder is asked about before the first copy is entered. */
static int make(struct making *m)
{
	struct case_of *c = m->c;
	struct holder h;
	int status = case_may_open(c);

	if (status == 0)
		status = check_making(m);
	for (size_t i = 0; i < json_n(m->holders) && status == 0; i++)
		status = take_holder(c, json_as_text(json_at(m->holders, i)), &h);
	if (status == 0)
		status = custody_use_consent(c, m->how, (int64_t)json_n(m->holders), &m->consent);
	if (status)
		return status;
	status = store_copy_list(c->r->store, c->record->number, NULL, take_last, &m->last);
	TRY(status);
	m->total = m->last + (int64_t)json_n(m->holders);
	if ((int64_t)c->record->copies > m->total)
		m->total = c->record->copies;
	status = 0;
	for (size_t i = 0; i < json_n(m->holders) && status == 0; i++)
		status = make_one(m, i);
	return status ? status : answer_made(m);
}

int custody_make_copies(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view p = api_parameters(call);
	struct making m = {.c = &c,
			   .holders = json_get(p, "holders"),
			   .how = json_get_text(p, "how"),
			   .reason = json_get_text(p, "reason"),
			   .due = json_get_text(p, "due")};
	int status = custody_begin(r, call, &c);

	if (status == 0)
		status = make(&m);
	return status < 0 ? status : 0;
}

/* ---- moving ---- */

enum mover { BY_MAKER = 1, BY_HOLDER = 2, BY_REGISTRY = 4 };

static const struct move {
	const char *to;
	const char *from[4]; /* states it may be in */
	const char *state;   /* … and is in then */
	const char *act;
	unsigned by;
} moves[] = {
    {"printed", {"printing"}, "sent", "copy-printed", BY_MAKER},
    {"failed", {"printing"}, "void", "copy-failed", BY_MAKER | BY_REGISTRY},
    {"received", {"sent", "lost"}, "held", "copy-received", BY_HOLDER | BY_REGISTRY},
    {"passed", {"held"}, "sent", "copy-passed", BY_HOLDER | BY_REGISTRY},
    {"returned", {"sent", "held", "lost"}, "returned", "copy-returned", BY_REGISTRY},
    {"lost", {"sent", "held", "printing"}, "lost", "copy-lost", BY_HOLDER | BY_REGISTRY},
};

struct moving {
	int64_t n;
	bool found;
	char person[64], by[64], state[16];
};

static int take_copy(const struct store_copy *k, void *arg)
{
	struct moving *m = arg;

	if (k->n != m->n)
		return 0;
	m->found = true;
	(void)snprintf(m->person, sizeof(m->person), "%s", k->person ? k->person : "");
	(void)snprintf(m->by, sizeof(m->by), "%s", k->by);
	(void)snprintf(m->state, sizeof(m->state), "%s", k->state);
	return 0;
}

static const struct move *move_of(const char *to)
{
	for (size_t i = 0; i < array_n(moves); i++)
		if (text_equal(moves[i].to, to))
			return &moves[i];
	return NULL;
}

/* Taking back is another hand's: who held it does not say himself that it came back. */
static int may_move(struct case_of *c, const struct move *move, const struct moving *m)
{
	const char *me = c->person->person.id;
	bool is_holder = text_equal(m->person, me);

	for (size_t i = 0; i < array_n(move->from); i++)
		if (move->from[i] && text_equal(move->from[i], m->state)) {
			if (((move->by & BY_MAKER) && text_equal(m->by, me)) || ((move->by & BY_HOLDER) && is_holder) ||
			    ((move->by & BY_REGISTRY) && custody_sees(c) && !(is_holder && !(move->by & BY_HOLDER))))
				return 0;
			return case_refuse(c, API_AUTHORITY, "not-yours", "its holder, or whoever answers for the record",
					   "this copy is not yours to move");
		}
	return case_refuse(c, API_STATE, "wrong-state", "classctl copies NUMBER shows where it is",
			   "that cannot happen to this copy now");
}

static int write_move(struct case_of *c, const struct move *move, int64_t n, const struct holder *h)
{
	const char *given = json_get_text(api_parameters(c->call), "note");
	OWN_MEM char *note = text_format("%lld%s%s%s%s", (long long)n, h ? ": " : "", h ? (h->person ? h->person : h->name) : "",
					 given ? ": " : "", given ? given : "");
	struct json *entry = copy_entry(c, "moved", n, move->act);
	int status;

	json_set_text(entry, "state", move->state);
	if (h) {
		json_set_bool(entry, "passes", true);
		set_holder(c, entry, h);
	}
	if (text_equal(move->state, "sent"))
		set_receipt_due(c, entry);
	cell_set_of(entry, "note", c->r->meta_key, "note", c->record->number, note);
	status = registrar_change(c->r, entry);
	if (status)
		return status < 0 ? status : custody_refuse_read_only(c);
	return findings_refresh(c->r, c->record, NULL);
}

static int answer_copy(struct case_of *c, int64_t n)
{
	struct listing l = {.list = json_array(), .from = n};
	struct json *reply;
	int status;

	date_format(c->today, l.today);
	status = store_copy_list(c->r->store, c->record->number, NULL, list_copy, &l);
	reply = json_object();
	json_set(reply, "copy", json_copy(json_at(json_look(l.list), 0)));
	json_free(l.list);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(c->call, reply);
}

static int move_copy(struct case_of *c, const struct move *move)
{
	struct json_view p = api_parameters(c->call);
	struct moving m = {.n = json_get_int(p, "n", 0)};
	const char *note = json_get_text(p, "note"), *to = json_get_text(p, "holder");
	struct holder h = {0};
	int status;

	if (!move)
		return case_refuse(c, API_INPUT, "unknown-move", "receive, pass, return or lost", "a copy is not moved so");
	status = store_copy_list(c->r->store, c->record->number, NULL, take_copy, &m);
	TRY(status);
	if (!m.found)
		return case_refuse(c, API_NOT_FOUND, "no-copy", "classctl copies NUMBER lists them",
				   "there is no copy of that number");
	status = may_move(c, move, &m);
	if (status)
		return status;
	if ((note && !custody_is_line(note, 1000)) || (text_equal(move->to, "lost") && !note))
		return case_refuse(c, API_INPUT, "no-reason", "say in one line how, with --reason", "that has a reason");
	if (text_equal(move->to, "passed") == !to)
		return case_refuse(c, API_INPUT, "holder", "name who holds it now", "a copy is passed on to somebody");
	if (to)
		status = take_holder(c, to, &h);
	if (status == 0)
		status = write_move(c, move, m.n, to ? &h : NULL);
	return status ? status : answer_copy(c, m.n);
}

/* Who holds a copy moves it although he may be out of the scope by now. */
static int load(struct case_of *c, const char *number)
{
	struct record *record = NULL;
	struct listing mine = {.list = json_array(), .only_out = true};
	int status = store_copy_list(c->r->store, NULL, c->person->person.id, list_copy, &mine);
	bool holds = false;

	for (size_t i = 0; i < json_n(json_look(mine.list)); i++)
		holds = holds || text_equal(json_get_text(json_at(json_look(mine.list), i), "number"), number);
	json_free(mine.list);
	TRY(status);
	if (!holds)
		return case_load(c, number);
	TRY(store_record_load(c->r->store, number, &record));
	c->record = record;
	if (!record)
		return case_load(c, number);
	c->next = *record;
	return 0;
}

int custody_move_copy(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view p = api_parameters(call);
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = load(&c, json_get_text(p, "number"));
	if (status == 0)
		status = move_copy(&c, move_of(json_get_text(p, "to")));
	return status < 0 ? status : 0;
}

int custody_has_copy(struct registrar *r, const char *number, int64_t n, bool *ret)
{
	struct moving m = {.n = n};

	TRY(store_copy_list(r->store, number, NULL, take_copy, &m));
	*ret = m.found;
	return 0;
}

/* ---- for the reading that fills it ---- */

struct waiting {
	const char *person;
	bool is_there;
};

static int find_waiting(const struct store_copy *k, void *arg)
{
	struct waiting *w = arg;

	w->is_there = w->is_there || (text_equal(k->by, w->person) && text_equal(k->state, "printing"));
	return 0;
}

int custody_check_reading(struct case_of *c, const char *purpose, int64_t *ret_consent)
{
	struct waiting w = {.person = c->person->person.id};

	*ret_consent = 0;
	if (text_equal(purpose, "export"))
		return custody_use_consent(c, "export", 1, ret_consent);
	if (!text_equal(purpose, "print"))
		return 0;
	TRY(store_copy_list(c->r->store, c->record->number, NULL, find_waiting, &w));
	return w.is_there ? 0
			  : case_refuse(c, API_STATE, "no-copy", "classctl print registers them",
					"what is printed has its numbered copies in the register first");
}
