/* org.classd.Oversight: findings, and what becomes of them. */
#include "base/text.h"
#include "registrar/api/rows.h"
#include "registrar/oversight/caller.h"
#include "registrar/oversight/findings.h"
#include "registrar/records/case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct json *finding_json(const struct store_finding *f)
{
	const struct finding_kind *kind = finding_kind(f->code);
	struct json *to = json_object();
	char code[4];

	finding_code_format(f->code, code);
	json_set_int(to, "id", f->id);
	json_set_text(to, "code", code);
	json_set_text(to, "title", kind ? kind->title : "");
	json_set_text(to, "number", f->number ? f->number : "");
	json_set_text(to, "path", f->path ? f->path : "");
	json_set_text(to, "evidence", f->evidence ? f->evidence : "");
	json_set_text(to, "owner", f->person ? f->person : owner_name(f->owner));
	json_set_date(to, "due", f->due);
	json_set_text(to, "severity", severity_name(f->severity));
	json_set_text(to, "next", kind ? kind->advice : "");
	json_set_text(to, "state", f->state);
	json_set_date(to, "since", f->since);
	return to;
}

struct findings_list {
	struct rows rows;
	struct store_finding_filter filter; /* its texts are the call's */
	struct registrar *r;
	const struct caller *c; /* of this page */
	uint32_t uid;
};

struct owner_of {
	uint32_t uid;
	bool mine;
};

static int take_owner(const struct store_seen *seen, void *arg)
{
	struct owner_of *o = arg;

	o->mine = seen->uid == o->uid;
	return 1;
}

/* Whom a finding with a name is for: the person, the responsible person and the secrecy office (DESIGN 1). */
static bool may_see(struct findings_list *l, const struct store_finding *f)
{
	OWNED(record) struct record *record = NULL;
	const struct person *me = &l->c->person->person;
	struct owner_of owner = {.uid = l->uid};

	if (right_is_granted(me->roles, RIGHT_INSPECT) || text_equal(f->person, me->id))
		return true;
	if (f->number && store_record_load(l->r->store, f->number, &record) == 0)
		return text_equal(record->drafter, me->id) || text_equal(record->responsible, me->id);
	if (f->path && store_seen_find(l->r->store, f->root, f->path, take_owner, &owner) >= 0)
		return owner.mine;
	return false;
}

static int add_finding(const struct store_finding *f, void *arg)
{
	struct findings_list *l = arg;

	l->filter.after = f->id;
	if (may_see(l, f))
		rows_add(&l->rows, finding_json(f));
	return rows_next(&l->rows);
}

static int next_findings(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CALLER struct caller c = {NULL};
	struct findings_list *l = arg;
	int status = caller_of(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (!c.person)
		return caller_refuse(call);
	l->c = &c;
	l->filter.limit = rows_begin(&l->rows);
	TRY(store_finding_list(r->store, &l->filter, add_finding, l));
	return rows_send(&l->rows, call);
}

int oversight_findings(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_findings, rows_free};
	struct json_view parameters = api_parameters(call);
	const char *code = json_get_text(parameters, "code"), *state = json_get_text(parameters, "state");
	struct store_finding_filter filter = {.state = state ? state : "open",
					      .number = json_get_text(parameters, "number")};
	struct findings_list *l;

	if (code && !finding_code_find(code, &filter.code))
		return api_refuse(call, API_INPUT, "unknown-code", "code", "see FINDINGS in classd(8)",
				  "there is no finding \"%s\"", code);
	l = calloc(1, sizeof(*l));
	if (!l)
		return FAULT(ENOMEM, "findings");
	*l = (struct findings_list){.filter = filter, .r = r, .uid = (uint32_t)api_uid(call)};
	rows_init(&l->rows, call, "findings", json_get_int(parameters, "limit", 0));
	return api_stream(call, &pages, l);
}

struct one_finding {
	struct registrar *r;
	const struct caller *c;
	struct json *json;
	bool open;
	bool own; /* it is about what the caller did */
};

static bool is_about_caller(const struct one_finding *one, const struct store_finding *f)
{
	const char *me = one->c->person->person.id;
	OWNED(record) struct record *record = NULL;

	if (text_equal(f->person, me))
		return true;
	return f->number && store_record_load(one->r->store, f->number, &record) == 0 &&
	       (text_equal(record->drafter, me) || text_equal(record->responsible, me));
}

static int take_finding(const struct store_finding *f, void *arg)
{
	struct one_finding *one = arg;

	json_free(one->json);
	one->json = finding_json(f);
	one->open = text_equal(f->state, "open");
	one->own = is_about_caller(one, f);
	return 0;
}

int oversight_dismiss(struct registrar *r, struct api_call *call)
{
	OWN_CALLER struct caller c = {NULL};
	struct json_view parameters = api_parameters(call);
	const char *reason = json_get_text(parameters, "reason");
	int64_t id = json_get_int(parameters, "id", 0);
	struct one_finding one = {.r = r, .c = &c};
	char number[32];
	struct json *entry, *reply;
	int status;

	status = caller_of(r, call, &c);
	if (status)
		return status < 0 ? status : 0;
	if (!caller_has(&c, RIGHT_FINDING_DISMISS))
		return caller_refuse(call);
	if (text_is_empty(reason) || !text_is_line(reason, 1000))
		return api_refuse(call, API_INPUT, "no-reason", "reason", "say why with --reason",
				  "a finding is dismissed with a reason");
	status = store_finding_load(r->store, id, take_finding, &one);
	TRY(status);
	if (status || !one.open) {
		json_free(one.json);
		return api_refuse(call, API_NOT_FOUND, "no-finding", "id", "classctl findings lists the open ones",
				  "there is no open finding %lld", (long long)id);
	}
	if (one.own) {
		json_free(one.json);
		return api_refuse(call, API_AUTHORITY, "own-finding", "id",
				  "somebody else of the secrecy office decides",
				  "the finding is about what you did yourself");
	}
	entry = registrar_entry("finding-close", c.person->person.id, api_uid(call));
	json_set_int(entry, "finding", id);
	json_set_text(entry, "how", "dismissed");
	(void)snprintf(number, sizeof(number), "%lld", (long long)id);
	cell_set_of(entry, "note", r->meta_key, "note", number, reason);
	status = registrar_change(r, entry);
	if (status == 0)
		status = store_finding_load(r->store, id, take_finding, &one);
	if (status < 0) {
		json_free(one.json);
		return status;
	}
	reply = json_object();
	json_set(reply, "finding", one.json);
	return api_reply(call, reply);
}
