/*
 * Like cases decided in one go (DESIGN 14: never a rubber stamp). A set is agreed on first: each case named with the
 * digest of the content that was seen, all of one item, level, term, scope and type and as the catalogue says, no more than
 * the pack allows, one in so many opened by the decider since it was proposed. Each record then gets its own decision,
 * signed by itself, and beside it the one signature over the labels of all.
 */
#ifndef REGISTRAR_DECISION_SET_H
#define REGISTRAR_DECISION_SET_H

#include "registrar/records/decision.h"

#define SET_MAX SETS_MOST

/* Why this proposal is decided by itself only; NULL: it may stand in a set. */
const char *decision_set_excludes(struct case_of *c, const struct record *record);
/* Did the caller look at it since it was proposed, and since it has the content that it has? */
int decision_set_was_opened(struct case_of *c, const char *number, bool *ret) MUST_CHECK;
bool decision_set_is_like(const struct record *a, const struct record *b);

/* The parameter "set" of Decide: checked against what was agreed on, and its object for the entry. Answered when not 0; *ret
 * NULL: the decision stands alone. */
int decision_set_take(struct case_of *c, const struct decision *d, struct json_view parameters,
		      struct json **ret) MUST_CHECK;
/* Does that text name that label of that record? */
bool decision_set_names(const char *text, const char *record_id, const char *label);
void decision_sets_free(struct registrar *r);

int record_method_like_cases(struct registrar *r, struct api_call *call) MUST_CHECK;
int record_method_agree_set(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif
