/* States and acts of a record as one table (DESIGN 6). What is not in it cannot happen. */
#include "domain/record.h"

#include "base/text.h"
#include "domain/policy.h"

#include <assert.h>

static_assert(ACTS <= 64, "acts are bits of a pack's row");

#define S(state)  (1u << RECORD_##state)
#define PEOPLE	  (ACTOR_DRAFTER | ACTOR_RESPONSIBLE | ACTOR_OFFICE)
#define UNDECIDED (S(DRAFT) | S(PROPOSED) | S(PROVISIONAL) | S(REPORTED))
#define IN_FORCE  (S(CLASSIFIED) | S(ISSUED))
#define HELD	  (IN_FORCE | S(CHANGED))
#define OVER	  (S(EXPIRED) | S(RELEASED) | S(UNCLASSIFIED))

/* clang-format off */
static const struct record_step steps[] = {
	/* from                                act                  to                   who                               decides proposes */
	{ S(NONE),                             ACT_NEW,             RECORD_DRAFT,        PEOPLE | ACTOR_AGENT,             false,  false },
	{ S(NONE),                             ACT_TAG,             RECORD_DRAFT,        PEOPLE | ACTOR_AGENT,             false,  false },
	{ S(DRAFT),                            ACT_TAG,             RECORD_DRAFT,        ACTOR_DRAFTER | ACTOR_RESPONSIBLE, false, false },
	{ S(NONE) | S(DRAFT),                  ACT_DECLARE,         RECORD_UNCLASSIFIED, ACTOR_DRAFTER | ACTOR_RESPONSIBLE, false, true },
	{ S(DRAFT),                            ACT_SUBMIT,          RECORD_PROPOSED,     ACTOR_DRAFTER | ACTOR_RESPONSIBLE, false, true },
	{ S(CHANGED),                          ACT_SUBMIT,          STEP_SAME,           ACTOR_DRAFTER | ACTOR_RESPONSIBLE, false, true },
	{ S(PROPOSED) | S(CHANGED),            ACT_APPROVE,         RECORD_CLASSIFIED,   ACTOR_RESPONSIBLE,                true,   false },
	{ S(PROPOSED) | S(CHANGED),            ACT_CORRECT,         RECORD_CLASSIFIED,   ACTOR_RESPONSIBLE,                true,   false },
	{ S(PROPOSED),                         ACT_RETURN,          RECORD_DRAFT,        ACTOR_RESPONSIBLE,                true,   false },
	{ S(PROPOSED),                         ACT_WITHDRAW,        RECORD_DRAFT,        ACTOR_DRAFTER,                    false,  false },
	{ HELD,                                ACT_WITHDRAW,        STEP_SAME,           PEOPLE,                           false,  false },
	{ S(PROPOSED) | S(REPORTED),           ACT_REASSIGN,        STEP_SAME,           ACTOR_OFFICE,                     false,  false },
	{ S(CHANGED),                          ACT_RETURN,          STEP_SAME,           ACTOR_RESPONSIBLE,                true,   false },
	{ S(PROPOSED),                         ACT_REFER_UNCLEAR,   RECORD_PROVISIONAL,  ACTOR_RESPONSIBLE,                true,   false },
	{ S(DRAFT) | S(PROPOSED),              ACT_REFER_AUTHORITY, RECORD_REPORTED,     PEOPLE,                           false,  true },
	{ S(PROVISIONAL) | S(REPORTED) | S(DISPUTED), ACT_REPORT,           STEP_SAME,           PEOPLE,                           false,  false },
	{ S(PROVISIONAL) | S(REPORTED),        ACT_ANSWER,          RECORD_CLASSIFIED,   ACTOR_RESPONSIBLE,                true,   false },
	{ S(CLASSIFIED),                       ACT_ISSUE,           RECORD_ISSUED,       ACTOR_RESPONSIBLE | ACTOR_OFFICE, false,  false },
	{ IN_FORCE,                            ACT_REQUEST_CHANGE,  STEP_SAME,           PEOPLE,                           false,  true },
	{ HELD,                                ACT_CHANGE,          STEP_SAME,           ACTOR_RESPONSIBLE,                true,   false },
	{ IN_FORCE,                            ACT_REQUEST_EXTEND,  STEP_SAME,           PEOPLE,                           false,  true },
	{ HELD,                                ACT_EXTEND,          STEP_SAME,           ACTOR_RESPONSIBLE,                true,   false },
	{ HELD,                                ACT_REQUEST_RELEASE, STEP_SAME,           PEOPLE,                           false,  true },
	{ HELD,                                ACT_RELEASE,         RECORD_RELEASED,     ACTOR_RESPONSIBLE,                true,   false },
	{ HELD,                                ACT_REFUSE,          STEP_SAME,           ACTOR_RESPONSIBLE,                true,   false },
	{ IN_FORCE | S(DISPUTED) | S(CHANGED), ACT_REVIEW,          STEP_SAME,           ACTOR_RESPONSIBLE,                true,   false },
	{ IN_FORCE | S(UNCLASSIFIED),          ACT_DISPUTE,         RECORD_DISPUTED,     PEOPLE,                           false,  true },
	{ S(DISPUTED),                         ACT_CLAIM,           STEP_SAME,           PEOPLE,                           false,  false },
	{ S(DISPUTED),                         ACT_DROP_CLAIM,      STEP_SAME,           PEOPLE,                           false,  false },
	{ S(DISPUTED),                         ACT_SETTLE,          RECORD_CLASSIFIED,   ACTOR_RESPONSIBLE,                true,   false },
	{ HELD | S(DISPUTED) | S(UNCLASSIFIED), ACT_ORDER,          RECORD_CLASSIFIED,   ACTOR_RESPONSIBLE,                true,   false },
	{ UNDECIDED | S(DISPUTED),             ACT_CONTENT,         STEP_SAME,           PEOPLE | ACTOR_AGENT,             false,  false },
	{ HELD,                                ACT_CONTENT,         RECORD_CHANGED,      PEOPLE | ACTOR_AGENT,             false,  false },
	{ OVER,                                ACT_CONTENT,         RECORD_DRAFT,        PEOPLE | ACTOR_AGENT,             false,  false },
	{ IN_FORCE,                            ACT_EXPIRE,          RECORD_EXPIRED,      ACTOR_AGENT,                      false,  false },
	{ IN_FORCE,                            ACT_MET,             RECORD_EXPIRED,      ACTOR_RESPONSIBLE,                true,   false },
	{ OVER,                                ACT_REQUEST_PUBLISH, STEP_SAME,           PEOPLE,                           false,  true },
	{ OVER,                                ACT_WITHDRAW,        STEP_SAME,           PEOPLE,                           false,  false },
	{ OVER,                                ACT_REFUSE,          STEP_SAME,           ACTOR_RESPONSIBLE,                true,   false },
	{ OVER,                                ACT_PUBLISH,         RECORD_PUBLISHED,    ACTOR_RESPONSIBLE,                true,   false },
	{ OVER | IN_FORCE | S(PUBLISHED),      ACT_ARCHIVE,         RECORD_ARCHIVED,     ACTOR_OFFICE,                     false,  false },
	{ OVER | IN_FORCE,                     ACT_TRANSFER,        RECORD_TRANSFERRED,  ACTOR_OFFICE,                     false,  false },
	{ OVER | IN_FORCE | S(DRAFT),          ACT_DESTROY,         RECORD_DESTROYED,    ACTOR_OFFICE,                     false,  false },
};
/* clang-format on */

const struct record_step *record_step_find(enum record_state state, enum act act)
{
	for (size_t i = 0; i < array_n(steps); i++)
		if (steps[i].act == act && (steps[i].from & (1u << state)))
			return &steps[i];
	return NULL;
}

enum record_state record_step_next(const struct record_step *step, enum record_state state, const struct level *decided)
{
	if (step->to == STEP_SAME)
		return state;
	if (step->to == RECORD_CLASSIFIED && decided && !level_is_classified(decided))
		return RECORD_UNCLASSIFIED;
	return step->to;
}

static const char *const state_names[RECORD_STATES] = {
    [RECORD_NONE] = "none",
    [RECORD_DRAFT] = "draft",
    [RECORD_PROPOSED] = "proposed",
    [RECORD_CLASSIFIED] = "classified",
    [RECORD_ISSUED] = "issued",
    [RECORD_UNCLASSIFIED] = "unclassified",
    [RECORD_PROVISIONAL] = "provisional",
    [RECORD_REPORTED] = "reported",
    [RECORD_DISPUTED] = "disputed",
    [RECORD_CHANGED] = "changed",
    [RECORD_EXPIRED] = "expired",
    [RECORD_RELEASED] = "released",
    [RECORD_PUBLISHED] = "published",
    [RECORD_ARCHIVED] = "archived",
    [RECORD_TRANSFERRED] = "transferred",
    [RECORD_DESTROYED] = "destroyed",
};
static const char *const act_names[ACTS] = {
    [ACT_NEW] = "new",
    [ACT_TAG] = "tag",
    [ACT_SUBMIT] = "submit",
    [ACT_DECLARE] = "declare",
    [ACT_APPROVE] = "approve",
    [ACT_CORRECT] = "correct",
    [ACT_RETURN] = "return",
    [ACT_REFER_UNCLEAR] = "refer-unclear",
    [ACT_REFER_AUTHORITY] = "refer-authority",
    [ACT_REPORT] = "report",
    [ACT_ANSWER] = "answer",
    [ACT_ISSUE] = "issue",
    [ACT_REQUEST_CHANGE] = "request-change",
    [ACT_CHANGE] = "change",
    [ACT_REQUEST_EXTEND] = "request-extend",
    [ACT_EXTEND] = "extend",
    [ACT_REQUEST_RELEASE] = "request-release",
    [ACT_RELEASE] = "release",
    [ACT_REFUSE] = "refuse",
    [ACT_REVIEW] = "review",
    [ACT_DISPUTE] = "dispute",
    [ACT_CLAIM] = "claim",
    [ACT_DROP_CLAIM] = "drop-claim",
    [ACT_SETTLE] = "settle",
    [ACT_ORDER] = "order",
    [ACT_CONTENT] = "content",
    [ACT_EXPIRE] = "expire",
    [ACT_MET] = "met",
    [ACT_REQUEST_PUBLISH] = "request-publish",
    [ACT_PUBLISH] = "publish",
    [ACT_ARCHIVE] = "archive",
    [ACT_TRANSFER] = "transfer",
    [ACT_DESTROY] = "destroy",
    [ACT_WITHDRAW] = "withdraw",
    [ACT_REASSIGN] = "reassign",
};
static const char *const regime_names[REGIME_N] = {
    [REGIME_STATE_SECRET] = "state-secret",
    [REGIME_WORK_SECRET] = "work-secret",
    [REGIME_OTHER_PROTECTED] = "other-protected",
    [REGIME_NONE] = "none",
};
static const char *const basis_names[BASIS_KINDS] = {
    [BASIS_MISSING] = "missing",	   [BASIS_ITEM] = "item",
    [BASIS_DERIVED] = "derived",	   [BASIS_UNCLEAR] = "unclear",
    [BASIS_NO_AUTHORITY] = "no-authority",
};
static const char *const appointment_names[APPOINTMENT_KINDS] = {
    [APPOINTMENT_NONE] = "none",
    [APPOINTMENT_STATUTORY] = "statutory",
    [APPOINTMENT_DESIGNATED] = "designated",
    [APPOINTMENT_DERIVED_ONLY] = "derived-only",
    [APPOINTMENT_STAND_IN] = "stand-in",
    [APPOINTMENT_OCA] = "oca",
    [APPOINTMENT_DERIVATIVE] = "derivative",
    [APPOINTMENT_DECLASSIFICATION] = "declassification",
};
static const char *const actor_names[] = {
    "drafter", "responsible", "secrecy-office", "security-administrator", "auditor", "system-administrator", "agent", "head",
};

/* The place of a name in a table of names, or -1. */
static int index_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal(names[i], name))
			return (int)i;
	return -1;
}

/* One pair of functions per enum: name of a value (the table's), and value of a name. */
#define DEFINE_NAMES(prefix, type, table)                                                                              \
	const char *prefix##_name(type value)                                                                          \
	{                                                                                                              \
		return (size_t)value < array_n(table) ? (table)[value] : "unknown";                                    \
	}                                                                                                              \
	bool prefix##_find(const char *name, type *ret)                                                                \
	{                                                                                                              \
		int i = index_of(table, array_n(table), name);                                                         \
                                                                                                                       \
		if (i >= 0)                                                                                            \
			*ret = (type)i;                                                                                \
		return i >= 0;                                                                                         \
	}

DEFINE_NAMES(record_state, enum record_state, state_names)
DEFINE_NAMES(act, enum act, act_names)
DEFINE_NAMES(regime, enum regime, regime_names)
DEFINE_NAMES(basis_kind, enum basis_kind, basis_names)
DEFINE_NAMES(appointment_kind, enum appointment_kind, appointment_names)

const char *actor_name(enum actor actor)
{
	for (size_t i = 0; i < array_n(actor_names); i++)
		if ((unsigned)actor == 1u << i)
			return actor_names[i];
	return "unknown";
}

bool actor_find(const char *name, enum actor *ret)
{
	int i = index_of(actor_names, array_n(actor_names), name);

	if (i >= 0)
		*ret = (enum actor)(1u << i);
	return i >= 0;
}

bool record_is_in_force(const struct record *r)
{
	return (IN_FORCE | S(DISPUTED) | S(CHANGED)) & (1u << r->state);
}

bool record_is_of_other_pack(const struct policy *p, const struct record *r)
{
	return !text_is_empty(r->pack) && !text_equal(r->pack, p->id) && date_is_set(r->decided_on);
}

bool record_is_carrier(const struct record *r)
{
	return !text_is_empty(r->carrier) && !text_equal(r->carrier, "file");
}

bool record_is_ended(const struct record *r)
{
	return (S(EXPIRED) | S(RELEASED) | S(PUBLISHED) | S(ARCHIVED) | S(TRANSFERRED) | S(DESTROYED)) &
	       (1u << r->state);
}

bool record_is_over(const struct policy *p, const struct record *r, struct date today)
{
	bool lifted = r->decision == ACT_RELEASE || r->decision == ACT_MET || r->decision == ACT_PUBLISH;

	if (r->state != RECORD_ARCHIVED && r->state != RECORD_TRANSFERRED)
		return (S(EXPIRED) | S(RELEASED) | S(PUBLISHED) | S(UNCLASSIFIED) | S(DESTROYED)) & (1u << r->state);
	return lifted || term_is_over(r->declassify_on, today, p->edge) || !level_is_classified(record_protection(p, r));
}

/* Nothing is decided, or what was decided is over and new content waits. */
static bool is_undecided(const struct record *r)
{
	return ((UNDECIDED | S(NONE)) & (1u << r->state)) || text_is_empty(r->decided.level);
}

const struct classification *record_classification(const struct record *r)
{
	return is_undecided(r) ? &r->proposed : &r->decided;
}

const struct level *record_claims(const struct policy *p, const struct record *r)
{
	bool asked = is_undecided(r) || r->request != ACT_NEW || r->state == RECORD_CHANGED;
	const char *const codes[] = {
	    r->decided.level,
	    asked ? r->proposed.level : NULL, /* once it is decided, what was proposed is history */
	    r->state == RECORD_DISPUTED && p->interim == INTERIM_HIGHEST_CLAIMED ? r->claimed : NULL,
	    r->floor,
	};
	const struct level *highest = level_unclassified(p);

	for (size_t i = 0; i < array_n(codes); i++)
		highest = level_max(highest, level_for_protection(p, codes[i]));
	return highest;
}

const struct level *record_protection(const struct policy *p, const struct record *r)
{
	return level_max(record_claims(p, r), regime_holds(p, r->regime, NULL));
}

/* A record of permanent value ends on its 31 December, if its own day is not before (domain.md R31). */
static void end_with_the_archive(const struct policy *p, struct record *r)
{
	const struct classification *c = &r->decided;
	const struct item *item = c->basis == BASIS_ITEM ? catalogue_find(&p->catalogue, c->item) : NULL;
	struct date end = policy_permanent_end(p, item, &c->term, r->start);

	if (date_is_set(end) && (!date_is_set(r->declassify_on) || date_compare(end, r->declassify_on) < 0))
		r->declassify_on = end;
}

void record_compute_dates(const struct policy *p, struct record *r)
{
	struct date reviewed = date_compare(r->last_review, r->decided_on) > 0 ? r->last_review : r->decided_on;
	const struct level *level = level_for_protection(p, r->decided.level);
	struct period every = policy_review_interval(p, level);
	bool goes_on = r->decision == ACT_CHANGE || r->decision == ACT_EXTEND || r->decision == ACT_SETTLE ||
		       r->decision == ACT_ORDER;
	bool classified = record_is_in_force(r) && level_is_classified(level);
	bool runs = classified || (record_is_in_force(r) && regime_is_other(r->regime));

	if (record_is_ended(r))
		return;
	if (date_is_set(r->issued_on))
		r->start = r->issued_on;
	else if (!goes_on || !date_is_set(r->start))
		r->start = r->decided_on;
	r->declassify_on = runs ? term_end(&r->decided.term, r->start, p->leap) : (struct date){0};
	if (classified)
		end_with_the_archive(p, r);
	r->next_review = classified && period_is_set(every) && date_is_set(reviewed) ? date_add(reviewed, every, p->leap)
									       : (struct date){0};
}
