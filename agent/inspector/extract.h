/*
 * From the bytes of a file to its type and text. Everything here reads what a
 * stranger may have made: damage gives less text, never an error.
 */
#ifndef INSPECTOR_EXTRACT_H
#define INSPECTOR_EXTRACT_H

#include "library/foreign.h"

#define EXTRACT_TEXT_MAX  ((size_t)16 << 20)
#define EXTRACT_TYPE_MAX  ((size_t)127)
#define EXTRACT_WHOLE_MAX ((size_t)64 << 20) /* of larger files only the beginning is looked at */
#define EXTRACT_START	  ((size_t)256 << 10)

#define TYPE_SEALED  "application/vnd.classd.sealed"
#define TYPE_AGE     "application/age"
#define TYPE_TEXT    "text/plain"
#define TYPE_PDF     "application/pdf"
#define TYPE_ZIP     "application/zip"
#define TYPE_UNKNOWN "application/octet-stream"

struct extractor; /* what must be opened before the sandbox */

int extractor_new(struct extractor **ret) MUST_CHECK;
void extractor_free(struct extractor *e);
DEFINE_OWNED(extractor, struct extractor, extractor_free);

/* Which part of a document a text is of, from its beginning on. */
enum place_kind { PLACE_PARAGRAPH, PLACE_LINE, PLACE_PAGE, PLACE_CELL, PLACE_SHEET, PLACE_SLIDE, PLACE_SLIDE_NOTES,
		  PLACE_HEADER, PLACE_FOOTER, PLACE_NOTE, PLACE_COMMENT, PLACE_STRUCK, PLACE_KINDS };
struct extract_place {
	size_t at; /* in the text */
	enum place_kind kind;
	uint32_t number; /* that its name has, of a sheet or slide; 0: none */
};

struct extract {
	char type[EXTRACT_TYPE_MAX + 1]; /* MIME type */
	struct buffer text;		 /* UTF-8; paragraphs end with a newline */
	struct buffer places;		 /* struct extract_place, ascending; none: all is one */
	struct buffer struck;		 /* what is struck through in it; not in text */
	struct buffer property;		 /* the mark that its properties tell of, UTF-8; empty: none */
	struct foreign_labels foreign;	 /* labels of other systems */
	struct buffer sealed_args;	 /* text: our label's arguments, when the file is in our sealed form */
};

/* whole: content is all of the file, not its beginning. 0 or a fault. */
int extract(struct extractor *e, struct bytes content, bool whole, struct extract *ret) MUST_CHECK;
void extract_done(struct extract *x);

/* Office documents that are zip files of XML parts (OOXML, ODF). Sets the type and appends the text. */
int office_extract(struct bytes content, struct extract *ret) MUST_CHECK;

/* What the properties of a document tell: of OOXML, ODF or an XMP packet. Damage gives less. */
int properties_read(struct bytes xml, struct extract *ret) MUST_CHECK;

void extract_add_place(struct buffer *places, size_t at, enum place_kind kind, uint32_t number);
void extract_set_type(struct extract *x, const char *type);

#endif
