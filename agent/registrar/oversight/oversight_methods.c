/* org.classd.Oversight: sweeps, what is due, findings. */
#include "base/text.h"
#include "domain/due.h"
#include "registrar/api/rows.h"
#include "registrar/oversight/findings.h"
#include "registrar/oversight/sweep.h"
#include "registrar/records/case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES_MAX 5000	 /* of a sweep, which is answered once */
#define DUE_MAX	  200000 /* lines that are kept until they are shown */

enum caller_outcome { CALLER_ANSWERED = 1 };

struct caller {
	struct store_person *person; /* NULL: the system administrator (uid 0): counts only */
};

static void caller_done(struct caller *c)
{
	store_person_free(c->person);
}

static int caller_of(struct registrar *r, struct api_call *call, struct caller *ret)
{
	int status = store_person_by_uid(r->store, (uint32_t)api_uid(call), registrar_today(r), &ret->person);

	TRY(status);
	if (ret->person && person_is_suspended_on(&ret->person->person, registrar_today(r))) {
		TRY(api_refuse(call, API_AUTHORITY, "suspended", "caller", "ask the secrecy office", "%s is suspended",
			       ret->person->person.id));
		return CALLER_ANSWERED;
	}
	return 0;
}

static bool has(const struct caller *c, enum right right)
{
	return c->person && right_is_granted(c->person->person.roles, right);
}

struct lines {
	struct registrar *r;
	const struct caller *c;
	struct json *to;
	int64_t limit;
	int64_t n;
};

/* Numbers, levels and dates of a record are for its drafter, its responsible person and the office (DESIGN 1). */
static bool may_see_record(const struct lines *l, const char *number)
{
	OWNED(record) struct record *record = NULL;
	const struct store_person *me = l->c->person;
	struct case_of c = {.r = l->r, .person = l->c->person, .today = registrar_today(l->r)};

	if (!me)
		return false;
	if (right_is_granted(me->person.roles, RIGHT_INSPECT))
		return true;
	if (store_record_load(l->r->store, number, &record))
		return false;
	return case_sees(&c, record);
}

static struct json *line_json(const struct sweep_line *line)
{
	struct json *to = json_object();

	json_set_text(to, "number", line->number);
	json_set_text(to, "kind", line->kind);
	json_set_text(to, "what", line->what);
	json_set_date(to, "date", line->on);
	return to;
}

static void add_line(const struct sweep_line *line, void *arg)
{
	struct lines *l = arg;

	if (l->n >= l->limit || !may_see_record(l, line->number))
		return;
	l->n++;
	json_append(l->to, line_json(line));
}

static struct json *report_json(const struct sweep_report *report, struct json *lines)
{
	struct json *to = json_object();
	struct json *skipped = json_array();

	json_set_date(to, "as_of", report->as_of);
	json_set_bool(to, "rehearsal", report->rehearsal);
	json_set_int(to, "considered", report->considered);
	json_set_int(to, "due", report->due);
	json_set_int(to, "acted", report->acted);
	json_set_int(to, "failed", report->failed);
	for (int k = 0; k < SWEEP_SKIPS; k++) {
		struct json *skip;

		if (!report->skipped[k])
			continue;
		skip = json_object();
		json_set_text(skip, "why", sweep_skip_text((enum sweep_skip)k));
		json_set_int(skip, "count", report->skipped[k]);
		json_append(skipped, skip);
	}
	json_set(to, "skipped", skipped);
	json_set_int(to, "milliseconds", (int64_t)(report->seconds * 1000 + 0.5));
	json_set(to, "lines", lines);
	return to;
}

static int refuse_right(struct api_call *call)
{
	return api_refuse(call, API_AUTHORITY, "wrong-role", "caller", "ask the secrecy office",
			  "this is for the secrecy office, security administrators and responsible persons");
}

/* It works on everything that is due, so it is for those who answer for that: not for each drafter. */
static bool may_sweep(const struct caller *c)
{
	return has(c, RIGHT_COUNTS) || (c->person && c->person->n_appointments > 0);
}

static int sweep(struct registrar *r, struct api_call *call)
{
	__attribute__((cleanup(caller_done))) struct caller c = {NULL};
	struct json_view parameters = api_parameters(call);
	const char *text = json_get_text(parameters, "as_of");
	struct lines lines = {.r = r, .c = &c, .limit = json_get_int(parameters, "limit", 100)};
	struct date as_of = {0};
	struct sweep_report report;
	struct json *reply;
	bool root = api_uid(call) == 0;
	int status;

	status = caller_of(r, call, &c);
	if (status)
		return status < 0 ? status : 0;
	if (!root && !may_sweep(&c))
		return refuse_right(call);
	if (!r->policy || !r->meta_key)
		return api_refuse(call, API_BUSY, "not-ready", "agent", "classctl status says what is missing",
				  "the agent has no policy or no key yet");
	if (text && !date_parse(text, &as_of))
		return api_refuse(call, API_INPUT, "bad-date", "as_of", "write it as 2037-01-01",
				  "there is no day \"%s\"", text);
	if (date_is_set(as_of) && date_compare(as_of, registrar_today(r)) < 0)
		return api_refuse(call, API_INPUT, "past-date", "as_of", "rehearse today or a later day",
				  "the day %s is over", text);
	if (lines.limit < 0 || lines.limit > LINES_MAX || root)
		lines.limit = root ? 0 : LINES_MAX;
	lines.to = json_array();
	if (sweep_run(r, as_of, add_line, &lines, &report)) {
		json_free(lines.to);
		return api_refuse(call, API_FAILED, "sweep-failed", "store", "classctl status; the log says more",
				  "the sweep could not end");
	}
	reply = json_object();
	json_set(reply, "report", report_json(&report, lines.to));
	return api_reply(call, reply);
}

/* ---- Due ---- */

/* What a rehearsal found, to be shown page by page to whoever may see it then. */
struct due_line {
	struct due_line *next;
	struct sweep_line line;
};

struct due_list {
	struct rows rows;
	struct arena texts;
	struct due_line *first, **last; /* not looked at yet */
	int64_t n;
	bool is_cut;
};

static void keep_line(const struct sweep_line *line, void *arg)
{
	struct due_list *d = arg;
	struct due_line *kept;

	d->is_cut = d->is_cut || d->n >= DUE_MAX;
	kept = d->is_cut ? NULL : arena_alloc(&d->texts, sizeof(*kept));
	if (!kept)
		return; /* without memory the arena says so */
	kept->line = (struct sweep_line){.number = arena_text(&d->texts, line->number),
					 .kind = arena_text(&d->texts, line->kind),
					 .what = arena_text(&d->texts, line->what),
					 .on = line->on};
	*d->last = kept;
	d->last = &kept->next;
	d->n++;
}

static void due_free(void *arg)
{
	struct due_list *d = arg;

	rows_done(&d->rows);
	arena_done(&d->texts);
	free(d);
}

static int send_due(struct due_list *d, struct api_call *call)
{
	struct json *reply;

	if (!rows_is_over(&d->rows))
		return rows_send(&d->rows, call);
	reply = rows_reply(&d->rows);
	json_set_bool(reply, "truncated", d->is_cut || d->first);
	return api_reply(call, reply);
}

static int next_due(struct registrar *r, struct api_call *call, void *arg)
{
	__attribute__((cleanup(caller_done))) struct caller c = {NULL};
	struct due_list *d = arg;
	struct lines lines = {.r = r, .c = &c};
	int status = caller_of(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (!has(&c, RIGHT_QUEUE) && !has(&c, RIGHT_FINDINGS))
		return refuse_right(call);
	rows_begin(&d->rows);
	while (d->first && rows_wanted(&d->rows) > 0) {
		const struct sweep_line *line = &d->first->line;

		if (may_see_record(&lines, line->number))
			rows_add(&d->rows, line_json(line));
		d->first = d->first->next;
		if (rows_next(&d->rows))
			break;
	}
	return send_due(d, call);
}

static int due(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_due, due_free};
	__attribute__((cleanup(caller_done))) struct caller c = {NULL};
	const char *text = json_get_text(api_parameters(call), "until");
	struct date until = registrar_today(r);
	struct sweep_report report;
	struct due_list *d;
	int status;

	status = caller_of(r, call, &c);
	if (status)
		return status < 0 ? status : 0;
	if (!has(&c, RIGHT_QUEUE) && !has(&c, RIGHT_FINDINGS))
		return refuse_right(call);
	if (text && !date_parse(text, &until))
		return api_refuse(call, API_INPUT, "bad-date", "until", "write it as 2037-01-01",
				  "there is no day \"%s\"", text);
	d = calloc(1, sizeof(*d));
	if (!d)
		return FAULT(ENOMEM, "due");
	d->last = &d->first;
	rows_init(&d->rows, call, "lines", 0);
	if (sweep_run(r, until, keep_line, d, &report) || arena_check(&d->texts)) {
		due_free(d);
		return api_refuse(call, API_FAILED, "due-failed", "store", "classctl status",
				  "the list could not be made");
	}
	return api_stream(call, &pages, d);
}

/* ---- Findings, Dismiss ---- */

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
	__attribute__((cleanup(caller_done))) struct caller c = {NULL};
	struct findings_list *l = arg;
	int status = caller_of(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (!c.person)
		return refuse_right(call);
	l->c = &c;
	l->filter.limit = rows_begin(&l->rows);
	TRY(store_finding_list(r->store, &l->filter, add_finding, l));
	return rows_send(&l->rows, call);
}

static void findings_free(void *arg)
{
	struct findings_list *l = arg;

	rows_done(&l->rows);
	free(l);
}

static int findings(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_findings, findings_free};
	struct json_view parameters = api_parameters(call);
	const char *code = json_get_text(parameters, "code"), *state = json_get_text(parameters, "state");
	struct store_finding_filter filter = {.state = state ? state : "open",
					      .number = json_get_text(parameters, "number")};
	struct findings_list *l;

	if (code && !finding_code_find(code, &filter.code))
		return api_refuse(call, API_INPUT, "unknown-code", "code", "classd(8) lists the codes",
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

static int dismiss(struct registrar *r, struct api_call *call)
{
	__attribute__((cleanup(caller_done))) struct caller c = {NULL};
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
	if (!has(&c, RIGHT_FINDING_DISMISS))
		return refuse_right(call);
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

const struct api_method oversight_methods[] = {
    {"org.classd.Oversight.Sweep", sweep, API_MUTATES | API_ANYONE},
    {"org.classd.Oversight.Due", due, API_STREAM},
    {"org.classd.Oversight.Findings", findings, API_STREAM},
    {"org.classd.Oversight.Dismiss", dismiss, API_MUTATES},
    {0},
};
