/* poppler: the text of a PDF. It opens fonts and character maps by itself; without them it goes on. */
#ifndef LIBRARY_POPPLER_H
#define LIBRARY_POPPLER_H

#include "base/bytes.h"

enum pdf_outcome {
	PDF_BROKEN = 1,
	PDF_LOCKED, /* needs a password */
};

#define PDF_PAGES_MAX 2000

/* Appends the text, pages separated by form feeds, until there are at least max bytes; and the XMP packet to xmp. */
int pdf_text(struct bytes content, size_t max, struct buffer *ret, struct buffer *ret_xmp) MUST_CHECK;

#endif
