/*
 * Persons.Reach: what a person could read, what he did read, and what of his is still there; for the day he is
 * suspended or leaves. Scope and clearance count as they were at that moment. Both registers may be long: they are gone
 * through in pages.
 */
#include "registrar/keys/unlock.h"
#include "registrar/people/people.h"
#include "registrar/records/case.h"
#include "registrar/store/look.h"
#include "registrar/store/store_custody.h"

#include "base/text.h"
#include "domain/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REACH_PAGE 200
#define REACH_MAX  5000 /* records, and readings, to a client that takes one answer */

enum reach_part { REACH_RECORDS, REACH_READS };

struct reach {
	struct registrar *r;
	struct store_person *subject;
	struct person then; /* the subject as of that day */
	struct date on;
	enum reach_part part;
	char after[STORE_NUMBER_MAX];
	uint64_t after_seq;
	struct json *list;    /* of this part */
	size_t n, seen;	      /* in it; looked at in this page */
	struct json *records; /* the whole list, to a client that takes one answer; NULL */
	bool truncated;
};

static void reach_free(void *arg)
{
	struct reach *reach = arg;

	store_person_free(reach->subject);
	json_free(reach->list);
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
	return scope_admits(reach->r->policy, record, &reach->then) ? "scope" : "decider";
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
	json_append(reach->list, one);
	reach->n++;
	return 0;
}

/* ---- what he did read, and what is still there ---- */

static int add_read(const struct store_event *event, void *arg)
{
	struct reach *reach = arg;
	struct json *one = json_object();

	reach->seen++;
	reach->after_seq = event->seq;
	json_set_text(one, "number", event->number);
	json_set_text(one, "time", event->time);
	json_set_text(one, "act", event->act);
	json_append(reach->list, one);
	reach->n++;
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

static int add_told(const struct store_knower *k, void *arg)
{
	struct json *one = json_object();

	json_set_text(one, "number", k->number);
	json_set_text(one, "since", k->since);
	json_set_text(one, "how", k->how);
	json_set_text(one, "at", k->note ? k->note : "");
	json_append(arg, one);
	return 0;
}

static int add_copy(const struct store_copy *k, void *arg)
{
	struct json *one;

	if (!store_copy_is_out(k))
		return 0;
	one = json_object();
	json_set_text(one, "number", k->number);
	json_set_int(one, "n", k->n);
	json_set_int(one, "of", k->total);
	json_set_text(one, "state", k->state);
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

static struct json *take_list(struct reach *reach)
{
	struct json *list = reach->list;

	reach->list = json_array();
	reach->n = 0;
	return list;
}

/* reads: absent while there are records to come. */
static struct json *page_of(struct reach *reach)
{
	struct json *reply = json_object();
	bool reads = reach->part != REACH_RECORDS;

	json_set(reply, "records", reads ? json_array() : take_list(reach));
	if (reads)
		json_set(reply, "reads", take_list(reach));
	json_set_date(reply, "on", reach->on);
	return reply;
}

static int reply_last(struct reach *reach, struct api_call *call)
{
	struct json *checkouts = json_array(), *told = json_array(), *copies = json_array(), *reply;
	struct store_knower_filter filter = {.person = reach->subject->person.id, .told = true, .limit = REACH_MAX};
	int result = store_checkout_list(reach->r->store, reach->subject->person.id, add_checkout, checkouts);

	if (result >= 0)
		result = store_knower_list(reach->r->store, &filter, add_told, told);
	if (result >= 0)
		result = store_copy_list(reach->r->store, NULL, reach->subject->person.id, add_copy, copies);
	if (result < 0) {
		json_free(checkouts);
		json_free(told);
		json_free(copies);
		return result;
	}
	reply = page_of(reach);
	if (reach->records)
		json_set(reply, "records", steal(&reach->records));
	json_set(reply, "checkouts", checkouts);
	json_set(reply, "told", told);
	json_set(reply, "copies", copies);
	json_set(reply, "keys", keys_of(reach));
	json_set(reply, "rotate", rotate_of(reach));
	json_set_date(reply, "off_post", policy_off_post_end(reach->r->policy, reach->then.post, reach->subject->person.until));
	json_set_bool(reply, "truncated", reach->truncated);
	return api_reply(call, reply);
}

/* ---- pages ---- */

/* A page of what this part looks at. */
static int look(struct reach *reach)
{
	struct store *store = reach->r->store;
	struct store_record_filter records = {.after = reach->after, .limit = REACH_PAGE};
	struct store_reading_filter reads = {reach->subject->person.id, reach->after_seq, REACH_PAGE};

	reach->seen = 0;
	return reach->part == REACH_RECORDS ? store_record_list(store, &records, look_at, reach)
					    : store_reading_list(store, &reads, add_read, reach);
}

static bool may_ask(const struct store_person *me)
{
	return me->person.roles & (ACTOR_OFFICE | ACTOR_SECURITY_ADMIN) && !(me->person.roles & ACTOR_AUDITOR);
}

static int begin_page(struct registrar *r, struct api_call *call, struct people_call *c)
{
	int result = people_begin(r, call, RIGHT_QUEUE, c);

	if (result)
		return result;
	if (may_ask(c->me))
		return 0;
	TRY(api_refuse(call, API_AUTHORITY, "wrong-role", "caller", "Ask the secrecy office.",
		       "%s may not ask what somebody could read.", c->me->person.id));
	return PEOPLE_ANSWERED;
}

static int next_page(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct reach *reach = arg;
	bool is_full, is_drained;
	int result = begin_page(r, call, &c);

	if (result)
		return result < 0 ? result : 0;
	TRY(look(reach));
	is_full = !api_wants_more(call) && reach->n > REACH_MAX;
	is_drained = is_full || reach->seen < REACH_PAGE;
	reach->truncated = reach->truncated || is_full;
	if (is_drained && reach->part == REACH_READS)
		return reply_last(reach, call);
	if (api_wants_more(call) && reach->n > 0)
		TRY(api_more(call, page_of(reach)));
	if (!is_drained)
		return 0;
	if (!api_wants_more(call))
		reach->records = take_list(reach);
	reach->part = REACH_READS;
	return 0;
}

int people_reach(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	static const struct api_pages pages = {next_page, reach_free};
	struct reach *reach;
	int result = begin_page(r, call, &c);

	if (result)
		return result < 0 ? result : 0;
	if (!r->policy)
		return api_refuse(call, API_BUSY, "no-policy", "policy", "See classctl status.",
				  "No policy pack is loaded.");
	result = people_find(&c, json_get_text(c.given, "id"));
	if (result)
		return result < 0 ? result : 0;
	reach = calloc(1, sizeof(*reach));
	if (!reach)
		return FAULT(ENOMEM, "reach");
	*reach = (struct reach){.r = r, .subject = steal(&c.subject), .list = json_array()};
	take_moment(reach, c.today);
	return api_stream(call, &pages, reach);
}
