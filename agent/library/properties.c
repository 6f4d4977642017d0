#include "library/properties.h"

#include "base/text.h"
#include "library/expat.h"

#include <stdio.h>
#include <string.h>

struct reading {
	const char *extra;
	property_fn take;
	void *own;
	int depth;
	int at_depth; /* of the property that is open; 0: none */
	char name[PROPERTY_NAME_MAX];
	struct buffer value;
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
	bool is_property = strcmp(local, "property") == 0 || strcmp(local, "user-defined") == 0;
	const char *called = is_property ? value_of(attributes, "name") : text_equal(local, r->extra) ? local : NULL;

	r->depth++;
	if (r->at_depth || !called || strlen(called) >= sizeof(r->name))
		return;
	r->at_depth = r->depth;
	(void)snprintf(r->name, sizeof(r->name), "%s", called);
	buffer_clear(&r->value);
}

static void on_end(void *own, const char *name)
{
	struct reading *r = own;

	(void)name;
	if (r->depth-- != r->at_depth)
		return;
	r->at_depth = 0;
	if (!r->value.failed)
		r->take(r->own, r->name, buffer_bytes(&r->value));
}

static void on_text(void *own, struct bytes text)
{
	struct reading *r = own;

	if (r->at_depth && r->value.n + text.n <= PROPERTY_VALUE_MAX)
		buffer_add_bytes(&r->value, text);
}

int properties_each(struct bytes xml, const char *extra, property_fn take, void *own)
{
	OWNED(xml) struct xml *parser = NULL;
	struct reading reading = {.extra = extra, .take = take, .own = own};
	struct xml_handlers handlers = {&reading, on_start, on_end, on_text};
	int r;

	if (xml.n == 0)
		return 0;
	TRY(xml_new(&handlers, &parser));
	r = xml_feed(parser, xml, true);
	buffer_done(&reading.value);
	return r < 0 ? r : 0;
}
