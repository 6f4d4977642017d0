/*
 * libcrypto: bulk ChaCha20-Poly1305 and SHA-256, three to four times as fast
 * as libsodium's. Used by the sealer, the inspector and the journal. All algorithms
 * are fetched by the _new functions, which therefore run before the sandbox;
 * no configuration file is read and no further module loaded.
 */
#ifndef LIBRARY_CRYPTO_H
#define LIBRARY_CRYPTO_H

#include "base/bytes.h"
#include "library/sodium.h"

enum bulk_outcome {
	BULK_FORGED = 1, /* this chunk is not the index-th (or not the last) under this key */
};

/* One payload's cipher (format/age.h STREAM); reusable for the next payload by setting its key. */
struct bulk;

int bulk_new(struct bulk **ret) MUST_CHECK;
void bulk_free(struct bulk *b);
DEFINE_OWNED(bulk, struct bulk, bulk_free);
int bulk_set_key(struct bulk *b, const struct secret *payload_key) MUST_CHECK; /* 32 bytes */
/* Wipes the key; the next use begins with bulk_set_key(). */
void bulk_forget(struct bulk *b);
/* n plain bytes (at most AGE_CHUNK) to n + AGE_TAG at ret, which may not overlap. */
int bulk_seal_chunk(struct bulk *b, uint64_t index, bool last, struct bytes plain, uint8_t *ret) MUST_CHECK;
/* sealed.n - AGE_TAG bytes to ret, or BULK_FORGED with ret wiped. */
int bulk_open_chunk(struct bulk *b, uint64_t index, bool last, struct bytes sealed, uint8_t *ret) MUST_CHECK;

/* What bulk_open_chunk() would say, a third of the work: the tag alone, nothing is decrypted (RFC 8439, 2.8). */
int bulk_check_chunk(struct bulk *b, uint64_t index, bool last, struct bytes sealed) MUST_CHECK;

/* Some bytes of a chunk. */
struct bulk_part {
	uint64_t index; /* of the chunk */
	bool last;
	size_t skip, n; /* plain bytes before them; of them */
};
/* Decrypts them from a chunk that bulk_check_chunk() has just found right: by itself this proves nothing. */
int bulk_open_part(struct bulk *b, const struct bulk_part *part, const uint8_t *checked, uint8_t *ret) MUST_CHECK;

/* SHA-256 of a stream; reusable. */
struct digest;

int digest_new(struct digest **ret) MUST_CHECK; /* ready for bytes */
void digest_free(struct digest *d);
DEFINE_OWNED(digest, struct digest, digest_free);
int digest_start(struct digest *d) MUST_CHECK; /* forgets what was added */
int digest_add(struct digest *d, struct bytes b) MUST_CHECK;
int digest_end(struct digest *d, uint8_t ret[SHA256_BYTES]) MUST_CHECK; /* then digest_start() */

#endif
