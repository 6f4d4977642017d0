#include "ctl/label_parts.h"

#include "base/text.h"
#include "ctl/mark_pdf.h"
#include "ctl/mark_xmp.h"
#include "library/expat.h"
#include "library/qpdf.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#define PART "customXml/classd-label.xml"

static bool says(struct bytes b, const char *word)
{
	return b.n && memmem(b.at, b.n, word, strlen(word));
}

static int find(struct bytes xml, const char *name, const char *id, struct element *ret)
{
	const struct element_query query = {.name = name, .attribute = id ? "Id" : NULL, .value = id};
	int r = element_find(xml, &query, ret);

	element_done(ret);
	return r;
}

/* Ours is the only one there. */
static int is_alone(struct bytes xml, bool *ret)
{
	struct foreign_labels labels = {.n = 0};

	TRY(foreign_read_xml(xml, &labels));
	*ret = labels.n == 1;
	return 0;
}

static int bind_beside(struct bytes old, struct stanag_label l, struct stanag_references to, struct buffer *ret)
{
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	struct element container = {0}, ours = {0}, signature = {0};
	bool alone = false;
	int r = xml_is_utf8(old) ? find(old, "MetadataBindingContainer", NULL, &container) : XML_REFUSED;

	if (r == 0)
		r = find(old, "MetadataBinding", STANAG_OURS, &ours);
	if (r == 0)
		r = find(old, "Signature", NULL, &signature);
	TRY(r);
	if (r || container.inner.to >= container.whole.to)
		return LABEL_NO_PLACE;
	if (signature.whole.to)
		return LABEL_SIGNED;
	if (ours.whole.to)
		TRY(is_alone(old, &alone));
	l.alternative = !alone;
	stanag_write_binding(&l, to,
			     ours.whole.to ? edits_add(&edits, ours.whole.from, ours.whole.to - ours.whole.from)
					   : edits_add(&edits, container.inner.to, 0));
	return edits_apply(&edits, old, ret);
}

int label_bind(struct bytes old, const struct stanag_label *l, struct stanag_references to, struct buffer *ret)
{
	if (old.n)
		return bind_beside(old, *l, to, ret);
	stanag_write(l, to, ret);
	return buffer_check(ret);
}

/* The parts of an OOXML document that hold what somebody wrote. */
static bool is_content(const char *name)
{
	static const char *const patterns[] = {
	    "word/document.xml", "word/header*.xml",	 "word/footer*.xml",	  "word/footnotes.xml",
	    "word/endnotes.xml", "word/comments.xml",	 "xl/workbook.xml",	  "xl/worksheets/sheet*.xml",
	    "xl/sharedStrings.xml", "ppt/presentation.xml", "ppt/slides/slide*.xml", "ppt/notesSlides/notesSlide*.xml",
	};

	for (size_t i = 0; i < array_n(patterns); i++)
		if (fnmatch(patterns[i], name, FNM_PATHNAME) == 0)
			return true;
	return false;
}

struct references {
	struct stanag_reference *at;
	size_t n;
};

static void references_done(struct references *r)
{
	for (size_t i = 0; i < r->n; i++) {
		char *uri = (char *)(uintptr_t)r->at[i].uri; /* made here */

		free(uri);
	}
	free(r->at);
}

static int collect(const struct parts *parts, struct references *ret)
{
	ret->at = calloc(parts->n + 1, sizeof(*ret->at));
	if (!ret->at)
		return FAULT(ENOMEM, "name the parts of a document");
	for (size_t i = 0; i < parts->n; i++) {
		char *uri = is_content(parts->at[i].name) ? text_format("pack:///%s", parts->at[i].name) : NULL;

		if (uri)
			ret->at[ret->n++] = (struct stanag_reference){uri, ""};
	}
	return 0;
}

/* By its name space, for a part may have any name. */
static struct part *find_binding(const struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		if (text_starts(parts->at[i].name, "customXml/") &&
		    says(buffer_bytes(&parts->at[i].content), "\"" STANAG4778_SPACE "\""))
			return &parts->at[i];
	return NULL;
}

static int relate(struct parts *parts)
{
	static const char *const mains[] = {"word/_rels/document.xml.rels", "xl/_rels/workbook.xml.rels",
					    "ppt/_rels/presentation.xml.rels"};
	struct part *types = parts_find(parts, "[Content_Types].xml");

	if (!types)
		return LABEL_NO_PLACE;
	for (size_t i = 0; i < array_n(mains); i++) {
		struct part *part = parts_find(parts, mains[i]);

		if (!part)
			continue;
		if (!says(buffer_bytes(&types->content), "Extension=\"xml\""))
			TRY(part_insert(types, "Types", "<Override PartName=\"/" PART "\" ContentType=\"application/xml\"/>"));
		return part_insert(part, "Relationships",
				   "<Relationship Id=\"classd_label\" Type=\"http://schemas.openxmlformats.org/officeDocument/"
				   "2006/relationships/customXml\" Target=\"../" PART "\"/>");
	}
	return LABEL_NO_PLACE;
}

int label_put_part(struct parts *parts, const struct stanag_label *l)
{
	__attribute__((cleanup(references_done))) struct references to = {0};
	OWN_BUFFER struct buffer bound = {0};
	struct part *part = find_binding(parts);
	int r;

	TRY(collect(parts, &to));
	if (to.n == 0)
		return LABEL_NO_PLACE;
	r = label_bind(part ? buffer_bytes(&part->content) : bytes_of(NULL, 0), l,
		       (struct stanag_references){to.at, to.n}, &bound);
	if (r == 0 && !part)
		r = relate(parts);
	if (r)
		return r;
	if (!part)
		TRY(parts_add(parts, PART, &part));
	buffer_done(&part->content);
	part->content = bound;
	bound = (struct buffer){0};
	return 0;
}

/* ---- PDF ---- */

static const struct xmp_property binding_property = {
    "mbxmp", "bindingInformation", STANAG4778_SPACE ":xmp#", "Confidentiality label bound to the document (ADatP-4778)"};

static int bind_pdf(struct pdf_file *pdf, const struct stanag_label *l, const char *name, struct buffer *ret)
{
	OWN_BUFFER struct buffer xmp = {0};
	OWN_BUFFER struct buffer old = {0};
	OWN_BUFFER struct buffer bound = {0};
	OWN_BUFFER struct buffer written = {0};
	OWN_MEM char *uri = text_format("./%s", name);
	const struct stanag_reference to = {uri ? uri : "", "application/pdf"};
	int r = pdf_file_xmp(pdf, &xmp);

	TRY(r);
	if (r || !uri)
		return r ? LABEL_NO_PLACE : FAULT(ENOMEM, "bind a label");
	TRY(xmp_read(buffer_bytes(&xmp), &binding_property, &old));
	r = label_bind(buffer_bytes(&old), l, (struct stanag_references){&to, 1}, &bound);
	if (r)
		return r;
	if (bytes_equal(buffer_bytes(&bound), buffer_bytes(&old)))
		return MARK_WRITE_SAME;
	OWN_MEM char *text = buffer_steal_text(&bound);
	r = text ? xmp_write(buffer_bytes(&xmp), &binding_property, text, &written) : FAULT(ENOMEM, "bind a label");
	TRY(r);
	if (r)
		return LABEL_NO_PLACE;
	pdf_file_set_xmp(pdf, buffer_bytes(&written));
	r = pdf_file_write(pdf, ret);
	return r > 0 ? LABEL_NO_PLACE : r;
}

int label_put_pdf(struct bytes document, const struct stanag_label *l, const char *name, struct buffer *ret)
{
	OWNED(pdf_file) struct pdf_file *pdf = NULL;
	int r = pdf_file_new(document, &pdf);

	if (r == 0)
		return bind_pdf(pdf, l, name, ret);
	return r == PDF_FILE_SIGNED ? LABEL_SIGNED : r > 0 ? LABEL_NO_PLACE : r;
}

/* One label of that kind and policy has room; one of others stays (domain.md R63). */
static int is_of_others(const struct parts *parts, const struct label_properties *p, bool *ret)
{
	const struct part *part = parts_find(parts, "docProps/custom.xml");
	struct foreign_labels labels = {.n = 0};

	if (!part)
		part = parts_find(parts, "meta.xml");
	if (part)
		TRY(foreign_read_properties(buffer_bytes(&part->content), &labels));
	foreign_settle(&labels);
	*ret = false;
	for (size_t i = 0; i < labels.n; i++)
		*ret |= labels.at[i].kind == p->kind && text_equal(labels.at[i].policy, p->policy) &&
			!text_starts(labels.at[i].id, p->id);
	return 0;
}

int label_put_properties(struct parts *parts, const struct label_properties *p)
{
	bool ooxml = parts_find(parts, "[Content_Types].xml") != NULL;
	bool others;

	if (!ooxml && !parts_find(parts, "meta.xml"))
		return LABEL_NO_PLACE;
	TRY(is_of_others(parts, p, &others));
	if (others)
		return LABEL_OTHERS;
	for (size_t i = 0; i < p->n; i++)
		TRY(ooxml ? docx_write_property(parts, p->at[i].name, p->at[i].value)
			  : odt_write_property(parts, p->at[i].name, p->at[i].value));
	return 0;
}

/* ---- reading ---- */

static int read_parts(struct bytes document, struct foreign_labels *ret)
{
	__attribute__((cleanup(parts_done))) struct parts parts = {0};
	int r = parts_read(document, &parts);

	TRY(r);
	for (size_t i = 0; r == 0 && i < parts.n; i++) {
		struct bytes content = buffer_bytes(&parts.at[i].content);

		if (text_starts(parts.at[i].name, "customXml/") || text_equal(parts.at[i].name, "docMetadata/LabelInfo.xml"))
			TRY(foreign_read_xml(content, ret));
		else if (text_equal(parts.at[i].name, "docProps/custom.xml") || text_equal(parts.at[i].name, "meta.xml"))
			TRY(foreign_read_properties(content, ret));
	}
	return 0;
}

static int read_pdf(struct bytes document, struct foreign_labels *ret)
{
	OWNED(pdf_file) struct pdf_file *pdf = NULL;
	OWN_BUFFER struct buffer xmp = {0};
	int r = pdf_file_new(document, &pdf);

	if (r == 0)
		r = pdf_file_xmp(pdf, &xmp);
	TRY(r);
	if (r)
		return 0;
	TRY(foreign_read_xmp(buffer_bytes(&xmp), ret));
	return foreign_read_properties(buffer_bytes(&xmp), ret);
}

int label_read(struct bytes document, struct foreign_labels *ret)
{
	if (document.n > 4 && memcmp(document.at, "PK\x03\x04", 4) == 0)
		TRY(read_parts(document, ret));
	else if (mark_is_pdf(document))
		TRY(read_pdf(document, ret));
	else
		TRY(foreign_read_xml(document, ret));
	return 0;
}
