/* policy check: a pack is checked as a whole before it is installed; needs no agent. */
#include "base/text.h"
#include "ctl/command.h"
#include "library/policy_load.h"

#include <stdio.h>

static int say_checked(const struct ctl *ctl, const struct policy *p, struct buffer *report)
{
	OWNED(json) struct json *whole = json_object();
	OWN_MEM char *lines = buffer_steal_text(report);

	if (ctl->json) {
		json_set_bool(whole, "valid", p != NULL);
		json_set_text(whole, "pack", p ? p->id : NULL);
		json_set_text(whole, "version", p ? p->version : NULL);
		json_set_text(whole, "report", lines ? lines : "");
		return ctl_print_json(json_look(whole));
	}
	if (lines && *lines)
		(void)fputs(lines, stderr);
	if (p)
		say(_("%s %s: %zu levels, %zu items: good"), p->id, p->version, p->n_levels, p->catalogue.n);
	return 0;
}

static int run_check(struct ctl *ctl)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *where = say_safe(ctl_word(ctl, 0));
	int outcome = policy_load(ctl_word(ctl, 0), ctl_text(ctl, "overlay"), &p, &report);

	TRY(outcome);
	if (outcome == POLICY_MISSING)
		return say_error(CLASSD_EXIT_NOT_FOUND, where, _("name a folder with *.yaml files"),
				 _("there is no policy pack"));
	DO(say_checked(ctl, p, &report));
	return p ? 0
		 : say_error(CLASSD_EXIT_INPUT, where, _("correct these lines; the running policy stays as it is"),
			     _("the policy pack has errors"));
}

static const struct option_row check_options[] = {
    {"overlay", 0, OPTION_TEXT, "FOLDER", N_("check with this site overlay")},
    {0},
};
const struct command policy_check_commands[] = {
    {"policy check", GROUP_AGENT, 1, 1, N_("FOLDER"), N_("check a policy pack; errors as file:line:column"), run_check,
     check_options, N_("Needs no running agent."), "policy check policy/cn"},
    {0},
};
