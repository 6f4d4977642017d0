/* Properties that users and programs give a document, by name: <property name=…> of OOXML, <user-defined name=…> of
 * ODF, and in XMP the element itself. */
#include "inspector/extract.h"

#include "base/text.h"
#include "library/expat.h"

#include <string.h>

#define MARK_PROPERTY	"classd_mark"
#define PROPERTY_MAX	4096

struct reading {
	struct extract *x;
	int depth;
	int at_depth; /* of the property that is open; 0: none */
	struct buffer text;
};

static const char *value_of(const char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2)
		if (strcmp(xml_local_name(attributes[i]), name) == 0)
			return attributes[i + 1];
	return NULL;
}

static void on_start(void *own, const char *name, const char **attributes)
{
	struct reading *r = own;
	const char *local = xml_local_name(name);
	bool is_named = strcmp(local, "property") == 0 || strcmp(local, "user-defined") == 0;

	r->depth++;
	if (r->at_depth || !text_equal(is_named ? value_of(attributes, "name") : local, MARK_PROPERTY))
		return;
	r->at_depth = r->depth;
	buffer_clear(&r->text);
}

static void on_end(void *own, const char *name)
{
	struct reading *r = own;

	(void)name;
	if (r->depth-- != r->at_depth)
		return;
	r->at_depth = 0;
	if (r->x->property.n == 0)
		buffer_add_bytes(&r->x->property, buffer_bytes(&r->text));
}

static void on_text(void *own, struct bytes text)
{
	struct reading *r = own;

	if (r->at_depth && r->text.n + text.n <= PROPERTY_MAX)
		buffer_add_bytes(&r->text, text);
}

int properties_read(struct bytes xml, struct extract *ret)
{
	OWNED(xml) struct xml *parser = NULL;
	struct reading reading = {.x = ret};
	struct xml_handlers handlers = {&reading, on_start, on_end, on_text};
	int r = 0;

	if (xml.n == 0)
		return 0;
	TRY(xml_new(&handlers, &parser));
	r = xml_feed(parser, xml, true);
	buffer_done(&reading.text);
	TRY(r);
	return buffer_check(&ret->property);
}
