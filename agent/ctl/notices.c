/* notices, notice: who is to be told what became of a record, on paper, and that they were. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/form.h"
#include "ctl/record.h"
#include "ctl/said.h"
#include "ctl/table.h"

#include <stdio.h>

static int say_table(struct json_view notices)
{
	OWN_TABLE struct table t = {0};

	table_init(&t, (const char *[]){_("task"), _("what"), _("record"), _("to"), _("due"), _("given"), _("how"),
					_("by"), NULL});
	for (size_t i = 0; i < json_n(notices); i++) {
		struct json_view e = json_at(notices, i);
		const char *kind = json_get_text(e, "kind");
		OWN_MEM char *id = text_format("%lld", (long long)json_get_int(e, "task", 0));

		table_cell(&t, id);
		table_cell(&t, words_of(kind));
		table_cell(&t, json_get_text(e, "number"));
		table_cell(&t, json_get_text(e, "to"));
		table_cell(&t, json_get_text(e, "due"));
		table_cell(&t, json_get_text(e, "given"));
		table_cell(&t, json_get_text(e, "how"));
		table_cell(&t, json_get_text(e, "by"));
	}
	if (!t.n_cells)
		say_note("%s", _("nobody is to be told anything"));
	return table_print(&t, table_width(), stdout);
}

/* One page for each who is to be told. */
static void say_page(struct json_view e, struct json_view r, const char *unit)
{
	bool service = text_equal(json_get_text(e, "kind"), "service");
	struct json_view now = json_get(r, "decided");

	say("%s\n", service ? _("Notice of a release") : _("Notice of a change"));
	form_line(_("To"), json_get_text(e, "to"));
	form_line(_("From"), unit);
	form_blank(_("Our document number"));
	form_line(_("To be given by"), json_get_text(e, "due"));
	say("\n%s: %s", _("Record"), reply_text(e, "number"));
	form_line(_("Document number"), json_get_text(r, "document_number"));
	form_line(_("Title"), json_get_text(r, "title"));
	form_line(_("Decided on"), json_get_text(e, "decided"));
	form_line(_("Responsible person"), json_get_text(e, "owner"));
	if (!service) {
		OWN_MEM char *term = said_term(json_get_text(now, "term"));
		form_line(_("Level"), said_level(json_get_text(now, "level")));
		form_line(_("Term"), term);
		form_line(_("Mark"), json_get_text(r, "mark"));
	}
	say("\n%s", service ? _("It is released from this day on. Strike the mark out; released is not public.")
			    : _("Put the mark above in the place of the old one."));
	form_blank(_("Signature"));
	say("\n%s", _("Receipt"));
	form_blank(_("Received on"));
	form_blank(_("Signature and date"));
	say("\f");
}

static int say_pages(struct ctl *ctl, struct json_view notices)
{
	OWN_REPLY struct reply status = {0};
	struct call ask = {.method = "Agent.GetStatus"};

	DO(ctl_call(ctl, &ask, &status));
	for (size_t i = 0; i < json_n(notices); i++) {
		struct json_view e = json_at(notices, i);
		OWN_DOCUMENT struct document d = {.fd = -1};
		OWN_REPLY struct reply shown = {0};

		if (!text_is_empty(json_get_text(e, "given")))
			continue;
		DO(document_find(json_get_text(e, "number"), &d));
		DO(document_show(ctl, &d, &shown));
		say_page(e, json_get(shown.at, "record"), json_get_text(status.at, "unit"));
	}
	return 0;
}

static int run_notices(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Notices", .parameters = json_object()};

	if (ctl_word(ctl, 0)) {
		DO(document_find(ctl_word(ctl, 0), &d));
		DO(document_number(ctl, &d));
		json_set_text(call.parameters, "number", d.number);
	}
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	return ctl_flag(ctl, "print") ? say_pages(ctl, json_get(reply.at, "notices"))
				      : say_table(json_get(reply.at, "notices"));
}

static int run_notice(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	uint64_t id = 0;
	struct call call = {.method = "Records.GiveNotice"};

	if (!text_to_u64(ctl_word(ctl, 0), INT64_MAX, &id))
		return say_error(CLASSD_EXIT_USAGE, ctl_word(ctl, 0), "classctl notices",
				 _("this is not the number of a task"));
	if (!ctl_text(ctl, "to"))
		return ctl_missing(ctl, "--to WHO");
	if (!ctl_text(ctl, "how"))
		return ctl_missing(ctl, "--how TEXT");
	call.parameters = json_object();
	json_set_int(call.parameters, "task", (int64_t)id);
	ctl_set(ctl, call.parameters, "to", "to");
	ctl_set(ctl, call.parameters, "how", "how");
	ctl_set(ctl, call.parameters, "on", "on");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say(_n("entered; %lld is still to be told", "entered; %lld are still to be told",
	       json_get_int(reply.at, "left", 0)),
	    (long long)json_get_int(reply.at, "left", 0));
	return 0;
}

static const struct option_row notices_options[] = {
    {"print", 0, OPTION_FLAG, NULL, N_("a page for each who was not told yet, to be sent and signed")},
    {0},
};
static const struct option_row notice_options[] = {
    {"to", 0, OPTION_TEXT, "WHO", N_("who was told: dept:NAME or person:ID, as notices shows; needed")},
    {"how", 0, OPTION_TEXT, "TEXT", N_("the letter, the receipt; needed")},
    {"on", 0, OPTION_DATE, "DATE", N_("the day they had it (else today)")},
    {0},
};

const struct command notices_commands[] = {
    {"notices", GROUP_DECIDE, 0, 1, N_("[DOCUMENT]"), N_("who is to be told of a change or release, and who was"),
     run_notices, notices_options,
     N_("Whoever might know a record before or may know it now is told of its change or extension, and served with "
	"its\n"
	"release. Without a document: those who were not told yet. A late one is a finding."),
     "notices\nnotices 2026-000123 --print | lp"},
    {"notice", GROUP_DECIDE, 1, 1, N_("TASK"), N_("enter that somebody was told or served"), run_notice, notice_options,
     N_("With the last of them the task is answered."),
     "notice 845 --to dept:planning --how 'letter PL 14/2026, receipt 7' --on 2026-03-02"},
    {0},
};
