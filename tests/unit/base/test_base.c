#include "test.h"

#include <string.h>

#include "base/bytes.h"
#include "base/date.h"
#include "base/text.h"

static void test_cursor_never_reads_past_its_end(void **state)
{
	static const uint8_t raw[] = {1, 2, 3, 4, 5};
	struct cursor c = cursor_of(bytes_of(raw, sizeof(raw)));

	(void)state;
	assert_int_equal(cursor_u32(&c), 0x01020304);
	assert_false(cursor_at_end(&c));
	assert_int_equal(cursor_u16(&c), 0);
	assert_true(c.bad);
	assert_int_equal(cursor_u8(&c), 0); /* bad is sticky although one byte is left */
	assert_int_equal(cursor_take(&c, 0).n, 0);
}

static void test_buffer_round_trip(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct cursor c;

	(void)state;
	buffer_u8(&b, 7);
	buffer_u16(&b, 0xbeef);
	buffer_u64(&b, UINT64_C(0x0102030405060708));
	buffer_add_format(&b, "%s-%d", "x", 42);
	assert_int_equal(buffer_check(&b), 0);
	c = cursor_of(buffer_bytes(&b));
	assert_int_equal(cursor_u8(&c), 7);
	assert_int_equal(cursor_u16(&c), 0xbeef);
	assert_true(cursor_u64(&c) == UINT64_C(0x0102030405060708));
	assert_true(bytes_equal_text(cursor_take(&c, 4), "x-42"));
	assert_true(cursor_at_end(&c));
	buffer_drop_front(&b, 11);
	assert_true(bytes_equal_text(buffer_bytes(&b), "x-42"));
}

static void test_block_begins_on_a_page(void **state)
{
	(void)state;
	for (size_t n = 1; n < 300000; n = n * 3 + 1) {
		OWN_MEM uint8_t *at = bytes_block(n);

		assert_non_null(at);
		assert_int_equal((uintptr_t)at % 4096, 0);
		memset(at, 1, n);
	}
	assert_null(bytes_block(SIZE_MAX));
}

static void test_utf8(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {{"abc", true},
		     {"机密★10年", true},
		     {"\xc0\x80", false},
		     {"\xed\xa0\x80", false},
		     {"\xf4\x90\x80\x80", false},
		     {"\xf0\x9f\x98\x80", true},
		     {"\xe6\x9c", false},
		     {"\xff", false}};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++)
		assert_int_equal(text_is_utf8(bytes_of_text(cases[i].text)), cases[i].good);
	assert_false(text_is_line("a\nb", 10));
	assert_false(text_is_line("a\xe2\x80\xae"
				  "b",
				  10)); /* right-to-left override */
	assert_false(text_is_line("abc", 2));
	assert_int_equal(text_columns("机密ab"), 6);
}

static void test_escape(void **state)
{
	OWN_MEM char *escaped = text_escape(bytes_of("a\x1b[0m\xff机", 9));

	(void)state;
	assert_string_equal(escaped, "a\\x1b[0m\\xff机");
}

static void test_numbers(void **state)
{
	uint8_t raw[2];
	uint64_t v = 99;

	(void)state;
	assert_true(text_to_u64("18446744073709551615", UINT64_MAX, &v) && v == UINT64_MAX);
	assert_false(text_to_u64("18446744073709551616", UINT64_MAX, &v));
	assert_false(text_to_u64("01", 10, &v));
	assert_false(text_to_u64("-1", 10, &v));
	assert_false(text_to_u64("", 10, &v));
	assert_false(text_to_u64("11", 10, &v));
	assert_true(text_from_hex("00ff", raw, 2) && raw[1] == 0xff);
	assert_false(text_from_hex("00fF", raw, 2));
}

static void test_dates(void **state)
{
	static const char *const bad[] = {"2023-02-29", "2024-13-01",  "2024-00-10", "24-01-01",
					  "2024-1-01",	"2024-01-01x", "1899-12-31", ""};
	struct date d;
	char text[11];

	(void)state;
	for (size_t i = 0; i < array_n(bad); i++)
		assert_false(date_parse(bad[i], &d));
	assert_true(date_parse("2024-02-29", &d));
	assert_int_equal(date_weekday(d), 4);
	date_format(date_add(d, (struct period){.years = 1}, DATE_LEAP_FEB28), text);
	assert_string_equal(text, "2025-02-28");
	date_format(date_add(d, (struct period){.years = 1}, DATE_LEAP_MAR1), text);
	assert_string_equal(text, "2025-03-01");
	date_format(date_add(d, (struct period){.years = 4}, DATE_LEAP_MAR1), text);
	assert_string_equal(text, "2028-02-29");
	date_format(date_add((struct date){2026, 8, 31}, (struct period){.months = 6}, DATE_LEAP_FEB28), text);
	assert_string_equal(text, "2027-02-28");
	for (int32_t days = -20000; days < 60000; days += 13)
		assert_int_equal(date_to_days(date_from_days(days)), days);
}

static void test_periods(void **state)
{
	static const char *const bad[] = {"", "P", "10", "y", "10w", "0y", "P1M1Y", "201y", "1y1y", "999999999d"};
	struct period p;
	char text[32];

	(void)state;
	for (size_t i = 0; i < array_n(bad); i++)
		assert_false(period_parse(bad[i], &p));
	assert_true(period_parse("10y", &p));
	period_format(p, text);
	assert_string_equal(text, "P10Y");
	assert_true(period_parse("P1Y6M", &p));
	period_format(p, text);
	assert_string_equal(text, "P1Y6M");
	assert_true(period_compare((struct period){.years = 1}, (struct period){.months = 11}) > 0);
	assert_int_equal(period_compare((struct period){.years = 1}, (struct period){.months = 12}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cursor_never_reads_past_its_end),
	    cmocka_unit_test(test_buffer_round_trip),
	    cmocka_unit_test(test_block_begins_on_a_page),
	    cmocka_unit_test(test_utf8),
	    cmocka_unit_test(test_escape),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_periods),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
