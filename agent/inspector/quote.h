/*
 * Evidence: the passages of one document in which phrases of an item stand, word for word, for somebody who has that document
 * before him. A run of its own (classd-inspector --quote), started by the reader's program with the reader's rights and in
 * the sandbox of every inspector: it is given the content and the phrases, answers once and ends. No role hears what it says,
 * and nothing of it is kept.
 */
#ifndef INSPECTOR_QUOTE_H
#define INSPECTOR_QUOTE_H

#include "inspector/extract.h"
#include "inspector/signals.h"

#define QUOTES_MAX  3
#define QUOTE_CHARS 160 /* of a passage, at most */

/*
 * Appends "found<TAB>PHRASES<TAB>PLACES", how many different phrases stand at how many places (counted up to 999), and for each
 * passage "quote<TAB>PLACE<TAB>NUMBER<TAB>PHRASE<TAB>PASSAGE": one for each phrase as long as there is room, then more of them, in
 * the order of the text. PLACE: paragraph, line, page (NUMBER counts them), sheet, slide … (NUMBER names it; 0: no number). PASSAGE is of one
 * paragraph or page, white space as one blank, "…" where it was cut.
 */
int quotes_find(const struct signals *s, const struct extract *x, struct buffer *ret) MUST_CHECK;

/* The whole run: content on descriptor 0, phrases as lines of the frame `signals` on 3, the answer on 1: first
 * "content<TAB>SHA-256<TAB>TYPE<TAB>BYTES OF TEXT". Gives the exit status. */
int quote_main(void) MUST_CHECK;

#endif
