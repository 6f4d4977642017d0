/* return: a proposal goes back to its drafter, with a reason of the pack that can be counted, or in words. */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/document.h"
#include "ctl/record.h"
#include "ctl/table.h"

#include <stdio.h>

static int list_reasons(struct ctl *ctl, struct json_view reasons)
{
	OWN_TABLE struct table t = {0};

	if (ctl->json)
		return ctl_print_json(reasons);
	table_init(&t, (const char *[]){_("number"), _("code"), _("reason"), _("English"), NULL});
	for (size_t i = 0; i < json_n(reasons); i++) {
		struct json_view one = json_at(reasons, i);
		OWN_MEM char *n = text_format("%zu", i + 1);

		table_cell(&t, n);
		table_cell(&t, json_get_text(one, "code"));
		table_cell(&t, json_get_text(one, "text"));
		table_cell(&t, json_get_text(one, "text_en"));
	}
	return table_print(&t, table_width(), stdout);
}

/* A number of the list stands for its code; anything else is a code, which the agent knows or not. */
static int code_of(struct json_view reasons, const char *said, const char **ret)
{
	uint64_t n = 0;

	*ret = said;
	if (!text_to_u64(said, UINT32_MAX, &n))
		return 0;
	if (n == 0 || n > json_n(reasons))
		return say_error(CLASSD_EXIT_INPUT, "--ready", "classctl return --list",
				 _("the pack has no ready reason of that number"));
	*ret = json_get_text(json_at(reasons, n - 1), "code");
	return 0;
}

static int send_back(struct ctl *ctl, struct json_view reasons, const char *ready)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Return"};
	const char *code = NULL;

	DO(code_of(reasons, ready, &code));
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set_text(call.parameters, "code", code);
	ctl_set(ctl, call.parameters, "reason", "reason");
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

static int run_return(struct ctl *ctl)
{
	OWN_REPLY struct reply pack = {0};
	struct call call = {.method = "Policy.Get"};
	const char *ready = ctl_text(ctl, "ready");

	if (!ctl_flag(ctl, "list") && !ctl_word(ctl, 0))
		return ctl_missing(ctl, "DOCUMENT");
	if (!ctl_flag(ctl, "list") && !ready)
		return record_with_reason(ctl, "Records.Return");
	DO(ctl_call(ctl, &call, &pack));
	struct json_view reasons = json_get(pack.at, "return_reasons");
	return ctl_flag(ctl, "list") ? list_reasons(ctl, reasons) : send_back(ctl, reasons, ready);
}

static const struct option_row return_options[] = {
    {"ready", 0, OPTION_TEXT, "CODE", N_("a ready reason of the pack, by code or number of the list")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why, in words; needed without --ready")},
    {"list", 0, OPTION_FLAG, NULL, N_("show the ready reasons")},
    {0},
};

const struct command return_commands[] = {
    {"return", GROUP_DECIDE, 0, 1, N_("[DOCUMENT]"), N_("send a proposal back to its drafter, or refuse a request"), run_return,
     return_options,
     N_("A ready reason is said in the pack's own words, with --reason behind them, and is counted for the item of the catalogue\n"
	"(classctl policy statistics)."),
     "return 2026-000123 --ready points-missing\nreturn 2026-000123 --reason 'name the department'\nreturn --list"},
    {0},
};
