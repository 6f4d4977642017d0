/* The mark in the bytes of an office document of OOXML or ODF: texts, tables, slides. */
#ifndef CTL_MARK_OFFICE_H
#define CTL_MARK_OFFICE_H

#include "ctl/mark.h"

/*
 * Appends the document with this mark, or gives an outcome of mark.h.
 * In a text the mark is one paragraph in a bookmark, before everything else;
 * in each of them it is a property of the document. A mark that somebody wrote into stays as ordinary
 * text, and so does whatever was typed beside it.
 */
int mark_office(struct bytes document, const struct mark_text *mark, struct buffer *ret) MUST_CHECK;

#endif
