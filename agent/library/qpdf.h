/*
 * qpdf: what a PDF says of itself (document information, XMP), changed while its pages keep their bytes. It never
 * repairs: what it would have to guess about stays as it is.
 */
#ifndef LIBRARY_QPDF_H
#define LIBRARY_QPDF_H

#include "base/bytes.h"

enum pdf_file_outcome {
	PDF_FILE_DAMAGED = 1, /* not a PDF, or one that can only be read by guessing */
	PDF_FILE_LOCKED,      /* encrypted, with or without a password to open it */
	PDF_FILE_SIGNED,      /* any change would break a signature in it */
};

struct pdf_file;

/* content must outlive it. 0, an outcome or a fault. */
int pdf_file_new(struct bytes content, struct pdf_file **ret) MUST_CHECK;
void pdf_file_free(struct pdf_file *p);
DEFINE_OWNED(pdf_file, struct pdf_file, pdf_file_free);

/* An entry of the document information, UTF-8. Appends nothing where there is none. key: "/classd_mark". */
void pdf_file_info(struct pdf_file *p, const char *key, struct buffer *ret);
void pdf_file_set_info(struct pdf_file *p, const char *key, const char *value); /* value "": away */
/* The XMP packet of the document; nothing where there is none. 0, PDF_FILE_DAMAGED or a fault. */
int pdf_file_xmp(struct pdf_file *p, struct buffer *ret) MUST_CHECK;
void pdf_file_set_xmp(struct pdf_file *p, struct bytes xmp);
/* The whole document with the changes: streams as they were, the same pages. 0, PDF_FILE_DAMAGED or a fault. */
int pdf_file_write(struct pdf_file *p, struct buffer *ret) MUST_CHECK;

#endif
