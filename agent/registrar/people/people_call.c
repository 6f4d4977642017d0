/* What every method about persons does: the caller, the person, the values, the change, the answer. */
#include "registrar/keys/unlock.h"
#include "registrar/people/people.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

int people_begin(struct registrar *r, struct api_call *call, enum right right, struct people_call *ret)
{
	int result;

	*ret = (struct people_call){.r = r, .call = call, .given = api_parameters(call), .today = registrar_today(r)};
	result = store_person_by_uid(r->store, (uint32_t)api_uid(call), ret->today, &ret->me);
	TRY(result);
	if (result) {
		TRY(api_refuse(call, API_AUTHORITY, "no-person", "caller", "ask a security administrator",
			       "login with uid %u is no person of the register today", (unsigned)api_uid(call)));
		return PEOPLE_ANSWERED;
	}
	if (person_is_suspended_on(&ret->me->person, ret->today)) {
		TRY(api_refuse(call, API_AUTHORITY, "suspended", "caller", "ask the secrecy office", "%s is suspended",
			       ret->me->person.id));
		return PEOPLE_ANSWERED;
	}
	if (!right_is_granted(ret->me->person.roles, right)) {
		TRY(api_refuse(call, API_AUTHORITY, "wrong-role", "caller", right_belongs(right), "%s may not: %s",
			       ret->me->person.id, right_name(right)));
		return PEOPLE_ANSWERED;
	}
	if (r->meta_key)
		return 0;
	TRY(api_refuse(call, API_BUSY, "not-ready", "agent", "try again", "the keeper has not given its key yet"));
	return PEOPLE_ANSWERED;
}

void people_done(struct people_call *c)
{
	store_person_free(c->me);
	store_person_free(c->subject);
}

int people_find(struct people_call *c, const char *id)
{
	int result;

	store_person_free(c->subject);
	c->subject = NULL;
	result = id ? store_person_load(c->r->store, id, &c->subject) : STORE_NOT_FOUND;
	TRY(result);
	if (result == 0)
		return 0;
	TRY(api_refuse(c->call, API_NOT_FOUND, "no-such-person", id ? id : "", "classctl person list",
		       "there is no person with the id \"%s\"", id ? id : ""));
	return PEOPLE_ANSWERED;
}

int people_stands(struct registrar *r, const char *person, enum right right, bool *ret)
{
	OWNED(store_person) struct store_person *p = NULL;
	struct date today = registrar_today(r);
	int result = text_is_empty(person) ? STORE_NOT_FOUND : store_person_load(r->store, person, &p);

	TRY(result);
	*ret = p && person_is_valid_on(&p->person, today) && !person_is_suspended_on(&p->person, today) &&
	       right_is_granted(p->person.roles, right);
	return 0;
}

int people_other_hand(struct people_call *c, const char *entered_by)
{
	const char *me = c->me->person.id;

	if (c->subject && text_equal(c->subject->person.id, me)) {
		TRY(api_refuse(c->call, API_AUTHORITY, "own-person", me, "another security administrator does it",
			       "nobody grants or confirms anything for himself"));
		return PEOPLE_ANSWERED;
	}
	if (text_equal(entered_by, me)) {
		TRY(api_refuse(c->call, API_AUTHORITY, "own-entry", me, "another security administrator confirms it",
			       "you entered this yourself; it needs a second person"));
		return PEOPLE_ANSWERED;
	}
	return 0;
}

/* ---- values ---- */

int people_take_date(struct people_call *c, struct json *entry, const char *key, struct date *ret)
{
	const char *text = json_get_text(c->given, key);
	struct date date = {0};

	if (!text)
		return 0;
	if (text[0] != '\0' && !date_parse(text, &date)) {
		TRY(api_refuse(c->call, API_INPUT, "bad-date", key, "give it as 2030-06-30", "\"%.40s\" is not a date",
			       text));
		return PEOPLE_ANSWERED;
	}
	json_set_text(entry, key, text);
	*ret = date;
	return 0;
}

int people_take_line(struct people_call *c, const char *key, size_t max, bool needed, const char **ret)
{
	const char *text = json_get_text(c->given, key);

	if ((!text || (needed && text_is_empty(text))) && needed) {
		TRY(api_refuse(c->call, API_INPUT, "missing", key, "give it", "\"%s\" is missing", key));
		return PEOPLE_ANSWERED;
	}
	if (text && !text_is_line(text, max)) {
		TRY(api_refuse(c->call, API_INPUT, "bad-text", key, "give one shorter line",
			       "\"%s\" is not one line of at most %zu bytes", key, max));
		return PEOPLE_ANSWERED;
	}
	*ret = text;
	return 0;
}

int people_take_list(struct people_call *c, struct json *entry, const char *key, people_check_fn check)
{
	struct json_view list = json_get(c->given, key);
	const char *bad = NULL;

	if (!json_is_present(list))
		return 0;
	for (size_t i = 0; i < json_n(list) && !bad; i++) {
		const char *text = json_as_text(json_at(list, i));

		if (text_is_empty(text) || !text_is_line(text, 64) || (check && !check(c->r, text)))
			bad = text ? text : "";
	}
	if (!json_is_array(list) || bad || json_n(list) > PEOPLE_LIST_MAX) {
		TRY(api_refuse(c->call, API_INPUT, "unknown-name", key, "classctl help person lists what is known",
			       "\"%.64s\" is not known or not a list of short names", bad ? bad : key));
		return PEOPLE_ANSWERED;
	}
	json_set(entry, key, json_copy(list));
	return 0;
}

/* ---- changes ---- */

struct json *people_entry(struct people_call *c, const char *op)
{
	struct json *entry = registrar_entry(op, c->me->person.id, api_uid(c->call));

	if (c->subject)
		json_set_text(entry, "id", c->subject->person.id);
	return entry;
}

void people_note(struct people_call *c, struct json *entry, const char *note)
{
	if (!text_is_empty(note))
		cell_set_of(entry, "note", c->r->meta_key, "note", c->subject->person.id, note);
}

int people_change_only(struct people_call *c, struct json *entry)
{
	int result = registrar_change(c->r, entry);

	if (result == 0)
		result = unlock_soon(c->r); /* who may read has changed */
	if (result <= 0)
		return result;
	if (result == REGISTRAR_READ_ONLY)
		TRY(api_refuse(c->call, API_FAILED, "read-only", "journal", "classctl status says why",
			       "the journal or the store cannot be written; nothing was changed"));
	else
		TRY(api_refuse(c->call, API_STATE, "refused", "register", "classctl person show",
			       "the register has changed meanwhile, or the entry is too long"));
	return PEOPLE_ANSWERED;
}

int people_change(struct people_call *c, const char *id, struct json *entry)
{
	OWNED(store_person) struct store_person *p = NULL;
	struct json *reply;
	int result = people_change_only(c, entry);

	if (result)
		return result < 0 ? result : 0;
	result = store_person_load(c->r->store, id, &p);
	if (result)
		return result < 0 ? result : FAULT(EIO, "a person that was just entered is not there");
	reply = json_object();
	json_set(reply, "person", people_json(p, c->today));
	return api_reply(c->call, reply);
}

/* ---- the answer ---- */

static void set_text(struct json *to, const char *key, const char *text)
{
	json_set_text(to, key, text ? text : "");
}

static void set_list(struct json *to, const char *key, struct texts list)
{
	struct json *array = json_array();

	for (size_t i = 0; i < list.n; i++)
		json_append_text(array, list.at[i]);
	json_set(to, key, array);
}

static struct json *appointments_json(const struct store_person *p)
{
	struct json *list = json_array();

	for (size_t i = 0; i < p->n_appointments; i++) {
		const struct appointment *a = &p->appointments[i];
		struct json *one = json_object();
		uint64_t id = 0;

		(void)text_to_u64(a->id, INT64_MAX, &id); /* made from a number by the store */
		json_set_int(one, "id", (int64_t)id);
		json_set_text(one, "kind", appointment_kind_name(a->kind));
		set_list(one, "levels", p->levels[i]);
		set_list(one, "departments", a->departments);
		set_list(one, "matters", a->matters);
		json_set_date(one, "from", a->from);
		json_set_date(one, "until", a->until);
		set_text(one, "document", a->document);
		json_set_bool(one, "confirmed", a->confirmed_by != NULL);
		set_text(one, "entered_by", a->entered_by);
		set_text(one, "stands_for", a->stands_for);
		json_append(list, one);
	}
	return list;
}

static struct json *trainings_json(const struct store_person *p)
{
	struct json *list = json_array();

	for (size_t i = 0; i < p->n_trainings; i++) {
		const struct store_training *t = &p->taught[i];
		struct json *one = json_object();

		set_text(one, "content", t->content);
		json_set_int(one, "hours", t->training.hours);
		json_set_date(one, "held", t->training.on);
		json_set_date(one, "valid_until", t->training.valid_until);
		set_text(one, "entered", t->entered);
		json_append(list, one);
	}
	return list;
}

static struct json *keys_json(const struct store_person *p)
{
	struct json *list = json_array();

	for (size_t i = 0; i < p->n_keys; i++) {
		const struct store_key *k = &p->keys[i];
		struct json *one = json_object();

		set_text(one, "fingerprint", k->fingerprint);
		set_text(one, "kind", k->kind);
		set_text(one, "state", store_key_state(k));
		set_text(one, "registered", k->registered);
		set_text(one, "revoked", k->revoked);
		set_text(one, "line", k->line);
		json_append(list, one);
	}
	return list;
}

static const char *state_of(const struct store_person *p, struct date today)
{
	if (!p->is_confirmed)
		return "pending";
	if (person_is_suspended_on(&p->person, today))
		return "suspended";
	if (!person_is_valid_on(&p->person, today))
		return "ended";
	return p->has_change ? "change-pending" : "valid";
}

struct json *people_json(const struct store_person *p, struct date today)
{
	struct json *to = json_object();

	json_set_text(to, "id", p->person.id);
	set_text(to, "name", p->person.name);
	set_text(to, "login", p->login);
	json_set_int(to, "uid", p->person.uid);
	set_list(to, "departments", p->departments);
	set_list(to, "roles", p->roles);
	json_set_text(to, "category", store_category_name(p->person.post));
	json_set_date(to, "cleared_until", p->person.cleared_until);
	json_set_date(to, "undertaking", p->person.undertaking_on);
	json_set_text(to, "state", state_of(p, today));
	json_set_text(to, "change", p->change ? p->change : "");
	json_set_date(to, "from", p->person.from);
	json_set_date(to, "until", p->person.until);
	json_set(to, "appointments", appointments_json(p));
	json_set(to, "trainings", trainings_json(p));
	json_set(to, "keys", keys_json(p));
	return to;
}
