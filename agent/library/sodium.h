/*
 * libsodium: secrets and everything that touches one. The bytes of a secret
 * are reachable in sodium.c only; others lend them to a callback. Keys,
 * signatures, key derivation and small ciphers are here; bulk data is
 * library/crypto (libcrypto).
 */
#ifndef LIBRARY_SODIUM_H
#define LIBRARY_SODIUM_H

#include "base/bytes.h"

#define SHA256_BYTES   ((size_t)32)
#define SHA512_BYTES   ((size_t)64)
#define X25519_BYTES   ((size_t)32)
#define ED25519_SEED   ((size_t)32)
#define ED25519_PUBLIC ((size_t)32)
#define ED25519_SIGNED ((size_t)64)
#define AEAD_TAG       ((size_t)16)
#define AEAD_KEY       ((size_t)32)
#define XCHACHA_NONCE  ((size_t)24)
#define CHACHA_NONCE   ((size_t)12)

enum sodium_outcome {
	SODIUM_FORGED = 1, /* the tag or signature does not belong to these bytes and this key */
	SODIUM_LOW_ORDER,  /* a public point that gives everybody the same shared secret */
	SODIUM_NO_MEMORY,  /* scrypt's table does not fit into what this process may have */
};

/* Once at start of every process that uses secrets, before its sandbox. Fault when there is no randomness. Inside the
 * sandbox getrandom, mmap, munmap, mprotect, madvise, mlock and munlock are needed. */
int sodium_start(void) MUST_CHECK;

/* Locked, guarded memory that is wiped when freed. */
struct secret;

int secret_new_random(size_t n, struct secret **ret) MUST_CHECK;
/* Takes the bytes over: the source is wiped, also when this faults. */
int secret_new_from(void *at, size_t n, struct secret **ret) MUST_CHECK;
int secret_new_copy(const struct secret *s, struct secret **ret) MUST_CHECK;
/* fill writes the n bytes in place and may lower *n; what it returns other than 0 is passed on and nothing is made. */
int secret_new_filled(size_t n, int (*fill)(uint8_t *at, size_t *n, void *context), void *context,
		      struct secret **ret) MUST_CHECK;
void secret_free(struct secret *s);
size_t secret_length(const struct secret *s);
bool secret_equal(const struct secret *a, const struct secret *b); /* in constant time */
/* Lends the bytes for the time of one call, whose result is returned; they may not be kept. */
int secret_lend(const struct secret *s, int (*use)(struct bytes at, void *context), void *context) MUST_CHECK;
/* For the one wire between keeper and sealer: exactly the secret's bytes; the caller wipes them. */
void secret_copy_out(const struct secret *s, uint8_t *ret);
DEFINE_OWNED(secret, struct secret, secret_free);

void wipe(void *at, size_t n); /* not optimised away */
bool bytes_equal_constant(const void *a, const void *b, size_t n);
void random_bytes(void *ret, size_t n);

/* Hashes of small things. */
void sha256_of(struct bytes b, uint8_t ret[SHA256_BYTES]);
void sha512_of(struct bytes b, uint8_t ret[SHA512_BYTES]);
/* Over n parts, one after the other, without length marks between them. */
void sha256_of_parts(const struct bytes *parts, size_t n, uint8_t ret[SHA256_BYTES]);
void hmac_sha256(const struct secret *key, struct bytes b, uint8_t ret[SHA256_BYTES]);
int secret_begin_hmac(struct secret *s) MUST_CHECK; /* many HMACs will be made under it: each costs half from then on */
/* Keyed BLAKE2b of n bytes, 16 to 64: for look-ups that never leave this machine, where it is made for every file. */
void hash_keyed(const struct secret *key, struct bytes b, uint8_t *ret, size_t n);
/* RFC 5869 with SHA-256; n at most 255 * 32. An empty salt is 32 zero bytes as the RFC says. */
int hkdf_sha256(const struct secret *ikm, struct bytes salt, struct bytes info, size_t n,
		struct secret **ret) MUST_CHECK;

/* scrypt (RFC 7914) with r = 8, p = 1 and N = 2^log_n (1 to 30): takes N KiB of memory and about a second for log_n 18.
 */
int scrypt_sha256(const struct secret *passphrase, struct bytes salt, unsigned log_n, size_t n,
		  struct secret **ret) MUST_CHECK;

/* X25519 (RFC 7748). */
int x25519_public(const struct secret *identity, uint8_t ret[X25519_BYTES]) MUST_CHECK;
int x25519_shared(const struct secret *identity, const uint8_t peer[X25519_BYTES], struct secret **ret) MUST_CHECK;

/* ChaCha20-Poly1305 (RFC 8439) in one call: appends n + AEAD_TAG, or n - AEAD_TAG bytes, or SODIUM_FORGED. */
struct aead {
	const struct secret *key; /* AEAD_KEY bytes */
	const uint8_t *nonce;	  /* CHACHA_NONCE bytes, or XCHACHA_NONCE for aead_x… */
	struct bytes associated;
};

int aead_seal(const struct aead *a, struct bytes plain, struct buffer *ret) MUST_CHECK;
int aead_open(const struct aead *a, struct bytes sealed, struct buffer *ret) MUST_CHECK;
int aead_xseal(const struct aead *a, struct bytes plain, struct buffer *ret) MUST_CHECK;
int aead_xopen(const struct aead *a, struct bytes sealed, struct buffer *ret) MUST_CHECK;
/* The same for a plaintext that is itself a secret (a file key, a private key). */
int aead_seal_secret(const struct aead *a, const struct secret *plain, struct buffer *ret) MUST_CHECK;
int aead_open_secret(const struct aead *a, struct bytes sealed, struct secret **ret) MUST_CHECK;

/* Text at rest in a row: nonce || ciphertext || tag, XChaCha20-Poly1305. place (table, column, row id) is
 * associated data, so that no value can be moved to another cell. */
int cell_seal(const struct secret *key, struct bytes place, struct bytes plain, struct buffer *ret) MUST_CHECK;
int cell_open(const struct secret *key, struct bytes place, struct bytes sealed, struct buffer *ret) MUST_CHECK;

/* Ed25519 (RFC 8032). seed: ED25519_SEED bytes. */
int ed25519_public(const struct secret *seed, uint8_t ret[ED25519_PUBLIC]) MUST_CHECK;
int ed25519_sign(const struct secret *seed, struct bytes message, uint8_t ret[ED25519_SIGNED]) MUST_CHECK;
/* 0 or SODIUM_FORGED. */
int ed25519_verify(const uint8_t public[ED25519_PUBLIC], struct bytes message,
		   const uint8_t signature[ED25519_SIGNED]) MUST_CHECK;

#endif
