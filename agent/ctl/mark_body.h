/* Where the mark stands, or should stand, in the body of a text document. One row for each format. */
#ifndef CTL_MARK_BODY_H
#define CTL_MARK_BODY_H

#include "ctl/mark_xml.h"

struct body_format {
	const char *part; /* the zip entry */
	const char *container;
	int block_depth;	    /* of the container's children */
	const char *const *prelude; /* children of the container that stand before all text; NULL-ended */
	const char *bookmark_start; /* local names */
	const char *bookmark_end;
	const char *bookmark_key; /* the attribute that ties an end to its start */
	const char *text_in;	  /* text counts in this element only; NULL: everywhere in a block */
	const char *line_break;
};

struct body {
	bool has_place;
	size_t place;	/* before the first block */
	bool has_mark;	/* both bookmark tags were found */
	bool has_block; /* and they stand in one block, */
	bool is_alone;	/* in which there is no other text */
	struct xml_span start, end, block;
	struct buffer text; /* of the mark */
	char style[128];    /* style-name of the block of the mark, or else of the first block; "" none */
	uint64_t highest;   /* number of a bookmark */
};

/* 0, or an xml_outcome. */
int body_read(struct bytes xml, const struct body_format *format, struct body *ret) MUST_CHECK;
void body_done(struct body *b);

#endif
