/* Pages that hold shapes, and our own box among them: slides of OOXML, slides and drawings of OpenDocument. */
#ifndef CTL_MARK_BOX_H
#define CTL_MARK_BOX_H

#include "ctl/mark_pages.h"

struct box_text {
	const char *struck; /* stands first, struck through; "": none */
	const char *text;
	uint64_t id; /* that no other shape has */
};

/* By local names. */
struct box_format {
	const char *page;	 /* the element whose children are the shapes */
	const char *const *tail; /* its children that stand behind all shapes; NULL-ended */
	const char *shape;
	const char *named; /* the element that has the shape's name: in the shape, or itself */
	const char *text_in, *paragraph, *line_break;
	void (*write)(const struct box_text *text, struct buffer *to);
};

/* Adds the changes that put the box on each page, over the old one. 0, or an outcome of mark.h; ret_n: pages. */
int box_mark_pages(struct bytes xml, const struct box_format *format, const struct mark_change *change,
		   struct edits *edits, size_t *ret_n) MUST_CHECK;

#endif
