#include "test.h"

#include <string.h>

#include "library/identity.h"

static void test_texts_come_back(void **state)
{
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *text = NULL;
	OWNED(secret) struct secret *back = NULL;
	struct recipient r, again;
	char public[RECIPIENT_TEXT];
	uint8_t raw[IDENTITY_TEXT + 1];
	OWN_BUFFER struct buffer file = {0};

	(void)state;
	assert_int_equal(identity_new(&identity), 0);
	assert_int_equal(identity_recipient(identity, &r), 0);
	recipient_to_text(&r, public);
	assert_int_equal(strlen(public), RECIPIENT_TEXT - 1);
	assert_int_equal(recipient_from_text(bytes_of_text(public), &again), 0);
	assert_memory_equal(&r, &again, sizeof(r));
	assert_int_equal(identity_to_text(identity, &text), 0);
	assert_int_equal(secret_length(text), IDENTITY_TEXT);
	secret_copy_out(text, raw);
	assert_int_equal(raw[IDENTITY_TEXT - 1], '\n');
	buffer_add_text(&file, "# created: 2026-03-01T00:00:00Z\n# public key: …\n\n");
	buffer_add(&file, raw, IDENTITY_TEXT);
	assert_int_equal(identity_from_text(buffer_bytes(&file), &back), 0);
	assert_true(secret_equal(identity, back));
	raw[40] = raw[40] == 'Q' ? 'P' : 'Q';
	secret_free(steal(&back));
	assert_int_equal(identity_from_text(bytes_of(raw, IDENTITY_TEXT), &back), IDENTITY_MISTYPED);
	assert_int_equal(identity_from_text(bytes_of_text("# nothing\n"), &back), IDENTITY_MALFORMED);
	assert_int_equal(identity_from_text(bytes_of_text(public), &back), IDENTITY_MALFORMED);
	assert_int_equal(recipient_from_text(bytes_of(raw, IDENTITY_TEXT - 1), &r), IDENTITY_MALFORMED);
}

static void test_small_file_opens_for_its_recipients_only(void **state)
{
	OWNED(secret) struct secret *a = NULL;
	OWNED(secret) struct secret *b = NULL;
	OWNED(secret) struct secret *c = NULL;
	OWNED(secret) struct secret *plain = NULL;
	OWNED(secret) struct secret *none = NULL;
	OWN_BUFFER struct buffer file = {0};
	const struct secret *both[2];
	struct recipient to[2];

	(void)state;
	assert_int_equal(identity_new(&a), 0);
	assert_int_equal(identity_new(&b), 0);
	assert_int_equal(identity_new(&c), 0);
	both[0] = a;
	both[1] = b;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(identity_recipient(both[i], &to[i]), 0);
	assert_int_equal(identity_to_text(c, &plain), 0);
	assert_int_equal(agefile_seal(plain, to, 2, &file), 0);
	for (size_t i = 0; i < 2; i++) {
		OWNED(secret) struct secret *back = NULL;

		assert_int_equal(agefile_open(buffer_bytes(&file), both[i], &back), 0);
		assert_true(secret_equal(plain, back));
	}
	assert_int_equal(agefile_open(buffer_bytes(&file), c, &none), IDENTITY_NOT_FOR_US);
	for (size_t n = 0; n < file.n; n++)
		assert_true(agefile_open(bytes_of(file.at, n), a, &none) > 0);
	for (size_t i = 0; i < file.n; i++) {
		file.at[i] ^= 1;
		assert_true(agefile_open(buffer_bytes(&file), a, &none) > 0);
		file.at[i] ^= 1;
	}
	assert_null(none);
}

static int start(void **state)
{
	(void)state;
	return sodium_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts_come_back),
	    cmocka_unit_test(test_small_file_opens_for_its_recipients_only),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
