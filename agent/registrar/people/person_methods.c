/*
 * org.classd.Persons: entered by one security administrator, confirmed by another (DESIGN 17). Taking away (suspending,
 * ending, revoking) is quick and needs one; giving needs two.
 */
#include "registrar/people/people.h"

#include "base/text.h"
#include "registrar/api/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool role_is_known(struct registrar *r, const char *role)
{
	(void)r;
	return people_role_is_known(role);
}

static int check_roles(struct people_call *c, struct json *entry)
{
	struct json_view roles = json_get(json_look(entry), "roles");
	unsigned bits = 0;
	size_t others = 0;

	for (size_t i = 0; i < json_n(roles); i++) {
		const char *role = json_as_text(json_at(roles, i));

		bits |= store_role_bits((struct texts){&role, 1});
		others += !text_equal(role, "auditor");
	}
	if (roles_may_combine(bits) && !(bits & ACTOR_AUDITOR && others > 0))
		return 0;
	TRY(api_refuse(c->call, API_INPUT, "roles-conflict", "roles", "give these roles to different persons",
		       "an auditor holds no other role"));
	return PEOPLE_ANSWERED;
}

static int take_category(struct people_call *c, struct json *entry)
{
	const char *category = json_get_text(c->given, "category");
	enum post post;

	if (!category)
		return 0;
	if (!store_category_find(category, &post)) {
		TRY(api_refuse(c->call, API_INPUT, "unknown-category", "category", "core, important, general or none",
			       "\"%.40s\" is no post category", category));
		return PEOPLE_ANSWERED;
	}
	json_set_text(entry, "category", category);
	return 0;
}

/* What Add and Change have in common. */
static int take_facts(struct people_call *c, struct json *entry, const char *id)
{
	struct date unused;
	const char *name;
	int result = people_take_line(c, "name", PEOPLE_NAME_MAX, false, &name);

	if (result == 0)
		cell_set_of(entry, "name", c->r->meta_key, "person.name", id, name);
	if (result == 0)
		result = people_take_list(c, entry, "departments", NULL);
	if (result == 0)
		result = people_take_list(c, entry, "roles", role_is_known);
	if (result == 0)
		result = check_roles(c, entry);
	if (result == 0)
		result = take_category(c, entry);
	if (result == 0)
		result = people_take_date(c, entry, "cleared_until", &unused);
	if (result == 0)
		result = people_take_date(c, entry, "undertaking", &unused);
	return result ? result : people_take_date(c, entry, "until", &unused);
}

/* ---- Add ---- */

static int refuse_taken(struct people_call *c, const char *field, const char *by)
{
	TRY(api_refuse(c->call, API_STATE, "already-there", field, "classctl person show", "%s is taken by \"%s\"",
		       field, by));
	return PEOPLE_ANSWERED;
}

static int check_is_new(struct people_call *c, const char *id, uint32_t uid)
{
	OWNED(store_person) struct store_person *same = NULL;
	int result = store_person_load(c->r->store, id, &same);

	TRY(result);
	if (result == 0)
		return refuse_taken(c, "id", id);
	result = store_person_by_uid(c->r->store, uid, c->today, &same);
	TRY(result);
	return result == 0 ? refuse_taken(c, "login", same->person.id) : 0;
}

static int take_login(struct people_call *c, struct json *entry, const char *id)
{
	const char *given = json_get_text(c->given, "login"), *login;
	char hash[2 * CELL_HASH + 1];
	uint32_t uid;
	int result;

	if (!people_parse_login(given, &uid, &login)) {
		TRY(api_refuse(c->call, API_INPUT, "bad-login", "login", "give UID:LOGIN, as in 1001:li",
			       "the login must name the numeric user id too"));
		return PEOPLE_ANSWERED;
	}
	if (!people_uid_is_person(c->r, uid)) {
		TRY(api_refuse(c->call, API_INPUT, "system-user", "login", "enter the login of a human being",
			       "uid %u belongs to the system and is never a person", (unsigned)uid));
		return PEOPLE_ANSWERED;
	}
	result = check_is_new(c, id, uid);
	if (result)
		return result;
	json_set_int(entry, "holder", uid);
	cell_set_of(entry, "login", c->r->meta_key, "person.login", id, login);
	json_set_text(entry, "login_hash", cell_hash(c->r->meta_key, "login", login, hash) ? hash : NULL);
	return 0;
}

static int add(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWNED(json) struct json *entry = NULL;
	const char *id = json_get_text(api_parameters(call), "id"), *name;
	char today[11];
	int result = people_begin(r, call, RIGHT_PERSON_ADD, &c);

	if (result)
		return result < 0 ? result : 0;
	if (!people_id_is_valid(id))
		return api_refuse(call, API_INPUT, "bad-id", "id", "lower-case letters, digits, dot, dash",
				  "\"%.40s\" cannot be the id of a person", id ? id : "");
	entry = people_entry(&c, "person");
	date_format(c.today, today);
	json_set_text(entry, "id", id);
	json_set_text(entry, "from", today);
	result = people_take_line(&c, "name", PEOPLE_NAME_MAX, true, &name);
	if (result == 0)
		result = take_login(&c, entry, id);
	if (result == 0)
		result = take_facts(&c, entry, id);
	if (result)
		return result < 0 ? result : 0;
	return people_change(&c, id, steal(&entry));
}

/* ---- Change ---- */

static int change(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWNED(json) struct json *entry = NULL;
	size_t n;
	int result = people_begin(r, call, RIGHT_PERSON_ADD, &c);

	if (result == 0)
		result = people_find(&c, json_get_text(c.given, "id"));
	if (result)
		return result < 0 ? result : 0;
	entry = people_entry(&c, "person-change");
	n = json_n(json_look(entry));
	result = take_facts(&c, entry, c.subject->person.id);
	if (result)
		return result < 0 ? result : 0;
	if (json_n(json_look(entry)) == n)
		return api_refuse(call, API_INPUT, "nothing-given", "person", "name what is to change",
				  "no value to change was given");
	return people_change(&c, c.subject->person.id, steal(&entry));
}

/* ---- Confirm ---- */

static int refuse_nothing_waits(struct people_call *c, const char *what)
{
	return api_refuse(c->call, API_STATE, "nothing-waits", c->subject->person.id, "classctl person list --pending",
			  "no %.20s of \"%s\" waits for a second person", what, c->subject->person.id);
}

/* 0 and the entry is complete; else answered. by: who entered it. */
static bool find_appointment(const struct store_person *p, const char *which, struct json *entry, const char **ret_by)
{
	for (size_t i = 0; i < p->n_appointments; i++) {
		const struct appointment *a = &p->appointments[i];
		uint64_t id;

		if (a->confirmed_by || (which && !text_equal(which, a->id)) || !text_to_u64(a->id, INT64_MAX, &id))
			continue;
		json_set_int(entry, "appointment", (int64_t)id);
		*ret_by = a->entered_by;
		return true;
	}
	return false;
}

static bool find_key(const struct store_person *p, const char *which, struct json *entry, const char **ret_by)
{
	for (size_t i = 0; i < p->n_keys; i++) {
		const struct store_key *k = &p->keys[i];

		if (k->is_confirmed || !text_is_empty(k->revoked) || (which && !text_equal(which, k->fingerprint)))
			continue;
		json_set_text(entry, "fingerprint", k->fingerprint);
		*ret_by = p->person.id; /* whose key it is registered it */
		return true;
	}
	return false;
}

static bool find_pending(const struct store_person *p, const char *what, const char *which, struct json *entry,
			 const char **ret_by)
{
	if (text_equal(what, "person") && !p->is_confirmed) {
		*ret_by = p->entered_by;
		return true;
	}
	if (text_equal(what, "change") && p->has_change) {
		*ret_by = p->change_by;
		return true;
	}
	if (text_equal(what, "appointment"))
		return find_appointment(p, which, entry, ret_by);
	return text_equal(what, "key") && find_key(p, which, entry, ret_by);
}

/* The uid may have got another holder since the entry was made. */
static int check_uid_free(struct people_call *c, const char *what)
{
	OWNED(store_person) struct store_person *holder = NULL;
	int result;

	if (!text_equal(what, "person"))
		return 0;
	result = store_person_by_uid(c->r->store, c->subject->person.uid, c->today, &holder);
	TRY(result);
	return result == 0 ? refuse_taken(c, "login", holder->person.id) : 0;
}

/* It may have been entered anew since the second person looked at it. */
static int check_change(struct people_call *c, const char *what)
{
	if (!text_equal(what, "change") || text_equal(json_get_text(c->given, "which"), c->subject->change))
		return 0;
	TRY(api_refuse(c->call, API_STATE, "other-change", c->subject->person.id, "classctl person show shows what waits",
		       "the change of %s that waits is not the one that is confirmed", c->subject->person.id));
	return PEOPLE_ANSWERED;
}

static int confirm(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWNED(json) struct json *entry = NULL;
	const char *what = json_get_text(api_parameters(call), "what"), *by = NULL;
	int result = people_begin(r, call, RIGHT_PERSON_CONFIRM, &c);

	if (result == 0)
		result = people_find(&c, json_get_text(c.given, "id"));
	if (result)
		return result < 0 ? result : 0;
	entry = people_entry(&c, "confirm");
	json_set_text(entry, "what", what);
	if (!find_pending(c.subject, what, json_get_text(c.given, "which"), entry, &by))
		return refuse_nothing_waits(&c, what ? what : "");
	result = people_other_hand(&c, by);
	if (result == 0)
		result = check_change(&c, what);
	if (result == 0)
		result = check_uid_free(&c, what);
	if (result)
		return result < 0 ? result : 0;
	return people_change(&c, c.subject->person.id, steal(&entry));
}

/* ---- Show, List ---- */

/* Names are for those who keep the register, the secrecy office, and everybody himself; an auditor sees none. */
static bool may_see(const struct people_call *c, const char *id)
{
	return text_equal(c->me->person.id, id) ||
	       (c->me->person.roles & (ACTOR_SECURITY_ADMIN | ACTOR_OFFICE) && !(c->me->person.roles & ACTOR_AUDITOR));
}

static int show(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	const char *id = json_get_text(api_parameters(call), "id");
	struct json *reply;
	int result = people_begin(r, call, RIGHT_QUEUE, &c);

	if (result == 0)
		result = people_find(&c, id && may_see(&c, id) ? id : NULL);
	if (result)
		return result < 0 ? result : 0;
	reply = json_object();
	json_set(reply, "person", people_json(c.subject, c.today));
	return api_reply(call, reply);
}

struct listing {
	struct rows rows;
	bool pending;
	char after[PEOPLE_ID_MAX + 1];
	struct people_call *c; /* of this page */
};

static int add_to_list(const struct store_person *p, void *arg)
{
	struct listing *l = arg;

	(void)snprintf(l->after, sizeof(l->after), "%s", p->person.id);
	if (may_see(l->c, p->person.id))
		rows_add(&l->rows, people_json(p, l->c->today));
	return rows_next(&l->rows);
}

static int next_of_list(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct listing *l = arg;
	struct store_person_filter filter = {.pending = l->pending, .after = l->after};
	int result = people_begin(r, call, RIGHT_QUEUE, &c);

	if (result)
		return result < 0 ? result : 0;
	l->c = &c;
	filter.limit = rows_begin(&l->rows);
	TRY(store_person_page(r->store, &filter, add_to_list, l));
	return rows_send(&l->rows, call);
}

static int list(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_of_list, rows_free};
	struct listing *l = calloc(1, sizeof(*l));

	(void)r;
	if (!l)
		return FAULT(ENOMEM, "list");
	l->pending = json_get_bool(api_parameters(call), "pending");
	rows_init(&l->rows, call, "persons", 0);
	return api_stream(call, &pages, l);
}

/* ---- Suspend ---- */

static int suspend(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	bool lift = json_get_bool(api_parameters(call), "lift");
	struct json *entry;
	const char *reason;
	char today[11];
	int result = people_begin(r, call, RIGHT_SUSPEND, &c);

	if (result == 0)
		result = people_find(&c, json_get_text(c.given, "id"));
	if (result == 0)
		result = people_take_line(&c, "reason", PEOPLE_TEXT_MAX, true, &reason);
	if (result == 0)
		result = people_other_hand(&c, NULL);
	if (result)
		return result < 0 ? result : 0;
	if (lift == !person_is_suspended_on(&c.subject->person, c.today))
		return api_refuse(call, API_STATE, lift ? "not-suspended" : "already-suspended", c.subject->person.id,
				  "classctl person show", "%s is %ssuspended", c.subject->person.id,
				  lift ? "not " : "already ");
	entry = people_entry(&c, "suspend");
	date_format(c.today, today);
	json_set_text(entry, "from", today);
	json_set_bool(entry, "lift", lift);
	people_note(&c, entry, reason);
	return people_change(&c, c.subject->person.id, entry);
}

const struct api_method person_methods[] = {
    {"org.classd.Persons.Add", add, API_MUTATES},
    {"org.classd.Persons.Change", change, API_MUTATES},
    {"org.classd.Persons.Confirm", confirm, API_MUTATES},
    {"org.classd.Persons.Show", show, 0},
    {"org.classd.Persons.List", list, API_STREAM},
    {"org.classd.Persons.Suspend", suspend, API_MUTATES | API_WHEN_FROZEN}, /* an older state knows of no late one */
    {"org.classd.Persons.Appoint", people_appoint, API_MUTATES},
    {"org.classd.Persons.EndAppointment", people_end_appointment, API_MUTATES},
    {"org.classd.Persons.Train", people_train, API_MUTATES},
    {"org.classd.Persons.RegisterKey", people_register_key, API_MUTATES},
    {"org.classd.Persons.Reach", people_reach, API_STREAM},
    {"org.classd.Persons.RevokeKey", people_revoke_key, API_MUTATES},
    {0},
};
