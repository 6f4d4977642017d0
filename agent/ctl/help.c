/* What classctl says about itself. */
#include "ctl/help.h"

#include "base/text.h"

#include <string.h>

enum { NAME_COLUMNS = 20, OPTION_COLUMNS = 30 };

static const char *const groups[GROUPS] = {
    [GROUP_DOCUMENT] = N_("Documents"),		 [GROUP_DECIDE] = N_("Proposing and deciding"),
    [GROUP_READ] = N_("Reading and taking out"), [GROUP_OVERSIGHT] = N_("Oversight"),
    [GROUP_REGISTER] = N_("Persons"),		 [GROUP_KEYS] = N_("Keys, escrow, backups"),
    [GROUP_AGENT] = N_("The agent and its policy"),
};

static void print_line(const struct command *c, FILE *to)
{
	size_t used = text_columns(c->name);
	int gap = used < NAME_COLUMNS ? NAME_COLUMNS - (int)used : 1;

	(void)fprintf(to, "  %s%*s%s\n", c->name, gap, "", gettext(c->help));
}

void help_of_all(FILE *to)
{
	const struct command *c;
	int group = -1;

	(void)fprintf(to, "%s\n", _("classctl: the command line of the classification agent"));
	(void)fprintf(to, "\n%s classctl %s [%s] [%s]\n", _("Usage:"), _("COMMAND"), _("OPTION…"), _("WORD…"));
	for (size_t i = 0; (c = command_at(i)); i++) {
		if ((int)c->group != group)
			(void)fprintf(to, "\n%s\n", gettext(groups[c->group]));
		group = (int)c->group;
		print_line(c, to);
	}
	(void)fprintf(to, "\n%s\n", _("classctl help COMMAND explains one, with examples. The whole: man classctl"));
}

static bool print_beginning(const char *start, FILE *to)
{
	const struct command *c;
	bool any = false;

	for (size_t i = 0; (c = command_at(i)); i++)
		if (text_starts(c->name, start)) {
			if (!any)
				(void)fprintf(to, "%s\n", _("Say which one:"));
			any = true;
			print_line(c, to);
		}
	return any;
}

bool help_of_prefix(const char *const *words, size_t n, FILE *to)
{
	OWN_MEM char *start = n > 0 ? text_format("%s ", words[0]) : NULL;
	OWN_MEM char *longer = n > 1 ? text_format("%s %s ", words[0], words[1]) : NULL;

	return (longer && print_beginning(longer, to)) || (start && print_beginning(start, to));
}

static void print_options(const struct option_row *rows, FILE *to)
{
	for (; rows && rows->name; rows++) {
		OWN_MEM char *letter = rows->letter ? text_format("-%c,", rows->letter) : text_copy("   ");
		OWN_MEM char *left = text_format("  %s --%s%s%s", letter ? letter : "", rows->name,
						 rows->value ? " " : "", rows->value ? rows->value : "");
		size_t used = left ? text_columns(left) : 0;
		int gap = used < OPTION_COLUMNS ? OPTION_COLUMNS - (int)used : 1;

		(void)fprintf(to, "%s%*s%s%s\n", left ? left : "", gap, "", gettext(rows->help),
			      rows->kind == OPTION_LIST ? _(" (may be repeated)") : "");
	}
}

void help_of_command(const struct command *c, FILE *to)
{
	(void)fprintf(to, "%s classctl %s [%s]%s%s\n\n%s\n", _("Usage:"), c->name, _("OPTION…"), c->words ? " " : "",
		      c->words ? gettext(c->words) : "", gettext(c->help));
	if (c->about)
		(void)fprintf(to, "\n%s\n", gettext(c->about));
	(void)fprintf(to, "\n%s\n", _("Options"));
	print_options(c->options, to);
	print_options(global_options, to);
	if (!c->examples)
		return;
	(void)fprintf(to, "\n%s\n", _("Examples"));
	for (const char *at = c->examples; *at;) {
		size_t n = strcspn(at, "\n");

		(void)fprintf(to, "  classctl %.*s\n", (int)n, at);
		at += n + (at[n] == '\n');
	}
}

static int run_help(struct ctl *ctl)
{
	const struct options *o = &ctl->options;
	size_t used;
	const struct command *c = command_find(o->words, o->n_words, &used);

	if (o->n_words == 0)
		help_of_all(stdout);
	else if (c)
		help_of_command(c, stdout);
	else if (!help_of_prefix(o->words, o->n_words, stdout)) {
		const char *nearest = command_nearest(o->words[0]);
		OWN_MEM char *where = say_safe(o->words[0]);
		OWN_MEM char *next = nearest ? text_format(_("did you mean classctl %s?"), nearest) : NULL;

		return say_error(CLASSD_EXIT_USAGE, where, next, _("no such command"));
	}
	return 0;
}

static int run_completion(struct ctl *ctl)
{
	if (!text_equal(ctl_word(ctl, 0), "bash"))
		return say_error(CLASSD_EXIT_USAGE, ctl_word(ctl, 0), "classctl completion bash",
				 _("there is a completion for bash only"));
	completion_for_bash(stdout);
	return 0;
}

const struct command help_commands[] = {
    {"help", GROUP_AGENT, 0, COMMAND_WORDS, N_("[COMMAND]"), N_("explain commands"), run_help, NULL, NULL,
     "help tag\nhelp person add"},
    {"completion", GROUP_AGENT, 1, 1, "bash", N_("print the completion script for a shell"), run_completion, NULL, NULL,
     "completion bash > /usr/share/bash-completion/completions/classctl"},
    {0},
};
