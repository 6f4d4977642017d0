#include "domain/precedent.h"

#include <stdlib.h>

static int by_length(const void *a, const void *b)
{
	return period_compare(((const struct term *)a)->period, ((const struct term *)b)->period);
}

static size_t keep_periods(struct term *at, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (at[i].kind == TERM_PERIOD)
			at[kept++] = at[i];
	return kept;
}

size_t precedent_term(const struct policy *p, const struct level *level, const struct item *item, struct term *at, size_t n,
		      struct term *ret)
{
	struct term cap = policy_cap(p, level, item);

	n = keep_periods(at, n);
	if (n < PRECEDENTS_MIN || item->term.kind != TERM_PERIOD)
		return 0;
	qsort(at, n, sizeof(*at), by_length);
	*ret = at[(n - 1) / 2];
	if (period_compare(ret->period, item->term.period) > 0)
		*ret = item->term;
	if (cap.kind == TERM_PERIOD && period_compare(ret->period, cap.period) > 0)
		*ret = cap;
	return n;
}
