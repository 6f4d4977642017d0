/*
 * Changes in XML that leave every other byte as it is: places are found by
 * parsing, the change is made in the text. An application's document stays
 * what that application wrote.
 */
#ifndef CTL_MARK_XML_H
#define CTL_MARK_XML_H

#include "base/bytes.h"

#define MARK_NAME "classd_mark" /* of the bookmark, the style and the property */

struct edit {
	size_t at;
	size_t cut;
	struct buffer text;
};

struct edits {
	struct edit *at; /* in the order of their places */
	size_t n, room;
	struct edit lost; /* what there was no memory for */
	bool failed;
};

/* A change to be filled with text before the next is added. Changes do not overlap. */
struct buffer *edits_add(struct edits *e, size_t at, size_t cut);
int edits_apply(struct edits *e, struct bytes xml, struct buffer *ret) MUST_CHECK; /* in the order of their places */
void edits_done(struct edits *e);

/* One line of text as XML; lines are separated by the element `line_break`. */
void xml_add_bytes(struct buffer *to, struct bytes text, const char *line_break);
void xml_add_text(struct buffer *to, const char *text, const char *line_break);

struct xml_span {
	size_t from;
	size_t to; /* behind the last byte */
};

struct element {
	bool found;
	struct xml_span whole;
	struct xml_span inner;  /* empty and at whole.to for <x/> */
	struct buffer text; /* all character data in it */
	uint64_t highest;   /* of all `count` attributes of elements with that name */
};

/* name, attribute, count: local names. attribute NULL: the first element of that name. */
struct element_query {
	const char *name;
	const char *attribute;
	const char *value;
	const char *count;
};

/* 0, or an xml_outcome. */
int element_find(struct bytes xml, const struct element_query *query, struct element *ret) MUST_CHECK;
void element_done(struct element *e);

/* Is that attribute a true one of XML Schema? */
bool xml_is_true(const char **attributes, const char *name);
/* Value of the attribute with that local name, or NULL. */
const char *xml_attribute(const char **attributes, const char *name);
/* UTF-8 and nothing else: only then may text be put in. */
bool xml_is_utf8(struct bytes xml);

#endif
