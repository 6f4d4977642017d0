/* clock confirm: a person says that a clock which moved is right. */
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/say.h"

/* The day is the person's own word, never the machine's: that is what is confirmed. */
static int run_confirm(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *day = NULL;
	struct call call = {.method = "Agent.ConfirmClock"};

	DO(ctl_need(ctl, "day", _("What day is today (YYYY-MM-DD)?"), &day));
	call.parameters = json_object();
	json_set_text(call.parameters, "day", day);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_note(_("the clock is trusted again; today is %s"), json_get_text(reply.at, "today"));
	return 0;
}

static const struct option_row confirm_options[] = {
    {"day", 0, OPTION_DATE, "DATE", N_("today, by another clock than this machine's")},
    {0},
};

const struct command clock_commands[] = {
    {"clock confirm", GROUP_AGENT, 0, 0, NULL, N_("say that a clock which was moved is right again"), run_confirm,
     confirm_options,
     N_("One security administrator does this. While the clock is suspect nothing is lowered, released or expired. The "
	"day must be the one that the machine's clock shows: set that first."),
     "clock confirm\nclock confirm --day 2026-06-30"},
    {0},
};
