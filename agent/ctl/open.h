/* Opening as the command `open` does. */
#ifndef CTL_OPEN_H
#define CTL_OPEN_H

#include "ctl/document.h"

/* In a checkout, with the caller's opener; the checkout stays open. */
int open_document(struct ctl *ctl, struct document *d) MUST_CHECK;
/* A file that lies in clear. */
int open_file(const char *path) MUST_CHECK;

#endif
