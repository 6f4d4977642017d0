/* The part of a pack that says who holds what: names, knowers, copies, consent, retention. */
#include "library/policy_read.h"

/* From which level on something is asked for; a site may begin lower, or where the pack never asks. */
static bool read_from(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	return kind_level.read(r, v, param, ret);
}

static bool is_higher(const void *old, const void *new)
{
	const struct level *before = *(const struct level *const *)old;

	return before && (*(const struct level *const *)new)->rank > before->rank;
}
static const struct kind kind_from = {sizeof(const struct level *), read_from, is_higher};

static bool read_widen(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	static const char *const who[] = {"responsible", "originator", NULL};
	int choice = 0;

	(void)param;
	if (!kind_choice.read(r, v, who, &choice))
		return false;
	*(bool *)ret = choice == 1;
	return true;
}

static bool is_wider(const void *old, const void *new)
{
	return *(const bool *)old && !*(const bool *)new;
}
static const struct kind kind_widen = {sizeof(bool), read_widen, is_wider};

void read_custody(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct custody_rules, names_from, "names_from", kind_from, NULL, false),
	    FIELD(struct custody_rules, knowers_from, "knowers_from", kind_from, NULL, false),
	    FIELD(struct custody_rules, consent_from, "consent_from", kind_from, NULL, false),
	    FIELD(struct custody_rules, widen_by_originator, "widen", kind_widen, NULL, true),
	    FIELD(struct custody_rules, receipt, "receipt", kind_span, NULL, false),
	    FIELD(struct custody_rules, retain, "retain", kind_period, NULL, false),
	};

	read_fields(r, v, fields, array_n(fields), &r->p->custody);
}
