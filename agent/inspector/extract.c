#include "inspector/extract.h"

#include "base/text.h"
#include "format/age.h"
#include "format/label.h"
#include "library/magic.h"
#include "library/poppler.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define SIDECAR_MAX ((size_t)1 << 20) /* of labels in XML beside a document */

struct extractor {
	struct filetype *filetype;
	iconv_t from_gb; /* GB18030, as Chinese text files without Unicode are; (iconv_t)-1: not installed */
	iconv_t from_utf16;
};

int extractor_new(struct extractor **ret)
{
	OWNED(extractor) struct extractor *e = calloc(1, sizeof(*e));

	if (!e)
		return FAULT(ENOMEM, "make an extractor");
	e->from_gb = iconv_open("UTF-8", "GB18030");
	e->from_utf16 = iconv_open("UTF-8", "UTF-16");
	TRY(filetype_new(&e->filetype));
	*ret = steal(&e);
	return 0;
}

static void converter_done(iconv_t converter)
{
	if (converter != (iconv_t)-1 && converter)
		(void)iconv_close(converter);
}

void extractor_free(struct extractor *e)
{
	if (!e)
		return;
	converter_done(e->from_gb);
	converter_done(e->from_utf16);
	filetype_free(e->filetype);
	free(e);
}

void extract_add_place(struct buffer *places, size_t at, enum place_kind kind, uint32_t number)
{
	const struct extract_place place = {at, kind, number};

	buffer_add(places, &place, sizeof(place));
}

void extract_set_type(struct extract *x, const char *type)
{
	size_t n = strnlen(type, EXTRACT_TYPE_MAX);

	memcpy(x->type, type, n);
	x->type[n] = 0;
}

void extract_done(struct extract *x)
{
	buffer_done(&x->text);
	buffer_done(&x->places);
	buffer_done(&x->struck);
	buffer_done(&x->property);
	buffer_done(&x->sealed_args);
}

static bool starts_with(struct bytes b, const char *text)
{
	size_t n = strlen(text);

	return b.n >= n && memcmp(b.at, text, n) == 0;
}

static void add_args(const struct age_stanza *stanza, struct buffer *ret)
{
	for (size_t i = 1; i < stanza->n_args; i++) {
		buffer_add_text(ret, i > 1 ? " " : "");
		buffer_add_bytes(ret, stanza->args[i]);
	}
}

static int extract_age(struct bytes content, struct extract *x)
{
	struct age_header *header = calloc(1, sizeof(*header));
	int r;

	if (!header)
		return FAULT(ENOMEM, "read a header");
	extract_set_type(x, TYPE_AGE);
	r = age_header_parse(content, header);
	for (size_t i = 0; r == 0 && i < header->n_stanzas; i++)
		if (header->stanzas[i].n_args > 1 && bytes_equal_text(header->stanzas[i].args[0], LABEL_STANZA)) {
			extract_set_type(x, TYPE_SEALED);
			buffer_clear(&x->sealed_args);
			add_args(&header->stanzas[i], &x->sealed_args);
		}
	if (r == 0)
		age_header_done(header);
	free(header);
	return r < 0 ? r : 0;
}

static int extract_pdf(struct bytes content, struct extract *x)
{
	OWN_BUFFER struct buffer xmp = {0};

	extract_set_type(x, TYPE_PDF);
	extract_add_place(&x->places, 0, PLACE_PAGE, 0);
	TRY(pdf_text(content, EXTRACT_TEXT_MAX, &x->text, &xmp));
	TRY(foreign_read_xmp(buffer_bytes(&xmp), &x->foreign));
	return properties_read(buffer_bytes(&xmp), x);
}

/* %PDF- may stand a little behind the beginning (ISO 32000-1, annex H). */
static bool is_pdf(struct bytes content)
{
	return memmem(content.at, content.n < 1024 ? content.n : 1024, "%PDF-", 5) != NULL;
}

/* Control characters that no text has. */
static bool is_binary(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.at[i] < ' ' && !strchr("\t\n\r\f\b\x1b", b.at[i]))
			return true;
	return memchr(b.at, 0, b.n) != NULL;
}

static bool convert(iconv_t converter, struct bytes content, struct buffer *ret)
{
	char *in = (char *)(uintptr_t)content.at; /* iconv takes it as non-const and does not write to it */
	size_t left = content.n, room = content.n * 3 + 16;
	char *out = (char *)buffer_reserve(ret, room);
	size_t room_left = room;

	if (!out || converter == (iconv_t)-1)
		return false;
	(void)iconv(converter, NULL, NULL, NULL, NULL); /* back to the beginning: cannot fail */
	if (iconv(converter, &in, &left, &out, &room_left) == (size_t)-1 || left)
		return false;
	ret->n += room - room_left;
	return !is_binary(buffer_bytes(ret));
}

/* Text formats with a name of their own. */
static const struct {
	const char *start;
	const char *type;
} text_types[] = {
    {"<?xml", "text/xml"},	   {"<!DOCTYPE html", "text/html"}, {"<!doctype html", "text/html"},
    {"<html", "text/html"},	   {"{\\rtf", "text/rtf"},	    {"#!", "text/x-shellscript"},
    {"From ", "application/mbox"}, {"BEGIN:VCARD", "text/vcard"},   {"BEGIN:VCALENDAR", "text/calendar"},
};

static struct bytes without_cut_character(struct bytes b)
{
	for (size_t i = 0; i < 3 && b.n && (b.at[b.n - 1] & 0x80); i++) {
		b.n--;
		if (b.at[b.n] >= 0xc0)
			break;
	}
	return b;
}

static bool extract_text(struct extractor *e, struct bytes content, bool whole, struct extract *x)
{
	struct bytes shown = content.n < EXTRACT_TEXT_MAX ? content : bytes_of(content.at, EXTRACT_TEXT_MAX);
	bool wide =
	    content.n >= 2 && (memcmp(content.at, "\xff\xfe", 2) == 0 || memcmp(content.at, "\xfe\xff", 2) == 0);

	if (!whole || shown.n < content.n)
		shown = without_cut_character(shown);
	if (shown.n == 0 || (!wide && is_binary(shown)))
		return false;
	extract_set_type(x, TYPE_TEXT);
	extract_add_place(&x->places, 0, PLACE_LINE, 0);
	for (size_t i = 0; i < array_n(text_types); i++)
		if (starts_with(shown, text_types[i].start))
			extract_set_type(x, text_types[i].type);
	if (!wide && text_is_utf8(shown)) {
		buffer_add_bytes(&x->text,
				 starts_with(shown, "\xef\xbb\xbf") ? bytes_of(shown.at + 3, shown.n - 3) : shown);
		return true;
	}
	if (convert(wide ? e->from_utf16 : e->from_gb, shown, &x->text) ||
	    x->text.failed) /* which is no word about it */
		return true;
	buffer_clear(&x->text);
	return false;
}

/* Labels in XML beside a document, whatever the text calls itself. */
static bool is_sidecar(struct bytes content)
{
	return content.n <= SIDECAR_MAX && !starts_with(content, "PK\x03\x04") && foreign_is_likely(content);
}

int extract(struct extractor *e, struct bytes content, bool whole, struct extract *ret)
{
	*ret = (struct extract){0};
	extract_set_type(ret, content.n ? TYPE_UNKNOWN : "application/x-empty");
	if (content.n == 0)
		return 0;
	if (starts_with(content, "age-encryption.org/"))
		return extract_age(content, ret);
	if (starts_with(content, "PK\x03\x04") && whole) {
		TRY(office_extract(content, ret));
	} else if (is_pdf(content)) {
		if (whole)
			TRY(extract_pdf(content, ret));
		extract_set_type(ret, TYPE_PDF);
	} else if (!extract_text(e, content, whole, ret)) {
		extract_set_type(ret, filetype_of(e->filetype, content));
	}
	if (whole && is_sidecar(content))
		TRY(foreign_read_xml(content, &ret->foreign));
	foreign_settle(&ret->foreign);
	TRY(buffer_check(&ret->places));
	return buffer_check(&ret->text);
}
