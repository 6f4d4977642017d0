/*
 * Authority: may this person do this, to this record, on this date? Computed from the register at that moment and never
 * remembered. A refusal names exactly one reason: the first in the order of the enum.
 */
#ifndef DOMAIN_AUTHORITY_H
#define DOMAIN_AUTHORITY_H

#include "domain/policy.h"

/* A person of the register; text borrowed. */
struct person {
	const char *id;	  /* short name, "li" */
	const char *name; /* may be NULL */
	const char *department;
	uint32_t uid;
	struct date from, until; /* uid and person belong together in this time; until unset: open */
	unsigned roles;		 /* ACTOR_OFFICE, _SECURITY_ADMIN, _AUDITOR, _SYSTEM_ADMIN; everybody may draft */
	enum post post;
	struct date cleared_until;   /* last day; unset: not cleared */
	struct date undertaking_on;  /* unset: none signed */
	struct date suspended_from;  /* unset: not suspended */
	struct date suspended_until; /* unset: until lifted */
};

struct appointment {
	const char *id;
	const char *person;
	enum appointment_kind kind;
	const char *ceiling;	  /* highest level code; NULL: none given */
	struct texts departments; /* "*" all; "ops" covers "ops/radar" */
	struct texts matters;	  /* item ids or their beginnings; "*" all */
	struct date from, until;  /* until: last day; unset: open */
	const char *document;
	const char *stands_for; /* a stand-in: the person he stands in for; NULL: not said */
	const char *entered_by, *confirmed_by; /* confirmed_by NULL: waits for the second person */
};

struct training {
	const char *person;
	struct date on;
	struct date valid_until; /* unset: by the pack's rule */
	uint16_t hours;
};

enum authority_reason {
	AUTHORITY_GRANTED,
	AUTHORITY_NO_PERSON,   /* the uid maps to nobody on that date */
	AUTHORITY_WRONG_STATE, /* the act cannot happen in this state */
	AUTHORITY_BACKDATED,   /* decision date after today, before the draft, or before today without import */
	AUTHORITY_NOT_ORIGINATOR, /* another unit's: only that unit changes, extends, releases or publishes it */
	AUTHORITY_SUSPENDED,
	AUTHORITY_WRONG_ROLE, /* the act belongs to another part */
	AUTHORITY_UNKNOWN_LEVEL,
	AUTHORITY_NO_POST,	/* post category below what the level needs */
	AUTHORITY_NO_CLEARANCE, /* none or lapsed on that date */
	AUTHORITY_NO_UNDERTAKING,
	AUTHORITY_NOT_IN_SCOPE,	  /* opening: neither in scope nor a party to the record */
	AUTHORITY_NO_APPOINTMENT, /* none of a kind that may do this */
	AUTHORITY_NOT_CONFIRMED,  /* the appointment waits for its second person */
	AUTHORITY_NOT_YET,	  /* not yet in force */
	AUTHORITY_LAPSED,
	AUTHORITY_WRONG_DEPARTMENT,
	AUTHORITY_WRONG_MATTER,
	AUTHORITY_DERIVED_ONLY, /* may decide by a source only */
	AUTHORITY_ORIGINAL_ONLY,
	AUTHORITY_UNIT,		   /* level above what a unit of this kind may decide */
	AUTHORITY_CEILING,	   /* level above the appointment's */
	AUTHORITY_NOT_LIKE_SOURCE, /* derived, but not the level of the source */
	AUTHORITY_OWN_PERSON,	   /* own proposal where two persons are needed */
	AUTHORITY_OWN_UID,
	AUTHORITY_OWN_KEY,
	AUTHORITY_TRAINING, /* lapsed, and the pack refuses */
	AUTHORITY_REASONS
};

struct authority_question {
	const struct policy *policy;
	const struct person *person; /* NULL: unknown */
	const struct appointment *appointments;
	size_t n_appointments;
	const struct training *trainings;
	size_t n_trainings;
	const struct record *record;
	enum act act;
	const char *level;	  /* code decided now; NULL: that of the record */
	const char *item;	  /* catalogue id decided now; NULL: that of the record */
	const char *source_level; /* derived: highest level of the sources; NULL: not derived */
	const char *sealed_at;	  /* opening: level of the key that the file is sealed to; NULL: none */
	const char *key;	  /* fingerprint that signs; NULL: none */
	const char *proposer;	  /* of this request; NULL: the drafter of the record */
	uint32_t proposer_uid;
	const char *proposer_key;
	struct date on;	   /* the day the decision says */
	struct date today; /* the day it is */
};

struct authority_answer {
	enum authority_reason reason;
	const struct appointment *by; /* the one that grants, or the nearest that failed; NULL: none */
	const struct level *level;    /* what was asked for; NULL when unknown */
	bool training_lapsed;	      /* granted all the same: a finding D09 */
	struct date date;	      /* the date the reason is about (lapsed on, cleared until …); may be unset */
	const char *text;	      /* the name the reason is about (ceiling code, department, matter); may be NULL */
};

/* What is no state secret, nor said to be one by anything, its drafter decides where the regime's row says so; nobody is
 * appointed for it. */
bool authority_may_alone(const struct policy *p, const struct record *r);

/* May the person do this act to this record? For every act of the table, deciding or not. */
void authority_check(const struct authority_question *q, struct authority_answer *ret);
/* May the person open the content? Protection level, scope, post, clearance; the drafter's own draft always. */
void authority_check_open(const struct authority_question *q, struct authority_answer *ret);
/* May the person unlock keys of q->level, whichever record they open: post, clearance, undertaking as for reading, and
 * nobody who audits or runs the machine. Neither record nor act is looked at. */
void authority_check_unlock(const struct authority_question *q, struct authority_answer *ret);
/* One sentence for a person: what, by which facts, and what to do. */
void authority_explain(const struct authority_answer *a, struct buffer *ret);
const char *authority_reason_name(enum authority_reason reason); /* "ceiling", stable, for --json */

bool person_is_valid_on(const struct person *p, struct date on);
bool person_is_suspended_on(const struct person *p, struct date on);
bool appointment_is_in_force(const struct appointment *a, struct date on);
/* The last day the training of that kind still counts, unset: never trained. */
struct date authority_trained_until(const struct authority_question *q, enum appointment_kind kind);
/* In scope: "person:ID", "dept:NAME" (with all below it) or "*". */
bool authority_in_scope(struct texts scope, const struct person *p);

/* What one may do apart from records; DESIGN 1. */
enum right {
	RIGHT_DRAFT,
	RIGHT_QUEUE,
	RIGHT_FINDINGS,
	RIGHT_FINDING_DISMISS,
	RIGHT_INSPECT,
	RIGHT_PERSON_ADD,
	RIGHT_PERSON_CONFIRM,
	RIGHT_APPOINT,
	RIGHT_SUSPEND,
	RIGHT_TRAIN,
	RIGHT_POLICY_INSTALL,
	RIGHT_ROOT_SET,
	RIGHT_RECOVER,
	RIGHT_JOURNAL_READ,
	RIGHT_JOURNAL_VERIFY,
	RIGHT_COUNTS, /* numbers without names */
	RIGHT_CLOCK_CONFIRM,
	RIGHT_ESCROW_CREATE,
	RIGHT_ESCROW_CONFIRM,
	RIGHT_BACKUP,
	RIGHT_ESCROW_DRILL,
	RIGHT_KEYS, /* rotate, retire */
	RIGHT_KEY_DESTROY,
	RIGHTS
};

bool right_is_granted(unsigned roles, enum right right);
/* Needs a second person of the same right. */
bool right_needs_two(enum right right);
const char *right_name(enum right right);
/* Whose it is, for somebody who is refused: one sentence. */
const char *right_belongs(enum right right);
/*
 * May one person hold these together? Auditing combines with no other role; running the machine not with entering
 * persons or watching findings.
 */
bool roles_may_combine(unsigned roles);

#endif
