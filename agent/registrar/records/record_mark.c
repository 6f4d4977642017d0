/* The mark that belongs on a document, and the written notice where it cannot stand there (2014 provisions art. 24). */
#include "registrar/custody/custody.h"
#include "registrar/records/record_methods.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

static void lines_of(const char *text, struct json *to)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");
		OWN_MEM char *line = strndup(text, n);

		json_append_text(to, line ? line : "");
		text += n + (text[n] == '\n');
	}
}

void record_make_released(struct case_of *c, struct buffer *ret)
{
	mark_make_released(c->r->policy, c->today, c->person->person.id, ret);
}

/* What a release leaves: as it is decided now, as it was decided, or since the day on which the term was over. */
static bool make_struck(struct case_of *c, struct json_view parameters, struct buffer *ret)
{
	const struct record *r = c->record;

	if (r->state == RECORD_RELEASED)
		buffer_add_text(ret, r->mark ? r->mark : "");
	else if (r->state == RECORD_EXPIRED)
		mark_make_released(c->r->policy, r->declassify_on, NULL, ret);
	else if (r->request == ACT_RELEASE && json_get_bool(parameters, "releases"))
		record_make_released(c, ret);
	else
		return false;
	return true;
}

static int make_set(struct case_of *c, struct json_view parameters, struct buffer *ret)
{
	struct fields_problem problem;
	struct fields fields;
	struct classification what = *request_values(&c->next);

	if (fields_read(json_get(parameters, "fields"), &fields, &problem))
		return case_refuse_fields(c, &problem);
	if (case_turn(c, &fields, &what))
		(void)regime_find(c->next.asked_regime, &c->next.regime);
	if (fields_apply(c->r->policy, &fields, &what, &problem))
		return case_refuse_fields(c, &problem);
	record_make_mark(c, &what, ret);
	return 0;
}

static int show_mark(struct case_of *c, struct json_view parameters)
{
	OWN_BUFFER struct buffer mark = {0};
	bool strikes = make_struck(c, parameters, &mark);
	int status = strikes ? 0 : make_set(c, parameters, &mark);
	struct json *reply;
	struct json *lines;

	if (status)
		return status;
	OWN_MEM char *text = buffer_steal_text(&mark);
	reply = json_object();
	lines = json_array();
	lines_of(text, lines);
	json_set_text(reply, "mark", text ? text : "");
	json_set(reply, "lines", lines);
	json_set_bool(reply, "strikes", strikes);
	return api_reply(c->call, reply);
}

/* One of the copies that went out, where that many are known. */
static int take_copy(struct case_of *c, struct json_view parameters)
{
	int64_t copy = json_get_int(parameters, "copy", 0);
	bool is_registered = false;

	if (copy > 0)
		TRY(custody_has_copy(c->r, c->record->number, copy, &is_registered));
	if (is_registered) {
		c->copy = (uint32_t)copy;
		return 0;
	}
	if (copy < 0 || copy > 100000 || (c->record->copies && copy > c->record->copies))
		return case_refuse(c, API_INPUT, "no-such-copy", "classctl show NUMBER tells how many went out",
				   "there is no copy of that number");
	c->copy = (uint32_t)copy;
	return 0;
}

int record_method_mark(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load(&c, json_get_text(parameters, "number"));
	if (status == 0)
		status = take_copy(&c, parameters);
	if (status == 0)
		status = show_mark(&c, parameters);
	return status < 0 ? status : 0;
}

/* Why a document carries no mark, as its client found. */
static const struct {
	const char *why, *words;
} reasons[] = {
    {"format", "its format carries no mark"},
    {"size", "it is too large to be marked"},
    {"encryption", "it is encrypted with a password of its own"},
    {"signature", "it is signed, and a mark would break the signature"},
    {"structure", "its structure is damaged or unusual"},
    {"damage", "it is damaged"},
};

static const char *reason_words(const char *why)
{
	for (size_t i = 0; i < array_n(reasons); i++)
		if (text_equal(reasons[i].why, why))
			return reasons[i].words;
	return NULL;
}

/* On one line: the mark, those in scope, and why it is told in writing. */
static void add_notice(const struct case_of *c, const char *mark, const char *words, struct buffer *ret)
{
	/* Where the mark does not say who may know. */
	const struct texts scope = c->r->policy->marks.scope ? (struct texts){0} : record_classification(&c->next)->scope;

	for (const char *at = mark; *at; at++)
		buffer_add(ret, *at == '\n' ? "; " : at, *at == '\n' ? 2 : 1);
	for (size_t i = 0; i < scope.n; i++)
		buffer_add_format(ret, "%s%s", i ? ", " : " (for ", scope.at[i]);
	buffer_add_format(ret, "%s: %s", scope.n ? ")" : "", words);
}

struct last {
	char *note;
};

static int take_notice(const struct store_event *event, void *arg)
{
	struct last *last = arg;

	if (!text_equal(event->act, "mark-notice"))
		return 0;
	free(last->note);
	last->note = text_copy(event->note);
	return 0;
}

/* What was told is not told again. */
static int is_told(struct case_of *c, const char *notice, bool *ret)
{
	struct last last = {0};
	int status = store_event_list(c->r->store, c->record->number, take_notice, &last);

	*ret = status == 0 && text_equal(last.note, notice);
	free(last.note);
	return status < 0 ? status : 0;
}

static int write_notice(struct case_of *c, const char *notice)
{
	struct json *entry = registrar_entry("mark-notice", c->person->person.id, api_uid(c->call));
	int status;

	json_set_text(entry, "number", c->record->number);
	cell_set_of(entry, "note", c->r->meta_key, "note", c->record->number, notice);
	status = registrar_change(c->r, entry);
	TRY(status);
	return status ? case_refuse(c, API_FAILED, "read-only", "classctl status says why; nothing was changed",
				    "the journal or the store cannot be written")
		      : 0;
}

/* Who drafts, decides or oversees it tells of its mark: the same that may enter a report about it. */
static bool may_tell(const struct case_of *c)
{
	const char *me = c->person->person.id;

	return text_equal(c->record->drafter, me) || text_equal(c->record->responsible, me) ||
	       (c->person->person.roles & ACTOR_OFFICE);
}

static int give_notice(struct case_of *c, struct json_view parameters)
{
	const char *words = reason_words(json_get_text(parameters, "why"));
	OWN_BUFFER struct buffer mark = {0};
	OWN_BUFFER struct buffer notice = {0};
	struct json *reply = json_object();
	bool told = false;
	int status = 0;

	record_make_mark(c, record_classification(&c->next), &mark);
	OWN_MEM char *lines = buffer_steal_text(&mark);
	if (!words)
		status = case_refuse(c, API_INPUT, "unknown-reason", "format, size, encryption, signature, structure or damage",
				     "there is no such reason for a document without its mark");
	else if (!may_tell(c))
		status = case_refuse(c, API_AUTHORITY, "not-yours", "its drafter, its responsible person or the secrecy office does",
				     "a notice in place of a mark is given by who answers for the document");
	else if (text_is_empty(lines))
		status = case_refuse(c, API_STATE, "no-mark", "classctl show NUMBER tells where it stands",
				     "nothing is to be marked: it is not classified");
	if (status == 0)
		add_notice(c, lines, words, &notice);
	OWN_MEM char *text = buffer_steal_text(&notice);
	if (status == 0 && !text)
		status = FAULT(ENOMEM, "a notice");
	if (status == 0)
		status = is_told(c, text, &told);
	if (status == 0 && !told)
		status = write_notice(c, text);
	if (status == 0)
		json_set_text(reply, "notice", text);
	if (status == 0)
		return case_reply(c, reply);
	json_free(reply);
	return status;
}

int record_method_mark_notice(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = case_load(&c, json_get_text(parameters, "number"));
	if (status == 0)
		status = give_notice(&c, parameters);
	return status < 0 ? status : 0;
}
