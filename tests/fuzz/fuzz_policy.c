/* A pack, and behind the byte 0x1e a site's part: a whole policy, or a report. */
#include "fuzz.h"

#include <string.h>

#include "library/policy_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size ? memchr(data, 0x1e, size) : NULL;
	size_t n = cut ? (size_t)(cut - data) : size;
	const struct policy_source sources[] = {
	    {"pack.yaml", bytes_of(data, n), false},
	    {"site.yaml", cut ? bytes_of(cut + 1, size - n - 1) : bytes_of(NULL, 0), true},
	};
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	int outcome = policy_parse(sources, cut ? 2 : 1, &p, &report);

	MUST((outcome == 0) == (p != NULL) && (outcome == POLICY_BAD) == (report.n > 0));
	for (size_t i = 0; p && i < p->catalogue.n; i++)
		MUST(p->catalogue.items[i].level && p->catalogue.items[i].id &&
		     catalogue_find(&p->catalogue, p->catalogue.items[i].id) == &p->catalogue.items[i]);
	for (const struct policy *set = p; set; set = set->earlier) {
		MUST(set->n_levels == p->n_levels && level_highest(set)->rank == level_highest(p)->rank);
		(void)policy_asks(set, level_highest(set));    /* the way up ends */
		(void)policy_settler(set, level_highest(set)); /* and never leaves the list */
		MUST(policy_on(p, set->until) == set || set == p);
	}
	return 0;
}
