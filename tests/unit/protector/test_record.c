/* The text that a protector's file is: written and read back, and refused in every way it can be wrong. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "protector/record.h"

static const char *const names[] = {"way", "blob", NULL};
static const char whole[] = "classd-protector/v1\nkind box\nway here and there\nblob 00ff\n";

static void test_round(void **state)
{
	struct record_text written = {"box", names, {text_copy("here and there"), text_copy("00ff")}};
	struct record_text read = {"box", names, {0}};
	OWN_BUFFER struct buffer file = {0};
	OWN_BUFFER struct buffer blob = {0};
	OWN_MEM char *hex = NULL;

	(void)state;
	record_write(&written, &file);
	assert_true(bytes_equal_text(buffer_bytes(&file), whole));
	assert_true(record_parse(buffer_bytes(&file), &read));
	assert_string_equal(read.values[0], "here and there");
	assert_true(record_bytes(read.values[1], &blob));
	assert_true(bytes_equal(buffer_bytes(&blob), bytes_of("\x00\xff", 2)));
	hex = record_hex(buffer_bytes(&blob));
	assert_string_equal(hex, "00ff");
	record_done(&written);
	record_done(&read);
}

static bool parses(struct bytes file)
{
	struct record_text read = {"box", names, {0}};
	bool is_good = record_parse(file, &read);

	record_done(&read);
	return is_good;
}

static void test_wrong_files(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "classd-protector/v2\nkind box\nway x\nblob 00\n",
	    "classd-protector/v1\nkind other\nway x\nblob 00\n",
	    "classd-protector/v1\nkind box\nblob 00\nway x\n",
	    "classd-protector/v1\nkind box\nway x\nway x\nblob 00\n",
	    "classd-protector/v1\nkind box\nway x\n",
	    "classd-protector/v1\nkind box\nway \nblob 00\n",
	    "classd-protector/v1\nkind box\nway x\nblob 00",
	    "classd-protector/v1\nkind box\nway x\nblob 00\nmore x\n",
	    "classd-protector/v1\nkind box\nway x\r\nblob 00\n",
	    "classd-protector/v1\nkind box\nways x\nblob 00\n",
	    "classd-protector/v1\nkind box\nway \x1b[2J\nblob 00\n",
	};

	(void)state;
	assert_true(parses(bytes_of_text(whole)));
	for (size_t i = 0; i < array_n(wrong); i++)
		assert_false(parses(bytes_of_text(wrong[i])));
	assert_false(parses(bytes_of("classd-protector/v1\nkind box\nway x\0y\nblob 00\n", 46)));
	for (size_t n = 0; n < strlen(whole); n++)
		assert_false(parses(bytes_of(whole, n)));
}

static void test_no_hexadecimal(void **state)
{
	static const char *const wrong[] = {"", "0", "0g", "00f", "00 ff"};

	(void)state;
	for (size_t i = 0; i < array_n(wrong); i++) {
		OWN_BUFFER struct buffer blob = {0};

		assert_false(record_bytes(wrong[i], &blob));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round),
	    cmocka_unit_test(test_wrong_files),
	    cmocka_unit_test(test_no_hexadecimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
