#include "ctl/fields.h"

#include "base/text.h"

static const char *const names[][2] = {
    {"item", "item"},	  {"level", "level"},	{"term", "term"},
    {"scope", "scope"},	  {"reason", "reason"}, {"responsible", "responsible"},
    {"title", "title"},	  {"type", "type"},	{"sources", "from"},
    {"points", "points"}, {"regime", "regime"}, {"categories", "category"}, {"originator", "originator"},
};

struct json *fields_of(const struct ctl *ctl)
{
	struct json *fields = json_object();

	for (size_t i = 0; i < array_n(names); i++)
		ctl_set(ctl, fields, names[i][0], names[i][1]);
	return fields;
}

bool fields_correct(const struct ctl *ctl)
{
	return ctl_flag(ctl, "item") || ctl_flag(ctl, "level") || ctl_flag(ctl, "term") || ctl_flag(ctl, "scope") ||
	       ctl_flag(ctl, "regime") || ctl_flag(ctl, "category");
}

bool fields_other_regime(const struct ctl *ctl)
{
	const char *regime = ctl_text(ctl, "regime");

	return regime && !text_equal(regime, "state-secret");
}
