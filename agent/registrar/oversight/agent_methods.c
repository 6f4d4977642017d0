/* org.classd.Agent: how the agent is, and what the caller is to it. */
#include "base/text.h"
#include "registrar/api/api.h"
#include "registrar/documents/watch.h"
#include "registrar/journal/clock.h"
#include "registrar/people/people.h"
#include "registrar/store/store.h"
#include "registrar/store/store_incidents.h"
#include "registrar/store/store_sets.h"

#include <errno.h>

/* GetStatus */

static int add_root(struct registrar *r, const struct role_root *root, struct json *list)
{
	const struct watch_root *seen = watch_root(r, root->id);
	int64_t files = 0, unrecorded = 0, sealed = 0;
	struct json *one;

	TRY(store_seen_count(r->store, root->id, false, &files));
	TRY(store_seen_count(r->store, root->id, true, &unrecorded));
	TRY(store_document_count(r->store, root->id, true, &sealed));
	one = json_object();
	json_set_int(one, "id", root->id);
	json_set_text(one, "path", root->path);
	json_set_text(one, "kind", root->kind == ROOT_CHECKOUT ? "checkout" : "documents");
	json_set_text(one, "mode", root->mode == ROOT_ENFORCE ? "enforce" : "observe");
	json_set_int(one, "files", files);
	json_set_int(one, "unrecorded", unrecorded);
	json_set_int(one, "sealed", sealed);
	json_set_bool(one, "scanning", !seen || seen->is_scanning);
	json_set_text(one, "watched_by", seen && seen->by ? seen->by : "");
	json_set_text(one, "watched_by_why", seen && seen->by_why ? seen->by_why : "");
	json_set_text(one, "scanned", seen ? seen->scanned : "");
	json_set_int(one, "listed", seen ? (int64_t)seen->files : 0);
	json_set_int(one, "folders", seen ? (int64_t)seen->directories : 0);
	json_set_int(one, "folders_left", seen ? (int64_t)seen->left : 0);
	json_set_int(one, "ignored", seen ? (int64_t)seen->ignored : 0);
	json_set_int(one, "ignored_by_site", seen ? (int64_t)seen->by_site : 0);
	json_append(list, one);
	return 0;
}

static void add_degraded(struct json *list, const struct watch_degraded *d)
{
	struct json *one = json_object();

	json_set_text(one, "code", d->code);
	json_set_text(one, "detail", d->detail);
	json_set_text(one, "since", d->since);
	json_set_int(one, "count", (int64_t)d->count);
	json_append(list, one);
}

static struct json *degraded_list(struct registrar *r)
{
	struct json *list = json_array();
	struct watch_degraded d;
	char now[32];

	registrar_now(r, now);
	if (!r->meta_key)
		add_degraded(
		    list,
		    &(struct watch_degraded){
			"no-key", "no machine key yet: no titles, no names, no sealing; all else is kept", now, 1});
	if (r->read_only)
		add_degraded(list, &(struct watch_degraded){"read-only", r->read_only_why, now, 1});
	for (size_t i = 0; watch_degraded(r, i, &d); i++)
		add_degraded(list, &d);
	return list;
}

static int take_next(const struct store_set *set, void *arg)
{
	char day[11];

	date_format(set->starts, day);
	json_set_text(arg, "policy_next", set->version ? set->version : "");
	json_set_text(arg, "policy_next_on", day);
	return 0;
}

/* Rules that arrived and do not count yet: one waits for a second person, the next for its day. */
static int add_sets(struct registrar *r, struct json *to)
{
	int64_t waiting = 0, next = 0;
	int status = store_set_waiting(r->store, &waiting);

	TRY(status);
	status = store_set_next(r->store, role_setting(&r->role, "pack", ""), registrar_today(r), &next);
	TRY(status);
	json_set_int(to, "policy_waiting", waiting);
	json_set_text(to, "policy_next", "");
	json_set_text(to, "policy_next_on", "");
	status = next ? store_set_load(r->store, next, take_next, to) : 0;
	return status < 0 ? status : 0;
}

static int get_status(struct registrar *r, struct api_call *call)
{
	OWNED(json) struct json *roots = json_array();
	struct json *p;
	int64_t records = 0, findings = 0, incidents = 0, late = 0;
	uint64_t applied = 0;
	char hash[2 * SHA256_BYTES + 1];
	char today[11];
	int status;

	for (size_t i = 0; i < r->role.n_roots; i++)
		TRY(add_root(r, &r->role.roots[i], roots));
	TRY(store_record_count(r->store, &records));
	TRY(store_finding_count(r->store, &findings));
	TRY(store_incident_count(r->store, clock_seconds(r->clock), &incidents, &late));
	TRY(store_applied(r->store, &applied, hash));
	date_format(registrar_today(r), today);
	p = json_object();
	json_set_text(p, "version", CLASSD_VERSION);
	json_set_text(p, "unit", role_setting(&r->role, "unit", ""));
	json_set_text(p, "pack", r->policy ? r->policy->id : "");
	json_set_text(p, "pack_version", r->policy ? r->policy->version : "");
	status = add_sets(r, p);
	if (status < 0) {
		json_free(p);
		return status;
	}
	json_set_bool(p, "trial", r->role.trial);
	json_set_text(p, "zone", role_setting(&r->role, "zone", ""));
	json_set_text(p, "today", today);
	json_set_text(p, "clock", registrar_clock_is_suspect(r) ? "suspect" : "ok");
	json_set_int(p, "journal_size", (int64_t)registrar_seq(r));
	json_set_int(p, "records", records);
	json_set_int(p, "findings", findings);
	json_set_int(p, "incidents", incidents);
	json_set_int(p, "incidents_late", late);
	json_set(p, "roots", steal(&roots));
	json_set(p, "degraded", degraded_list(r));
	return api_reply(call, p);
}

/* WhoAmI */

static const char *right_reason(enum right right)
{
	return right == RIGHT_DRAFT ? "auditors do not draft" : right_belongs(right);
}

static void add_reason(struct json *list, const char *act, const char *why)
{
	struct json *one = json_object();

	json_set_text(one, "act", act);
	json_set_text(one, "why", why);
	json_append(list, one);
}

static void add_rights(const struct store_person *person, struct json *may, struct json *may_not)
{
	for (enum right right = 0; right < RIGHTS; right++) {
		if (person && right_is_granted(person->person.roles, right))
			json_append_text(may, right_name(right));
		else
			add_reason(may_not, right_name(right),
				   person ? right_reason(right) : "you are no person of the register today");
	}
}

/* Each appointment by itself: in force or why not. What it covers is asked anew at every decision. */
static void add_appointments(const struct store_person *person, struct date today, struct json *may,
			     struct json *may_not)
{
	for (size_t i = 0; person && i < person->n_appointments; i++) {
		const struct appointment *a = &person->appointments[i];
		OWN_MEM char *act = text_format("decide as %s", appointment_kind_name(a->kind));

		if (!act)
			continue;
		if (appointment_is_in_force(a, today))
			json_append_text(may, act);
		else
			add_reason(may_not, act,
				   a->confirmed_by ? "the appointment is not in force today"
						   : "the appointment waits for its second person");
	}
}

static struct json *texts_json(struct texts texts)
{
	struct json *list = json_array();

	for (size_t i = 0; i < texts.n; i++)
		json_append_text(list, texts.at[i]);
	return list;
}

static int who_am_i(struct registrar *r, struct api_call *call)
{
	OWNED(store_person) struct store_person *person = NULL;
	struct json *p, *may, *may_not;

	if (api_person(call))
		TRY(store_person_load(r->store, api_person(call), &person));
	p = json_object();
	may = json_array();
	may_not = json_array();
	add_rights(person, may, may_not);
	add_appointments(person, registrar_today(r), may, may_not);
	json_set_int(p, "uid", (int64_t)api_uid(call));
	if (person) {
		json_set_text(p, "person", person->person.id);
		json_set_text(p, "name", person->person.name);
		json_set_text(p, "login", person->login);
	}
	json_set(p, "departments", texts_json(person ? person->departments : (struct texts){0}));
	json_set(p, "roles", texts_json(person ? person->roles : (struct texts){0}));
	json_set(p, "may", may);
	json_set(p, "may_not", may_not);
	return api_reply(call, p);
}

const struct api_method agent_methods[] = {
    {.name = "org.classd.Agent.GetStatus", .handle = get_status, .flags = API_ANYONE},
    {.name = "org.classd.Agent.WhoAmI", .handle = who_am_i, .flags = API_ANYONE},
    {.name = "org.classd.Agent.ConfirmClock", .handle = people_confirm_clock, .flags = API_MUTATES | API_WHEN_FROZEN},
    {.name = NULL},
};
