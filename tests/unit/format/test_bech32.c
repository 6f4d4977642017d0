#include "test.h"

#include <string.h>

#include "format/bech32.h"

static void test_every_length_comes_back(void **state)
{
	uint8_t data[64], back[64];
	char text[BECH32_ROOM];

	(void)state;
	for (size_t n = 0; n <= sizeof(data); n++) {
		for (size_t i = 0; i < n; i++)
			data[i] = (uint8_t)(i * 37 + n);
		bech32_encode("age-secret-key-", bytes_of(data, n), true, text);
		assert_memory_equal(text, "AGE-SECRET-KEY-1", 16);
		assert_int_equal(bech32_decode(bytes_of_text(text), "age-secret-key-", back, n), 0);
		assert_memory_equal(back, data, n);
	}
}

/* BIP 173's valid strings without data, as far as our prefix limit goes. */
static void test_known_checksums(void **state)
{
	uint8_t back[32];
	char text[BECH32_ROOM];

	(void)state;
	assert_int_equal(bech32_decode(bytes_of_text("A12UEL5L"), "a", back, 0), 0);
	assert_int_equal(bech32_decode(bytes_of_text("a12uel5l"), "a", back, 0), 0);
	bech32_encode("a", bytes_of("", 0), false, text);
	assert_string_equal(text, "a12uel5l");
	assert_int_equal(bech32_decode(bytes_of_text("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
				       "age", back, 32),
			 0);
}

static void test_mistakes_are_told_apart(void **state)
{
	uint8_t data[32] = {1, 2, 3}, back[32];
	char text[BECH32_ROOM], broken[BECH32_ROOM];

	(void)state;
	bech32_encode("age", bytes_of(data, 32), false, text);
	assert_int_equal(bech32_decode(bytes_of_text(text), "agf", back, 32), BECH32_OTHER_PREFIX);
	assert_int_equal(bech32_decode(bytes_of_text(text), "age", back, 31), BECH32_BAD_CHARACTER);
	assert_int_equal(bech32_decode(bytes_of_text(""), "age", back, 32), BECH32_BAD_CHARACTER);
	for (size_t i = 4; text[i]; i++) { /* any single typing error */
		memcpy(broken, text, sizeof(broken));
		broken[i] = broken[i] == 'q' ? 'p' : 'q';
		assert_int_equal(bech32_decode(bytes_of_text(broken), "age", back, 32), BECH32_BAD_CHECKSUM);
		broken[i] = 'b';
		assert_int_equal(bech32_decode(bytes_of_text(broken), "age", back, 32), BECH32_BAD_CHARACTER);
	}
	memcpy(broken, text, sizeof(broken));
	broken[0] = 'A'; /* mixed case */
	assert_int_equal(bech32_decode(bytes_of_text(broken), "age", back, 32), BECH32_BAD_CHARACTER);
	for (size_t n = 0; n < strlen(text); n++)
		assert_int_not_equal(bech32_decode(bytes_of(text, n), "age", back, 32), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_length_comes_back),
	    cmocka_unit_test(test_known_checksums),
	    cmocka_unit_test(test_mistakes_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
