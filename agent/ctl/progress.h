/* One line on a terminal that tells how far long work is; silent elsewhere. */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include "base/bytes.h"

struct progress {
	bool on;
	size_t columns; /* used by the line that stands there */
};

void progress_start(struct progress *p, bool wanted);
/* Replaces the line. */
void progress_show(struct progress *p, const char *format, ...) PRINTF_LIKE(2, 3);
/* Takes the line away. */
void progress_end(struct progress *p);

#endif
