/* The header of the pages of an OpenDocument table: style:header of each master page (ISO/IEC 26300-1, 16.10). */
#include "ctl/mark_pages.h"

#include "base/text.h"
#include "library/expat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SPACE	  "urn:oasis:names:tc:opendocument:xmlns:"
#define BOLD	  MARK_NAME "_text"
#define STRUCK	  MARK_NAME "_struck"
#define LINES_MAX 48

static const char styles[] =
    "<style:style xmlns:style=\"" SPACE "style:1.0\" style:name=\"" BOLD "\" style:family=\"text\">"
    "<style:text-properties xmlns:fo=\"" SPACE
    "xsl-fo-compatible:1.0\" fo:font-weight=\"bold\" style:font-weight-asian=\"bold\"/></style:style>"
    "<style:style xmlns:style=\"" SPACE "style:1.0\" style:name=\"" STRUCK "\" style:family=\"text\">"
    "<style:text-properties style:text-line-through-style=\"solid\" "
    "style:text-line-through-type=\"single\"/></style:style>";

struct line {
	struct xml_span whole;
	struct buffer text;
	bool is_struck;
};

/* A header that is being read, or the header that a master page has not. */
struct header {
	struct xml_span tag, inner;
	char name[64]; /* with its prefix */
	bool is_empty; /* <header/> */
	bool is_shown, is_left_or_first;
	bool has_regions, has_left;
	struct xml_span left_tag;
	char left_name[64];
	bool left_is_empty;
	struct line lines[LINES_MAX]; /* of the left region */
	size_t n;
};

struct reading {
	struct xml *xml;
	const struct mark_change *change;
	struct bytes whole;
	struct edits *edits;
	struct header header;
	int depth, master_depth, header_depth, left_depth, line_depth;
	struct xml_span master_tag;
	char master_name[64];
	bool has_header; /* the master page */
	size_t masters;
};

static void clear_header(struct header *h)
{
	for (size_t i = 0; i < h->n; i++)
		buffer_done(&h->lines[i].text);
	*h = (struct header){0};
}

static struct xml_span tag_span(const struct reading *r)
{
	size_t at = xml_at(r->xml);

	return (struct xml_span){at, at + xml_length(r->xml)};
}

static void copy_name(char to[64], const char *from)
{
	(void)snprintf(to, 64, "%s", from); /* longer ones are no office program's */
}

/* ---- writing ---- */

void odf_add_lines(struct buffer *to, const char *text, const char *style)
{
	for (struct bytes line; mark_next_line(&text, &line);) {
		buffer_add_format(to, "<text:p xmlns:text=\"" SPACE "text:1.0\"><text:span text:style-name=\"%s\">",
				  style);
		xml_add_bytes(to, line, "");
		buffer_add_text(to, "</text:span></text:p>");
	}
}

struct text_lines {
	struct bytes at[LINES_MAX];
	size_t n;
};

/* Where those lines begin in the header; h->n: nowhere. */
static size_t find_lines(const struct header *h, const char *text, size_t *ret_n)
{
	struct text_lines lines = {.n = 0};

	while (lines.n < LINES_MAX && mark_next_line(&text, &lines.at[lines.n]))
		lines.n++;
	*ret_n = lines.n;
	for (size_t i = 0; lines.n && i + lines.n <= h->n; i++) {
		size_t k = 0;

		while (k < lines.n && !h->lines[i + k].is_struck &&
		       bytes_equal(buffer_bytes(&h->lines[i + k].text), lines.at[k]))
			k++;
		if (k == lines.n)
			return i;
	}
	return h->n;
}

/* The left region, whole or only what is in it. */
static void add_lines(const struct mark_change *change, bool has_old, bool whole, struct buffer *to)
{
	if (whole)
		buffer_add_text(to, "<style:region-left xmlns:style=\"" SPACE "style:1.0\">");
	if (has_old && change->mark->strikes)
		odf_add_lines(to, change->old, STRUCK);
	odf_add_lines(to, change->mark->text, BOLD);
	if (whole)
		buffer_add_text(to, "</style:region-left>");
}

/* A header that is not shown holds what nobody sees; from now on it holds the mark. */
static void show(struct reading *r, struct xml_span tag)
{
	static const char off[] = "display=\"false\"";
	const uint8_t *from = r->whole.at + tag.from;
	const uint8_t *at = memmem(from, tag.to - tag.from, off, strlen(off));
	size_t n = strlen(off);

	while (at && at > from && at[-1] != ' ') { /* its prefix */
		at--;
		n++;
	}
	if (at)
		(void)edits_add(r->edits, (size_t)(at - r->whole.at), n);
}

/* Turns <x/> into <x>…</x>. */
static struct buffer *begin_open(struct reading *r, struct xml_span tag)
{
	struct buffer *to = edits_add(r->edits, tag.to - 2, 2);

	buffer_u8(to, '>');
	return to;
}

static void insert(struct reading *r, const struct header *h)
{
	struct buffer *to;

	if (!h->is_shown)
		show(r, h->tag);
	if (h->is_empty) {
		to = begin_open(r, h->tag);
		add_lines(r->change, false, true, to);
		buffer_add_format(to, "</%s>", h->name);
	} else if (h->has_left && h->left_is_empty) {
		to = begin_open(r, h->left_tag);
		add_lines(r->change, false, false, to);
		buffer_add_format(to, "</%s>", h->left_name);
	} else if (h->has_left) {
		add_lines(r->change, false, false, edits_add(r->edits, h->left_tag.to, 0));
	} else {
		to = edits_add(r->edits, h->inner.from, 0);
		add_lines(r->change, false, true, to);
		if (h->has_regions || h->inner.to == h->inner.from)
			return;
		/* what has no region is in the middle */
		buffer_add_text(to, "<style:region-center xmlns:style=\"" SPACE "style:1.0\">");
		buffer_add_text(edits_add(r->edits, h->inner.to, 0), "</style:region-center>");
	}
}

static void change_header(struct reading *r, const struct header *h)
{
	size_t n_old, n_new;
	size_t old = find_lines(h, r->change->old, &n_old), new = find_lines(h, r->change->mark->text, &n_new);
	bool is_off = !h->is_shown && (h->is_left_or_first || !n_new);
	size_t from = old;

	if (is_off || (h->is_shown && n_new && new < h->n && (old == h->n || old == new)))
		return;
	if (old == h->n) {
		if (n_new)
			insert(r, h);
		return;
	}
	if (!h->is_shown)
		show(r, h->tag);
	while (from && h->lines[from - 1].is_struck)
		from--;
	struct xml_span cut = {h->lines[from].whole.from, h->lines[old + n_old - 1].whole.to};
	add_lines(r->change, true, false, edits_add(r->edits, cut.from, cut.to - cut.from));
}

static void add_header(struct reading *r, bool is_empty)
{
	struct buffer *to;

	if (!*r->change->mark->text)
		return;
	to = is_empty ? begin_open(r, r->master_tag) : edits_add(r->edits, r->master_tag.to, 0);
	buffer_add_text(to, "<style:header xmlns:style=\"" SPACE "style:1.0\">");
	add_lines(r->change, false, true, to);
	buffer_add_text(to, "</style:header>");
	if (is_empty)
		buffer_add_format(to, "</%s>", r->master_name);
}

/* ---- reading ---- */

static void begin_header(struct reading *r, const char *name, const char *local, const char **attributes)
{
	struct header *h = &r->header;
	bool main = strcmp(local, "header") == 0;

	if (!main && strcmp(local, "header-left") != 0 && strcmp(local, "header-first") != 0)
		return;
	r->has_header |= main;
	r->header_depth = r->depth;
	h->tag = tag_span(r);
	h->inner = (struct xml_span){h->tag.to, h->tag.to};
	h->is_left_or_first = !main;
	h->is_shown = !text_equal(xml_attribute(attributes, "display"), "false");
	copy_name(h->name, name);
}

static void begin_in_header(struct reading *r, const char *name, const char *local)
{
	struct header *h = &r->header;

	if (r->depth == r->header_depth + 1 && text_starts(local, "region-")) {
		h->has_regions = true;
		if (strcmp(local, "region-left") != 0 || h->has_left)
			return;
		h->has_left = true;
		h->left_tag = tag_span(r);
		copy_name(h->left_name, name);
		r->left_depth = r->depth;
	} else if (r->left_depth && r->depth == r->left_depth + 1 && strcmp(local, "p") == 0 && h->n < LINES_MAX) {
		h->lines[h->n++] = (struct line){.whole = tag_span(r)};
		r->line_depth = r->depth;
	}
}

static void on_start(void *own, const char *name, const char **attributes)
{
	struct reading *r = own;
	const char *local = xml_local_name(name);

	r->depth++;
	if (!r->master_depth && strcmp(local, "master-page") == 0) {
		r->master_depth = r->depth;
		r->master_tag = tag_span(r);
		r->has_header = false;
		copy_name(r->master_name, name);
	} else if (r->master_depth && r->depth == r->master_depth + 1) {
		begin_header(r, name, local, attributes);
	} else if (r->header_depth) {
		begin_in_header(r, name, local);
	}
	if (r->line_depth && strcmp(local, "span") == 0 && text_equal(xml_attribute(attributes, "style-name"), STRUCK))
		r->header.lines[r->header.n - 1].is_struck = true;
}

static void end_header(struct reading *r, struct xml_span tag)
{
	r->header.is_empty = tag.to == tag.from;
	r->header.inner.to = r->header.is_empty ? r->header.tag.to : tag.from;
	change_header(r, &r->header);
	clear_header(&r->header);
	r->header_depth = 0;
}

static void on_end(void *own, const char *name)
{
	struct reading *r = own;
	struct xml_span tag = tag_span(r);

	(void)name;
	if (r->depth == r->line_depth) {
		r->header.lines[r->header.n - 1].whole.to = tag.to;
		r->line_depth = 0;
	} else if (r->depth == r->left_depth) {
		r->header.left_is_empty = tag.to == tag.from;
		r->left_depth = 0;
	} else if (r->depth == r->header_depth) {
		end_header(r, tag);
	} else if (r->depth == r->master_depth) {
		if (!r->has_header)
			add_header(r, tag.to == tag.from);
		r->masters++;
		r->master_depth = 0;
	}
	r->depth--;
}

static void on_text(void *own, struct bytes text)
{
	struct reading *r = own;

	if (r->line_depth)
		buffer_add_bytes(&r->header.lines[r->header.n - 1].text, text);
}

int ods_mark_pages(struct parts *parts, const struct mark_change *change)
{
	static const struct part_styles ours = {styles, "style:name=\"" BOLD "\""};
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	OWNED(xml) struct xml *xml = NULL;
	struct part *part = parts_find(parts, "styles.xml");
	struct reading reading = {.change = change, .edits = &edits};
	struct xml_handlers handlers = {&reading, on_start, on_end, on_text};
	int r;

	if (!part || !xml_is_utf8(buffer_bytes(&part->content)))
		return MARK_WRITE_NO_PLACE;
	reading.whole = buffer_bytes(&part->content);
	TRY(xml_new(&handlers, &xml));
	reading.xml = xml;
	r = xml_feed(xml, reading.whole, true);
	clear_header(&reading.header);
	TRY(r);
	if (r)
		return MARK_WRITE_DAMAGED;
	if (edits.n && *change->mark->text)
		TRY(odf_add_styles(reading.whole, &ours, &edits));
	return reading.masters ? parts_edit(part, &edits) : MARK_WRITE_NO_PLACE;
}
