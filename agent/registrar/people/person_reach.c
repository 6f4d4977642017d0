/*
 * Persons.Reach: what a person could read, what he did read, and what of his is still there; for the day he is
 * suspended or leaves. Scope and clearance count as they were at that moment. The register may be long: it is gone
 * through in pages, and others are served in between.
 */
#include "registrar/keys/unlock.h"
#include "registrar/people/cut.h"
#include "registrar/people/people.h"
#include "registrar/records/case.h"
#include "registrar/store/look.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REACH_PAGE 200
#define REACH_MAX  5000 /* records in one answer to a client that takes no more than one */

struct reach {
	struct loop_timer timer;
	struct registrar *r;
	struct api_call *call;
	struct store_person *subject;
	struct person then; /* the subject as of that day */
	struct date on;
	char after[STORE_NUMBER_MAX];
	struct json *records;
	size_t n, seen; /* records in it; looked at in this page */
	bool truncated;
};

static void reach_free(struct reach *reach)
{
	loop_disarm(&reach->timer);
	store_person_free(reach->subject);
	json_free(reach->records);
	free(reach);
}

/* The last day on which he could read: today, or that of his suspension or leaving. */
static void take_moment(struct reach *reach, struct date today)
{
	struct person *then = &reach->then;

	*then = reach->subject->person;
	reach->on = today;
	if (date_is_set(then->suspended_from) && date_compare(then->suspended_from, reach->on) < 0)
		reach->on = then->suspended_from;
	if (date_is_set(then->until) && date_compare(then->until, reach->on) < 0)
		reach->on = then->until;
	then->suspended_from = (struct date){0};
}

/* ---- records ---- */

static const char *why_of(const struct reach *reach, const struct record *record)
{
	const char *id = reach->then.id;

	if (text_equal(record->drafter, id))
		return "drafter";
	if (text_equal(record->responsible, id))
		return "responsible";
	return authority_in_scope(record_classification(record)->scope, &reach->then) ? "scope" : "decider";
}

static int look_at(const struct record *record, void *arg)
{
	struct reach *reach = arg;
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	struct authority_question q;
	struct authority_answer answer;
	struct json *one;

	reach->seen++;
	(void)snprintf(reach->after, sizeof(reach->after), "%s", record->number);
	TRY(look_document(reach->r->store, record->number, &a, &d));
	case_question(reach->r, reach->subject, record, ACT_NEW, NULL, &q);
	q.person = &reach->then;
	q.on = q.today = reach->on;
	q.sealed_at = d.level;
	authority_check_open(&q, &answer);
	if (answer.reason != AUTHORITY_GRANTED)
		return 0;
	one = json_object();
	json_set_text(one, "number", record->number);
	json_set_text(one, "level", record_protection(reach->r->policy, record)->code);
	json_set_text(one, "state", record_state_name(record->state));
	json_set_text(one, "why", why_of(reach, record));
	json_append(reach->records, one);
	reach->n++;
	return 0;
}

/* ---- what he did read, and what is still there ---- */

static int add_read(const struct store_event *event, void *arg)
{
	struct json *one = json_object();

	json_set_text(one, "number", event->number);
	json_set_text(one, "time", event->time);
	json_set_text(one, "act", event->act);
	json_append(arg, one);
	return 0;
}

static int add_checkout(const struct store_checkout *c, void *arg)
{
	struct json *one = json_object();

	json_set_text(one, "number", c->number);
	json_set_text(one, "since", c->since);
	json_set_text(one, "ends", c->due ? c->due : "");
	json_append(arg, one);
	return 0;
}

static struct json *wraps_of(const struct registrar *r, const struct store_key *key)
{
	struct json *list = json_array();

	for (const struct unlock_key *k = unlock_keys(r); k; k = k->next) {
		OWN_MEM char *name = NULL;

		if (!text_equal(key->kind, UNLOCK_KIND) || !unlock_has_wrap(k, key->fingerprint))
			continue;
		name = text_format("%s.%s", k->level, k->epoch);
		json_append_text(list, name ? name : "");
	}
	return list;
}

static struct json *keys_of(const struct reach *reach)
{
	struct json *list = json_array();

	for (size_t i = 0; i < reach->subject->n_keys; i++) {
		const struct store_key *key = &reach->subject->keys[i];
		struct json *one = json_object();

		json_set_text(one, "fingerprint", key->fingerprint);
		json_set_text(one, "kind", key->kind);
		json_set_text(one, "state", store_key_state(key));
		json_set(one, "wraps", wraps_of(reach->r, key));
		json_append(list, one);
	}
	return list;
}

/* Has he a wrap of one of its keys, or had he the right to one? Then he may have kept the level key. */
static bool holds(const struct reach *reach, const struct level *level)
{
	struct authority_question q = {.policy = reach->r->policy,
				       .person = &reach->then,
				       .level = level->code,
				       .on = reach->on,
				       .today = reach->on};
	struct authority_answer answer;

	authority_check_unlock(&q, &answer);
	for (size_t i = 0; i < reach->subject->n_keys; i++) {
		const struct store_key *key = &reach->subject->keys[i];

		if (!text_equal(key->kind, UNLOCK_KIND) || !key->is_confirmed)
			continue;
		if (level->unlock == UNLOCK_PERSON && answer.reason == AUTHORITY_GRANTED)
			return true;
		for (const struct unlock_key *k = unlock_keys(reach->r); k; k = k->next)
			if (text_equal(k->level, level->code) && unlock_has_wrap(k, key->fingerprint))
				return true;
	}
	return false;
}

static struct json *rotate_of(const struct reach *reach)
{
	struct json *list = json_array();

	for (size_t i = 0; i < reach->r->policy->n_levels; i++)
		if (holds(reach, &reach->r->policy->levels[i]))
			json_append_text(list, reach->r->policy->levels[i].code);
	return list;
}

static struct json *page_of(struct reach *reach)
{
	struct json *reply = json_object();

	json_set(reply, "records", reach->records);
	reach->records = json_array();
	reach->n = 0;
	return reply;
}

static int reply_last(struct reach *reach)
{
	struct json *reads = json_array(), *checkouts = json_array(), *reply;
	const char *id = reach->subject->person.id;
	int result = store_event_of_person(reach->r->store, id, add_read, reads);

	if (result == 0)
		result = store_checkout_list(reach->r->store, id, add_checkout, checkouts);
	if (result < 0) {
		json_free(reads);
		json_free(checkouts);
		return result;
	}
	reply = page_of(reach);
	json_set_date(reply, "on", reach->on);
	json_set(reply, "reads", reads);
	json_set(reply, "checkouts", checkouts);
	json_set(reply, "keys", keys_of(reach));
	json_set(reply, "rotate", rotate_of(reach));
	json_set_bool(reply, "truncated", reach->truncated);
	return api_reply(reach->call, reply);
}

/* ---- pages ---- */

static int refuse_cut(struct reach *reach, const char *why)
{
	return api_refuse(reach->call, API_AUTHORITY, why, "caller", "Ask the secrecy office.",
			  "The list was cut off: who asked for it may not see it any more.");
}

/* 0: there is more to come; 1: it is answered. */
static int next_page(struct reach *reach)
{
	struct store_record_filter filter = {.after = reach->after, .limit = REACH_PAGE};
	const char *why;
	int result;

	TRY(cut_why(reach->r, api_person(reach->call), &why));
	if (why) {
		result = refuse_cut(reach, why);
		return result < 0 ? result : 1;
	}
	reach->seen = 0;
	result = store_record_list(reach->r->store, &filter, look_at, reach);
	TRY(result);
	reach->truncated = !api_wants_more(reach->call) && reach->n > REACH_MAX;
	if (reach->seen < REACH_PAGE || reach->truncated) {
		result = reply_last(reach);
		return result < 0 ? result : 1;
	}
	return api_wants_more(reach->call) && reach->n > 0 ? api_more(reach->call, page_of(reach)) : 0;
}

static int on_page(struct loop_timer *timer)
{
	struct reach *reach = container_of(timer, struct reach, timer);
	int result = next_page(reach);

	if (result == 0)
		return loop_arm(&reach->r->role.loop, timer, 0, on_page);
	reach_free(reach);
	return result < 0 ? result : 0;
}

static bool may_ask(const struct store_person *me)
{
	return me->person.roles & (ACTOR_OFFICE | ACTOR_SECURITY_ADMIN) && !(me->person.roles & ACTOR_AUDITOR);
}

int people_reach(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct reach *reach;
	int result = people_begin(r, call, RIGHT_QUEUE, &c);

	if (result)
		return result < 0 ? result : 0;
	if (!may_ask(c.me))
		return api_refuse(call, API_AUTHORITY, "wrong-role", "caller", "Ask the secrecy office.",
				  "%s may not ask what somebody could read.", c.me->person.id);
	if (!r->policy)
		return api_refuse(call, API_BUSY, "no-policy", "policy", "See classctl status.",
				  "No policy pack is loaded.");
	result = people_find(&c, json_get_text(c.given, "id"));
	if (result)
		return result < 0 ? result : 0;
	reach = calloc(1, sizeof(*reach));
	if (!reach)
		return FAULT(ENOMEM, "reach");
	*reach = (struct reach){.r = r, .call = call, .subject = steal(&c.subject), .records = json_array()};
	take_moment(reach, c.today);
	return loop_arm(&r->role.loop, &reach->timer, 0, on_page);
}
