#include "registrar/oversight/incidents.h"

#include "base/text.h"
#include "registrar/journal/clock.h"
#include "registrar/oversight/bell.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/case.h"
#include "registrar/store/cells.h"

#include <string.h>

#define RECORDS_MAX 100 /* of one incident */
#define NOTE_MAX    2000
#define PLACE	    "note", "incident"

/* ---- the hours ---- */

static bool is_late(const struct registrar *r, const struct store_incident *i)
{
	int64_t then = i->reported ? i->reported : clock_seconds(r->clock);

	return i->due && then > i->due;
}

static int follow_one(const struct store_incident *i, void *arg)
{
	struct registrar *r = arg;
	char discovered[CLOCK_TEXT], due[CLOCK_TEXT];
	OWN_MEM char *subject = text_format("incident %lld", (long long)i->id);
	OWN_MEM char *evidence = NULL;
	int status;

	clock_format(i->discovered, discovered);
	clock_format(i->due, due);
	evidence = text_format("discovered %s, to be reported by %s", discovered, due);
	status = findings_set(r,
			      &(struct findings_other){.code = FINDING_INCIDENT,
						       .about = {.subject = subject},
						       .evidence = evidence ? evidence : "",
						       .is_true = !i->reported && !date_is_set(i->closed) && is_late(r, i)},
			      NULL);
	return status < 0 ? status : 0;
}

int incidents_follow(struct registrar *r)
{
	int status = store_incident_list(r->store, &(struct store_incident_filter){.only_open = true}, follow_one, r);

	return status < 0 ? status : 0;
}

/* ---- showing ---- */

struct listing {
	struct case_of *c;
	struct json *rows;
};

/* The office; who entered it; who answers for one of its records. */
static bool sees(struct case_of *c, const struct store_incident *i)
{
	const struct person *me = &c->person->person;

	if ((me->roles & ACTOR_OFFICE) || text_equal(i->by, me->id))
		return true;
	for (size_t k = 0; k < i->numbers.n; k++) {
		OWNED(record) struct record *record = NULL;

		if (store_record_load(c->r->store, i->numbers.at[k], &record) == 0 && record &&
		    text_equal(record->responsible, me->id))
			return true;
	}
	return false;
}

static void set_moment(struct json *to, const char *key, int64_t seconds)
{
	char text[CLOCK_TEXT] = "";

	if (seconds)
		clock_format(seconds, text);
	json_set_text(to, key, text);
}

static int add_incident(const struct store_incident *i, void *arg)
{
	struct listing *l = arg;
	struct registrar *r = l->c->r;
	struct json *to, *numbers;

	if (!sees(l->c, i))
		return 0;
	to = json_object();
	numbers = json_array();
	for (size_t k = 0; k < i->numbers.n; k++)
		json_append_text(numbers, i->numbers.at[k]);
	json_set_int(to, "incident", i->id);
	json_set_text(to, "kind", i->kind);
	json_set(to, "numbers", numbers);
	json_set_text(to, "note", i->note ? i->note : "");
	json_set_text(to, "by", i->by);
	set_moment(to, "discovered", i->discovered);
	set_moment(to, "due", i->due);
	json_set_text(to, "to", r->policy && r->policy->incidents.to ? r->policy->incidents.to : "");
	set_moment(to, "reported", i->reported);
	json_set_text(to, "document", i->document ? i->document : "");
	json_set_bool(to, "late", is_late(r, i));
	json_set_date(to, "closed", i->closed);
	json_set_text(to, "outcome", i->outcome ? i->outcome : "");
	json_append(l->rows, to);
	return 0;
}

static int reply_list(struct case_of *c, int64_t id, bool all)
{
	struct listing l = {c, json_array()};
	struct json *reply = json_object();
	int status = store_incident_list(c->r->store, &(struct store_incident_filter){id, !id && !all}, add_incident, &l);

	json_set(reply, "incidents", l.rows);
	if (status >= 0)
		return api_reply(c->call, reply);
	json_free(reply);
	return status;
}

int oversight_incidents(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = reply_list(&c, json_get_int(api_parameters(call), "incident", 0),
				    json_get_bool(api_parameters(call), "all"));
	return status < 0 ? status : 0;
}

/* ---- entering ---- */

static int refuse(struct case_of *c, enum api_class kind, const char *const texts[4])
{
	TRY(api_refuse(c->call, kind, texts[0], texts[1], texts[2], "%s", texts[3]));
	return CASE_ANSWERED;
}
#define REFUSE(c, kind, ...) refuse(c, kind, (const char *const[4]){__VA_ARGS__})

static bool is_kind(const char *kind)
{
	return text_equal(kind, "leak") || text_equal(kind, "suspected") || text_equal(kind, "loss");
}

/* A moment up to now and not before `since`; absent: now. */
static int read_moment(struct case_of *c, const char *key, int64_t since, int64_t *ret)
{
	const char *text = json_get_text(api_parameters(c->call), key);
	int64_t now = clock_seconds(c->r->clock);

	*ret = now;
	if (text && !clock_parse(text, ret))
		return REFUSE(c, API_INPUT, "bad-moment", key, "write it as 2026-03-01 14:30, in the zone of the agent",
			      "there is no such moment");
	if (*ret > now || *ret < since)
		return REFUSE(c, API_INPUT, "not-then", key, "give a moment up to now, and not before it was discovered",
			      "that cannot have been then");
	return 0;
}

/* Each is a record that the caller may know of. */
static int read_numbers(struct case_of *c, struct json_view given, struct json *entry)
{
	OWNED(json) struct json *list = json_array();

	if (json_n(given) > RECORDS_MAX)
		return REFUSE(c, API_INPUT, "too-many", "numbers", "enter the rest as another one",
			      "an incident names at most 100 records");
	for (size_t i = 0; i < json_n(given); i++) {
		OWN_CASE struct case_of one = {0};
		const char *number = json_as_text(json_at(given, i));
		int status = case_begin(c->r, c->call, &one);

		if (status == 0)
			status = case_load(&one, number ? number : "");
		if (status)
			return status;
		json_append_text(list, one.record->number);
	}
	json_set(entry, "numbers", steal(&list));
	return 0;
}

static int note_records(struct case_of *c, struct json_view numbers, int64_t id, const char *kind)
{
	OWN_MEM char *note = text_format("%lld: %s", (long long)id, kind);

	for (size_t i = 0; i < json_n(numbers); i++) {
		const char *number = json_as_text(json_at(numbers, i));
		struct json *entry = registrar_entry("incident", c->person->person.id, api_uid(c->call));

		json_set_text(entry, "what", "about");
		json_set_text(entry, "number", number);
		cell_set_of(entry, "note", c->r->meta_key, "note", number, note);
		TRY(registrar_change(c->r, entry));
	}
	return 0;
}

static int change(struct case_of *c, struct json *entry)
{
	int status = registrar_change(c->r, entry);

	TRY(status);
	return status == 0 ? 0
			   : REFUSE(c, API_FAILED, "read-only", "agent", "classctl status says why", "nothing can be written");
}

static int read_incident(struct case_of *c, struct json_view p, struct json *entry)
{
	const char *kind = json_get_text(p, "kind"), *note = json_get_text(p, "note");
	const uint32_t minutes = c->r->policy->incidents.report_minutes;
	int64_t discovered = 0;
	int status;

	if (!is_kind(kind))
		return REFUSE(c, API_INPUT, "unknown-kind", "kind", "one of leak, suspected, loss", "there is no such kind of incident");
	if (text_is_empty(note) || !text_is_line(note, NOTE_MAX))
		return REFUSE(c, API_INPUT, "no-note", "note", "say in one line what happened", "an incident says what happened");
	status = read_moment(c, "discovered", 0, &discovered);
	if (status == 0)
		status = read_numbers(c, json_get(p, "numbers"), entry);
	if (status)
		return status;
	json_set_text(entry, "kind", kind);
	json_set_date(entry, "on", c->today);
	json_set_int(entry, "discovered", discovered);
	if (minutes)
		json_set_int(entry, "due", discovered + (int64_t)minutes * 60);
	cell_set_of(entry, "note", c->r->meta_key, PLACE, note);
	return 0;
}

static int enter(struct case_of *c)
{
	OWNED(json) struct json *entry = registrar_entry("incident", c->person->person.id, api_uid(c->call));
	OWNED(json) struct json *numbers = NULL;
	const char *kind = json_get_text(api_parameters(c->call), "kind");
	int64_t id;
	int status;

	if (!c->r->policy)
		return REFUSE(c, API_BUSY, "no-policy", "policy", "classctl status says what is missing", "the agent has no policy yet");
	if (!right_is_granted(c->person->person.roles, RIGHT_DRAFT))
		return REFUSE(c, API_AUTHORITY, "wrong-role", "caller", "ask the secrecy office", "auditors enter nothing");
	json_set_text(entry, "what", "opened");
	status = read_incident(c, api_parameters(c->call), entry);
	if (status)
		return status;
	numbers = json_copy(json_get(json_look(entry), "numbers"));
	status = change(c, steal(&entry));
	if (status)
		return status;
	id = (int64_t)registrar_seq(c->r);
	TRY(note_records(c, json_look(numbers), id, kind));
	bell_incident(c->r);
	TRY(incidents_follow(c->r));
	return reply_list(c, id, true);
}

int oversight_incident(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = enter(&c);
	return status < 0 ? status : 0;
}

/* ---- reporting and closing: the secrecy office ---- */

struct found {
	bool is_there, is_open;
	int64_t discovered, reported;
};

static int take_found(const struct store_incident *i, void *arg)
{
	*(struct found *)arg = (struct found){true, !date_is_set(i->closed), i->discovered, i->reported};
	return 0;
}

static int find(struct case_of *c, struct found *ret)
{
	const struct store_incident_filter one = {.id = json_get_int(api_parameters(c->call), "incident", 0)};
	int status = one.id > 0 ? store_incident_list(c->r->store, &one, take_found, ret) : 0;

	TRY(status);
	if (!(c->person->person.roles & ACTOR_OFFICE))
		return REFUSE(c, API_AUTHORITY, "wrong-role", "caller", "ask the secrecy office", "the secrecy office does that");
	if (!ret->is_there)
		return REFUSE(c, API_NOT_FOUND, "no-incident", "incident", "classctl incidents lists them", "there is no such incident");
	if (!ret->is_open)
		return REFUSE(c, API_STATE, "closed", "incident", "classctl incidents --all shows it", "that incident is closed");
	return 0;
}

static int write_on(struct case_of *c, const char *what, const char *key, const char *text, int64_t at)
{
	struct json *entry = registrar_entry("incident", c->person->person.id, api_uid(c->call));
	int64_t id = json_get_int(api_parameters(c->call), "incident", 0);
	int status;

	json_set_text(entry, "what", what);
	json_set_int(entry, "incident", id);
	json_set_date(entry, "on", c->today);
	json_set_int(entry, "at", at);
	cell_set_of(entry, key, c->r->meta_key, PLACE, text);
	status = change(c, entry);
	if (status)
		return status;
	TRY(store_incident_list(c->r->store, &(struct store_incident_filter){.id = id}, follow_one, c->r));
	return reply_list(c, id, true);
}

static int report(struct case_of *c)
{
	const char *document = json_get_text(api_parameters(c->call), "document");
	struct found found = {0};
	int64_t at = 0;
	int status = find(c, &found);

	if (status)
		return status;
	if (found.reported)
		return REFUSE(c, API_STATE, "reported", "incident", "classctl incident close ID ends it", "it was reported before");
	if (text_is_empty(document) || !text_is_line(document, 200))
		return REFUSE(c, API_INPUT, "no-document", "document", "give the number it went out under with --document",
			      "a report is a document");
	status = read_moment(c, "at", found.discovered, &at);
	return status == 0 ? write_on(c, "reported", "document", document, at) : status;
}

int oversight_report_incident(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = report(&c);
	return status < 0 ? status : 0;
}

/* Where the pack wants a report, there is none without it. */
static int end(struct case_of *c)
{
	const char *outcome = json_get_text(api_parameters(c->call), "outcome");
	struct found found = {0};
	int status = find(c, &found);

	if (status)
		return status;
	if (!found.reported && c->r->policy && c->r->policy->incidents.report_minutes)
		return REFUSE(c, API_STATE, "not-reported", "incident", "classctl incident sent ID --document NUMBER",
			      "it is not closed before it was reported");
	if (text_is_empty(outcome) || !text_is_line(outcome, NOTE_MAX))
		return REFUSE(c, API_INPUT, "no-outcome", "outcome", "say in one line what came of it, with --outcome",
			      "an incident is closed with what came of it");
	return write_on(c, "closed", "outcome", outcome, 0);
}

int oversight_close_incident(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = end(&c);
	return status < 0 ? status : 0;
}
