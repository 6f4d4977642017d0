/* Asking for a change, an extension or a release; taking back what was asked, and returning or refusing it. */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"

#include <errno.h>

/* What was asked for is over: nothing of it protects or waits any more. */
static void settle(struct case_of *c)
{
	c->next.request = ACT_NEW;
	c->next.asked_regime = NULL;
	if (!text_is_empty(c->next.decided.level))
		c->next.proposed = c->next.decided;
}

static int write_act(struct case_of *c, enum act act, const char *note)
{
	int status = case_change(c, act, note, NULL);

	if (status == 0)
		status = jobs_relabel(c->r, c->next.number);
	return status == 0 ? case_reply(c, NULL) : status;
}

/* The values asked for: those in force, and over them what is to be different. */
static int read_values(struct case_of *c, const struct request_kind *kind, const struct record_asking *a,
		       struct fields *fields)
{
	struct fields_problem problem;
	int status;

	if (fields_read(a->fields, fields, &problem))
		return case_refuse_fields(c, &problem);
	if (!kind->sets)
		return 0;
	c->next.proposed = c->record->decided;
	c->next.proposed.reason = a->reason;
	if (case_turn(c, fields, &c->next.proposed) && kind->decide != ACT_CHANGE)
		return case_refuse_request(c, REQUEST_NOT_SET_HERE);
	status = case_apply(c, fields, &c->next.proposed);
	return status;
}

static int check_request(struct case_of *c, const struct request_kind *kind, const char *document)
{
	enum request_problem problem;

	problem = c->record->request == kind->decide
		      ? REQUEST_WAITS
		      : request_check(c->r->policy, &c->next, kind, &c->next.proposed, document, c->today);
	if (problem)
		return case_refuse_request(c, problem);
	c->next.request = kind->decide;
	return kind->sets ? case_check_values(c, &c->next.proposed) : 0;
}

/* Over before anybody asked, or not over yet: that is a clearer word than that it cannot be done in this state. */
/* Nothing is changed before it is settled what it is; whoever asks hears which dispute that is. */
static int refuse_disputed(struct case_of *c)
{
	char since[11];

	date_format(c->record->disputed_on, since);
	TRY(api_refuse(c->call, API_STATE, "in-dispute", c->record->number,
		       "classctl settle NUMBER ends it; classctl show NUMBER tells what it is about",
		       "this record is disputed since %s, claimed as %s; nothing about it is changed before that is settled",
		       since, c->record->claimed ? c->record->claimed : "-"));
	return CASE_ANSWERED;
}

static int check_end(struct case_of *c, const struct request_kind *kind)
{
	if (c->record->state == RECORD_DISPUTED)
		return refuse_disputed(c);
	if (kind->decide == ACT_PUBLISH && record_is_in_force(c->record))
		return case_refuse_request(c, REQUEST_NOT_ENDED);
	return kind->sets && c->record->state == RECORD_EXPIRED ? case_refuse_request(c, REQUEST_TOO_LATE) : 0;
}

int record_ask(struct case_of *c, const struct record_asking *a)
{
	const struct request_kind *kind = request_kind_find(a->kind);
	OWN_MEM char *note = text_format("%s%s%s%s%s", a->before ? a->before : "", a->reason ? a->reason : "",
					 a->document ? " (" : "", a->document ? a->document : "", a->document ? ")" : "");
	struct fields fields = {0};
	int status;

	if (!kind)
		return case_refuse(c, API_INPUT, "unknown-kind", "one of change, extend, release, publish",
				   "there is no request of that kind");
	if (text_is_empty(a->reason) || !text_is_line(a->reason, 1000) || (a->document && !text_is_line(a->document, 200)))
		return case_refuse(c, API_INPUT, "no-reason", "say why, in one line, with --reason",
				   "a request has a reason");
	status = check_end(c, kind);
	if (status == 0)
		status = case_may(c, kind->ask, NULL, NULL);
	if (status == 0)
		status = read_values(c, kind, a, &fields);
	if (status == 0 && a->check)
		status = a->check(c, a->arg);
	if (status == 0)
		status = check_request(c, kind, a->document);
	if (status)
		return status;
	c->next.requested_on = c->today;
	c->next.requester = c->person->person.id;
	c->next.requester_uid = c->person->person.uid;
	return write_act(c, kind->ask, note);
}

static int begin(struct registrar *r, struct api_call *call, struct case_of *c)
{
	int status = case_begin(r, call, c);

	return status == 0 ? case_load(c, json_get_text(api_parameters(call), "number")) : status;
}

int record_method_request(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	int status = begin(r, call, &c);

	if (status == 0)
		status = record_ask(&c, &(struct record_asking){.kind = json_get_text(parameters, "kind"),
								.reason = json_get_text(parameters, "reason"),
								.document = json_get_text(parameters, "document"),
								.fields = json_get(parameters, "fields")});
	return status < 0 ? status : 0;
}

/* Something may be asked for about it, so that is what is taken back; else it is the proposal. */
static bool is_decided(const struct record *r)
{
	return r->state != RECORD_PROPOSED;
}

static int withdraw(struct case_of *c, const char *reason)
{
	bool decided = is_decided(c->record);
	const struct record_step *step = record_step_find(c->record->state, ACT_WITHDRAW);
	int status = case_may(c, ACT_WITHDRAW, NULL, NULL);

	if (status)
		return status;
	if (decided && c->record->request == ACT_NEW)
		return case_refuse(c, API_STATE, "not-asked", "classctl show NUMBER tells where it stands",
				   "nothing is asked for about this record");
	if (decided && !text_equal(c->record->requester, c->person->person.id))
		return case_refuse(c, API_AUTHORITY, "not-yours", "who decides it may refuse it: classctl return NUMBER",
				   "somebody else asked for that");
	c->next.state = record_step_next(step, c->record->state, NULL);
	if (decided)
		settle(c);
	return write_act(c, ACT_WITHDRAW, reason);
}

int record_method_withdraw(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = begin(r, call, &c);

	if (status == 0)
		status = withdraw(&c, json_get_text(api_parameters(call), "reason"));
	return status < 0 ? status : 0;
}

/* What is said to the drafter: the pack's words, and behind them the decider's own. */
static int say_why(struct case_of *c, const char *code, const char *reason, char **ret)
{
	const struct return_reason *ready = code ? policy_return_reason(c->r->policy, code) : NULL;

	if (code && !ready)
		return case_refuse(c, API_INPUT, "unknown-reason", "classctl return --list shows them, or say it in words",
				   "the pack has no such ready reason");
	if (!ready && text_is_empty(reason))
		return case_refuse(c, API_INPUT, "no-reason", "say what is to be changed with --reason or --ready",
				   "a proposal is returned with a reason");
	if (!text_is_empty(reason) && !text_is_line(reason, 1000))
		return case_refuse(c, API_INPUT, "no-reason", "say in one line what is to be changed, with --reason",
				   "the reason is no line of text");
	c->why_code = ready ? ready->code : NULL;
	*ret = !ready ? text_copy(reason)
		      : text_format("%s%s%s", ready->text.official, text_is_empty(reason) ? "" : ": ", reason ? reason : "");
	return *ret ? 0 : FAULT(ENOMEM, "a reason");
}

/* A proposal goes back to its drafter; a request is refused, and everything stays as it was. */
static int give_back(struct case_of *c, struct json_view given)
{
	OWN_MEM char *why = NULL;
	enum act act = request_waiting(c->record) ? ACT_REFUSE : ACT_RETURN;
	const struct record_step *step = record_step_find(c->record->state, act);
	int status = case_may(c, act, NULL, NULL);

	if (status == 0)
		status = say_why(c, json_get_text(given, "code"), json_get_text(given, "reason"), &why);
	if (status)
		return status;
	c->next.state = record_step_next(step, c->record->state, NULL);
	if (is_decided(c->record))
		settle(c);
	return write_act(c, act, why);
}

int record_method_return(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = begin(r, call, &c);

	if (status == 0)
		status = give_back(&c, api_parameters(call));
	return status < 0 ? status : 0;
}
