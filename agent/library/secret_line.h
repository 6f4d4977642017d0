/* One line that somebody types or sends: a passphrase, a PIN, a share. Never echoed, and never anywhere but in a
 * secret. */
#ifndef LIBRARY_SECRET_LINE_H
#define LIBRARY_SECRET_LINE_H

#include "library/sodium.h"

#define SECRET_LINE_MAX ((size_t)1024)

enum secret_line_outcome { SECRET_LINE_NONE = 1 /* the input ended, or the person broke off (Ctrl-C) */ };

/*
 * From a terminal: "PROMPT: " on standard error, without echo; Backspace and Ctrl-U work. From anything else: up to its
 * newline, byte by byte, so that what stands behind it is there for the next one. Without the newline.
 */
int secret_line_read(int fd, const char *prompt, struct secret **ret) MUST_CHECK;
/* Characters of UTF-8. */
size_t secret_line_characters(const struct secret *line);

#endif
