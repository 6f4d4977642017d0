/* Questions go to stderr, so that stdout stays what a script may read. */
#include "ctl/ask.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool ask_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static int read_line(char **ret)
{
	OWN_MEM char *line = NULL;
	size_t room = 0;
	ssize_t n = getline(&line, &room, stdin);

	if (n < 0)
		return say_error(CLASSD_EXIT_USAGE, NULL, NULL, _("no answer; nothing was changed"));
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == ' '))
		line[--n] = 0;
	*ret = steal(&line);
	return 0;
}

static int take_default(const char *otherwise, char **ret)
{
	*ret = text_copy(otherwise);
	return *ret ? 0 : FAULT(ENOMEM, "an answer");
}

int ask_text(const char *question, const char *otherwise, const char *option, char **ret)
{
	if (!ask_is_possible())
		return say_error(CLASSD_EXIT_USAGE, option, _("give it, or run the command on a terminal to be asked"),
				 _("an option is missing"));
	for (;;) {
		OWN_MEM char *line = NULL;

		if (text_is_empty(otherwise))
			(void)fprintf(stderr, "%s: ", question);
		else
			(void)fprintf(stderr, "%s [%s]: ", question, otherwise);
		DO(read_line(&line));
		if (*line && text_is_line(line, 1000)) {
			*ret = steal(&line);
			return 0;
		}
		if (!*line && otherwise)
			return take_default(otherwise, ret);
	}
}

int ask_sure(const char *question)
{
	OWN_MEM char *line = NULL;

	if (!ask_is_possible())
		return 0;
	(void)fprintf(stderr, "%s [%s] ", question, _("Y/n"));
	DO(read_line(&line));
	/* the answer in the person's language or in English */
	if (!*line || strchr("yY", line[0]) || text_starts(line, _("y")))
		return 0;
	return say_error(CLASSD_EXIT_USAGE, NULL, NULL, _("stopped as you wished; nothing was changed"));
}
