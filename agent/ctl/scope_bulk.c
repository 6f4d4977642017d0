/* scope bulk: the same change of scope for many records, shown first; each is a call, and a line in the journal, of its own. */
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/table.h"

#include <errno.h>
#include <stdio.h>

enum { MOST_USUAL = 100 };

struct bulk {
	struct ctl *ctl;
	const char *what;     /* "add" or "narrow" */
	struct json *numbers; /* of the set */
	struct table table;
	size_t refused;
};

static void bulk_done(struct bulk *b)
{
	json_free(b->numbers);
	table_done(&b->table);
}

/* Still in force, of that matter, of that level. */
static bool is_in_set(const struct ctl *ctl, struct json_view record)
{
	const char *state = json_get_text(record, "state"), *item = ctl_text(ctl, "item"), *level = ctl_text(ctl, "level");
	struct json_view decided = json_get(record, "decided");
	OWN_MEM char *basis = item ? text_format("item %s", item) : NULL;

	if (!text_equal(state, "classified") && !text_equal(state, "issued"))
		return false;
	if (item && !text_equal(json_get_text(decided, "basis"), basis))
		return false;
	return !level || text_equal(json_get_text(decided, "level"), level);
}

static void take_page(struct bulk *b, struct json_view records)
{
	for (size_t i = 0; i < json_n(records); i++) {
		struct json_view r = json_at(records, i);

		if (!is_in_set(b->ctl, r))
			continue;
		json_append_text(b->numbers, json_get_text(r, "number"));
		table_cell(&b->table, json_get_text(r, "number"));
		table_cell(&b->table, json_get_text(json_get(r, "decided"), "level"));
		table_cell(&b->table, json_get_text(r, "title"));
	}
}

static int find_set(struct bulk *b)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.List", .parameters = json_object(), .more = true};

	DO(ctl_call(b->ctl, &call, &reply));
	take_page(b, json_get(reply.at, "records"));
	while (reply.continues) {
		DO(ctl_next(b->ctl, &reply));
		take_page(b, json_get(reply.at, "records"));
	}
	return 0;
}

static int change_one(struct bulk *b, const char *number)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Custody.ChangeScope", .parameters = json_object()};
	struct json *who = json_array();

	for (size_t i = 1; i < b->ctl->options.n_words; i++)
		json_append_text(who, ctl_word(b->ctl, i));
	json_set_text(call.parameters, "number", number);
	json_set_text(call.parameters, "what", b->what);
	json_set_text(call.parameters, "reason", ctl_text(b->ctl, "reason"));
	json_set(call.parameters, "who", who);
	ctl_set(b->ctl, call.parameters, "document", "document");
	int result = ctl_call(b->ctl, &call, &reply);
	if (result < 0 || result == CLASSD_EXIT_NO_AGENT)
		return result;
	b->refused += result != 0; /* its refusal was said */
	if (b->ctl->json)
		return result ? 0 : ctl_print_json(reply.at);
	if (!result)
		say("%s", number);
	return 0;
}

static int apply(struct bulk *b)
{
	struct json_view numbers = json_look(b->numbers);

	for (size_t i = 0; i < json_n(numbers); i++)
		DO(change_one(b, json_as_text(json_at(numbers, i))));
	return b->refused ? say_error(CLASSD_EXIT_INPUT, b->what, _("look at each: classctl scope NUMBER"),
				      _n("%zu record was refused", "%zu records were refused", b->refused), b->refused)
			  : 0;
}

static int run_bulk(struct ctl *ctl)
{
	__attribute__((cleanup(bulk_done))) struct bulk b = {.ctl = ctl, .what = ctl_word(ctl, 0)};
	uint64_t most = options_number(&ctl->options, "max", MOST_USUAL);

	if (!text_equal(b.what, "add") && !text_equal(b.what, "narrow"))
		return say_error(CLASSD_EXIT_USAGE, b.what, _("add or narrow"), _("many records are changed in one of two ways"));
	if (!ctl_text(ctl, "item") && !ctl_text(ctl, "level"))
		return ctl_missing(ctl, "--item ID");
	if (ctl_flag(ctl, "apply") && !ctl_text(ctl, "reason"))
		return ctl_missing(ctl, "--reason TEXT");
	b.numbers = json_array();
	table_init(&b.table, (const char *[]){_("record"), _("level"), _("title"), NULL});
	DO(find_set(&b));
	size_t n = json_n(json_look(b.numbers));
	if (n > most)
		return say_error(CLASSD_EXIT_INPUT, "--max", _("name a smaller set, or a larger --max"),
				 _n("%zu record is more than is changed in one go",
				    "%zu records are more than are changed in one go", n),
				 n);
	if (ctl_flag(ctl, "apply"))
		return apply(&b);
	if (ctl->json)
		return ctl_print_json(json_look(b.numbers));
	DO(table_print(&b.table, table_width(), stdout));
	say_note(_n("%zu record; nothing was changed: --apply does it",
		    "%zu records; nothing was changed: --apply does it", n),
		 n);
	return 0;
}

static const struct option_row bulk_options[] = {
    {"item", 'i', OPTION_TEXT, "ID", N_("only of this matter of the catalogue")},
    {"level", 'l', OPTION_TEXT, "LEVEL", N_("only of this level")},
    {"max", 0, OPTION_NUMBER, "N", N_("at most so many; else 100")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed with --apply")},
    {"document", 0, OPTION_TEXT, "TEXT", N_("the paper that it rests on: an order, a reply, a consent")},
    {"apply", 0, OPTION_FLAG, NULL, N_("do it; without it the set is only shown")},
    {0},
};

const struct command scope_bulk_commands[] = {
    {"scope bulk", GROUP_DECIDE, 2, 65, N_("add|narrow WHO…"), N_("let somebody know many records, or take him out of them"),
     run_bulk, bulk_options,
     N_("The records in force that you may see, of one matter or level: shown first, never more than --max, and each changed by\n"
	"itself, with its own line in the journal. One that is refused does not stop the others."),
     "scope bulk narrow person:zhao --item 3.2\nscope bulk narrow person:zhao --item 3.2 --reason 'left the project' --apply"},
    {0},
};
