/*
 * What a term usually is: the median of what was decided before about the same item, of what somebody inspected. A pattern of
 * the past shortens what a catalogue offers by itself; it never lengthens it, and who drafts may say otherwise.
 */
#ifndef DOMAIN_PRECEDENT_H
#define DOMAIN_PRECEDENT_H

#include "domain/policy.h"

enum { PRECEDENTS_MIN = 3, PRECEDENTS_MAX = 50 };

/*
 * The lower median of the n terms at `at`, which it sorts; only periods are compared, others are left out. *ret is at most
 * the item's own term and its longest, at that level. Returns how many terms stand behind it; 0 with *ret untouched: fewer than
 * PRECEDENTS_MIN, or the item's own term is no period.
 */
size_t precedent_term(const struct policy *p, const struct level *level, const struct item *item, struct term *at, size_t n,
		      struct term *ret);

#endif
