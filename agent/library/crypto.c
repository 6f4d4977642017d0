/*
 * libcrypto with a private library context: no configuration, no engine, no
 * provider but the built-in one, and every algorithm fetched when an object
 * is made, so that nothing is looked up inside the sandbox.
 */
#include "library/crypto.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "format/age.h"

#define TAG_KEY	     32
#define STREAM_BLOCK ((size_t)64)

static const uint8_t zeros[STREAM_BLOCK];

struct bulk {
	OSSL_LIB_CTX *library;
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *context;
	EVP_CIPHER *stream; /* for the one-time key of a tag that is checked without decrypting */
	EVP_CIPHER_CTX *stream_context;
	EVP_MAC *tagger;
	EVP_MAC_CTX *tag_context;
};

struct digest {
	OSSL_LIB_CTX *library;
	EVP_MD *algorithm;
	EVP_MD_CTX *context;
};

static int new_library(OSSL_LIB_CTX **ret)
{
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL))
		return FAULT(EIO, "libcrypto did not start");
	*ret = OSSL_LIB_CTX_new();
	return *ret ? 0 : FAULT(ENOMEM, "libcrypto context");
}

void bulk_free(struct bulk *b)
{
	if (!b)
		return;
	EVP_CIPHER_CTX_free(b->context); /* wipes the key */
	EVP_CIPHER_free(b->cipher);
	EVP_CIPHER_CTX_free(b->stream_context);
	EVP_CIPHER_free(b->stream);
	EVP_MAC_CTX_free(b->tag_context);
	EVP_MAC_free(b->tagger);
	OSSL_LIB_CTX_free(b->library);
	free(b);
}

int bulk_new(struct bulk **ret)
{
	OWNED(bulk) struct bulk *b = calloc(1, sizeof(*b));

	if (!b)
		return FAULT(ENOMEM, "bulk cipher");
	TRY(new_library(&b->library));
	b->cipher = EVP_CIPHER_fetch(b->library, "ChaCha20-Poly1305", "provider=default");
	b->context = EVP_CIPHER_CTX_new();
	b->stream = EVP_CIPHER_fetch(b->library, "ChaCha20", "provider=default");
	b->stream_context = EVP_CIPHER_CTX_new();
	b->tagger = EVP_MAC_fetch(b->library, "POLY1305", "provider=default");
	b->tag_context = b->tagger ? EVP_MAC_CTX_new(b->tagger) : NULL;
	if (!b->cipher || !b->context || !b->stream || !b->stream_context || !b->tag_context)
		return FAULT(ENOTSUP, "libcrypto has no ChaCha20-Poly1305");
	*ret = steal(&b);
	return 0;
}

static int use_key(struct bytes key, void *context)
{
	const struct bulk *b = context;

	if (key.n != AEAD_KEY)
		return FAULT(EINVAL, "payload key of %zu bytes", key.n);
	if (EVP_CipherInit_ex2(b->context, b->cipher, key.at, NULL, 1, NULL) != 1 ||
	    EVP_CipherInit_ex2(b->stream_context, b->stream, key.at, NULL, 1, NULL) != 1)
		return FAULT(EIO, "libcrypto refused a key");
	return 0;
}

int bulk_set_key(struct bulk *b, const struct secret *payload_key)
{
	return secret_lend(payload_key, use_key, b);
}

void bulk_forget(struct bulk *b)
{
	(void)EVP_CIPHER_CTX_reset(b->context); /* wipes the key; never fails */
	(void)EVP_CIPHER_CTX_reset(b->stream_context);
	(void)EVP_MAC_init(b->tag_context, zeros, TAG_KEY, NULL); /* the key of one tag gives way to none */
}

/* The key stays; only nonce and direction change from chunk to chunk. */
static int start_chunk(struct bulk *b, uint64_t index, bool last, int encrypt)
{
	uint8_t nonce[AGE_STREAM_NONCE];

	age_chunk_nonce(index, last, nonce);
	return EVP_CipherInit_ex2(b->context, NULL, NULL, nonce, encrypt, NULL) == 1
		   ? 0
		   : FAULT(EIO, "libcrypto refused a nonce");
}

int bulk_seal_chunk(struct bulk *b, uint64_t index, bool last, struct bytes plain, uint8_t *ret)
{
	int n = 0, rest = 0;

	if (plain.n > AGE_CHUNK)
		return FAULT(EINVAL, "chunk of %zu bytes", plain.n);
	TRY(start_chunk(b, index, last, 1));
	if ((plain.n && EVP_CipherUpdate(b->context, ret, &n, plain.at, (int)plain.n) != 1) ||
	    EVP_CipherFinal_ex(b->context, ret + n, &rest) != 1 ||
	    EVP_CIPHER_CTX_ctrl(b->context, EVP_CTRL_AEAD_GET_TAG, (int)AGE_TAG, ret + plain.n) != 1)
		return FAULT(EIO, "libcrypto did not encrypt");
	return 0;
}

int bulk_open_chunk(struct bulk *b, uint64_t index, bool last, struct bytes sealed, uint8_t *ret)
{
	uint8_t tag[AGE_TAG];
	size_t plain;
	int n = 0, rest = 0;

	if (sealed.n < AGE_TAG || sealed.n > AGE_SEALED_CHUNK)
		return BULK_FORGED;
	plain = sealed.n - AGE_TAG;
	memcpy(tag, sealed.at + plain, sizeof(tag));
	TRY(start_chunk(b, index, last, 0));
	if (EVP_CIPHER_CTX_ctrl(b->context, EVP_CTRL_AEAD_SET_TAG, (int)sizeof(tag), tag) != 1 ||
	    (plain && EVP_CipherUpdate(b->context, ret, &n, sealed.at, (int)plain) != 1))
		return FAULT(EIO, "libcrypto did not decrypt");
	if (EVP_CipherFinal_ex(b->context, ret + n, &rest) != 1) {
		wipe(ret, plain); /* libcrypto writes before it knows */
		return BULK_FORGED;
	}
	return 0;
}

/* The bare key stream of a chunk, from its block-th 64 bytes on. */
static int start_stream(struct bulk *b, uint64_t index, bool last, size_t block)
{
	uint8_t start[4 + AGE_STREAM_NONCE];

	for (size_t i = 0; i < 4; i++)
		start[i] = (uint8_t)(block >> (8 * i));
	age_chunk_nonce(index, last, start + 4);
	return EVP_CipherInit_ex2(b->stream_context, NULL, NULL, start, 1, NULL) == 1
		   ? 0
		   : FAULT(EIO, "libcrypto refused a nonce");
}

static int stream(struct bulk *b, const uint8_t *from, size_t n, uint8_t *ret)
{
	int done = 0;

	return EVP_CipherUpdate(b->stream_context, ret, &done, from, (int)n) == 1 && (size_t)done == n
		   ? 0
		   : FAULT(EIO, "libcrypto gave no key stream");
}

/* Block 0 of the key stream is the key of the tag. */
static int tag_key(struct bulk *b, uint64_t index, bool last, uint8_t ret[TAG_KEY])
{
	TRY(start_stream(b, index, last, 0));
	return stream(b, zeros, TAG_KEY, ret);
}

/* The tag is over the ciphertext, filled up with zeros to 16 bytes, and two lengths: no other data, and its own. */
static int tag_of(struct bulk *b, const uint8_t key[TAG_KEY], struct bytes sealed, uint8_t ret[AGE_TAG])
{
	uint8_t end[15 + 16] = {0};
	size_t fill = -sealed.n % 16, n = 0;

	for (size_t i = 0; i < 8; i++)
		end[fill + 8 + i] = (uint8_t)((uint64_t)sealed.n >> (8 * i));
	return EVP_MAC_init(b->tag_context, key, TAG_KEY, NULL) == 1 &&
		       EVP_MAC_update(b->tag_context, sealed.at, sealed.n) == 1 &&
		       EVP_MAC_update(b->tag_context, end, fill + 16) == 1 &&
		       EVP_MAC_final(b->tag_context, ret, &n, AGE_TAG) == 1 && n == AGE_TAG
		   ? 0
		   : FAULT(EIO, "libcrypto made no tag");
}

int bulk_check_chunk(struct bulk *b, uint64_t index, bool last, struct bytes sealed)
{
	uint8_t key[TAG_KEY], tag[AGE_TAG];
	int bad;

	if (sealed.n < AGE_TAG || sealed.n > AGE_SEALED_CHUNK)
		return BULK_FORGED;
	sealed.n -= AGE_TAG;
	bad = tag_key(b, index, last, key);
	if (bad == 0)
		bad = tag_of(b, key, sealed, tag);
	wipe(key, sizeof(key));
	TRY(bad);
	return bytes_equal_constant(tag, sealed.at + sealed.n, AGE_TAG) ? 0 : BULK_FORGED;
}

/* The content's key stream begins with block 1. */
int bulk_open_part(struct bulk *b, const struct bulk_part *part, const uint8_t *checked, uint8_t *ret)
{
	uint8_t unused[STREAM_BLOCK];

	if (part->skip > AGE_CHUNK || part->n > AGE_CHUNK - part->skip)
		return FAULT(EINVAL, "part of a chunk: %zu bytes from %zu", part->n, part->skip);
	TRY(start_stream(b, part->index, part->last, 1 + part->skip / STREAM_BLOCK));
	if (part->skip % STREAM_BLOCK) {
		TRY(stream(b, zeros, part->skip % STREAM_BLOCK, unused));
		wipe(unused, sizeof(unused));
	}
	return part->n ? stream(b, checked + part->skip, part->n, ret) : 0;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->context);
	EVP_MD_free(d->algorithm);
	OSSL_LIB_CTX_free(d->library);
	free(d);
}

int digest_new(struct digest **ret)
{
	OWNED(digest) struct digest *d = calloc(1, sizeof(*d));

	if (!d)
		return FAULT(ENOMEM, "digest");
	TRY(new_library(&d->library));
	d->algorithm = EVP_MD_fetch(d->library, "SHA2-256", "provider=default");
	d->context = EVP_MD_CTX_new();
	if (!d->algorithm || !d->context)
		return FAULT(ENOTSUP, "libcrypto has no SHA-256");
	TRY(digest_start(d));
	*ret = steal(&d);
	return 0;
}

int digest_start(struct digest *d)
{
	return EVP_DigestInit_ex2(d->context, d->algorithm, NULL) == 1 ? 0 : FAULT(EIO, "SHA-256 start");
}

int digest_add(struct digest *d, struct bytes b)
{
	return b.n == 0 || EVP_DigestUpdate(d->context, b.at, b.n) == 1 ? 0 : FAULT(EIO, "SHA-256 of %zu bytes", b.n);
}

int digest_end(struct digest *d, uint8_t ret[SHA256_BYTES])
{
	return EVP_DigestFinal_ex(d->context, ret, NULL) == 1 ? 0 : FAULT(EIO, "SHA-256 end");
}
