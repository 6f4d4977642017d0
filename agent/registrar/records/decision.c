/* Authority at this moment, the values decided, and the text that carries them. */
#include "registrar/records/decision.h"

#include "base/text.h"
#include "domain/appointment.h"
#include "domain/request.h"
#include "library/envelope.h"
#include "registrar/records/decision_plans.h"
#include "registrar/records/record_methods.h"

#include <stdio.h>
#include <string.h>

void decision_done(struct decision *d)
{
	buffer_done(&d->text);
	free(d->mark);
	free(d->content_name);
	free(d->label_hash);
	free(d->note);
	issue_done(&d->said);
}

static bool same_values(const struct classification *a, const struct classification *b)
{
	if (!text_equal(a->level, b->level) || !term_equal(&a->term, &b->term) || !text_equal(a->item, b->item) ||
	    a->scope.n != b->scope.n)
		return false;
	for (size_t i = 0; i < a->scope.n; i++)
		if (!text_equal(a->scope.at[i], b->scope.at[i]))
			return false;
	for (size_t i = 0; i < a->categories.n && a->categories.n == b->categories.n; i++)
		if (!text_equal(a->categories.at[i], b->categories.at[i]))
			return false;
	return a->categories.n == b->categories.n;
}

/* The label must speak of the bytes that are sealed: without them there is nothing to sign. */
static int take_content(struct case_of *c, struct decision *d)
{
	int status = labels_content_of(c->r, c->record->number, &d->content, &d->content_name);

	TRY(status);
	if (status)
		return case_refuse(c, API_STATE, "content-unknown",
				   "wait until the file is closed; classctl show NUMBER says how far sealing is",
				   "the content of the document is not known yet");
	labels_salt(c->r, c->record, &d->content, d->salt);
	return 0;
}

void decision_by(struct case_of *c, struct decision *d, const struct authority_answer *answer)
{
	struct record *n = &c->next;

	d->as = answer->by ? answer->by->kind : APPOINTMENT_NONE;
	n->decision = d->act;
	n->responsible = c->person->person.id;
	n->decider_uid = (uint32_t)api_uid(c->call);
	n->decider_role = answer->by ? appointment_kind_name(d->as) : "drafter"; /* alone, where the pack has it so */
	if (answer->by && appointment_role(answer->by, d->role, sizeof(d->role)))
		n->decider_role = d->role; /* of a stand-in both names stand in the record and in what is signed */
	n->decided_as = d->as;
	n->decided_on = c->today;
	n->pack = c->r->policy->id;
	n->pack_version = c->r->policy->version;
	n->entered_on = c->today;
	n->version = c->record->version + 1;
	n->check_on = (struct date){0}; /* what is decided says its own */
}

int decision_check_clock(struct case_of *c, const struct level *to)
{
	const struct level *from = record_protection(c->r->policy, c->record);

	if (!registrar_clock_is_suspect(c->r) || (to && to->rank >= from->rank))
		return 0;
	return case_refuse(c, API_STATE, "clock-suspect", "a security administrator confirms the date: classctl clock",
			   "the clock cannot be trusted now, so nothing is lowered or released");
}

int decision_check_originator(struct case_of *c, const struct level *to)
{
	const struct level *was = level_find(c->r->policy, c->record->decided.level);

	if (text_is_empty(c->record->originator) || !level_is_classified(was) || (to && to->rank >= was->rank))
		return 0;
	TRY(api_refuse(c->call, API_AUTHORITY, "not-originator", c->record->number, "suggest it to that unit",
		       "this is %s's; only that unit decides it, others suggest", c->record->originator));
	return CASE_ANSWERED;
}

/* What waits must say what it is about: the drafter was not sure, or the new content was not submitted. */
static int check_waits(struct case_of *c)
{
	if (c->record->state == RECORD_CHANGED && c->record->request != ACT_APPROVE)
		return case_refuse(c, API_STATE, "not-submitted", "classctl submit NUMBER proposes the new content",
				   "the content changed after the decision and nobody has proposed it yet");
	if (c->record->state == RECORD_PROPOSED && c->next.decided.basis == BASIS_UNCLEAR)
		return case_refuse(
		    c, API_INPUT, "no-basis",
		    "name the matter: classctl approve NUMBER --item ID (or --from NUMBER), or return it",
		    "the drafter was not sure and proposed nothing");
	return 0;
}

static int plan_values(struct case_of *c, struct decision *d, bool unclassified)
{
	int status;

	c->next.decided = c->next.proposed;
	if (case_turn(c, &d->fields, &c->next.decided))
		(void)regime_find(c->next.asked_regime, &c->next.regime);
	c->next.asked_regime = NULL;
	status = case_apply(c, &d->fields, &c->next.decided);
	if (unclassified) {
		c->next.decided = (struct classification){.level = level_unclassified(c->r->policy)->code};
		c->next.regime = REGIME_NONE;
	}
	return status == 0 ? check_waits(c) : status;
}

void decision_ask_signature(struct decision *d, const struct level *level)
{
	d->needs_signature |= !level || level->needs_signature;
	if (level && level->signed_with > d->signed_with)
		d->signed_with = level->signed_with;
}

static int plan_approve(struct case_of *c, struct decision *d, bool unclassified)
{
	struct authority_answer answer;
	const struct level *level;
	int status = plan_values(c, d, unclassified);

	if (status)
		return status;
	status = record_check_consulted(c);
	if (status)
		return status;
	d->act = c->next.regime == c->record->regime && same_values(&c->next.decided, &c->next.proposed) ? ACT_APPROVE : ACT_CORRECT;
	level = level_find(c->r->policy, c->next.decided.level ? c->next.decided.level : "");
	level = regime_holds(c->r->policy, c->next.regime, level);
	status = case_may(c, d->act, &c->next.decided, &answer);
	if (status == 0 && level_is_classified(level)) /* "not secret" has no term, scope or basis to check */
		status = case_check_values(c, &c->next.decided);
	if (status == 0)
		status = decision_check_originator(c, level);
	if (status == 0)
		status = decision_check_clock(c, level);
	if (status)
		return status;
	decision_by(c, d, &answer);
	c->next.state = record_step_next(record_step_find(c->record->state, d->act), c->record->state, level);
	c->next.request = ACT_NEW;
	c->next.floor = case_floor(c, 0); /* an interim protection ends with the decision */
	record_compute_dates(c->r->policy, &c->next);
	/* Lowering asks for what setting asked for (DESIGN 6). */
	if (level)
		decision_ask_signature(d, level);
	decision_ask_signature(d, record_protection(c->r->policy, c->record));
	return 0;
}

/* What was asked for, with what the decider makes of it. */
static int plan_asked(struct case_of *c, struct decision *d, const struct request_kind *kind)
{
	enum request_problem problem;
	int status;

	if (!kind->sets)
		return 0;
	c->next.decided = c->next.proposed;
	status = case_apply(c, &d->fields, &c->next.decided);
	if (status)
		return status;
	problem = request_check(c->r->policy, c->record, kind, &c->next.decided, NULL, c->today);
	return problem ? case_refuse_request(c, problem) : 0;
}

static const struct level *level_decided(const struct case_of *c, const struct record *r)
{
	return regime_holds(c->r->policy, r->regime, level_find(c->r->policy, r->decided.level));
}

static void set_asked(struct case_of *c, struct decision *d, const struct request_kind *kind)
{
	struct record *n = &c->next;

	n->request = ACT_NEW;
	n->regime = request_regime(c->record);
	n->asked_regime = NULL;
	if (!kind->sets) {
		n->state = record_step_next(record_step_find(c->record->state, kind->decide), c->record->state, NULL);
		n->next_review = (struct date){0};
	} else {
		n->state = date_is_set(n->issued_on) ? RECORD_ISSUED : RECORD_CLASSIFIED; /* marked anew meanwhile */
		n->floor = case_floor(c, 0);
		record_compute_dates(c->r->policy, n);
		decision_ask_signature(d, level_decided(c, n));
	}
	decision_ask_signature(d, level_decided(c, c->record));
}

static int plan_request(struct case_of *c, struct decision *d, const struct request_kind *kind)
{
	struct authority_answer answer;
	const struct level *level;
	int status;

	if (c->record->request != kind->decide && record_step_find(c->record->state, kind->decide))
		return case_refuse(c, API_STATE, "not-asked", "classctl help change, extend or release says how to ask",
				   "nobody has asked for that about this record");
	status = plan_asked(c, d, kind);
	if (status == 0)
		status = case_may(c, kind->decide, &c->next.decided, &answer);
	if (status == 0 && kind->sets)
		status = case_check_values(c, &c->next.decided);
	level = kind->sets && status == 0 ? level_find(c->r->policy, c->next.decided.level) : NULL;
	if (kind->sets && status == 0)
		level = regime_holds(c->r->policy, request_regime(&c->next), level);
	if (status == 0)
		status = decision_check_clock(c, level);
	if (status)
		return status;
	d->act = kind->decide;
	decision_by(c, d, &answer);
	set_asked(c, d, kind);
	return 0;
}

struct signed_label {
	char *text;
};

static int take_label(const struct store_label *label, void *arg)
{
	((struct signed_label *)arg)->text = text_copy(label->text);
	return 1;
}

/* What the document goes out under: from the parameters when it is prepared, from the signed text when it is decided.
 */
static int read_issue(struct case_of *c, struct decision *d, struct json_view parameters, struct issue_text *ret)
{
	const char *text = json_get_text(parameters, "text");
	int64_t copies = json_get_int(parameters, "copies", 1);

	if (text) {
		int outcome = issue_parse(bytes_of_text(text), &d->said);

		TRY(outcome);
		if (outcome)
			return case_refuse(c, API_INPUT, "bad-text", "send back the text that PrepareDecision gave",
					   "the text is no issue text");
		*ret = d->said;
		return 0;
	}
	*ret = (struct issue_text){.number = json_get_text(parameters, "document_number"),
				   .date = json_get_text(parameters, "date"),
				   .copies = copies < 0 ? 0 : (uint64_t)copies};
	return 0;
}

static int check_issue(struct case_of *c, const struct issue_text *issue, struct date *ret)
{
	if (text_is_empty(issue->number) || !text_is_line(issue->number, 200))
		return case_refuse(c, API_INPUT, "no-document-number", "give --document-number",
				   "the document number is missing or not one line");
	*ret = c->today;
	if (issue->date && !date_parse(issue->date, ret))
		return case_refuse(c, API_INPUT, "bad-date", "write it as 2026-03-01", "the issue date does not exist");
	if (date_compare(*ret, c->today) > 0)
		return case_refuse(c, API_INPUT, "date-ahead", "give today or a day since the decision",
				   "the issue date is in the future");
	if (date_compare(*ret, c->record->decided_on) < 0)
		return case_refuse(c, API_INPUT, "backdated", "the document goes out after it was decided",
				   "the issue date is before the day of the decision");
	if (issue->copies < 1 || issue->copies > 100000)
		return case_refuse(c, API_INPUT, "bad-copies", "give a number from 1",
				   "the number of copies is not from 1 to 100000");
	return 0;
}

static int plan_issue(struct case_of *c, struct decision *d, struct json_view parameters)
{
	struct signed_label label = {0};
	const struct level *level;
	struct issue_text issue;
	uint8_t raw[SHA256_BYTES];
	char hash[2 * SHA256_BYTES + 1];
	char date[11];
	int status = case_may(c, ACT_ISSUE, NULL, NULL);

	if (status == 0)
		status = read_issue(c, d, parameters, &issue);
	if (status == 0)
		status = check_issue(c, &issue, &c->next.issued_on);
	if (status)
		return status;
	TRY(store_label_list(c->r->store, c->record->number, "label", take_label, &label));
	envelope_label_hash(bytes_of_text(label.text), raw);
	free(label.text);
	text_hex(raw, sizeof(raw), hash);
	date_format(c->next.issued_on, date);
	c->next.document_number = issue.number;
	c->next.copies = (uint32_t)issue.copies;
	c->next.state = RECORD_ISSUED;
	c->next.version = c->record->version + 1;
	record_compute_dates(c->r->policy, &c->next);
	d->act = ACT_ISSUE;
	d->space = ISSUE_NAMESPACE;
	d->kind = "issue";
	level = level_find(c->r->policy, c->record->decided.level);
	decision_ask_signature(d, level);
	issue = (struct issue_text){
	    .label = hash, .number = c->next.document_number, .date = date, .copies = c->next.copies};
	status = issue_format(&issue, &d->text);
	if (status > 0)
		return case_refuse(c, API_INPUT, "bad-document-number", "use one line of text",
				   "the document number cannot stand in the issue text");
	return status;
}

static int plan_as_proposed(struct case_of *c, struct decision *d, struct json_view parameters)
{
	(void)parameters;
	return plan_approve(c, d, false);
}

static int plan_not_secret(struct case_of *c, struct decision *d, struct json_view parameters)
{
	(void)parameters;
	return plan_approve(c, d, true);
}

static int plan(struct case_of *c, const char *act, struct json_view parameters, struct decision *d)
{
	static const struct {
		const char *act;
		int (*plan)(struct case_of *c, struct decision *d, struct json_view parameters);
	} plans[] = {
	    {"approve", plan_as_proposed},     {"correct", plan_as_proposed}, {"unclassified", plan_not_secret},
	    {"refer-unclear", plan_unclear},   {"answer", plan_answer},	      {"settle", plan_settle},
	    {"order", plan_order},	       {"issue", plan_issue},
	    {"met", plan_met},
	};
	const struct request_kind *asked = request_kind_find(act);

	if (asked)
		return plan_request(c, d, asked);
	for (size_t i = 0; i < array_n(plans); i++)
		if (text_equal(plans[i].act, act))
			return plans[i].plan(c, d, parameters);
	return case_refuse(c, API_INPUT, "unknown-act",
			   "approve, correct, unclassified, change, extend, release, publish, met, refer-unclear, answer, settle, order or issue",
			   "there is no such decision");
}

/* After it nothing is protected any more: there is no departure, and no mark but that of a release. */
static bool lifts(enum act act)
{
	return act == ACT_RELEASE || act == ACT_MET || act == ACT_PUBLISH;
}

int decision_plan(struct case_of *c, const char *act, struct json_view parameters, struct decision *ret)
{
	OWN_BUFFER struct buffer mark = {0};
	struct fields_problem problem;
	int status;

	ret->space = LABEL_NAMESPACE;
	ret->kind = "label";
	if (fields_read(json_get(parameters, "fields"), &ret->fields, &problem))
		return case_refuse_fields(c, &problem);
	status = take_content(c, ret);
	if (status == 0)
		status = plan(c, act, parameters, ret);
	if (status)
		return status;
	if (ret->act == ACT_RELEASE || ret->act == ACT_MET)
		record_make_released(c, &mark);
	else if (!lifts(ret->act))
		record_make_mark(c, record_classification(&c->next), &mark);
	ret->mark = buffer_steal_text(&mark);
	c->next.mark = ret->mark;
	if (ret->act != ACT_ISSUE)
		TRY(labels_text(c->r, &c->next, &ret->content, &ret->text));
	return 0;
}

static void add_departure(struct json *list, const char *what, const char *from, const char *to)
{
	OWN_MEM char *line = text_format("%s: %s, now %s", what, from ? from : "-", to ? to : "-");

	if (!text_equal(from, to))
		json_append_text(list, line ? line : "");
}

struct json *decision_departures(struct case_of *c, const struct decision *d)
{
	bool sets = d->act != ACT_ISSUE && !lifts(d->act) && d->act != ACT_REFER_UNCLEAR;
	bool asked = d->act == ACT_CHANGE || d->act == ACT_EXTEND; /* departs from what is in force */
	const struct classification *was = asked ? &c->record->decided : &c->next.proposed;
	struct json *list = sets ? record_notes_of(c, &c->next.decided) : json_array();
	char from[TERM_TEXT_MAX], to[TERM_TEXT_MAX];

	if (d->act != ACT_CORRECT && !asked)
		return list;
	term_format_cli(&was->term, from);
	term_format_cli(&c->next.decided.term, to);
	add_departure(list, asked ? "level" : "level proposed", was->level, c->next.decided.level);
	add_departure(list, asked ? "term" : "term proposed", from, to);
	add_departure(list, asked ? "item" : "item proposed", was->item, c->next.decided.item);
	return list;
}
