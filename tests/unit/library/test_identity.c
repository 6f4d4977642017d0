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

static int read_text(const char *text, size_t n)
{
	OWNED(secret) struct secret *s = NULL;
	int r = identity_from_text(bytes_of(text, n), &s);

	assert_true((r == 0) == (s != NULL));
	return r;
}

static int lend_text(struct bytes at, void *context)
{
	memcpy(context, at.at, IDENTITY_TEXT);
	return 0;
}

/* The same for every character of a recipient; how many. */
static size_t try_recipients(const struct secret *identity)
{
	char text[RECIPIENT_TEXT], bad[RECIPIENT_TEXT];
	struct recipient r;
	size_t n = RECIPIENT_TEXT - 1, tried = 0;

	assert_int_equal(identity_recipient(identity, &r), 0);
	recipient_to_text(&r, text);
	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < 256; c++) {
			memcpy(bad, text, n);
			bad[i] = (char)c;
			if (c != (unsigned char)text[i]) {
				assert_true(recipient_from_text(bytes_of(bad, n), &r) > 0);
				tried++;
			}
		}
	assert_int_equal(recipient_from_text(bytes_of(text, n), &r), 0);
	return tried;
}

/* The checksum finds what people do: another character anywhere, two neighbors swapped, a key cut short or doubled. */
static void test_no_mistyped_identity_is_taken(void **state)
{
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *text = NULL;
	char key[IDENTITY_TEXT + 1] = "", bad[IDENTITY_TEXT + 1] = "";
	size_t n = IDENTITY_TEXT - 1, tried = 0, mistyped = 0;

	(void)state;
	assert_int_equal(identity_new(&identity), 0);
	assert_int_equal(identity_to_text(identity, &text), 0);
	assert_int_equal(secret_lend(text, lend_text, key), 0);
	for (size_t i = 0; i < n; i++) {
		for (int c = 0; c < 256; c++) {
			int r;

			memcpy(bad, key, n);
			bad[i] = (char)c;
			if (c == (unsigned char)key[i])
				continue;
			r = read_text(bad, n);
			assert_true(r == IDENTITY_MALFORMED || r == IDENTITY_MISTYPED);
			mistyped += r == IDENTITY_MISTYPED;
			tried++;
		}
	}
	for (size_t i = 0; i + 1 < n; i++) {
		if (key[i] == key[i + 1])
			continue;
		memcpy(bad, key, n);
		bad[i] = key[i + 1];
		bad[i + 1] = key[i];
		assert_true(read_text(bad, n) > 0);
		tried++;
	}
	for (size_t i = 0; i < n; i++, tried++)
		assert_true(read_text(key, i) > 0);
	assert_true(mistyped >= 58 * 31);
	tried += try_recipients(identity);
	assert_int_equal(read_text(key, n), 0);
	print_message("# %zu mistyped identities and recipients, all refused, %zu of them by the checksum\n", tried,
		      mistyped);
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
	    cmocka_unit_test(test_no_mistyped_identity_is_taken),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
