/*
 * Reading the payload of a sealed file (or any age file) at any place. The
 * last chunk is verified first, because it alone proves where the content
 * ends; after that a byte leaves only when the chunk it is in has verified at
 * its own place. Whole-file output is not this: it verifies every chunk before
 * the first byte leaves (classd-sealed(7)).
 */
#ifndef LIBRARY_SEALED_READER_H
#define LIBRARY_SEALED_READER_H

#include "library/crypto.h"
#include "system/files.h"

enum sealed_reader_outcome {
	SEALED_READER_CUT = 1, /* no content has a payload of that length, or the file is shorter than it was */
	SEALED_READER_DAMAGED, /* a chunk does not verify at its place */
};

/* Everything is borrowed for the reader's life. */
struct sealed_reader_plan {
	const struct files *files;
	int fd;
	uint64_t file_length;		  /* as fstat(2) says */
	uint64_t payload_at;		  /* behind header and nonce */
	const struct secret *payload_key; /* envelope_payload_key(), identity_payload_key() */
	struct bulk *bulk;		  /* many readers may share one: its key is set in each call */
};

struct sealed_reader;

/* Verifies the last chunk. 0, an outcome, or a fault when the file cannot be read. */
int sealed_reader_new(const struct sealed_reader_plan *plan, struct sealed_reader **ret) MUST_CHECK;
void sealed_reader_free(struct sealed_reader *r);
DEFINE_OWNED(sealed_reader, struct sealed_reader, sealed_reader_free);

uint64_t sealed_reader_length(const struct sealed_reader *r); /* content bytes */
/* Up to n content bytes from offset to ret, fewer (or none) only where the content ends; *ret_n says how many. One
 * chunk stays verified, so that reads that follow each other verify it once. On an outcome or a fault ret is wiped and
 * holds nothing.
 */
int sealed_reader_read(struct sealed_reader *r, uint64_t offset, size_t n, uint8_t *ret, size_t *ret_n) MUST_CHECK;

#endif
