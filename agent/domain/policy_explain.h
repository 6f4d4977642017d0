/* A pack in words, for `classctl policy explain`: what is allowed, by whom, until when. English, official names kept.
 */
#ifndef DOMAIN_POLICY_EXPLAIN_H
#define DOMAIN_POLICY_EXPLAIN_H

#include "domain/policy.h"

enum { POLICY_EXPLAIN_UNKNOWN = 1 };

/*
 * what: NULL or "" for the whole pack, else a level, a kind of appointment, or an item's number. 0, or
 * POLICY_EXPLAIN_UNKNOWN with nothing written.
 */
int policy_explain(const struct policy *p, const char *what, struct buffer *ret) MUST_CHECK;

#endif
