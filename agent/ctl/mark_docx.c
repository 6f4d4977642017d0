/* The mark in OOXML (ECMA-376): word/document.xml, and docProps/custom.xml with what ties it to the document. */
#include "ctl/mark_parts.h"

#include "library/expat.h"

#include <string.h>

#define CUSTOM	    "docProps/custom.xml"
#define OOXML_SPACE "http://schemas.openxmlformats.org/officeDocument/2006/"
#define LINE_BREAK  "</w:t><w:br/><w:t xml:space=\"preserve\">"

static void add_run(struct buffer *to, const char *format, const char *text)
{
	buffer_add_format(to, "<w:r><w:rPr><w:b/>%s</w:rPr><w:t xml:space=\"preserve\">", format);
	xml_add_text(to, text, LINE_BREAK);
	buffer_add_text(to, "</w:t></w:r>");
}

int docx_write_body(struct bytes xml, const struct body *body, const struct mark_lines *mark, struct edits *ret)
{
	size_t at = body->has_block ? body->block.from : body->place;
	struct buffer *to = edits_add(ret, at, body->has_block ? body->block.to - at : 0);
	unsigned long long id = body->highest + 1;

	(void)xml;
	if (!*mark->text && !*mark->struck)
		return 0;
	buffer_add_format(to,
			  "<w:p><w:pPr><w:jc w:val=\"left\"/></w:pPr>"
			  "<w:bookmarkStart w:id=\"%llu\" w:name=\"" MARK_NAME "\"/>",
			  id);
	if (*mark->struck) {
		add_run(to, "<w:strike/>", mark->struck);
		buffer_add_text(to, "<w:r><w:br/></w:r>");
	}
	add_run(to, "", mark->text);
	buffer_add_format(to, "<w:bookmarkEnd w:id=\"%llu\"/></w:p>", id);
	return 0;
}

static struct element_query property_of(const char *name)
{
	return (struct element_query){.name = "property", .attribute = "name", .value = name, .count = "pid"};
}

int docx_read_property(const struct parts *parts, const char *name, struct buffer *ret)
{
	const struct element_query query = property_of(name);
	const struct part *part = parts_find(parts, CUSTOM);
	struct element property;
	int r;

	if (!part)
		return 0;
	r = element_find(buffer_bytes(&part->content), &query, &property);
	TRY(r);
	if (r)
		return 0;
	*ret = property.text;
	return 0;
}

static void add_property(struct buffer *to, const char *name, const char *value, uint64_t pid)
{
	if (!*value)
		return;
	/* The format id of properties that users make ([MS-OLEPS] 2.18). */
	buffer_add_format(to,
			  "<property fmtid=\"{D5CDD505-2E9C-101B-9397-08002B2CF9AE}\" pid=\"%llu\" name=\"%s\">"
			  "<vt:lpwstr xmlns:vt=\"" OOXML_SPACE "docPropsVTypes\">",
			  (unsigned long long)pid, name);
	xml_add_text(to, value, "\n");
	buffer_add_text(to, "</vt:lpwstr></property>");
}

int part_insert(struct part *part, const char *element, const char *text)
{
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	struct bytes xml = part ? buffer_bytes(&part->content) : bytes_of(NULL, 0);
	struct element_query query = {.name = element};
	struct element found = {0};
	int r = xml_is_utf8(xml) ? element_find(xml, &query, &found) : XML_REFUSED;

	TRY(r);
	element_done(&found);
	if (r || !part || found.inner.to >= found.whole.to)
		return 0;
	buffer_add_text(edits_add(&edits, found.inner.to, 0), text);
	return parts_edit(part, &edits);
}

static int add_custom(struct parts *parts, const char *name, const char *value)
{
	struct part *part;

	if (!*value)
		return 0;
	TRY(part_insert(parts_find(parts, "[Content_Types].xml"), "Types",
			"<Override PartName=\"/" CUSTOM "\" "
			"ContentType=\"application/vnd.openxmlformats-officedocument.custom-properties+xml\"/>"));
	TRY(part_insert(parts_find(parts, "_rels/.rels"), "Relationships",
			"<Relationship Id=\"" MARK_NAME "\" Type=\"" OOXML_SPACE
			"relationships/custom-properties\" Target=\"" CUSTOM "\"/>"));
	TRY(parts_add(parts, CUSTOM, &part));
	buffer_add_text(&part->content, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
					"<Properties xmlns=\"" OOXML_SPACE "custom-properties\">");
	add_property(&part->content, name, value, 2); /* 0 and 1 are reserved */
	buffer_add_text(&part->content, "</Properties>");
	return buffer_check(&part->content);
}

/* Strict OOXML names its relationships otherwise (ISO/IEC 29500-1, annex J): there a property of ours would be lost. */
static bool is_strict(const struct parts *parts)
{
	static const char space[] = "purl.oclc.org/ooxml/";
	const struct part *part = parts_find(parts, "_rels/.rels");

	return part && part->content.n && memmem(part->content.at, part->content.n, space, strlen(space));
}

int docx_write_property(struct parts *parts, const char *name, const char *value)
{
	const struct element_query query = property_of(name);
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	OWN_BUFFER struct buffer edited = {0};
	struct part *part = parts_find(parts, CUSTOM);
	struct element property;
	struct bytes xml;
	int r;

	if (!part)
		return is_strict(parts) ? 0 : add_custom(parts, name, value);
	xml = buffer_bytes(&part->content);
	r = xml_is_utf8(xml) ? element_find(xml, &query, &property) : XML_REFUSED;
	TRY(r);
	if (r)
		return 0;
	if (!property.found) {
		add_property(&edited, name, value, property.highest + (property.highest ? 1 : 2));
		element_done(&property);
		buffer_u8(&edited, 0);
		return edited.failed ? buffer_check(&edited) : part_insert(part, "Properties", (char *)edited.at);
	}
	element_done(&property);
	add_property(edits_add(&edits, property.whole.from, property.whole.to - property.whole.from), name, value,
		     property.highest);
	return parts_edit(part, &edits);
}
