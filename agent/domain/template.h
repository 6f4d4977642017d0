/* Sentences with {names} in them, for marks and explanations: the text is data, the values come from the facts. */
#ifndef DOMAIN_TEMPLATE_H
#define DOMAIN_TEMPLATE_H

#include "base/bytes.h"

struct template_value {
	const char *name;
	const char *value; /* NULL prints nothing */
};

/* Copies text, replacing each {name} that is in values; other braces stay as they are. */
void template_expand(const char *text, const struct template_value *values, size_t n, struct buffer *ret);

#endif
