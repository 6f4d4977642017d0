#include "domain/escalation.h"

enum escalation escalation_at(const struct policy *p, struct date day, struct date today)
{
	const struct escalation_rules rules = policy_escalation(p);
	const struct {
		enum escalation step;
		int32_t from; /* days after the day */
	} steps[] = {
	    {ESCALATION_OFFICE, rules.office_after},
	    {ESCALATION_SUPERIOR, rules.superior_after},
	    {ESCALATION_RESPONSIBLE, -(int32_t)rules.responsible_before},
	    {ESCALATION_OWNER, -(int32_t)rules.owner_before},
	};
	int32_t since = date_to_days(today) - date_to_days(day);

	for (size_t i = 0; i < array_n(steps) && date_is_set(day); i++)
		if (since >= steps[i].from)
			return steps[i].step;
	return ESCALATION_NOBODY;
}

const char *escalation_name(enum escalation e)
{
	static const char *const names[ESCALATIONS] = {"", "owner", "responsible", "superior", "secrecy-office"};

	return names[e];
}
