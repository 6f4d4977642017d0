/* handover: records that go to an archive or to another unit, with a list and a receipt. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/form.h"
#include "ctl/record.h"
#include "ctl/said.h"
#include "ctl/table.h"

#include <stdio.h>

static int run_make(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct json *numbers;
	struct call call = {.method = "Records.HandOver"};

	if (!ctl_text(ctl, "to"))
		return ctl_missing(ctl, "--to WHOM");
	call.parameters = json_object();
	numbers = json_array();
	json_set_text(call.parameters, "kind", ctl_word(ctl, 0));
	ctl_set(ctl, call.parameters, "to", "to");
	for (size_t i = 1; ctl_word(ctl, i); i++)
		json_append_text(numbers, ctl_word(ctl, i));
	json_set(call.parameters, "numbers", numbers);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say(_("list %lld is made; nothing has moved yet: classctl handover show %lld"),
	    (long long)json_get_int(reply.at, "handover", 0), (long long)json_get_int(reply.at, "handover", 0));
	return 0;
}

static int list_id(struct ctl *ctl, int64_t *ret)
{
	uint64_t id = 0;

	if (!text_to_u64(ctl_word(ctl, 0), INT64_MAX, &id))
		return say_error(CLASSD_EXIT_USAGE, ctl_word(ctl, 0), "classctl handover list",
				 _("this is not the number of a list"));
	*ret = (int64_t)id;
	return 0;
}

static int say_records(struct json_view records)
{
	OWN_TABLE struct table t = {0};

	table_init(&t, (const char *[]){_("record"), _("title"), _("document number"), _("state"), _("level"),
					_("until"), _("review"), NULL});
	for (size_t i = 0; i < json_n(records); i++) {
		struct json_view e = json_at(records, i);
		const char *state = json_get_text(e, "state");
		const char *review = json_get_text(e, "review");

		table_cell(&t, json_get_text(e, "number"));
		table_cell(&t, json_get_text(e, "title"));
		table_cell(&t, json_get_text(e, "document_number"));
		table_cell(&t, words_of(state));
		cell_level(&t, json_get_text(e, "level"));
		table_cell(&t, json_get_text(e, "declassify_on"));
		table_cell(&t, words_of(review));
	}
	return table_print(&t, table_width(), stdout);
}

static void say_scope(struct json_view scope)
{
	OWN_BUFFER struct buffer line = {0};
	OWN_MEM char *text = NULL;

	for (size_t i = 0; i < json_n(scope); i++)
		buffer_add_format(&line, "%s%s", i ? ", " : "", json_as_text(json_at(scope, i)));
	text = buffer_steal_text(&line);
	form_line(_("Who may know"), text_is_empty(text) ? "-" : text);
}

/* What goes with the documents, and comes back signed. */
static int run_show(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	int64_t id = 0;
	struct call call = {.method = "Records.Handover"};

	DO(list_id(ctl, &id));
	call.parameters = json_object();
	json_set_int(call.parameters, "handover", id);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say("%s %lld\n",
	    text_equal(json_get_text(reply.at, "kind"), "archive") ? _("List for an archive,")
								   : _("List for another unit,"),
	    (long long)id);
	form_line(_("To"), json_get_text(reply.at, "to"));
	form_line(_("Level of the whole"), said_level(json_get_text(reply.at, "level")));
	OWN_MEM char *term = said_term(json_get_text(reply.at, "term"));
	form_line(_("Term"), text_is_empty(term) ? "-" : term);
	say_scope(json_get(reply.at, "scope"));
	say("%s", "");
	DO(say_records(json_get(reply.at, "records")));
	say("\n%s", _("Receipt"));
	form_blank(_("Received on"));
	form_blank(_("Signature and date"));
	return 0;
}

static int run_list(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	struct call call = {.method = "Records.Handovers"};

	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	table_init(&t, (const char *[]){_("list"), _("what"), _("to"), _("records"), _("since"), _("by"), _("closed"),
					_("receipt"), NULL});
	struct json_view list = json_get(reply.at, "handovers");
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view e = json_at(list, i);
		const char *kind = json_get_text(e, "kind");
		OWN_MEM char *id = text_format("%lld", (long long)json_get_int(e, "handover", 0));
		OWN_MEM char *n = text_format("%lld", (long long)json_get_int(e, "n", 0));

		table_cell(&t, id);
		table_cell(&t, words_of(kind));
		table_cell(&t, json_get_text(e, "to"));
		table_cell(&t, n);
		table_cell(&t, json_get_text(e, "opened"));
		table_cell(&t, json_get_text(e, "by"));
		table_cell(&t, json_get_text(e, "closed"));
		table_cell(&t, json_get_text(e, "receipt"));
	}
	return table_end(&t, _("there are no lists"));
}

static int complete(struct ctl *ctl, bool drop)
{
	OWN_REPLY struct reply reply = {0};
	int64_t id = 0;
	struct call call = {.method = "Records.CompleteHandover"};

	DO(list_id(ctl, &id));
	call.parameters = json_object();
	json_set_int(call.parameters, "handover", id);
	json_set_bool(call.parameters, "drop", drop);
	if (!drop)
		ctl_set(ctl, call.parameters, "receipt", "receipt");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say(_n("%lld record was handed over", "%lld records were handed over", json_get_int(reply.at, "moved", 0)),
	    (long long)json_get_int(reply.at, "moved", 0));
	return 0;
}

static int run_done(struct ctl *ctl)
{
	return ctl_text(ctl, "receipt") ? complete(ctl, false) : ctl_missing(ctl, "--receipt TEXT");
}

static int run_drop(struct ctl *ctl)
{
	return complete(ctl, true);
}

static const struct option_row make_options[] = {
    {"to", 0, OPTION_TEXT, "WHOM", N_("the archive or the unit; needed")},
    {0},
};
static const struct option_row done_options[] = {
    {"receipt", 0, OPTION_TEXT, "TEXT", N_("the signed receipt; needed")},
    {0},
};

const struct command handover_commands[] = {
    {"handover make", GROUP_OVERSIGHT, 2, WORDS_ANY, N_("KIND NUMBER…"),
     N_("make a list of records for an archive or another unit"), run_make, make_options,
     N_("KIND is archive or transfer. For an archive whoever answers for a record looks at it first and answers ready "
	"or hold.\n"
	"Nothing has moved before the receipt is entered."),
     "handover make archive 2026-000123 2026-000124 --to 'State archive'"},
    {"handover show", GROUP_OVERSIGHT, 1, 1, N_("LIST"), N_("the list, to be printed and signed"), run_show, NULL,
     N_("With the level, term and scope that a folder with all of it has by the rules of the pack."),
     "handover show 912"},
    {"handover list", GROUP_OVERSIGHT, 0, 0, NULL, N_("all lists, and what became of them"), run_list, NULL, NULL,
     "handover list"},
    {"handover done", GROUP_OVERSIGHT, 1, 1, N_("LIST"),
     N_("enter the receipt: the records say who holds them from now on"), run_done, done_options,
     N_("Who made them stays the originator, who alone changes or releases them."),
     "handover done 912 --receipt 'Archive, 2026/77'"},
    {"handover drop", GROUP_OVERSIGHT, 1, 1, N_("LIST"), N_("give a list up; nothing has moved"), run_drop, NULL, NULL,
     "handover drop 912"},
    {0},
};
