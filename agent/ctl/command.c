/* From a command line to a function: one table of tables, one parser, one place that knows the options of all. */
#include "ctl/command.h"

#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/help.h"
#include "ctl/said.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SOCKET_DEFAULT "/run/classd/classd.sock"

/* clang-format off */
static const struct command *const tables[] = { /* one a line: in the order of help within a group */
	new_commands,
	tag_commands,
	day_commands,
	open_commands,
	take_out_commands,
	root_commands,
	queue_commands,
	trace_commands,
	mark_commands,
	label_commands,
	decide_commands,
	return_commands,
	decide_set_commands,
	request_commands,
	refer_commands,
	dispute_commands,
	task_commands,
	motd_commands,
	bell_commands,
	review_commands,
	notices_commands,
	handover_commands,
	scope_commands,
	scope_bulk_commands,
	printing_commands,
	copies_commands,
	destroy_commands,
	carrier_commands,
	import_commands,
	status_commands,
	oversight_commands,
	incident_commands,
	statistics_commands,
	person_commands,
	reach_commands,
	appoint_commands,
	identity_commands,
	escrow_commands,
	key_commands,
	protector_commands,
	backup_commands,
	policy_check_commands,
	policy_commands,
	policy_impact_commands,
	policy_bundle_commands,
	policy_install_commands,
	clock_commands,
	journal_commands,
	help_commands,
	unlock_commands,
};
/* clang-format on */

const struct option_row global_options[] = {
    {"json", 0, OPTION_FLAG, NULL, N_("print one JSON document instead of text (one a line for streams)")},
    {"socket", 0, OPTION_TEXT, "PATH", N_("socket of the agent (else $CLASSD_SOCKET, else /run/classd/classd.sock)")},
    {"help", 'h', OPTION_FLAG, NULL, N_("explain this command")},
    {"version", 0, OPTION_FLAG, NULL, N_("print the version")},
    {0},
};

const struct command *command_at(size_t i)
{
	for (size_t group = 0; group < GROUPS; group++)
		for (size_t t = 0; t < array_n(tables); t++)
			for (const struct command *c = tables[t]; c->name; c++)
				if (c->group == group && i-- == 0)
					return c;
	return NULL;
}

/* Where the command's words stand: behind options that every command has. */
static int first_word(int n, char *const *argv)
{
	int i = 1;

	while (i < n && argv[i][0] == '-' && argv[i][1])
		i += text_equal(argv[i], "--socket") ? 2 : 1;
	return i < n ? i : n;
}

static int say_option(const struct ctl *ctl, int outcome)
{
	static const char *const what[] = {
	    [OPTIONS_UNKNOWN] = N_("this option does not exist"),
	    [OPTIONS_NO_VALUE] = N_("this option wants a value"),
	    [OPTIONS_WITH_VALUE] = N_("this option takes no value"),
	    [OPTIONS_BAD_NUMBER] = N_("this is not a number"),
	    [OPTIONS_BAD_DATE] = N_("this is not a date (as in 2030-06-30)"),
	    [OPTIONS_TWICE] = N_("this option was given twice"),
	    [OPTIONS_TOO_MANY] = N_("too many arguments"),
	};
	const struct options *o = &ctl->options;
	OWN_MEM char *next = o->hint	    ? text_format(_("did you mean --%s?"), o->hint)
			     : ctl->command ? text_format("classctl help %s", ctl->command->name)
					    : text_copy("classctl help");
	OWN_MEM char *where = say_safe(o->bad);

	return say_error(CLASSD_EXIT_USAGE, where, next, "%s", gettext(what[outcome]));
}

static int say_unknown(const char *const *words, size_t n)
{
	const char *nearest = command_nearest(words[0]);
	OWN_MEM char *next =
	    nearest ? text_format(_("did you mean classctl %s?"), nearest) : text_copy("classctl help");
	OWN_MEM char *where = say_safe(words[0]);

	if (help_of_prefix(words, n, stdout))
		return CLASSD_EXIT_USAGE;
	return say_error(CLASSD_EXIT_USAGE, where, next, _("no such command"));
}

static int check_words(const struct ctl *ctl)
{
	const struct command *c = ctl->command;
	const struct options *o = &ctl->options;
	OWN_MEM char *usage =
	    text_format("classctl %s [%s] %s", c->name, _("OPTION…"), c->words ? gettext(c->words) : "");

	if (o->n_words < c->min_words)
		return say_error(CLASSD_EXIT_USAGE, c->words ? gettext(c->words) : NULL, usage,
				 _("something is missing"));
	if (c->max_words != WORDS_ANY && o->n_words > c->max_words) {
		OWN_MEM char *where = say_safe(o->words[c->max_words]);

		return say_error(CLASSD_EXIT_USAGE, where, usage, _("this is too much"));
	}
	return 0;
}

static int run_command(struct ctl *ctl)
{
	ctl->json = ctl_flag(ctl, "json");
	if (ctl_flag(ctl, "help")) {
		help_of_command(ctl->command, stdout);
		return 0;
	}
	DO(check_words(ctl));
	int result = ctl->command->run(ctl);
	client_free(ctl->client);
	ctl->client = NULL;
	return result;
}

static int run_bare(struct ctl *ctl, int n, char *const *argv)
{
	int outcome = options_parse(&ctl->options, n, argv);

	if (outcome)
		return say_option(ctl, outcome);
	if (ctl_flag(ctl, "version")) {
		say("classctl %s", CLASSD_VERSION);
		return 0;
	}
	help_of_all(stdout);
	return ctl_flag(ctl, "help") ? 0 : CLASSD_EXIT_USAGE;
}

int command_run(struct ctl *ctl, int n, char *const *argv)
{
	int at = first_word(n, argv);
	size_t used = 0;

	ctl->options.tables[0] = global_options;
	if (at == n)
		return run_bare(ctl, n, argv);
	const char *words[COMMAND_WORDS] = {0};
	size_t n_words = 0;
	for (; n_words < COMMAND_WORDS && at + (int)n_words < n; n_words++)
		words[n_words] = argv[at + (int)n_words];
	ctl->command = command_find(words, n_words, &used);
	if (!ctl->command)
		return say_unknown(words, n_words);
	ctl->options.tables[0] = ctl->command->options;
	ctl->options.tables[1] = global_options;

	OWN_MEM char **rest = calloc((size_t)n + 1, sizeof(*rest));
	if (!rest)
		return FAULT(ENOMEM, "a command line");
	memcpy(rest, argv, (size_t)at * sizeof(*rest));
	memcpy(rest + at, argv + at + used, ((size_t)(n - at) - used) * sizeof(*rest));
	int outcome = options_parse(&ctl->options, n - (int)used, rest);
	if (outcome)
		return say_option(ctl, outcome);
	return run_command(ctl);
}

int ctl_missing(const struct ctl *ctl, const char *option)
{
	OWN_MEM char *next = text_format("classctl help %s", ctl->command->name);

	return say_error(CLASSD_EXIT_USAGE, option, next, _("an option is missing"));
}

int ctl_need(struct ctl *ctl, const char *option, const char *question, char **ret)
{
	const char *given = ctl_text(ctl, option);
	OWN_MEM char *name = text_format("--%s", option);

	if (!given && !ctl->json)
		return ask_text(question, NULL, name, ret);
	if (!given)
		return ctl_missing(ctl, name);
	*ret = text_copy(given);
	return *ret ? 0 : FAULT(ENOMEM, "an option");
}

static int connect_client(struct ctl *ctl)
{
	const char *path = ctl_text(ctl, "socket");

	if (!path)
		path = getenv("CLASSD_SOCKET");
	DO(client_open(text_is_empty(path) ? SOCKET_DEFAULT : path, &ctl->client));
	if (!ctl->json)
		said_learn(ctl->client);
	return 0;
}

int ctl_call(struct ctl *ctl, struct call *call, struct reply *ret)
{
	int result = ctl->client ? 0 : connect_client(ctl);

	if (result == 0)
		result = client_call(ctl->client, call, ret);
	json_free(call->parameters); /* when it was not sent */
	call->parameters = NULL;
	return result;
}

int ctl_next(struct ctl *ctl, struct reply *ret)
{
	return client_next(ctl->client, ret);
}

static const struct option_row *row_of(const struct ctl *ctl, const char *option)
{
	for (const struct option_row *r = ctl->command->options; r && r->name; r++)
		if (text_equal(r->name, option))
			return r;
	return NULL;
}

void ctl_set_always(const struct ctl *ctl, struct json *object, const char *key, const char *option)
{
	const struct option_row *row = row_of(ctl, option);
	const char *text = ctl_text(ctl, option);

	if (row && row->kind == OPTION_LIST) {
		struct json *list = json_array();
		char *part;

		for (size_t i = 0; (part = options_part(&ctl->options, option, i)); i++) {
			json_append_text(list, part);
			free(part);
		}
		json_set(object, key, list);
	} else if (row && row->kind == OPTION_NUMBER)
		json_set_int(object, key, (int64_t)options_number(&ctl->options, option, 0));
	else if (row && row->kind == OPTION_FLAG)
		json_set_bool(object, key, ctl_flag(ctl, option));
	else
		json_set_text(object, key, text ? text : "");
}

void ctl_set(const struct ctl *ctl, struct json *object, const char *key, const char *option)
{
	if (ctl_flag(ctl, option))
		ctl_set_always(ctl, object, key, option);
}

int ctl_print_json(struct json_view v)
{
	OWNED(json) struct json *copy = json_copy(v);
	OWN_MEM char *text = json_text(copy);

	if (!text)
		return FAULT(ENOMEM, "print JSON");
	say("%s", text);
	return 0;
}
