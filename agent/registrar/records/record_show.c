/* Reading records: show, queue, list. A title is only for those who may see the record. */
#include "base/text.h"
#include "registrar/records/record_methods.h"

#include <stdio.h>
#include <string.h>

static struct json *item_json(const struct item *item)
{
	struct json *to = json_object();
	struct json *scope = json_array();
	char term[TERM_TEXT_MAX];

	term_format_cli(&item->term, term);
	json_set_text(to, "id", item->id);
	json_set_text(to, "title", item->title.official);
	json_set_text(to, "level", item->level->code);
	json_set_text(to, "term", item->term.kind == TERM_NONE ? "" : term);
	json_set_bool(to, "long_term", item->long_term);
	for (size_t i = 0; i < item->scope.n; i++)
		json_append_text(scope, item->scope.at[i]);
	json_set(to, "scope", scope);
	return to;
}

struct history {
	struct case_of *c;
	struct json *events;
	uint32_t version; /* that the record has by now */
};

/* In what part somebody acted, by the record as it was then; "" : none of its own (somebody in scope). */
static const char *role_of(const char *person, const struct record *then)
{
	bool is_drafter = text_equal(then->drafter, person);

	if (text_is_empty(person) || text_equal(person, "-"))
		return "agent";
	if (text_equal(then->responsible, person) && (!is_drafter || text_equal(labels_state(then->state), "decided")))
		return text_is_empty(then->decider_role) ? "responsible" : then->decider_role;
	if (!is_drafter)
		return "";
	return text_is_empty(then->drafter_role) ? "drafter" : then->drafter_role;
}

static int add_event(const struct store_event *event, void *arg)
{
	struct history *h = arg;
	OWNED(record) struct record *then = NULL;
	struct json *to = json_object();
	int status;

	h->version = event->version ? event->version : h->version;
	status = store_record_load_version(h->c->r->store, event->number, h->version, &then);

	if (status < 0) {
		json_free(to);
		return status;
	}
	json_set_text(to, "time", event->time);
	json_set_text(to, "person", event->person ? event->person : "-");
	json_set_text(to, "role", role_of(event->person, then ? then : h->c->record));
	json_set_text(to, "act", event->act);
	json_set_text(to, "detail", event->note ? event->note : "");
	json_append(h->events, to);
	return 0;
}

struct json *record_finding_json(const struct store_finding *f)
{
	const struct finding_kind *kind = finding_kind(f->code);
	struct json *to = json_object();
	char code[4];

	finding_code_format(f->code, code);
	json_set_int(to, "id", f->id);
	json_set_text(to, "code", code);
	json_set_text(to, "title", kind ? kind->title : "");
	json_set_text(to, "evidence", f->evidence ? f->evidence : "");
	json_set_text(to, "owner", f->person ? f->person : owner_name(f->owner));
	json_set_date(to, "due", f->due);
	json_set_text(to, "next", kind ? kind->advice : "");
	json_set_text(to, "state", f->state);
	return to;
}

static int add_finding(const struct store_finding *f, void *arg)
{
	json_append(arg, record_finding_json(f));
	return 0;
}

static int take_label_text(const struct store_label *label, void *arg)
{
	*(char **)arg = text_copy(label->text);
	return 1;
}

static int show(struct case_of *c, struct json_view parameters)
{
	const struct classification *what;
	const struct item *item;
	struct json *findings = json_array();
	struct json *events = json_array();
	struct json *more = json_object();
	char *label = NULL;
	int status;

	(void)parameters;
	if (!c->record) {
		json_free(findings);
		json_free(events);
		json_free(more);
		return case_refuse(c, API_NOT_FOUND, "no-record", "classctl tag FILE makes one",
				   "the file has no record yet");
	}
	what = record_classification(c->record);
	item = what->item ? catalogue_find(&c->r->policy->catalogue, what->item) : NULL;
	status =
	    store_event_list(c->r->store, c->record->number, add_event, &(struct history){.c = c, .events = events});
	if (status >= 0)
		status = store_finding_list(
		    c->r->store, &(struct store_finding_filter){.state = "open", .number = c->record->number},
		    add_finding, findings);
	if (status >= 0)
		status = store_label_list(c->r->store, c->record->number, "label", take_label_text, &label);
	if (item)
		json_set(more, "catalogue", item_json(item));
	json_set(more, "catalogue_differences", record_notes_of(c, what));
	json_set(more, "history", events);
	json_set(more, "findings", findings);
	json_set_text(more, "label", label ? label : "");
	free(label);
	if (status < 0) {
		json_free(more);
		return status;
	}
	return case_reply(c, more);
}

int record_method_show(struct registrar *r, struct api_call *call)
{
	return record_when_seen(r, call, show);
}

struct queue {
	struct case_of *c;
	struct json *entries;
};

static void add_entry(struct queue *q, const struct record *record, const char *kind, struct date since,
		      const char *note)
{
	const struct classification *what = request_values(record);
	struct json *to = json_object();
	char term[TERM_TEXT_MAX];

	term_format_cli(&what->term, term);
	json_set_text(to, "number", record->number);
	json_set_text(to, "kind", kind);
	json_set_text(to, "title", record->title ? record->title : "");
	json_set_text(to, "level", what->level ? what->level : "");
	json_set_text(to, "term", what->term.kind == TERM_NONE ? "" : term);
	json_set_text(to, "drafter", record->drafter ? record->drafter : "");
	json_set_date(to, "since", since);
	json_set_text(to, "note", note);
	json_append(q->entries, to);
}

/* What this caller could decide now, by the same check that Decide makes. */
static bool could(struct queue *q, const struct record *record, enum act act)
{
	struct case_of *c = q->c;
	struct authority_answer answer;
	struct authority_question question;

	case_question(c->r, c->person, record, act, request_values(record), &question);
	authority_check(&question, &answer);
	return record_may_be_asked(request_values(record), &answer);
}

static int queue_record(const struct record *record, void *arg)
{
	struct queue *q = arg;
	const char *me = q->c->person->person.id;
	bool mine = text_equal(record->responsible, me);
	const struct request_kind *asked = request_waiting(record);

	if (asked && (mine || could(q, record, asked->decide)))
		add_entry(q, record, asked->name, record->requested_on, "it was asked for");
	if (record->state == RECORD_PROPOSED && (mine || could(q, record, ACT_APPROVE)))
		add_entry(q, record, record->regime == REGIME_NONE ? "declare" : "proposed", record->proposed_on,
			  record->proposed.basis == BASIS_UNCLEAR ? "the drafter is not sure: name the matter"
			  : mine				  ? ""
								  : "any responsible person with this authority");
	if (record->state == RECORD_CHANGED && record->request == ACT_APPROVE &&
	    (mine || could(q, record, ACT_APPROVE)))
		add_entry(q, record, "changed", record->requested_on, "content changed after the decision");
	if (record->state == RECORD_CHANGED && record->request == ACT_NEW && text_equal(record->drafter, me))
		add_entry(q, record, "changed", record->changed_on, "submit the new content");
	if (record->state == RECORD_DRAFT && text_equal(record->drafter, me))
		add_entry(q, record, "draft", record->drafted, "submit it, or go on writing");
	return 0;
}

static int queue_person(const struct store_person *p, void *arg)
{
	struct queue *q = arg;
	struct json *to = json_object();

	if (text_equal(p->entered_by, q->c->person->person.id)) {
		json_free(to);
		return 0; /* who entered it does not confirm it */
	}
	json_set_text(to, "number", p->person.id);
	json_set_text(to, "kind", "person");
	json_set_text(to, "title", p->person.name ? p->person.name : p->person.id);
	json_set_text(to, "level", "");
	json_set_text(to, "term", "");
	json_set_text(to, "drafter", p->entered_by ? p->entered_by : "");
	json_set_text(to, "since", "");
	json_set_text(to, "note", "waits for a second security administrator: classctl person show");
	json_append(q->entries, to);
	return 0;
}

/* What waits in those states is listed with them. */
static int queue_asked(const struct record *record, void *arg)
{
	bool listed = record->state == RECORD_PROPOSED || record->state == RECORD_CHANGED;

	return listed ? 0 : queue_record(record, arg);
}

int record_method_queue(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct queue q = {&c, NULL};
	struct store_record_filter waiting = {.states = 1u << RECORD_PROPOSED | 1u << RECORD_CHANGED,
					      .limit = STORE_NO_LIMIT};
	struct store_record_filter asked = {.requested = true, .limit = STORE_NO_LIMIT};
	struct json *reply;
	int status = case_begin(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	q.entries = json_array();
	status = store_record_list(r->store, &waiting, queue_record, &q);
	if (status >= 0)
		status = store_record_list(r->store, &asked, queue_asked, &q);
	if (status >= 0 && c.person->person.id) {
		struct store_record_filter drafts = {
		    .states = 1u << RECORD_DRAFT, .drafter = c.person->person.id, .limit = 1000};

		status = store_record_list(r->store, &drafts, queue_record, &q);
	}
	if (status >= 0 && (c.person->person.roles & ACTOR_SECURITY_ADMIN))
		status = store_person_list(r->store, true, queue_person, &q);
	reply = json_object();
	json_set(reply, "entries", q.entries);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}

struct listing {
	struct case_of *c;
	struct json *records;
};

static int list_record(const struct record *record, void *arg)
{
	struct listing *l = arg;

	if (case_sees(l->c, record))
		json_append(l->records, case_record_json(l->c->r, record));
	return 0;
}

int record_method_list(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	const char *state = json_get_text(parameters, "state");
	struct store_record_filter filter = {.limit = json_get_int(parameters, "limit", 1000)};
	struct listing l = {&c, NULL};
	enum record_state wanted;
	struct json *reply;
	int status = case_begin(r, call, &c);

	if (status)
		return status < 0 ? status : 0;
	if (state && !record_state_find(state, &wanted))
		return api_refuse(call, API_INPUT, "unknown-state", "state",
				  "one of draft, proposed, classified, issued, expired, released, …",
				  "there is no state \"%s\"", state);
	if (state)
		filter.states = 1u << wanted;
	if (json_get_bool(parameters, "mine"))
		filter.drafter = c.person->person.id;
	l.records = json_array();
	status = store_record_list(r->store, &filter, list_record, &l);
	reply = json_object();
	json_set(reply, "records", l.records);
	if (status < 0) {
		json_free(reply);
		return status;
	}
	return api_reply(call, reply);
}
