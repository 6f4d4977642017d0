/* Base32 against the vectors of RFC 4648 and against what people type. */
#include "test.h"

#include <string.h>

#include "format/base32.h"

static void test_vectors(void **state)
{
	static const struct {
		const char *plain, *text;
	} rows[] = {
	    {"", ""}, {"fooba", "MZXW6YTB"}, {"foobafooba", "MZXW6YTBMZXW6YTB"}, {"\xff\xff\xff\xff\xff", "77777777"}};
	(void)state;

	for (size_t i = 0; i < array_n(rows); i++) {
		uint8_t text[16] = {0}, back[10] = {0};
		size_t n = strlen(rows[i].plain);

		base32_encode(bytes_of(rows[i].plain, n), text);
		assert_memory_equal(text, rows[i].text, strlen(rows[i].text));
		assert_true(base32_decode(bytes_of(text, n / 5 * 8), back));
		assert_memory_equal(back, rows[i].plain, n);
	}
}

static void test_refused(void **state)
{
	uint8_t back[10];
	(void)state;

	assert_false(base32_decode(bytes_of("MZXW6YT", 7), back));
	assert_false(base32_decode(bytes_of("MZXW6YT=", 8), back));
	assert_false(base32_decode(bytes_of("mzxw6ytb", 8), back));
	assert_false(base32_decode(bytes_of("MZXW6Y\0B", 8), back));
}

static void test_letters(void **state)
{
	(void)state;
	assert_int_equal(base32_letter('a'), 'A');
	assert_int_equal(base32_letter('Q'), 'Q');
	assert_int_equal(base32_letter('7'), '7');
	assert_int_equal(base32_letter('0'), 'O');
	assert_int_equal(base32_letter('1'), 'I');
	assert_int_equal(base32_letter('8'), 'B');
	assert_int_equal(base32_letter('9'), 0);
	assert_int_equal(base32_letter(' '), 0);
	assert_int_equal(base32_letter(0xc3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
