/*
 * The originator's consent to print, copy or export at the levels that the pack names: for one person, one purpose, so
 * many, until a day, used up once. Who gives it is not who uses it.
 */
#include "registrar/custody/custody.h"

#include "base/text.h"

#include <string.h>

#define COUNT_MAX 99

/* ---- showing ---- */

static struct json *consent_json(const struct store_consent *k)
{
	struct json *to = json_object();

	json_set_int(to, "consent", k->id);
	json_set_text(to, "number", k->number);
	json_set_text(to, "purpose", k->purpose);
	json_set_text(to, "person", k->person);
	json_set_int(to, "count", k->count);
	json_set_text(to, "until", k->until);
	json_set_text(to, "by", k->by);
	json_set_text(to, "given", k->given);
	json_set_text(to, "note", k->note ? k->note : "");
	json_set_text(to, "used", k->used ? k->used : "");
	json_set_bool(to, "withdrawn", k->withdrawn != NULL);
	return to;
}

static int add_consent(const struct store_consent *k, void *arg)
{
	json_append(arg, consent_json(k));
	return 0;
}

static int list_json(struct case_of *c, struct json **ret)
{
	int status;

	*ret = json_array();
	status = store_consent_list(c->r->store, c->record->number, add_consent, *ret);
	return status < 0 ? status : 0;
}

int custody_consents(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json *list = NULL, *reply;
	int status = custody_begin(r, call, &c);

	if (status == 0)
		status = list_json(&c, &list);
	if (status) {
		json_free(list);
		return status < 0 ? status : 0;
	}
	reply = json_object();
	json_set(reply, "consents", list);
	return api_reply(call, reply);
}

/* ---- giving ---- */

static bool is_purpose(const char *purpose)
{
	return text_equal(purpose, "print") || text_equal(purpose, "copy") || text_equal(purpose, "export");
}

/* Whoever answers for the record now; what another unit made, with its paper. */
static int may_consent(struct case_of *c, const char *document)
{
	if (!text_is_empty(c->record->originator) && text_is_empty(document))
		return case_refuse(c, API_AUTHORITY, "needs-originator", "get its consent, and name that paper with --document",
				   "another unit made this document, and only it consents");
	if (record_is_in_force(c->record))
		return case_may(c, ACT_REVIEW, NULL, NULL);
	return text_equal(c->record->responsible, c->person->person.id)
		   ? 0
		   : case_refuse(c, API_AUTHORITY, "wrong-role", "the responsible person of the record does it",
				 "you do not answer for this record");
}

static int check_whom(struct case_of *c, const char *person)
{
	OWNED(store_person) struct store_person *p = NULL;

	if (text_equal(person, c->person->person.id))
		return case_refuse(c, API_AUTHORITY, "own-person", "somebody else who answers for it does that",
				   "nobody consents to what he does himself");
	if (person)
		TRY(store_person_load(c->r->store, person, &p));
	if (!p)
		return case_refuse(c, API_INPUT, "unknown-person", "classctl person list", "there is no such person in the register");
	if (p->person.uid == c->person->person.uid)
		return case_refuse(c, API_AUTHORITY, "own-uid", "somebody else who answers for it does that",
				   "nobody consents to what he does himself");
	return 0;
}

static int check_terms(struct case_of *c, struct json_view p)
{
	const char *document = json_get_text(p, "document");
	int64_t count = json_get_int(p, "count", 0);
	struct date until = {0};

	if (!is_purpose(json_get_text(p, "purpose")))
		return case_refuse(c, API_INPUT, "unknown-purpose", "one of print, copy, export", "there is no consent to that");
	if (count < 1 || count > COUNT_MAX)
		return case_refuse(c, API_INPUT, "bad-count", "give --count 1 to 99", "a consent says how many");
	if (!json_get_text(p, "until") || !date_parse(json_get_text(p, "until"), &until) ||
	    date_compare(until, c->today) < 0)
		return case_refuse(c, API_INPUT, "bad-day", "give a day to come, like 2030-06-30", "a consent ends on a day");
	if (!custody_is_line(json_get_text(p, "reason"), 1000) || (document && !custody_is_line(document, 200)))
		return case_refuse(c, API_INPUT, "no-reason", "say why, in one line, with --reason", "a consent has a reason");
	return 0;
}

static struct json *consent_entry(struct case_of *c, const char *what, const char *note)
{
	struct json *entry = registrar_entry("consent", c->person->person.id, api_uid(c->call));

	json_set_text(entry, "what", what);
	json_set_text(entry, "number", c->record->number);
	json_set_int(entry, "version", c->record->version);
	cell_set_of(entry, "note", c->r->meta_key, "note", c->record->number, note);
	return entry;
}

struct newest {
	struct json *found;
};

static int take_newest(const struct store_consent *k, void *arg)
{
	struct newest *n = arg;

	json_free(n->found);
	n->found = consent_json(k);
	return 0;
}

static int write_consent(struct case_of *c, struct json_view p)
{
	const char *document = json_get_text(p, "document"), *reason = json_get_text(p, "reason");
	OWN_MEM char *note = text_format("%s: %s%s%s%s", json_get_text(p, "purpose"), reason, document ? " (" : "",
					 document ? document : "", document ? ")" : "");
	struct json *entry = consent_entry(c, "given", note), *reply;
	struct newest newest = {0};
	int status;

	json_set_text(entry, "purpose", json_get_text(p, "purpose"));
	json_set_text(entry, "person", json_get_text(p, "person"));
	json_set_int(entry, "count", json_get_int(p, "count", 0));
	json_set_text(entry, "until", json_get_text(p, "until"));
	status = registrar_change(c->r, entry);
	if (status)
		return status < 0 ? status : custody_refuse_read_only(c);
	status = store_consent_list(c->r->store, c->record->number, take_newest, &newest);
	if (status < 0) {
		json_free(newest.found);
		return status;
	}
	reply = json_object();
	json_set(reply, "consent", newest.found);
	return api_reply(c->call, reply);
}

int custody_consent(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view p = api_parameters(call);
	int status = custody_begin(r, call, &c);

	if (status == 0)
		status = check_terms(&c, p);
	if (status == 0)
		status = check_whom(&c, json_get_text(p, "person"));
	if (status == 0)
		status = may_consent(&c, json_get_text(p, "document"));
	if (status == 0)
		status = write_consent(&c, p);
	return status < 0 ? status : 0;
}

struct open_consent {
	int64_t id;
	bool is_open;
};

static int find_open(const struct store_consent *k, void *arg)
{
	struct open_consent *o = arg;

	o->is_open = o->is_open || (k->id == o->id && !k->used && !k->withdrawn);
	return 0;
}

int custody_withdraw_consent(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view p = api_parameters(call);
	struct open_consent o = {.id = json_get_int(p, "consent", 0)};
	const char *reason = json_get_text(p, "reason");
	struct json *entry;
	int status = custody_begin(r, call, &c);

	if (status == 0)
		status = may_consent(&c, "-");
	if (status == 0 && !custody_is_line(reason, 1000))
		status = case_refuse(&c, API_INPUT, "no-reason", "say why, in one line, with --reason", "it is withdrawn with a reason");
	if (status == 0) {
		status = store_consent_list(r->store, c.record->number, find_open, &o);
		if (status >= 0)
			status = o.is_open ? 0
					   : case_refuse(&c, API_STATE, "not-open", "classctl consents NUMBER lists them",
							 "there is no such consent that is still open");
	}
	if (status)
		return status < 0 ? status : 0;
	entry = consent_entry(&c, "withdrawn", reason);
	json_set_int(entry, "consent", o.id);
	status = registrar_change(r, entry);
	if (status > 0)
		status = custody_refuse_read_only(&c);
	if (status)
		return status < 0 ? status : 0;
	return api_reply(call, json_object());
}

/* ---- using ---- */

struct sought {
	const struct case_of *c;
	const char *purpose, *person, *today;
	int64_t count, id;
};

/* Who gave it is still there, and gave it for what is as high as this. */
static int still_holds(const struct case_of *c, const struct store_consent *k, bool *ret)
{
	OWNED(record) struct record *then = NULL;
	OWNED(store_person) struct store_person *giver = NULL;
	const struct policy *p = c->r->policy;

	TRY(store_record_load_version(c->r->store, k->number, (uint32_t)k->version, &then));
	TRY(store_person_load(c->r->store, k->by, &giver));
	*ret = then && record_protection(p, then)->rank >= record_protection(p, c->record)->rank && giver &&
	       person_is_valid_on(&giver->person, c->today) && !person_is_suspended_on(&giver->person, c->today);
	return 0;
}

static int seek(const struct store_consent *k, void *arg)
{
	struct sought *s = arg;
	bool holds = false;

	if (!s->id && !k->used && !k->withdrawn && text_equal(k->purpose, s->purpose) && text_equal(k->person, s->person) &&
	    k->count >= s->count && strcmp(k->until, s->today) >= 0)
		TRY(still_holds(s->c, k, &holds));
	if (holds)
		s->id = k->id;
	return 0;
}

int custody_use_consent(struct case_of *c, const char *purpose, int64_t count, int64_t *ret)
{
	char today[11];
	struct sought s = {.c = c, .purpose = purpose, .person = c->person->person.id, .today = today, .count = count};
	int status;

	*ret = 0;
	if (!scope_needs_consent(c->r->policy, c->record))
		return 0;
	date_format(c->today, today);
	status = store_consent_list(c->r->store, c->record->number, seek, &s);
	TRY(status);
	if (!s.id)
		return case_refuse(c, API_AUTHORITY, "needs-consent",
				   "ask whoever answers for the record: classctl consent NUMBER --for YOU",
				   "at this level that needs the originator's consent, and none is open for you");
	*ret = s.id;
	return 0;
}
