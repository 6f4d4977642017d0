/*
 * What rang before, in the caller's own state folder, so that nothing rings twice after a reconnect and nothing is lost.
 * A key is one line; it is entered after it rang.
 */
#ifndef CTL_BELL_HEARD_H
#define CTL_BELL_HEARD_H

#include "ctl/say.h"

struct heard {
	int fd;
	struct buffer keys; /* each between two newlines */
};

/* One reader at a time: another one is refused. */
int heard_open(struct heard *h) MUST_CHECK;
void heard_done(struct heard *h);
bool heard_has(const struct heard *h, const char *key);
int heard_add(struct heard *h, const char *key) MUST_CHECK;
/* Only these are known from now on: lines, each with its newline. */
int heard_set(struct heard *h, struct bytes lines) MUST_CHECK;

#endif
