/*
 * Scope beside the decision (adr/0037). A unit in scope names its persons, somebody is admitted, somebody is dropped:
 * each is a new version of the record, with its reason, and the sealed file follows.
 */
#include "registrar/custody/custody.h"

#include "base/text.h"
#include "registrar/documents/checkouts.h"
#include "registrar/documents/jobs.h"
#include "registrar/store/look.h"

#include <errno.h>
#include <string.h>

#define REASON_MAX 1000
/* The lines stand in each entry about the record, and whom they admit in the notice of what is decided, too: both have to
 * fit into one entry of the journal. Dropping somebody has room when admitting has none. */
#define ROOM_TO_ADMIT 4096
#define ROOM_TO_DROP  6144

struct scope_call {
	struct case_of *c;
	struct json_view who; /* list */
	const char *unit;     /* NULL: not given */
	const char *reason, *document;
	struct arena texts;
	const char *lines[SCOPE_LINES_MAX]; /* what the admissions become */
	size_t n;
};

/* ---- lines ---- */

/* Copies what stays: not the lines of that part about him. */
static void drop_lines(struct scope_call *s, enum scope_part part, const char *who)
{
	size_t kept = 0;
	struct scope_entry e;

	for (size_t i = 0; i < s->n; i++)
		if (!scope_entry_parse(s->lines[i], &e) || e.part != part || !bytes_equal_text(e.who, who))
			s->lines[kept++] = s->lines[i];
	s->n = kept;
}

static bool has_line(const struct scope_call *s, const char *line)
{
	for (size_t i = 0; i < s->n; i++)
		if (text_equal(s->lines[i], line))
			return true;
	return false;
}

static bool has_room(const struct scope_call *s, enum scope_part part, const char *line)
{
	size_t bytes = strlen(line), room = part == SCOPE_DROPPED ? ROOM_TO_DROP : ROOM_TO_ADMIT;

	for (size_t i = 0; i < s->n; i++)
		bytes += strlen(s->lines[i]);
	return s->n < SCOPE_LINES_MAX && bytes <= room;
}

static int add_line(struct scope_call *s, enum scope_part part, const char *who, const char *unit)
{
	OWN_MEM char *line =
	    text_format("%s %s%s%s", scope_part_name(part), who, unit ? " " : "", unit ? unit : "");

	if (!line)
		return FAULT(ENOMEM, "scope");
	if (has_line(s, line))
		return case_refuse(s->c, API_STATE, "nothing-new", "classctl scope NUMBER shows it",
				   "that is so already");
	if (!has_room(s, part, line))
		return case_refuse(s->c, API_STATE, "too-many", "decide a scope of units: classctl change NUMBER --scope",
				   "beside the scope of this record stand as many persons and units as it can hold");
	s->lines[s->n++] = arena_text(&s->texts, line);
	return arena_check(&s->texts);
}

static bool is_dropped(const struct scope_call *s, const char *who)
{
	struct scope_entry e;

	for (size_t i = 0; i < s->n; i++)
		if (scope_entry_parse(s->lines[i], &e) && e.part == SCOPE_DROPPED && bytes_equal_text(e.who, who))
			return true;
	return false;
}

/* ---- whom ---- */

static int refuse_unknown(struct scope_call *s, const char *who)
{
	TRY(api_refuse(s->c->call, API_INPUT, "unknown-who", "who", "classctl person list shows persons and departments",
		       "the register has no \"%.100s\"; say person:ID or dept:NAME", who));
	return CASE_ANSWERED;
}

static int check_known(struct scope_call *s, const char *who)
{
	int status;

	if (!scope_is_who(who))
		return refuse_unknown(s, who ? who : "");
	status = text_starts(who, "person:") ? store_person_exists(s->c->r->store, who + 7)
					     : store_department_exists(s->c->r->store, who + 5);
	TRY(status);
	return status ? refuse_unknown(s, who) : 0;
}

static bool is_party(const struct scope_call *s, const char *id)
{
	return text_equal(s->c->record->drafter, id) || text_equal(s->c->record->responsible, id);
}

/* Nobody lets himself in, nor by way of the unit that he belongs to. */
static int check_other(struct scope_call *s, const char *who)
{
	const struct person *me = &s->c->person->person;
	bool knows = is_party(s, me->id) || scope_admits(s->c->r->policy, s->c->record, me);

	if (text_starts(who, "person:") ? text_equal(who + 7, me->id) : !knows && scope_means(who, me))
		return case_refuse(s->c, API_AUTHORITY, "own-person", "somebody else who answers for it does that",
				   "nobody admits himself");
	return 0;
}

/* By the register: a person is in his department. */
static int admits(struct scope_call *s, const struct record *record, const char *who, bool *ret)
{
	OWNED(store_person) struct store_person *p = NULL;
	struct person unit = {.id = "-", .department = who + 5};

	if (text_starts(who, "person:"))
		TRY(store_person_load(s->c->r->store, who + 7, &p));
	*ret = (p || text_starts(who, "dept:")) && scope_admits(s->c->r->policy, record, p ? &p->person : &unit);
	return 0;
}

/* ---- name ---- */

/* The entry of the decided scope that is that unit; NULL: it is none. */
static const char *unit_in_scope(const struct record *record, const char *unit)
{
	const struct texts scope = record_classification(record)->scope;

	for (size_t i = 0; i < scope.n; i++)
		if (text_equal(scope.at[i], unit) && text_starts(scope.at[i], "dept:"))
			return scope.at[i];
	return NULL;
}

static int check_member(struct scope_call *s, const char *who)
{
	OWNED(store_person) struct store_person *p = NULL;

	TRY(store_person_load(s->c->r->store, who + 7, &p));
	if (p && p->is_confirmed && person_is_valid_on(&p->person, s->c->today) && scope_means(s->unit, &p->person))
		return 0;
	return case_refuse(s->c, API_INPUT, "not-of-unit", "classctl scope add admits somebody else",
			   "a unit names persons of its own");
}

static int name_one(struct scope_call *s, const char *who)
{
	int status = check_known(s, who);

	if (status == 0 && !text_starts(who, "person:"))
		status = refuse_unknown(s, who);
	if (status == 0)
		status = check_other(s, who);
	if (status == 0)
		status = check_member(s, who);
	if (status)
		return status;
	if (is_dropped(s, who))
		return case_refuse(s->c, API_STATE, "dropped", "classctl scope add admits him again",
				   "he was taken out of the scope of this record");
	return add_line(s, SCOPE_NAMED, who, s->unit);
}

static int may_name(struct scope_call *s)
{
	if (!s->unit || !unit_in_scope(s->c->record, s->unit))
		return case_refuse(s->c, API_INPUT, "not-in-scope", "classctl scope NUMBER shows its units",
				   "only a unit that is in the scope names persons: --unit dept:NAME");
	if (record_is_ended(s->c->record))
		return case_refuse(s->c, API_STATE, "not-in-force", "classctl show NUMBER tells where it stands",
				   "the record has ended");
	if (!custody_answers_for(s->c, s->unit + 5))
		return case_refuse(s->c, API_AUTHORITY, "not-of-unit",
				   "the responsible person of that unit or the secrecy office does it",
				   "you do not answer for that unit");
	return 0;
}

/* ---- add ---- */

static int add_one(struct scope_call *s, const char *who)
{
	struct record now = *s->c->record;
	bool was_dropped = is_dropped(s, who), admitted;
	int status = check_known(s, who);

	if (status == 0)
		status = check_other(s, who);
	if (status)
		return status;
	drop_lines(s, SCOPE_DROPPED, who);
	now.admissions = (struct texts){s->lines, s->n};
	TRY(admits(s, &now, who, &admitted));
	if (was_dropped && admitted)
		return 0; /* only what kept him out is gone */
	if (admitted)
		return case_refuse(s->c, API_STATE, "nothing-new", "classctl scope NUMBER shows it", "that is so already");
	status = add_line(s, SCOPE_ADDED, who, NULL);
	if (status)
		return status;
	now.admissions.n = s->n;
	TRY(admits(s, &now, who, &admitted));
	return admitted ? 0
			: case_refuse(s->c, API_STATE, "unit-dropped", "classctl scope add admits that unit again",
				      "a unit that he belongs to was taken out of the scope of this record");
}

/* Whom the pack says: who could decide another scope; of another unit's record whoever answers for it here, with that
 * unit's paper where only it may widen. */
static int may_add(struct scope_call *s)
{
	struct case_of *c = s->c;

	if (text_is_empty(c->record->originator))
		return case_may(c, ACT_CHANGE, NULL, NULL);
	if (c->r->policy->custody.widen_by_originator && text_is_empty(s->document))
		return case_refuse(c, API_AUTHORITY, "needs-originator", "get its consent, and name that paper with --document",
				   "another unit made this document, and only it says who else may know");
	return case_may(c, ACT_REVIEW, NULL, NULL);
}

/* ---- narrow ---- */

static int narrow_one(struct scope_call *s, const char *who)
{
	bool admitted;
	int status = check_known(s, who);

	if (status)
		return status;
	TRY(admits(s, s->c->record, who, &admitted));
	if (text_starts(who, "person:") && is_party(s, who + 7))
		return case_refuse(s->c, API_STATE, "is-party", "classctl reassign gives the record to somebody else first",
				   "who drafted it or answers for it knows it");
	if (!admitted)
		return case_refuse(s->c, API_STATE, "nothing-new", "classctl scope NUMBER shows it", "that is so already");
	drop_lines(s, SCOPE_ADDED, who);
	return add_line(s, SCOPE_DROPPED, who, NULL);
}

/* Whoever could decide the scope; of a unit's persons that unit, too. */
static int may_narrow(struct scope_call *s)
{
	bool all_own = json_n(s->who) > 0;

	for (size_t i = 0; i < json_n(s->who) && all_own; i++) {
		const char *who = json_as_text(json_at(s->who, i));
		OWNED(store_person) struct store_person *p = NULL;

		if (!who || !text_starts(who, "person:"))
			all_own = false;
		else
			TRY(store_person_load(s->c->r->store, who + 7, &p));
		all_own = all_own && p && p->person.department && custody_answers_for(s->c, p->person.department);
	}
	if (all_own && !record_is_ended(s->c->record))
		return 0;
	return case_may(s->c, ACT_REVIEW, NULL, NULL);
}

/* ---- what who is dropped still has ---- */

struct holding {
	struct scope_call *s;
	struct json *held;
};

static bool is_meant(struct scope_call *s, const char *person)
{
	OWNED(store_person) struct store_person *p = NULL;

	if (store_person_load(s->c->r->store, person, &p) || !p)
		return false;
	for (size_t i = 0; i < json_n(s->who); i++)
		if (scope_means(json_as_text(json_at(s->who, i)), &p->person))
			return true;
	return false;
}

static void add_held(struct json *held, const char *what, const char *holder, const char *detail)
{
	struct json *one = json_object();

	json_set_text(one, "what", what);
	json_set_text(one, "holder", holder);
	json_set_text(one, "detail", detail);
	json_append(held, one);
}

static int hold_checkout(const struct store_checkout *checkout, void *arg)
{
	struct holding *h = arg;

	if (text_equal(checkout->number, h->s->c->record->number) && is_meant(h->s, checkout->person))
		add_held(h->held, "checkout", checkout->person, checkout->since);
	return 0;
}

static int hold_copy(const struct store_copy *k, void *arg)
{
	struct holding *h = arg;
	OWN_MEM char *detail = text_format("%lld/%lld", (long long)k->n, (long long)k->total);

	if (store_copy_is_out(k) && k->person && is_meant(h->s, k->person))
		add_held(h->held, "copy", k->person, detail ? detail : "");
	return 0;
}

static int held_json(struct scope_call *s, bool narrows, struct json **ret)
{
	struct holding h = {s, json_array()};
	int status = narrows ? store_checkout_list(s->c->r->store, NULL, hold_checkout, &h) : 0;

	if (narrows && status >= 0)
		status = store_copy_list(s->c->r->store, s->c->record->number, NULL, hold_copy, &h);
	*ret = h.held;
	return status < 0 ? status : 0;
}

/* ---- the call ---- */

static const struct scope_way {
	const char *what;
	int (*may)(struct scope_call *s);
	int (*one)(struct scope_call *s, const char *who);
	bool narrows;
} ways[] = {
    {"name", may_name, name_one, false},
    {"add", may_add, add_one, false},
    {"narrow", may_narrow, narrow_one, true},
};

static const struct scope_way *way_of(const char *what)
{
	for (size_t i = 0; i < array_n(ways); i++)
		if (text_equal(ways[i].what, what))
			return &ways[i];
	return NULL;
}

static int check_form(struct scope_call *s, const struct scope_way *way)
{
	if (!way)
		return case_refuse(s->c, API_INPUT, "unknown-way", "one of name, add, narrow", "a scope is not changed so");
	if (!custody_is_line(s->reason, REASON_MAX) || (s->document && !custody_is_line(s->document, 200)))
		return case_refuse(s->c, API_INPUT, "no-reason", "say why, in one line, with --reason",
				   "who may know is changed with a reason");
	if (json_n(s->who) == 0 || json_n(s->who) > 64)
		return case_refuse(s->c, API_INPUT, "nobody", "say person:ID or dept:NAME", "1 to 64 persons or units are named");
	return 0;
}

static char *note_of(const struct scope_call *s, const char *what)
{
	OWN_BUFFER struct buffer b = {0};

	buffer_add_format(&b, "%s", what);
	for (size_t i = 0; i < json_n(s->who); i++)
		buffer_add_format(&b, " %s", json_as_text(json_at(s->who, i)));
	buffer_add_format(&b, ": %s", s->reason);
	if (s->document)
		buffer_add_format(&b, " (%s)", s->document);
	return buffer_steal_text(&b);
}

/* The document still says who could know before: bytes that were decided stay until another decision. */
static int look_at_mark(const struct scope_call *s, bool *ret_is_old)
{
	const struct record *r = &s->c->next;
	const struct texts scope = record_classification(r)->scope;
	const char *shown[2 * SCOPE_LINES_MAX];
	size_t n = scope_shown(r, scope, scope, shown, array_n(shown));

	*ret_is_old = false;
	return record_is_in_force(r) ? mark_scope_differs(s->c->r->policy, bytes_of_text(r->mark), (struct texts){shown, n}, ret_is_old)
				     : 0;
}

static int answer(struct scope_call *s, bool narrows)
{
	struct json *held = NULL, *reply;
	int status = held_json(s, narrows, &held);
	bool mark_is_old = false;

	if (status >= 0)
		status = look_at_mark(s, &mark_is_old);
	if (status < 0) {
		json_free(held);
		return status;
	}
	if (narrows)
		TRY(checkouts_soon(s->c->r));
	reply = json_object();
	json_set(reply, "scope", custody_scope_json(s->c, &s->c->next));
	json_set(reply, "held", held);
	json_set_bool(reply, "mark_differs", mark_is_old);
	return api_reply(s->c->call, reply);
}

static int change(struct scope_call *s, const struct scope_way *way)
{
	struct case_of *c = s->c;
	OWN_MEM char *note = NULL;
	int status = check_form(s, way);

	if (status == 0)
		status = way->may(s);
	for (; s->n < c->record->admissions.n && s->n < SCOPE_LINES_MAX; s->n++)
		s->lines[s->n] = c->record->admissions.at[s->n];
	for (size_t i = 0; i < json_n(s->who) && status == 0; i++)
		status = way->one(s, json_as_text(json_at(s->who, i)));
	if (status)
		return status;
	c->next.admissions = (struct texts){s->lines, s->n};
	note = note_of(s, way->what);
	status = case_note_change(c, "scope", note);
	if (status == 0)
		status = jobs_relabel(c->r, c->next.number);
	return status == 0 ? answer(s, way->narrows) : status;
}

int custody_change_scope(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view p = api_parameters(call);
	struct scope_call s = {.c = &c,
			       .who = json_get(p, "who"),
			       .unit = json_get_text(p, "unit"),
			       .reason = json_get_text(p, "reason"),
			       .document = json_get_text(p, "document")};
	int status = custody_begin(r, call, &c);

	if (status == 0)
		status = change(&s, way_of(json_get_text(p, "what")));
	arena_done(&s.texts);
	return status < 0 ? status : 0;
}
