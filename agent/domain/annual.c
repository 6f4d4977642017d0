#include "domain/annual.h"

#include "base/text.h"

#include <assert.h>

const char *const annual_of_names[] = {
    "original", "derived",  "ordered",	"imported",   "corrected", "returned",	"referred", "disputed",	   "issued",
    "changed",	"extended", "released", "expired",    "reviewed",  "published", "archived", "transferred", "destroyed",
    "held",	"overdue",  "officers", "challenges", "findings",  "incidents", NULL,
};
static_assert(array_n(annual_of_names) == ANNUAL_OF + 1, "names");

const char *const annual_by_names[] = {"total", "level", "kind", "term", "approver", "unit", "code", NULL};
static_assert(array_n(annual_by_names) == ANNUAL_BY + 1, "names");

#define ROW(what, of_, by_)                                                                                            \
	{                                                                                                              \
		.label = {what, NULL}, .of = of_, .by = by_                                                            \
	}
static const struct annual_row usual_rows[] = {
    ROW("officers", ANNUAL_OFFICERS, ANNUAL_LEVEL), ROW("original", ANNUAL_ORIGINAL, ANNUAL_LEVEL),
    ROW("original", ANNUAL_ORIGINAL, ANNUAL_TERM),  ROW("original", ANNUAL_ORIGINAL, ANNUAL_APPROVER),
    ROW("original", ANNUAL_ORIGINAL, ANNUAL_UNIT),  ROW("derived", ANNUAL_DERIVED, ANNUAL_LEVEL),
    ROW("changed", ANNUAL_CHANGED, ANNUAL_LEVEL),   ROW("extended", ANNUAL_EXTENDED, ANNUAL_LEVEL),
    ROW("released", ANNUAL_RELEASED, ANNUAL_LEVEL), ROW("expired", ANNUAL_EXPIRED, ANNUAL_LEVEL),
    ROW("reviewed", ANNUAL_REVIEWED, ANNUAL_TOTAL), ROW("challenges", ANNUAL_CHALLENGES, ANNUAL_TOTAL),
    ROW("held", ANNUAL_HELD, ANNUAL_LEVEL),	    ROW("overdue", ANNUAL_OVERDUE, ANNUAL_LEVEL),
    ROW("findings", ANNUAL_FINDINGS, ANNUAL_CODE),  ROW("incidents", ANNUAL_INCIDENTS, ANNUAL_KIND),
};
const struct annual annual_usual = {{"annual return", NULL}, usual_rows, array_n(usual_rows)};

bool annual_is_secret(const char *regime)
{
	return text_equal(regime, "state-secret");
}

bool annual_is_held(const char *state)
{
	static const char *const states[] = {"classified", "issued", "changed", "disputed"};

	for (size_t i = 0; i < array_n(states); i++)
		if (text_equal(states[i], state))
			return true;
	return false;
}

static bool is_decision(const char *act)
{
	return text_equal(act, "approve") || text_equal(act, "correct");
}

static bool decided_as(const struct annual_act *a, const char *kind)
{
	return is_decision(a->act) && text_equal(a->kind, kind);
}

bool annual_takes(enum annual_of of, const struct annual_act *a)
{
	static const char *const acts[ANNUAL_ACTS] = {
	    [ANNUAL_CORRECTED] = "correct", [ANNUAL_RETURNED] = "return",  [ANNUAL_DISPUTED] = "dispute",
	    [ANNUAL_ISSUED] = "issue",	    [ANNUAL_CHANGED] = "change",   [ANNUAL_EXTENDED] = "extend",
	    [ANNUAL_RELEASED] = "release",  [ANNUAL_EXPIRED] = "expire",   [ANNUAL_REVIEWED] = "review",
	    [ANNUAL_PUBLISHED] = "publish", [ANNUAL_ARCHIVED] = "archive", [ANNUAL_TRANSFERRED] = "transfer",
	    [ANNUAL_DESTROYED] = "destroy",
	};

	if (!annual_is_secret(a->regime) || of >= ANNUAL_ACTS)
		return false;
	switch ((int)of) {
	case ANNUAL_ORIGINAL:
		return decided_as(a, "original");
	case ANNUAL_DERIVED:
		return decided_as(a, "derived");
	case ANNUAL_ORDERED: /* a referral's answer is what was decided above, too */
		return text_equal(a->act, "order") || text_equal(a->act, "answer") || decided_as(a, "ordered");
	case ANNUAL_EXPIRED: /* on its day, or by its event */
		return text_equal(a->act, "expire") || text_equal(a->act, "met");
	case ANNUAL_IMPORTED:
		return decided_as(a, "imported");
	case ANNUAL_REFERRED:
		return text_equal(a->act, "refer-unclear") || text_equal(a->act, "refer-authority");
	default:
		return text_equal(a->act, acts[of]);
	}
}

const char *annual_key(enum annual_by by, const struct annual_act *a)
{
	switch ((int)by) {
	case ANNUAL_LEVEL:
		return a->level;
	case ANNUAL_KIND:
		return a->kind;
	case ANNUAL_TERM:
		return a->term;
	case ANNUAL_APPROVER:
		return a->approver;
	case ANNUAL_UNIT:
		return a->unit;
	default:
		return "";
	}
}
