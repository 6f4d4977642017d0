/* policy check, policy test: a pack is judged as a whole before it is installed; need no agent. */
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/policy_file.h"
#include "ctl/policy_place.h"
#include "library/policy_cases.h"

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
	for (size_t i = 0; p && i < p->loosened.n; i++) {
		OWN_MEM char *line = say_safe(p->loosened.at[i]);

		say(_("loosened: %s"), line ? line : "");
	}
	if (p)
		say(_n("%s %s: %zu levels, %zu item: good", "%s %s: %zu levels, %zu items: good", p->catalogue.n),
		    p->id, p->version, p->n_levels, p->catalogue.n);
	return 0;
}

static int say_no_pack(const char *where)
{
	return say_error(CLASSD_EXIT_NOT_FOUND, where, _("name a folder with *.yaml files"),
			 _("there is no policy pack"));
}

/* One file: what it says for itself, and the pack in it. Whose approvals count, the agent knows. */
static int load_bundle(struct ctl *ctl, const char *path, struct policy **ret, struct buffer *report)
{
	OWNED(policy_bundle) struct policy_bundle *b = NULL;
	OWN_BUFFER struct buffer whole = {0};
	struct policy_source sources[BUNDLE_FILES_MAX];

	DO(policy_file_load(path, &whole, &b));
	if (!ctl->json)
		DO(policy_file_say(ctl, b));
	int outcome = policy_load_set(&(struct policy_set){.files = sources,
							   .n_files = policy_bundle_sources(b, sources),
							   .overlay = ctl_text(ctl, "overlay")},
				      ret, report);
	return outcome < 0 ? outcome : 0; /* without a policy there is a report */
}

static int run_check(struct ctl *ctl)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *folder = policy_place(ctl_word(ctl, 0));
	OWN_MEM char *where = say_safe(folder);
	bool is_bundle = policy_file_is(ctl_word(ctl, 0));
	int outcome = is_bundle ? load_bundle(ctl, ctl_word(ctl, 0), &p, &report)
				: policy_load(folder ? folder : "", ctl_text(ctl, "overlay"), &p, &report);

	if (outcome < 0 || (is_bundle && outcome))
		return outcome;
	if (outcome == POLICY_MISSING)
		return say_no_pack(where);
	DO(say_checked(ctl, p, &report));
	return p ? 0
		 : say_error(CLASSD_EXIT_INPUT, where, _("correct these lines; the running policy stays as it is"),
			     _("the policy pack has errors"));
}

/* One pack's cases. The lines of what failed come first, on standard error. */
static int test_pack(const struct ctl *ctl, const char *folder, struct json *list, struct cases_count *ret)
{
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *lines = NULL;
	OWN_MEM char *where = say_safe(folder);
	int outcome = policy_cases_of(folder, ret, &report);
	struct json *pack;

	TRY(outcome);
	lines = buffer_steal_text(&report);
	if (!ctl->json && lines && *lines)
		(void)fputs(lines, stderr);
	if (outcome == POLICY_MISSING)
		return say_error(CLASSD_EXIT_NOT_FOUND, where, _("a pack's cases are *.yaml files in its folder cases"),
				 _("there is no policy pack with cases"));
	if (outcome)
		return say_error(CLASSD_EXIT_INPUT, where, _("correct these lines; the running policy stays as it is"),
				 _("the policy pack has errors"));
	if (!ctl->json)
		say(_n("%s: %zu case, %zu failed", "%s: %zu cases, %zu failed", ret->n), where ? where : "", ret->n,
		    ret->failed);
	pack = json_object();
	json_set_text(pack, "pack", folder);
	json_set_int(pack, "cases", (int64_t)ret->n);
	json_set_int(pack, "failed", (int64_t)ret->failed);
	json_set_text(pack, "report", lines ? lines : "");
	json_append(list, pack);
	return 0;
}

static int test_all(const struct ctl *ctl, struct json *list, size_t *ret_failed)
{
	OWN_MEM char *all = policy_place(NULL);
	OWNED(policy_names) struct policy_names *packs = NULL;

	DO(policy_names_of(all ? all : "", &packs));
	if (packs->n == 0)
		return say_no_pack(all);
	for (size_t i = 0; i < packs->n; i++) {
		OWN_MEM char *folder = text_format("%s/%s", all, packs->at[i]);
		struct cases_count count = {0};

		DO(test_pack(ctl, folder ? folder : "", list, &count));
		*ret_failed += count.failed;
	}
	return 0;
}

static int run_test(struct ctl *ctl)
{
	OWNED(json) struct json *whole = json_object();
	OWNED(json) struct json *list = json_array();
	size_t failed = 0;

	if (ctl_word(ctl, 0)) {
		OWN_MEM char *folder = policy_place(ctl_word(ctl, 0));
		struct cases_count count = {0};

		DO(test_pack(ctl, folder ? folder : "", list, &count));
		failed = count.failed;
	} else
		DO(test_all(ctl, list, &failed));
	json_set(whole, "packs", steal(&list));
	if (ctl->json)
		DO(ctl_print_json(json_look(whole)));
	return failed ? say_error(CLASSD_EXIT_INPUT, NULL, _("correct the pack or the case, whichever is wrong"),
				  _("the pack does not decide as its cases say"))
		      : 0;
}

static const struct option_row check_options[] = {
    {"overlay", 0, OPTION_TEXT, "FOLDER", N_("check with this site overlay")},
    {0},
};
const struct command policy_check_commands[] = {
    {"policy check", GROUP_AGENT, 1, 1, N_("PACK"), N_("check a policy pack; errors as file:line:column"), run_check,
     check_options, N_("Needs no running agent. PACK is a folder, the name of a pack that came with the program, or a bundle."),
     "policy check policy/cn\npolicy check us"},
    {"policy test", GROUP_AGENT, 0, 1, N_("[PACK]"), N_("run a pack's cases: facts in, decision out"), run_test, NULL,
     N_("Needs no running agent. Without PACK every pack that came with the program is tested."), "policy test cn"},
    {0},
};
