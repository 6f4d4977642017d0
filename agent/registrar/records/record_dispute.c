/*
 * A dispute: somebody objects to what is decided, and each party says what it should be. The pack says whether the
 * highest level and the longest term that stand claimed protect it until it is settled (domain.md A.9).
 */
#include "registrar/records/record_methods.h"

#include "base/text.h"
#include "domain/claim.h"
#include "registrar/documents/jobs.h"
#include "registrar/records/decision_plans.h"

#include <stdio.h>

/* The claims as they are to be; c->next borrows from it. */
struct edit {
	const char *at[CLAIMS_MAX];
	char line[CLAIM_LINE_MAX];
	struct claim claim;
	char *note;
};

static void edit_done(struct edit *e)
{
	free(e->note);
}

static int begin(struct registrar *r, struct api_call *call, struct case_of *c)
{
	int status = case_begin(r, call, c);

	return status == 0 ? case_load(c, json_get_text(api_parameters(call), "number")) : status;
}

/* Whose claim it is: a unit that is named, else that of who enters it. */
static int read_unit(struct case_of *c, const char *unit, struct claim *claim)
{
	const struct person *me = &c->person->person;

	if (!unit)
		unit = text_is_empty(me->department) ? me->id : me->department;
	if (!claim_unit_is_valid(unit))
		return case_refuse(c, API_INPUT, "bad-unit",
				   "name the unit in one line, with --unit; none is nobody's name",
				   "that is no name of a unit");
	(void)snprintf(claim->unit, sizeof(claim->unit), "%s", unit);
	return 0;
}

static int read_values(struct case_of *c, struct json_view parameters, struct claim *claim)
{
	const char *name = json_get_text(parameters, "level"), *term = json_get_text(parameters, "term");
	const struct level *level = name ? level_find(c->r->policy, name) : NULL;

	if (name && !level)
		return case_refuse(c, API_INPUT, "unknown-level", "classctl policy show lists the levels",
				   "the pack has no level of that name");
	if (term && !term_parse_cli(term, &claim->term))
		return case_refuse(c, API_INPUT, "bad-term", "write it as 10y, 6m, 2030-06-30 or event:TEXT",
				   "the term that is claimed does not read");
	(void)snprintf(claim->level, sizeof(claim->level), "%s", level ? level->code : "");
	claim->since = c->today;
	return 0;
}

static int read_reason(struct case_of *c, struct json_view parameters, struct edit *e)
{
	const char *reason = json_get_text(parameters, "reason"), *document = json_get_text(parameters, "document");

	if (text_is_empty(reason) || !text_is_line(reason, 1000) || (document && !text_is_line(document, 200)))
		return case_refuse(c, API_INPUT, "no-reason", "say in one line what is disputed, with --reason",
				   "a dispute has a reason");
	e->note = text_format("%s: %s%s%s", e->claim.unit, document ? document : "", document ? ": " : "", reason);
	return 0;
}

static void lay_out(struct case_of *c, struct edit *e, size_t without, bool adds)
{
	size_t n = 0;

	for (size_t i = 0; i < c->record->claims.n && n < CLAIMS_MAX - 1; i++)
		if (i != without)
			e->at[n++] = c->record->claims.at[i];
	claim_format(&e->claim, e->line);
	if (adds)
		e->at[n++] = e->line;
	c->next.claims = (struct texts){e->at, n};
	claims_count(c->r->policy, &c->next);
}

/* Whom a matter of the level that is claimed now is taken to; whoever has a report already keeps it. */
static void address(struct case_of *c)
{
	const struct policy *p = c->r->policy;
	const struct unit_rule *to = policy_settler(p, level_find(p, c->next.claimed ? c->next.claimed : ""));

	if (!date_is_set(c->next.reported_on))
		c->next.referred_to = to ? to->code : NULL;
}

static int write_claims(struct case_of *c, enum act act, const char *note)
{
	int status;

	address(c);
	status = case_change(c, act, note, NULL);
	if (status == 0 && level_is_classified(record_protection(c->r->policy, &c->next)))
		status = jobs_seal(c->r, c->next.number);
	if (status == 0)
		status = jobs_relabel(c->r, c->next.number);
	return status == 0 ? case_reply(c, NULL) : status;
}

/* Who may do that, and what is claimed for whom, and why. */
static int read_claim(struct case_of *c, enum act act, struct json_view parameters, struct edit *e)
{
	int status = case_may(c, act, NULL, NULL);

	if (status == 0)
		status = read_unit(c, json_get_text(parameters, "unit"), &e->claim);
	if (status == 0)
		status = read_values(c, parameters, &e->claim);
	if (status == 0)
		status = read_reason(c, parameters, e);
	return status;
}

static int dispute(struct case_of *c, struct json_view parameters, struct edit *e)
{
	int status = read_claim(c, ACT_DISPUTE, parameters, e);

	if (status)
		return status;
	c->next.state = RECORD_DISPUTED;
	c->next.disputed_on = c->today;
	c->next.reported_on = (struct date){0};
	c->next.request = ACT_NEW;		  /* what was asked for waits no more: first it is settled what it is */
	c->next.requester = c->person->person.id; /* and somebody else settles it */
	c->next.requester_uid = c->person->person.uid;
	lay_out(c, e, c->record->claims.n, true);
	return write_claims(c, ACT_DISPUTE, e->note);
}

int record_method_dispute(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct edit e = {0};
	int status = begin(r, call, &c);

	if (status == 0)
		status = dispute(&c, api_parameters(call), &e);
	edit_done(&e);
	return status < 0 ? status : 0;
}

/* Less than what protects it now is claimed in writing, and not while the clock is suspect. */
static int check_less(struct case_of *c, const char *document)
{
	const struct level *was = record_protection(c->r->policy, c->record),
			   *now = record_protection(c->r->policy, &c->next);
	struct date before = c->record->declassify_on, end = c->next.declassify_on;
	bool shorter = date_is_set(end) && (!date_is_set(before) || date_compare(end, before) < 0);

	if (now->rank >= was->rank && !shorter)
		return 0;
	if (text_is_empty(document))
		return case_refuse(
		    c, API_INPUT, "no-document", "name the paper of that unit with --document",
		    "it would be protected less than now, so the claim is given up or lessened in writing");
	return decision_check_clock(c, now);
}

static int claim(struct case_of *c, struct json_view parameters, struct edit *e)
{
	bool drops = json_get_bool(parameters, "withdraw");
	enum act act = drops ? ACT_DROP_CLAIM : ACT_CLAIM;
	size_t at = 0;
	int status = read_claim(c, act, parameters, e);

	if (status)
		return status;
	at = claims_of(c->record->claims, e->claim.unit);
	if (drops && at == c->record->claims.n)
		return case_refuse(c, API_NOT_FOUND, "no-claim", "classctl dispute show NUMBER lists what is claimed",
				   "that unit claims nothing in this dispute");
	if (!drops && !e->claim.level[0] && e->claim.term.kind == TERM_NONE)
		return case_refuse(c, API_INPUT, "nothing-claimed", "say which level or term it should have",
				   "a claim names a level or a term");
	if (!drops && at == c->record->claims.n && at >= CLAIMS_MAX - 1)
		return case_refuse(c, API_STATE, "too-many", "classctl settle or order ends the dispute",
				   "as many units as a dispute can have claim something already");
	lay_out(c, e, at, !drops);
	status = check_less(c, json_get_text(parameters, "document"));
	return status == 0 ? write_claims(c, act, e->note) : status;
}

int record_method_claim(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct edit e = {0};
	int status = begin(r, call, &c);

	if (status == 0)
		status = claim(&c, api_parameters(call), &e);
	edit_done(&e);
	return status < 0 ? status : 0;
}
