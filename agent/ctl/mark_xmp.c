#include "ctl/mark_xmp.h"

#include "library/expat.h"

#include <string.h>

#define RDF  "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\""
#define PDFA "http://www.aiim.org/pdfa/ns/"

static const struct xmp_property mark_property = {"classd", MARK_NAME, XMP_MARK_SPACE,
						  "Classification mark of the document"};

/* A document for archives says what each property means that its standard does not know (ISO 19005-2, 6.6.2.3.3). */
static void add_schema(struct buffer *to, const struct xmp_property *p)
{
	buffer_add_format(
	    to,
	    "<rdf:li " RDF " xmlns:pdfaSchema=\"" PDFA "schema#\" xmlns:pdfaProperty=\"" PDFA
	    "property#\" rdf:parseType=\"Resource\"><pdfaSchema:schema>%s</pdfaSchema:schema>"
	    "<pdfaSchema:namespaceURI>%s</pdfaSchema:namespaceURI><pdfaSchema:prefix>%s</pdfaSchema:prefix>"
	    "<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>%s"
	    "</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>"
	    "internal</pdfaProperty:category><pdfaProperty:description>%s</pdfaProperty:description></rdf:li>"
	    "</rdf:Seq></pdfaSchema:property></rdf:li>",
	    p->prefix, p->space, p->prefix, p->name, p->meaning);
}

int xmp_read(struct bytes xmp, const struct xmp_property *property, struct buffer *ret)
{
	const struct element_query query = {.name = property->name};
	struct element found = {0};
	int r = xmp.n ? element_find(xmp, &query, &found) : XML_REFUSED;

	TRY(r);
	if (r)
		return 0;
	buffer_add_bytes(ret, buffer_bytes(&found.text));
	element_done(&found);
	return buffer_check(ret);
}

static bool says(struct bytes xmp, const char *word)
{
	return memmem(xmp.at, xmp.n, word, strlen(word)) != NULL;
}

static void add_property(struct buffer *to, const struct xmp_property *p, const char *value)
{
	buffer_add_format(to, "<%s:%s xmlns:%s=\"%s\">", p->prefix, p->name, p->prefix, p->space);
	xml_add_text(to, value, "\n");
	buffer_add_format(to, "</%s:%s>", p->prefix, p->name);
}

static void add_description(struct buffer *to, struct bytes xmp, const struct xmp_property *p, const char *value)
{
	if (says(xmp, "pdfaid") && !says(xmp, "pdfaExtension")) {
		buffer_add_text(to, "<rdf:Description " RDF " rdf:about=\"\" xmlns:pdfaExtension=\"" PDFA
				    "extension/\"><pdfaExtension:schemas><rdf:Bag>");
		add_schema(to, p);
		buffer_add_text(to, "</rdf:Bag></pdfaExtension:schemas></rdf:Description>");
	}
	buffer_add_text(to, "<rdf:Description " RDF " rdf:about=\"\">");
	add_property(to, p, value);
	buffer_add_text(to, "</rdf:Description>");
}

/* Where other schemas are described this one is, too: at the end of their list. */
static int describe(struct bytes xmp, const struct xmp_property *p, struct edits *edits)
{
	static const char end[] = "</rdf:Bag>";
	const struct element_query query = {.name = "schemas"};
	struct element found = {0};
	int r = says(xmp, "pdfaExtension") && !says(xmp, p->space) ? element_find(xmp, &query, &found) : XML_REFUSED;
	size_t at;

	TRY(r);
	if (r || !found.found)
		return 0;
	element_done(&found);
	for (at = found.inner.to; at > found.inner.from; at--)
		if (found.inner.to - at >= strlen(end) && memcmp(xmp.at + at, end, strlen(end)) == 0)
			break;
	if (at > found.inner.from)
		add_schema(edits_add(edits, at, 0), p);
	return 0;
}

static int write_new(const struct xmp_property *p, const char *value, struct buffer *ret)
{
	if (!*value)
		return 0;
	buffer_add_text(ret, "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
			     "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF " RDF ">");
	add_description(ret, bytes_of(NULL, 0), p, value);
	buffer_add_text(ret, "</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>");
	return buffer_check(ret);
}

/* As an attribute: another program's form of it. */
static bool is_attribute(struct bytes xmp, const char *name)
{
	size_t n = strlen(name);

	for (const uint8_t *at = xmp.at, *end = xmp.at + xmp.n; (at = memmem(at, (size_t)(end - at), name, n)); at++)
		if (at + n < end && at[n] == '=')
			return true;
	return false;
}

int xmp_write(struct bytes xmp, const struct xmp_property *p, const char *value, struct buffer *ret)
{
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	const struct element_query query = {.name = p->name}, rdf_query = {.name = "RDF"};
	struct element property = {0}, rdf = {0};
	int r;

	if (xmp.n == 0)
		return write_new(p, value, ret);
	if (!xml_is_utf8(xmp) || is_attribute(xmp, p->name))
		return XML_REFUSED;
	r = element_find(xmp, &query, &property);
	if (r == 0)
		r = element_find(xmp, &rdf_query, &rdf);
	element_done(&property);
	element_done(&rdf);
	if (r)
		return r;
	if (property.whole.to) {
		struct buffer *to = edits_add(&edits, property.whole.from, property.whole.to - property.whole.from);

		if (*value)
			add_property(to, p, value);
	} else if (*value) {
		if (rdf.inner.to >= rdf.whole.to)
			return XML_REFUSED; /* none, or <rdf:RDF/> */
		add_description(edits_add(&edits, rdf.inner.to, 0), xmp, p, value);
		TRY(describe(xmp, p, &edits));
	}
	return edits_apply(&edits, xmp, ret);
}

int mark_xmp_read(struct bytes xmp, struct buffer *ret)
{
	return xmp_read(xmp, &mark_property, ret);
}

int mark_xmp_write(struct bytes xmp, const char *mark, struct buffer *ret)
{
	return xmp_write(xmp, &mark_property, mark, ret);
}
