/* appoint and train: what makes a person responsible. */
#include "base/text.h"
#include "ctl/person.h"

static int need_all(struct ctl *ctl, struct json *to, const char *const (*names)[2], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		OWN_MEM char *option = text_format("--%s", names[i][1]);

		if (!ctl_flag(ctl, names[i][1]))
			return ctl_missing(ctl, option);
		ctl_set(ctl, to, names[i][0], names[i][1]);
	}
	return 0;
}

static int run_end(struct ctl *ctl)
{
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Persons.EndAppointment"};

	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	call.parameters = json_object();
	ctl_set(ctl, call.parameters, "appointment", "end");
	json_set_text(call.parameters, "reason", reason);
	return person_call(ctl, &call);
}

/* Not named: all of them, which the register writes as "*". */
static void set_matters(struct ctl *ctl, struct json *to)
{
	struct json *all = json_array();

	if (ctl_flag(ctl, "matter")) {
		json_free(all);
		ctl_set(ctl, to, "matters", "matter");
		return;
	}
	json_append_text(all, "*");
	json_set(to, "matters", all);
}

static int run_appoint(struct ctl *ctl)
{
	static const char *const needed[][2] = {{"kind", "kind"},
						{"levels", "level"},
						{"departments", "department"},
						{"from", "from"},
						{"document", "document"}};
	OWNED(json) struct json *parameters = json_object();

	if (ctl_flag(ctl, "end"))
		return run_end(ctl);
	DO(need_all(ctl, parameters, needed, array_n(needed)));
	set_matters(ctl, parameters);
	ctl_set_always(ctl, parameters, "until", "until");
	ctl_set(ctl, parameters, "stands_for", "for");
	struct call call = {.method = "Persons.Appoint", .parameters = steal(&parameters)};
	return person_call(ctl, &call);
}

static int run_train(struct ctl *ctl)
{
	static const char *const needed[][2] = {{"content", "content"}, {"hours", "hours"}, {"held", "held"}};
	OWNED(json) struct json *parameters = json_object();

	DO(need_all(ctl, parameters, needed, array_n(needed)));
	ctl_set(ctl, parameters, "valid_until", "valid-until");
	struct call call = {.method = "Persons.Train", .parameters = steal(&parameters)};
	return person_call(ctl, &call);
}

static const struct option_row appoint_options[] = {
    {"kind", 0, OPTION_TEXT, "KIND",
     N_("statutory, designated, derived-only, stand-in, oca, derivative or declassification")},
    {"level", 'l', OPTION_LIST, "LEVEL", N_("levels it covers")},
    {"department", 'd', OPTION_LIST, "NAME", N_("departments it covers; * for all")},
    {"matter", 'm', OPTION_LIST, "ID", N_("matters of the catalogue it covers (else all)")},
    {"from", 0, OPTION_DATE, "DATE", N_("first day")},
    {"until", 0, OPTION_DATE, "DATE", N_("last day (else open)")},
    {"document", 0, OPTION_TEXT, "TEXT", N_("the signed document that appoints")},
    {"for", 0, OPTION_TEXT, "PERSON", N_("a stand-in: for whom, who holds at least that much himself")},
    {"end", 0, OPTION_NUMBER, "ID", N_("end this appointment instead; needs --reason")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why it ends")},
    {0},
};
static const struct option_row train_options[] = {
    {"content", 0, OPTION_TEXT, "TEXT", N_("what it was about")},
    {"hours", 0, OPTION_NUMBER, "N", N_("how long")},
    {"held", 0, OPTION_DATE, "DATE", N_("day it was held")},
    {"valid-until", 0, OPTION_DATE, "DATE", N_("last day it counts (else by the policy)")},
    {0},
};

const struct command appoint_commands[] = {
    {"appoint", GROUP_REGISTER, 1, 1, N_("ID"), N_("appoint a responsible person; a second administrator confirms"),
     run_appoint, appoint_options, NULL,
     "appoint li --kind designated --level secret,confidential --department planning --from 2026-01-01 --until "
     "2028-12-31 "
     "--document 'Order 12/2026'\nappoint li --end 3 --reason 'moved to another post'"},
    {"train", GROUP_REGISTER, 1, 1, N_("ID"), N_("enter a training"), run_train, train_options, NULL,
     "train li --content 'classification basics' --hours 4 --held 2026-02-10"},
    {0},
};
