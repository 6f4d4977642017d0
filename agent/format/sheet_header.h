/*
 * The header of a printed sheet in a table (ECMA-376 part 1, 18.3.1.39 oddHeader): one string with sections (&L &C &R)
 * and codes for fonts, page numbers and the like. A mark stands at the front of its left section. Input of any origin.
 */
#ifndef FORMAT_SHEET_HEADER_H
#define FORMAT_SHEET_HEADER_H

#include "base/bytes.h"

#define SHEET_HEADER_MAX 255 /* UTF-16 units; programs refuse a file with more */

enum sheet_header_outcome { SHEET_HEADER_FULL = 1 /* there is no room for the mark */ };

/* What a reader sees, sections and lines each on a line; what is struck through goes to `struck`. */
void sheet_header_read(struct bytes header, struct buffer *text, struct buffer *struck);

struct sheet_mark {
	const char *old;  /* what was written last; "": nothing */
	const char *text; /* what is to stand there; "": nothing */
	bool strikes;	  /* the old one stays, struck through, before the text */
};
/*
 * Appends the header with that mark; what was written last is found by its text and replaced, everything else stays.
 * Of a mark that does not fit the last lines are left out. 0, SHEET_HEADER_FULL or a fault.
 */
int sheet_header_put(struct bytes header, const struct sheet_mark *mark, struct buffer *ret) MUST_CHECK;

#endif
