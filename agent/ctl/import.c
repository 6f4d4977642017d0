/* import: a tree of old documents becomes drafts with what their marks say. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/progress.h"
#include "ctl/said.h"
#include "ctl/table.h"

#include <stdio.h>

static const char *const outcomes[] = {"marked",     "incomplete", "contradictory", "assumed", "unmarked",
				       "unreadable", "recorded",   "not-looked-at", "left"};

struct importing {
	struct table table;
	struct progress progress;
	int64_t n[array_n(outcomes)];
	size_t refused, drafts;
};

static void importing_done(struct importing *i)
{
	progress_end(&i->progress);
	table_done(&i->table);
}

static void count(struct importing *i, struct json_view line)
{
	for (size_t k = 0; k < array_n(outcomes); k++)
		i->n[k] += text_equal(json_get_text(line, "outcome"), outcomes[k]);
	i->refused += json_get_text(line, "refused") != NULL;
	i->drafts += !text_is_empty(json_get_text(line, "number"));
}

static void add_row(struct table *t, struct json_view line)
{
	const char *refused = json_get_text(line, "refused"), *outcome = json_get_text(line, "outcome");
	OWN_MEM char *said = refused ? words_say(refused) : NULL;

	table_cell(t, json_get_text(line, "path"));
	table_cell(t, json_get_text(line, "mark"));
	cell_level(t, json_get_text(line, "level"));
	cell_term(t, json_get_text(line, "term"));
	table_cell(t, json_get_text(line, "item"));
	table_cell(t, words_of(outcome));
	table_cell(t, said ? said : json_get_text(line, "number"));
}

static int take_line(struct ctl *ctl, struct importing *i, const struct reply *reply)
{
	count(i, reply->at);
	if (ctl->json)
		return ctl_print_json(reply->at);
	progress_show(&i->progress, "%lld/%lld", (long long)json_get_int(reply->at, "done", 0),
		      (long long)json_get_int(reply->at, "total", 0));
	if (!text_equal(json_get_text(reply->at, "outcome"), "recorded"))
		add_row(&i->table, reply->at);
	return 0;
}

static int say_result(const struct ctl *ctl, struct importing *i)
{
	progress_end(&i->progress);
	if (!ctl->json) {
		TRY(table_print(&i->table, table_width(), stdout));
		for (size_t k = 0; k < array_n(outcomes); k++)
			if (i->n[k])
				say("%6lld %s", (long long)i->n[k], words_of(outcomes[k]));
		if (ctl_flag(ctl, "dry-run"))
			say_note("%s", _("nothing was changed; without --dry-run those that are read become drafts"));
		else
			say_note(_n("%zu draft was made; it is decided like any other: classctl submit",
				    "%zu drafts were made; each is decided like any other: classctl submit", i->drafts),
				 i->drafts);
	}
	return i->refused ? say_error(CLASSD_EXIT_INPUT, ctl_word(ctl, 0), _("tag these one by one"),
				      _n("%zu file was refused", "%zu files were refused", i->refused), i->refused)
			  : 0;
}

static int run_import(struct ctl *ctl)
{
	__attribute__((cleanup(importing_done))) struct importing i = {0};
	OWN_FD int fd = -1;
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reference = NULL;
	struct call call = {.method = "Custody.Import", .more = true};

	DO(ctl_need(ctl, "reference", _("Reference"), &reference));
	DO(document_folder(ctl_word(ctl, 0), &fd));
	table_init(&i.table, (const char *[]){_("document"), _("mark"), _("level"), _("term"), _("item"), _("what"),
					      _("record"), NULL});
	call.parameters = json_object();
	json_set_int(call.parameters, "directory", call_pass(&call, fd));
	json_set_text(call.parameters, "reference", reference);
	json_set(call.parameters, "fields", fields_of(ctl));
	json_set_bool(call.parameters, "dry_run", ctl_flag(ctl, "dry-run"));
	ctl_set(ctl, call.parameters, "limit", "limit");
	progress_start(&i.progress, !ctl->json);
	DO(ctl_call(ctl, &call, &reply));
	DO(take_line(ctl, &i, &reply));
	while (reply.continues) {
		DO(ctl_next(ctl, &reply));
		DO(take_line(ctl, &i, &reply));
	}
	return say_result(ctl, &i);
}

static const struct option_row import_options[] = {
    {"reference", 0, OPTION_TEXT, "TEXT", N_("the paper or register that they come from; needed")},
    {"dry-run", 'n', OPTION_FLAG, NULL, N_("only show what would become of each")},
    {"limit", 0, OPTION_NUMBER, "N", N_("at most so many drafts; else 1000. Run again for the rest")},
    {"item", 'i', OPTION_TEXT, "ID", N_("of those without a mark; of others where it has the level of the mark")},
    {"level", 'l', OPTION_TEXT, "LEVEL", N_("of those without a mark")},
    {"term", 't', OPTION_TEXT, "TERM", N_("of those without a mark")},
    {"scope", 's', OPTION_LIST, "WHO", N_("who may know: dept:NAME or person:ID")},
    {"responsible", 'p', OPTION_TEXT, "PERSON", N_("who decides")},
    {0},
};

const struct command import_commands[] = {
    {"import", GROUP_DOCUMENT, 1, 1, N_("FOLDER"), N_("make drafts of old documents, with what their marks say"),
     run_import, import_options,
     N_("Your own files below that folder; for the secrecy office everybody's. Nothing is decided by it: level and "
	"term that\n"
	"were read are proposed, and stay a draft until somebody submits and decides them. What has a record is passed "
	"over."),
     "import --dry-run archive --reference 'register 1998-2010'\nimport archive --reference 'register 1998-2010' "
     "--responsible li"},
    {0},
};
