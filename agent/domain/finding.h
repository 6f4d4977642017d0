/*
 * Findings: flagged facts. D01-D20 are the discrepancies of domain.md E.2, the rest are about the machine's own work.
 * Evaluators here are mechanical: record, pack, date and what other roles saw; nothing statistical.
 */
#ifndef DOMAIN_FINDING_H
#define DOMAIN_FINDING_H

#include "domain/authority.h"

enum finding_code {
	FINDING_NONE,
	FINDING_NO_RECORD = 1,	      /* D01 */
	FINDING_INCOMPLETE = 2,	      /* D02 */
	FINDING_NO_NEED = 3,	      /* D03 no basis, prohibited subject, already public */
	FINDING_ABOVE = 4,	      /* D04 above item or source */
	FINDING_BELOW = 5,	      /* D05 below item or source */
	FINDING_NOT_CLASSIFIED = 6,   /* D06 content signals an item, no level */
	FINDING_TERM_LONG = 7,	      /* D07 */
	FINDING_TERM_MISSING = 8,     /* D08 */
	FINDING_AUTHORITY = 9,	      /* D09 */
	FINDING_PROCEDURE = 10,	      /* D10 */
	FINDING_MARK = 11,	      /* D11 */
	FINDING_SOURCES = 12,	      /* D12 */
	FINDING_REVIEW_OVERDUE = 13,  /* D13 */
	FINDING_RELEASE_OVERDUE = 14, /* D14 */
	FINDING_RELEASED_EARLY = 15,  /* D15 */
	FINDING_SCOPE = 16,	      /* D16 */
	FINDING_NOT_PROPAGATED = 17,  /* D17 */
	FINDING_STORAGE = 18,	      /* D18 plaintext at rest, folder ceiling */
	FINDING_CONTENT_CHANGED = 19, /* D19 */
	FINDING_DEADLINE = 20,	      /* D20 referral, dispute, or a draft too old */
	FINDING_PROPOSAL_WAITS = 21,
	FINDING_LONGEST_TERM = 22,     /* the longest term without a reason */
	FINDING_PLAINTEXT_BESIDE = 23, /* plaintext beside its sealed file */
	FINDING_SEALED_MISSING = 24,   /* deleted, moved away, overwritten; restore brings it back */
	FINDING_STILL_OPEN = 25,
	FINDING_SWEEP_MISSED = 26,
	FINDING_ESCROW_HERE = 27, /* escrow identity not confirmed off this machine */
	FINDING_DEGRADED = 28,
	FINDING_UNVERIFIED = 29,   /* recovered decision without a known key */
	FINDING_KEPT_MISSING = 30, /* kept link or .classd displaced */
	FINDING_FOREIGN = 31,	   /* foreign sealed or copy of */
	FINDING_OTHER_HAND = 32,   /* saved by somebody who is neither drafter nor holder */
	FINDING_CLOCK = 33,	   /* clock suspect, long power-off */
	FINDING_APPOINTMENT_ENDS = 34,
	FINDING_UNREADABLE = 35,
	FINDING_ESCROW_DRILL = 36,  /* overdue, or the last one failed */
	FINDING_ESCROW_CHANGE = 37, /* a proposal waits, or files are still on an earlier escrow */
	FINDING_ROLLBACK = 38,	    /* an older state was put back */
	FINDING_OLD_KEYS = 39,	    /* a rotation that does not end, or files on a retired key */
	FINDING_UNLOCK = 40,	    /* a level of persons that no cleared person opens, or a wrap that does not come */
	FINDING_NOT_SEALED = 41,    /* it is to be sealed, or to get a new label, and cannot be: the reason */
	FINDING_CATALOGUE = 42,	    /* a new catalogue or pack touches it: somebody looks again */
	FINDING_SUGGESTION = 43,    /* somebody says that an item of the catalogue is not right */
	FINDING_NOT_TOLD = 44,	    /* a notice or the service of a release is late */
	FINDING_COPIES = 45,	    /* a copy is lost, or its receipt or return is late */
	FINDING_TOGETHER = 46,	    /* derived from many: do they tell more together than each by itself? */
	FINDING_REREAD = 47,	    /* two who read it by themselves disagree whether it is secret */
	FINDING_CATALOGUE_OLD = 48, /* nobody has looked at the catalogue as a whole for longer than the pack allows */
	FINDING_INCIDENT = 49,	    /* a leak, a suspected one or a loss was not reported in time */
	FINDING_CODES
};

/* The texts for a person; what is right for this code in every pack. */
struct finding_kind {
	enum finding_code code;
	const char *title;  /* "term longer than allowed" */
	const char *advice; /* what to do next, with the command */
	enum severity severity;
	enum owner owner;
	struct span due;
};

const struct finding_kind *finding_kind(enum finding_code code);  /* NULL: no such code */
void finding_code_format(enum finding_code code, char ret[4]);	  /* "D07" */
bool finding_code_find(const char *text, enum finding_code *ret); /* "D07" "d7" */
const char *severity_name(enum severity severity);
bool severity_find(const char *name, enum severity *ret);
const char *owner_name(enum owner owner);
bool owner_find(const char *name, enum owner *ret);
/* Pack over default. p may be NULL. */
enum severity finding_severity(const struct policy *p, enum finding_code code);
enum owner finding_owner(const struct policy *p, enum finding_code code);
struct date finding_due(const struct policy *p, enum finding_code code, struct date since);

#define FINDING_EVIDENCE_MAX 256
#define FINDINGS_MAX	     24

struct finding {
	enum finding_code code;
	struct date since;		     /* the day it became true */
	char evidence[FINDING_EVIDENCE_MAX]; /* numbers and names, no content; UTF-8, one line */
};

/* The first task about a record that is late; kind NULL: none is. */
struct late_task {
	const char *kind;
	struct date due;
};

/* What a mark is told that names others; the only evidence about a mark that the record alone gives. */
#define FINDING_MARK_NAMES "the mark names others than those who may know"

/* What is known besides the record; unset fields say nothing. */
struct finding_facts {
	const struct policy *policy;
	const struct record *record; /* state RECORD_NONE: a file without a record */
	struct date today;
	const char *source_level;    /* highest level of the sources; NULL: unknown */
	struct term source_term;     /* longest of the sources; TERM_NONE: unknown */
	const struct record *parent; /* a source whose state or level moved after this decision; NULL: none */
	const struct authority_answer *authority; /* of the decision, on its date; NULL: not computed */
	bool reread_differs;			  /* who read it once more holds it for secret */
	bool is_recorded_late;			  /* no record and the grace period is over */
	bool is_public;				  /* known to be lawfully public */
	const char *signalled_item;		  /* item whose phrases the content meets; NULL: none */
	bool mark_seen, mark_differs;		  /* the inspector read the mark of a level; it is not that of the record */
	bool mark_shows;			  /* it read the mark of that regime, by a level or by its own words */
	enum regime mark_regime;
	unsigned mark_defects;			  /* of the mark that was read */
	bool mark_scope_differs;		  /* the mark names others than those who may know */
	bool mark_missing;			  /* a format that can carry one does not */
	bool content_changed;			  /* digest differs from the decided one */
	bool plaintext_at_rest, plaintext_beside, sealed_missing, kept_missing, unreadable, foreign, other_hand;
	bool unverified;
	uint32_t open_minutes;
	struct late_task late_task, late_review, late_notice; /* a challenge; a review; a notice or service */
	const char *folder_ceiling;	 /* highest level the root may hold; NULL: any */
	struct {
		int64_t n; /* the first copy that is not accounted for; 0: none */
		const char *holder, *state, *due;
	} late_copy;
	const char *reader_out_of_scope; /* person id; NULL: none */
};

/* All mechanical findings of one document, in the order of the codes; the number, at most FINDINGS_MAX. */
size_t finding_evaluate(const struct finding_facts *f, struct finding ret[FINDINGS_MAX]);

#endif
