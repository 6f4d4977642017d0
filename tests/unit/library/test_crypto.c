#include "test.h"

#include <string.h>

#include "format/age.h"
#include "library/crypto.h"

static uint8_t plain[AGE_CHUNK], sealed[AGE_SEALED_CHUNK], back[AGE_CHUNK];

/* libcrypto and libsodium must agree on every chunk size that matters. */
static void test_two_libraries_agree(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 4096, AGE_CHUNK - 1, AGE_CHUNK};
	OWNED(secret) struct secret *key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;

	(void)state;
	random_bytes(plain, sizeof(plain));
	assert_int_equal(secret_new_random(AEAD_KEY, &key), 0);
	assert_int_equal(bulk_new(&bulk), 0);
	assert_int_equal(bulk_set_key(bulk, key), 0);
	for (size_t i = 0; i < array_n(sizes); i++) {
		OWN_BUFFER struct buffer peer = {0};
		uint8_t nonce[AGE_STREAM_NONCE];
		size_t n = sizes[i];

		age_chunk_nonce(i, i % 2, nonce);
		assert_int_equal(aead_seal(&(struct aead){key, nonce, {0}}, bytes_of(plain, n), &peer), 0);
		assert_int_equal(bulk_seal_chunk(bulk, i, i % 2, bytes_of(plain, n), sealed), 0);
		assert_true(bytes_equal(bytes_of(sealed, n + AGE_TAG), buffer_bytes(&peer)));
		assert_int_equal(bulk_open_chunk(bulk, i, i % 2, bytes_of(sealed, n + AGE_TAG), back), 0);
		assert_memory_equal(back, plain, n);
		assert_int_equal(bulk_check_chunk(bulk, i, i % 2, bytes_of(sealed, n + AGE_TAG)), 0);
	}
}

/* What opens is what checks, whatever is done to it. */
static void test_a_tag_is_checked_alone(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 1000};
	OWNED(secret) struct secret *key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;

	(void)state;
	random_bytes(plain, sizeof(plain));
	assert_int_equal(secret_new_random(AEAD_KEY, &key), 0);
	assert_int_equal(bulk_new(&bulk), 0);
	assert_int_equal(bulk_set_key(bulk, key), 0);
	for (size_t i = 0; i < array_n(sizes); i++) {
		size_t n = sizes[i] + AGE_TAG;

		assert_int_equal(bulk_seal_chunk(bulk, 7, true, bytes_of(plain, sizes[i]), sealed), 0);
		assert_int_equal(bulk_check_chunk(bulk, 7, true, bytes_of(sealed, n)), 0);
		assert_int_equal(bulk_check_chunk(bulk, 7, false, bytes_of(sealed, n)), BULK_FORGED);
		assert_int_equal(bulk_check_chunk(bulk, 8, true, bytes_of(sealed, n)), BULK_FORGED);
		assert_int_equal(bulk_check_chunk(bulk, 7, true, bytes_of(sealed, n - 1)), BULK_FORGED);
		assert_int_equal(bulk_check_chunk(bulk, 7, true, bytes_of(sealed, AGE_TAG - 1)), BULK_FORGED);
		for (size_t bit = 0; bit < 8 * n; bit++) {
			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(bulk_check_chunk(bulk, 7, true, bytes_of(sealed, n)), BULK_FORGED);
			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_int_equal(bulk_open_chunk(bulk, 7, true, bytes_of(sealed, n), back), 0);
		assert_int_equal(bulk_check_chunk(bulk, 7, true, bytes_of(sealed, n)), 0);
	}
}

static void test_any_part_of_a_chunk(void **state)
{
	OWNED(secret) struct secret *key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;

	(void)state;
	random_bytes(plain, sizeof(plain));
	assert_int_equal(secret_new_random(AEAD_KEY, &key), 0);
	assert_int_equal(bulk_new(&bulk), 0);
	assert_int_equal(bulk_set_key(bulk, key), 0);
	assert_int_equal(bulk_seal_chunk(bulk, 9, true, bytes_of(plain, AGE_CHUNK), sealed), 0);
	assert_int_equal(bulk_check_chunk(bulk, 9, true, bytes_of(sealed, AGE_SEALED_CHUNK)), 0);
	for (size_t skip = 0; skip < AGE_CHUNK; skip = skip < 200 ? skip + 1 : skip * 2 + 7) {
		for (size_t n = 0; n <= AGE_CHUNK - skip; n = n < 130 ? n + 13 : n * 3 + 1) {
			const struct bulk_part part = {.index = 9, .last = true, .skip = skip, .n = n};

			memset(back, 0xaa, n + (n < AGE_CHUNK));
			assert_int_equal(bulk_open_part(bulk, &part, sealed, back), 0);
			assert_memory_equal(back, plain + skip, n);
			assert_true(n == AGE_CHUNK || back[n] == 0xaa);
		}
	}
	assert_true(bulk_open_part(bulk, &(struct bulk_part){.skip = 1, .n = AGE_CHUNK}, sealed, back) < 0);
}

static void test_forgeries(void **state)
{
	OWNED(secret) struct secret *key = NULL;
	OWNED(secret) struct secret *other = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	size_t n = 100;

	(void)state;
	assert_int_equal(secret_new_random(AEAD_KEY, &key), 0);
	assert_int_equal(secret_new_random(AEAD_KEY, &other), 0);
	assert_int_equal(bulk_new(&bulk), 0);
	assert_int_equal(bulk_set_key(bulk, key), 0);
	assert_int_equal(bulk_seal_chunk(bulk, 5, false, bytes_of(plain, n), sealed), 0);
	memset(back, 0xaa, sizeof(back));
	assert_int_equal(bulk_open_chunk(bulk, 6, false, bytes_of(sealed, n + AGE_TAG), back), BULK_FORGED);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(back[i], 0); /* nothing unverified is left behind */
	assert_int_equal(bulk_open_chunk(bulk, 5, true, bytes_of(sealed, n + AGE_TAG), back), BULK_FORGED);
	assert_int_equal(bulk_open_chunk(bulk, 5, false, bytes_of(sealed, n + AGE_TAG - 1), back), BULK_FORGED);
	assert_int_equal(bulk_open_chunk(bulk, 5, false, bytes_of(sealed, AGE_TAG - 1), back), BULK_FORGED);
	for (size_t i = 0; i < n + AGE_TAG; i++) {
		sealed[i] ^= 1;
		assert_int_equal(bulk_open_chunk(bulk, 5, false, bytes_of(sealed, n + AGE_TAG), back), BULK_FORGED);
		sealed[i] ^= 1;
	}
	assert_int_equal(bulk_set_key(bulk, other), 0);
	assert_int_equal(bulk_open_chunk(bulk, 5, false, bytes_of(sealed, n + AGE_TAG), back), BULK_FORGED);
	assert_int_equal(bulk_set_key(bulk, key), 0);
	assert_int_equal(bulk_open_chunk(bulk, 5, false, bytes_of(sealed, n + AGE_TAG), back), 0);
}

static void test_digest_in_pieces(void **state)
{
	OWNED(digest) struct digest *d = NULL;
	uint8_t one[SHA256_BYTES], other[SHA256_BYTES];

	(void)state;
	assert_int_equal(digest_new(&d), 0);
	sha256_of(bytes_of(plain, 1000), other);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(digest_add(d, bytes_of(plain, 1)), 0);
		assert_int_equal(digest_add(d, bytes_of(plain + 1, 0)), 0);
		assert_int_equal(digest_add(d, bytes_of(plain + 1, 999)), 0);
		assert_int_equal(digest_end(d, one), 0);
		assert_memory_equal(one, other, sizeof(one));
		assert_int_equal(digest_start(d), 0);
	}
}

static int start(void **state)
{
	(void)state;
	return sodium_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_libraries_agree), cmocka_unit_test(test_a_tag_is_checked_alone),
	    cmocka_unit_test(test_any_part_of_a_chunk), cmocka_unit_test(test_forgeries),
	    cmocka_unit_test(test_digest_in_pieces),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
