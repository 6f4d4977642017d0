/* scope, knowers: who may know a document, and who does. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/said.h"
#include "ctl/table.h"

#include <stdio.h>

/* ---- scope ---- */

static void say_scope(struct json_view scope)
{
	struct json_view entries = json_get(scope, "scope"), lines = json_get(scope, "lines");
	struct json_view by_name = json_get(scope, "by_name");

	say_field(_("record"), json_get_text(scope, "number"));
	say_field(_("level"), said_level(json_get_text(scope, "level")));
	for (size_t i = 0; i < json_n(entries); i++)
		say_field(i ? "" : _("scope"), json_as_text(json_at(entries, i)));
	for (size_t i = 0; i < json_n(lines); i++) {
		struct json_view line = json_at(lines, i);
		const char *unit = json_get_text(line, "unit"), *what = json_get_text(line, "what");
		OWN_MEM char *text = text_format("%s%s%s%s", reply_text(line, "who"), text_is_empty(unit) ? "" : " (",
						 unit ? unit : "", text_is_empty(unit) ? "" : ")");

		say_field(words_of(what), text);
	}
	for (size_t i = 0; i < json_n(by_name); i++) {
		OWN_MEM char *unit = say_safe(json_as_text(json_at(by_name, i)));
		say_note(_("of %s only those know whom it named"), unit ? unit : "");
	}
}

static int run_show(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Custody.GetScope"};

	DO(document_ask(ctl, ctl_word(ctl, 0), &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_scope(json_get(reply.at, "scope"));
	return 0;
}

static void say_held(struct json_view held)
{
	for (size_t i = 0; i < json_n(held); i++) {
		struct json_view h = json_at(held, i);
		OWN_MEM char *line = text_format("%s: %s %s", words_of(json_get_text(h, "what")),
						 reply_text(h, "holder"), reply_text(h, "detail"));

		say_field(i ? "" : _("still there"), line);
	}
}

static struct json *list_of(const struct ctl *ctl)
{
	struct json *list = json_array();

	for (size_t i = 1; i < ctl->options.n_words; i++)
		json_append_text(list, ctl_word(ctl, i));
	return list;
}

static int change(struct ctl *ctl, const char *what)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Custody.ChangeScope"};

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set_text(call.parameters, "what", what);
	json_set_text(call.parameters, "reason", reason);
	json_set(call.parameters, "who", list_of(ctl));
	ctl_set(ctl, call.parameters, "unit", "unit");
	ctl_set(ctl, call.parameters, "document", "document");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_scope(json_get(reply.at, "scope"));
	say_held(json_get(reply.at, "held"));
	if (json_get_bool(reply.at, "mark_differs"))
		say_note("%s", _("the mark in the document still names who could know before; classctl change NUMBER --scope … decides "
				 "them and writes it anew"));
	return 0;
}

static int run_name(struct ctl *ctl)
{
	if (!ctl_text(ctl, "unit"))
		return ctl_missing(ctl, "--unit dept:NAME");
	return change(ctl, "name");
}

static int run_add(struct ctl *ctl)
{
	return change(ctl, "add");
}

static int run_narrow(struct ctl *ctl)
{
	return change(ctl, "narrow");
}

static int run_told(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	const char *paper = ctl_text(ctl, "paper"), *meeting = ctl_text(ctl, "meeting");
	struct call call = {.method = "Custody.Told"};

	if (!paper == !meeting)
		return say_error(CLASSD_EXIT_USAGE, "--meeting", _("say --meeting WHICH or --paper WHICH"),
				 _("somebody is told at a meeting or on paper"));
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	if (ctl_word(ctl, 1))
		json_set_text(call.parameters, "person", ctl_word(ctl, 1));
	json_set_text(call.parameters, "how", paper ? "paper" : "meeting");
	json_set_text(call.parameters, "at", paper ? paper : meeting);
	ctl_set(ctl, call.parameters, "name", "name");
	ctl_set(ctl, call.parameters, "on", "on");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	if (json_get_bool(reply.at, "outside"))
		say_note("%s", _("entered; he was not in the scope, which is a finding"));
	else
		say("%s", _("entered"));
	return 0;
}

/* ---- knowers ---- */

static void add_knowers(struct table *t, struct json_view list)
{
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view k = json_at(list, i);
		const char *person = json_get_text(k, "person"), *how = json_get_text(k, "how");

		table_cell(t, json_get_text(k, "number"));
		table_cell(t, text_is_empty(person) ? json_get_text(k, "name") : person);
		table_cell(t, json_get_text(k, "since"));
		table_cell(t, words_of(how));
		table_cell(t, json_get_text(k, "note"));
		table_cell(t, json_get_text(k, "by"));
		table_cell(t, json_get_bool(k, "outside") ? _("was not in the scope") : "");
	}
}

static int print_knowers(struct ctl *ctl, struct reply *reply)
{
	OWN_TABLE struct table t = {0};

	table_init(
	    &t, (const char *[]){_("record"), _("who"), _("since"), _("how"), _("where"), _("entered by"), "", NULL});
	for (;;) {
		add_knowers(&t, json_get(reply->at, "knowers"));
		if (!reply->continues)
			return table_end(&t, _("nobody is registered for it"));
		DO(table_print(&t, table_width(), stdout));
		DO(ctl_next(ctl, reply));
	}
}

static int run_knowers(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Custody.Knowers", .more = true};

	if (!ctl_word(ctl, 0) == !ctl_text(ctl, "person"))
		return say_error(CLASSD_EXIT_USAGE, "DOCUMENT", _("name a document, or --person ID"),
				 _("who knows is asked of one record or of one person"));
	call.parameters = json_object();
	ctl_set(ctl, call.parameters, "person", "person");
	DO(document_ask(ctl, ctl_word(ctl, 0), &call, &reply));
	if (!ctl->json)
		return print_knowers(ctl, &reply);
	for (;;) {
		DO(ctl_print_json(reply.at));
		if (!reply.continues)
			return 0;
		DO(ctl_next(ctl, &reply));
	}
}

/* clang-format off */
#define REASON_OPTION {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")}
#define DOCUMENT_OPTION {"document", 0, OPTION_TEXT, "TEXT", N_("the paper that it rests on: an order, a reply, a consent")}
/* clang-format on */

static const struct option_row name_options[] = {
    {"unit", 0, OPTION_TEXT, "dept:NAME", N_("the unit, as the scope calls it; needed")},
    REASON_OPTION,
    {0},
};
static const struct option_row add_options[] = {REASON_OPTION, DOCUMENT_OPTION, {0}};
static const struct option_row narrow_options[] = {REASON_OPTION, {0}};
static const struct option_row told_options[] = {
    {"meeting", 0, OPTION_TEXT, "WHICH", N_("at this meeting")},
    {"paper", 0, OPTION_TEXT, "WHICH", N_("on this paper")},
    {"name", 0, OPTION_TEXT, "TEXT", N_("somebody who is not in the register of persons")},
    {"on", 0, OPTION_DATE, "DATE", N_("the day; else today")},
    {0},
};
static const struct option_row knowers_options[] = {
    {"person", 0, OPTION_TEXT, "ID", N_("what this person knows")},
    {0},
};

const struct command scope_commands[] = {
    {"scope", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("who may know a document"), run_show, NULL,
     N_("The scope that was decided, and what was entered beside it since."), "scope 2026-000123"},
    {"scope name", GROUP_DECIDE, 2, 65, N_("DOCUMENT person:ID…"),
     N_("name the persons of a unit in scope who may know"), run_name, name_options,
     N_("From the first name on only those know whom the unit named. Whoever answers for that unit names them, or the\n"
	"secrecy office; nobody himself."),
     "scope name 2026-000123 person:li person:wang --unit dept:planning --reason 'they work on it'"},
    {"scope add", GROUP_DECIDE, 2, 65, N_("DOCUMENT WHO…"), N_("let somebody know who is not in the scope"), run_add,
     add_options,
     N_("Whoever could decide another scope does it, at once and with a reason. A document of another unit needs that\n"
	"unit's paper where the policy says so."),
     "scope add 2026-000123 person:zhao dept:energy --reason 'joint inspection'"},
    {"scope narrow", GROUP_DECIDE, 2, 65, N_("DOCUMENT WHO…"), N_("take somebody out of the scope"), run_narrow,
     narrow_options, N_("What is open there is closed, and what he still holds is named."),
     "scope narrow 2026-000123 person:zhao --reason 'the inspection is over'"},
    {"scope told", GROUP_DECIDE, 1, 2, N_("DOCUMENT [ID]"), N_("enter that somebody was told on paper or at a meeting"),
     run_told, told_options,
     N_("Who reads here is registered by itself. Who was told without being in the scope is a finding."),
     "scope told 2026-000123 zhao --meeting 'planning board 12' --on 2026-11-02\n"
     "scope told 2026-000123 --name 'Q. Sun, ministry' --paper 'letter 7'"},
    {"knowers", GROUP_OVERSIGHT, 0, 1, N_("[DOCUMENT]"), N_("who knows a document, since when and by what"),
     run_knowers, knowers_options,
     N_("From the level on that the policy names. For the drafter, whoever answers for the record, and the secrecy "
	"office;\n"
	"what one knows oneself, anybody may ask."),
     "knowers 2026-000123\nknowers --person li"},
    {0},
};
