/*
 * One policy pack as data: the rules of one jurisdiction from one date on. Built by library/policy_load, read by every
 * rule here. All memory belongs to the policy; everything pointed at lives as long as it.
 */
#ifndef DOMAIN_POLICY_H
#define DOMAIN_POLICY_H

#include "domain/annual.h"
#include "domain/mark.h"
#include "domain/record.h"
#include "domain/regime.h"

enum training_clock { TRAINING_EVER, TRAINING_MONTHS, TRAINING_CALENDAR_YEAR };
enum training_lapse { TRAINING_FINDING, TRAINING_REFUSE };

struct training_rule {
	bool needed;
	enum training_clock clock;
	uint16_t months; /* TRAINING_MONTHS */
	uint16_t hours;	 /* at least, in that time; 0: any */
	enum training_lapse lapse;
};

/* What an appointment of one kind allows. */
struct kind_rule {
	bool is_used; /* the pack knows this kind */
	struct names name;
	uint64_t acts;	      /* bits 1 << enum act it may decide */
	bool original;	      /* may decide with a catalogue item or on his own finding */
	bool derived;	      /* may decide by a source */
	bool has_ceiling;     /* bound by the appointment's highest level when deciding originally */
	bool derived_ceiling; /* and when deciding by a source */
	bool alone;	      /* may decide his own proposal */
	bool needs_until;     /* an appointment without an end date is refused */
	struct training_rule training;
};

/* What the end of a term does: the originator is told; the record expires where a date was set, else he is told; it
 * expires. */
enum expiry_rule { EXPIRY_NOTIFY, EXPIRY_DATED, EXPIRY_AUTO };
/* Whose term a derived document takes: the latest end; or the first that there is of: an exemption without a date, a
 * day or event, a term that had to be assumed (32 CFR 2001.22(e)). */
enum derived_term { DERIVED_LONGEST, DERIVED_PRECEDENCE };
/* Who may know it: as the highest source says, of several as high one that all of them admit; or who may know every source. */
enum derived_scope { DERIVED_SCOPE_HIGHEST, DERIVED_SCOPE_SHARED };
enum interim_rule { INTERIM_HIGHEST_CLAIMED, INTERIM_CURRENT };

/* A length of time until something must be done: calendar or working days. 0 days: no deadline. */
struct span {
	uint16_t days;
	bool working;
};

enum deadline {
	DEADLINE_PROPOSAL, /* a proposal waits for its decision */
	DEADLINE_UNCLEAR_REPORT,
	DEADLINE_UNCLEAR_ANSWER,
	DEADLINE_AUTHORITY_REPORT,
	DEADLINE_DISPUTE_ANSWER,
	DEADLINE_DISPUTE_ESCALATE,
	DEADLINE_REQUEST, /* a change, extension or release that was asked for */
	DEADLINE_REVIEW,  /* a review after its day */
	DEADLINE_CHANGED, /* new content waits for its decision */
	DEADLINE_SOURCE,  /* what was derived from something that is another now */
	DEADLINE_NOTICE,  /* those who may know of a change are told */
	DEADLINE_SERVICE, /* a release is served */
	DEADLINE_DRAFT,	  /* a draft (a working paper) is neither submitted nor given up */
	DEADLINES
};

/* Days off besides weekend, and weekend days worked instead. Sorted. Outside covers only the weekend is known. */
struct calendar {
	uint8_t weekend; /* bits 1u << date_weekday */
	struct date covers_from, covers_until;
	struct dates {
		const struct date *at;
		size_t n;
	} holidays, workdays;
};

#define POLICY_LEADS	  8
#define FINDING_CODES_MAX 64

enum owner {
	OWNER_PACK_DEFAULT,
	OWNER_DRAFTER,
	OWNER_RESPONSIBLE,
	OWNER_OFFICE,
	OWNER_SECURITY_ADMIN,
	OWNER_SYSTEM_ADMIN,
	OWNERS
};
enum severity { SEVERITY_PACK_DEFAULT, SEVERITY_NOTE, SEVERITY_MINOR, SEVERITY_MAJOR, SEVERITY_GRAVE, SEVERITIES };

struct finding_rule { /* 0 in a field: the default of domain/finding.c */
	enum severity severity;
	enum owner owner;
	struct span due;
};

/* A kind of unit, or a body outside that settles what units may not. */
struct unit_rule {
	const char *code;
	struct names name;
	const struct level *decides;	      /* the highest level it may decide originally; NULL: none */
	const struct level *settles;	      /* up to which it settles unclear and disputed matters; NULL: none */
	const char *reports_to;		      /* code of the next one up; NULL: nobody */
	const struct unit_rule *reports_unit; /* the same, found */
};

/* Where a rule comes from: "deadlines.unclear-report" → "Regulations 2024 art. 25". */
struct source_row {
	const char *path, *article;
};

/* One value as the pack has it, for telling differences. Values of a list are lines. */
struct told_row {
	const char *path, *value; /* "levels.SECRET.max_term" → "20y" */
	bool is_list;
};

/* What may be asked about a record in force, see domain/request.h. */
struct request_rules {
	bool extension_is_whole;       /* settles level, term and scope anew; else the term alone */
	bool long_term_needs_document; /* a long-term item is released only by a document of who issued the catalogue */
};

/* Who is told when of what falls due, in days; 0: not said, see policy_escalation(). */
struct escalation_rules {
	uint16_t owner_before, responsible_before, superior_after, office_after;
};

/* A leak, or what may be one, or a loss, is reported. */
struct incident_rules {
	uint32_t report_minutes; /* after it was discovered; 0: no such rule */
	const char *to;		 /* whom; NULL: not said */
};

/* How reviews are done; 0: not said, see policy_reviews(). */
struct review_rules {
	uint16_t sample;   /* many are kept at once after one in so many was opened */
	uint16_t bulk_max; /* and so many at most */
	uint16_t reread_percent; /* of what is declared not secret is read once more by somebody else */
};

/* Like cases that are decided in one go; 0: not said, see policy_sets(). No pack allows more, or fewer that were opened. */
enum { SETS_MOST = 10, SETS_OPEN_ONE_IN = 5 };
struct set_rules {
	uint16_t most;	      /* cases */
	uint16_t open_one_in; /* one in so many was opened by who decides them */
};

/* A ground on which a term may end later than its level allows, or not by itself at all. Where a document has several
 * sources the first of the list that has no day stands before the others, then the longest of those that have one. */
struct exemption_rule {
	const char *code;	/* "25X4" */
	struct period max_term; /* from the document's origin; unset: no limit */
	bool undated;		/* has no day: its terms are long-term */
	const char *words;	/* what the mark says instead of a day; NULL: the code */
	uint16_t permanent_years; /* of records of permanent value, see policy.permanent_years; 0: never by itself */
};

/* Who holds what, from which level on; NULL: never. */
struct custody_rules {
	const struct level *names_from;	  /* a unit in scope is nobody before it names its persons */
	const struct level *knowers_from; /* who knows is registered */
	const struct level *consent_from; /* print, copy and export need the originator's consent */
	bool widen_by_originator;	  /* of another unit's record only it admits somebody; else who is responsible here */
	struct span receipt;		  /* a copy without its receipt for longer is a finding */
	struct period retain;		  /* nothing is destroyed before so long after its end; unset: no such rule */
};

/* What a label of another system is likely to mean here: a hint, never a decision. */
struct equivalent {
	const char *policy; /* PolicyIdentifier, site of a Microsoft label, type of urn:bails:; "*" any */
	const char *label;  /* its classification or name; NULL: known by id */
	const char *id;	    /* of a Microsoft label; NULL */
	const struct level *level;
};

/* Why a proposal is sent back, in words that everybody uses, so that they can be counted. */
struct return_reason {
	const char *code; /* a-z 0-9 - */
	struct names text;
};

/* Labels in the forms of others. */
struct label_rules {
	const char *policy; /* PolicyIdentifier of what we write; NULL: the pack's id */
	const char *oid;    /* its URI, "urn:oid:…"; NULL */
	struct equivalents {
		const struct equivalent *at;
		size_t n;
	} equivalents;
};

struct policy {
	const char *id; /* "cn" */
	const char *version;
	char digest[65]; /* SHA-256 over names and texts of its files, hex; "" when it came from no files */
	struct date effective;
	struct names title, languages;
	const struct level *levels; /* ascending rank; the first is unclassified */
	size_t n_levels;
	struct regime_rule regimes[REGIME_N];
	bool term_kinds[TERM_KINDS];
	bool event_only_without_date; /* an event needs a reason why no date can be set */
	bool reason_at_longest_term;  /* the longest allowed term needs a reason */
	uint16_t permanent_years;     /* records of permanent value end on 31 December so many years after their origin; 0: no
				       * such rule */
	const struct exemption_rule *exemptions;
	size_t n_exemptions;
	struct mark_rules marks;
	struct names post_names[POST_N];
	struct period off_post[POST_N]; /* of whoever left such a post, at least so long; unset: none */
	struct kind_rule kinds[APPOINTMENT_KINDS];
	bool two_persons[ACTS];	       /* the decider of that act is not its proposer, whatever the kind allows */
	struct period review_interval; /* unset: none */
	enum date_leap leap;
	enum term_edge edge;
	enum expiry_rule expiry;
	uint16_t leads[POLICY_LEADS]; /* days before the end, descending, 0 ends */
	uint16_t appointment_lead;    /* days */
	enum interim_rule interim;
	bool challenger_hidden;		 /* who decides does not see who challenges */
	uint16_t challenge_again_months; /* an answered challenge is not opened again for so long; 0: it may be */
	struct request_rules requests;
	struct review_rules reviews;
	struct set_rules sets;
	struct escalation_rules escalation;
	struct incident_rules incidents;
	struct custody_rules custody;
	struct label_rules labels;
	struct return_reasons {
		const struct return_reason *at;
		size_t n;
	} returns;
	struct span deadlines[DEADLINES];
	struct calendar calendar;
	uint16_t keep_versions; /* newest content versions kept */
	bool keep_decided;
	uint32_t grace_minutes; /* without a record before an enforced root seals */
	bool rewrap_by_itself;	/* files of earlier epochs move when a new year's key is made */
	uint16_t rotation_days; /* 0: not said, see policy_rotation_days() */
	uint32_t open_minutes;	/* still open after that many minutes is a finding */
	uint16_t power_off_days;
	uint16_t escrow_drill;	      /* days between drills; 0: not said, see policy_escrow_drill_days() */
	uint16_t escrow_change;	      /* days that a change of the escrow may take; 0: not said */
	uint32_t unlock_idle_minutes; /* a person's unlocking ends so long after his last reading */
	bool doubt_goes_down;	      /* in doubt the lower level (us); else report and protect (cn) */
	struct finding_rule findings[FINDING_CODES_MAX];
	struct annual annual;
	struct catalogue catalogue;
	enum derived_term derived_term;
	enum derived_scope derived_scope;
	uint16_t derived_many; /* derived from more than so many sources: somebody looks at them together; 0: nobody */
	const struct unit_rule *units;
	size_t n_units;
	const struct unit_rule *unit; /* what this site is; NULL: not said */
	const struct source_row *sources;
	size_t n_sources;
	struct policy *earlier; /* the rules before these; NULL: none known. Lives as long as this policy */
	struct date until;	/* of an earlier set: its last day */
	struct texts loosened;	/* what a site loosened, where, and by whose authority; a line each */
	struct told_row *told;	/* everything but the catalogue, in the order of the parts */
	size_t n_told, room_told;
	void *memory;		/* owner of everything above; see policy_new */
};

/* An empty policy that owns memory; NULL without memory. */
struct policy *policy_new(void);
void policy_free(struct policy *p);
DEFINE_OWNED(policy, struct policy, policy_free);
/* Zeroed memory and copies that live as long as the policy; NULL without memory. */
void *policy_alloc(struct policy *p, size_t n, size_t size);
const char *policy_text(struct policy *p, const char *text);

/* Days after which a missing drill, or an unfinished change of the escrow, is a finding; 365 and 30 if the pack is
 * silent. p may be NULL. */
uint16_t policy_escrow_drill_days(const struct policy *p);
uint16_t policy_escrow_change_days(const struct policy *p);
/* After which a rotation that is still under way is a finding; 30 if the pack is silent. */
uint16_t policy_rotation_days(const struct policy *p);

/* With what is meant where the pack is silent: one in 5, 50 at most, 2 percent. */
struct review_rules policy_reviews(const struct policy *p);
/* The same: SETS_MOST and SETS_OPEN_ONE_IN. */
struct set_rules policy_sets(const struct policy *p);
/* The same: 30 and 7 days before, 1 and 10 after. */
struct escalation_rules policy_escalation(const struct policy *p);

/* What the pack calls itself in a label of ADatP-4774, and a level in one: its code, with blanks ("TOP SECRET"). */
const char *policy_label_name(const struct policy *p);
void policy_label_of(const struct level *level, char ret[LEVEL_CODE_MAX + 1]);
/* The level that a label of another system is likely to mean; NULL: none is known. Any text may be NULL or "". */
const struct level *policy_equivalent(const struct policy *p, const char *policy, const char *label, const char *id);

/* The rules of that day: a decision of 2013 is judged by those of 2013. Before the earliest known set: that one. */
const struct policy *policy_on(const struct policy *p, struct date on);
/* The rules that may judge on that day: those of policy_on(), unless they begin later. NULL: none does yet. */
const struct policy *policy_in_force(const struct policy *p, struct date today);
/* Where the rule of that path comes from, or the nearest above it; NULL: not said. */
const char *policy_source_of(const struct policy *p, const char *path);
/* May a term of that kind stand at that level? */
bool policy_allows_term(const struct policy *p, const struct level *level, enum term_kind kind);
/* How often a record of that level is looked at again; unset: never. level may be NULL. */
struct period policy_review_interval(const struct policy *p, const struct level *level);
const struct unit_rule *policy_unit_find(const struct policy *p, const char *code);
/* Whom this site asks about a matter of that level: the next one up that may decide it. NULL: nobody is named. */
const struct unit_rule *policy_asks(const struct policy *p, const struct level *level);
/* Who settles an unclear or disputed matter of that level for this site. NULL: nobody is named. */
const struct unit_rule *policy_settler(const struct policy *p, const struct level *level);

bool policy_is_working_day(const struct policy *p, struct date d);
/* The day a span ends that starts on from (from itself does not count). Unset when the span is 0. A deadline is as long
 * as the rules of the day it began said. */
struct date policy_deadline(const struct policy *p, struct date from, struct span span);
struct date policy_deadline_of(const struct policy *p, struct date from, enum deadline which);
/* The longest term that item and level allow together (the smaller); kind TERM_NONE: no limit. item may be NULL. */
struct term policy_cap(const struct policy *p, const struct level *level, const struct item *item);
/* The ready reason of that code; NULL: the pack has none. */
const struct return_reason *policy_return_reason(const struct policy *p, const char *code);
/* The exemption of that code; NULL: the pack has none. */
const struct exemption_rule *policy_exemption(const struct policy *p, const char *code);
/* The exemption that the term stands under: its own, or that of the item that it is long-term by. NULL: none. */
const struct exemption_rule *policy_exemption_of(const struct policy *p, const struct term *t, const struct item *item);
/* The same for a term that begins on that day: whether an item's last day or its level's length ends first depends on it. */
struct term policy_cap_from(const struct level *level, const struct item *item, struct date start);
/* policy_cap_from() for a term: under an exemption, that of the exemption. start may be unset. */
struct term policy_cap_of(const struct policy *p, const struct level *level, const struct item *item,
			  const struct term *t, struct date start);
/* The last day of the shortest off-post period of whoever left such a post on that day (domain.md A.11, R73). Unset: none. */
struct date policy_off_post_end(const struct policy *p, enum post post, struct date left);
/* The last day of the year in which a record of permanent value, with that item and origin, ends by itself, whatever its
 * term says (32 CFR 2001.30(l)). Unset: it does not. */
struct date policy_permanent_end(const struct policy *p, const struct item *item, const struct term *t,
				 struct date origin);
/* The term is the longest allowed there, and not what the item itself proposes. */
bool policy_is_longest(const struct policy *p, const struct term *t, const struct item *item, const struct term *cap,
		       struct date start);
bool policy_long_term_allowed(const struct policy *p, const struct item *item);
const char *deadline_name(enum deadline which);

#endif
