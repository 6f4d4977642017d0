/* What is signed provisionally, and what settles it: the answer to a referral, a dispute decided, an order from above. */
#include "registrar/records/decision_plans.h"

#include "base/text.h"
#include "domain/claim.h"

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
	status = decision_check_clock(c, level);
	if (status)
		return status;
	to = policy_settler(c->r->policy, level);
	d->act = ACT_REFER_UNCLEAR;
	n->state = RECORD_PROVISIONAL;
	n->responsible = c->person->person.id;
	n->referred_on = c->today;
	n->referred_to = to ? to->code : NULL;
	n->reported_on = (struct date){0};
	n->floor = case_floor(c, 0); /* what protected it unsaid ends with what is signed */
	n->version = c->record->version + 1;
	decision_ask_signature(d, level);
	return 0;
}

/* The document that decides, and its day, which is not before `since`. */
static int read_paper(struct case_of *c, struct decision *d, struct json_view parameters, struct date since)
{
	const char *document = json_get_text(parameters, "document");
	const char *on = json_get_text(parameters, "date");
	struct date day = c->today;

	if (text_is_empty(document) || !text_is_line(document, 200))
		return case_refuse(c, API_INPUT, "no-document", "name it with --document",
				   "what was decided above comes by a document");
	if (on && !date_parse(on, &day))
		return case_refuse(c, API_INPUT, "bad-date", "write it as 2026-03-01", "the day of the document does not exist");
	if (date_compare(day, c->today) > 0 || date_compare(day, since) < 0)
		return case_refuse(c, API_INPUT, "not-that-day", "give a day since the report or decision, up to today",
				   "the document cannot be of that day");
	d->note = text_format("%s%s%s", document, on ? ", " : "", on ? on : "");
	return 0;
}

/* What the document or the decider says, over the values it begins from; NULL: refused. */
static int read_outcome(struct case_of *c, struct decision *d, const struct classification *base,
			const struct level **ret)
{
	struct record *n = &c->next;
	int status;

	n->decided = *base;
	status = case_apply(c, &d->fields, &n->decided);
	if (status)
		return status;
	*ret = level_find(c->r->policy, n->decided.level);
	if (*ret && !level_is_classified(*ret) && regime_is_other(n->regime)) {
		*ret = regime_holds(c->r->policy, n->regime, *ret); /* no state secret: it stays what it was */
	} else if (*ret && !level_is_classified(*ret)) {
		n->decided = (struct classification){.level = (*ret)->code};
		n->regime = REGIME_NONE;
	} else {
		n->regime = REGIME_STATE_SECRET; /* it may have been held for none */
	}
	return 0;
}

/* Whose claim the values are, as the decider names it, or as they show; a dispute ends for one of them or for none. */
static int name_claim(struct case_of *c, struct decision *d, const char *named, const char *why)
{
	struct texts claims = c->record->claims;
	bool of_one = named && !text_equal(named, "none");
	size_t at = of_one ? claims_of(claims, named) : named ? claims.n : claims_met(claims, &c->next.decided);
	struct claim claim;

	if (c->record->state != RECORD_DISPUTED)
		return named ? case_refuse(c, API_STATE, "not-disputed", "leave --claim out", "nobody claims anything about this record")
			     : 0;
	if (of_one && at == claims.n)
		return case_refuse(c, API_NOT_FOUND, "no-claim", "classctl dispute show NUMBER lists what is claimed",
				   "that unit claims nothing in this dispute");
	if (at < claims.n && !claim_parse(claims.at[at], &claim))
		at = claims.n;
	if (of_one && at < claims.n && !claim_is_met(&claim, &c->next.decided))
		return case_refuse(c, API_INPUT, "not-that-claim", "leave --level and --term out, or say --claim none",
				   "what is decided is not what that unit claims");
	free(d->note);
	d->note = at < claims.n ? text_format("for the claim of %s: %s", claim.unit, why)
				: text_format("for no claim: %s", why);
	c->next.claims = (struct texts){0};
	return 0;
}

/* Settles what was open, by that act, on these values. */
static int plan_outcome(struct case_of *c, struct decision *d, enum act act, const struct classification *base)
{
	struct record *n = &c->next;
	struct authority_answer answer;
	const struct level *level = NULL;
	int status = read_outcome(c, d, base, &level);

	if (status == 0)
		status = case_may(c, act, &n->decided, &answer);
	if (status == 0 && (!level || level_is_classified(level)))
		status = case_check_values(c, &n->decided);
	if (status == 0 && act == ACT_SETTLE)
		status = decision_check_originator(c, level);
	if (status == 0)
		status = decision_check_clock(c, level);
	if (status)
		return status;
	d->act = act;
	decision_by(c, d, &answer);
	n->state = record_step_next(record_step_find(c->record->state, act), c->record->state, level);
	if (n->state == RECORD_CLASSIFIED && date_is_set(n->issued_on))
		n->state = RECORD_ISSUED;
	n->request = ACT_NEW;
	n->floor = case_floor(c, 0);
	record_compute_dates(c->r->policy, n);
	decision_ask_signature(d, level);
	decision_ask_signature(d, record_protection(c->r->policy, c->record));
	return 0;
}

int plan_answer(struct case_of *c, struct decision *d, struct json_view parameters)
{
	int status;

	if (!record_step_find(c->record->state, ACT_ANSWER))
		return case_refuse(c, API_STATE, "not-referred", "classctl show NUMBER tells where it stands",
				   "this record is not referred to anybody");
	if (!date_is_set(c->record->reported_on))
		return case_refuse(c, API_STATE, "not-reported", "classctl refer sent NUMBER enters that the report went out",
				   "no report of this matter went out, so no answer can have come");
	status = read_paper(c, d, parameters, c->record->reported_on);
	if (status == 0)
		status = plan_outcome(c, d, ACT_ANSWER, &c->record->proposed);
	c->next.entry = ENTRY_ORDERED;
	return status;
}

int plan_order(struct case_of *c, struct decision *d, struct json_view parameters)
{
	OWN_MEM char *paper = NULL;
	int status = read_paper(c, d, parameters, c->record->decided_on);

	if (status == 0)
		status = plan_outcome(c, d, ACT_ORDER, &c->record->decided);
	c->next.entry = ENTRY_ORDERED;
	if (status)
		return status;
	paper = text_copy(d->note);
	return name_claim(c, d, json_get_text(parameters, "claim"), paper ? paper : "");
}

int plan_settle(struct case_of *c, struct decision *d, struct json_view parameters)
{
	const char *reason = json_get_text(parameters, "reason");
	int status;

	if (text_is_empty(reason) && !d->fields.reason)
		return case_refuse(c, API_INPUT, "no-reason", "say what speaks for it with --reason",
				   "a dispute is settled with a reason");
	status = plan_outcome(c, d, ACT_SETTLE, &c->record->decided);
	return status ? status
		      : name_claim(c, d, json_get_text(parameters, "claim"), text_is_empty(reason) ? d->fields.reason : reason);
}
