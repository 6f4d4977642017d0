/* destroy: by two persons; and the list of what was destroyed. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/table.h"

#include <stdio.h>

static void add_rows(struct table *t, struct json_view list)
{
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view d = json_at(list, i);
		int64_t n = json_get_int(d, "n", 0);
		const char *withdrawn = json_get_text(d, "withdrawn"), *done = json_get_text(d, "done");
		const char *confirmed = json_get_text(d, "confirmed");
		OWN_MEM char *what = text_format("%s %lld", _("copy"), (long long)n);

		table_cell(t, json_get_text(d, "number"));
		table_cell(t, n ? what : _("document"));
		table_cell(t, json_get_text(d, "method"));
		table_cell(t, json_get_text(d, "by"));
		table_cell(t, json_get_text(d, "proposed"));
		table_cell(t, json_get_text(d, "confirmed_by"));
		table_cell(t, confirmed);
		table_cell(t, json_get_text(d, "witness"));
		table_cell(t, json_get_text(d, "reason"));
		table_cell(t, !text_is_empty(withdrawn) ? _("taken back")
			      : !text_is_empty(done)	 ? _("destroyed")
			      : text_is_empty(confirmed) ? _("waits for the second person")
							 : _("is being removed"));
	}
}

static int print_table(struct table *t)
{
	return table_end(t, _("nothing was destroyed"));
}

static void begin_table(struct table *t)
{
	table_init(t, (const char *[]){_("record"), _("what"), _("method"), _("by"), _("on"), _("confirmed by"), _("on"), _("witness"),
				       _("why"), _("state"), NULL});
}

static int say_one(struct ctl *ctl, const struct reply *reply)
{
	OWN_TABLE struct table t = {0};
	OWNED(json) struct json *list = NULL;

	if (ctl->json)
		return ctl_print_json(reply->at);
	list = json_array();
	json_append(list, json_copy(json_get(reply->at, "destruction")));
	begin_table(&t);
	add_rows(&t, json_look(list));
	return print_table(&t);
}

static int call_about(struct ctl *ctl, const char *method, struct json *parameters, struct reply *ret)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWNED(json) struct json *mine = parameters;
	struct call call = {.method = method};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	json_set_text(mine, "number", d.number);
	if (ctl_flag(ctl, "copy"))
		json_set_int(mine, "n", (int64_t)options_number(&ctl->options, "copy", 0));
	call.parameters = steal(&mine);
	return ctl_call(ctl, &call, ret);
}

static int run_destroy(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct json *parameters;

	if (!ctl_text(ctl, "method"))
		return ctl_missing(ctl, "--method HOW");
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	parameters = json_object();
	json_set_text(parameters, "reason", reason);
	ctl_set(ctl, parameters, "method", "method");
	ctl_set(ctl, parameters, "witness", "witness");
	DO(call_about(ctl, "Custody.ProposeDestruction", parameters, &reply));
	return say_one(ctl, &reply);
}

static int run_confirm(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};

	DO(call_about(ctl, "Custody.ConfirmDestruction", json_object(), &reply));
	return say_one(ctl, &reply);
}

static int run_withdraw(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};

	DO(call_about(ctl, "Custody.WithdrawDestruction", json_object(), &reply));
	return say_one(ctl, &reply);
}

static int run_list(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	struct call call = {.method = "Custody.Destructions", .parameters = json_object(), .more = true};

	ctl_set(ctl, call.parameters, "open", "open");
	DO(document_ask(ctl, ctl_word(ctl, 0), &call, &reply));
	begin_table(&t);
	for (;;) {
		add_rows(&t, json_get(reply.at, "destructions"));
		DO(ctl->json ? ctl_print_json(reply.at) : print_table(&t));
		if (!reply.continues)
			return 0;
		DO(ctl_next(ctl, &reply));
	}
}

/* clang-format off */
#define COPY_OPTION {"copy", 0, OPTION_NUMBER, "N", N_("only this copy, not the document")}
/* clang-format on */

static const struct option_row destroy_options[] = {
    {"method", 0, OPTION_TEXT, "HOW", N_("shred, burn, erase, …; needed")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {"witness", 0, OPTION_TEXT, "NAME", N_("who else was there")},
    COPY_OPTION,
    {0},
};
static const struct option_row second_options[] = {COPY_OPTION, {0}};
static const struct option_row list_options[] = {
    {"open", 0, OPTION_FLAG, NULL, N_("only what waits for its second person")},
    {0},
};

const struct command destroy_commands[] = {
    {"destroy", GROUP_OVERSIGHT, 1, 1, N_("DOCUMENT"), N_("propose to destroy a document, or one copy of it"), run_destroy,
     destroy_options,
     N_("All copies are back or destroyed first, and the time is over for which the policy has it kept. Nothing happens before\n"
	"another person confirms it; then the sealed file and what is kept of it are removed, and the record stays."),
     "destroy 2026-000123 --method shred --reason 'no longer needed'\ndestroy 2026-000123 --copy 2 --method burn --reason surplus"},
    {"destroy confirm", GROUP_OVERSIGHT, 1, 1, N_("DOCUMENT"), N_("the second person: it is destroyed"), run_confirm, second_options,
     N_("Secrecy office, and not who proposed it. This is for good."), "destroy confirm 2026-000123"},
    {"destroy withdraw", GROUP_OVERSIGHT, 1, 1, N_("DOCUMENT"), N_("take the proposal back, before it is confirmed"), run_withdraw,
     second_options, NULL, "destroy withdraw 2026-000123"},
    {"destroyed", GROUP_OVERSIGHT, 0, 1, N_("[DOCUMENT]"), N_("what was destroyed: by whom, when, how, who saw it"), run_list,
     list_options, N_("Without a document everything, for the secrecy office."), "destroyed\ndestroyed --open"},
    {0},
};
