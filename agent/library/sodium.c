/*
 * The only file that sees the bytes of a secret. Nothing here branches on
 * them; comparisons are libsodium's.
 */
#include "library/sodium.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

struct secret {
	size_t n;
	uint8_t *at;
	struct page *page; /* NULL: a piece of its own */
	crypto_auth_hmacsha256_state *begun; /* NULL, or what every HMAC under it begins with: locked memory */
};

/*
 * Guarded, locked memory costs nine system calls a piece, and a sealed file needs some fifteen keys for the time of
 * a call and one until its group is published: keys share such pages, one bit a slot. The first is made at start, others
 * when a group is large; they stay, or every group would ask anew. Larger secrets have a piece of their own.
 */
#define SLOT  ((size_t)64)
#define SLOTS 64
#define PAGES 32

static struct page {
	uint8_t *at; /* sodium_malloc: guard pages, mlock, no core dump */
	uint64_t used;
} pages[PAGES];

int sodium_start(void)
{
	if (sodium_init() < 0)
		return FAULT(EIO, "libsodium found no randomness");
	if (!pages[0].at)
		pages[0].at = sodium_malloc(SLOT * SLOTS);
	return pages[0].at ? 0 : FAULT(ENOMEM, "locked memory for keys");
}

/* The first page with room; NULL: there is none, and none is to be had. */
static struct page *page_with_room(void)
{
	struct page *p = pages;

	while (p < pages + PAGES && p->used == UINT64_MAX)
		p++;
	if (p == pages + PAGES || !pages[0].at)
		return NULL;
	if (!p->at)
		p->at = sodium_malloc(SLOT * SLOTS);
	return p->at ? p : NULL;
}

static void take_slot(struct secret *s)
{
	unsigned slot;

	s->page = s->n > SLOT ? NULL : page_with_room();
	if (!s->page)
		return;
	slot = (unsigned)__builtin_ctzll(~s->page->used);
	s->page->used |= UINT64_C(1) << slot;
	s->at = s->page->at + slot * SLOT;
}

static void give_slot(struct secret *s)
{
	sodium_memzero(s->at, SLOT);
	s->page->used &= ~(UINT64_C(1) << (size_t)(s->at - s->page->at) / SLOT);
}

void wipe(void *at, size_t n)
{
	sodium_memzero(at, n);
}

bool bytes_equal_constant(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

void random_bytes(void *ret, size_t n)
{
	randombytes_buf(ret, n);
}

static int secret_new(size_t n, struct secret **ret)
{
	struct secret *s = malloc(sizeof(*s));

	if (!s)
		return FAULT(ENOMEM, "secret");
	*s = (struct secret){.n = n};
	take_slot(s);
	if (!s->at)
		s->at = sodium_malloc(n ? n : 1);
	if (!s->at) {
		free(s);
		return FAULT(ENOMEM, "locked memory for a secret of %zu bytes", n);
	}
	*ret = s;
	return 0;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	sodium_free(s->begun); /* wipes */
	if (s->page)
		give_slot(s);
	else
		sodium_free(s->at); /* wipes */
	free(s);
}

int secret_new_random(size_t n, struct secret **ret)
{
	struct secret *s;

	TRY(secret_new(n, &s));
	randombytes_buf(s->at, n);
	*ret = s;
	return 0;
}

int secret_new_from(void *at, size_t n, struct secret **ret)
{
	struct secret *s;
	int r = secret_new(n, &s);

	if (r == 0) {
		memcpy(s->at, at, n);
		*ret = s;
	}
	sodium_memzero(at, n);
	return r;
}

int secret_new_copy(const struct secret *from, struct secret **ret)
{
	struct secret *s;

	TRY(secret_new(from->n, &s));
	memcpy(s->at, from->at, from->n);
	*ret = s;
	return 0;
}

int secret_new_filled(size_t n, int (*fill)(uint8_t *at, size_t *n, void *context), void *context, struct secret **ret)
{
	OWNED(secret) struct secret *s = NULL;
	int r;

	TRY(secret_new(n, &s));
	r = fill(s->at, &s->n, context);
	if (r == 0)
		*ret = steal(&s);
	return r;
}

size_t secret_length(const struct secret *s)
{
	return s->n;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->n == b->n && sodium_memcmp(a->at, b->at, a->n) == 0;
}

int secret_lend(const struct secret *s, int (*use)(struct bytes at, void *context), void *context)
{
	return use(bytes_of(s->at, s->n), context);
}

void secret_copy_out(const struct secret *s, uint8_t *ret)
{
	memcpy(ret, s->at, s->n);
}

void sha256_of(struct bytes b, uint8_t ret[SHA256_BYTES])
{
	sha256_of_parts(&b, 1, ret);
}

void sha256_of_parts(const struct bytes *parts, size_t n, uint8_t ret[SHA256_BYTES])
{
	crypto_hash_sha256_state state;

	(void)crypto_hash_sha256_init(&state); /* this family never fails */
	for (size_t i = 0; i < n; i++)
		(void)crypto_hash_sha256_update(&state, parts[i].at, parts[i].n);
	(void)crypto_hash_sha256_final(&state, ret);
}

void sha512_of(struct bytes b, uint8_t ret[SHA512_BYTES])
{
	(void)crypto_hash_sha512(ret, b.at, b.n); /* never fails */
}

/* HMAC over up to three parts, for HKDF's T(i-1) || info || i. */
static void hmac_parts(struct bytes key, const struct bytes *parts, size_t n, uint8_t ret[SHA256_BYTES])
{
	crypto_auth_hmacsha256_state state;

	(void)crypto_auth_hmacsha256_init(&state, key.at, key.n); /* this family never fails */
	for (size_t i = 0; i < n; i++)
		(void)crypto_auth_hmacsha256_update(&state, parts[i].at, parts[i].n);
	(void)crypto_auth_hmacsha256_final(&state, ret);
	sodium_memzero(&state, sizeof(state));
}

void hmac_sha256(const struct secret *key, struct bytes b, uint8_t ret[SHA256_BYTES])
{
	crypto_auth_hmacsha256_state state;

	if (!key->begun) {
		hmac_parts(bytes_of(key->at, key->n), &b, 1, ret);
		return;
	}
	state = *key->begun;
	(void)crypto_auth_hmacsha256_update(&state, b.at, b.n); /* this family never fails */
	(void)crypto_auth_hmacsha256_final(&state, ret);
	sodium_memzero(&state, sizeof(state));
}

int secret_begin_hmac(struct secret *s)
{
	if (s->begun)
		return 0;
	s->begun = sodium_malloc(sizeof(*s->begun));
	if (!s->begun)
		return FAULT(ENOMEM, "locked memory for a key");
	(void)crypto_auth_hmacsha256_init(s->begun, s->at, s->n);
	return 0;
}

void hash_keyed(const struct secret *key, struct bytes b, uint8_t *ret, size_t n)
{
	(void)crypto_generichash(ret, n, b.at, b.n, key->at, key->n); /* fails for other lengths only */
}

static void hkdf_expand(const struct secret *prk, struct bytes info, const struct secret *ret)
{
	uint8_t block[SHA256_BYTES], i = 0;

	for (size_t at = 0; at < ret->n; at += sizeof(block)) {
		const struct bytes parts[] = {{block, i ? sizeof(block) : 0}, info, {&(uint8_t){(uint8_t)(i + 1)}, 1}};
		size_t n = ret->n - at < sizeof(block) ? ret->n - at : sizeof(block);

		hmac_parts(bytes_of(prk->at, prk->n), parts, array_n(parts), block);
		memcpy(ret->at + at, block, n);
		i++;
	}
	sodium_memzero(block, sizeof(block));
}

int hkdf_sha256(const struct secret *ikm, struct bytes salt, struct bytes info, size_t n, struct secret **ret)
{
	static const uint8_t no_salt[SHA256_BYTES];
	OWNED(secret) struct secret *prk = NULL;
	OWNED(secret) struct secret *out = NULL;
	struct bytes parts = bytes_of(ikm->at, ikm->n);

	if (n > 255 * SHA256_BYTES)
		return FAULT(EINVAL, "HKDF of %zu bytes", n);
	TRY(secret_new(SHA256_BYTES, &prk));
	TRY(secret_new(n, &out));
	hmac_parts(salt.n ? salt : bytes_of(no_salt, sizeof(no_salt)), &parts, 1, prk->at);
	hkdf_expand(prk, info, out);
	*ret = steal(&out);
	return 0;
}

int scrypt_sha256(const struct secret *passphrase, struct bytes salt, unsigned log_n, size_t n, struct secret **ret)
{
	OWNED(secret) struct secret *out = NULL;

	if (log_n == 0 || log_n > 30)
		return FAULT(EINVAL, "scrypt work factor %u", log_n);
	TRY(secret_new(n, &out));
	if (crypto_pwhash_scryptsalsa208sha256_ll(passphrase->at, passphrase->n, salt.at, salt.n, UINT64_C(1) << log_n,
						  8, 1, out->at, out->n) != 0)
		return SODIUM_NO_MEMORY; /* the parameters are within its limits */
	*ret = steal(&out);
	return 0;
}

static int check_length(const struct secret *s, size_t n, const char *what)
{
	return s->n == n ? 0 : FAULT(EINVAL, "%s has %zu bytes", what, s->n);
}

int x25519_public(const struct secret *identity, uint8_t ret[X25519_BYTES])
{
	TRY(check_length(identity, X25519_BYTES, "X25519 identity"));
	(void)crypto_scalarmult_base(ret, identity->at); /* fails only for a zero scalar, which clamping rules out */
	return 0;
}

int x25519_shared(const struct secret *identity, const uint8_t peer[X25519_BYTES], struct secret **ret)
{
	OWNED(secret) struct secret *s = NULL;

	TRY(check_length(identity, X25519_BYTES, "X25519 identity"));
	TRY(secret_new(X25519_BYTES, &s));
	if (crypto_scalarmult(s->at, identity->at, peer) != 0)
		return SODIUM_LOW_ORDER;
	*ret = steal(&s);
	return 0;
}

/* The two AEADs differ in nonce length only; libsodium gives both the same signatures. */
struct cipher {
	int (*seal)(unsigned char *c, unsigned long long *c_n, const unsigned char *m, unsigned long long m_n,
		    const unsigned char *ad, unsigned long long ad_n, const unsigned char *nsec,
		    const unsigned char *nonce, const unsigned char *key);
	int (*open)(unsigned char *m, unsigned long long *m_n, unsigned char *nsec, const unsigned char *c,
		    unsigned long long c_n, const unsigned char *ad, unsigned long long ad_n,
		    const unsigned char *nonce, const unsigned char *key);
};

static const struct cipher chacha = {crypto_aead_chacha20poly1305_ietf_encrypt,
				     crypto_aead_chacha20poly1305_ietf_decrypt};
static const struct cipher xchacha = {crypto_aead_xchacha20poly1305_ietf_encrypt,
				      crypto_aead_xchacha20poly1305_ietf_decrypt};

static int seal_with(const struct cipher *c, const struct aead *a, struct bytes plain, struct buffer *ret)
{
	uint8_t *to = buffer_reserve(ret, plain.n + AEAD_TAG);

	TRY(check_length(a->key, AEAD_KEY, "cipher key"));
	TRY(buffer_check(ret));
	(void)c->seal(to, NULL, plain.at, plain.n, a->associated.at, a->associated.n, NULL, a->nonce, a->key->at);
	ret->n += plain.n + AEAD_TAG;
	return 0;
}

static int open_with(const struct cipher *c, const struct aead *a, struct bytes sealed, uint8_t *to)
{
	TRY(check_length(a->key, AEAD_KEY, "cipher key"));
	return c->open(to, NULL, NULL, sealed.at, sealed.n, a->associated.at, a->associated.n, a->nonce, a->key->at)
		   ? SODIUM_FORGED
		   : 0;
}

static int open_buffer(const struct cipher *c, const struct aead *a, struct bytes sealed, struct buffer *ret)
{
	uint8_t *to;
	int r;

	if (sealed.n < AEAD_TAG)
		return SODIUM_FORGED;
	to = buffer_reserve(ret, sealed.n - AEAD_TAG);
	TRY(buffer_check(ret));
	r = open_with(c, a, sealed, to);
	if (r == 0)
		ret->n += sealed.n - AEAD_TAG;
	return r;
}

int aead_seal(const struct aead *a, struct bytes plain, struct buffer *ret)
{
	return seal_with(&chacha, a, plain, ret);
}

int aead_open(const struct aead *a, struct bytes sealed, struct buffer *ret)
{
	return open_buffer(&chacha, a, sealed, ret);
}

int aead_xseal(const struct aead *a, struct bytes plain, struct buffer *ret)
{
	return seal_with(&xchacha, a, plain, ret);
}

int aead_xopen(const struct aead *a, struct bytes sealed, struct buffer *ret)
{
	return open_buffer(&xchacha, a, sealed, ret);
}

int aead_seal_secret(const struct aead *a, const struct secret *plain, struct buffer *ret)
{
	return seal_with(&chacha, a, bytes_of(plain->at, plain->n), ret);
}

int aead_open_secret(const struct aead *a, struct bytes sealed, struct secret **ret)
{
	OWNED(secret) struct secret *s = NULL;
	int r;

	if (sealed.n < AEAD_TAG)
		return SODIUM_FORGED;
	TRY(secret_new(sealed.n - AEAD_TAG, &s));
	r = open_with(&chacha, a, sealed, s->at);
	if (r == 0)
		*ret = steal(&s);
	return r;
}

int cell_seal(const struct secret *key, struct bytes place, struct bytes plain, struct buffer *ret)
{
	uint8_t nonce[XCHACHA_NONCE];
	const struct aead a = {key, nonce, place};

	randombytes_buf(nonce, sizeof(nonce));
	buffer_add(ret, nonce, sizeof(nonce));
	return aead_xseal(&a, plain, ret);
}

int cell_open(const struct secret *key, struct bytes place, struct bytes sealed, struct buffer *ret)
{
	const struct aead a = {key, sealed.at, place};

	if (sealed.n < XCHACHA_NONCE)
		return SODIUM_FORGED;
	return aead_xopen(&a, bytes_of(sealed.at + XCHACHA_NONCE, sealed.n - XCHACHA_NONCE), ret);
}

/* libsodium keeps the public point behind the seed. */
static int ed25519_pair(const struct secret *seed, uint8_t ret_public[ED25519_PUBLIC], struct secret **ret)
{
	OWNED(secret) struct secret *pair = NULL;

	TRY(check_length(seed, ED25519_SEED, "Ed25519 seed"));
	TRY(secret_new(crypto_sign_SECRETKEYBYTES, &pair));
	(void)crypto_sign_seed_keypair(ret_public, pair->at, seed->at); /* never fails */
	*ret = steal(&pair);
	return 0;
}

int ed25519_public(const struct secret *seed, uint8_t ret[ED25519_PUBLIC])
{
	OWNED(secret) struct secret *pair = NULL;

	return ed25519_pair(seed, ret, &pair);
}

int ed25519_sign(const struct secret *seed, struct bytes message, uint8_t ret[ED25519_SIGNED])
{
	OWNED(secret) struct secret *pair = NULL;
	uint8_t public[ED25519_PUBLIC];

	TRY(ed25519_pair(seed, public, &pair));
	(void)crypto_sign_detached(ret, NULL, message.at, message.n, pair->at); /* never fails */
	return 0;
}

int ed25519_verify(const uint8_t public[ED25519_PUBLIC], struct bytes message, const uint8_t signature[ED25519_SIGNED])
{
	return crypto_sign_verify_detached(signature, message.at, message.n, public) ? SODIUM_FORGED : 0;
}
