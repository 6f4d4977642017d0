/* Looking up levels. Unknown is never the lowest. */
#include "domain/level.h"

#include <string.h>

#include "base/text.h"
#include "domain/policy.h"

bool level_code_is_valid(const char *code)
{
	size_t n = code ? strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") : 0;

	return n > 0 && n <= LEVEL_CODE_MAX && code[n] == '\0';
}

const struct level *level_find(const struct policy *p, const char *name)
{
	for (size_t i = 0; !text_is_empty(name) && i < p->n_levels; i++) {
		const struct level *l = &p->levels[i];

		if (names_equal_folded(l->code, name) || text_equal(l->name.official, name) ||
		    names_equal_folded(l->name.english, name))
			return l;
	}
	return NULL;
}

const struct level *level_unclassified(const struct policy *p)
{
	return &p->levels[0];
}

const struct level *level_highest(const struct policy *p)
{
	return &p->levels[p->n_levels - 1];
}

const struct level *level_max(const struct level *a, const struct level *b)
{
	if (!a || !b)
		return a ? a : b;
	return b->rank > a->rank ? b : a;
}

const struct level *level_for_protection(const struct policy *p, const char *name)
{
	const struct level *l;

	if (text_is_empty(name) || strcmp(name, "-") == 0)
		return NULL;
	l = level_find(p, name);
	return l ? l : level_highest(p);
}

bool level_draft_stays_clear(const struct level *l, bool submitted, uint32_t idle_minutes)
{
	if (!level_is_classified(l))
		return true;
	if (submitted || l->draft_in_clear == DRAFT_NEVER)
		return false;
	return l->draft_in_clear == DRAFT_UNTIL_SUBMIT || idle_minutes < l->draft_idle_minutes;
}
