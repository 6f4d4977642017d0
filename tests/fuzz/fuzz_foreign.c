/* Labels of others in any bytes: never more than there is room for, every text one line of UTF-8. */
#include "fuzz.h"

#include <string.h>

#include "base/text.h"
#include "library/foreign.h"

static void check(const struct foreign_labels *labels)
{
	MUST(labels->n <= FOREIGN_MAX);
	for (size_t i = 0; i < labels->n; i++) {
		const struct foreign_label *l = &labels->at[i];

		MUST(text_is_utf8(bytes_of_text(l->level)) && text_is_utf8(bytes_of_text(l->policy)));
		MUST(!strchr(l->level, '\n') && !strchr(l->until, '\n'));
		MUST(foreign_kind_name(l->kind) != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct foreign_labels labels = {.n = 0};

	MUST(foreign_read_xml(bytes_of(data, size), &labels) == 0);
	check(&labels);
	MUST(foreign_read_properties(bytes_of(data, size), &labels) == 0);
	check(&labels);
	foreign_settle(&labels);
	check(&labels);
	return 0;
}
