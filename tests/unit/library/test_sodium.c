#include "test.h"

#include <string.h>

#include "base/text.h"
#include "library/sodium.h"

static struct secret *secret_of_hex(const char *hex)
{
	uint8_t raw[128];
	struct secret *s = NULL;

	assert_true(text_from_hex(hex, raw, strlen(hex) / 2));
	assert_int_equal(secret_new_from(raw, strlen(hex) / 2, &s), 0);
	return s;
}

static int check_hex(struct bytes at, void *context)
{
	char text[257];

	text_hex(at.at, at.n, text);
	assert_string_equal(text, context);
	return 7;
}

static void expect_secret(const struct secret *s, const char *hex)
{
	OWN_MEM char *wanted = text_copy(hex);

	assert_int_equal(secret_lend(s, check_hex, wanted), 7);
}

static void expect_bytes(const uint8_t *at, size_t n, const char *hex)
{
	OWN_MEM char *wanted = text_copy(hex);

	assert_int_equal(check_hex(bytes_of(at, n), wanted), 7);
}

/* RFC 5869 A.1 and A.3. */
static void test_hkdf(void **state)
{
	OWNED(secret) struct secret *ikm = secret_of_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	OWNED(secret) struct secret *a = NULL;
	OWNED(secret) struct secret *b = NULL;
	uint8_t salt[13], info[10];

	(void)state;
	assert_true(text_from_hex("000102030405060708090a0b0c", salt, 13));
	assert_true(text_from_hex("f0f1f2f3f4f5f6f7f8f9", info, 10));
	assert_int_equal(hkdf_sha256(ikm, bytes_of(salt, 13), bytes_of(info, 10), 42, &a), 0);
	expect_secret(a, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
	assert_int_equal(hkdf_sha256(ikm, (struct bytes){0}, (struct bytes){0}, 42, &b), 0);
	expect_secret(b, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

/* RFC 7914 section 12, the vector with r = 8 and p = 1. */
static void test_scrypt(void **state)
{
	uint8_t text[] = "pleaseletmein";
	OWNED(secret) struct secret *passphrase = NULL;
	OWNED(secret) struct secret *key = NULL;

	(void)state;
	assert_int_equal(secret_new_from(text, sizeof(text) - 1, &passphrase), 0);
	assert_int_equal(scrypt_sha256(passphrase, bytes_of_text("SodiumChloride"), 14, 64, &key), 0);
	expect_secret(key, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
			   "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
	assert_true(scrypt_sha256(passphrase, (struct bytes){0}, 0, 32, &key) < 0);
	assert_true(scrypt_sha256(passphrase, (struct bytes){0}, 31, 32, &key) < 0);
}

static void test_hashes(void **state)
{
	uint8_t hash[SHA512_BYTES];
	const struct bytes parts[] = {bytes_of_text("a"), {NULL, 0}, bytes_of_text("bc")};

	(void)state;
	sha256_of(bytes_of_text("abc"), hash);
	expect_bytes(hash, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_of_parts(parts, 3, hash);
	expect_bytes(hash, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha512_of(bytes_of_text("abc"), hash);
	expect_bytes(hash, 64,
		     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

/* RFC 8032 7.1 test 1. */
/* RFC 4231, test cases 1 and 2: the same whether or not it was begun before. */
static void test_hmac(void **state)
{
	static const struct {
		const char *key, *text, *hex;
	} rows[] = {
	    {"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "Hi There",
	     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	    {"Jefe", "what do ya want for nothing?",
	     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(rows); i++) {
		OWNED(secret) struct secret *key = NULL;
		uint8_t copy[32], hash[SHA256_BYTES];
		char hex[2 * SHA256_BYTES + 1];

		memcpy(copy, rows[i].key, strlen(rows[i].key));
		assert_int_equal(secret_new_from(copy, strlen(rows[i].key), &key), 0);
		for (int round = 0; round < 3; round++) {
			hmac_sha256(key, bytes_of_text(rows[i].text), hash);
			text_hex(hash, sizeof(hash), hex);
			assert_string_equal(hex, rows[i].hex);
			assert_int_equal(secret_begin_hmac(key), 0);
		}
	}
}

static void test_ed25519(void **state)
{
	OWNED(secret)
	struct secret *seed = secret_of_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
	uint8_t public[ED25519_PUBLIC], signature[ED25519_SIGNED];

	(void)state;
	assert_int_equal(ed25519_public(seed, public), 0);
	expect_bytes(public, 32, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	assert_int_equal(ed25519_sign(seed, bytes_of("", 0), signature), 0);
	expect_bytes(signature, 64,
		     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
		     "d25bf5f0595bbe24655141438e7a100b");
	assert_int_equal(ed25519_verify(public, bytes_of("", 0), signature), 0);
	assert_int_equal(ed25519_verify(public, bytes_of("x", 1), signature), SODIUM_FORGED);
	signature[63] ^= 0x10;
	assert_int_equal(ed25519_verify(public, bytes_of("", 0), signature), SODIUM_FORGED);
}

static void test_x25519_agrees_and_refuses_low_order(void **state)
{
	static const uint8_t low[X25519_BYTES] = {1};
	OWNED(secret) struct secret *a = NULL;
	OWNED(secret) struct secret *b = NULL;
	OWNED(secret) struct secret *ab = NULL;
	OWNED(secret) struct secret *ba = NULL;
	OWNED(secret) struct secret *none = NULL;
	uint8_t public_a[X25519_BYTES], public_b[X25519_BYTES];

	(void)state;
	assert_int_equal(secret_new_random(X25519_BYTES, &a), 0);
	assert_int_equal(secret_new_random(X25519_BYTES, &b), 0);
	assert_int_equal(x25519_public(a, public_a), 0);
	assert_int_equal(x25519_public(b, public_b), 0);
	assert_int_equal(x25519_shared(a, public_b, &ab), 0);
	assert_int_equal(x25519_shared(b, public_a, &ba), 0);
	assert_true(secret_equal(ab, ba));
	assert_false(secret_equal(a, b));
	assert_int_equal(x25519_shared(a, low, &none), SODIUM_LOW_ORDER);
	assert_null(none);
}

static void test_secrets(void **state)
{
	uint8_t raw[16] = "sixteen bytes..", out[16];
	OWNED(secret) struct secret *s = NULL;
	OWNED(secret) struct secret *copy = NULL;

	(void)state;
	assert_int_equal(secret_new_from(raw, sizeof(raw), &s), 0);
	for (size_t i = 0; i < sizeof(raw); i++)
		assert_int_equal(raw[i], 0); /* the source is gone */
	assert_int_equal(secret_length(s), 16);
	assert_int_equal(secret_new_copy(s, &copy), 0);
	assert_true(secret_equal(s, copy));
	secret_copy_out(copy, out);
	assert_memory_equal(out, "sixteen bytes..", 16);
}

/* More at once than the shared page holds, small and large, given back in another order. */
static void test_many_secrets(void **state)
{
	struct secret *s[200];
	uint8_t raw[64];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < array_n(s); i++) {
			memset(raw, (int)i, sizeof(raw));
			assert_int_equal(secret_new_from(raw, i % 65, &s[i]), 0);
		}
		for (size_t i = 0; i < array_n(s); i++) {
			size_t n = secret_length(s[i]);

			assert_int_equal(n, i % 65);
			secret_copy_out(s[i], raw);
			for (size_t k = 0; k < n; k++)
				assert_int_equal(raw[k], i);
		}
		for (size_t i = 0; i < array_n(s); i++)
			secret_free(s[(i * 7 + (size_t)round) % array_n(s)]);
	}
}

static void test_aead(void **state)
{
	OWNED(secret) struct secret *key = NULL;
	OWNED(secret) struct secret *back = NULL;
	OWN_BUFFER struct buffer sealed = {0};
	OWN_BUFFER struct buffer plain = {0};
	uint8_t nonce[XCHACHA_NONCE] = {9};
	struct aead a = {NULL, nonce, bytes_of_text("ad")}, other;

	(void)state;
	assert_int_equal(secret_new_random(AEAD_KEY, &key), 0);
	a.key = key;
	other = (struct aead){key, nonce, bytes_of_text("ae")};
	assert_int_equal(aead_xseal(&a, bytes_of_text("plain"), &sealed), 0);
	assert_int_equal(sealed.n, 5 + AEAD_TAG);
	assert_int_equal(aead_xopen(&a, buffer_bytes(&sealed), &plain), 0);
	assert_true(bytes_equal_text(buffer_bytes(&plain), "plain"));
	assert_int_equal(aead_xopen(&other, buffer_bytes(&sealed), &plain), SODIUM_FORGED);
	assert_int_equal(aead_open(&a, buffer_bytes(&sealed), &plain), SODIUM_FORGED);
	for (size_t n = 0; n < sealed.n; n++)
		assert_int_equal(aead_xopen(&a, bytes_of(sealed.at, n), &plain), SODIUM_FORGED);
	assert_true(bytes_equal_text(buffer_bytes(&plain), "plain")); /* failures add nothing */
	buffer_clear(&sealed);
	assert_int_equal(aead_seal_secret(&a, key, &sealed), 0);
	assert_int_equal(aead_open_secret(&a, buffer_bytes(&sealed), &back), 0);
	assert_true(secret_equal(key, back));
}

static void test_cells_stay_in_their_place(void **state)
{
	OWNED(secret) struct secret *key = NULL;
	OWN_BUFFER struct buffer sealed = {0};
	OWN_BUFFER struct buffer again = {0};
	OWN_BUFFER struct buffer plain = {0};

	(void)state;
	assert_int_equal(secret_new_random(AEAD_KEY, &key), 0);
	assert_int_equal(cell_seal(key, bytes_of_text("record.title.7"), bytes_of_text("题目"), &sealed), 0);
	assert_int_equal(cell_seal(key, bytes_of_text("record.title.7"), bytes_of_text("题目"), &again), 0);
	assert_false(bytes_equal(buffer_bytes(&sealed), buffer_bytes(&again)));
	assert_int_equal(cell_open(key, bytes_of_text("record.title.7"), buffer_bytes(&sealed), &plain), 0);
	assert_true(bytes_equal_text(buffer_bytes(&plain), "题目"));
	assert_int_equal(cell_open(key, bytes_of_text("record.title.8"), buffer_bytes(&sealed), &plain), SODIUM_FORGED);
	assert_int_equal(cell_open(key, bytes_of_text("record.title.7"), bytes_of("", 0), &plain), SODIUM_FORGED);
}

static int start(void **state)
{
	(void)state;
	return sodium_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hkdf),
	    cmocka_unit_test(test_hashes),
	    cmocka_unit_test(test_hmac),
	    cmocka_unit_test(test_scrypt),
	    cmocka_unit_test(test_ed25519),
	    cmocka_unit_test(test_x25519_agrees_and_refuses_low_order),
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_many_secrets),
	    cmocka_unit_test(test_aead),
	    cmocka_unit_test(test_cells_stay_in_their_place),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
