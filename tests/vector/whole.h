/* Whole files in memory, written and read with the parts that the sealer uses, for the cross tests with peers. */
#ifndef TESTS_VECTOR_WHOLE_H
#define TESTS_VECTOR_WHOLE_H

#include <stdio.h>
#include <string.h>

#include "library/crypto.h"
#include "library/envelope.h"
#include "library/sample.h"
#include "library/signature.h"

enum status { USAGE = 2, HEADER = 10, NO_MATCH, HMAC, PAYLOAD, LABEL, SIGNATURE, FAULTY = 99 };

static inline int say(int status, const char *what)
{
	(void)fprintf(stderr, "%s\n", what);
	return status;
}

static inline void read_all(FILE *from, struct buffer *ret)
{
	uint8_t *at;

	while ((at = buffer_reserve(ret, 1 << 20))) {
		size_t n = fread(at, 1, 1 << 20, from);

		if (n == 0)
			return;
		ret->n += n;
	}
}

static inline void read_file(const char *path, struct buffer *ret)
{
	FILE *f = fopen(path, "re");

	if (f) {
		read_all(f, ret);
		(void)fclose(f);
	}
}

static inline int write_all(struct bytes b)
{
	return fwrite(b.at, 1, b.n, stdout) == b.n && fflush(stdout) == 0 ? 0 : say(FAULTY, "cannot write");
}

static inline int seal_payload(struct bulk *bulk, struct bytes plain, struct buffer *to)
{
	uint64_t n = age_chunk_count(plain.n);

	for (uint64_t i = 0; i < n; i++) {
		size_t at = (size_t)i * AGE_CHUNK;
		size_t length = i + 1 < n ? AGE_CHUNK : plain.n - at;
		uint8_t *room = buffer_reserve(to, length + AGE_TAG);

		if (!room || bulk_seal_chunk(bulk, i, i + 1 == n, bytes_of(plain.at + at, length), room))
			return FAULTY;
		to->n += length + AGE_TAG;
	}
	return 0;
}

/* Everything is verified before the caller gets a byte. */
static inline int open_payload(struct bulk *bulk, struct bytes payload, struct buffer *to)
{
	uint64_t length, n;

	if (!age_plain_length(payload.n, &length))
		return PAYLOAD;
	n = age_chunk_count(length);
	for (uint64_t i = 0; i < n; i++) {
		size_t at = (size_t)i * AGE_SEALED_CHUNK;
		size_t sealed = i + 1 < n ? AGE_SEALED_CHUNK : payload.n - at;
		uint8_t *room = buffer_reserve(to, sealed - AGE_TAG);

		if (!room || bulk_open_chunk(bulk, i, i + 1 == n, bytes_of(payload.at + at, sealed), room))
			return PAYLOAD;
		to->n += sealed - AGE_TAG;
	}
	return 0;
}

static inline int with_payload_key(const struct secret *file_key, const uint8_t *nonce, struct bulk **ret)
{
	OWNED(secret) struct secret *key = NULL;

	return bulk_new(ret) || identity_payload_key(file_key, nonce, &key) || bulk_set_key(*ret, key) ? FAULTY : 0;
}

typedef int open_header_fn(const struct age_header *h, const struct secret *with, struct secret **ret_file_key);

/* open_header: with an identity or a passphrase. */
static inline int open_file(struct bytes file, open_header_fn *open_header, const struct secret *with,
			    struct buffer *to)
{
	static const int status[] = {
	    [IDENTITY_MALFORMED] = HEADER,
	    [IDENTITY_NOT_FOR_US] = NO_MATCH,
	    [IDENTITY_DAMAGED] = HMAC,
	    [IDENTITY_NOT_PASSPHRASE] = NO_MATCH,
	    [IDENTITY_WRONG_PASSPHRASE] = NO_MATCH,
	    [IDENTITY_WORK_TOO_LARGE] = HEADER,
	};
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	struct age_header h;
	size_t at;
	int bad;

	if (age_header_parse(file, &h))
		return HEADER;
	bad = open_header(&h, with, &file_key);
	at = h.length;
	age_header_done(&h);
	if (bad)
		return bad < 0 ? FAULTY : status[bad];
	if (file.n < at + AGE_NONCE)
		return HEADER;
	if (with_payload_key(file_key, file.at + at, &bulk))
		return FAULTY;
	return open_payload(bulk, bytes_of(file.at + at + AGE_NONCE, file.n - at - AGE_NONCE), to);
}

static inline int decrypt(struct bytes file, const struct secret *identity, struct buffer *to)
{
	return open_file(file, identity_open_header, identity, to);
}

static inline int load_identity(const char *path, struct secret **ret)
{
	OWN_BUFFER struct buffer text = {0};

	read_file(path, &text);
	return identity_from_text(buffer_bytes(&text), ret) ? say(USAGE, "no identity in that file") : 0;
}

/* As age writes it: one recipient, nothing of ours. */
static inline int encrypt(struct bytes plain, const struct recipient *to, struct buffer *out)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	uint8_t nonce[AGE_NONCE];

	age_write_begin(out);
	random_bytes(nonce, sizeof(nonce));
	if (envelope_new_file_key(&file_key) || identity_wrap(to, file_key, out) ||
	    identity_finish_header(file_key, out) || with_payload_key(file_key, nonce, &bulk))
		return FAULTY;
	buffer_add(out, nonce, sizeof(nonce));
	return seal_payload(bulk, plain, out);
}

/* A sealed document, to a level key and to escrow. */
static inline int seal(struct bytes plain, const struct recipient to[2], struct buffer *out)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	OWN_BUFFER struct buffer record = {0};
	struct envelope_plan plan = {.recipients = to, .n_recipients = 2};

	if (envelope_new_file_key(&file_key) || sample_record(plain, 1, "secret", &record))
		return FAULTY;
	plan.file_key = file_key;
	plan.record = buffer_bytes(&record);
	if (envelope_write(&plan, out) || with_payload_key(file_key, out->at + out->n - AGE_NONCE, &bulk))
		return FAULTY;
	return seal_payload(bulk, plain, out);
}

static inline int load_public(const char *path, struct ssh_public_key *ret)
{
	OWN_BUFFER struct buffer line = {0};

	read_file(path, &line);
	return ssh_public_key_parse_line(buffer_bytes(&line), ret) ? say(USAGE, "no public key in that file") : 0;
}

#endif
