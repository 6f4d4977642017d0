/* The mark, and labels of others, in the properties of a document. */
#include "library/properties.h"

#include "base/text.h"
#include "inspector/extract.h"

#define MARK_PROPERTY "classd_mark"

static void take(void *own, const char *name, struct bytes value)
{
	struct extract *x = own;

	if (text_equal(name, MARK_PROPERTY) && x->property.n == 0)
		buffer_add_bytes(&x->property, value);
}

int properties_read(struct bytes xml, struct extract *ret)
{
	TRY(properties_each(xml, MARK_PROPERTY, take, ret));
	TRY(foreign_read_properties(xml, &ret->foreign));
	return buffer_check(&ret->property);
}
