#include "ctl/mark_pdf.h"

#include "base/text.h"
#include "ctl/mark_xmp.h"
#include "library/expat.h"
#include "library/qpdf.h"

#include <string.h>

#define INFO_KEY "/" MARK_NAME

/* It may stand a little behind the beginning (ISO 32000-1, annex H). */
bool mark_is_pdf(struct bytes document)
{
	return memmem(document.at, document.n < 1024 ? document.n : 1024, "%PDF-", 5) != NULL;
}

static int outcome_of(int r)
{
	switch (r) {
	case PDF_FILE_DAMAGED:
		return MARK_WRITE_UNSAFE;
	case PDF_FILE_LOCKED:
		return MARK_WRITE_LOCKED;
	case PDF_FILE_SIGNED:
		return MARK_WRITE_SIGNED;
	default:
		return r;
	}
}

struct carried {
	struct buffer info, xmp, in_xmp;
};

static void carried_done(struct carried *c)
{
	buffer_done(&c->info);
	buffer_done(&c->xmp);
	buffer_done(&c->in_xmp);
}

static int look(struct pdf_file *pdf, struct carried *c)
{
	int r = pdf_file_xmp(pdf, &c->xmp);

	if (r)
		return r;
	pdf_file_info(pdf, INFO_KEY, &c->info);
	TRY(buffer_check(&c->info));
	return mark_xmp_read(buffer_bytes(&c->xmp), &c->in_xmp);
}

static int write_mark(struct pdf_file *pdf, const struct carried *c, const char *mark, struct buffer *ret)
{
	OWN_BUFFER struct buffer xmp = {0};
	int r = mark_xmp_write(buffer_bytes(&c->xmp), mark, &xmp);

	TRY(r);
	if (r)
		return PDF_FILE_DAMAGED; /* one place says it and the other something else: rather neither */
	pdf_file_set_info(pdf, INFO_KEY, mark);
	if (xmp.n)
		pdf_file_set_xmp(pdf, buffer_bytes(&xmp));
	return pdf_file_write(pdf, ret);
}

int mark_pdf(struct bytes document, const struct mark_text *mark, struct buffer *ret)
{
	__attribute__((cleanup(carried_done))) struct carried c = {0};
	OWNED(pdf_file) struct pdf_file *pdf = NULL;
	size_t from = ret->n;
	int r = pdf_file_new(document, &pdf);

	if (r == 0)
		r = look(pdf, &c);
	if (r == 0 && bytes_equal_text(buffer_bytes(&c.info), mark->text) &&
	    bytes_equal_text(buffer_bytes(&c.in_xmp), mark->text))
		return MARK_WRITE_SAME;
	if (r == 0)
		r = write_mark(pdf, &c, mark->text, ret);
	if (r)
		ret->n = from;
	return outcome_of(r);
}
