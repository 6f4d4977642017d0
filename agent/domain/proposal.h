/*
 * A proposal against pack and catalogue: defaults to offer, and everything that stands against it, all at once.
 */
#ifndef DOMAIN_PROPOSAL_H
#define DOMAIN_PROPOSAL_H

#include "domain/policy.h"

enum proposal_problem_kind {
	/* refused */
	PROPOSAL_REGIME, /* the pack does not know this regime, or a level outside state-secret */
	PROPOSAL_CATEGORY, /* the regime has no such category */
	PROPOSAL_NO_LEVEL,
	PROPOSAL_UNKNOWN_LEVEL,
	PROPOSAL_NO_BASIS,
	PROPOSAL_UNKNOWN_ITEM,
	PROPOSAL_NO_SOURCE, /* derived without a source */
	PROPOSAL_NO_TERM,   /* none, or a kind that lacks what it needs */
	PROPOSAL_TERM_KIND, /* not allowed by this pack */
	PROPOSAL_EXEMPTION, /* a code that the pack does not have, that does not go with the term, or that nothing gives */
	PROPOSAL_LONG_TERM, /* long-term without a catalogue row that allows it */
	PROPOSAL_TERM_PAST, /* date not after today */
	PROPOSAL_TERM_CAP,  /* longer than level or item allow; cap is set */
	PROPOSAL_NO_SCOPE,
	PROPOSAL_BAD_SCOPE,    /* an entry that is neither person:, dept: nor "*" */
	PROPOSAL_PROHIBITED,   /* subject that may not be classified */
	PROPOSAL_BELOW_SOURCE, /* level below the highest source */
	PROPOSAL_NEEDS_REASON, /* departs from the catalogue, or the longest term, without a reason */
	/* told, not refused */
	PROPOSAL_ABOVE_ITEM,
	PROPOSAL_BELOW_ITEM,
	PROPOSAL_ABOVE_SOURCE,
	PROPOSAL_TERM_DEPARTS,
	PROPOSAL_PROBLEMS
};

struct proposal_problem {
	enum proposal_problem_kind kind;
	const char *field;	   /* "level" "term" "scope" "basis" "reason" "regime" "item" */
	const char *given;	   /* borrowed from the proposal; may be NULL */
	struct term cap;	   /* PROPOSAL_TERM_CAP */
	const struct level *level; /* what item or source say; may be NULL */
};

struct proposal {
	enum regime regime;
	struct classification what;
	const char *source_level; /* derived: highest level of the sources; NULL: unknown */
	bool is_prohibited;
	struct date start; /* issue date if known, else today */
	struct date today;
};

#define PROPOSAL_PROBLEMS_MAX 16

/* All problems, refusals first in the order of the enum; the number. */
size_t proposal_check(const struct policy *p, const struct proposal *proposal,
		      struct proposal_problem ret[PROPOSAL_PROBLEMS_MAX]);
bool proposal_is_refused(const struct proposal_problem *problems, size_t n);
void proposal_explain(const struct policy *p, const struct proposal_problem *problem, struct buffer *ret);
const char *proposal_problem_name(enum proposal_problem_kind kind); /* "term-cap", stable */

/* Level, term, basis and scope as the catalogue row says. */
void proposal_defaults(const struct item *item, struct classification *ret);
/* Several items: the one that rules (highest level, then longest term); NULL: none. */
const struct item *proposal_ruling_item(const struct policy *p, const struct item *const *items, size_t n);

/*
 * What follows from sources (domain.md R20, R21), also for an archive or a folder that holds them (R24): the highest
 * level; as the pack says the longest term or the first in precedence, as a day (long-term and events stay what they
 * are); the scope of the source that rules, or one whose readers may know all. A source without a term counts with what
 * the pack assumes for it. ret->sources stays empty: the caller names them. n is at least 1.
 */
void proposal_from_sources(const struct policy *p, const struct record *const *sources, size_t n, struct date today,
			   struct classification *ret);

/* What may speak against "not secret"; unset fields say nothing. */
struct contrary {
	const struct level *mark;     /* a mark in the text */
	const struct item *signalled; /* an item whose phrases the text meets */
	bool is_known;		      /* the content, or one like it, has a classified record */
};

/* May a drafter declare alone that a document is not secret? Else the responsible person confirms. */
bool proposal_may_declare_alone(const struct policy *p, const struct contrary *c);

#endif
