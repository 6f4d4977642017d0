/*
 * Tasks: what somebody is asked to do about a record, with an owner, a day and an answer. The record goes on meanwhile;
 * what changes it is a state or a request (record.h, request.h). Kinds are rows: which finding when late. Outcomes are
 * rows: to which kinds they are an answer, and what follows.
 */
#ifndef DOMAIN_TASK_H
#define DOMAIN_TASK_H

#include "domain/finding.h"

enum task_kind {
	TASK_CHALLENGE,	    /* a reader asks whether this is rightly classified */
	TASK_REVIEW,	    /* the regular look, see record.next_review */
	TASK_REVIEW_EXPIRY, /* the look before the term is over; undone, it expires all the same */
	TASK_REVIEW_SOURCE, /* what it was derived from is another since */
	TASK_CONDITION,	    /* the check date of an event has come: has it happened? */
	TASK_REVIEW_POLICY, /* new rules or a new catalogue touch it */
	TASK_ARCHIVE,	    /* the look before it goes to an archive */
	TASK_PUBLISH,	    /* it was released to be published: the look of its own before that */
	TASK_CONSULT,	    /* a unit that made it with us is asked; the note names it */
	TASK_REREAD,	    /* declared not secret, and drawn to be read once more by somebody who does not see that */
	TASK_NOTICE,	    /* those who may know it are told of a change; the note names them, see task_names() */
	TASK_SERVICE,	    /* they are served with its release */
	TASK_URGENT,	    /* a proposal is to be decided today */
	TASK_KINDS
};

struct task {
	int64_t id;
	enum task_kind kind;
	const char *number, *owner;
	struct date opened, due; /* due unset: no day */
	bool is_open;
	struct date closed; /* unset while it is open */
};

const char *task_kind_name(enum task_kind kind); /* "challenge", stable */
bool task_kind_find(const char *name, enum task_kind *ret);
/* Which finding a late one of that kind is. */
enum finding_code task_finding(enum task_kind kind);
bool task_is_late(const struct task *t, struct date today);

/* What an answer does besides being noted. */
enum task_does {
	TASK_NOTES,
	TASK_KEEPS,  /* the record was looked at and stays: a decision */
	TASK_ASKS,   /* opens a request, which is decided as always */
	TASK_DECIDES, /* is itself a signed decision about the record */
	TASK_WAITS,  /* is asked again, on a day that is given */
	TASK_REPLIES, /* by a document that came from elsewhere */
	TASK_FILLS,  /* is answered by itself, when everybody it names is entered */
	TASK_ENDS,   /* no answer: what asked for it was given up */
};
/* What a request asked for by an answer makes less. */
enum task_lowers { TASK_LOWERS_NOTHING, TASK_LOWERS_LEVEL, TASK_LOWERS_TERM, TASK_LOWERS_SCOPE };

struct task_outcome {
	const char *name; /* "keep", stable */
	uint32_t kinds;	  /* bits 1u << enum task_kind */
	enum task_does does;
	const char *request; /* TASK_ASKS: the kind of the request, see request.h */
	enum task_lowers lowers;
};

/* Those who are to be told, as the note of a task names them: scopes before and after, one blank between two. */
void task_names(struct texts before, struct texts after, struct buffer *ret);
/* NULL: a task of that kind is not answered so. */
const struct task_outcome *task_outcome_find(enum task_kind kind, const char *name);
/* "upheld, rejected", for people; of every kind the list of its own. */
void task_outcomes(enum task_kind kind, struct buffer *ret);

enum task_problem {
	TASK_GOOD,
	TASK_NOT_LOWER,	   /* the level is none below, or no level at all */
	TASK_NOT_SHORTER,
	TASK_NOT_NARROWER, /* as many may know it, or others */
	TASK_MORE,	   /* something else is changed with it */
};
/* Does what is asked for make less of exactly what the outcome says? within: the scope asked for lies within the one in
 * force, which task_scope_outside() and the register tell. */
enum task_problem task_outcome_check(const struct policy *p, const struct record *r, const struct task_outcome *outcome,
				     const struct classification *what, bool within);
/* The entry after *at that the other scope does not hold by itself, and the place after it; NULL: no more. A person may
 * still belong to a department of it. */
const char *task_scope_outside(struct texts scope, struct texts of, size_t *at);
const char *task_problem_name(enum task_problem problem);
const char *task_problem_sentence(enum task_problem problem);

#endif
