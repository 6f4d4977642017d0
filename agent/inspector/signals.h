/*
 * What the registrar wants to be recognised: names of levels and phrases of
 * catalogue items, as lines of a memfd (frame `signals`), and the search for
 * them. The answer says where and how often, never what stands there; a mark
 * alone is repeated, for it is made to be seen.
 */
#ifndef INSPECTOR_SIGNALS_H
#define INSPECTOR_SIGNALS_H

#include "base/bytes.h"

#define SIGNALS_ITEMS_MAX 32	/* items in an answer, best first */
#define SIGNALS_SPANS_MAX 8	/* places of one item in an answer */
#define SIGNALS_MARK_MAX  1024	/* bytes of a mark */
#define SIGNALS_HEAD	  16384 /* marks are looked for in so many bytes: the first page */

struct signals;

/* Lines that are neither a phrase nor a level are left out. 0 or a fault. */
int signals_new(struct bytes lines, struct signals **ret) MUST_CHECK;
void signals_free(struct signals *s);
DEFINE_OWNED(signals, struct signals, signals_free);

/* Appends lines "ITEM SCORE OFFSET+LENGTH,…"; score: 100 for each different phrase, 1 for each hit (up to 99). */
int signals_match(const struct signals *s, struct bytes text, struct buffer *ret) MUST_CHECK;

struct mark_seen {
	char mark[SIGNALS_MARK_MAX + 1]; /* "" none. The line, and "label: value" lines right behind it */
	char term[SIGNALS_MARK_MAX + 1]; /* what stands behind the level, as written */
	const char *level;		 /* code; borrowed from the signals; "" none */
};

/* The first line of the text's head that looks like a mark of a level, else like that of another regime (level ""). */
int signals_find_mark(const struct signals *s, struct bytes text, struct mark_seen *ret) MUST_CHECK;
/* The highest portion mark, "(S)" at the front of a line, anywhere in the text, is added to the mark that was found. */
void signals_add_portion(const struct signals *s, struct bytes text, struct mark_seen *mark);

#endif
