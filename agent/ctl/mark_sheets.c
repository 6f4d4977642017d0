/* The header of each sheet of a workbook: headerFooter of xl/worksheets (ECMA-376 part 1, 18.3.1.46). */
#include "ctl/mark_pages.h"

#include "base/text.h"
#include "format/sheet_header.h"
#include "library/expat.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_INCHES 0.2
#define TOP_MAX	    4.0 /* a paper has no more to give */

enum { ODD_HEADER, ODD_FOOTER, EVEN_HEADER, EVEN_FOOTER, FIRST_HEADER, FIRST_FOOTER, HEADERS };

/* In the order in which they must stand. */
static const char *const headers[HEADERS] = {"oddHeader",  "oddFooter",	  "evenHeader",
					     "evenFooter", "firstHeader", "firstFooter"};
/* What stands behind headerFooter in a sheet. */
static const char *const behind[] = {
    "rowBreaks", "colBreaks",	    "customProperties", "cellWatches",	    "ignoredErrors", "smartTags",
    "drawing",	 "legacyDrawing",   "legacyDrawingHF",	"drawingHF",	    "picture",	     "oleObjects",
    "controls",	 "webPublishItems", "tableParts",	"AlternateContent", "extLst"};

struct sheet {
	struct xml *xml;
	int depth;
	bool is_sheet;
	char prefix[32]; /* of the elements, with its colon */
	bool has_place, has_header;
	size_t place;
	struct xml_span whole, tag; /* of headerFooter */
	bool first, even;	    /* they have headers of their own */
	struct xml_span margins;    /* the tag of pageMargins */
	double top, header;	    /* its inches from the edge of the paper to the table, and to the header */
	struct buffer text[HEADERS];
	bool has[HEADERS];
	struct buffer *open;
};

static void sheet_done(struct sheet *s)
{
	for (size_t i = 0; i < HEADERS; i++)
		buffer_done(&s->text[i]);
	xml_free(s->xml);
}

static bool is_behind(const char *local)
{
	for (size_t i = 0; i < array_n(behind); i++)
		if (strcmp(behind[i], local) == 0)
			return true;
	return false;
}

static void begin_root(struct sheet *s, const char *name, const char *local)
{
	int n = (int)(local - name);

	s->is_sheet =
	    (strcmp(local, "worksheet") == 0 || strcmp(local, "chartsheet") == 0) && (size_t)n < sizeof(s->prefix);
	(void)snprintf(s->prefix, sizeof(s->prefix), "%.*s", n, name);
}

static double inches(const char **attributes, const char *name)
{
	const char *value = xml_attribute(attributes, name);

	return value ? strtod(value, NULL) : 0;
}

static void begin_child(struct sheet *s, const char *local, const char **attributes)
{
	size_t at = xml_at(s->xml);

	if (strcmp(local, "headerFooter") == 0) {
		s->has_header = true;
		s->whole.from = at;
		s->tag = (struct xml_span){at, at + xml_length(s->xml)};
		s->first = xml_is_true(attributes, "differentFirst");
		s->even = xml_is_true(attributes, "differentOddEven");
	} else if (strcmp(local, "pageMargins") == 0) {
		s->margins = (struct xml_span){at, at + xml_length(s->xml)};
		s->top = inches(attributes, "top");
		s->header = inches(attributes, "header");
	} else if (!s->has_place && is_behind(local)) {
		s->has_place = true;
		s->place = at;
	}
}

static void on_start(void *own, const char *name, const char **attributes)
{
	struct sheet *s = own;
	const char *local = xml_local_name(name);

	s->depth++;
	if (s->depth == 1)
		begin_root(s, name, local);
	else if (s->depth == 2)
		begin_child(s, local, attributes);
	for (size_t i = 0; s->depth == 3 && s->has_header && !s->whole.to && i < HEADERS; i++)
		if (strcmp(headers[i], local) == 0) {
			s->has[i] = true;
			s->open = &s->text[i];
		}
}

static void on_end(void *own, const char *name)
{
	struct sheet *s = own;
	size_t at = xml_at(s->xml), n = xml_length(s->xml);

	(void)name;
	s->open = NULL;
	if (s->depth == 2 && s->has_header && !s->whole.to)
		s->whole.to = n ? at + n : s->tag.to;
	if (s->depth == 1 && !s->has_place) {
		s->has_place = n > 0; /* not in <worksheet/> */
		s->place = at;
	}
	s->depth--;
}

static void on_text(void *own, struct bytes text)
{
	struct sheet *s = own;

	if (s->open)
		buffer_add_bytes(s->open, text);
}

static int read_sheet(struct bytes xml, struct sheet *ret)
{
	struct xml_handlers handlers = {ret, on_start, on_end, on_text};

	TRY(xml_new(&handlers, &ret->xml));
	return xml_feed(ret->xml, xml, true);
}

static int put_header(struct sheet *s, size_t i, const struct mark_change *change, bool *ret_changed)
{
	const struct sheet_mark mark = {change->old, change->mark->text, change->mark->strikes};
	OWN_BUFFER struct buffer header = {0};
	int r;

	if (!s->has[i] && !*mark.text)
		return 0;
	r = sheet_header_put(buffer_bytes(&s->text[i]), &mark, &header);
	TRY(r);
	if (r)
		return MARK_WRITE_NO_PLACE;
	if (s->has[i] && bytes_equal(buffer_bytes(&header), buffer_bytes(&s->text[i])))
		return 0;
	buffer_done(&s->text[i]);
	s->text[i] = header;
	header = (struct buffer){0};
	s->has[i] = *ret_changed = true;
	return 0;
}

static void write_tag(const struct sheet *s, struct bytes xml, struct buffer *to)
{
	size_t n = s->tag.to - s->tag.from;

	if (!s->has_header) {
		buffer_add_format(to, "<%sheaderFooter>", s->prefix);
		return;
	}
	if (n > 2 && xml.at[s->tag.to - 2] == '/')
		n--;
	buffer_add(to, xml.at + s->tag.from, n - 1);
	buffer_u8(to, '>');
}

static int write_headers(const struct sheet *s, struct bytes xml, struct buffer *to)
{
	write_tag(s, xml, to);
	for (size_t i = 0; i < HEADERS; i++) {
		OWN_BUFFER struct buffer copy = {0};

		if (!s->has[i])
			continue;
		buffer_add_bytes(&copy, buffer_bytes(&s->text[i]));
		OWN_MEM char *text = buffer_steal_text(&copy);
		if (!text)
			return FAULT(ENOMEM, "write a header");
		buffer_add_format(to, "<%s%s>", s->prefix, headers[i]);
		xml_add_text(to, text, "\n");
		buffer_add_format(to, "</%s%s>", s->prefix, headers[i]);
	}
	buffer_add_format(to, "</%sheaderFooter>", s->prefix);
	return 0;
}

/* Where the lines would lie over the table it begins further down. */
static void make_room(const struct sheet *s, struct bytes xml, struct edits *edits)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_BUFFER struct buffer struck = {0};
	static const char name[] = " top=\"";
	const uint8_t *from = xml.at + s->margins.from, *tag_end = xml.at + s->margins.to, *at, *end;
	double needed = s->header + 0.1;

	sheet_header_read(buffer_bytes(&s->text[ODD_HEADER]), &text, &struck);
	for (size_t i = 0; i < text.n; i++)
		needed += text.at[i] == '\n' ? LINE_INCHES : 0;
	for (size_t i = 0; i < struck.n; i++)
		needed += struck.at[i] == '\n' ? LINE_INCHES / 2 : 0; /* one before and one behind each */
	at = s->margins.to ? memmem(from, (size_t)(tag_end - from), name, strlen(name)) : NULL;
	end = at ? memchr(at + strlen(name), '"', (size_t)(tag_end - at) - strlen(name)) : NULL;
	if (!end || s->top <= 0 || s->top >= needed || needed > TOP_MAX)
		return;
	at += strlen(name);
	buffer_add_format(edits_add(edits, (size_t)(at - xml.at), (size_t)(end - at)), "%.2f", needed);
}

static int change_sheet(struct part *part, struct sheet *s, const struct mark_change *change)
{
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	struct bytes xml = buffer_bytes(&part->content);
	bool changed = false;
	int r = put_header(s, ODD_HEADER, change, &changed);

	if (r == 0 && s->even)
		r = put_header(s, EVEN_HEADER, change, &changed);
	if (r == 0 && s->first)
		r = put_header(s, FIRST_HEADER, change, &changed);
	if (r || !changed)
		return r;
	TRY(write_headers(s, xml,
			  s->has_header ? edits_add(&edits, s->whole.from, s->whole.to - s->whole.from)
					: edits_add(&edits, s->place, 0)));
	if (*change->mark->text)
		make_room(s, xml, &edits);
	return parts_edit(part, &edits);
}

static int mark_sheet(struct part *part, const struct mark_change *change, size_t *ret_n)
{
	__attribute__((cleanup(sheet_done))) struct sheet s = {0};
	struct bytes xml = buffer_bytes(&part->content);
	int r;

	if (!xml_is_utf8(xml))
		return MARK_WRITE_NO_PLACE;
	r = read_sheet(xml, &s);
	TRY(r);
	if (r)
		return MARK_WRITE_DAMAGED;
	if (!s.is_sheet)
		return 0;
	if (!s.has_header && !s.has_place)
		return MARK_WRITE_NO_PLACE;
	++*ret_n;
	return change_sheet(part, &s, change);
}

int xlsx_mark_pages(struct parts *parts, const struct mark_change *change)
{
	size_t n = 0;

	for (size_t i = 0; i < parts->n; i++) {
		const char *name = parts->at[i].name;
		int r;

		if (fnmatch("xl/worksheets/*.xml", name, FNM_PATHNAME) != 0 &&
		    fnmatch("xl/chartsheets/*.xml", name, FNM_PATHNAME) != 0)
			continue;
		r = mark_sheet(&parts->at[i], change, &n);
		if (r)
			return r;
	}
	return n ? 0 : MARK_WRITE_NO_PLACE;
}
