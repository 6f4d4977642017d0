/* A pack's memory, its calendar and its caps. */
#include "domain/policy.h"

#include <string.h>

#include "base/text.h"

/* Everything a pack owns hangs on one chain, so that building it needs no undoing. */
struct chunk {
	struct chunk *next;
	max_align_t at[];
};

struct policy *policy_new(void)
{
	return calloc(1, sizeof(struct policy));
}

void policy_free(struct policy *p)
{
	struct chunk *next;

	for (struct chunk *c = p ? p->memory : NULL; c; c = next) {
		next = c->next;
		free(c);
	}
	free(p);
}

void *policy_alloc(struct policy *p, size_t n, size_t size)
{
	struct chunk *c;
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || __builtin_add_overflow(bytes, sizeof(*c), &bytes))
		return NULL;
	c = calloc(1, bytes);
	if (!c)
		return NULL;
	c->next = p->memory;
	p->memory = c;
	return c->at;
}

const char *policy_text(struct policy *p, const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = policy_alloc(p, n, 1);

	if (copy)
		memcpy(copy, text, n);
	return copy;
}

static bool is_listed(struct dates dates, struct date d)
{
	for (size_t low = 0, high = dates.n; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = date_compare(dates.at[middle], d);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool policy_is_working_day(const struct policy *p, struct date d)
{
	const struct calendar *c = &p->calendar;

	if (is_listed(c->holidays, d))
		return false;
	if (is_listed(c->workdays, d))
		return true;
	return !(c->weekend & (1u << date_weekday(d)));
}

struct date policy_deadline(const struct policy *p, struct date from, struct span span)
{
	struct date d = from;

	if (span.days == 0 || !date_is_set(from))
		return (struct date){0};
	if (!span.working || p->calendar.weekend == 0x7f)
		return date_add_days(from, span.days);
	for (uint16_t left = span.days; left > 0;) {
		d = date_add_days(d, 1);
		if (policy_is_working_day(p, d))
			left--;
	}
	return d;
}

struct date policy_deadline_of(const struct policy *p, struct date from, enum deadline which)
{
	return policy_deadline(p, from, policy_on(p, from)->deadlines[which]);
}

static struct term smaller(struct term a, struct term b, struct date start)
{
	if (a.kind == TERM_NONE || b.kind == TERM_NONE)
		return a.kind == TERM_NONE ? b : a;
	return term_compare(&b, &a, start, DATE_LEAP_FEB28) < 0 ? b : a;
}

struct term policy_cap_from(const struct level *level, const struct item *item, struct date start)
{
	struct term cap = {0};

	if (level && period_is_set(level->max_term))
		cap = (struct term){.kind = TERM_PERIOD, .period = level->max_term};
	return item ? smaller(cap, item->max_term, start) : cap;
}

struct term policy_cap(const struct policy *p, const struct level *level, const struct item *item)
{
	struct date anywhere = {2000, 3, 1};

	(void)p;
	return policy_cap_from(level, item, anywhere);
}

bool policy_is_longest(const struct policy *p, const struct term *t, const struct item *item, const struct term *cap,
		       struct date start)
{
	return cap->kind != TERM_NONE && term_is_complete(t) && !(item && term_equal(t, &item->term)) &&
	       term_compare(t, cap, start, p->leap) == 0;
}

const struct return_reason *policy_return_reason(const struct policy *p, const char *code)
{
	for (size_t i = 0; i < p->returns.n; i++)
		if (text_equal(p->returns.at[i].code, code))
			return &p->returns.at[i];
	return NULL;
}

bool policy_long_term_allowed(const struct policy *p, const struct item *item)
{
	return p->term_kinds[TERM_LONG] && item && item->long_term;
}

const char *deadline_name(enum deadline which)
{
	static const char *const names[DEADLINES] = {
	    [DEADLINE_PROPOSAL] = "proposal",
	    [DEADLINE_UNCLEAR_REPORT] = "unclear-report",
	    [DEADLINE_UNCLEAR_ANSWER] = "unclear-answer",
	    [DEADLINE_AUTHORITY_REPORT] = "authority-report",
	    [DEADLINE_DISPUTE_ANSWER] = "dispute-answer",
	    [DEADLINE_DISPUTE_ESCALATE] = "dispute-escalate",
	    [DEADLINE_REQUEST] = "request",
	    [DEADLINE_REVIEW] = "review",
	    [DEADLINE_CHANGED] = "changed",
	    [DEADLINE_SOURCE] = "source",
	    [DEADLINE_NOTICE] = "notice",
	    [DEADLINE_SERVICE] = "service",
	    [DEADLINE_DRAFT] = "draft",
	};

	return names[which];
}

struct review_rules policy_reviews(const struct policy *p)
{
	struct review_rules said = p->reviews;

	said.sample = said.sample ? said.sample : 5;
	said.bulk_max = said.bulk_max ? said.bulk_max : 50;
	said.reread_percent = said.reread_percent ? said.reread_percent : 2;
	return said;
}

static uint16_t or_else(uint16_t said, uint16_t otherwise)
{
	return said ? said : otherwise;
}

struct set_rules policy_sets(const struct policy *p)
{
	return (struct set_rules){.most = or_else(p->sets.most, SETS_MOST),
				  .open_one_in = or_else(p->sets.open_one_in, SETS_OPEN_ONE_IN)};
}

struct escalation_rules policy_escalation(const struct policy *p)
{
	const struct escalation_rules *said = &p->escalation;

	return (struct escalation_rules){.owner_before = or_else(said->owner_before, 30),
					 .responsible_before = or_else(said->responsible_before, 7),
					 .superior_after = or_else(said->superior_after, 1),
					 .office_after = or_else(said->office_after, 10)};
}

uint16_t policy_escrow_drill_days(const struct policy *p)
{
	return p && p->escrow_drill ? p->escrow_drill : 365;
}

uint16_t policy_escrow_change_days(const struct policy *p)
{
	return p && p->escrow_change ? p->escrow_change : 30;
}

uint16_t policy_rotation_days(const struct policy *p)
{
	return or_else(p->rotation_days, 30);
}
