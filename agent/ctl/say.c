/* Output of classctl: lines for people on stdout, remarks and errors on stderr. */
#include "ctl/say.h"

#include "base/text.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FIELD_COLUMNS = 16 };

int say_error(enum classd_exit code, const char *where, const char *next, const char *what, ...)
{
	va_list values;

	(void)fflush(stdout);
	(void)fputs("classctl: ", stderr);
	va_start(values, what);
	(void)vfprintf(stderr, what, values);
	va_end(values);
	(void)fputc('\n', stderr);
	if (!text_is_empty(where))
		(void)fprintf(stderr, "  %s %s\n", _("where:"), where);
	if (!text_is_empty(next))
		(void)fprintf(stderr, "  %s %s\n", _("next:"), next);
	return (int)code;
}

void say_note(const char *format, ...)
{
	va_list values;

	(void)fflush(stdout);
	va_start(values, format);
	(void)vfprintf(stderr, format, values);
	va_end(values);
	(void)fputc('\n', stderr);
}

void say(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	(void)vprintf(format, values);
	va_end(values);
	(void)putchar('\n');
}

/* A write that failed earlier leaves only its mark, so the pipe itself is asked. */
static bool has_no_reader(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

int say_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (has_no_reader())
		return SAY_CLOSED;
	return say_error(CLASSD_EXIT_FAILED, NULL, NULL, _("the output could not be written"));
}

char *say_safe(const char *text)
{
	return text_escape(bytes_of_text(text));
}

static void say_value(const char *label, struct bytes value)
{
	OWN_MEM char *safe = text_escape(value);
	size_t used = text_columns(label);
	int gap = used < FIELD_COLUMNS ? FIELD_COLUMNS - (int)used : 1;

	(void)printf("%s%*s%s\n", label, gap, "", safe ? safe : "");
}

void say_text(const char *text)
{
	while (!text_is_empty(text)) {
		size_t n = strcspn(text, "\n");
		OWN_MEM char *safe = text_escape(bytes_of(text, n));

		(void)printf("%s\n", safe ? safe : "");
		text += n + (text[n] == '\n');
	}
}

void say_field(const char *label, const char *text)
{
	while (!text_is_empty(text)) {
		size_t n = strcspn(text, "\n");

		say_value(label, bytes_of(text, n));
		text += n + (text[n] == '\n');
		label = ""; /* further lines stand below the first */
	}
}

static void report_fault(int error, const char *file, int line, const char *function, const char *text)
{
	(void)file, (void)line, (void)function; /* for developers only; people need what and why */
	(void)say_error(CLASSD_EXIT_FAILED, NULL, NULL, "%s: %s", text, strerror(error));
}

void say_start(void)
{
	err_set_report(report_fault);
}
