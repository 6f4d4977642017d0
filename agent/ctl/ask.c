/* Questions go to stderr, so that stdout stays what a script may read. */
#include "ctl/ask.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

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

#define SECRET_MAX ((size_t)1024)
#define INTERRUPT  3 /* Ctrl-C: the terminal must not be left without echo, so it sends no signal meanwhile */

/* Byte by byte: what follows the line is for whoever reads next. */
static int read_secret(uint8_t *at, size_t *n, void *context)
{
	size_t got = 0;
	uint8_t byte = 0;

	(void)context;
	while (got < SECRET_MAX) {
		ssize_t r = read(STDIN_FILENO, &byte, 1);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0 || byte == '\n' || byte == INTERRUPT)
			break;
		at[got++] = byte;
	}
	*n = byte == INTERRUPT ? 0 : got;
	wipe(&byte, 1);
	return *n > 0 ? 0 : 1;
}

static int read_without_echo(const char *question, struct secret **ret)
{
	struct termios was, silent;
	bool is_terminal = ask_is_possible() && tcgetattr(STDIN_FILENO, &was) == 0;
	int result;

	if (is_terminal) {
		silent = was;
		silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		silent.c_lflag |= ICANON;
		(void)fprintf(stderr, "%s: ", question);
		if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
			return FAULT(errno, "terminal");
	}
	result = secret_new_filled(SECRET_MAX, read_secret, NULL, ret);
	if (is_terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was); /* as it was, or the terminal is gone */
		(void)fputc('\n', stderr);
	}
	return result;
}

int ask_secret(const char *question, struct secret **ret)
{
	int result = read_without_echo(question, ret);

	if (result <= 0)
		return result;
	return say_error(CLASSD_EXIT_USAGE, NULL,
			 _("on a terminal it is asked for; elsewhere it is a line of standard input"),
			 _("no passphrase was given; nothing was changed"));
}

int ask_new_secret(const char *question, const char *again, struct secret **ret)
{
	OWNED(secret) struct secret *first = NULL;
	OWNED(secret) struct secret *second = NULL;

	DO(ask_secret(question, &first));
	if (ask_is_possible()) {
		DO(ask_secret(again, &second));
		if (!secret_equal(first, second))
			return say_error(CLASSD_EXIT_INPUT, NULL, _("run the command again"),
					 _("the two are not the same"));
	}
	*ret = steal(&first);
	return 0;
}
