/*
 * An age file of any length, chunk by chunk: what is too large for agefile_…
 * (identity.h) and is no document, so it has no label. Payload through
 * libcrypto. `age -d -i` opens what is written, the reader opens what `age -r`
 * makes. A chunk is let out only after its own tag; that the end was reached
 * is AGESTREAM_END, and nothing read before it is known to be all.
 */
#ifndef LIBRARY_AGESTREAM_H
#define LIBRARY_AGESTREAM_H

#include "library/crypto.h"
#include "library/identity.h"

/* Each names the layer that refused; agestream_outcome_text() says it to people. */
enum agestream_outcome {
	AGESTREAM_END = 1,   /* the last chunk was read before */
	AGESTREAM_NOT_AGE,   /* no age file */
	AGESTREAM_NEWER,     /* a version of age that is not known */
	AGESTREAM_NO_KEY,    /* the wrong key: no recipient of it is this identity */
	AGESTREAM_DAMAGED,   /* header, MAC or a chunk; or the end is missing */
	AGESTREAM_UNREADABLE /* read(2) failed: errno is in the reader's error */
};

const char *agestream_outcome_text(int outcome);

struct agestream_writer;

/* bulk is borrowed: one made before the sandbox. The header goes to ret at once. */
int agestream_writer_new(struct bulk *bulk, const struct recipient *to, size_t n_to, struct buffer *ret_sealed,
			 struct agestream_writer **ret) MUST_CHECK;
void agestream_writer_free(struct agestream_writer *w);
DEFINE_OWNED(agestream_writer, struct agestream_writer, agestream_writer_free);
/* Appends the chunks that are full. Only for a moment more than one chunk is held back. */
int agestream_write(struct agestream_writer *w, struct bytes plain, struct buffer *ret_sealed) MUST_CHECK;
int agestream_write_end(struct agestream_writer *w, struct buffer *ret_sealed) MUST_CHECK;

struct agestream_reader;

/* fd is borrowed and read from where it stands. 0 or an outcome (AGESTREAM_UNREADABLE: *ret_error, which may be NULL).
 */
int agestream_reader_new(int fd, const struct secret *identity, int *ret_error,
			 struct agestream_reader **ret) MUST_CHECK;
void agestream_reader_free(struct agestream_reader *r);
DEFINE_OWNED(agestream_reader, struct agestream_reader, agestream_reader_free);
/* The next chunk's plaintext (never empty, until the next call), or an outcome. */
int agestream_read(struct agestream_reader *r, struct bytes *ret) MUST_CHECK;
int agestream_reader_error(const struct agestream_reader *r); /* errno of AGESTREAM_UNREADABLE */

#endif
