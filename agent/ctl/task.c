/* challenge, tasks, reassign: what somebody is asked about a record. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/record.h"
#include "ctl/table.h"

#include <stdio.h>
#include <string.h>

static int run_challenge(struct ctl *ctl)
{
	return record_with_reason(ctl, "Records.Challenge");
}

static int run_tasks(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	struct call call = {.method = "Records.Tasks", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "number", "record");
	ctl_set(ctl, call.parameters, "all", "all");
	ctl_set(ctl, call.parameters, "answered", "answered");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	table_init(&t, (const char *[]){_("task"), _("what"), _("record"), _("owner"), _("due"), _("asked by"), _("why"),
					_("answer"), NULL});
	struct json_view tasks = json_get(reply.at, "tasks");
	for (size_t i = 0; i < json_n(tasks); i++) {
		struct json_view e = json_at(tasks, i);
		const char *kind = json_get_text(e, "kind");
		const char *outcome = json_get_text(e, "outcome");
		const char *words = words_of(outcome);
		OWN_MEM char *id = text_format("%lld", (long long)json_get_int(e, "task", 0));
		const char *request = json_get_text(e, "request");
		const char *asked = words_of(request);
		OWN_MEM char *said = text_format("%s%s%s%s%s", words, text_is_empty(request) ? "" : ", ", asked,
						 text_is_empty(outcome) ? "" : ": ", reply_text(e, "reply"));

		table_cell(&t, id);
		table_cell(&t, words_of(kind));
		table_cell(&t, json_get_text(e, "number"));
		table_cell(&t, json_get_text(e, "owner"));
		table_cell(&t, json_get_text(e, "due"));
		table_cell(&t, json_get_text(e, "by"));
		table_cell(&t, json_get_text(e, "note"));
		table_cell(&t, said);
	}
	if (!t.n_cells)
		say_note("%s", _("no tasks"));
	return table_print(&t, table_width(), stdout);
}

static int run_reassign(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Records.Reassign"};

	if (!ctl_text(ctl, "to"))
		return ctl_missing(ctl, "--to PERSON");
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	call.parameters = json_object();
	json_set_text(call.parameters, "from", ctl_word(ctl, 0));
	ctl_set(ctl, call.parameters, "to", "to");
	json_set_text(call.parameters, "reason", reason);
	json_set_bool(call.parameters, "dry_run", ctl_flag(ctl, "dry-run"));
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	if (ctl_flag(ctl, "dry-run"))
		say_note("%s", _("nothing was changed; without --dry-run it is done"));
	say(_("%lld moved; %lld left, which the other person may not decide"), (long long)json_get_int(reply.at, "moved", 0),
	    (long long)json_get_int(reply.at, "left", 0));
	return 0;
}

static const struct option_row challenge_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {0},
};
static const struct option_row tasks_options[] = {
    {"record", 0, OPTION_TEXT, "NUMBER", N_("of this record, whoever owns them")},
    {"all", 'a', OPTION_FLAG, NULL, N_("of everybody, as far as you may see the record")},
    {"answered", 0, OPTION_FLAG, NULL, N_("those that were answered, too")},
    {0},
};
static const struct option_row reassign_options[] = {
    {"to", 0, OPTION_TEXT, "PERSON", N_("who decides from now on; needed")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {"dry-run", 'n', OPTION_FLAG, NULL, N_("only count what would be moved")},
    {0},
};

const struct command task_commands[] = {
    {"challenge", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("ask whether a document is rightly classified"), run_challenge,
     challenge_options,
     N_("Open to whoever may read it. The record stays as it is; whoever answers for it has to answer in time. Where the\n"
	"pack says so he does not see who asked."),
     "challenge 2026-000123 --reason 'the site has been public since May'"},
    {"tasks", GROUP_DECIDE, 0, 0, NULL, N_("what you are asked to look at: challenges and reviews"), run_tasks,
     tasks_options, NULL, "tasks\ntasks --record 2026-000123 --answered"},
    {"reassign", GROUP_OVERSIGHT, 1, 1, N_("PERSON"), N_("give what waits for somebody who leaves to somebody else"),
     run_reassign, reassign_options,
     N_("Only what the other person has the authority for is moved; what was decided keeps the name of who decided it."),
     "reassign li --to wang --reason 'li left the department'"},
    {0},
};
