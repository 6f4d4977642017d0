/*
 * A security token in software for ssh-keygen and ssh-agent (SSH_SK_PROVIDER): OpenSSH's interface for middleware,
 * version 10, written from PROTOCOL.u2f. The key handle is the seed, so it protects nothing. A touch is taken for
 * granted where the key asks for one; a key made with no-touch-required signs silently.
 */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VERSION	    0x000a0000u
#define ED25519	    1u
#define UNSUPPORTED (-2)
#define GENERAL	    (-1)
#define FLAGS	    0x05 /* touched, person verified */

struct piece {
	uint8_t *at;
	size_t n;
};
struct enrolled {
	uint8_t flags;
	struct piece public_key, handle, signature, certificate, authdata;
};
struct signed_ {
	uint8_t flags;
	uint32_t counter;
	struct piece r, s;
};

uint32_t sk_api_version(void);
int sk_enroll(uint32_t kind, const uint8_t *challenge, size_t n, const char *application, uint8_t flags,
	      const char *pin, void **options, struct enrolled **ret);
int sk_sign(uint32_t kind, const uint8_t *data, size_t n, const char *application, const uint8_t *handle,
	    size_t n_handle, uint8_t flags, const char *pin, void **options, struct signed_ **ret);
int sk_load_resident_keys(const char *pin, void **options, void ***ret, size_t *ret_n);

uint32_t sk_api_version(void)
{
	return VERSION;
}

/* The caller frees everything with free(3). */
static struct piece piece_of(const void *at, size_t n)
{
	struct piece p = {malloc(n), n};

	if (!p.at)
		abort();
	memcpy(p.at, at, n);
	return p;
}

int sk_enroll(uint32_t kind, const uint8_t *challenge, size_t n, const char *application, uint8_t flags,
	      const char *pin, void **options, struct enrolled **ret)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], pair[crypto_sign_SECRETKEYBYTES], seed[crypto_sign_SEEDBYTES];
	uint8_t signature[crypto_sign_BYTES];
	struct enrolled *e = calloc(1, sizeof(*e));

	(void)application;
	(void)pin;
	(void)options;
	if (kind != ED25519 || !e || sodium_init() < 0) {
		free(e);
		return kind == ED25519 ? GENERAL : UNSUPPORTED;
	}
	randombytes_buf(seed, sizeof(seed));
	(void)crypto_sign_seed_keypair(public, pair, seed);
	(void)crypto_sign_detached(signature, NULL, challenge, n, pair);
	e->flags = flags;
	e->public_key = piece_of(public, sizeof(public));
	e->handle = piece_of(seed, sizeof(seed));
	e->signature = piece_of(signature, sizeof(signature));
	*ret = e;
	return 0;
}

int sk_sign(uint32_t kind, const uint8_t *data, size_t n, const char *application, const uint8_t *handle,
	    size_t n_handle, uint8_t flags, const char *pin, void **options, struct signed_ **ret)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], pair[crypto_sign_SECRETKEYBYTES], signature[crypto_sign_BYTES];
	uint8_t message[32 + 1 + 4 + 32] = {0};
	struct signed_ *s = calloc(1, sizeof(*s));

	(void)pin;
	(void)options;
	if (kind != ED25519 || n_handle != crypto_sign_SEEDBYTES || !s || sodium_init() < 0) {
		free(s);
		return kind == ED25519 ? GENERAL : UNSUPPORTED;
	}
	s->flags = flags & FLAGS;
	s->counter = 7;
	(void)crypto_hash_sha256(message, (const uint8_t *)application, strlen(application));
	message[32] = s->flags;
	message[36] = 7;
	(void)crypto_hash_sha256(message + 37, data, n);
	(void)crypto_sign_seed_keypair(public, pair, handle);
	(void)crypto_sign_detached(signature, NULL, message, sizeof(message), pair);
	s->r = piece_of(signature, sizeof(signature));
	*ret = s;
	return 0;
}

int sk_load_resident_keys(const char *pin, void **options, void ***ret, size_t *ret_n)
{
	(void)pin;
	(void)options;
	(void)ret;
	*ret_n = 0;
	return UNSUPPORTED;
}
