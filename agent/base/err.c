/* The one place where a fault becomes a line of text. Base has no I/O, so the line goes to a hook. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static err_report_fn err_report; /* set once at start, before anything can fail */

void err_set_report(err_report_fn report)
{
	err_report = report;
}

int err_fault(int error, const char *file, int line, const char *function, const char *format, ...)
{
	char text[512];
	va_list args;

	if (error <= 0)
		error = EIO;
	if (err_report) {
		va_start(args, format);
		(void)vsnprintf(text, sizeof(text), format, args); /* a cut line is still a line */
		va_end(args);
		err_report(error, file, line, function, text);
	}
	return -error;
}
