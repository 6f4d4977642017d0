/* root: what is assumed of documents in a folder. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/table.h"

#include <stdio.h>

static void defaults_row(struct table *t, struct json_view d)
{
	OWN_BUFFER struct buffer scope = {0};
	struct json_view list = json_get(d, "scope");

	for (size_t i = 0; i < json_n(list); i++)
		buffer_add_format(&scope, "%s%s", i ? " " : "", json_as_text(json_at(list, i)));
	OWN_MEM char *text = buffer_steal_text(&scope);
	table_cell(t, json_get_text(d, "path"));
	table_cell(t, json_get_text(d, "item"));
	table_cell(t, json_get_text(d, "level"));
	table_cell(t, text);
	table_cell(t, json_get_text(d, "responsible"));
	table_cell(t, json_get_text(d, "type"));
	table_cell(t, json_get_text(d, "set_by"));
}

static void defaults_head(struct table *t)
{
	table_init(t, (const char *[]){_("folder"), _("item"), _("level"), _("scope"), _("responsible"), _("type"),
				       _("set by"), NULL});
}

static int run_list(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	struct call call = {.method = "Roots.List"};

	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	defaults_head(&t);
	for (size_t i = 0; i < json_n(json_get(reply.at, "defaults")); i++)
		defaults_row(&t, json_at(json_get(reply.at, "defaults"), i));
	return table_end(&t, _("no folder has defaults: classctl root set gives it some"));
}

static int run_set(struct ctl *ctl)
{
	static const char *const keys[] = {"item", "level", "scope", "responsible", "type"};
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	OWN_FD int fd = -1;
	struct call call = {.method = "Roots.Set"};

	DO(document_folder(ctl_word(ctl, 0), &fd));
	call.parameters = json_object();
	json_set_int(call.parameters, "directory", call_pass(&call, fd));
	for (size_t i = 0; i < array_n(keys); i++)
		ctl_set(ctl, call.parameters, keys[i], keys[i]);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	defaults_head(&t);
	defaults_row(&t, json_get(reply.at, "defaults"));
	return table_print(&t, table_width(), stdout);
}

static int run_unset(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_FD int fd = -1;
	struct call call = {.method = "Roots.Unset"};

	DO(document_folder(ctl_word(ctl, 0), &fd));
	call.parameters = json_object();
	json_set_int(call.parameters, "directory", call_pass(&call, fd));
	DO(ctl_call(ctl, &call, &reply));
	return ctl->json ? ctl_print_json(reply.at) : 0;
}

static int run_rescan(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Roots.Rescan"};

	call.parameters = json_object();
	if (ctl_flag(ctl, "digests"))
		json_set_bool(call.parameters, "digests", true);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	OWN_MEM char *where = words_files_in(json_get_int(reply.at, "files", 0), json_get_int(reply.at, "folders", 0));
	say_note("%s", where ? where : "");
	return 0;
}

static const struct option_row rescan_options[] = {
    {"digests", 0, OPTION_FLAG, NULL, N_("read every file once more: finds a change behind an unchanged size and time")},
    {0},
};

static const struct option_row set_options[] = {
    {"item", 'i', OPTION_TEXT, "ID", N_("matter of the catalogue")},
    {"level", 'l', OPTION_TEXT, "LEVEL", N_("level, by code or name")},
    {"scope", 's', OPTION_LIST, "WHO", N_("who may know: dept:NAME or person:ID")},
    {"responsible", 'p', OPTION_TEXT, "PERSON", N_("who decides")},
    {"type", 0, OPTION_TEXT, "TYPE", N_("document type")},
    {0},
};

const struct command root_commands[] = {
    {"root list", GROUP_DOCUMENT, 0, 0, NULL, N_("defaults of folders"), run_list, NULL, NULL, "root list"},
    {"root set", GROUP_DOCUMENT, 1, 1, N_("FOLDER"), N_("give a folder defaults for its documents"), run_set,
     set_options, N_("Higher counts at once; lower only by a decision; the longest term is never a default."),
     "root set plans/ --item 3.2 --scope dept:planning --responsible li --type plan"},
    {"root unset", GROUP_DOCUMENT, 1, 1, N_("FOLDER"), N_("take the defaults of a folder away"), run_unset, NULL, NULL,
     "root unset plans/"},
    {"root rescan", GROUP_DOCUMENT, 0, 0, NULL, N_("look at all watched folders anew, and wait until that is done"),
     run_rescan, rescan_options, NULL, "root rescan --digests"},
    {0},
};
