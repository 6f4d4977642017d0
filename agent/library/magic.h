/*
 * libmagic, for what simpler means do not recognise. Its table is opened
 * before the sandbox and read only when it is first needed: it costs 8 MiB.
 */
#ifndef LIBRARY_MAGIC_H
#define LIBRARY_MAGIC_H

#include "base/bytes.h"

#define FILETYPE_LOOKS_AT ((size_t)1024) /* more costs a millisecond a file and tells nothing more */

struct filetype;

/* A machine without the table is no fault: every answer is then "application/octet-stream". */
int filetype_new(struct filetype **ret) MUST_CHECK;
void filetype_free(struct filetype *f);
DEFINE_OWNED(filetype, struct filetype, filetype_free);
/* MIME type of the file that begins so; valid until the next call. */
const char *filetype_of(struct filetype *f, struct bytes start);

#endif
