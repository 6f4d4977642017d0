/* The mark in a PDF: in its document information and its XMP packet. Its pages stay as they are and do not show it. */
#ifndef CTL_MARK_PDF_H
#define CTL_MARK_PDF_H

#include "ctl/mark.h"

bool mark_is_pdf(struct bytes document);
/* Appends the document with this mark, or gives an outcome of mark.h. */
int mark_pdf(struct bytes document, const struct mark_text *mark, struct buffer *ret) MUST_CHECK;

#endif
