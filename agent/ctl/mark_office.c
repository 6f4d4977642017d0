#include "ctl/mark_office.h"

#include "base/text.h"
#include "ctl/mark_body.h"
#include "ctl/mark_pages.h"
#include "library/expat.h"

#include <errno.h>
#include <string.h>

static const char *const docx_prelude[] = {NULL};
static const char *const odt_prelude[] = {"forms",
					  "tracked-changes",
					  "variable-decls",
					  "sequence-decls",
					  "user-field-decls",
					  "dde-connection-decls",
					  "alphabetical-index-auto-mark-file",
					  NULL};

static const struct format {
	struct body_format body; /* of a format without bodies that a mark is written into: the part alone */
	const char *space;	 /* declaration of the prefix that what we write uses */
	int (*write_body)(struct bytes xml, const struct body *body, const struct mark_lines *mark, struct edits *ret);
	int (*mark_pages)(struct parts *parts,
			  const struct mark_change *change); /* of what is no text; NULL: it has none */
	int (*read_property)(const struct parts *parts, const char *name, struct buffer *ret);
	int (*write_property)(struct parts *parts, const char *name, const char *value);
} formats[] = {
    {
	.body = {.part = "word/document.xml",
		 .container = "body",
		 .block_depth = 3,
		 .prelude = docx_prelude,
		 .bookmark_start = "bookmarkStart",
		 .bookmark_end = "bookmarkEnd",
		 .bookmark_key = "id",
		 .text_in = "t",
		 .line_break = "br"},
	.space = "xmlns:w=\"http://",
	.write_body = docx_write_body,
	.read_property = docx_read_property,
	.write_property = docx_write_property,
    },
    {
	.body = {.part = "content.xml",
		 .container = "text",
		 .block_depth = 4,
		 .prelude = odt_prelude,
		 .bookmark_start = "bookmark-start",
		 .bookmark_end = "bookmark-end",
		 .bookmark_key = "name",
		 .line_break = "line-break"},
	.space = "xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"",
	.write_body = odt_write_body,
	.read_property = odt_read_property,
	.write_property = odt_write_property,
    },
    {.body = {.part = "xl/workbook.xml"},
     .mark_pages = xlsx_mark_pages,
     .read_property = docx_read_property,
     .write_property = docx_write_property},
    {.body = {.part = "ppt/presentation.xml"},
     .mark_pages = pptx_mark_pages,
     .read_property = docx_read_property,
     .write_property = docx_write_property},
};
/* OpenDocuments without a text body; the last one is for what has no pages: a formula, a chart. */
static const struct odf_kind {
	const char *element;
	struct format format;
} odf_kinds[] = {
#define ODF(pages)                                                                                                     \
	{                                                                                                              \
		.body = {.part = "content.xml"}, .mark_pages = (pages), .read_property = odt_read_property,            \
		.write_property = odt_write_property                                                                   \
	}
    {"<office:spreadsheet", ODF(ods_mark_pages)},
    {"<office:presentation", ODF(odp_mark_pages)},
    {"<office:drawing", ODF(odp_mark_pages)},
    {"", ODF(NULL)},
};

static bool says(const struct part *part, const char *word)
{
	return part && part->content.n && memmem(part->content.at, part->content.n, word, strlen(word));
}

/* ISO/IEC 26300-3, 3.5: a name in META-INF with "signatures" in it. That of macros does not cover the text. */
static bool is_signature(const char *name)
{
	return text_starts(name, "_xmlsignatures/") ||
	       (text_starts(name, "META-INF/") && strstr(name, "signatures") && !strstr(name, "macrosignatures"));
}

/* What must not be changed: another would answer for bytes that are not his any more. */
static int protected_by(const struct parts *parts)
{
	if (says(parts_find(parts, "META-INF/manifest.xml"), "encryption-data"))
		return MARK_WRITE_LOCKED;
	for (size_t i = 0; i < parts->n; i++)
		if (is_signature(parts->at[i].name))
			return MARK_WRITE_SIGNED;
	return 0;
}

/* Behind a mark that was struck through, on a line of its own. */
static bool ends_with_line(struct bytes text, struct bytes line)
{
	return text.n > line.n + 1 && text.at[text.n - line.n - 1] == '\n' &&
	       memcmp(text.at + text.n - line.n, line.at, line.n) == 0;
}

/* Only what we wrote ourselves is taken away: text that somebody typed into the mark or beside it is kept. */
static bool is_untouched(const struct body *body, const struct buffer *property)
{
	struct bytes text = buffer_bytes(&body->text), wrote = buffer_bytes(property);

	return body->has_block && body->is_alone &&
	       (wrote.n == 0 || bytes_equal(text, wrote) || ends_with_line(text, wrote));
}

/* Stands there what is wanted? A release leaves what it struck through before its own words. */
static bool says_it(const struct body *body, const struct mark_text *mark)
{
	struct bytes text = buffer_bytes(&body->text);

	return bytes_equal_text(text, mark->text) || (mark->strikes && ends_with_line(text, bytes_of_text(mark->text)));
}

/* What is struck through: the mark that stands there. */
static int struck_of(const struct body *body, const struct mark_text *mark, char **ret)
{
	OWN_BUFFER struct buffer text = {0};

	if (mark->strikes && body->has_block)
		buffer_add_bytes(&text, buffer_bytes(&body->text));
	*ret = buffer_steal_text(&text);
	return *ret ? 0 : FAULT(ENOMEM, "strike a mark through");
}

static int change_body(const struct format *format, struct part *part, const struct mark_text *mark, struct body *body,
		       bool untouched)
{
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	OWN_MEM char *struck = NULL;
	struct mark_lines lines = {"", mark->text};
	struct bytes xml = buffer_bytes(&part->content);

	if (body->has_mark && !untouched) {
		(void)edits_add(&edits, body->start.from, body->start.to - body->start.from);
		(void)edits_add(&edits, body->end.from, body->end.to - body->end.from);
		body->has_block = false;
	}
	TRY(struck_of(body, mark, &struck));
	lines.struck = struck;
	if (*mark->text || body->has_block)
		TRY(format->write_body(xml, body, &lines, &edits));
	return parts_edit(part, &edits);
}

static int edit_body(const struct format *format, struct part *part, const struct mark_text *mark,
		     const struct buffer *property)
{
	__attribute__((cleanup(body_done))) struct body body = {0};
	struct bytes xml = buffer_bytes(&part->content);
	bool untouched;

	if (!xml_is_utf8(xml))
		return MARK_WRITE_NO_PLACE;
	int r = body_read(xml, &format->body, &body);
	TRY(r);
	if (r)
		return MARK_WRITE_DAMAGED;
	if (!body.has_place || !memmem(xml.at, xml.n, format->space, strlen(format->space)))
		return MARK_WRITE_NO_PLACE;
	untouched = is_untouched(&body, property);
	if (body.has_mark ? untouched && says_it(&body, mark) : !*mark->text)
		return MARK_WRITE_SAME;
	return change_body(format, part, mark, &body, untouched);
}

static int mark_property(const struct format *format, struct parts *parts, const struct buffer *now, const char *mark)
{
	OWN_BUFFER struct buffer then = {0};

	if (bytes_equal_text(buffer_bytes(now), mark))
		return MARK_WRITE_SAME;
	TRY(format->write_property(parts, MARK_NAME, mark));
	TRY(format->read_property(parts, MARK_NAME, &then));
	return bytes_equal_text(buffer_bytes(&then), mark) ? 0 : MARK_WRITE_NO_PLACE;
}

static bool is_changed(const struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		if (parts->at[i].is_changed)
			return true;
	return false;
}

/* What is no text: its pages where it has any, and the property, by which the mark on the pages is known again. */
static int mark_pages(const struct format *format, struct parts *parts, const struct mark_text *mark)
{
	OWN_BUFFER struct buffer now = {0};
	OWN_BUFFER struct buffer copy = {0};
	int r;

	TRY(format->read_property(parts, MARK_NAME, &now));
	buffer_add_bytes(&copy, buffer_bytes(&now));
	OWN_MEM char *old = buffer_steal_text(&copy);
	if (!old)
		return FAULT(ENOMEM, "read a mark");
	r = format->mark_pages ? format->mark_pages(parts, &(struct mark_change){old, mark}) : 0;
	if (r)
		return r;
	r = mark_property(format, parts, &now, mark->text);
	return r == MARK_WRITE_SAME && is_changed(parts) ? 0 : r;
}

static int mark_body(const struct format *format, struct parts *parts, const struct mark_text *mark)
{
	OWN_BUFFER struct buffer property = {0};
	int r;

	TRY(format->read_property(parts, MARK_NAME, &property));
	r = edit_body(format, parts_find(parts, format->body.part), mark, &property);
	return r ? r : format->write_property(parts, MARK_NAME, mark->text);
}

static const struct format *odf_of(const struct part *content)
{
	size_t i = 0;

	while (*odf_kinds[i].element && !says(content, odf_kinds[i].element))
		i++;
	return &odf_kinds[i].format;
}

static const struct format *format_of(const struct parts *parts)
{
	for (size_t i = 0; i < array_n(formats); i++) {
		const struct part *part = parts_find(parts, formats[i].body.part);

		if (part && formats[i].write_body == odt_write_body && !says(part, "<office:text"))
			return odf_of(part);
		if (part)
			return &formats[i];
	}
	return NULL;
}

static int mark_parts(struct parts *parts, const struct mark_text *mark)
{
	const struct format *format = format_of(parts);
	int r = protected_by(parts);

	if (r || !format)
		return r ? r : MARK_WRITE_NO_PLACE;
	return format->write_body ? mark_body(format, parts, mark) : mark_pages(format, parts, mark);
}

int mark_office(struct bytes document, const struct mark_text *mark, struct buffer *ret)
{
	__attribute__((cleanup(parts_done))) struct parts parts = {0};
	int r = parts_read(document, &parts);

	if (r == 0)
		r = mark_parts(&parts, mark);
	return r ? r : parts_write(&parts, ret);
}
