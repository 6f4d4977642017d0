/* incident, incidents: a leak, what may be one, or a loss; its report on paper, that it went out, and what came of it. */
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/form.h"
#include "ctl/table.h"

static char *numbers_of(struct json_view incident)
{
	OWN_BUFFER struct buffer line = {0};
	struct json_view numbers = json_get(incident, "numbers");

	for (size_t i = 0; i < json_n(numbers); i++)
		buffer_add_format(&line, "%s%s", i ? ", " : "", json_as_text(json_at(numbers, i)));
	return buffer_steal_text(&line);
}

static const char *stage_of(struct json_view at)
{
	if (*reply_text(at, "closed"))
		return _("closed");
	if (*reply_text(at, "reported"))
		return json_get_bool(at, "late") ? _("reported late") : _("reported");
	return json_get_bool(at, "late") ? _("LATE") : _("to be reported");
}

static int print_table(struct json_view incidents)
{
	OWN_TABLE struct table t = {0};

	table_init(&t, (const char *[]){_("incident"), _("kind"), _("discovered"), _("due"), _("state"), _("by"), _("records"),
					_("what"), NULL});
	for (size_t i = 0; i < json_n(incidents); i++) {
		struct json_view at = json_at(incidents, i);
		OWN_MEM char *numbers = numbers_of(at);

		table_number(&t, json_get_int(at, "incident", 0));
		table_cell(&t, words_of(json_get_text(at, "kind")));
		table_cell(&t, json_get_text(at, "discovered"));
		table_cell(&t, json_get_text(at, "due"));
		table_cell(&t, stage_of(at));
		table_cell(&t, json_get_text(at, "by"));
		table_cell(&t, numbers);
		table_cell(&t, json_get_text(at, "note"));
	}
	if (!t.n_cells)
		say_note("%s", _("no incident is open"));
	return table_print(&t, table_width(), stdout);
}

static int send_call(struct ctl *ctl, struct call *call)
{
	OWN_REPLY struct reply reply = {0};

	DO(ctl_call(ctl, call, &reply));
	return ctl->json ? ctl_print_json(reply.at) : print_table(json_get(reply.at, "incidents"));
}

static int run_enter(struct ctl *ctl)
{
	struct call call = {.method = "Oversight.EnterIncident"};

	if (!ctl_text(ctl, "kind"))
		return ctl_missing(ctl, "--kind KIND");
	if (!ctl_text(ctl, "note"))
		return ctl_missing(ctl, "--note TEXT");
	call.parameters = json_object();
	ctl_set(ctl, call.parameters, "kind", "kind");
	ctl_set(ctl, call.parameters, "note", "note");
	ctl_set(ctl, call.parameters, "numbers", "record");
	ctl_set(ctl, call.parameters, "discovered", "discovered");
	return send_call(ctl, &call);
}

static int run_list(struct ctl *ctl)
{
	struct call call = {.method = "Oversight.Incidents", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "all", "all");
	return send_call(ctl, &call);
}

static int read_id(struct ctl *ctl, uint64_t *ret)
{
	if (text_to_u64(ctl_word(ctl, 0), INT64_MAX, ret) && *ret > 0)
		return 0;
	return say_error(CLASSD_EXIT_USAGE, ctl_word(ctl, 0), "classctl incidents", _("this is not the number of an incident"));
}

static int run_sent(struct ctl *ctl)
{
	struct call call = {.method = "Oversight.ReportIncident"};
	uint64_t id = 0;

	DO(read_id(ctl, &id));
	if (!ctl_text(ctl, "document"))
		return ctl_missing(ctl, "--document TEXT");
	call.parameters = json_object();
	json_set_int(call.parameters, "incident", (int64_t)id);
	ctl_set(ctl, call.parameters, "document", "document");
	ctl_set(ctl, call.parameters, "at", "at");
	return send_call(ctl, &call);
}

static int run_close(struct ctl *ctl)
{
	struct call call = {.method = "Oversight.CloseIncident"};
	uint64_t id = 0;

	DO(read_id(ctl, &id));
	if (!ctl_text(ctl, "outcome"))
		return ctl_missing(ctl, "--outcome TEXT");
	call.parameters = json_object();
	json_set_int(call.parameters, "incident", (int64_t)id);
	ctl_set(ctl, call.parameters, "outcome", "outcome");
	return send_call(ctl, &call);
}

/* To be printed and sent: what is known is filled in, the rest is a line to write on. */
static void say_form(const char *unit, struct json_view at)
{
	OWN_MEM char *numbers = numbers_of(at);

	say("%s\n", _("Report of a leak or loss"));
	form_line(_("To"), json_get_text(at, "to"));
	form_line(_("From"), unit);
	form_blank(_("Our document number"));
	form_line(_("To be reported by"), json_get_text(at, "due"));
	form_line(_("Kind"), words_of(json_get_text(at, "kind")));
	form_line(_("Discovered"), json_get_text(at, "discovered"));
	form_line(_("By"), json_get_text(at, "by"));
	form_line(_("Records"), numbers);
	form_line(_("What happened"), json_get_text(at, "note"));
	form_blank(_("Who may know of it now"));
	form_blank(_("Done at once"));
	form_blank(_("Signature"));
	form_blank(_("Date and hour"));
}

static int run_form(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_REPLY struct reply status = {0};
	struct call call = {.method = "Oversight.Incidents"};
	struct call ask = {.method = "Agent.GetStatus"};
	uint64_t id = 0;

	DO(read_id(ctl, &id));
	call.parameters = json_object();
	json_set_int(call.parameters, "incident", (int64_t)id);
	DO(ctl_call(ctl, &call, &reply));
	struct json_view at = json_at(json_get(reply.at, "incidents"), 0);
	if (!json_is_object(at))
		return say_error(CLASSD_EXIT_NOT_FOUND, ctl_word(ctl, 0), "classctl incidents", _("there is no such incident"));
	if (ctl->json)
		return ctl_print_json(at);
	DO(ctl_call(ctl, &ask, &status));
	say_form(json_get_text(status.at, "unit"), at);
	return 0;
}

static const struct option_row enter_options[] = {
    {"kind", 0, OPTION_TEXT, "KIND", N_("leak, suspected or loss; needed")},
    {"note", 0, OPTION_TEXT, "TEXT", N_("what happened; needed")},
    {"record", 'r', OPTION_LIST, "NUMBER", N_("which records it is about")},
    {"discovered", 0, OPTION_TEXT, "MOMENT", N_("when it was discovered, 2026-03-01 14:30 (else now)")},
    {0},
};
static const struct option_row list_options[] = {
    {"all", 'a', OPTION_FLAG, NULL, N_("closed ones, too")},
    {0},
};
static const struct option_row sent_options[] = {
    {"document", 0, OPTION_TEXT, "TEXT", N_("number that the report went out under; needed")},
    {"at", 0, OPTION_TEXT, "MOMENT", N_("when it went out (else now)")},
    {0},
};
static const struct option_row close_options[] = {
    {"outcome", 0, OPTION_TEXT, "TEXT", N_("what came of it; needed")},
    {0},
};

const struct command incident_commands[] = {
    {"incident", GROUP_OVERSIGHT, 0, 0, NULL, N_("enter a leak, what may be one, or a loss"), run_enter, enter_options,
     N_("Whoever discovers it enters it, at once. The pack says within how many hours it is reported; the secrecy office is\n"
	"rung, and a late report is a finding."),
     "incident --kind loss --record 2026-000123 --note 'copy 2 is not in the safe' --discovered '2026-03-01 14:30'"},
    {"incidents", GROUP_OVERSIGHT, 0, 0, NULL, N_("leaks and losses, and how far their reports are"), run_list, list_options,
     N_("All for the secrecy office; for others those they entered or answer for a record of."), "incidents --all"},
    {"incident form", GROUP_OVERSIGHT, 1, 1, N_("ID"), N_("the report of an incident, to be printed"), run_form, NULL, NULL,
     "incident form 812 | lp"},
    {"incident sent", GROUP_OVERSIGHT, 1, 1, N_("ID"), N_("the report of an incident went out"), run_sent, sent_options, NULL,
     "incident sent 812 --document 'BM 3/2026' --at '2026-03-02 09:10'"},
    {"incident close", GROUP_OVERSIGHT, 1, 1, N_("ID"), N_("an incident is over"), run_close, close_options,
     N_("Not before it was reported, where the pack wants a report."), "incident close 812 --outcome 'the copy was found'"},
    {0},
};
