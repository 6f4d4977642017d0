/*
 * Tasks: what somebody is asked to do about a record, with an owner, a day and an answer. The record goes on meanwhile;
 * what changes it is a state or a request (record.h, request.h). Kinds are rows: by when, and which finding when late.
 */
#ifndef DOMAIN_TASK_H
#define DOMAIN_TASK_H

#include "domain/finding.h"

enum task_kind {
	TASK_CHALLENGE,	    /* a reader asks whether this is rightly classified */
	TASK_REVIEW,	    /* the regular look, see record.next_review */
	TASK_REVIEW_EXPIRY, /* the look before the term is over; undone, it expires all the same */
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
/* May a task of that kind be answered so? "upheld" "rejected"; "keep" "act". */
bool task_takes(enum task_kind kind, const char *outcome);
const char *task_outcomes(enum task_kind kind); /* "upheld or rejected", for people */
bool task_is_late(const struct task *t, struct date today);

#endif
