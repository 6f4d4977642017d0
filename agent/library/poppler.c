#include "library/poppler.h"

#include <errno.h>
#include <limits.h>
#include <poppler.h>

static void add_page(PopplerDocument *document, int number, struct buffer *ret)
{
	PopplerPage *page = poppler_document_get_page(document, number);
	char *text = page ? poppler_page_get_text(page) : NULL;

	buffer_add_text(ret, text ? text : ""); /* a page that cannot be read has none */
	buffer_add_text(ret, "\f");
	g_free(text);
	if (page)
		g_object_unref(page);
}

static void add_xmp(PopplerDocument *document, struct buffer *ret)
{
	char *xmp = poppler_document_get_metadata(document);

	buffer_add_text(ret, xmp ? xmp : "");
	g_free(xmp);
}

int pdf_text(struct bytes content, size_t max, struct buffer *ret, struct buffer *ret_xmp)
{
	GBytes *bytes = g_bytes_new_static(content.at, content.n);
	GError *error = NULL;
	PopplerDocument *document = poppler_document_new_from_bytes(bytes, NULL, &error);
	int pages = document ? poppler_document_get_n_pages(document) : 0;
	int outcome = 0;

	if (error)
		outcome = g_error_matches(error, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED) ? PDF_LOCKED : PDF_BROKEN;
	else if (!document)
		outcome = PDF_BROKEN;
	for (int i = 0; i < pages && i < PDF_PAGES_MAX && ret->n < max && !ret->failed; i++)
		add_page(document, i, ret);
	if (document) {
		add_xmp(document, ret_xmp);
		g_object_unref(document);
	}
	g_clear_error(&error);
	g_bytes_unref(bytes);
	return outcome ? outcome : buffer_check(ret);
}
