/* A set comes in by one security administrator and counts when another agreed; so does taking one away. */
#include "registrar/policy/install_methods.h"

#include "base/text.h"
#include "registrar/pack.h"
#include "registrar/policy/arrival.h"
#include "registrar/policy/sets.h"
#include "registrar/store/cells.h"
#include "registrar/store/store_sets.h"
#include "system/log.h"

#include <stdio.h>
#include <string.h>

#define REASON_MAX 1000

static int refuse_unwritable(struct api_call *call)
{
	return api_refuse(call, API_FAILED, "read-only", "journal", "classctl status says why",
			  "the journal or the store cannot be written; nothing was changed");
}

static int change(struct people_call *c, struct json *entry)
{
	int status = registrar_change(c->r, entry);

	if (status > 0)
		TRY(refuse_unwritable(c->call));
	return status > 0 ? PEOPLE_ANSWERED : status;
}

static struct json *proposal(struct people_call *c, int64_t drops, const char *reason)
{
	struct json *entry = people_entry(c, "policy-set");

	json_set_text(entry, "what", "proposed");
	json_set_int(entry, "drops", drops);
	if (!text_is_empty(reason))
		cell_set_of(entry, "reason", c->r->meta_key, "reason", SETS_PLACE, reason);
	return entry;
}

static int reply_proposed(struct people_call *c, const struct arrival *a)
{
	struct json *reply = json_object();

	json_set_int(reply, "set", (int64_t)registrar_seq(c->r));
	json_set_text(reply, "digest", a ? a->bundle->digest : "");
	json_set_date(reply, "starts", a ? a->starts : c->today);
	return api_reply(c->call, reply);
}

/* ---- Install ---- */

static void describe(struct json *entry, const struct arrival *a)
{
	const struct policy_bundle *b = a->bundle;
	struct json *names = json_array();
	char day[11];

	date_format(b->manifest.effective, day);
	json_set_text(entry, "digest", b->digest);
	json_set_text(entry, "pack", b->manifest.pack);
	json_set_text(entry, "version", b->manifest.version);
	json_set_text(entry, "effective", day);
	json_set_text(entry, "issuer", b->manifest.issuer);
	for (size_t i = 0; i < b->n_approvals; i++)
		json_append_text(names, b->approved_by[i]);
	json_set(entry, "approved_by", names);
}

/* An older set than the one that rules takes more than its signatures: somebody says so, and why. */
static int check_age(struct people_call *c, const struct arrival *a, const char *reason)
{
	const struct policy *now = c->r->policy;

	if (!a->is_older)
		return 0;
	if (!json_get_bool(c->given, "older"))
		TRY(api_refuse(c->call, API_STATE, "older", "bundle",
			       "get the newest one, or say that you mean it with --older and --reason",
			       "%s %s is not newer than %s %s, which runs", a->pack->id, a->pack->version, now->id,
			       now->version));
	else if (text_is_empty(reason))
		TRY(api_refuse(c->call, API_INPUT, "no-reason", "reason", "say in one line why, with --reason",
			       "an older set of rules is not installed without a reason"));
	else
		return 0;
	return PEOPLE_ANSWERED;
}

static int install(struct people_call *c)
{
	OWN_ARRIVAL struct arrival a = {.whole = {0}};
	const char *reason = NULL;
	struct json *entry;
	int status = people_take_line(c, "reason", REASON_MAX, false, &reason);

	if (status == 0)
		status = arrival_take(c, &a);
	if (status == 0)
		status = check_age(c, &a, reason);
	if (status == 0)
		status = sets_keep(c->r, a.bundle->digest, buffer_bytes(&a.whole));
	if (status)
		return status;
	entry = proposal(c, 0, reason);
	describe(entry, &a);
	status = change(c, entry);
	return status ? status : reply_proposed(c, &a);
}

int policy_method_install(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	int status = people_begin(r, call, RIGHT_POLICY_INSTALL, &c);

	if (status == 0)
		status = install(&c);
	return status < 0 ? status : 0;
}

/* ---- Drop ---- */

struct row {
	int64_t id, drops;
	char digest[65], pack[65], version[65], by[PEOPLE_ID_MAX + 1];
	uint32_t uid;
	struct date effective;
	bool is_confirmed, is_dropped;
};

static void take_text(char *to, size_t n, const char *text)
{
	(void)snprintf(to, n, "%s", text ? text : "");
}

static int take_row(const struct store_set *set, void *arg)
{
	struct row *row = arg;

	*row = (struct row){.id = set->id,
			    .drops = set->drops,
			    .uid = set->proposed_uid,
			    .effective = set->effective,
			    .is_confirmed = set->confirmed != NULL,
			    .is_dropped = set->dropped_by != NULL};
	take_text(row->digest, sizeof(row->digest), set->digest);
	take_text(row->pack, sizeof(row->pack), set->pack);
	take_text(row->version, sizeof(row->version), set->version);
	take_text(row->by, sizeof(row->by), set->proposed_by);
	return 0;
}

/* Which set: the one that is named, else the one that rules. */
static int find_dropped(struct people_call *c, struct row *ret)
{
	int64_t id = json_get_int(c->given, "set", 0);
	int status = store_set_load(c->r->store, id > 0 ? id : c->r->pack_set, take_row, ret);

	TRY(status);
	if (status == 0 && ret->is_confirmed && !ret->drops && !ret->is_dropped)
		return 0;
	TRY(api_refuse(c->call, API_STATE, "nothing-before", "set", "classctl policy sets lists what is installed",
		       id > 0 ? "there is no such set that is installed"
			      : "what runs is the pack that came with the program; nothing was installed over it"));
	return PEOPLE_ANSWERED;
}

static int drop(struct people_call *c)
{
	struct row row = {0};
	const char *reason = NULL;
	struct json *entry;
	int status = people_take_line(c, "reason", REASON_MAX, true, &reason);

	if (status == 0)
		status = find_dropped(c, &row);
	if (status)
		return status;
	entry = proposal(c, row.id, reason);
	json_set_text(entry, "digest", "");
	json_set_text(entry, "pack", row.pack);
	json_set_text(entry, "version", row.version);
	status = change(c, entry);
	return status ? status : reply_proposed(c, NULL);
}

int policy_method_drop(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	int status = people_begin(r, call, RIGHT_POLICY_INSTALL, &c);

	if (status == 0)
		status = drop(&c);
	return status < 0 ? status : 0;
}

/* ---- Confirm ---- */

/* The second hand is another person, from another login, who says which set he means. */
static int check_second(struct people_call *c, const struct row *row)
{
	bool stands;

	TRY(people_stands(c->r, row->by, RIGHT_POLICY_INSTALL, &stands));
	if (!stands) {
		TRY(api_refuse(c->call, API_AUTHORITY, "proposer-gone", row->by, "install it again: classctl policy install",
			       "%s, who proposed it, may not do that any more", row->by));
		return PEOPLE_ANSWERED;
	}
	if (row->uid == (uint32_t)api_uid(c->call) && !text_equal(row->by, c->me->person.id)) {
		TRY(api_refuse(c->call, API_AUTHORITY, "own-uid", row->by, "another security administrator confirms it",
			       "this was proposed from the same login; it needs a second person"));
		return PEOPLE_ANSWERED;
	}
	return people_other_hand(c, row->by);
}

/* Of a set itself; of the way back what ruled before, which rules again. *ret < 0: it changes nothing that runs. */
static int takes_over(const struct people_call *c, const struct row *row, int64_t *ret)
{
	*ret = row->drops ? -1 : row->id;
	if (row->drops != c->r->pack_set || !row->drops)
		return 0;
	int status = store_set_ruling(c->r->store, role_setting(&c->r->role, "pack", ""), c->today, row->drops, ret);

	return status < 0 ? status : 0;
}

/* What is kept is read once more: what does not load by now does not begin to count. */
static int check_loads(struct people_call *c, const struct row *row)
{
	OWN_BUFFER struct buffer report = {0};
	OWNED(policy) struct policy *pack = NULL;
	OWN_MEM char *line = NULL;
	int64_t id;
	int status = takes_over(c, row, &id);

	if (status == 0 && id >= 0)
		status = sets_load(c->r, id, &pack, NULL, &report);
	TRY(status);
	if (status == 0)
		return 0;
	line = buffer_steal_text(&report);
	if (line && strchr(line, '\n'))
		*strchr(line, '\n') = '\0';
	if (row->drops)
		TRY(api_refuse(c->call, API_INPUT, "bad-pack", "set", "install another set; what runs stays",
			       "what ruled before does not load: %s", line ? line : ""));
	else
		TRY(api_refuse(c->call, API_INPUT, "bad-pack", "set", "install it again; what runs stays",
			       "the policy pack has errors: %s", line ? line : ""));
	return PEOPLE_ANSWERED;
}

static void follow(void *arg, int result)
{
	struct registrar *r = arg;

	/* The set counts by now; if the files fail us this moment, the next sweep follows. */
	if (result == 0 && pack_follow(r) < 0)
		log_say(LOG_ERROR, "event=policy-bad the set that was confirmed does not take over yet");
}

static int find_waiting(struct people_call *c, struct row *ret)
{
	int64_t id = 0, said = json_get_int(c->given, "set", 0);
	int status = store_set_waiting(c->r->store, &id);

	if (status == 0)
		status = id > 0 && id == said ? store_set_load(c->r->store, id, take_row, ret) : STORE_NOT_FOUND;
	TRY(status);
	if (status == 0)
		return 0;
	TRY(api_refuse(c->call, API_NOT_FOUND, "nothing-waits", "set", "classctl policy sets lists what waits",
		       "no set with the number %lld waits for a second person", (long long)said));
	return PEOPLE_ANSWERED;
}

static int confirm(struct people_call *c)
{
	struct row row = {0};
	struct json *entry, *reply;
	struct date starts;
	char day[11];
	int status = find_waiting(c, &row);

	if (status == 0)
		status = check_second(c, &row);
	if (status == 0 && !row.drops)
		status = arrival_check_kept(c, row.digest);
	if (status == 0)
		status = check_loads(c, &row);
	if (status)
		return status;
	starts = !row.drops && date_compare(row.effective, c->today) > 0 ? row.effective : c->today;
	date_format(starts, day);
	entry = people_entry(c, "policy-set");
	json_set_text(entry, "what", "confirmed");
	json_set_int(entry, "set", row.id);
	json_set_text(entry, "starts", day);
	status = change(c, entry);
	if (status)
		return status;
	TRY(registrar_when_durable(c->r, follow, c->r));
	reply = json_object();
	json_set_date(reply, "starts", starts);
	json_set_bool(reply, "drops", row.drops > 0);
	return api_reply(c->call, reply);
}

int policy_method_confirm(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	int status = people_begin(r, call, RIGHT_POLICY_INSTALL, &c);

	if (status == 0)
		status = confirm(&c);
	return status < 0 ? status : 0;
}

/* ---- Sets ---- */

struct listing {
	struct registrar *r;
	struct json *rows;
	struct date today;
};

static const char *state_of(const struct listing *l, const struct store_set *set)
{
	if (!set->confirmed)
		return "waiting";
	if (set->drops)
		return "done";
	if (set->dropped_by)
		return "dropped";
	if (set->id == l->r->pack_set)
		return "running";
	return date_compare(set->starts, l->today) > 0 ? "held" : "over";
}

static int add_row(const struct store_set *set, void *arg)
{
	struct listing *l = arg;
	struct json *row = json_object();

	json_set_int(row, "set", set->id);
	json_set_int(row, "drops", set->drops);
	json_set_text(row, "state", state_of(l, set));
	json_set_text(row, "pack", set->pack ? set->pack : "");
	json_set_text(row, "version", set->version ? set->version : "");
	json_set_date(row, "effective", set->effective);
	json_set_date(row, "starts", set->starts);
	json_set_text(row, "issuer", set->issuer ? set->issuer : "");
	json_set_text(row, "approved_by", set->approved_by ? set->approved_by : "");
	json_set_text(row, "digest", set->digest ? set->digest : "");
	json_set_text(row, "by", set->proposed_by ? set->proposed_by : "");
	json_set_text(row, "confirmed_by", set->confirmed_by ? set->confirmed_by : "");
	json_set_text(row, "reason", set->reason ? set->reason : "");
	json_append(l->rows, row);
	return 0;
}

int policy_method_sets(struct registrar *r, struct api_call *call)
{
	OWN_PEOPLE_CALL struct people_call c = {0};
	struct listing l = {.r = r, .rows = NULL};
	struct json *reply;
	int status = people_begin(r, call, RIGHT_COUNTS, &c);

	if (status)
		return status < 0 ? status : 0;
	l.rows = json_array();
	l.today = c.today;
	status = store_set_list(r->store, add_row, &l);
	reply = json_object();
	json_set(reply, "sets", l.rows);
	json_set_text(reply, "running",
		      r->policy ? r->pack_set ? "set" : "folder" : "");
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}
