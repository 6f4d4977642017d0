#include "registrar/records/hints.h"

#include "base/text.h"

#include <string.h>

static const char *cut(char **rest, const char *at)
{
	char *field = *rest ? strsep(rest, at) : NULL;

	return field ? field : "";
}

size_t hints_read(const struct policy *p, char *lines, struct hint ret[HINTS_MAX])
{
	size_t n = 0;

	while (lines && *lines && n < HINTS_MAX) {
		char *line = strsep(&lines, "\n");
		struct hint *h = &ret[n++];

		h->kind = cut(&line, "\t");
		h->policy = cut(&line, "\t");
		h->label = cut(&line, "\t");
		h->id = cut(&line, "\t");
		h->until = cut(&line, "\t");
		h->likely = p ? policy_equivalent(p, h->policy, h->label, h->id) : NULL;
	}
	return n;
}

void hints_add(const struct policy *p, const char *lines, struct json *document)
{
	OWN_MEM char *copy = text_copy(lines ? lines : "");
	struct hint hints[HINTS_MAX];
	size_t n = copy ? hints_read(p, copy, hints) : 0;
	struct json *list = n ? json_array() : NULL;

	for (size_t i = 0; i < n; i++) {
		struct json *one = json_object();

		json_set_text(one, "kind", hints[i].kind);
		json_set_text(one, "policy", hints[i].policy);
		json_set_text(one, "label", *hints[i].label ? hints[i].label : hints[i].id);
		json_set_text(one, "until", hints[i].until);
		json_set_text(one, "likely", hints[i].likely ? hints[i].likely->code : "");
		json_append(list, one);
	}
	if (list)
		json_set(document, "labels", list);
}
