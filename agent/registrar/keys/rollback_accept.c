/* Two security administrators look at the evidence and take the older state as it is. */
#include "registrar/keys/rollback_private.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"
#include "registrar/documents/watch.h"
#include "registrar/journal/journal.h"
#include "registrar/keys/rotate.h"
#include "registrar/people/people.h"

#include <errno.h>

#define OPEN_DAYS 1 /* an opening holds today and tomorrow */

static struct json *evidence(const struct registrar *r, const char *op, const char *person, uid_t uid)
{
	struct json *entry = registrar_entry(op, person, uid);

	json_set_text(entry, "kind", rollback_kind_name(r->rollback->kind));
	json_set_int(entry, "had", (int64_t)r->rollback->marked);
	json_set_int(entry, "has", (int64_t)journal_durable(r->journal));
	json_set_int(entry, "newer", (int64_t)r->rollback->n_newer);
	if (r->rollback->made[0])
		json_set_text(entry, "made", r->rollback->made);
	return entry;
}

int rollback_accept(struct registrar *r, const struct acceptance *a)
{
	struct json *entry = evidence(r, "rollback", a->person, a->uid);
	int result;

	json_set_text(entry, "what", "accepted");
	json_set_text(entry, "opened_by", a->by);
	cell_set_of(entry, "note", r->meta_key, "note", "rollback", a->reason);
	result = registrar_change(r, entry);
	if (result == 0)
		result = registrar_settle(r);
	if (result || r->read_only)
		return result ? result : REGISTRAR_READ_ONLY;
	rollback_forget_restored(r);
	r->is_frozen = false;
	TRY(role_recovered(&r->role, rollback_kind_name(r->rollback->kind)));
	TRY(rollback_mark_accepted(r));
	TRY(watch_begin(r)); /* what was seen meanwhile meant nothing */
	if (!r->rollback->wants_jobs)
		return 0;
	TRY(rotate_begin(r));
	return jobs_begin(r);
}

/* ---- the call ---- */

static struct json *report(const struct registrar *r, const char *phase)
{
	struct json *reply = json_object(), *files = json_array();
	const struct rollback *b = r->rollback;

	json_set_text(reply, "phase", phase);
	json_set_text(reply, "kind", rollback_kind_name(b->kind));
	json_set_text(reply, "why", r->frozen_why);
	json_set_int(reply, "entries", (int64_t)journal_durable(r->journal));
	json_set_int(reply, "had", (int64_t)b->marked);
	json_set_int(reply, "newer", (int64_t)b->n_newer);
	for (size_t i = 0; i < b->n_paths; i++) {
		OWN_MEM char *shown = text_escape(bytes_of_text(b->paths[i]));

		json_append_text(files, shown ? shown : "?");
	}
	json_set(reply, "files", files);
	return reply;
}

static int open_it(struct people_call *c, const char *reason)
{
	struct json *entry = evidence(c->r, "rollback", c->me->person.id, api_uid(c->call));
	char today[11];
	int result;

	date_format(c->today, today);
	json_set_text(entry, "what", "opened");
	json_set_text(entry, "opened_by", c->me->person.id);
	json_set_text(entry, "opened_on", today);
	cell_set_of(entry, "note", c->r->meta_key, "note", "rollback", reason);
	result = people_change_only(c, entry);
	return result ? (result < 0 ? result : 0) : api_reply(c->call, report(c->r, "opened"));
}

static int confirm_it(struct people_call *c, const char *by, const char *reason)
{
	struct acceptance a = {.person = c->me->person.id, .by = by, .reason = reason, .uid = api_uid(c->call)};
	struct json *reply;
	int result = people_other_hand(c, by);

	if (result)
		return result < 0 ? result : 0;
	reply = report(c->r, "accepted");
	result = rollback_accept(c->r, &a);
	if (result == 0)
		return api_reply(c->call, reply);
	json_free(reply);
	TRY(result);
	return api_refuse(c->call, API_FAILED, "read-only", "journal", "see classctl status",
			  "what cannot be journalled is not done, and the journal cannot be written");
}

static int find_opening(struct people_call *c, char **ret_by)
{
	OWN_MEM char *phase = NULL;
	OWN_MEM char *on = NULL;
	OWN_MEM char *by = NULL;
	struct date day;
	bool stands;

	TRY(store_fact(c->r->store, "rollback", &phase));
	TRY(store_fact(c->r->store, "rollback_by", &by));
	TRY(store_fact(c->r->store, "rollback_on", &on));
	TRY(people_stands(c->r, by, RIGHT_RECOVER, &stands));
	if (stands && text_equal(phase, "opened") && on && date_parse(on, &day) &&
	    date_to_days(c->today) - date_to_days(day) <= OPEN_DAYS)
		*ret_by = steal(&by);
	return 0;
}

int rollback_method(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWN_MEM char *by = NULL;
	const char *reason = NULL;
	int result = people_begin(r, call, RIGHT_RECOVER, &c);

	if (result == 0)
		result = people_take_line(&c, "reason", PEOPLE_TEXT_MAX, true, &reason);
	if (result)
		return result < 0 ? result : 0;
	if (!r->is_frozen)
		return api_refuse(call, API_STATE, "not-frozen", "agent", "nothing is to be done",
				  "no older state waits for being accepted");
	TRY(find_opening(&c, &by));
	return by ? confirm_it(&c, by, reason) : open_it(&c, reason);
}
