/* org.classd.Escrow: proposed by one security administrator, confirmed by another who read it from the paper. */
#include "base/text.h"
#include "registrar/api/api.h"
#include "registrar/keys/escrow.h"
#include "registrar/people/people.h"

#define SHARES_MIN 2
#define SHARES_MAX 255

static struct json *proposal_json(const struct store_escrow *p)
{
	struct json *to = json_object();

	json_set_text(to, "recipient", p->recipient);
	json_set_text(to, "key", p->key);
	json_set_int(to, "shares", p->shares);
	json_set_int(to, "threshold", p->threshold);
	json_set_text(to, "by", p->by);
	json_set_text(to, "on", p->proposed);
	return to;
}

static int add_proposal(struct registrar *r, struct json *to)
{
	struct store_escrow proposal;
	int status = store_escrow_proposed(r->store, &proposal);

	TRY(status);
	if (status == 0)
		json_set(to, "proposal", proposal_json(&proposal));
	return 0;
}

static int add_documents(struct registrar *r, const char *key, struct json *to)
{
	struct store_escrow_documents n;

	TRY(store_escrow_documents(r->store, key, &n));
	json_set_int(to, "documents", n.present);
	json_set_int(to, "earlier", n.earlier);
	json_set_int(to, "unknown", n.unknown);
	return 0;
}

static int add_drills(struct registrar *r, const char *recipient, struct json *to)
{
	struct store_drill good = {0}, last = {0};
	struct date due;

	TRY(store_drill_last(r->store, recipient, true, &good));
	TRY(store_drill_last(r->store, recipient, false, &last));
	TRY(escrow_drill_due(r, &due));
	json_set_text(to, "drilled", good.time);
	json_set_bool(to, "drill_failed", last.id > good.id);
	json_set_date(to, "drill_due", due);
	return 0;
}

static struct json *may(unsigned roles)
{
	struct json *list = json_array();

	if (right_is_granted(roles, RIGHT_ESCROW_CREATE))
		json_append_text(list, "create");
	if (right_is_granted(roles, RIGHT_ESCROW_CONFIRM))
		json_append_text(list, "confirm");
	if (right_is_granted(roles, RIGHT_ESCROW_DRILL))
		json_append_text(list, "drill");
	return list;
}

static int refuse_none(struct api_call *call)
{
	return api_refuse(call, API_BUSY, "not-ready", "escrow", "try again", "the keeper has not said its escrow yet");
}

static int get_status(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	OWNED(json) struct json *reply = json_object();
	struct store_escrow present;
	int status = people_begin(r, call, RIGHT_COUNTS, &c);

	if (status)
		return status < 0 ? status : 0;
	status = store_escrow_present(r->store, &present);
	TRY(status);
	if (status)
		return refuse_none(call);
	json_set_text(reply, "recipient", present.recipient);
	json_set_text(reply, "key", present.key);
	json_set_int(reply, "shares", present.shares);
	json_set_int(reply, "threshold", present.threshold);
	json_set_text(reply, "since", present.since);
	json_set_bool(reply, "installed", present.installed && text_equal(present.recipient, r->escrow->recipient));
	json_set_bool(reply, "moved", present.moved || present.shares > 0);
	json_set_int(reply, "keys_waiting", r->escrow->waiting);
	TRY(add_documents(r, present.key, reply));
	TRY(add_drills(r, present.recipient, reply));
	TRY(add_proposal(r, reply));
	json_set(reply, "may", may(c.me->person.roles));
	return api_reply(call, steal(&reply));
}

static struct json *entry_of(struct people_call *c, const char *what, const char *recipient)
{
	struct json *entry = people_entry(c, "escrow");

	json_set_text(entry, "what", what);
	json_set_text(entry, "recipient", recipient);
	json_set_text(entry, "key", store_escrow_key(recipient, (char[9]){0}));
	return entry;
}

/* ---- Propose ---- */

static int check_proposal(struct people_call *c, const char *recipient, int64_t shares, int64_t threshold)
{
	int status;

	if (!store_escrow_key(recipient, (char[9]){0}))
		status = api_refuse(c->call, API_INPUT, "bad-recipient", "recipient",
				    "classctl key escrow create makes one", "that is no recipient of age (age1…)");
	else if (shares > SHARES_MAX || threshold < SHARES_MIN || threshold > shares)
		status =
		    api_refuse(c->call, API_INPUT, "bad-shares", "shares", "as in --shares 5 --threshold 3",
			       "the threshold is at least 2 and at most the number of shares, which is at most 255");
	else {
		status = store_escrow_is_known(c->r->store, recipient);
		if (status)
			return status == STORE_NOT_FOUND ? 0 : status;
		status = api_refuse(c->call, API_STATE, "escrow-known", "recipient",
				    "make a new one: classctl key escrow create",
				    "this recipient is or was the escrow already");
	}
	TRY(status);
	return PEOPLE_ANSWERED;
}

static int propose(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	const char *recipient = json_get_text(api_parameters(call), "recipient");
	int64_t shares = json_get_int(api_parameters(call), "shares", 0);
	int64_t threshold = json_get_int(api_parameters(call), "threshold", 0);
	struct json *entry, *reply;
	int status = people_begin(r, call, RIGHT_ESCROW_CREATE, &c);

	if (status == 0)
		status = check_proposal(&c, recipient, shares, threshold);
	if (status)
		return status < 0 ? status : 0;
	entry = entry_of(&c, "proposed", recipient);
	json_set_int(entry, "shares", shares);
	json_set_int(entry, "threshold", threshold);
	status = people_change_only(&c, entry);
	if (status)
		return status < 0 ? status : 0;
	TRY(escrow_follow(r));
	reply = json_object();
	TRY(add_proposal(r, reply));
	return api_reply(call, reply);
}

/* ---- Confirm ---- */

static int check_confirm(struct people_call *c, const char *recipient, const struct store_escrow *proposal)
{
	bool stands;

	if (!store_escrow_key(recipient, (char[9]){0})) {
		TRY(api_refuse(c->call, API_INPUT, "bad-recipient", "recipient",
			       "read the line that begins with age1 again",
			       "that is no recipient of age, or it was mistyped"));
		return PEOPLE_ANSWERED;
	}
	if (!store_escrow_is_same(recipient, proposal->recipient)) {
		TRY(api_refuse(c->call, API_STATE, "other-recipient", "recipient",
			       "do not confirm; find out who proposed what: classctl key escrow status",
			       "the paper has another recipient than the proposal, whose key is %s", proposal->key));
		return PEOPLE_ANSWERED;
	}
	if (c->r->escrow->confirming) {
		TRY(api_refuse(c->call, API_BUSY, "under-way", "escrow", "try again in a moment",
			       "another confirmation is under way"));
		return PEOPLE_ANSWERED;
	}
	TRY(people_stands(c->r, proposal->by, RIGHT_ESCROW_CREATE, &stands));
	if (stands)
		return people_other_hand(c, proposal->by);
	TRY(api_refuse(c->call, API_AUTHORITY, "proposer-gone", proposal->by,
		       "make another: classctl key escrow create", "%s, who proposed it, may not do that any more",
		       proposal->by));
	return PEOPLE_ANSWERED;
}

static int confirm(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	const char *recipient = json_get_text(api_parameters(call), "recipient");
	struct store_escrow proposal;
	int status = people_begin(r, call, RIGHT_ESCROW_CONFIRM, &c);

	if (status)
		return status < 0 ? status : 0;
	status = store_escrow_proposed(r->store, &proposal);
	TRY(status);
	if (status)
		return api_refuse(call, API_STATE, "no-proposal", "escrow", "classctl key escrow create proposes one",
				  "no new escrow waits for confirmation");
	status = check_confirm(&c, recipient, &proposal);
	if (status == 0)
		status = people_change_only(&c, entry_of(&c, "confirmed", proposal.recipient));
	if (status)
		return status < 0 ? status : 0;
	TRY(escrow_follow(r));
	return escrow_install(r, proposal.recipient, call);
}

static int confirm_moved(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct store_escrow present;
	struct json *reply;
	int status = people_begin(r, call, RIGHT_ESCROW_CONFIRM, &c);

	if (status)
		return status < 0 ? status : 0;
	status = store_escrow_present(r->store, &present);
	TRY(status);
	if (status)
		return refuse_none(call);
	if (present.shares > 0 || present.moved)
		return api_refuse(call, API_STATE, "already-moved", "escrow", "nothing is to be done",
				  "escrow %s is not waiting to be moved", present.key);
	status = people_change_only(&c, entry_of(&c, "moved", present.recipient));
	if (status)
		return status < 0 ? status : 0;
	TRY(escrow_follow(r));
	reply = json_object();
	json_set_text(reply, "key", present.key);
	return api_reply(call, reply);
}

const struct api_method escrow_methods[] = {
    {.name = "org.classd.Escrow.GetStatus", .handle = get_status},
    {.name = "org.classd.Escrow.Propose", .handle = propose, .flags = API_MUTATES},
    {.name = "org.classd.Escrow.Confirm", .handle = confirm, .flags = API_MUTATES},
    {.name = "org.classd.Escrow.ConfirmMoved", .handle = confirm_moved, .flags = API_MUTATES},
    {.name = "org.classd.Escrow.BeginDrill", .handle = escrow_begin_drill, .flags = API_MUTATES | API_DESCRIPTORS},
    {.name = "org.classd.Escrow.EndDrill", .handle = escrow_end_drill, .flags = API_MUTATES},
    {.name = NULL},
};
