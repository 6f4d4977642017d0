/* An unclear matter: what is signed provisionally, and the answer that settles it. */
#include "registrar/records/decision_plans.h"

#include "base/text.h"

int plan_unclear(struct case_of *c, struct decision *d, struct json_view parameters)
{
	struct record *n = &c->next;
	const struct unit_rule *to;
	const struct level *level;
	int status = case_apply(c, &d->fields, &n->proposed);

	(void)parameters;
	n->proposed.basis = BASIS_UNCLEAR; /* that no item covers it is what makes it unclear */
	n->proposed.item = NULL;
	if (status == 0)
		status = case_may(c, ACT_REFER_UNCLEAR, &n->proposed, NULL);
	if (status == 0)
		status = case_check_values(c, &n->proposed);
	if (status)
		return status;
	level = level_find(c->r->policy, n->proposed.level);
	if (!level_is_classified(level))
		return case_refuse(c, API_INPUT, "not-classified", "say which level protects it meanwhile: --level",
				   "a matter that is referred is protected until the answer");
	to = policy_settler(c->r->policy, level);
	d->act = ACT_REFER_UNCLEAR;
	n->state = RECORD_PROVISIONAL;
	n->responsible = c->person->person.id;
	n->referred_on = c->today;
	n->referred_to = to ? to->code : NULL;
	n->reported_on = (struct date){0};
	n->version = c->record->version + 1;
	decision_ask_signature(d, level);
	return 0;
}

/* When and by which paper it was answered; the day is one since they had the report. */
static int read_answer(struct case_of *c, struct decision *d, struct json_view parameters)
{
	const char *document = json_get_text(parameters, "document");
	const char *on = json_get_text(parameters, "date");
	struct date day = c->today;

	if (!date_is_set(c->record->reported_on))
		return case_refuse(c, API_STATE, "not-reported", "classctl refer sent NUMBER enters that the report went out",
				   "no report of this matter went out, so no answer can have come");
	if (text_is_empty(document) || !text_is_line(document, 200))
		return case_refuse(c, API_INPUT, "no-document", "name the written answer with --document",
				   "an answer is a document");
	if (on && !date_parse(on, &day))
		return case_refuse(c, API_INPUT, "bad-date", "write it as 2026-03-01", "the day of the answer does not exist");
	if (date_compare(day, c->today) > 0 || date_compare(day, c->record->reported_on) < 0)
		return case_refuse(c, API_INPUT, "not-that-day", "give a day since the report, up to today",
				   "no answer can be of that day");
	d->note = text_format("%s%s%s", document, on ? ", " : "", on ? on : "");
	return 0;
}

int plan_answer(struct case_of *c, struct decision *d, struct json_view parameters)
{
	struct record *n = &c->next;
	struct authority_answer answer;
	const struct level *level;
	int status = read_answer(c, d, parameters);

	n->decided = n->proposed;
	if (status == 0)
		status = case_apply(c, &d->fields, &n->decided);
	if (status)
		return status;
	level = level_find(c->r->policy, n->decided.level);
	if (level && !level_is_classified(level)) {
		n->decided = (struct classification){.level = level->code};
		n->regime = REGIME_NONE;
	}
	status = case_may(c, ACT_ANSWER, &n->decided, &answer);
	if (status == 0 && level_is_classified(level))
		status = case_check_values(c, &n->decided);
	if (status == 0)
		status = decision_check_clock(c, level);
	if (status)
		return status;
	d->act = ACT_ANSWER;
	decision_by(c, d, &answer);
	n->entry = ENTRY_ORDERED;
	n->state = record_step_next(record_step_find(c->record->state, ACT_ANSWER), c->record->state, level);
	n->floor = case_floor(c, 0);
	record_compute_dates(c->r->policy, n);
	decision_ask_signature(d, level);
	decision_ask_signature(d, record_protection(c->r->policy, c->record));
	return 0;
}
