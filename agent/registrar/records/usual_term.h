/*
 * The term that an item brings where its drafter says none: the median of inspected precedents (domain/precedent.h,
 * store/store_precedents.h), else the item's own.
 */
#ifndef REGISTRAR_USUAL_TERM_H
#define REGISTRAR_USUAL_TERM_H

#include "registrar/records/case.h"

struct usual_term {
	struct term term;
	size_t n; /* records it is the median of; 0: the item's own */
};

/* Of many drafts that are made in one turn of the loop, in which nothing is decided: each item is looked up once. */
struct usual_memo {
	const struct item *item; /* NULL: nothing yet */
	const struct level *level;
	struct usual_term usual;
};

/* At that level; but: without that record, NULL: none. */
int usual_term(struct registrar *r, const struct item *item, const struct level *level, const char *but,
	       struct usual_term *ret) MUST_CHECK;
/* The same for the case's draft, by c->usual where there is one. */
int usual_term_of(struct case_of *c, const struct item *item, const struct level *level, struct usual_term *ret) MUST_CHECK;
/* The longest term of a level, or none that ends by itself: somebody's choice, and never a default. */
bool usual_term_is_longest(const struct case_of *c, const struct term *term, const struct level *level);
/*
 * After case_apply(): a draft that names an item and no term gets the usual one. c->term_from says so in words; they are the
 * reason, too, where it departs from the catalogue and the drafter gives none. Answered (CASE_ANSWERED) where that would be the longest.
 */
int usual_term_take(struct case_of *c, const struct fields *fields) MUST_CHECK;

#endif
