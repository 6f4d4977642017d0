/* Small age files, whole in memory and in secret memory only. */
#include "library/identity.h"

#include <errno.h>
#include <string.h>

struct payload {
	const struct secret *key;
	struct buffer *to;
};

/* The first chunk is the last one: nothing here is larger than a chunk. */
static int seal_payload(struct bytes plain, void *context)
{
	const struct payload *p = context;
	uint8_t nonce[AGE_STREAM_NONCE];

	age_chunk_nonce(0, true, nonce);
	return aead_seal(&(struct aead){p->key, nonce, {0}}, plain, p->to);
}

/* Behind the stanzas in file: MAC, nonce, and the only chunk. */
static int finish(const struct secret *file_key, const struct secret *plain, struct buffer *file, struct buffer *ret)
{
	OWNED(secret) struct secret *payload_key = NULL;
	uint8_t nonce[AGE_NONCE];

	TRY(identity_finish_header(file_key, file));
	random_bytes(nonce, sizeof(nonce));
	buffer_add(file, nonce, sizeof(nonce));
	TRY(identity_payload_key(file_key, nonce, &payload_key));
	TRY(secret_lend(plain, seal_payload, &(struct payload){payload_key, file}));
	buffer_add_bytes(ret, buffer_bytes(file));
	return buffer_check(ret);
}

int agefile_seal(const struct secret *plain, const struct recipient *to, size_t n_to, struct buffer *ret)
{
	return agefile_seal_plan(plain, &(struct agefile_plan){.to = to, .n_to = n_to}, ret);
}

int agefile_seal_plan(const struct secret *plain, const struct agefile_plan *plan, struct buffer *ret)
{
	OWN_BUFFER struct buffer file = {0};
	OWNED(secret) struct secret *file_key = NULL;

	if (secret_length(plain) > IDENTITY_FILE_MAX || plan->n_to == 0 || plan->n_to > AGE_STANZAS_MAX)
		return IDENTITY_TOO_LARGE;
	TRY(secret_new_random(AGE_FILE_KEY, &file_key));
	age_write_begin(&file);
	buffer_add_bytes(&file, plan->stanzas);
	for (size_t i = 0; i < plan->n_to; i++) {
		int r = identity_wrap(&plan->to[i], file_key, &file);

		if (r)
			return r;
	}
	return finish(file_key, plain, &file, ret);
}

int agefile_seal_passphrase(const struct secret *plain, const struct secret *passphrase, unsigned log_n,
			    struct buffer *ret)
{
	OWN_BUFFER struct buffer file = {0};
	OWNED(secret) struct secret *file_key = NULL;
	int r;

	if (secret_length(plain) > IDENTITY_FILE_MAX)
		return IDENTITY_TOO_LARGE;
	TRY(secret_new_random(AGE_FILE_KEY, &file_key));
	age_write_begin(&file);
	r = passphrase_wrap(passphrase, log_n, file_key, &file);
	return r ? r : finish(file_key, plain, &file, ret);
}

static int open_payload(const struct secret *payload_key, struct bytes payload, struct secret **ret)
{
	uint8_t nonce[AGE_STREAM_NONCE];
	int r;

	if (payload.n > AGE_SEALED_CHUNK)
		return IDENTITY_TOO_LARGE;
	age_chunk_nonce(0, true, nonce);
	r = aead_open_secret(&(struct aead){payload_key, nonce, {0}}, payload, ret);
	return r > 0 ? IDENTITY_PAYLOAD_DAMAGED : r;
}

/* What opens a header: an identity or a passphrase. */
typedef int open_header_fn(const struct age_header *h, const struct secret *with, struct secret **ret_file_key);

static int open_parsed(const struct age_header *h, struct bytes file, open_header_fn *open_header,
		       const struct secret *with, struct secret **ret)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(secret) struct secret *payload_key = NULL;
	size_t payload_at = h->length + AGE_NONCE;
	int r = open_header(h, with, &file_key);

	if (r)
		return r;
	if (file.n < payload_at)
		return IDENTITY_PAYLOAD_DAMAGED;
	TRY(identity_payload_key(file_key, file.at + h->length, &payload_key));
	return open_payload(payload_key, bytes_of(file.at + payload_at, file.n - payload_at), ret);
}

static int open_file(struct bytes file, open_header_fn *open_header, const struct secret *with, struct secret **ret)
{
	static const int outcomes[] = {
	    [AGE_NOT_AGE] = IDENTITY_NOT_AGE,	  [AGE_NEWER] = IDENTITY_NEWER,		[AGE_CUT] = IDENTITY_CUT,
	    [AGE_TOO_LARGE] = IDENTITY_TOO_LARGE, [AGE_MALFORMED] = IDENTITY_MALFORMED,
	};
	struct age_header h;
	int r = age_header_parse(file, &h);

	if (r)
		return r < 0 ? r : outcomes[r];
	r = open_parsed(&h, file, open_header, with, ret);
	age_header_done(&h);
	return r;
}

int agefile_open(struct bytes file, const struct secret *identity, struct secret **ret)
{
	return open_file(file, identity_open_header, identity, ret);
}

int agefile_open_passphrase(struct bytes file, const struct secret *passphrase, struct secret **ret)
{
	return open_file(file, passphrase_open_header, passphrase, ret);
}
