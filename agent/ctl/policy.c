/* policy: the running pack, its catalogue. */
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/said.h"
#include "ctl/table.h"

#include <stdio.h>

static int say_levels(struct json_view at)
{
	OWN_TABLE struct table t = {0};
	OWN_MEM char *pack = text_format(
	    _n("%s %s (effective %s), %lld item", "%s %s (effective %s), %lld items", json_get_int(at, "items", 0)),
	    reply_text(at, "pack"), reply_text(at, "version"), reply_text(at, "effective"),
	    (long long)json_get_int(at, "items", 0));

	say_field(_("policy"), pack);
	table_init(&t, (const char *[]){_("level"), _("official name"), _("English"), _("longest term"), NULL});
	struct json_view levels = json_get(at, "levels");
	for (size_t i = 0; i < json_n(levels); i++) {
		struct json_view l = json_at(levels, i);

		table_cell(&t, json_get_text(l, "code"));
		table_cell(&t, json_get_text(l, "name"));
		table_cell(&t, json_get_text(l, "name_en"));
		cell_term(&t, json_get_text(l, "longest_term"));
	}
	return table_print(&t, table_width(), stdout);
}

static int run_show(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Policy.Get"};

	DO(ctl_call(ctl, &call, &reply));
	return ctl->json ? ctl_print_json(reply.at) : say_levels(reply.at);
}

static int run_search(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	OWN_BUFFER struct buffer words = {0};
	struct call call = {.method = "Policy.Search"};

	for (size_t i = 0; ctl_word(ctl, i); i++)
		buffer_add_format(&words, "%s%s", i ? " " : "", ctl_word(ctl, i));
	OWN_MEM char *text = buffer_steal_text(&words);
	call.parameters = json_object();
	json_set_text(call.parameters, "text", text);
	ctl_set(ctl, call.parameters, "limit", "limit");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	table_init(&t, (const char *[]){_("item"), _("level"), _("term"), _("title"), NULL});
	struct json_view items = json_get(reply.at, "items");
	for (size_t i = 0; i < json_n(items); i++) {
		struct json_view item = json_at(items, i);

		table_cell(&t, json_get_text(item, "id"));
		cell_level(&t, json_get_text(item, "level"));
		cell_term(&t, json_get_text(item, "term"));
		table_cell(&t, json_get_text(item, "title"));
	}
	return table_end(&t, _("no matter of the catalogue is like that"));
}

static int run_item(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_BUFFER struct buffer scope = {0};
	struct call call = {.method = "Policy.Item", .parameters = json_object()};

	json_set_text(call.parameters, "id", ctl_word(ctl, 0));
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	struct json_view item = json_get(reply.at, "item");
	struct json_view list = json_get(item, "scope");
	for (size_t i = 0; i < json_n(list); i++)
		buffer_add_format(&scope, "%s%s", i ? " " : "", json_as_text(json_at(list, i)));
	OWN_MEM char *text = buffer_steal_text(&scope);
	say_field(_("item"), json_get_text(item, "id"));
	say_field(_("title"), json_get_text(item, "title"));
	say_field(_("English"), json_get_text(item, "title_en"));
	OWN_MEM char *term = said_term(json_get_text(item, "term"));
	say_field(_("level"), said_level(json_get_text(item, "level")));
	say_field(_("term"), term);
	say_field(_("long-term"), json_get_bool(item, "long_term") ? _("allowed") : NULL);
	say_field(_("prohibited"), json_get_bool(item, "prohibited") ? _("this subject may not be classified") : NULL);
	say_field(_("scope"), text);
	return 0;
}

static int run_explain(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	struct call call = {.method = "Policy.Explain", .parameters = json_object()};

	if (ctl_word(ctl, 0))
		json_set_text(call.parameters, "what", ctl_word(ctl, 0));
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	table_init(&t, (const char *[]){_("rule"), _("says"), _("source"), NULL});
	struct json_view rows = json_get(reply.at, "rows");
	for (size_t i = 0; i < json_n(rows); i++) {
		struct json_view row = json_at(rows, i);

		table_cell(&t, json_get_text(row, "rule"));
		cell_words(&t, json_get_text(row, "value"));
		table_cell(&t, json_get_text(row, "article"));
	}
	return table_print(&t, table_width(), stdout);
}

static const struct option_row search_options[] = {
    {"limit", 'n', OPTION_NUMBER, "N", N_("at most N")},
    {0},
};

const struct command policy_commands[] = {
    {"policy show", GROUP_AGENT, 0, 0, NULL, N_("the running pack and its levels"), run_show, NULL, NULL,
     "policy show"},
    {"policy search", GROUP_AGENT, 1, WORDS_ANY, N_("WORD…"), N_("find matters of the catalogue"), run_search,
     search_options, NULL, "policy search transport plan"},
    {"policy item", GROUP_AGENT, 1, 1, N_("ID"), N_("one matter of the catalogue"), run_item, NULL, NULL,
     "policy item 3.2"},
    {"policy explain", GROUP_AGENT, 0, 1, N_("[WHAT]"), N_("which rules count, with which values, and their source"),
     run_explain, NULL,
     N_("WHAT is a record's number, a level, a kind of appointment or a matter; else the whole pack."),
     "policy explain 2026-000123\npolicy explain SECRET"},
    {0},
};
