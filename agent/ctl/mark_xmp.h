/* The mark in an XMP packet (ISO 16684-1): one property of its own, put in and taken out as text. */
#ifndef CTL_MARK_XMP_H
#define CTL_MARK_XMP_H

#include "ctl/mark_xml.h"

#define XMP_MARK_SPACE "urn:classd:mark:1"

/* A property of a schema that is none of the standard's. */
struct xmp_property {
	const char *prefix, *name, *space;
	const char *meaning; /* a sentence for archives */
};

/* The same for any property, whose value is text. */
int xmp_read(struct bytes xmp, const struct xmp_property *property, struct buffer *ret) MUST_CHECK;
int xmp_write(struct bytes xmp, const struct xmp_property *property, const char *value, struct buffer *ret) MUST_CHECK;

/* What the packet says the mark is; nothing where it says none, or cannot be read. */
int mark_xmp_read(struct bytes xmp, struct buffer *ret) MUST_CHECK;
/*
 * The packet with this mark ("": away), appended; an empty packet gives a new one. XML_REFUSED: it is no packet that a
 * text could be put into, and stays.
 */
int mark_xmp_write(struct bytes xmp, const char *mark, struct buffer *ret) MUST_CHECK;

#endif
