/* The mark in OpenDocument (ISO/IEC 26300): content.xml, and meta.xml. */
#include "ctl/mark_parts.h"

#include "library/expat.h"

#include <stdio.h>
#include <string.h>

#define META	   "meta.xml"
#define SPACE	   "urn:oasis:names:tc:opendocument:xmlns:"
#define LINE_BREAK "<text:line-break/>"

static const char master[] = "master-page-name=\"";

/* Where the style's tag says which page it begins; empty: it does not. */
static struct xml_span find_page(struct bytes xml, const struct element *style)
{
	const uint8_t *from = xml.at + style->whole.from;
	const uint8_t *end = memchr(from, '>', xml.n - style->whole.from);
	const uint8_t *at = end ? memmem(from, (size_t)(end - from), master, strlen(master)) : NULL;
	const uint8_t *quote = at ? memchr(at + strlen(master), '"', (size_t)(end - at) - strlen(master)) : NULL;

	if (!quote)
		return (struct xml_span){0, 0};
	while (at > from && at[-1] != ' ') /* its prefix */
		at--;
	return (struct xml_span){(size_t)(at - xml.at), (size_t)(quote + 1 - xml.at)};
}

/*
 * A style of our own for the mark. A first paragraph that begins a page would
 * begin it again behind the mark: the mark takes that over.
 */
static int add_style(struct bytes xml, const struct body *body, struct edits *ret)
{
	struct element_query first = {.name = "style", .attribute = "name", .value = body->style};
	struct element_query all = {.name = "automatic-styles"};
	struct element style = {0}, styles = {0};
	struct xml_span page = {0, 0};
	struct buffer *to;
	int r = element_find(xml, &all, &styles);

	TRY(r);
	element_done(&styles);
	if (r || styles.inner.to >= styles.whole.to)
		return XML_REFUSED; /* no such element, or an empty one: there is no style to take over either */
	r = element_find(xml, &first, &style);
	TRY(r);
	if (r == 0 && style.found && style.whole.from > styles.whole.from && style.whole.to <= styles.inner.to)
		page = find_page(xml, &style);
	element_done(&style);
	to = edits_add(ret, styles.inner.from, 0);
	buffer_add_text(to, "<style:style xmlns:style=\"" SPACE "style:1.0\" xmlns:fo=\"" SPACE
			    "xsl-fo-compatible:1.0\" style:name=\"" MARK_NAME
			    "\" style:family=\"paragraph\" style:parent-style-name=\"Standard\" ");
	buffer_add(to, xml.at + page.from, page.to - page.from);
	buffer_add_text(to, "><style:text-properties fo:font-weight=\"bold\" style:font-weight-asian=\"bold\"/>"
			    "</style:style>");
	if (page.to)
		(void)edits_add(ret, page.from, page.to - page.from);
	return 0;
}

#define STRUCK MARK_NAME "_struck"

/* The style of what is struck through; false: there is no place for one. */
static int add_struck_style(struct bytes xml, struct edits *ret, bool *ret_has)
{
	struct element_query all = {.name = "automatic-styles"};
	struct element styles = {0};
	int r = element_find(xml, &all, &styles);

	TRY(r);
	element_done(&styles);
	*ret_has = r == 0 && styles.inner.to < styles.whole.to;
	if (*ret_has)
		buffer_add_text(
		    edits_add(ret, styles.inner.from, 0),
		    "<style:style xmlns:style=\"" SPACE "style:1.0\" style:name=\"" STRUCK
		    "\" style:family=\"text\"><style:text-properties style:text-line-through-style=\"solid\" "
		    "style:text-line-through-type=\"single\"/></style:style>");
	return 0;
}

static bool has_style(struct bytes xml, const char *name)
{
	char tag[64];

	(void)snprintf(tag, sizeof(tag), "style:name=\"%s\"", name);
	return memmem(xml.at, xml.n, tag, strlen(tag)) != NULL;
}

static void add_struck(struct buffer *to, const char *text)
{
	if (!*text)
		return;
	buffer_add_text(to, "<text:span text:style-name=\"" STRUCK "\">");
	xml_add_text(to, text, LINE_BREAK);
	buffer_add_text(to, "</text:span>" LINE_BREAK);
}

/* Taken away, an empty paragraph stays: it may be the one that begins the page. */
int odt_write_body(struct bytes xml, const struct body *body, const struct mark_lines *mark, struct edits *ret)
{
	size_t at = body->has_block ? body->block.from : body->place;
	const char *style = body->has_block && body->style[0] ? body->style : "Standard";
	struct buffer *to;

	bool strikes = *mark->struck != 0;

	if (strikes && !has_style(xml, STRUCK))
		TRY(add_struck_style(xml, ret, &strikes));
	if (!body->has_block && !has_style(xml, MARK_NAME)) {
		int r = add_style(xml, body, ret);

		TRY(r);
		style = r ? style : MARK_NAME;
	}
	to = edits_add(ret, at, body->has_block ? body->block.to - at : 0);
	buffer_add_format(to, "<text:p text:style-name=\"%s\"><text:bookmark-start text:name=\"" MARK_NAME "\"/>",
			  style);
	add_struck(to, strikes ? mark->struck : "");
	xml_add_text(to, mark->text, LINE_BREAK);
	buffer_add_text(to, "<text:bookmark-end text:name=\"" MARK_NAME "\"/></text:p>");
	return 0;
}

int odf_add_styles(struct bytes xml, const struct part_styles *styles, struct edits *edits)
{
	struct element_query all = {.name = "automatic-styles"};
	struct element found = {0};
	int r =
	    memmem(xml.at, xml.n, styles->known, strlen(styles->known)) ? XML_REFUSED : element_find(xml, &all, &found);

	TRY(r);
	if (r || !found.found)
		return 0;
	element_done(&found);
	if (found.inner.to < found.whole.to) {
		buffer_add_text(edits_add(edits, found.inner.from, 0), styles->styles);
	} else if (memcmp(xml.at + found.whole.from, "<office:", strlen("<office:")) ==
		   0) { /* <office:automatic-styles/> */
		struct buffer *to = edits_add(edits, found.whole.to - 2, 2);

		buffer_add_format(to, ">%s</office:automatic-styles>", styles->styles);
	}
	return 0;
}

static struct element_query property_of(const char *name)
{
	return (struct element_query){.name = "user-defined", .attribute = "name", .value = name};
}

int odt_read_property(const struct parts *parts, const char *name, struct buffer *ret)
{
	const struct element_query query = property_of(name);
	const struct part *part = parts_find(parts, META);
	struct element property;
	int r;

	if (!part)
		return 0;
	r = element_find(buffer_bytes(&part->content), &query, &property);
	TRY(r);
	if (r == 0)
		*ret = property.text;
	return 0;
}

int odt_write_property(struct parts *parts, const char *name, const char *value)
{
	const struct element_query query = property_of(name);
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	struct element_query all = {.name = "meta"};
	struct part *part = parts_find(parts, META);
	struct bytes xml = part ? buffer_bytes(&part->content) : bytes_of(NULL, 0);
	struct element property = {0}, meta = {0};
	struct buffer *to;
	int r = xml_is_utf8(xml) && xml.n ? element_find(xml, &query, &property) : XML_REFUSED;

	TRY(r);
	element_done(&property);
	if (r == 0)
		r = element_find(xml, &all, &meta);
	TRY(r);
	element_done(&meta);
	if (r || meta.inner.to >= meta.whole.to)
		return 0;
	to = property.whole.to ? edits_add(&edits, property.whole.from, property.whole.to - property.whole.from)
			       : edits_add(&edits, meta.inner.to, 0);
	if (*value) {
		buffer_add_format(to, "<meta:user-defined xmlns:meta=\"" SPACE "meta:1.0\" meta:name=\"%s\">", name);
		xml_add_text(to, value, "\n");
		buffer_add_text(to, "</meta:user-defined>");
	}
	return parts_edit(part, &edits);
}
