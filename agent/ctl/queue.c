/* queue, show, list, verify: everything needed to decide, and to check a decision. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/pages.h"
#include "ctl/record.h"
#include "ctl/said.h"

#include <stdio.h>

static void queue_row(struct table *t, struct json_view e)
{
	table_cell(t, json_get_text(e, "number"));
	table_cell(t, words_of(json_get_text(e, "kind")));
	table_cell(t, json_get_text(e, "title"));
	cell_level(t, record_level(e));
	cell_term(t, json_get_text(e, "term"));
	table_cell(t, json_get_text(e, "drafter"));
	table_cell(t, json_get_text(e, "since"));
	cell_words(t, json_get_text(e, "note"));
}

static int run_queue(struct ctl *ctl)
{
	struct pages p = {.key = "entries", .row = queue_row};
	struct call call = {.method = "Records.Queue"};

	table_init(&p.table, (const char *[]){_("record"), _("what"), _("title"), _("level"), _("term"), _("drafter"),
					      _("since"), _("note"), NULL});
	int result = pages_print(ctl, &call, &p, NULL);
	table_done(&p.table);
	if (result == 0 && !ctl->json && !p.n)
		say_note("%s", _("nothing waits for you"));
	return result;
}

static void say_catalogue(struct json_view item, struct json_view differences)
{
	OWN_MEM char *term = said_term(json_get_text(item, "term"));
	OWN_MEM char *line = json_is_present(item)
				 ? text_format("%s %s, %s, %s", reply_text(item, "id"), reply_text(item, "title"),
					       said_level(reply_text(item, "level")), term ? term : "")
				 : NULL;

	say_field(_("catalogue"), line);
	for (size_t i = 0; i < json_n(differences); i++)
		say_words(i ? "" : _("differs"), json_as_text(json_at(differences, i)));
}

static void say_history(struct json_view history)
{
	for (size_t i = 0; i < json_n(history); i++) {
		struct json_view e = json_at(history, i);
		const char *act = json_get_text(e, "act");
		OWN_MEM char *detail = words_say(json_get_text(e, "detail"));
		const char *role = json_get_text(e, "role");
		OWN_MEM char *as = words_say(role);
		const char *words = as ? as : "";
		OWN_MEM char *line = text_format("%s %s%s%s%s %s%s%s", reply_text(e, "time"), reply_text(e, "person"),
						 *words ? " (" : "", words, *words ? ")" : "", words_of(act),
						 text_is_empty(detail) ? "" : ": ", detail ? detail : "");

		say_field(i ? "" : _("history"), line);
	}
}

static void say_findings(struct json_view findings)
{
	for (size_t i = 0; i < json_n(findings); i++) {
		struct json_view f = json_at(findings, i);
		const char *title = json_get_text(f, "title");
		OWN_MEM char *evidence = words_say(json_get_text(f, "evidence"));
		OWN_MEM char *line =
		    text_format("%s %s: %s", reply_text(f, "code"), words_of(title), evidence ? evidence : "");

		say_field(i ? "" : _("findings"), line);
	}
}

static void say_referral(struct json_view referral)
{
	if (!json_is_present(referral))
		return;
	say_field(_("referred to"), json_get_text(referral, "to"));
	say_field(_("referred on"), json_get_text(referral, "referred_on"));
	say_field(_("reported on"), json_get_text(referral, "reported_on"));
	say_field(words_of(json_get_text(referral, "waits_for")), json_get_text(referral, "due"));
}

/* What a decider reads beside the record's own facts. */
static void say_reasons(struct json_view r)
{
	const char *regime = json_get_text(r, "regime");

	say_field(_("reason"), json_get_text(json_get(r, "proposed"), "reason"));
	say_field(_("decision"), json_get_text(json_get(r, "decided"), "reason"));
	say_field(_("drafter"), json_get_text(r, "drafter"));
	if (text_equal(regime, "state-secret") || text_equal(regime, "none"))
		say_field(_("regime"), words_of(regime)); /* else it stands above */
	say_field(_("type"), json_get_text(r, "type"));
	say_field(_("protection"), said_level(json_get_text(r, "protection")));
	say_field(_("decided at"), json_get_text(r, "decided_at"));
	OWN_MEM char *as = words_say(json_get_text(r, "decider_role"));
	say_field(_("decided as"), as);
	say_field(_("issued"), json_get_text(r, "issue_date"));
	say_field(_("next review"), json_get_text(r, "next_review"));
	say_field(_("originator"), json_get_text(r, "originator"));
	say_field(_("held by"), json_get_text(r, "holder"));
	say_referral(json_get(r, "referral"));
	say_field(_("digest"), json_get_text(r, "digest"));
}

static int run_show(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_show(ctl, &d, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	struct json_view r = json_get(reply.at, "record");
	record_say(r);
	say_reasons(r);
	say_catalogue(json_get(reply.at, "catalogue"), json_get(reply.at, "catalogue_differences"));
	say_findings(json_get(reply.at, "findings"));
	say_history(json_get(reply.at, "history"));
	if (ctl_flag(ctl, "label") && json_get_text(reply.at, "label"))
		say("\n%s", reply_text(reply.at, "label"));
	return 0;
}

static void list_row(struct table *t, struct json_view r)
{
	table_cell(t, json_get_text(r, "number"));
	table_cell(t, words_of(json_get_text(r, "state")));
	cell_level(t, record_level(r));
	table_cell(t, json_get_text(r, "declassify_on"));
	table_cell(t, json_get_text(r, "title"));
	table_cell(t, json_get_text(r, "path"));
}

static int run_list(struct ctl *ctl)
{
	struct pages p = {.key = "records", .row = list_row};
	struct call call = {.method = "Records.List", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "state", "state");
	ctl_set(ctl, call.parameters, "mine", "mine");
	ctl_set(ctl, call.parameters, "limit", "limit");
	table_init(&p.table,
		   (const char *[]){_("record"), _("state"), _("level"), _("until"), _("title"), _("document"), NULL});
	int result = pages_print(ctl, &call, &p, NULL);
	table_done(&p.table);
	if (result == 0 && !ctl->json && !p.n)
		say_note("%s", _("no records"));
	return result;
}

static int run_verify(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	size_t wrong = 0;

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	DO(record_verify(ctl, d.number, &reply));
	table_init(&t, (const char *[]){_("check"), _("result"), _("detail"), NULL});
	struct json_view checks = json_get(reply.at, "checks");
	for (size_t i = 0; i < json_n(checks); i++) {
		struct json_view c = json_at(checks, i);
		const char *result = json_get_text(c, "result");

		wrong += !text_equal(result, "ok") && !text_equal(result, "none");
		table_cell(&t, words_of(json_get_text(c, "what")));
		table_cell(&t, words_of(result));
		cell_words(&t, json_get_text(c, "detail"));
	}
	DO(ctl->json ? ctl_print_json(reply.at) : table_print(&t, table_width(), stdout));
	return wrong ? CLASSD_EXIT_FINDINGS : 0;
}

static const struct option_row show_options[] = {
    {"label", 0, OPTION_FLAG, NULL, N_("print the label text that is signed, too")},
    {0},
};
static const struct option_row list_options[] = {
    {"state", 0, OPTION_TEXT, "STATE", N_("only draft, proposed, classified, issued, changed, expired, released …")},
    {"mine", 'm', OPTION_FLAG, NULL, N_("only what you drafted")},
    {"limit", 'n', OPTION_NUMBER, "N", N_("at most N")},
    {0},
};

const struct command queue_commands[] = {
    {"queue", GROUP_DECIDE, 0, 0, NULL, N_("what waits for you"), run_queue, NULL, NULL, "queue\nqueue --json"},
    {"show", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("everything needed to decide about one record"), run_show,
     show_options, N_("Proposed values next to the catalogue's, reasons, history, findings."),
     "show 2026-000123\nshow --label report.docx"},
    {"list", GROUP_OVERSIGHT, 0, 0, NULL, N_("records you may know of"), run_list, list_options, NULL,
     "list --mine\nlist --state proposed"},
    {"verify", GROUP_OVERSIGHT, 1, 1, N_("DOCUMENT"), N_("check signature, commitment, authority and label again"),
     run_verify, NULL, N_("Exits with 10 when something does not verify."), "verify 2026-000123"},
    {0},
};
