/* Headers of sheets: what a reader sees in them, and a mark at the front of the left section. */
#include "test.h"

#include <string.h>

#include "base/text.h"
#include "format/sheet_header.h"

static void expect_read(const char *header, const char *text, const char *struck)
{
	OWN_BUFFER struct buffer seen = {0};
	OWN_BUFFER struct buffer gone = {0};

	sheet_header_read(bytes_of_text(header), &seen, &gone);
	assert_true(bytes_equal_text(buffer_bytes(&seen), text));
	assert_true(bytes_equal_text(buffer_bytes(&gone), struck));
}

static void test_codes_are_not_read(void **state)
{
	(void)state;
	expect_read("SECRET", "SECRET\n", "");
	expect_read("&L&\"Arial,Bold\"&12SECRET&C&P of &N&RR&&D", "\nSECRET\n of \nR&D\n", "");
	expect_read("&L&KFF0000red&K01+000x", "\nredx\n", "");
	expect_read("&L&SSECRET&S\nDeclassified", "\n\nDeclassified\n", "\nSECRET\n");
	expect_read("&L&SSECRET&Copen", "\n\nopen\n", "\nSECRET");
	expect_read("&", "\n", "");
	expect_read("&\"never closed", "\n", "");
	expect_read("&\xc3\xa9", "\xc3\xa9\n", ""); /* no half of a character is left */
}

static void expect_put(const char *header, const struct sheet_mark *mark, const char *becomes)
{
	OWN_BUFFER struct buffer put = {0};

	assert_int_equal(sheet_header_put(bytes_of_text(header), mark, &put), 0);
	assert_true(bytes_equal_text(buffer_bytes(&put), becomes));
}

static void test_a_mark_goes_in_and_out(void **state)
{
	const struct sheet_mark first = {"", "SECRET", false}, next = {"SECRET", "TOP SECRET", false};
	const struct sheet_mark away = {"SECRET", "", false}, released = {"SECRET", "Declassified", true};
	const struct sheet_mark again = {"Declassified", "Declassified", true},
				after = {"Declassified", "SECRET", false};

	(void)state;
	expect_put("", &first, "&L&BSECRET&B");
	expect_put("middle", &first, "&L&BSECRET&B&Cmiddle");
	expect_put("&Cmiddle", &first, "&L&BSECRET&B&Cmiddle");
	expect_put("&Lmine&Rr", &first, "&L&BSECRET&B\nmine&Rr");
	expect_put("&Cm&Lmine", &first, "&Cm&L&BSECRET&B\nmine");
	expect_put("&L&BSECRET&B\nmine", &next, "&L&BTOP SECRET&B\nmine");
	expect_put("&L&BSECRET&B\nmine", &away, "&Lmine");
	expect_put("&LTOP SECRET", &away, "&LTOP SECRET"); /* a line of somebody else */
	expect_put("&LTOP SECRET", &first, "&L&BSECRET&B\nTOP SECRET");
	expect_put("&L&\"A,Bold\"SECRET&\"A,x\"\nmine", &next, "&L&\"A,Bold\"&BTOP SECRET&B&\"A,x\"\nmine");
	expect_put("&L&&S\nSECRET", &next, "&L&&S\n&BTOP SECRET&B"); /* seen, and no code */
	expect_put("&Lx&SOLD&S\nSECRET", &next, "&Lx&SOLD&S\n&BTOP SECRET&B"); /* struck by somebody, within his line */
	expect_put("&L&&BSECRET&&B", &next, "&L&BTOP SECRET&B\n&&BSECRET&&B");
	expect_put("&L&BSECRET&B", &first, "&L&BSECRET&B");
	expect_put("&L&BSECRET&B", &released, "&L&S&BSECRET&B&S\n&BDeclassified&B");
	expect_put("&L&S&BSECRET&B&S\n&BDeclassified&B", &again, "&L&S&BSECRET&B&S\n&BDeclassified&B");
	expect_put("&L&S&BSECRET&B&S\n&BDeclassified&B", &after, "&L&BSECRET&B");
}

static void test_there_is_room_for_255(void **state)
{
	OWN_BUFFER struct buffer put = {0};
	char full[260] = "&L";

	(void)state;
	memset(full + 2, 'x', 240);
	const struct sheet_mark two = {"", "SECRET\nReason: 1.4(a)", false},
				next = {"SECRET\nReason: 1.4(a)", "TOP\nReason: x", false};
	assert_int_equal(sheet_header_put(bytes_of_text(full), &two, &put), 0);
	assert_true(put.n == 253 && memcmp(put.at, "&L&BSECRET&B\nxx", 14) == 0);
	OWN_BUFFER struct buffer replaced = {0};
	assert_int_equal(sheet_header_put(buffer_bytes(&put), &next, &replaced), 0);
	assert_true(replaced.n == 250 && memcmp(replaced.at, "&L&BTOP&B\nxx", 11) == 0);
	memset(full + 2, 'x', 252);
	buffer_clear(&put);
	assert_int_equal(sheet_header_put(bytes_of_text(full), &two, &put), SHEET_HEADER_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_codes_are_not_read),
	    cmocka_unit_test(test_a_mark_goes_in_and_out),
	    cmocka_unit_test(test_there_is_room_for_255),
	};

	return cmocka_run_group_tests_name("sheet_header", tests, NULL, NULL);
}
