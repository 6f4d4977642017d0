/*
 * Destroying by two: one proposes, another confirms, and until then it can be taken back. First everything that went out
 * has to be back, and the time that the pack wants it kept has to be over. Two persons have two logins (uid) and two keys:
 * the register has a key once.
 */
#include "registrar/custody/destruction.h"

#include "base/text.h"
#include "registrar/api/rows.h"
#include "registrar/custody/custody.h"
#include "registrar/documents/jobs.h"
#include "registrar/keys/rotate.h"
#include "registrar/oversight/findings.h"
#include "registrar/store/look.h"
#include "registrar/store/record_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct destroying {
	struct case_of *c;
	int64_t n; /* 0: the document */
	/* the open proposal */
	int64_t id, version; /* version of the record that it is about */
	char by[64], method[64];
};

/* ---- showing ---- */

static struct json *destruction_json(const struct store_destruction *d)
{
	struct json *to = json_object();

	json_set_int(to, "destruction", d->id);
	json_set_text(to, "number", d->number);
	json_set_int(to, "n", d->n);
	json_set_text(to, "method", d->method);
	json_set_text(to, "reason", d->note ? d->note : "");
	json_set_text(to, "witness", d->witness ? d->witness : "");
	json_set_text(to, "by", d->by);
	json_set_text(to, "proposed", d->proposed);
	json_set_text(to, "confirmed_by", d->confirmed_by ? d->confirmed_by : "");
	json_set_text(to, "confirmed", d->confirmed ? d->confirmed : "");
	json_set_text(to, "withdrawn", d->withdrawn ? d->withdrawn : "");
	json_set_text(to, "done", d->done ? d->done : "");
	return to;
}

struct listing {
	struct rows rows;
	char *number;
	bool open;
	int64_t after;
};

static void listing_free(void *arg)
{
	struct listing *l = arg;

	rows_done(&l->rows);
	free(l->number);
	free(l);
}

static int list_one(const struct store_destruction *d, void *arg)
{
	struct listing *l = arg;

	l->after = d->id;
	if (!l->open || store_destruction_is_open(d))
		rows_add(&l->rows, destruction_json(d));
	return rows_next(&l->rows);
}

/* All of them are the secrecy office's list. */
static int may_list(struct case_of *c, const char *number)
{
	int status;

	if (!number)
		return c->person->person.roles & ACTOR_OFFICE
			   ? 0
			   : case_refuse(c, API_AUTHORITY, "wrong-role", "name a record, or ask the secrecy office",
					 "the list of everything destroyed is the secrecy office's");
	status = case_load(c, number);
	if (status || custody_sees(c))
		return status;
	return case_refuse(c, API_AUTHORITY, "wrong-role", "ask whoever answers for the record, or the secrecy office",
			   "you do not answer for this record");
}

static int next_page(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CASE struct case_of c = {0};
	struct listing *l = arg;
	struct store_destruction_filter filter = {.number = l->number, .after = l->after};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = may_list(&c, l->number);
	if (status)
		return status < 0 ? status : 0;
	filter.limit = rows_begin(&l->rows);
	status = store_destruction_list(r->store, &filter, list_one, l);
	return status < 0 ? status : rows_send(&l->rows, call);
}

int custody_destructions(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_page, listing_free};
	struct json_view p = api_parameters(call);
	struct listing *l = calloc(1, sizeof(*l));

	(void)r;
	if (!l)
		return FAULT(ENOMEM, "destructions");
	*l = (struct listing){.number = text_copy(json_get_text(p, "number")), .open = json_get_bool(p, "open")};
	rows_init(&l->rows, call, "destructions", 0);
	return api_stream(call, &pages, l);
}

/* ---- what stands against it ---- */

struct copy_state {
	int64_t n;
	bool found, can_go, any_out;
	char out[128]; /* the first that is out */
};

static int look_at_copy(const struct store_copy *k, void *arg)
{
	struct copy_state *s = arg;

	if (k->n == s->n) {
		s->found = true;
		s->can_go = text_equal(k->state, "returned") || text_equal(k->state, "held") || text_equal(k->state, "sent");
	}
	if (store_copy_is_out(k) && !s->any_out) {
		s->any_out = true;
		(void)snprintf(s->out, sizeof(s->out), "copy %lld is still with %.64s", (long long)k->n,
			       k->person ? k->person : k->name ? k->name : "-");
	}
	return 0;
}

static int check_copies(struct destroying *d)
{
	struct case_of *c = d->c;
	struct copy_state s = {.n = d->n};
	int status = store_copy_list(c->r->store, c->record->number, NULL, look_at_copy, &s);

	TRY(status);
	if (d->n && !s.found)
		return case_refuse(c, API_NOT_FOUND, "no-copy", "classctl copies NUMBER lists them", "there is no copy of that number");
	if (d->n)
		return s.can_go ? 0
				: case_refuse(c, API_STATE, "wrong-state", "classctl copies NUMBER shows where it is",
					      "that cannot happen to this copy now");
	if (!s.any_out)
		return 0;
	TRY(api_refuse(c->call, API_STATE, "copies-out", c->record->number, "have it returned or destroyed first", "%s", s.out));
	return CASE_ANSWERED;
}

/* Since its end, else since it was decided, else since it was begun. */
static int check_retention(struct case_of *c)
{
	const struct record *r = c->record;
	const struct period retain = c->r->policy->custody.retain;
	struct date since = record_is_ended(r) && date_is_set(r->declassify_on) ? r->declassify_on
			    : date_is_set(r->decided_on)			? r->decided_on
										: r->drafted;
	struct date until;
	char day[11];

	if (!period_is_set(retain) || !date_is_set(since))
		return 0;
	until = date_add(since, retain, c->r->policy->leap);
	if (date_compare(c->today, until) >= 0)
		return 0;
	date_format(until, day);
	TRY(api_refuse(c->call, API_STATE, "kept", r->number, "wait until then; a draft is withdrawn or declared instead",
		       "the pack has it kept until %s", day));
	return CASE_ANSWERED;
}

struct open_checkout {
	const char *number;
	bool is_open;
};

static int find_checkout(const struct store_checkout *k, void *arg)
{
	struct open_checkout *o = arg;

	o->is_open = o->is_open || text_equal(k->number, o->number);
	return 0;
}

static int check_file(struct case_of *c)
{
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	struct open_checkout o = {.number = c->record->number};
	int status = look_document(c->r->store, c->record->number, &a, &d);

	TRY(status);
	if (status == 0 && !d.sealed)
		return case_refuse(c, API_STATE, "not-sealed", "submit it first; what lies in clear is its owner's",
				   "the document is not sealed");
	status = store_checkout_list(c->r->store, NULL, find_checkout, &o);
	TRY(status);
	if (o.is_open)
		return case_refuse(c, API_STATE, "checked-out", "classctl close NUMBER first", "somebody has the document open");
	if (jobs_has(c->r, c->record->number) || rotate_holds(c->r, c->record->number))
		return case_refuse(c, API_BUSY, "being-sealed", "try again in a moment", "the document is being sealed anew");
	if (jobs_is_read(c->r, c->record->number))
		return case_refuse(c, API_BUSY, "being-read", "try again in a moment", "the document is being read");
	return 0;
}

/* What the first person saw is what the second one destroys. */
static int check_same(struct destroying *d)
{
	if (!d->id || d->version == (int64_t)d->c->record->version)
		return 0;
	return case_refuse(d->c, API_STATE, "changed-since", "withdraw it, and have it proposed anew",
			   "the record has changed since that was proposed");
}

/* The day counts for how long it is kept, and what is gone does not come back. */
static int check_clock(struct case_of *c)
{
	return registrar_clock_is_suspect(c->r)
		   ? case_refuse(c, API_STATE, "clock-suspect", "a security administrator confirms the date: classctl clock",
				 "the clock cannot be trusted now, so nothing is destroyed")
		   : 0;
}

static int check_document(struct destroying *d)
{
	struct case_of *c = d->c;
	int status = check_same(d);

	if (status == 0)
		status = check_clock(c);
	if (status)
		return status;
	if (!record_step_find(c->record->state, ACT_DESTROY))
		return case_refuse(c, API_STATE, "wrong-state", "classctl show NUMBER tells where it stands",
				   "a record in this state is not destroyed");
	if (c->record->request != ACT_NEW)
		return case_refuse(c, API_STATE, "already-asked", "have it decided or taken back first",
				   "something is asked for about this record already");
	status = check_retention(c);
	if (status == 0)
		status = check_copies(d);
	return status == 0 ? check_file(c) : status;
}

static int check(struct destroying *d)
{
	return d->n ? check_copies(d) : check_document(d);
}

/* ---- the proposal ---- */

static int take_open(const struct store_destruction *s, void *arg)
{
	struct destroying *d = arg;

	if (s->n != d->n || !store_destruction_is_open(s))
		return 0;
	d->id = s->id;
	d->version = s->version;
	(void)snprintf(d->by, sizeof(d->by), "%s", s->by);
	(void)snprintf(d->method, sizeof(d->method), "%s", s->method);
	return 0;
}

static int begin(struct registrar *r, struct api_call *call, struct case_of *c, struct destroying *d)
{
	int status = custody_begin(r, call, c);

	if (status)
		return status;
	*d = (struct destroying){.c = c, .n = json_get_int(api_parameters(call), "n", 0)};
	if (d->n < 0)
		return case_refuse(c, API_INPUT, "bad-number", "classctl copies NUMBER lists them", "there is no copy of that number");
	status = store_destruction_list(r->store, &(struct store_destruction_filter){.number = c->record->number}, take_open, d);
	TRY(status);
	return 0;
}

static struct json *entry_of(struct destroying *d, const char *what, const char *act, const char *note)
{
	struct case_of *c = d->c;
	struct json *entry = registrar_entry("destruction", c->person->person.id, api_uid(c->call));

	json_set_text(entry, "what", what);
	json_set_text(entry, "number", c->record->number);
	json_set_int(entry, "version", c->record->version);
	json_set_int(entry, "n", d->n);
	json_set_text(entry, "act", act);
	if (d->id)
		json_set_int(entry, "destruction", d->id);
	if (note)
		cell_set_of(entry, "note", c->r->meta_key, "note", c->record->number, note);
	return entry;
}

static int take_newest(const struct store_destruction *s, void *arg)
{
	struct json **found = arg;

	json_free(*found);
	*found = destruction_json(s);
	return 0;
}

static int answer(struct case_of *c, int64_t id)
{
	struct store_destruction_filter filter = {.number = c->record->number, .after = id ? id - 1 : 0, .limit = id ? 1 : 0};
	struct json *found = NULL, *reply;
	int status = store_destruction_list(c->r->store, &filter, take_newest, &found);

	if (status < 0) {
		json_free(found);
		return status;
	}
	reply = json_object();
	json_set(reply, "destruction", found);
	return api_reply(c->call, reply);
}

static int propose(struct destroying *d)
{
	struct case_of *c = d->c;
	struct json_view p = api_parameters(c->call);
	const char *method = json_get_text(p, "method"), *reason = json_get_text(p, "reason");
	const char *witness = json_get_text(p, "witness");
	struct json *entry;
	int status;

	if (!custody_sees(c))
		return case_refuse(c, API_AUTHORITY, "wrong-role", "ask whoever answers for the record, or the secrecy office",
				   "you do not answer for this record");
	if (!custody_is_line(method, 60))
		return case_refuse(c, API_INPUT, "no-method", "say how: --method shred, burn, erase …", "it is destroyed by a method");
	if (!custody_is_line(reason, 1000) || (witness && !custody_is_line(witness, 200)))
		return case_refuse(c, API_INPUT, "no-reason", "say why, in one line, with --reason", "it is destroyed for a reason");
	if (d->id)
		return case_refuse(c, API_STATE, "already-asked", "another person confirms it: classctl destroy confirm NUMBER",
				   "it is proposed already");
	status = check(d);
	if (status)
		return status;
	entry = entry_of(d, "proposed", "destroy-proposed", reason);
	json_set_text(entry, "method", method);
	if (witness)
		cell_set_of(entry, "witness", c->r->meta_key, "witness", c->record->number, witness);
	status = registrar_change(c->r, entry);
	if (status)
		return status < 0 ? status : custody_refuse_read_only(c);
	return answer(c, 0);
}

int custody_propose_destruction(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct destroying d;
	int status = begin(r, call, &c, &d);

	if (status == 0)
		status = propose(&d);
	return status < 0 ? status : 0;
}

static int refuse_none(struct case_of *c)
{
	return case_refuse(c, API_STATE, "not-proposed", "classctl destroy NUMBER --method HOW --reason WHY proposes it",
			   "nobody has proposed to destroy it");
}

int custody_withdraw_destruction(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct destroying d;
	int status = begin(r, call, &c, &d);

	if (status == 0 && !d.id)
		status = refuse_none(&c);
	if (status == 0 && !text_equal(d.by, c.person->person.id) && !(c.person->person.roles & ACTOR_OFFICE))
		status = case_refuse(&c, API_AUTHORITY, "not-yours", "who proposed it, or the secrecy office", "somebody else proposed that");
	if (status == 0) {
		status = registrar_change(r, entry_of(&d, "withdrawn", "destroy-withdrawn", NULL));
		if (status > 0)
			status = custody_refuse_read_only(&c);
	}
	if (status)
		return status < 0 ? status : 0;
	return answer(&c, d.id);
}

/* ---- the second person ---- */

/* Who proposed it could still do so. */
static bool still_may(const struct case_of *c, struct store_person *first)
{
	const struct case_of his = {.r = c->r, .today = c->today, .person = first, .record = c->record};

	return person_is_valid_on(&first->person, c->today) && !person_is_suspended_on(&first->person, c->today) &&
	       custody_sees(&his);
}

static int check_second(struct destroying *d)
{
	struct case_of *c = d->c;
	OWNED(store_person) struct store_person *first = NULL;

	if (!(c->person->person.roles & ACTOR_OFFICE))
		return case_refuse(c, API_AUTHORITY, "wrong-role", "the secrecy office confirms it", "you may not confirm that");
	TRY(store_person_load(c->r->store, d->by, &first));
	if (text_equal(d->by, c->person->person.id))
		return case_refuse(c, API_AUTHORITY, "own-person", "another person of the secrecy office confirms it",
				   "who proposed it does not confirm it");
	if (!first || first->person.uid == c->person->person.uid)
		return case_refuse(c, API_AUTHORITY, "own-uid", "another person of the secrecy office confirms it",
				   "who proposed it does not confirm it");
	if (!still_may(c, first))
		return case_refuse(c, API_AUTHORITY, "first-gone", "withdraw it, and have it proposed anew",
				   "who proposed it is suspended, has left or does not answer for the record any more");
	return 0;
}

static int confirm_copy(struct destroying *d)
{
	struct case_of *c = d->c;
	OWN_MEM char *note = text_format("%lld: %s, %s, %s", (long long)d->n, d->method, d->by, c->person->person.id);
	int status = registrar_change(c->r, entry_of(d, "confirmed", "copy-destroyed", note));

	if (status)
		return status < 0 ? status : custody_refuse_read_only(c);
	status = findings_refresh(c->r, c->record, NULL);
	return status ? status : answer(c, d->id);
}

/* One entry: the record is destroyed, and by whom. The file goes when that is durable. */
static int confirm_document(struct destroying *d)
{
	struct case_of *c = d->c;
	OWN_ARENA struct arena a = {0};
	struct store_document document = {0};
	struct json *entry, *destruction = json_object();
	OWN_MEM char *note = text_format("%s, %s, %s", d->method, d->by, c->person->person.id);
	int status = look_document(c->r->store, c->record->number, &a, &document);

	if (status < 0) {
		json_free(destruction);
		return status;
	}
	json_set_int(destruction, "id", d->id);
	json_set_bool(destruction, "done", status == STORE_NOT_FOUND);
	c->next.version = c->record->version + 1;
	c->next.state = RECORD_DESTROYED;
	c->next.next_review = (struct date){0};
	entry = record_entry(c->r, &c->next, ACT_DESTROY, c->person->person.id, api_uid(c->call));
	json_set(entry, "destruction", destruction);
	cell_set_of(entry, "note", c->r->meta_key, "note", c->record->number, note);
	status = registrar_change(c->r, entry);
	if (status)
		return status < 0 ? status : custody_refuse_read_only(c);
	status = findings_refresh(c->r, &c->next, NULL);
	if (status == 0)
		status = findings_follow(c->r, c->next.number, "its source was destroyed");
	if (status == 0)
		status = custody_remove_destroyed(c->r);
	return status ? status : answer(c, d->id);
}

int custody_confirm_destruction(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct destroying d;
	int status = begin(r, call, &c, &d);

	if (status == 0 && !d.id)
		status = refuse_none(&c);
	if (status == 0)
		status = check_second(&d);
	if (status == 0)
		status = check(&d);
	if (status == 0)
		status = d.n ? confirm_copy(&d) : confirm_document(&d);
	return status < 0 ? status : 0;
}
