/* The mark on the pages of what is no text: the header of a table's sheets, a box on slides and drawings. */
#ifndef CTL_MARK_PAGES_H
#define CTL_MARK_PAGES_H

#include "ctl/mark.h"
#include "ctl/mark_parts.h"

struct mark_change {
	const char *old; /* what a property says was written last; "": nothing */
	const struct mark_text *mark;
};

/* The parts get the mark on each page. 0 (also where nothing had to change), or an outcome of mark.h. */
int xlsx_mark_pages(struct parts *parts, const struct mark_change *change) MUST_CHECK;
int ods_mark_pages(struct parts *parts, const struct mark_change *change) MUST_CHECK;
int pptx_mark_pages(struct parts *parts, const struct mark_change *change) MUST_CHECK;
int odp_mark_pages(struct parts *parts, const struct mark_change *change) MUST_CHECK; /* and drawings */

/* Behind what was struck through, on a line of its own. */
bool mark_ends_with(struct bytes text, struct bytes line);
/* The next line of a text, which then begins behind it; false: there is none. */
bool mark_next_line(const char **text, struct bytes *ret);
/* Paragraphs of OpenDocument, one for each line, in that style of text. */
void odf_add_lines(struct buffer *to, const char *text, const char *style);

#endif
