/* Replacing {names}. Values are not expanded again: a value cannot inject a name. */
#include "domain/template.h"

#include <string.h>

#include "base/text.h"

static const struct template_value *value_at(const char *name, size_t n, const struct template_value *values,
					     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(values[i].name) == n && strncmp(values[i].name, name, n) == 0)
			return &values[i];
	return NULL;
}

void template_expand(const char *text, const struct template_value *values, size_t n, struct buffer *ret)
{
	while (*text) {
		const char *end = *text == '{' ? strchr(text, '}') : NULL;
		const struct template_value *v = end ? value_at(text + 1, (size_t)(end - text - 1), values, n) : NULL;

		if (v) {
			buffer_add_text(ret, v->value ? v->value : "");
			text = end + 1;
			continue;
		}
		buffer_add(ret, text++, 1);
	}
}
