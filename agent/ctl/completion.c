/* The bash completion: words of commands and their options, from the table; files for the rest. */
#include "ctl/help.h"

#include "base/text.h"

#include <string.h>

static void print_names(FILE *to)
{
	const struct command *c;
	const char *before = "";

	for (size_t i = 0; (c = command_at(i)); i++) {
		size_t n = strcspn(c->name, " ");

		if (strncmp(c->name, before, n) != 0 || strcspn(before, " ") != n)
			(void)fprintf(to, " %.*s", (int)n, c->name);
		before = c->name;
	}
}

static void print_options(const struct option_row *rows, FILE *to)
{
	for (; rows && rows->name; rows++)
		(void)fprintf(to, " --%s", rows->name);
}

static void print_seconds(FILE *to)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++) {
		const char *space = strchr(c->name, ' ');

		if (space)
			(void)fprintf(to, "\t%.*s) second+=' %s' ;;&\n", (int)(space - c->name), c->name, space + 1);
	}
}

void completion_for_bash(FILE *to)
{
	const struct command *c;

	(void)fputs("# bash completion for classctl; made by: classctl completion bash\n"
		    "_classctl()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]} second='' options=''\n"
		    "\tlocal command=${COMP_WORDS[1]} both=\"${COMP_WORDS[1]} ${COMP_WORDS[2]}\"\n"
		    "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W '",
		    to);
	print_names(to);
	(void)fputs("' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase $command in\n", to);
	print_seconds(to);
	(void)fputs("\tesac\n\tif [ -n \"$second\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
		    "\t\tCOMPREPLY=($(compgen -W \"$second\" -- \"$word\"))\n\t\treturn\n\tfi\n\tcase $both in\n",
		    to);
	for (size_t i = 0; (c = command_at(i)); i++) {
		(void)fprintf(to, "\t\"%s%s) options='", c->name, strchr(c->name, ' ') ? "\"" : " \"*");
		print_options(c->options, to);
		print_options(global_options, to);
		(void)fputs("' ;;\n", to);
	}
	(void)fputs("\tesac\n\tcase $word in\n\t-*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
		    "\t*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n\tesac\n}\n"
		    "complete -o filenames -F _classctl classctl\n",
		    to);
}
