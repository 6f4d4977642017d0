/* Referring what nobody here may decide, and entering that a report went out. Both protect first (domain.md A.4, A.9). */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "registrar/documents/jobs.h"

static int begin(struct registrar *r, struct api_call *call, struct case_of *c)
{
	int status = case_begin(r, call, c);

	return status == 0 ? case_load(c, json_get_text(api_parameters(call), "number")) : status;
}

/* Level, term and scope that protect it until somebody with authority has decided. */
static int read_values(struct case_of *c, struct fields *fields)
{
	struct classification *what = &c->next.proposed;
	struct fields_problem problem;
	int status;

	if (fields_read(json_get(api_parameters(c->call), "fields"), fields, &problem))
		return case_refuse_fields(c, &problem);
	status = case_apply(c, fields, what);
	if (status == 0 && (what->basis == BASIS_UNCLEAR || what->basis == BASIS_MISSING))
		what->basis = BASIS_NO_AUTHORITY;
	return status == 0 ? case_check_values(c, what) : status;
}

static int refer(struct case_of *c, const char *reason)
{
	struct fields fields = {0};
	const struct unit_rule *to;
	const struct level *level;
	int status = case_may(c, ACT_REFER_AUTHORITY, NULL, NULL);

	if (status == 0)
		status = read_values(c, &fields);
	if (status)
		return status;
	level = level_find(c->r->policy, c->next.proposed.level);
	if (!level_is_classified(level))
		return case_refuse(c, API_INPUT, "not-classified", "say which level protects it meanwhile: --level",
				   "a matter that is referred is protected until the answer");
	to = policy_asks(c->r->policy, level);
	c->next.state = RECORD_REPORTED;
	c->next.referred_on = c->today;
	c->next.referred_to = to ? to->code : NULL;
	c->next.reported_on = (struct date){0};
	status = case_change(c, ACT_REFER_AUTHORITY, reason, NULL);
	if (status == 0)
		status = jobs_seal(c->r, c->next.number);
	if (status == 0)
		status = jobs_relabel(c->r, c->next.number);
	return status == 0 ? case_reply(c, NULL) : status;
}

int record_method_refer(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = begin(r, call, &c);

	if (status == 0)
		status = refer(&c, json_get_text(api_parameters(call), "reason"));
	return status < 0 ? status : 0;
}

/* The day they had it: since the matter was referred, and not after today. */
static int read_day(struct case_of *c, const char *received, struct date *ret)
{
	struct date since = c->record->state == RECORD_DISPUTED ? c->record->disputed_on : c->record->referred_on;

	*ret = c->today;
	if (received && !date_parse(received, ret))
		return case_refuse(c, API_INPUT, "bad-date", "write it as 2026-03-01", "the day of receipt does not exist");
	if (date_compare(*ret, c->today) > 0 || date_compare(*ret, since) < 0)
		return case_refuse(c, API_INPUT, "not-that-day", "give a day since it was referred, up to today",
				   "the report cannot have come on that day");
	return 0;
}

static int report(struct case_of *c, struct json_view parameters)
{
	const char *document = json_get_text(parameters, "document");
	int status = case_may(c, ACT_REPORT, NULL, NULL);

	if (status == 0)
		status = read_day(c, json_get_text(parameters, "received"), &c->next.reported_on);
	if (status)
		return status;
	if (text_is_empty(document) || !text_is_line(document, 200))
		return case_refuse(c, API_INPUT, "no-document", "give the number it went out under with --document",
				   "a report is a document");
	status = case_change(c, ACT_REPORT, document, NULL);
	if (status == 0)
		status = jobs_relabel(c->r, c->next.number);
	return status == 0 ? case_reply(c, NULL) : status;
}

int record_method_report(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = begin(r, call, &c);

	if (status == 0)
		status = report(&c, api_parameters(call));
	return status < 0 ? status : 0;
}
