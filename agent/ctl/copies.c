/* copies, consent: who holds which copy, what becomes of it, and who may make one. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/table.h"

#include <stdio.h>

/* ---- copies ---- */

static void add_rows(struct table *t, struct json_view list)
{
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view k = json_at(list, i);
		const char *person = json_get_text(k, "person"), *how = json_get_text(k, "how");
		const char *state = json_get_text(k, "state");
		OWN_MEM char *n =
		    text_format("%lld/%lld", (long long)json_get_int(k, "n", 0), (long long)json_get_int(k, "of", 0));

		table_cell(t, json_get_text(k, "number"));
		table_cell(t, n);
		table_cell(t, text_is_empty(person) ? json_get_text(k, "name") : person);
		table_cell(t, words_of(state));
		table_cell(t, words_of(how));
		table_cell(t, json_get_text(k, "made"));
		table_cell(t, json_get_text(k, "received"));
		table_cell(t, json_get_text(k, "due"));
		table_cell(t, json_get_text(k, "ended"));
		table_cell(t, json_get_bool(k, "late") ? _("late") : "");
	}
}

static int print_copies(struct json_view list)
{
	OWN_TABLE struct table t = {0};

	table_init(&t, (const char *[]){_("record"), _("copy"), _("holder"), _("state"), _("how"), _("made"), _("receipt"),
					_("due"), _("ended"), "", NULL});
	add_rows(&t, list);
	if (!t.n_cells)
		say_note("%s", _("no copies"));
	return table_print(&t, table_width(), stdout);
}

static int run_list(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Custody.Copies", .parameters = json_object()};

	ctl_set(ctl, call.parameters, "person", "person");
	ctl_set(ctl, call.parameters, "open", "open");
	ctl_set(ctl, call.parameters, "late", "late");
	DO(document_ask(ctl, ctl_word(ctl, 0), &call, &reply));
	return ctl->json ? ctl_print_json(reply.at) : print_copies(json_get(reply.at, "copies"));
}

/* The command's last word is what becomes of it. */
static int run_move(struct ctl *ctl)
{
	static const struct {
		const char *command, *to;
	} moves[] = {{"copies receive", "received"}, {"copies pass", "passed"}, {"copies return", "returned"}, {"copies lost", "lost"}};
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Custody.MoveCopy"};
	uint64_t n = 0;

	if (!text_to_u64(ctl_word(ctl, 1), INT32_MAX, &n))
		return say_error(CLASSD_EXIT_USAGE, ctl_word(ctl, 1), "classctl copies NUMBER", _("this is not the number of a copy"));
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set_int(call.parameters, "n", (int64_t)n);
	for (size_t i = 0; i < array_n(moves); i++)
		if (text_equal(ctl->command->name, moves[i].command))
			json_set_text(call.parameters, "to", moves[i].to);
	ctl_set(ctl, call.parameters, "holder", "to");
	ctl_set(ctl, call.parameters, "note", "reason");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	OWNED(json) struct json *list = json_array();
	json_append(list, json_copy(json_get(reply.at, "copy")));
	return print_copies(json_look(list));
}

/* ---- consent ---- */

static int print_consents(struct json_view list)
{
	OWN_TABLE struct table t = {0};

	table_init(&t, (const char *[]){_("consent"), _("what"), _("who"), _("how many"), _("until"), _("by"), _("given"), _("why"),
					_("used"), NULL});
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view k = json_at(list, i);
		const char *purpose = json_get_text(k, "purpose");

		table_number(&t, json_get_int(k, "consent", 0));
		table_cell(&t, words_of(purpose));
		table_cell(&t, json_get_text(k, "person"));
		table_number(&t, json_get_int(k, "count", 0));
		table_cell(&t, json_get_text(k, "until"));
		table_cell(&t, json_get_text(k, "by"));
		table_cell(&t, json_get_text(k, "given"));
		table_cell(&t, json_get_text(k, "note"));
		table_cell(&t, json_get_bool(k, "withdrawn") ? _("withdrawn") : json_get_text(k, "used"));
	}
	if (!t.n_cells)
		say_note("%s", _("no consents"));
	return table_print(&t, table_width(), stdout);
}

static int run_consent(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Custody.GiveConsent"};

	if (!ctl_text(ctl, "for") || !ctl_text(ctl, "purpose") || !ctl_text(ctl, "until"))
		return ctl_missing(ctl, "--for ID --purpose PURPOSE --until DATE");
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set_text(call.parameters, "reason", reason);
	json_set_int(call.parameters, "count", (int64_t)options_number(&ctl->options, "count", 1));
	ctl_set(ctl, call.parameters, "person", "for");
	ctl_set(ctl, call.parameters, "purpose", "purpose");
	ctl_set(ctl, call.parameters, "until", "until");
	ctl_set(ctl, call.parameters, "document", "document");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	OWNED(json) struct json *list = json_array();
	json_append(list, json_copy(json_get(reply.at, "consent")));
	return print_consents(json_look(list));
}

static int run_consents(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Custody.Consents"};

	DO(document_ask(ctl, ctl_word(ctl, 0), &call, &reply));
	return ctl->json ? ctl_print_json(reply.at) : print_consents(json_get(reply.at, "consents"));
}

static int run_withdraw(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Custody.WithdrawConsent"};
	uint64_t id = 0;

	if (!text_to_u64(ctl_word(ctl, 1), INT64_MAX, &id))
		return say_error(CLASSD_EXIT_USAGE, ctl_word(ctl, 1), "classctl consents NUMBER", _("this is not the number of a consent"));
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	DO(document_number(ctl, &d));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", d.number);
	json_set_int(call.parameters, "consent", (int64_t)id);
	json_set_text(call.parameters, "reason", reason);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say("%s", _("withdrawn"));
	return 0;
}

static const struct option_row list_options[] = {
    {"person", 0, OPTION_TEXT, "ID", N_("what this person holds")},
    {"open", 0, OPTION_FLAG, NULL, N_("only those that are still out")},
    {"late", 0, OPTION_FLAG, NULL, N_("only those that are lost, or whose receipt or return is late")},
    {0},
};
static const struct option_row receive_options[] = {{"reason", 0, OPTION_TEXT, "TEXT", N_("a word about it")}, {0}};
static const struct option_row pass_options[] = {
    {"to", 0, OPTION_TEXT, "HOLDER", N_("who holds it from now on: ID, or name:TEXT; needed")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("a word about it")},
    {0},
};
static const struct option_row lost_options[] = {{"reason", 0, OPTION_TEXT, "TEXT", N_("how; needed")}, {0}};
static const struct option_row consent_options[] = {
    {"for", 0, OPTION_TEXT, "ID", N_("who may; needed")},
    {"purpose", 0, OPTION_TEXT, "PURPOSE", N_("print, copy or export; needed")},
    {"count", 'n', OPTION_NUMBER, "N", N_("how many; else one")},
    {"until", 0, OPTION_DATE, "DATE", N_("the last day; needed")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {"document", 0, OPTION_TEXT, "TEXT", N_("the paper that it rests on: an order, a reply, a consent")},
    {0},
};
static const struct option_row withdraw_options[] = {{"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")}, {0}};

const struct command copies_commands[] = {
    {"copies", GROUP_READ, 0, 1, N_("[DOCUMENT]"), N_("who holds which copy; without a document, what you hold"), run_list,
     list_options,
     N_("For the drafter, whoever answers for the record, and the secrecy office; what one holds oneself, anybody may ask."),
     "copies 2026-000123\ncopies --late 2026-000123\ncopies --person li"},
    {"copies receive", GROUP_READ, 2, 2, N_("DOCUMENT N"), N_("say that a copy has come: its receipt"), run_move,
     receive_options, N_("Its holder does, or whoever keeps the register."), "copies receive 2026-000123 2"},
    {"copies pass", GROUP_READ, 2, 2, N_("DOCUMENT N"), N_("pass a copy on to somebody who may know it"), run_move,
     pass_options, NULL, "copies pass 2026-000123 2 --to wang"},
    {"copies return", GROUP_READ, 2, 2, N_("DOCUMENT N"), N_("take a copy back"), run_move, receive_options,
     N_("Whoever keeps the register does, not who held it."), "copies return 2026-000123 2"},
    {"copies lost", GROUP_READ, 2, 2, N_("DOCUMENT N"), N_("say that a copy is lost; a finding until it is back"), run_move,
     lost_options, NULL, "copies lost 2026-000123 2 --reason 'not in the safe on 3 May'"},
    {"consent", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("let somebody print, copy or export at a level that needs consent"),
     run_consent, consent_options,
     N_("By whoever answers for the record, for somebody else: one purpose, so many, until a day, used up once."),
     "consent 2026-000123 --for wang --purpose print --count 2 --until 2026-12-31 --reason 'the board meets'"},
    {"consents", GROUP_DECIDE, 1, 1, N_("DOCUMENT"), N_("the consents of a record, and which were used"), run_consents, NULL, NULL,
     "consents 2026-000123"},
    {"consent withdraw", GROUP_DECIDE, 2, 2, N_("DOCUMENT CONSENT"), N_("take back a consent that was not used"), run_withdraw,
     withdraw_options, NULL, "consent withdraw 2026-000123 812 --reason 'the meeting is cancelled'"},
    {0},
};
