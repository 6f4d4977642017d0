/* Progress goes to stderr, and only when that is a terminal: logs and pipes get results, not counters. */
#include "ctl/progress.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void progress_start(struct progress *p, bool wanted)
{
	*p = (struct progress){.on = wanted && isatty(STDERR_FILENO)};
}

void progress_end(struct progress *p)
{
	if (p->on && p->columns)
		(void)fprintf(stderr, "\r%*s\r", (int)p->columns, "");
	p->columns = 0;
}

void progress_show(struct progress *p, const char *format, ...)
{
	OWN_MEM char *line = NULL;
	va_list values;

	if (!p->on)
		return;
	va_start(values, format);
	int n = vasprintf(&line, format, values);
	va_end(values);
	if (n < 0) {
		line = NULL; /* a counter that cannot be shown harms nobody */
		return;
	}
	progress_end(p);
	(void)fputs(line, stderr);
	(void)fflush(stderr);
	p->columns = text_columns(line);
}
