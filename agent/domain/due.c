/* What is due: each kind is one function from the record to the day it falls due. */
#include "domain/due.h"

#include "base/text.h"

static bool has_request(const struct record *r)
{
	return r->request != ACT_NEW;
}

static struct date on_proposal(const struct policy *p, const struct record *r)
{
	if (r->state == RECORD_PROPOSED)
		return policy_deadline_of(p, r->proposed_on, DEADLINE_PROPOSAL);
	return has_request(r) ? policy_deadline_of(p, r->requested_on, DEADLINE_REQUEST) : (struct date){0};
}

struct date due_deadline(const struct policy *p, const struct record *r, enum deadline *ret_which)
{
	bool reported = date_is_set(r->reported_on);
	/* The law counts from the proposal, not from the day somebody saw that it is unclear. */
	struct date referred = date_is_set(r->proposed_on) ? r->proposed_on : r->referred_on;
	const struct {
		enum record_state state;
		bool when;
		enum deadline which;
		struct date from;
	} stages[] = {
	    {RECORD_PROVISIONAL, !reported, DEADLINE_UNCLEAR_REPORT, referred},
	    {RECORD_PROVISIONAL, reported, DEADLINE_UNCLEAR_ANSWER, r->reported_on},
	    {RECORD_REPORTED, !reported, DEADLINE_AUTHORITY_REPORT, r->referred_on},
	    {RECORD_REPORTED, reported, DEADLINE_UNCLEAR_ANSWER, r->reported_on},
	    {RECORD_DISPUTED, !reported, DEADLINE_DISPUTE_ANSWER, r->disputed_on},
	    {RECORD_DISPUTED, reported, DEADLINE_DISPUTE_ESCALATE, r->disputed_on},
	    {RECORD_DRAFT, true, DEADLINE_DRAFT, r->drafted},
	};

	for (size_t i = 0; i < array_n(stages); i++)
		if (stages[i].state == r->state && stages[i].when) {
			*ret_which = stages[i].which;
			return policy_deadline_of(p, stages[i].from, stages[i].which);
		}
	return (struct date){0};
}

static struct date deadline_in(const struct policy *p, const struct record *r, uint32_t states)
{
	enum deadline which;

	return (states & 1u << r->state) ? due_deadline(p, r, &which) : (struct date){0};
}

static struct date on_referral(const struct policy *p, const struct record *r)
{
	return deadline_in(p, r, 1u << RECORD_PROVISIONAL | 1u << RECORD_REPORTED);
}

static struct date on_dispute(const struct policy *p, const struct record *r)
{
	return deadline_in(p, r, 1u << RECORD_DISPUTED);
}

static struct date on_changed(const struct policy *p, const struct record *r)
{
	bool waits = r->state == RECORD_CHANGED && !has_request(r);

	return waits ? policy_deadline_of(p, r->changed_on, DEADLINE_CHANGED) : (struct date){0};
}

static struct date on_draft(const struct policy *p, const struct record *r)
{
	return deadline_in(p, r, 1u << RECORD_DRAFT);
}

static struct date on_review(const struct policy *p, const struct record *r)
{
	(void)p;
	return record_is_in_force(r) ? r->next_review : (struct date){0};
}

static struct date on_check(const struct policy *p, const struct record *r)
{
	const struct term *t = &r->decided.term;

	(void)p;
	if (!record_is_in_force(r) || (t->kind != TERM_EVENT && t->kind != TERM_LONG))
		return (struct date){0};
	return date_is_set(r->check_on) ? r->check_on : t->date;
}

/* The day from which the term is over. */
static struct date on_expiry(const struct policy *p, const struct record *r)
{
	if (!record_is_in_force(r) || !date_is_set(r->declassify_on))
		return (struct date){0};
	return p->edge == TERM_OVER_ON_DAY ? r->declassify_on : date_add_days(r->declassify_on, 1);
}

static struct date lead_before(struct date end, uint16_t days)
{
	return date_is_set(end) ? date_add_days(end, -(int32_t)days) : end;
}

static struct date on_ending(const struct policy *p, const struct record *r)
{
	return p->leads[0] ? lead_before(on_expiry(p, r), p->leads[0]) : (struct date){0};
}

static struct date (*const on_day[DUE_KINDS])(const struct policy *, const struct record *) = {
    [DUE_PROPOSAL] = on_proposal,  [DUE_REFERRAL] = on_referral, [DUE_DISPUTE] = on_dispute,
    [DUE_CHANGED] = on_changed,	   [DUE_REVIEW] = on_review,	 [DUE_CHECK] = on_check,
    [DUE_TERM_ENDING] = on_ending, [DUE_EXPIRY] = on_expiry,	 [DUE_DRAFT] = on_draft,
};

/* The latest lead time that has begun: each is told once, on its day. */
static struct date last_lead(const struct policy *p, struct date end, struct date today)
{
	struct date day = {0};

	for (size_t i = 0; i < POLICY_LEADS && p->leads[i]; i++)
		if (date_compare(lead_before(end, p->leads[i]), today) <= 0)
			day = lead_before(end, p->leads[i]);
	return day;
}

bool due_ends_by_itself(const struct policy *p, const struct record *r)
{
	bool by_itself = p->expiry == EXPIRY_AUTO || (p->expiry == EXPIRY_DATED && r->decided.term.kind == TERM_DATE);

	return by_itself && text_is_empty(r->originator);
}

/*
 * A pending request keeps nothing alive: only a decided extension moves the end (domain.md R41). A dispute or changed
 * content does hold expiry back, because what would expire is not settled.
 */
static enum due_act act_of_expiry(const struct policy *p, const struct record *r)
{
	bool settled = r->state == RECORD_CLASSIFIED || r->state == RECORD_ISSUED;

	return due_ends_by_itself(p, r) && settled ? DUE_EXPIRE : DUE_NOTIFY_ONLY;
}

static void fill(const struct policy *p, const struct record *r, struct date today, struct due *due)
{
	if (due->kind == DUE_EXPIRY)
		due->act = act_of_expiry(p, r);
	due->days = date_to_days(today) - date_to_days(due->on);
	if (due->kind == DUE_TERM_ENDING) {
		struct date end = on_expiry(p, r);

		due->on = last_lead(p, end, today);
		due->days = date_to_days(today) - date_to_days(end);
	}
}

size_t due_of_record(const struct policy *p, const struct record *r, struct date today, struct due ret[DUE_KINDS])
{
	struct date over = on_expiry(p, r);
	bool is_over = date_is_set(over) && date_compare(over, today) <= 0;
	size_t n = 0;

	for (int kind = 0; kind < DUE_KINDS; kind++) {
		struct date day = on_day[kind] ? on_day[kind](p, r) : (struct date){0};

		if (!date_is_set(day) || date_compare(day, today) > 0 || (kind == DUE_TERM_ENDING && is_over))
			continue;
		ret[n] = (struct due){.kind = (enum due_kind)kind, .on = day};
		fill(p, r, today, &ret[n++]);
	}
	return n;
}

bool due_of_appointment(const struct policy *p, const struct appointment *a, struct date today, struct due *ret)
{
	if (!date_is_set(a->until) || date_compare(a->until, today) < 0 ||
	    date_compare(lead_before(a->until, p->appointment_lead), today) > 0)
		return false;
	*ret = (struct due){.kind = DUE_APPOINTMENT, .on = lead_before(a->until, p->appointment_lead)};
	ret->days = date_to_days(today) - date_to_days(a->until);
	return true;
}

struct date due_of_catalogue(const struct policy *p)
{
	struct date last = date_is_set(p->catalogue.reviewed) ? p->catalogue.reviewed : p->effective;

	if (!period_is_set(p->catalogue.review_interval) || !date_is_set(last))
		return (struct date){0};
	return date_add(last, p->catalogue.review_interval, p->leap);
}

struct date due_first(const struct policy *p, const struct record *r)
{
	struct date first = {0};

	for (int kind = 0; kind < DUE_KINDS; kind++) {
		struct date day = on_day[kind] ? on_day[kind](p, r) : (struct date){0};

		if (date_is_set(day) && (!date_is_set(first) || date_compare(day, first) < 0))
			first = day;
	}
	return first;
}

const char *due_kind_name(enum due_kind kind)
{
	static const char *const names[DUE_KINDS] = {
	    [DUE_PROPOSAL] = "proposal-waits", [DUE_REFERRAL] = "referral",   [DUE_DISPUTE] = "dispute",
	    [DUE_CHANGED] = "changed",	       [DUE_REVIEW] = "review",	      [DUE_CHECK] = "check-event",
	    [DUE_TERM_ENDING] = "term-ending", [DUE_EXPIRY] = "term-over",    [DUE_APPOINTMENT] = "appointment-ends",
	    [DUE_DRAFT] = "draft-old",	       [DUE_CATALOGUE] = "catalogue",
	};

	return kind < DUE_KINDS ? names[kind] : "unknown";
}
