/* Appointments and trainings (requirements.md R33, R34). */
#include "registrar/people/people.h"

#include "base/text.h"
#include "domain/appointment.h"

#include <string.h>

/* ---- Appoint ---- */

static bool level_is_known(struct registrar *r, const char *name)
{
	return r->policy && level_find(r->policy, name);
}

/* "*", an item, or the beginning of some ("3" covers "3.2"). */
static bool matter_is_known(struct registrar *r, const char *matter)
{
	const struct catalogue *catalogue = r->policy ? &r->policy->catalogue : NULL;

	if (text_equal(matter, "*"))
		return true;
	for (size_t i = 0; catalogue && i < catalogue->n; i++)
		if (texts_cover((struct texts){&matter, 1}, catalogue->items[i].id, '.'))
			return true;
	return false;
}

static int take_kind(struct people_call *c, struct json *entry, enum appointment_kind *ret)
{
	const char *name = json_get_text(c->given, "kind");

	if (!c->r->policy) {
		TRY(api_refuse(c->call, API_BUSY, "no-policy", "agent", "classctl status says why",
			       "no policy pack is loaded"));
		return PEOPLE_ANSWERED;
	}
	if (!name || !appointment_kind_find(name, ret) || !c->r->policy->kinds[*ret].is_used) {
		TRY(api_refuse(c->call, API_INPUT, "unknown-kind", "kind", "classctl policy show lists the kinds",
			       "pack %s knows no appointment of the kind \"%.40s\"", c->r->policy->id,
			       name ? name : ""));
		return PEOPLE_ANSWERED;
	}
	json_set_text(entry, "kind", name);
	return 0;
}

/* Codes of the levels, and the highest of them as the ceiling. */
static int take_levels(struct people_call *c, struct json *entry, enum appointment_kind kind)
{
	struct json_view list = json_get(c->given, "levels");
	struct json *codes = json_array();
	const struct level *ceiling = NULL;

	for (size_t i = 0; i < json_n(list); i++) {
		const struct level *level = level_find(c->r->policy, json_as_text(json_at(list, i)));

		if (level)
			json_append_text(codes, level->code);
		ceiling = level_max(ceiling, level);
	}
	json_set(entry, "levels", codes);
	json_set_text(entry, "ceiling", ceiling ? ceiling->code : NULL);
	if (ceiling || !c->r->policy->kinds[kind].has_ceiling)
		return 0;
	TRY(api_refuse(c->call, API_INPUT, "missing", "levels", "name the highest level it is for",
		       "an appointment of this kind needs a level"));
	return PEOPLE_ANSWERED;
}

static int take_time(struct people_call *c, struct json *entry, enum appointment_kind kind)
{
	struct date from = {0}, until = {0};
	const char *code = NULL;
	int result = people_take_date(c, entry, "from", &from);

	if (result == 0)
		result = people_take_date(c, entry, "until", &until);
	if (result)
		return result;
	if (!date_is_set(from))
		code = "from-missing";
	else if (date_is_set(until) && date_compare(until, from) < 0)
		code = "ends-before-it-begins";
	else if (date_is_set(until) && date_compare(until, c->today) < 0)
		code = "ended-already";
	else if (!date_is_set(until) && c->r->policy->kinds[kind].needs_until)
		code = "until-missing";
	if (!code)
		return 0;
	TRY(api_refuse(c->call, API_INPUT, code, "until", "give --from and --until as 2030-06-30",
		       "the appointment's time from \"%s\" until \"%s\" cannot be",
		       json_get_text(json_look(entry), "from") ? json_get_text(json_look(entry), "from") : "",
		       json_get_text(json_look(entry), "until") ? json_get_text(json_look(entry), "until") : ""));
	return PEOPLE_ANSWERED;
}

static int check_holder(struct people_call *c)
{
	const struct person *p = &c->subject->person;

	if (p->roles & ACTOR_AUDITOR) {
		TRY(api_refuse(c->call, API_INPUT, "roles-conflict", p->id, "appoint somebody who does not audit",
			       "%s is an auditor and decides nothing", p->id));
		return PEOPLE_ANSWERED;
	}
	if (c->subject->is_confirmed)
		return 0;
	TRY(api_refuse(c->call, API_STATE, "person-pending", p->id, "classctl person confirm",
		       "the entry of %s itself waits for a second person", p->id));
	return PEOPLE_ANSWERED;
}

static struct texts texts_of(struct json_view list, const char *ret[PEOPLE_LIST_MAX])
{
	size_t n = json_n(list) < PEOPLE_LIST_MAX ? json_n(list) : PEOPLE_LIST_MAX;

	for (size_t i = 0; i < n; i++)
		ret[i] = json_as_text(json_at(list, i));
	return (struct texts){ret, n};
}

/* A stand-in stands in for somebody who holds all that himself, and is no stand-in. */
static int take_principal(struct people_call *c, struct json *entry, enum appointment_kind kind)
{
	const char *id = json_get_text(c->given, "stands_for");
	OWNED(store_person) struct store_person *principal = NULL;
	const char *departments[PEOPLE_LIST_MAX], *matters[PEOPLE_LIST_MAX];
	enum stand_in_problem problem;
	struct appointment a;
	int status;

	if (kind != APPOINTMENT_STAND_IN) {
		if (!id)
			return 0;
		TRY(api_refuse(c->call, API_INPUT, "not-a-stand-in", "stands_for", "leave --for out, or say --kind stand-in",
			       "only a stand-in stands in for somebody"));
		return PEOPLE_ANSWERED;
	}
	status = store_person_load(c->r->store, id ? id : "", &principal);
	TRY(status);
	if (status) {
		TRY(api_refuse(c->call, API_INPUT, "no-person", "stands_for", "name whom with --for; classctl person list",
			       "a stand-in stands in for a person of the register"));
		return PEOPLE_ANSWERED;
	}
	a = (struct appointment){.kind = kind, .person = c->subject->person.id, .stands_for = id};
	a.departments = texts_of(json_get(json_look(entry), "departments"), departments);
	a.matters = texts_of(json_get(json_look(entry), "matters"), matters);
	a.ceiling = json_get_text(json_look(entry), "ceiling");
	(void)date_parse(json_get_text(json_look(entry), "from"), &a.from); /* taken, so it reads */
	(void)date_parse(json_get_text(json_look(entry), "until") ? json_get_text(json_look(entry), "until") : "", &a.until);
	problem = stand_in_check(c->r->policy, &a, principal->appointments, principal->n_appointments);
	json_set_text(entry, "stands_for", id);
	if (problem == STAND_IN_GOOD)
		return 0;
	TRY(api_refuse(c->call, API_INPUT, stand_in_problem_name(problem), "stands_for",
		       "classctl person show shows what that person holds", "%s", stand_in_problem_text(problem)));
	return PEOPLE_ANSWERED;
}

static int take_range(struct people_call *c, struct json *entry)
{
	OWNED(json) struct json *unused = json_object();
	int result = people_take_list(c, unused, "levels", level_is_known);

	if (result == 0)
		result = people_take_list(c, entry, "departments", NULL);
	return result ? result : people_take_list(c, entry, "matters", matter_is_known);
}

int people_appoint(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWNED(json) struct json *entry = NULL;
	enum appointment_kind kind = APPOINTMENT_NONE;
	const char *document;
	int result = people_begin(r, call, RIGHT_APPOINT, &c);

	if (result == 0)
		result = people_find(&c, json_get_text(c.given, "id"));
	if (result == 0)
		result = people_other_hand(&c, NULL);
	if (result == 0)
		result = check_holder(&c);
	if (result)
		return result < 0 ? result : 0;
	entry = people_entry(&c, "appointment");
	result = take_kind(&c, entry, &kind);
	if (result == 0)
		result = take_range(&c, entry);
	if (result == 0)
		result = take_levels(&c, entry, kind);
	if (result == 0)
		result = take_time(&c, entry, kind);
	if (result == 0)
		result = take_principal(&c, entry, kind);
	if (result == 0)
		result = people_take_line(&c, "document", PEOPLE_TEXT_MAX, true, &document);
	if (result)
		return result < 0 ? result : 0;
	cell_set_of(entry, "document", r->meta_key, "appointment.document", c.subject->person.id, document);
	return people_change(&c, c.subject->person.id, steal(&entry));
}

static bool has_appointment(const struct store_person *p, int64_t id)
{
	for (size_t i = 0; i < p->n_appointments; i++) {
		uint64_t number;

		if (text_to_u64(p->appointments[i].id, INT64_MAX, &number) && (int64_t)number == id)
			return true;
	}
	return false;
}

int people_end_appointment(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	int64_t id = json_get_int(api_parameters(call), "appointment", -1);
	struct json *entry;
	const char *reason;
	char last[11];
	int result = people_begin(r, call, RIGHT_APPOINT, &c);

	if (result == 0)
		result = people_find(&c, json_get_text(c.given, "id"));
	if (result == 0)
		result = people_take_line(&c, "reason", PEOPLE_TEXT_MAX, true, &reason);
	if (result)
		return result < 0 ? result : 0;
	if (!has_appointment(c.subject, id))
		return api_refuse(call, API_NOT_FOUND, "no-such-appointment", c.subject->person.id,
				  "classctl person show", "%s has no appointment %lld", c.subject->person.id,
				  (long long)id);
	/* The last day it counts: yesterday, so that it ends at once. */
	result = people_end_stand_ins(&c, id, date_add_days(c.today, -1));
	if (result)
		return result < 0 ? result : 0;
	entry = people_entry(&c, "appointment-end");
	date_format(date_add_days(c.today, -1), last);
	json_set_text(entry, "on", last);
	json_set_int(entry, "appointment", id);
	people_note(&c, entry, reason);
	return people_change(&c, c.subject->person.id, entry);
}

/* ---- Train ---- */

static int take_training(struct people_call *c, struct json *entry)
{
	int64_t hours = json_get_int(c->given, "hours", 0);
	struct date held = {0}, until = {0};
	int result = people_take_date(c, entry, "held", &held);

	if (result == 0)
		result = people_take_date(c, entry, "valid_until", &until);
	if (result)
		return result;
	json_set_int(entry, "hours", hours);
	if (hours >= 1 && hours <= 1000 && date_is_set(held) && date_compare(held, c->today) <= 0 &&
	    (!date_is_set(until) || date_compare(until, held) >= 0))
		return 0;
	TRY(api_refuse(c->call, API_INPUT, "bad-training", "held", "hours from 1 to 1000, held today or before",
		       "a training of %lld hours on that day cannot be", (long long)hours));
	return PEOPLE_ANSWERED;
}

int people_train(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWNED(json) struct json *entry = NULL;
	const char *content;
	int result = people_begin(r, call, RIGHT_TRAIN, &c);

	if (result == 0)
		result = people_find(&c, json_get_text(c.given, "id"));
	if (result == 0)
		result = people_other_hand(&c, NULL);
	if (result == 0)
		result = people_take_line(&c, "content", PEOPLE_TEXT_MAX, true, &content);
	if (result)
		return result < 0 ? result : 0;
	entry = people_entry(&c, "training");
	cell_set_of(entry, "content", r->meta_key, "training.content", c.subject->person.id, content);
	result = take_training(&c, entry);
	if (result)
		return result < 0 ? result : 0;
	return people_change(&c, c.subject->person.id, steal(&entry));
}
