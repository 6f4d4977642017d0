#include "library/qpdf.h"

#include <errno.h>
#include <qpdf/qpdf-c.h>
#include <stdlib.h>
#include <string.h>

struct pdf_file {
	qpdf_data q;
	struct bytes content;
};

void pdf_file_free(struct pdf_file *p)
{
	if (!p)
		return;
	if (p->q)
		qpdf_cleanup(&p->q);
	free(p);
}

/* A warning means that something was guessed, or left out. Both are taken off the list. */
static bool complains(qpdf_data q)
{
	bool any = false;

	while (qpdf_more_warnings(q)) {
		(void)qpdf_next_warning(q);
		any = true;
	}
	if (qpdf_has_error(q)) {
		(void)qpdf_get_error(q);
		any = true;
	}
	return any;
}

/*
 * A signature says which bytes it covers, and its value is written between them after all else: so its dictionary stands
 * in clear in the file (ISO 32000-1, 12.8.1). The flag and the permissions are asked as well.
 */
static bool is_signed(const struct pdf_file *p)
{
	qpdf_oh root = qpdf_get_root(p->q);
	qpdf_oh form = qpdf_oh_get_key_if_dict(p->q, root, "/AcroForm");
	qpdf_oh permissions = qpdf_oh_get_key_if_dict(p->q, root, "/Perms");
	long long flags = 0;

	(void)qpdf_oh_get_value_as_longlong(p->q, qpdf_oh_get_key_if_dict(p->q, form, "/SigFlags"), &flags);
	return (flags & 1) || qpdf_oh_is_dictionary(p->q, permissions) ||
	       memmem(p->content.at, p->content.n, "/ByteRange", strlen("/ByteRange"));
}

static int open_document(struct pdf_file *p)
{
	QPDF_ERROR_CODE code;

	qpdf_silence_errors(p->q);
	qpdf_set_suppress_warnings(p->q, true);
	qpdf_set_attempt_recovery(p->q, false);
	code = qpdf_read_memory(p->q, "document", (const char *)p->content.at, p->content.n, NULL);
	if (code & QPDF_ERRORS) {
		bool locked = qpdf_has_error(p->q) &&
			      qpdf_get_error_code(p->q, qpdf_get_error(p->q)) == qpdf_e_password;

		return locked ? PDF_FILE_LOCKED : PDF_FILE_DAMAGED;
	}
	if (qpdf_is_encrypted(p->q))
		return PDF_FILE_LOCKED;
	if (complains(p->q) || !qpdf_oh_is_dictionary(p->q, qpdf_get_root(p->q)) || qpdf_get_num_pages(p->q) < 1)
		return PDF_FILE_DAMAGED;
	return is_signed(p) ? PDF_FILE_SIGNED : complains(p->q) ? PDF_FILE_DAMAGED : 0;
}

int pdf_file_new(struct bytes content, struct pdf_file **ret)
{
	OWNED(pdf_file) struct pdf_file *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return FAULT(ENOMEM, "read a PDF");
	p->content = content;
	p->q = qpdf_init();
	if (!p->q)
		return FAULT(ENOMEM, "read a PDF");
	r = open_document(p);
	if (r)
		return r;
	*ret = steal(&p);
	return 0;
}

void pdf_file_info(struct pdf_file *p, const char *key, struct buffer *ret)
{
	qpdf_oh info = qpdf_oh_get_key_if_dict(p->q, qpdf_get_trailer(p->q), "/Info");
	qpdf_oh value = qpdf_oh_get_key_if_dict(p->q, info, key);
	const char *text;
	size_t n;

	if (qpdf_oh_is_string(p->q, value) && qpdf_oh_get_value_as_utf8(p->q, value, &text, &n))
		buffer_add(ret, text, n);
}

void pdf_file_set_info(struct pdf_file *p, const char *key, const char *value)
{
	qpdf_oh trailer = qpdf_get_trailer(p->q);
	qpdf_oh info = qpdf_oh_get_key(p->q, trailer, "/Info");

	if (!qpdf_oh_is_dictionary(p->q, info)) {
		info = qpdf_make_indirect_object(p->q, qpdf_oh_new_dictionary(p->q));
		qpdf_oh_replace_key(p->q, trailer, "/Info", info);
	}
	if (*value)
		qpdf_oh_replace_key(p->q, info, key, qpdf_oh_new_unicode_string(p->q, value));
	else
		qpdf_oh_remove_key(p->q, info, key);
}

int pdf_file_xmp(struct pdf_file *p, struct buffer *ret)
{
	qpdf_oh stream = qpdf_oh_get_key_if_dict(p->q, qpdf_get_root(p->q), "/Metadata");
	unsigned char *data = NULL;
	QPDF_BOOL filtered = false;
	size_t n = 0;
	QPDF_ERROR_CODE code;

	if (!qpdf_oh_is_stream(p->q, stream))
		return 0;
	code = qpdf_oh_get_stream_data(p->q, stream, qpdf_dl_all, &filtered, &data, &n);
	if (code == QPDF_SUCCESS && filtered)
		buffer_add(ret, data, n);
	free(data);
	return complains(p->q) || code != QPDF_SUCCESS || !filtered ? PDF_FILE_DAMAGED : buffer_check(ret);
}

void pdf_file_set_xmp(struct pdf_file *p, struct bytes xmp)
{
	qpdf_oh root = qpdf_get_root(p->q);
	qpdf_oh stream = qpdf_oh_get_key(p->q, root, "/Metadata");
	qpdf_oh dictionary;

	if (!qpdf_oh_is_stream(p->q, stream)) {
		stream = qpdf_oh_new_stream(p->q);
		qpdf_oh_replace_key(p->q, root, "/Metadata", stream);
	}
	dictionary = qpdf_oh_get_dict(p->q, stream);
	qpdf_oh_replace_key(p->q, dictionary, "/Type", qpdf_oh_new_name(p->q, "/Metadata"));
	qpdf_oh_replace_key(p->q, dictionary, "/Subtype", qpdf_oh_new_name(p->q, "/XML"));
	/* Without a filter, so that programs that know nothing of PDF find it (XMP specification, part 3, 3.1). */
	qpdf_oh_replace_stream_data(p->q, stream, xmp.at, xmp.n, qpdf_oh_new_null(p->q), qpdf_oh_new_null(p->q));
}

/* What was written is read again: it must be as sound as what it was made from, and have its pages. */
static bool is_whole(struct bytes written, int pages)
{
	qpdf_data q = qpdf_init();
	bool good;

	if (!q)
		return false;
	qpdf_silence_errors(q);
	qpdf_set_suppress_warnings(q, true);
	qpdf_set_attempt_recovery(q, false);
	good = qpdf_read_memory(q, "written", (const char *)written.at, written.n, NULL) == QPDF_SUCCESS &&
	       qpdf_get_num_pages(q) == pages && !complains(q);
	qpdf_cleanup(&q);
	return good;
}

int pdf_file_write(struct pdf_file *p, struct buffer *ret)
{
	int pages = qpdf_get_num_pages(p->q);
	QPDF_BOOL linear = qpdf_is_linearized(p->q);
	size_t from = ret->n;

	if (qpdf_init_write_memory(p->q) != QPDF_SUCCESS)
		return PDF_FILE_DAMAGED;
	qpdf_set_object_stream_mode(p->q, qpdf_o_preserve);
	qpdf_set_stream_data_mode(p->q, qpdf_s_preserve);
	qpdf_set_preserve_unreferenced_objects(p->q, !linear); /* the two do not go together */
	qpdf_set_deterministic_ID(p->q, true);
	qpdf_set_linearization(p->q, linear);
	if (qpdf_write(p->q) != QPDF_SUCCESS || complains(p->q))
		return PDF_FILE_DAMAGED;
	buffer_add(ret, qpdf_get_buffer(p->q), qpdf_get_buffer_length(p->q));
	TRY(buffer_check(ret));
	return is_whole(bytes_of(ret->at + from, ret->n - from), pages) ? 0 : PDF_FILE_DAMAGED;
}
