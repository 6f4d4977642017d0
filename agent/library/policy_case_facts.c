/* Facts of a case: every key is known, every value is what it should be, or the case is wrong. */
#include "library/policy_case_facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void case_facts_done(struct case_facts *f)
{
	free(f->wrong);
	f->wrong = NULL;
}

void case_wrong(struct case_facts *f, const char *format, ...)
{
	va_list args;

	if (f->wrong)
		return;
	va_start(args, format);
	if (vasprintf(&f->wrong, format, args) < 0)
		f->wrong = NULL;
	va_end(args);
}

static const struct yaml_node *node_of(const struct case_facts *f, const char *key)
{
	const struct yaml_node *v = yaml_get(f->given, key);

	return v ? v : yaml_get(f->defaults, key);
}

static const char *text_of(const struct yaml_node *v)
{
	return v && v->kind == YAML_TEXT && *v->text && strcmp(v->text, "none") != 0 ? v->text : NULL;
}

const char *case_fact(const struct case_facts *f, const char *key)
{
	return text_of(node_of(f, key));
}

bool case_flag(const struct case_facts *f, const char *key)
{
	return text_equal(case_fact(f, key), "true");
}

static struct date day_of(struct case_facts *f, const struct yaml_node *v, const char *key)
{
	const char *text = text_of(v);
	struct date d = {0};

	if (text && !date_parse(text, &d))
		case_wrong(f, "%s: %.80s is not a day", key, text);
	return d;
}

struct date case_day(struct case_facts *f, const char *key)
{
	return day_of(f, node_of(f, key), key);
}

uint32_t case_number(struct case_facts *f, const char *key)
{
	const char *text = case_fact(f, key);
	uint64_t n = 0;

	if (text && !text_to_u64(text, UINT32_MAX, &n))
		case_wrong(f, "%s: %.80s is not a number", key, text);
	return (uint32_t)n;
}

size_t case_texts(struct case_facts *f, const char *key, const char **ret, size_t max)
{
	const struct yaml_node *v = node_of(f, key);
	size_t n = 0;

	if (text_of(v)) {
		ret[0] = v->text;
		return 1;
	}
	for (const struct yaml_node *child = v && v->kind == YAML_LIST ? v->child : NULL; child; child = child->next) {
		if (child->kind != YAML_TEXT || n == max) {
			case_wrong(f, "%s: at most %zu texts", key, max);
			return n;
		}
		ret[n++] = child->text;
	}
	return n;
}

void case_check_keys(struct case_facts *f)
{
	static const char *const known[] = {
	    "act",	     "appointed",   "basis",	   "ceiling",	  "changed",	  "check",
	    "claimed",	     "cleared",	    "code",	   "confirmed",	  "deadline",	  "decided",
	    "decided_on",    "decider_key", "defects",	   "department",  "departments",  "document",
	    "drafted",	     "drafter",	    "drafter_key", "drafter_uid", "end",	  "entered",
	    "entry",	     "expect",	    "floor",	   "folder",	  "from",	  "home",
	    "issued",	     "item",	    "key",	   "kind",	  "known",	  "level",
	    "mark",	     "matters",	    "name",	   "on",	  "open_minutes", "originator",
	    "parent",	     "parent_on",   "person",	   "post",	  "proposed",	  "prohibited",
	    "reason",	     "reader",	    "referred",	   "regime",	  "requester",	  "requester_uid",
	    "responsible",   "review",	    "reviewed",	   "roles",	  "rule",	  "scope",
	    "seen",	     "signalled",   "since",	   "source",	  "sources",	  "start",
	    "state",	     "suspended",   "term",	   "text",	  "today",	  "trained",
	    "trained_hours", "uid",	    "undertaking", "until",	  "by",		  "unit",
	    "pack",	     "matter",	    "disputed",	   "requested",	  "copy",
	    "admissions",    "shows",	    "categories",
	};

	for (const struct yaml_node *v = f->given->child; v; v = v->next) {
		bool found = false;

		for (size_t i = 0; i < array_n(known) && !found; i++)
			found = strcmp(known[i], v->key->text) == 0;
		if (!found)
			case_wrong(f, "no check reads the fact %.80s", v->key->text);
	}
}

/* ---- the record ---- */

static void read_term(struct case_facts *f, const char *text, struct term *ret)
{
	if (text && !term_parse_cli(text, ret))
		case_wrong(f, "term: %.80s is not a term", text);
}

static void make_classification(struct case_facts *f, struct case_world *w, struct classification *c)
{
	const char *basis = case_fact(f, "basis");

	*c = (struct classification){
	    .level = case_fact(f, "level"), .item = case_fact(f, "item"), .reason = case_fact(f, "reason")};
	w->source = case_fact(f, "source");
	c->scope = (struct texts){w->scope, case_texts(f, "scope", w->scope, CASE_LIST_MAX)};
	c->categories = (struct texts){w->categories, case_texts(f, "categories", w->categories, CASE_LIST_MAX)};
	c->sources = (struct texts){&w->source, w->source ? 1 : 0};
	c->basis = w->source ? BASIS_DERIVED : c->item ? BASIS_ITEM : BASIS_MISSING;
	if (basis && !basis_kind_find(basis, &c->basis))
		case_wrong(f, "basis: there is no basis %.80s", basis);
	read_term(f, case_fact(f, "term"), &c->term);
}

static void make_days(struct case_facts *f, struct record *r)
{
	r->drafted = case_day(f, "drafted");
	r->proposed_on = case_day(f, "proposed");
	r->decided_on = case_day(f, "decided_on");
	r->issued_on = case_day(f, "issued");
	r->referred_on = case_day(f, "referred");
	r->disputed_on = case_day(f, "disputed");
	r->changed_on = case_day(f, "changed");
	r->requested_on = case_day(f, "requested");
	r->next_review = case_day(f, "review");
	r->last_review = case_day(f, "reviewed");
	r->start = case_day(f, "start");
	r->declassify_on = case_day(f, "end");
}

static void make_people(struct case_facts *f, struct record *r)
{
	const char *act = case_fact(f, "act");

	r->drafter = case_fact(f, "drafter");
	r->drafter_uid = case_number(f, "drafter_uid");
	r->drafter_key = case_fact(f, "drafter_key");
	r->responsible = case_fact(f, "responsible");
	r->decider_key = case_fact(f, "decider_key");
	r->requester = case_fact(f, "requester");
	r->requester_uid = case_number(f, "requester_uid");
	if (r->requester && act && !act_find(act, &r->request))
		case_wrong(f, "act: there is no act %.80s", act);
}

static void make_record(struct case_facts *f, struct case_world *w)
{
	struct record *r = &w->record;
	const char *state = case_fact(f, "state");
	const char *regime = case_fact(f, "regime");

	r->pack = case_fact(f, "pack");
	r->department = case_fact(f, "department");
	r->floor = case_fact(f, "floor");
	r->originator = case_fact(f, "originator");
	r->claimed = case_fact(f, "claimed");
	r->is_prohibited = case_flag(f, "prohibited");
	r->admissions = (struct texts){w->admissions, case_texts(f, "admissions", w->admissions, CASE_LIST_MAX)};
	make_days(f, r);
	make_people(f, r);
	if (state && !record_state_find(state, &r->state))
		case_wrong(f, "state: there is no state %.80s", state);
	if (regime && !regime_find(regime, &r->regime))
		case_wrong(f, "regime: there is no regime %.80s", regime);
	r->entry = text_equal(case_fact(f, "entry"), "imported") ? ENTRY_IMPORTED : ENTRY_DECIDED_HERE;
	make_classification(f, w, &r->proposed);
	if (case_fact(f, "decided")) {
		r->decided = r->proposed;
		r->decided.level = case_fact(f, "decided");
	}
}

/* ---- people ---- */

static void make_person(struct case_facts *f, struct case_world *w)
{
	static const char *const posts[] = {"none", "general", "important", "core"};
	const char *post = case_fact(f, "post");
	const char *roles = case_fact(f, "roles");
	enum actor role;

	w->person = (struct person){
	    .id = case_fact(f, "person"), .uid = case_number(f, "uid"), .department = case_fact(f, "home")};
	w->person.from = (struct date){1990, 1, 1};
	for (int i = 0; i < POST_N; i++)
		if (text_equal(post, posts[i]))
			w->person.post = (enum post)i;
	if (post && w->person.post == POST_NONE)
		case_wrong(f, "post: there is no post %.80s", post);
	w->person.cleared_until = case_day(f, "cleared");
	w->person.undertaking_on = case_day(f, "undertaking");
	w->person.suspended_from = case_day(f, "suspended");
	if (roles && actor_find(roles, &role))
		w->person.roles = role;
	else if (roles)
		case_wrong(f, "roles: there is no role %.80s", roles);
}

static void make_appointment(struct case_facts *f, struct case_world *w)
{
	struct appointment *a = &w->appointment;
	const char *kind = case_fact(f, "kind");

	w->departments = case_fact(f, "departments");
	w->matters = case_fact(f, "matters");
	*a = (struct appointment){.id = "A1", .entered_by = "adm1", .confirmed_by = "adm2"};
	a->ceiling = case_fact(f, "ceiling");
	a->person = case_fact(f, "appointed") ? case_fact(f, "appointed") : w->person.id;
	a->departments = (struct texts){&w->departments, w->departments ? 1 : 0};
	a->matters = (struct texts){&w->matters, w->matters ? 1 : 0};
	a->from = case_day(f, "from");
	a->until = case_day(f, "until");
	a->document = case_fact(f, "document");
	if (yaml_get(f->given, "entered"))
		a->entered_by = case_fact(f, "entered");
	if (yaml_get(f->given, "confirmed"))
		a->confirmed_by = case_fact(f, "confirmed");
	if (kind && !appointment_kind_find(kind, &a->kind))
		case_wrong(f, "kind: there is no kind of appointment %.80s", kind);
	w->training =
	    (struct training){a->person, case_day(f, "trained"), {0}, (uint16_t)case_number(f, "trained_hours")};
}

/* ---- sources ---- */

static void make_source(struct case_facts *f, struct case_world *w, const struct yaml_node *v)
{
	static const char *const keys[] = {"level", "term", "start", "decided_on", "item", "scope"};
	size_t i = w->n_sources;
	struct record *r = &w->sources[i];

	for (const struct yaml_node *c = v->kind == YAML_MAP ? v->child : NULL; c; c = c->next) {
		bool found = false;

		for (size_t k = 0; k < array_n(keys) && !found; k++)
			found = strcmp(keys[k], c->key->text) == 0;
		if (!found)
			case_wrong(f, "sources: no check reads %.80s", c->key->text);
	}
	*r = (struct record){.state = RECORD_ISSUED};
	r->decided.level = text_of(yaml_get(v, "level"));
	r->decided.item = text_of(yaml_get(v, "item"));
	r->decided.basis = r->decided.item ? BASIS_ITEM : BASIS_MISSING;
	read_term(f, text_of(yaml_get(v, "term")), &r->decided.term);
	w->titles[i] = text_of(yaml_get(v, "scope"));
	r->decided.scope = (struct texts){&w->titles[i], w->titles[i] ? 1 : 0};
	r->start = day_of(f, yaml_get(v, "start"), "start");
	r->decided_on = day_of(f, yaml_get(v, "decided_on"), "decided_on");
	w->source_list[w->n_sources++] = r;
}

static void make_sources(struct case_facts *f, struct case_world *w)
{
	const struct yaml_node *v = node_of(f, "sources");

	for (const struct yaml_node *c = v && v->kind == YAML_LIST ? v->child : NULL; c; c = c->next)
		if (w->n_sources == CASE_LIST_MAX)
			case_wrong(f, "sources: at most %d", CASE_LIST_MAX);
		else if (c->kind == YAML_MAP)
			make_source(f, w, c);
}

void case_make_world(const struct policy *p, struct case_facts *f, struct case_world *w)
{
	struct authority_question *q = &w->q;
	const char *unit = case_fact(f, "unit");
	const char *act = case_fact(f, "act");

	w->policy = *p;
	if (unit)
		w->policy.unit = policy_unit_find(p, unit);
	if (unit && !w->policy.unit)
		case_wrong(f, "unit: the pack has no unit %.80s", unit);
	make_record(f, w);
	make_person(f, w);
	make_appointment(f, w);
	make_sources(f, w);
	*q = (struct authority_question){
	    .policy = &w->policy, .record = &w->record, .appointments = &w->appointment, .n_appointments = 1};
	q->person = w->person.id ? &w->person : NULL;
	q->trainings = &w->training;
	q->n_trainings = case_fact(f, "trained") ? 1 : 0;
	if (act && !act_find(act, &q->act))
		case_wrong(f, "act: there is no act %.80s", act);
	q->level = case_fact(f, "level");
	q->source_level = case_fact(f, "source");
	q->item = q->source_level ? NULL : case_fact(f, "item");
	q->key = case_fact(f, "key");
	q->today = case_day(f, "today");
	q->on = case_fact(f, "on") ? case_day(f, "on") : q->today;
}
