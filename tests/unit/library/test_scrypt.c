#include "test.h"

#include <string.h>

#include "library/identity.h"

#define LOG_N 4 /* work for a test */

static struct secret *secret_of(const char *text)
{
	OWN_MEM char *copy = strdup(text);
	struct secret *s = NULL;

	assert_int_equal(secret_new_from(copy, strlen(text), &s), 0);
	return s;
}

static void seal(const char *passphrase, struct buffer *ret)
{
	OWNED(secret) struct secret *plain = secret_of("the machine key");
	OWNED(secret) struct secret *with = secret_of(passphrase);

	assert_int_equal(agefile_seal_passphrase(plain, with, LOG_N, ret), 0);
}

static int open_with(struct bytes file, const char *passphrase)
{
	OWNED(secret) struct secret *with = secret_of(passphrase);
	OWNED(secret) struct secret *wanted = secret_of("the machine key");
	OWNED(secret) struct secret *back = NULL;
	int r = agefile_open_passphrase(file, with, &back);

	assert_true((r == 0) == (back != NULL));
	assert_true(r || secret_equal(back, wanted));
	return r;
}

static void test_opens_with_its_passphrase_only(void **state)
{
	OWN_BUFFER struct buffer file = {0};

	(void)state;
	seal("correct horse", &file);
	assert_int_equal(open_with(buffer_bytes(&file), "correct horse"), 0);
	assert_int_equal(open_with(buffer_bytes(&file), "correct horse "), IDENTITY_WRONG_PASSPHRASE);
	assert_int_equal(open_with(buffer_bytes(&file), ""), IDENTITY_WRONG_PASSPHRASE);
}

/* What is wrong is told: stanza, MAC, payload. */
static void test_every_flip_and_cut_is_refused(void **state)
{
	OWN_BUFFER struct buffer file = {0};
	size_t told[IDENTITY_WORK_TOO_LARGE + 1] = {0};

	(void)state;
	seal("x", &file);
	for (size_t n = 0; n < file.n; n++)
		assert_true(open_with(bytes_of(file.at, n), "x") > 0);
	for (size_t bit = 0; bit < file.n * 8; bit++) {
		int r;

		file.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = open_with(buffer_bytes(&file), "x");
		assert_true(r > 0 && r <= IDENTITY_WORK_TOO_LARGE);
		told[r]++;
		file.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(told[IDENTITY_WRONG_PASSPHRASE] > 100);
	assert_true(told[IDENTITY_DAMAGED] > 100);
	assert_true(told[IDENTITY_PAYLOAD_DAMAGED] >= 8 * AEAD_TAG);
	assert_true(told[IDENTITY_MALFORMED] > 100);
	assert_true(told[IDENTITY_NOT_PASSPHRASE] > 8);
	assert_int_equal(open_with(buffer_bytes(&file), "x"), 0);
}

/* A header with that scrypt argument line and a body of n bytes, under any MAC. */
static int open_line(const char *line, size_t n)
{
	static const uint8_t body[64], mac[AGE_MAC];
	OWN_BUFFER struct buffer file = {0};

	age_write_begin(&file);
	age_write_stanza(&file, bytes_of_text(line), bytes_of(body, n));
	age_write_end(&file);
	age_write_mac(&file, mac);
	return open_with(buffer_bytes(&file), "x");
}

#define SALT_22 "AAAAAAAAAAAAAAAAAAAAAA"

static void test_stanzas(void **state)
{
	static const struct {
		const char *line;
		size_t body;
		int outcome;
	} rows[] = {
	    {"-> scrypt " SALT_22 " 1\n", 32, IDENTITY_WRONG_PASSPHRASE}, /* well-formed */
	    {"-> scrypt " SALT_22 " 1\n", 31, IDENTITY_MALFORMED},
	    {"-> scrypt " SALT_22 " 1\n", 48, IDENTITY_MALFORMED},
	    {"-> scrypt " SALT_22 " 0\n", 32, IDENTITY_MALFORMED},
	    {"-> scrypt " SALT_22 " 01\n", 32, IDENTITY_MALFORMED},
	    {"-> scrypt " SALT_22 " +1\n", 32, IDENTITY_MALFORMED},
	    {"-> scrypt " SALT_22 " 1x\n", 32, IDENTITY_MALFORMED},
	    {"-> scrypt " SALT_22 " 21\n", 32, IDENTITY_WORK_TOO_LARGE},
	    {"-> scrypt " SALT_22 " 99999999999999999999999\n", 32, IDENTITY_WORK_TOO_LARGE},
	    {"-> scrypt " SALT_22 " 4294967297\n", 32, IDENTITY_WORK_TOO_LARGE},
	    {"-> scrypt " SALT_22 " 99999999999999999999999x\n", 32, IDENTITY_MALFORMED},
	    {"-> scrypt AAAAAAAAAAAAAAAAAAAAAB 1\n", 32, IDENTITY_MALFORMED}, /* stray bits */
	    {"-> scrypt AAAAAAAAAAAAAAAAAAAA 1\n", 32, IDENTITY_MALFORMED},
	    {"-> scrypt " SALT_22 "AA 1\n", 32, IDENTITY_MALFORMED},
	    {"-> scrypt " SALT_22 "\n", 32, IDENTITY_MALFORMED},
	    {"-> scrypt " SALT_22 " 1 1\n", 32, IDENTITY_MALFORMED},
	    {"-> Scrypt " SALT_22 " 1\n", 32, IDENTITY_NOT_PASSPHRASE},
	};

	(void)state;
	for (size_t i = 0; i < array_n(rows); i++)
		assert_int_equal(open_line(rows[i].line, rows[i].body), rows[i].outcome);
}

/* An identity and a passphrase for one file: neither opens it. */
static void test_a_passphrase_stands_alone(void **state)
{
	OWNED(secret) struct secret *passphrase = secret_of("x");
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *back = NULL;
	OWN_BUFFER struct buffer file = {0};
	struct recipient r;
	struct age_header h;

	(void)state;
	assert_int_equal(secret_new_random(AGE_FILE_KEY, &file_key), 0);
	assert_int_equal(identity_new(&identity), 0);
	assert_int_equal(identity_recipient(identity, &r), 0);
	age_write_begin(&file);
	assert_int_equal(identity_wrap(&r, file_key, &file), 0);
	assert_int_equal(passphrase_wrap(passphrase, LOG_N, file_key, &file), 0);
	assert_int_equal(identity_finish_header(file_key, &file), 0);
	assert_int_equal(age_header_parse(buffer_bytes(&file), &h), 0);
	assert_int_equal(identity_open_header(&h, identity, &back), IDENTITY_MALFORMED);
	assert_int_equal(passphrase_open_header(&h, passphrase, &back), IDENTITY_MALFORMED);
	age_header_done(&h);
	assert_null(back);
}

static void test_what_is_not_for_us(void **state)
{
	OWNED(secret) struct secret *plain = secret_of("x");
	OWNED(secret) struct secret *empty = secret_of("");
	OWNED(secret) struct secret *large = NULL;
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *back = NULL;
	OWN_BUFFER struct buffer file = {0};
	OWN_BUFFER struct buffer other = {0};
	struct recipient r;

	(void)state;
	assert_int_equal(identity_new(&identity), 0);
	assert_int_equal(identity_recipient(identity, &r), 0);
	assert_int_equal(agefile_seal(plain, &r, 1, &file), 0);
	assert_int_equal(open_with(buffer_bytes(&file), "x"), IDENTITY_NOT_PASSPHRASE);
	seal("x", &other);
	assert_int_equal(agefile_open(buffer_bytes(&other), identity, &back), IDENTITY_NOT_FOR_US);
	assert_int_equal(open_with(bytes_of_text("plain text\n"), "x"), IDENTITY_NOT_AGE);
	assert_int_equal(open_with(bytes_of_text("age-encryption.org/v2\n"), "x"), IDENTITY_NEWER);
	assert_int_equal(open_with(bytes_of(other.at, 60), "x"), IDENTITY_CUT);
	buffer_clear(&file);
	assert_int_equal(agefile_seal_passphrase(plain, empty, LOG_N, &file), IDENTITY_MALFORMED);
	assert_int_equal(agefile_seal_passphrase(plain, plain, 21, &file), IDENTITY_WORK_TOO_LARGE);
	assert_int_equal(agefile_seal_passphrase(plain, plain, 0, &file), IDENTITY_WORK_TOO_LARGE);
	assert_int_equal(secret_new_random(IDENTITY_FILE_MAX + 1, &large), 0);
	assert_int_equal(agefile_seal_passphrase(large, plain, LOG_N, &file), IDENTITY_TOO_LARGE);
	assert_int_equal(file.n, 0);
	for (int i = 1; i <= IDENTITY_WORK_TOO_LARGE; i++)
		assert_string_not_equal(identity_outcome_text(i), identity_outcome_text(0));
}

static int start(void **state)
{
	(void)state;
	return sodium_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_opens_with_its_passphrase_only),
	    cmocka_unit_test(test_every_flip_and_cut_is_refused),
	    cmocka_unit_test(test_stanzas),
	    cmocka_unit_test(test_a_passphrase_stands_alone),
	    cmocka_unit_test(test_what_is_not_for_us),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
