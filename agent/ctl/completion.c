/* The bash completion: words of commands and their options, from the table; files for the rest. */
#include "ctl/help.h"

#include <string.h>

static size_t words_in(const char *name)
{
	size_t n = 1;

	while ((name = strchr(name, ' '))) {
		name++;
		n++;
	}
	return n;
}

static void print_options(const struct option_row *rows, FILE *to)
{
	for (; rows && rows->name; rows++)
		(void)fprintf(to, " --%s", rows->name);
}

/* Longest names first: the first pattern that fits is the command. */
static void print_commands(FILE *to)
{
	const struct command *c;

	for (size_t words = COMMAND_WORDS; words > 0; words--)
		for (size_t i = 0; (c = command_at(i)); i++)
			if (words_in(c->name) == words) {
				(void)fprintf(to, "\t'%s '*) options='", c->name);
				print_options(c->options, to);
				print_options(global_options, to);
				(void)fputs("' ;;\n", to);
			}
}

void completion_for_bash(FILE *to)
{
	const struct command *c;

	(void)fputs("# bash completion for classctl; made by: classctl completion bash\n"
		    "_classctl()\n{\n\tlocal IFS=$' \\t\\n' word=${COMP_WORDS[COMP_CWORD]} options='' words='' name\n"
		    "\tlocal given=\"${COMP_WORDS[*]:1:COMP_CWORD-1} \"\n"
		    "\t[ \"$COMP_CWORD\" -gt 1 ] || given=''\n\tlocal -a names=(",
		    to);
	for (size_t i = 0; (c = command_at(i)); i++)
		(void)fprintf(to, "\n\t\t'%s'", c->name);
	(void)fputs(")\n\tfor name in \"${names[@]}\"; do\n"
		    "\t\t[[ \"$name \" != \"$given\"?* ]] || { name=${name#\"$given\"}; words+=\" ${name%% *}\"; }\n"
		    "\tdone\n\tif [ -n \"$words\" ]; then\n"
		    "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\" | sort -u))\n"
		    "\t\t[ -z \"${COMPREPLY[*]}\" ] || return\n\tfi\n\tcase $given in\n",
		    to);
	print_commands(to);
	(void)fputs("\tesac\n\tcase $word in\n\t-*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
		    "\t*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n\tesac\n}\n"
		    "complete -o filenames -F _classctl classctl\n",
		    to);
}
