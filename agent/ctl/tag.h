/* A document that gets its record and is proposed at once. */
#ifndef CTL_TAG_H
#define CTL_TAG_H

#include "ctl/command.h"

/* fields is taken; what is done is printed. The options urgent and wait count. */
int tag_and_submit(struct ctl *ctl, const char *word, struct json *fields) MUST_CHECK;

#endif
