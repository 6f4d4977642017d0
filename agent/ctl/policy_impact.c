/* policy diff, impact: what another pack would change here. policy suggest, statistics: what is wrong with this one. */
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/policy_revision.h"
#include "ctl/table.h"

#include <stdio.h>
#include <string.h>

struct impact {
	struct ctl *ctl;
	struct table *table;
	struct json *all; /* --json */
	const char *pack, *from; /* from NULL: what runs */
	bool opens;
	long long considered, touched, opened;
};

static int take_touched(struct impact *i, struct json_view reply)
{
	struct json_view list = json_get(reply, "touched");

	for (size_t k = 0; k < json_n(list); k++) {
		struct json_view row = json_at(list, k);

		if (i->ctl->json) {
			json_append(i->all, json_copy(row));
			continue;
		}
		table_cell(i->table, json_get_text(row, "number"));
		table_cell(i->table, json_get_text(row, "level"));
		table_cell(i->table, json_get_text(row, "item"));
		table_cell(i->table, json_get_text(row, "why"));
	}
	i->touched += (long long)json_n(list);
	i->considered += (long long)json_get_int(reply, "considered", 0);
	i->opened += (long long)json_get_int(reply, "opened", 0);
	return 0;
}

/* Slice by slice, so that the agent has time for others in between. */
static int ask_all(struct impact *i)
{
	int64_t next = 0;

	do {
		OWN_REPLY struct reply reply = {0};
		struct call call = {.method = "Policy.Impact", .parameters = json_object()};

		json_set_text(call.parameters, "pack", i->pack);
		if (i->from)
			json_set_text(call.parameters, "from", i->from);
		json_set_int(call.parameters, "after", next);
		json_set_bool(call.parameters, "open", i->opens);
		DO(ctl_call(i->ctl, &call, &reply));
		DO(take_touched(i, reply.at));
		next = json_get_int(reply.at, "next", 0);
	} while (next > 0);
	return 0;
}

/* What would change for records, behind what differs. */
static int run_diff(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	OWN_TABLE struct table touched;
	OWNED(json) struct json *whole = json_object();
	OWNED(json) struct json *all = json_array();
	bool two = ctl_word(ctl, 1);
	struct impact i = {.ctl = ctl, .table = &touched, .all = all, .pack = ctl_word(ctl, two), .from = two ? ctl_word(ctl, 0) : NULL};
	struct call call = {.method = "Policy.Diff", .parameters = json_object()};

	if (two)
		json_set_text(call.parameters, "from", i.from);
	json_set_text(call.parameters, "to", i.pack);
	table_init(&t, (const char *[]){_("rule"), _("before"), _("after"), NULL});
	table_init(&touched, (const char *[]){_("number"), _("level"), _("item"), _("why"), NULL});
	DO(ctl_call(ctl, &call, &reply));
	DO(ask_all(&i));
	struct json_view changes = json_get(reply.at, "changes");
	if (ctl->json) {
		json_set(whole, "changes", json_copy(changes));
		json_set_int(whole, "total", json_get_int(reply.at, "total", 0));
		json_set(whole, "touched", steal(&all));
		json_set_int(whole, "considered", i.considered);
		return ctl_print_json(json_look(whole));
	}
	for (size_t k = 0; k < json_n(changes); k++) {
		struct json_view change = json_at(changes, k);

		table_cell(&t, json_get_text(change, "rule"));
		table_cell(&t, json_get_text(change, "before"));
		table_cell(&t, json_get_text(change, "after"));
	}
	DO(table_print(&t, table_width(), stdout));
	say(_n("%lld difference", "%lld differences", json_get_int(reply.at, "total", 0)),
	    (long long)json_get_int(reply.at, "total", 0));
	if (i.touched)
		DO(table_print(&touched, table_width(), stdout));
	say(_n("%lld of %lld record is touched", "%lld of %lld records are touched", i.considered), i.touched,
	    i.considered);
	return 0;
}

static int run_impact(struct ctl *ctl)
{
	OWN_TABLE struct table t = {0};
	OWNED(json) struct json *whole = json_object();
	OWNED(json) struct json *all = json_array();
	struct impact i = {.ctl = ctl, .table = &t, .all = all, .pack = ctl_word(ctl, 0), .opens = ctl_flag(ctl, "open")};

	table_init(&t, (const char *[]){_("number"), _("level"), _("item"), _("why"), NULL});
	DO(ask_all(&i));
	if (!ctl->json) {
		DO(table_print(&t, table_width(), stdout));
		say(_n("%lld of %lld records are touched, %lld task opened",
		       "%lld of %lld records are touched, %lld tasks opened", i.opened),
		    i.touched, i.considered, i.opened);
		return 0;
	}
	json_set(whole, "touched", steal(&all));
	json_set_int(whole, "considered", i.considered);
	json_set_int(whole, "opened", i.opened);
	return ctl_print_json(json_look(whole));
}

static int run_suggest(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_BUFFER struct buffer words = {0};
	struct call call = {.method = "Policy.Suggest", .parameters = json_object()};

	for (size_t i = 1; ctl_word(ctl, i); i++)
		buffer_add_format(&words, "%s%s", i > 1 ? " " : "", ctl_word(ctl, i));
	OWN_MEM char *text = buffer_steal_text(&words);
	json_set_text(call.parameters, "item", ctl_word(ctl, 0));
	json_set_text(call.parameters, "kind", ctl_text(ctl, "kind") ? ctl_text(ctl, "kind") : "");
	json_set_text(call.parameters, "text", text ? text : "");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say(_("the secrecy office has your suggestion"));
	return 0;
}

/* The text that goes upward with one item, beside what it is made of. */
static int say_item(struct ctl *ctl, struct json_view item)
{
	OWN_REPLY struct reply pack = {0};
	OWN_BUFFER struct buffer text = {0};
	struct call call = {.method = "Policy.Get"};

	DO(ctl_call(ctl, &call, &pack));
	policy_revision_write(item, pack.at, &text);
	OWN_MEM char *whole = buffer_steal_text(&text);
	if (ctl->json) {
		OWNED(json) struct json *to = json_copy(item);

		json_set_text(to, "revision", whole ? whole : "");
		return ctl_print_json(json_look(to));
	}
	for (char *rest = whole, *line; rest && (line = strsep(&rest, "\n"));) {
		OWN_MEM char *safe = say_safe(line);

		if (rest)
			say("%s", safe ? safe : "");
	}
	return 0;
}

static int run_statistics(struct ctl *ctl)
{
	static const char *const keys[] = {"approved", "corrected", "returned", "referred", "disputed", "suggested"};
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	struct call call = {.method = "Policy.Statistics", .parameters = json_object()};

	if (ctl_word(ctl, 0))
		json_set_text(call.parameters, "item", ctl_word(ctl, 0));
	DO(ctl_call(ctl, &call, &reply));
	struct json_view items = json_get(reply.at, "items");
	if (ctl_word(ctl, 0))
		return json_n(items)
			   ? say_item(ctl, json_at(items, 0))
			   : say_error(CLASSD_EXIT_NOT_FOUND, NULL, _("classctl policy search WORDS lists items"),
				       _("the catalogue has no such item"));
	if (ctl->json)
		return ctl_print_json(reply.at);
	table_init(&t, (const char *[]){_("item"), _("approved"), _("corrected"), _("returned"), _("referred"),
					_("disputed"), _("suggested"), _("title"), NULL});
	for (size_t i = 0; i < json_n(items); i++) {
		struct json_view item = json_at(items, i);

		table_cell(&t, json_get_text(item, "id"));
		for (size_t k = 0; k < array_n(keys); k++) {
			OWN_MEM char *n = text_format("%lld", (long long)json_get_int(item, keys[k], 0));

			table_cell(&t, n);
		}
		table_cell(&t, json_get_text(item, "title"));
	}
	return table_print(&t, table_width(), stdout);
}

static const struct option_row suggest_options[] = {
    {"kind", 0, OPTION_TEXT, "KIND", N_("too-general, disputed or outdated")},
    {0},
};

static const struct option_row impact_options[] = {
    {"open", 0, OPTION_FLAG, NULL, N_("open a task for each, so that somebody looks again")},
    {0},
};

const struct command policy_impact_commands[] = {
    {"policy diff", GROUP_AGENT, 1, 2, N_("PACK [PACK]"), N_("what differs between two packs, or from the running one, and for which records"),
     run_diff, NULL, N_("The packs are folders in the agent's folder of packs, policy_dir of the configuration, or sets: set-41."),
     "policy diff cn-2027\npolicy diff cn-2027 set-41"},
    {"policy impact", GROUP_AGENT, 1, 1, N_("PACK"), N_("the records that another pack would touch, and why"),
     run_impact, impact_options,
     N_("A record is touched when its matter is gone, has another level or may not be classified any more, when its "
	"level is gone, or when its term is longer than then allowed."),
     "policy impact cn-2027\npolicy impact cn-2027 --open"},
    {"policy suggest", GROUP_AGENT, 2, WORDS_ANY, N_("ITEM TEXT…"),
     N_("say that a matter of the catalogue is not right"), run_suggest, suggest_options, NULL,
     "policy suggest 3.2 --kind outdated the trials are over"},
    {"policy statistics", GROUP_AGENT, 0, 1, N_("[ITEM]"),
     N_("which matters cause corrections, referrals and disputes"), run_statistics, NULL,
     N_("With ITEM the draft of a proposed revision, to send upward: what counts and suggestions speak for."), "policy statistics\npolicy statistics 3.2"},
    {0},
};
