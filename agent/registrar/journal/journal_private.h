/* Shared by the journal's files only. */
#ifndef REGISTRAR_JOURNAL_PRIVATE_H
#define REGISTRAR_JOURNAL_PRIVATE_H

#include "registrar/journal/journal.h"

#define JOURNAL_BLOCK ((size_t)65536)

struct journal {
	const struct files *files;
	int fd;
	bool is_damaged;
	uint64_t end;	   /* bytes that are durable */
	uint64_t reserved; /* bytes that are allocated */
	uint64_t torn;	   /* bytes that were cut off at opening */
	bool has_leftover; /* of a write that failed, behind the end */
	struct buffer pending;
	struct digest *digest;
	struct chain newest, durable;
	struct chain before; /* the last append, for taking it back … */
	size_t pending_before;
	char time[32], boot[40]; /* of the newest entry at opening or since */
	uint64_t mono_ms;
};

#endif
