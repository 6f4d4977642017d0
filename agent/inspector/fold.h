/*
 * Text as it is compared: ASCII without case, full-width forms as their usual
 * ones, white space as one blank and none next to a wide character (lines are
 * broken anywhere in Chinese, and programs set blanks before digits), invisible characters left out. Offsets lead
 * back to the text as it was.
 */
#ifndef INSPECTOR_FOLD_H
#define INSPECTOR_FOLD_H

#include "base/bytes.h"

struct folded {
	struct buffer text;
	struct buffer steps; /* where the distance to the source changes */
	struct bytes source; /* borrowed */
};

enum fold_lines { FOLD_JOIN_LINES, FOLD_KEEP_LINES };

/* Broken UTF-8 is taken byte by byte. 0 or the fault ENOMEM. */
int fold(struct bytes source, enum fold_lines lines, struct folded *ret) MUST_CHECK;
void fold_done(struct folded *f);
#define OWN_FOLDED __attribute__((cleanup(fold_done)))
/* The bytes of the source that became these n > 0 bytes of the folded text. */
struct bytes fold_source(const struct folded *f, size_t at, size_t n);

#endif
