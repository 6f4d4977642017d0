/* Levels in the words of other systems: what we write, and what theirs is likely to mean. */
#include "domain/policy.h"

#include "base/text.h"

#include <string.h>

const char *policy_label_name(const struct policy *p)
{
	return p->labels.policy ? p->labels.policy : p->id;
}

void policy_label_of(const struct level *level, char ret[LEVEL_CODE_MAX + 1])
{
	size_t n = strnlen(level->code, LEVEL_CODE_MAX);

	for (size_t i = 0; i < n; i++)
		ret[i] = level->code[i];
	ret[n] = '\0';
	for (char *at = ret; (at = strchr(at, '-')); at++)
		*at = ' ';
}

static bool is_row(const struct equivalent *e, const char *policy, const char *label, const char *id)
{
	if (!text_equal(e->policy, "*") && !names_equal_folded(e->policy, policy))
		return false;
	if (!text_is_empty(id) && e->id && names_equal_folded(e->id, id))
		return true;
	return !text_is_empty(label) && e->label && names_equal_folded(e->label, label);
}

/* Our own words, in a label of our own policy or in one of a kind that has no policies (urn:bails:, XEP-0258). IC-ISM says
 * a level by the letters of its portion mark. */
static const struct level *of_ours(const struct policy *p, const char *policy, const char *label)
{
	char name[LEVEL_CODE_MAX + 1];

	if (!names_equal_folded(policy, policy_label_name(p)) && !names_equal_folded(policy, "NationalSecurity") &&
	    !names_equal_folded(policy, "XMPP"))
		return NULL;
	for (size_t i = 0; i < p->n_levels; i++) {
		const struct level *l = &p->levels[i];

		policy_label_of(l, name);
		if (names_equal_folded(name, label) || names_equal_folded(l->code, label) ||
		    names_equal_folded(l->name.official, label) || names_equal_folded(l->name.english, label) ||
		    text_equal(l->portion, label))
			return l;
	}
	return NULL;
}

const struct level *policy_equivalent(const struct policy *p, const char *policy, const char *label, const char *id)
{
	for (size_t i = 0; i < p->labels.equivalents.n; i++)
		if (is_row(&p->labels.equivalents.at[i], policy, label, id))
			return p->labels.equivalents.at[i].level;
	return text_is_empty(label) ? NULL : of_ours(p, policy, label);
}
