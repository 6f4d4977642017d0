/*
 * The classification record as facts (DESIGN 6), its states, and what may happen in which state: one table.
 * All text is borrowed; an unset text is NULL. Dates are civil dates, year 0 = unset.
 */
#ifndef DOMAIN_RECORD_H
#define DOMAIN_RECORD_H

#include "domain/catalogue.h"

enum regime { REGIME_STATE_SECRET, REGIME_WORK_SECRET, REGIME_OTHER_PROTECTED, REGIME_NONE, REGIME_N };
enum basis_kind { BASIS_MISSING, BASIS_ITEM, BASIS_DERIVED, BASIS_UNCLEAR, BASIS_NO_AUTHORITY, BASIS_KINDS };
enum entry_kind { ENTRY_DECIDED_HERE, ENTRY_IMPORTED, ENTRY_ORDERED, ENTRY_KINDS };

enum record_state {
	RECORD_NONE, /* no record yet */
	RECORD_DRAFT,
	RECORD_PROPOSED,
	RECORD_CLASSIFIED,
	RECORD_ISSUED,
	RECORD_UNCLASSIFIED,
	RECORD_PROVISIONAL, /* referred: the matter is unclear */
	RECORD_REPORTED,    /* referred: nobody here has the authority */
	RECORD_DISPUTED,
	RECORD_CHANGED, /* the content differs after a decision; protection is sticky */
	RECORD_EXPIRED,
	RECORD_RELEASED,
	RECORD_PUBLISHED,
	RECORD_ARCHIVED,
	RECORD_TRANSFERRED,
	RECORD_DESTROYED,
	RECORD_STATES
};

/* What is done to a record. A request_… is the proposal of the act that follows it; both are two records of the
 * journal. */
enum act {
	ACT_NEW,
	ACT_TAG,
	ACT_SUBMIT,
	ACT_DECLARE, /* not secret, alone */
	ACT_APPROVE,
	ACT_CORRECT, /* approve with other values than proposed */
	ACT_RETURN,
	ACT_WITHDRAW, /* the proposer takes the proposal back */
	ACT_REASSIGN, /* somebody else is asked to decide it */
	ACT_REFER_UNCLEAR,
	ACT_REFER_AUTHORITY,
	ACT_REPORT, /* the report of a referral went out */
	ACT_ANSWER, /* the answer to a referral is entered */
	ACT_ISSUE,
	ACT_REQUEST_CHANGE,
	ACT_CHANGE,
	ACT_REQUEST_EXTEND,
	ACT_EXTEND,
	ACT_REQUEST_RELEASE,
	ACT_RELEASE,
	ACT_REFUSE, /* a change, extension or release that was asked for is refused */
	ACT_REVIEW, /* the yearly look: stays as it is */
	ACT_DISPUTE,
	ACT_CLAIM,	/* one of the parties to a dispute says what it claims, or claims otherwise */
	ACT_DROP_CLAIM, /* or nothing any more */
	ACT_SETTLE,
	ACT_ORDER, /* a superior corrected it; his document is entered */
	ACT_CONTENT, /* new content of a decided document */
	ACT_EXPIRE,
	ACT_MET, /* the event has come that ends the term */
	ACT_REQUEST_PUBLISH,
	ACT_PUBLISH,
	ACT_ARCHIVE,
	ACT_TRANSFER,
	ACT_DESTROY,
	ACTS
};

/* In whose part somebody acts, a set of bits; DESIGN 1 calls them roles. ACTOR_DRAFTER and ACTOR_RESPONSIBLE are for
 * this document. */
enum actor {
	ACTOR_DRAFTER = 1,
	ACTOR_RESPONSIBLE = 2,
	ACTOR_OFFICE = 4, /* secrecy office */
	ACTOR_SECURITY_ADMIN = 8,
	ACTOR_AUDITOR = 16,
	ACTOR_SYSTEM_ADMIN = 32,
	ACTOR_AGENT = 64, /* the program itself, by rule and date */
	ACTOR_HEAD = 128, /* of a department: is told of what its people let pass */
};

/* By what a responsible person may decide (DESIGN 2). */
enum appointment_kind {
	APPOINTMENT_NONE,
	APPOINTMENT_STATUTORY, /* by office */
	APPOINTMENT_DESIGNATED,
	APPOINTMENT_DERIVED_ONLY,
	APPOINTMENT_STAND_IN,
	APPOINTMENT_OCA, /* original classification authority */
	APPOINTMENT_DERIVATIVE,
	APPOINTMENT_DECLASSIFICATION,
	APPOINTMENT_KINDS
};

/* What was proposed and what was decided are two of these, kept field by field (requirements.md R21). */
struct classification {
	const char *level; /* code; NULL: not set */
	struct term term;
	enum basis_kind basis;
	const char *item;     /* catalogue id, BASIS_ITEM */
	struct texts sources; /* record numbers or titles, BASIS_DERIVED */
	struct texts scope;   /* "dept:planning" "person:li" */
	struct texts secret_points;
	struct texts categories; /* of another regime than state secrets: codes of the pack, "PRVCY" (regime.h) */
	const char *reason;
};

struct record {
	const char *number; /* "2026-000123" */
	const char *id;	    /* UUIDv7 */
	uint32_t version;
	enum record_state state;
	enum regime regime;
	enum entry_kind entry;
	const char *pack, *pack_version; /* under which it was drafted, then decided */

	const char *root, *path, *carrier;
	const char *title, *type, *department, *originator; /* originator NULL: this unit */

	const char *drafter, *drafter_role,
	    *drafter_key; /* person id; role then; key fingerprint that signed, or NULL */
	uint32_t drafter_uid;
	struct date drafted, proposed_on;
	struct classification proposed;
	bool is_prohibited; /* the drafter or the office says: a subject that may not be classified */

	const char *responsible, *decider_role, *decider_key;
	uint32_t decider_uid;
	struct date decided_on; /* day held */
	struct date entered_on; /* day entered here */
	struct classification decided;
	enum appointment_kind decided_as;
	enum act decision; /* the act that decided it: ACT_APPROVE, _CORRECT, _CHANGE …; ACT_NEW: none, or not known */

	const char *document_number;
	struct date issued_on;
	uint32_t copies;
	struct date start;	   /* from which the term runs */
	struct date declassify_on; /* computed; unset: none */
	struct date next_review, last_review;
	struct date referred_on, disputed_on, changed_on;
	const char *referred_to; /* whom the referral is reported to; NULL: the pack names nobody */
	struct date reported_on; /* the day they had the report; unset: it has not gone out */
	const char *mark;

	enum act
	    request; /* ACT_CHANGE, _EXTEND, _RELEASE, or ACT_APPROVE (changed content) while asked for; else ACT_NEW */
	const char *asked_regime; /* ACT_CHANGE: the regime it is to have, by name; NULL: the one it has */
	struct date requested_on;
	const char *requester; /* who asked; he is the proposer of that request */
	uint32_t requester_uid;

	struct date check_on; /* an event that had not come is asked again on that day; unset: on that of the term */
	struct texts admissions; /* who knows beside and within the decided scope: lines of scope.h */

	const char *holder;	  /* who holds it since it was handed over; NULL: this unit */
	struct texts claims;	  /* what each party claims in a dispute: lines of claim.h */
	struct term claimed_term; /* longest term claimed in a dispute, or the one in force when that is longer */
	const char *claimed;	  /* highest level claimed in a dispute */
	const char *floor;   /* floor level of the root */
	bool is_bare;	     /* loaded for rules alone: of personal texts it is known only whether they are there */
};

#define STEP_SAME RECORD_STATES /* the act leaves the state as it is */

struct record_step {
	uint32_t from; /* bits 1u << enum record_state */
	enum act act;
	enum record_state to; /* or STEP_SAME */
	unsigned who;	      /* bits of enum actor */
	bool decides;	      /* needs the authority of a responsible person, see authority.h */
	bool proposes;	      /* is the first of two; its author is the drafter of that request */
};

/* The row for that act in that state, or NULL: it cannot happen there. */
const struct record_step *record_step_find(enum record_state state, enum act act);
/*
 * The state after it; the row must come from record_step_find. decided is the level decided by this act, NULL when it
 * decides none: a classification at the unclassified level gives RECORD_UNCLASSIFIED.
 */
enum record_state record_step_next(const struct record_step *step, enum record_state state,
				   const struct level *decided);

const char *record_state_name(enum record_state state);
bool record_state_find(const char *name, enum record_state *ret);
const char *act_name(enum act act);
bool act_find(const char *name, enum act *ret);
const char *regime_name(enum regime regime);
bool regime_find(const char *name, enum regime *ret);
const char *basis_kind_name(enum basis_kind kind);
bool basis_kind_find(const char *name, enum basis_kind *ret);
const char *appointment_kind_name(enum appointment_kind kind);
bool appointment_kind_find(const char *name, enum appointment_kind *ret);
const char *actor_name(enum actor actor);
bool actor_find(const char *name, enum actor *ret);

/* Decided and not ended: reviews, terms and marks apply. */
bool record_is_in_force(const struct record *r);
/* Decided under the rules of another pack: those of p do not judge it, and its items are not theirs. */
bool record_is_of_other_pack(const struct policy *p, const struct record *r);
/* Paper, a disc …: there is no file, and nothing is sealed. */
bool record_is_carrier(const struct record *r);
/* Ended: expired, released, published, destroyed … */
bool record_is_ended(const struct record *r);
/* Nothing keeps it in the dark any more. Ended is more than that: what was handed over while it was in force is protected
 * until its own end. */
bool record_is_over(const struct policy *p, const struct record *r, struct date today);
/* What counts now: what is decided, or what is proposed while nothing is (in a draft, a proposal, a referral). Never
 * NULL. */
const struct classification *record_classification(const struct record *r);
/*
 * max(decided, proposed while it is open, claimed in a dispute where the pack says so, floor of the root) (DESIGN 2), and
 * what another regime asks for (regime.h).
 * An unknown code protects like the highest level. Never NULL: with nothing set the pack's unclassified level.
 */
const struct level *record_protection(const struct policy *p, const struct record *r);
/* The same without what a regime other than state secrets asks for: how high it is, or may be, a state secret. */
const struct level *record_claims(const struct policy *p, const struct record *r);
/*
 * Sets start (issue, else decision; what goes on from it, as a change does, leaves it where it was), declassify_on and next_review from the decision; unset where none applies. A
 * record that has ended keeps its days. Called after every act that decides, issues or reviews.
 */
void record_compute_dates(const struct policy *p, struct record *r);

#endif
