/* open, cat, close: reading in a checkout, in a pipe, and the end of it. */
#include "base/text.h"
#include "ctl/checkout.h"
#include "ctl/child.h"
#include "ctl/open.h"
#include "ctl/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { OPENER_WORDS = 16 };

/* $CLASSD_OPENER may carry arguments; the file is the last. */
int open_file(const char *path)
{
	const char *wanted = getenv("CLASSD_OPENER");
	OWN_MEM char *line = text_copy(text_is_empty(wanted) ? "xdg-open" : wanted);
	const char *argv[OPENER_WORDS + 2] = {0};
	char *rest = line;
	size_t n = 0;
	int status;

	for (char *word; rest && n < OPENER_WORDS && (word = strsep(&rest, " "));)
		if (*word)
			argv[n++] = word;
	argv[n] = path;
	if (n == 0)
		return FAULT(ENOMEM, "an opener");
	DO(child_run(argv, -1, -1, &status));
	if (status == 0)
		return 0;
	OWN_MEM char *where = say_safe(argv[0]);
	return say_error(CLASSD_EXIT_FAILED, where, _("set $CLASSD_OPENER to a program that shows it, or use --print-path"),
			 _("the opener did not work; a checkout stays open"));
}

static int say_checkout(const struct ctl *ctl, const char *number, const char *path)
{
	OWNED(json) struct json *whole = json_object();

	if (ctl->json) {
		json_set_text(whole, "record", number);
		json_set_text(whole, "path", path);
		return ctl_print_json(json_look(whole));
	}
	if (ctl_flag(ctl, "print-path"))
		say("%s", path);
	else
		say_note(_("%s is open as %s; when you are done: classctl close %s"), number, path, number);
	return 0;
}

/* The checkout that the caller has already, or a new one: two would compete for the next version. */
static int find_checkout(struct ctl *ctl, struct document *d, char **ret_path)
{
	OWN_CHECKOUT struct checkout c = {0};

	DO(document_number(ctl, d));
	DO(checkout_standing(ctl, d->number, ret_path));
	if (*ret_path)
		return 0;
	DO(checkout_make(ctl, d, &c));
	*ret_path = steal(&c.path);
	return 0;
}

int open_document(struct ctl *ctl, struct document *d)
{
	OWN_MEM char *path = NULL;

	DO(find_checkout(ctl, d, &path));
	DO(say_checkout(ctl, d->number, path));
	return open_file(path);
}

static int run_open(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWNED(json) struct json *closed = json_array();
	OWNED(json) struct json *open_there = json_array();
	OWN_MEM char *path = NULL;

	DO(document_find(ctl_word(ctl, 0), &d));
	DO(find_checkout(ctl, &d, &path));
	DO(say_checkout(ctl, d.number, path));
	if (!ctl_flag(ctl, "print-path") && !ctl->json)
		DO(open_file(path));
	return ctl_flag(ctl, "close") ? checkout_close(ctl, d.number, closed, open_there) : 0;
}

static int run_cat(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_CONTENT struct content content = {0};
	const struct content_order order = {.purpose = "cat", .to = STDOUT_FILENO};

	DO(document_find(ctl_word(ctl, 0), &d));
	return content_read(ctl, &d, &order, &content);
}

static int say_closed(const struct ctl *ctl, struct json *closed, struct json *open_there)
{
	OWNED(json) struct json *whole = json_object();

	for (size_t i = 0; !ctl->json && i < json_n(json_look(closed)); i++) {
		OWN_MEM char *safe = say_safe(json_as_text(json_at(json_look(closed), i)));
		say("%s %s", _("closed"), safe ? safe : "");
	}
	json_set(whole, "closed", closed);
	json_set(whole, "open", open_there);
	return ctl->json ? ctl_print_json(json_look(whole)) : 0;
}

static int run_close(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	struct json *closed;
	struct json *open_there;

	if (ctl_flag(ctl, "all") == (ctl->options.n_words == 1))
		return say_error(CLASSD_EXIT_USAGE, "DOCUMENT", "classctl close --all",
				 _("say which document, or --all; not both"));
	if (ctl->options.n_words) {
		DO(document_find(ctl_word(ctl, 0), &d));
		DO(document_number(ctl, &d));
	}
	closed = json_array();
	open_there = json_array();
	int result = checkout_close(ctl, d.number, closed, open_there);
	int said = say_closed(ctl, closed, open_there); /* takes them */
	return result ? result : said;
}

static int run_checkouts(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_TABLE struct table t = {0};
	struct call call = {.method = "Documents.Checkouts"};

	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	table_init(&t, (const char *[]){_("record"), _("since"), "", _("document"), NULL});
	struct json_view list = json_get(reply.at, "checkouts");
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view c = json_at(list, i);

		table_cell(&t, json_get_text(c, "record"));
		table_cell(&t, json_get_text(c, "since"));
		table_cell(&t, json_get_bool(c, "changed") ? _("changed") : "");
		table_cell(&t, json_get_text(c, "path"));
	}
	return table_end(&t, _("nothing is open"));
}

static const struct option_row open_options[] = {
    {"print-path", 0, OPTION_FLAG, NULL, N_("print the path of the checkout and start nothing")},
    {"close", 0, OPTION_FLAG, NULL, N_("close the checkout when the opener ends")},
    {0},
};
static const struct option_row close_options[] = {
    {"all", 'a', OPTION_FLAG, NULL, N_("everything you have open")},
    {0},
};

const struct command open_commands[] = {
    {"open", GROUP_READ, 1, 1, N_("DOCUMENT"), N_("open a sealed document in a checkout"), run_open, open_options,
     N_("The plaintext lies in memory only, in a folder of your own. Each change that you save is sealed as a new "
	"version.\n"
	"Starts $CLASSD_OPENER, else xdg-open, and waits for it. Opening is journalled."),
     "open 2026-000123\nopen --print-path report.docx"},
    {"cat", GROUP_READ, 1, 1, N_("DOCUMENT"), N_("write the content of a sealed document to standard output"), run_cat,
     NULL, NULL, "cat 2026-000123 | sha256sum"},
    {"close", GROUP_READ, 0, 1, N_("[DOCUMENT]"), N_("seal what changed and end a checkout"), run_close, close_options,
     NULL, "close 2026-000123\nclose --all"},
    {"checkouts", GROUP_READ, 0, 0, NULL, N_("what you have open"), run_checkouts, NULL, NULL, "checkouts"},
    {0},
};
