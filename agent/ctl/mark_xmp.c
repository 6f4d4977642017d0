#include "ctl/mark_xmp.h"

#include "library/expat.h"

#include <string.h>

#define RDF	 "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\""
#define PDFA	 "http://www.aiim.org/pdfa/ns/"
#define PROPERTY "classd:" MARK_NAME

static const struct element_query mark_query = {.name = MARK_NAME};
static const struct element_query rdf_query = {.name = "RDF"};

/* A document for archives says what each property means that its standard does not know (ISO 19005-2, 6.6.2.3.3). */
static const char extension[] =
    "<rdf:Description " RDF " rdf:about=\"\" xmlns:pdfaExtension=\"" PDFA "extension/\" xmlns:pdfaSchema=\"" PDFA
    "schema#\" xmlns:pdfaProperty=\"" PDFA "property#\"><pdfaExtension:schemas><rdf:Bag>"
    "<rdf:li rdf:parseType=\"Resource\"><pdfaSchema:schema>classd</pdfaSchema:schema><pdfaSchema:namespaceURI>" XMP_MARK_SPACE
    "</pdfaSchema:namespaceURI><pdfaSchema:prefix>classd</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>"
    "<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>" MARK_NAME "</pdfaProperty:name>"
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>"
    "<pdfaProperty:description>Classification mark of the document</pdfaProperty:description></rdf:li></rdf:Seq>"
    "</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>";

int mark_xmp_read(struct bytes xmp, struct buffer *ret)
{
	struct element found = {0};
	int r = xmp.n ? element_find(xmp, &mark_query, &found) : XML_REFUSED;

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

static void add_property(struct buffer *to, const char *mark)
{
	buffer_add_text(to, "<" PROPERTY " xmlns:classd=\"" XMP_MARK_SPACE "\">");
	xml_add_text(to, mark, "\n");
	buffer_add_text(to, "</" PROPERTY ">");
}

static void add_description(struct buffer *to, struct bytes xmp, const char *mark)
{
	if (says(xmp, "pdfaid") && !says(xmp, "pdfaExtension"))
		buffer_add_text(to, extension);
	buffer_add_text(to, "<rdf:Description " RDF " rdf:about=\"\">");
	add_property(to, mark);
	buffer_add_text(to, "</rdf:Description>");
}

static int write_new(const char *mark, struct buffer *ret)
{
	if (!*mark)
		return 0;
	buffer_add_text(ret, "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
			     "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF " RDF ">");
	add_description(ret, bytes_of(NULL, 0), mark);
	buffer_add_text(ret, "</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>");
	return buffer_check(ret);
}

int mark_xmp_write(struct bytes xmp, const char *mark, struct buffer *ret)
{
	__attribute__((cleanup(edits_done))) struct edits edits = {0};
	struct element property = {0}, rdf = {0};
	int r;

	if (xmp.n == 0)
		return write_new(mark, ret);
	if (!xml_is_utf8(xmp) || says(xmp, MARK_NAME "=")) /* as an attribute: another program's form of it */
		return XML_REFUSED;
	r = element_find(xmp, &mark_query, &property);
	if (r == 0)
		r = element_find(xmp, &rdf_query, &rdf);
	element_done(&property);
	element_done(&rdf);
	if (r)
		return r;
	if (property.whole.to) {
		struct buffer *to =
		    edits_add(&edits, property.whole.from, property.whole.to - property.whole.from);

		if (*mark)
			add_property(to, mark);
	} else if (*mark) {
		if (rdf.inner.to >= rdf.whole.to)
			return XML_REFUSED; /* none, or <rdf:RDF/> */
		add_description(edits_add(&edits, rdf.inner.to, 0), xmp, mark);
	}
	return edits_apply(&edits, xmp, ret);
}
