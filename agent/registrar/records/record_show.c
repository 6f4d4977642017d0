/* Reading one record. A title is only for those who may see the record. */
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
	if (c->record) {
		status = record_check_not_blind(c);
		if (status) {
			json_free(findings);
			json_free(events);
			json_free(more);
			return status;
		}
	}
	if (!c->record) {
		json_free(findings);
		json_free(events);
		json_free(more);
		return case_refuse(c, API_NOT_FOUND, "no-record", "classctl tag FILE makes one",
				   "the file has no record yet");
	}
	what = record_classification(c->record);
	item = what->item && !record_is_of_other_pack(c->r->policy, c->record)
		   ? catalogue_find(&c->r->policy->catalogue, what->item)
		   : NULL;
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
