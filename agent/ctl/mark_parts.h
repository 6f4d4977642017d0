/* The parts of an office document, and what of the mark is written into each: by format. */
#ifndef CTL_MARK_PARTS_H
#define CTL_MARK_PARTS_H

#include "ctl/mark_body.h"

struct part {
	char *name;
	struct buffer content;
	bool is_changed; /* by parts_edit() */
};

struct parts {
	struct part *at; /* in the order of the file */
	size_t n;
};

/* 0, an outcome of mark.h or a fault. */
int parts_read(struct bytes document, struct parts *ret) MUST_CHECK;
int parts_write(const struct parts *parts, struct buffer *ret) MUST_CHECK;
void parts_done(struct parts *parts);
struct part *parts_find(const struct parts *parts, const char *name);
int parts_add(struct parts *parts, const char *name, struct part **ret) MUST_CHECK; /* empty, at the end */

int parts_edit(struct part *part, struct edits *edits) MUST_CHECK; /* the part becomes what the changes make of it */

/* Adds the changes that put the mark into the body: over the old one's block, or before the first. Both "": away. */
struct mark_lines {
	const char *struck; /* stand first, struck through; "": none */
	const char *text;
};
int docx_write_body(struct bytes xml, const struct body *body, const struct mark_lines *mark,
		    struct edits *ret) MUST_CHECK;
int odt_write_body(struct bytes xml, const struct body *body, const struct mark_lines *mark,
		   struct edits *ret) MUST_CHECK;

/* A property by name, of OOXML and of OpenDocument; "" takes it away. Properties that cannot be read are left alone. */
int docx_read_property(const struct parts *parts, const char *name, struct buffer *ret) MUST_CHECK;
int docx_write_property(struct parts *parts, const char *name, const char *value) MUST_CHECK;
int odt_read_property(const struct parts *parts, const char *name, struct buffer *ret) MUST_CHECK;
int odt_write_property(struct parts *parts, const char *name, const char *value) MUST_CHECK;
/* Automatic styles of OpenDocument, unless `known` stands there already; where there is no place for them: none. */
struct part_styles {
	const char *styles, *known;
};
int odf_add_styles(struct bytes xml, const struct part_styles *styles, struct edits *edits) MUST_CHECK;
/* Puts text before the end tag of the first element of that name. Left alone where there is no such end tag. */
int part_insert(struct part *part, const char *element, const char *text) MUST_CHECK;

#endif
