/*
 * Requests: what is asked for about a record in force, and decided like a classification (DESIGN 6). One waits at a
 * time; record.request is the act that grants it. What one kind may settle, and until when, is here and in the pack.
 */
#ifndef DOMAIN_REQUEST_H
#define DOMAIN_REQUEST_H

#include "domain/policy.h"

struct request_kind {
	const char *name;  /* "change": for clients, the queue and the command line */
	enum act ask;	   /* the proposal in the journal */
	enum act decide;   /* what grants it */
	bool sets;	   /* values are proposed with it */
	bool extends;	   /* only the end moves, only later, and only before it has come */
};

const struct request_kind *request_kind_find(const char *name);
const struct request_kind *request_kind_of(enum act decide);
/* What waits for a decision; NULL: nothing does. */
const struct request_kind *request_waiting(const struct record *r);
/* What a decision now would be about: what was asked for, else what counts. Never NULL. */
const struct classification *request_values(const struct record *r);

/* The regime that a decision now would be about: that which is asked for, else the one it has. */
enum regime request_regime(const struct record *r);

enum request_problem {
	REQUEST_OK,
	REQUEST_WAITS,	       /* another one waits */
	REQUEST_TOO_LATE,      /* the term is over */
	REQUEST_NO_END,	       /* nothing to extend: no day ends it */
	REQUEST_NOT_LONGER,    /* an extension that does not move the end */
	REQUEST_NOT_SET_HERE,  /* the pack settles only the term by an extension */
	REQUEST_NOTHING_NEW,   /* as it is already */
	REQUEST_IS_RELEASE,    /* down to unclassified: ask for the release */
	REQUEST_NOT_ENDED,     /* publishing what is in force: its release comes first */
	REQUEST_NEEDS_DOCUMENT /* a long-term item without the document of the body that issued the catalogue */
};

/*
 * May this be asked for, or granted, today? what: the values asked for. document: the paper it rests on, or NULL. A
 * request that waits is no problem when it is this kind's own decision (deciding).
 */
enum request_problem request_check(const struct policy *p, const struct record *r, const struct request_kind *kind,
				   const struct classification *what, const char *document, struct date today);
const char *request_problem_name(enum request_problem problem);	    /* "too-late", stable */
const char *request_problem_sentence(enum request_problem problem); /* what is wrong */
const char *request_problem_next(enum request_problem problem);	    /* and what to do */

#endif
