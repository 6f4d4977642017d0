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

struct bulk {
	OSSL_LIB_CTX *library;
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *context;
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
	if (!b->cipher || !b->context)
		return FAULT(ENOTSUP, "libcrypto has no ChaCha20-Poly1305");
	*ret = steal(&b);
	return 0;
}

static int use_key(struct bytes key, void *context)
{
	const struct bulk *b = context;

	if (key.n != AEAD_KEY)
		return FAULT(EINVAL, "payload key of %zu bytes", key.n);
	if (EVP_CipherInit_ex2(b->context, b->cipher, key.at, NULL, 1, NULL) != 1)
		return FAULT(EIO, "libcrypto refused a key");
	return 0;
}

int bulk_set_key(struct bulk *b, const struct secret *payload_key)
{
	return secret_lend(payload_key, use_key, b);
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
