/* The only writer of stderr in agent processes. A line is one write, so lines of several processes do not mix. */
#include "system/log.h"

#include "base/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum log_level log_most = LOG_INFO; /* set once at start */

void log_set_level(enum log_level most)
{
	log_most = most;
}

static void add_value(struct buffer *line, const char *key, const char *value)
{
	buffer_add_format(line, " %s=\"", key);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x20 || c == 0x7f)
			buffer_add_format(line, "\\x%02x", c);
		else if (c == '"' || c == '\\')
			buffer_add_format(line, "\\%c", c);
		else
			buffer_u8(line, c);
	}
	buffer_add_text(line, "\"");
}

static void begin(struct buffer *line, enum log_level level)
{
	static const char *const names[] = {[LOG_ERROR] = "error",
					    [LOG_WARNING] = "warning",
					    [LOG_NOTICE] = "notice",
					    [LOG_INFO] = "info",
					    [LOG_DEBUG] = "debug"};

	if (!isatty(STDERR_FILENO))
		buffer_add_format(line, "<%d>", (int)level);
	buffer_add_format(line, "by=%s level=%s", program_invocation_short_name, names[level]);
}

static void end(struct buffer *line)
{
	buffer_add_text(line, "\n");
	if (!line->failed)
		(void)!write(STDERR_FILENO, line->at, line->n); /* nowhere left to say that stderr is gone */
}

void log_say(enum log_level level, const char *format, ...)
{
	OWN_BUFFER struct buffer line = {0};
	char text[1024];
	va_list args;

	if (level > log_most)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* a cut line is still a line */
	va_end(args);
	begin(&line, level);
	add_value(&line, "text", text);
	end(&line);
}

static void report(int error, const char *file, int line_number, const char *function, const char *text)
{
	OWN_BUFFER struct buffer line = {0};

	begin(&line, LOG_ERROR);
	add_value(&line, "text", text);
	add_value(&line, "error", strerror(error));
	buffer_add_format(&line, " at=%s:%d function=%s", file, line_number, function);
	end(&line);
}

void log_start(void)
{
	err_set_report(report);
}
