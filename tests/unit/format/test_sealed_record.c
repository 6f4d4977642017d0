#include "test.h"

#include <string.h>

#include "format/sealed_record.h"

static const char two_attributes[] = "\0\6user.a\0\0\0\0"
				     "\0\7user.ab\0\0\0\3\0\xff\n";

static struct sealed_record full(void)
{
	struct sealed_record r = {.label = bytes_of_text("classd-label/v1\n"),
				  .n_signatures = 2,
				  .signatures = {bytes_of_text("first"), bytes_of_text("second")},
				  .drafter_signature = bytes_of_text("drafter"),
				  .salt = {1, 2, 3},
				  .digest = {4, 5, 6},
				  .length = UINT64_C(1) << 33,
				  .name = bytes_of_text("报告.docx"),
				  .n_scope = 2,
				  .scope = {bytes_of_text("person:li"), bytes_of_text("dept:planning")},
				  .n_previous = 2,
				  .previous = {{7}, {8}},
				  .remnant = bytes_of_text("plaintext was on ext4 without encryption"),
				  .has_facts = true,
				  .facts = {0640, 1000, 100, -5, 999999999},
				  .acl = bytes_of_text("user::rw-\ngroup::r--\nother::---\n"),
				  .number = bytes_of_text("2026-000123"),
				  .title = bytes_of_text("关于…的报告"),
				  .issue = bytes_of_text("classd-issue/v1\n"),
				  .issue_signature = bytes_of_text("issue"),
				  .meta = bytes_of_text("{\"a\":1}"),
				  .set = bytes_of_text("classd-set/v1\n"),
				  .set_signature = bytes_of_text("set"),
				  .attributes = {(const uint8_t *)two_attributes, sizeof(two_attributes) - 1}};

	return r;
}

static void test_all_fields_come_back(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	OWN_BUFFER struct buffer again = {0};
	struct sealed_record r = full(), back;

	(void)state;
	assert_int_equal(sealed_record_format(&r, &b), 0);
	assert_int_equal(sealed_record_parse(buffer_bytes(&b), &back), 0);
	assert_int_equal(back.n_signatures, 2);
	assert_true(bytes_equal_text(back.signatures[1], "second"));
	assert_true(bytes_equal_text(back.name, "报告.docx"));
	assert_true(bytes_equal_text(back.scope[1], "dept:planning"));
	assert_true(back.length == UINT64_C(1) << 33);
	assert_true(back.facts.mtime_s == -5 && back.facts.mode == 0640 && back.facts.mtime_ns == 999999999);
	assert_int_equal(back.n_previous, 2);
	assert_int_equal(back.previous[1][0], 8);
	assert_true(bytes_equal_text(back.meta, "{\"a\":1}"));
	assert_true(bytes_equal_text(back.set, "classd-set/v1\n") && bytes_equal_text(back.set_signature, "set"));
	assert_int_equal(sealed_record_format(&back, &again), 0);
	assert_true(bytes_equal(buffer_bytes(&b), buffer_bytes(&again)));
}

static int with_attributes(const void *at, size_t n)
{
	OWN_BUFFER struct buffer b = {0};
	struct sealed_record r = full();

	r.attributes = bytes_of(at, n);
	return sealed_record_format(&r, &b);
}

static void test_attributes(void **state)
{
	OWN_BUFFER struct buffer b = {0}, list = {0}, large = {0};
	struct sealed_record r = full(), back;
	struct bytes name, value;
	struct cursor c;

	(void)state;
	sealed_attribute_add(&list, bytes_of_text("user.a"), (struct bytes){0});
	sealed_attribute_add(&list, bytes_of_text("user.ab"), bytes_of("\0\xff\n", 3));
	assert_true(bytes_equal(buffer_bytes(&list), r.attributes));
	assert_int_equal(sealed_record_format(&r, &b), 0);
	assert_int_equal(sealed_record_parse(buffer_bytes(&b), &back), 0);
	c = cursor_of(back.attributes);
	assert_true(sealed_attribute_next(&c, &name, &value));
	assert_true(bytes_equal_text(name, "user.a") && value.n == 0);
	assert_true(sealed_attribute_next(&c, &name, &value));
	assert_true(bytes_equal_text(name, "user.ab") && value.n == 3 && value.at[1] == 0xff);
	assert_false(sealed_attribute_next(&c, &name, &value));

	assert_int_equal(with_attributes(two_attributes, sizeof(two_attributes) - 2), SEALED_RECORD_MALFORMED);
	assert_int_equal(with_attributes("\0\7user.ab\0\0\0\0\0\6user.a\0\0\0\0", 25), SEALED_RECORD_MALFORMED);
	assert_int_equal(with_attributes("\0\6user.a\0\0\0\0\0\6user.a\0\0\0\0", 24), SEALED_RECORD_MALFORMED);
	assert_int_equal(with_attributes("\0\5user.\0\0\0\0", 11), SEALED_RECORD_MALFORMED);
	assert_int_equal(with_attributes("\0\7trusted\0\0\0\0", 13), SEALED_RECORD_MALFORMED);
	assert_int_equal(with_attributes("\0\7user.a\0\0\0\0\0", 13), SEALED_RECORD_MALFORMED);
	assert_int_equal(with_attributes("\0\6user.a\xff\xff\xff\xff", 12), SEALED_RECORD_MALFORMED);
	(void)buffer_reserve(&large, SEALED_ATTRIBUTES_MAX);
	sealed_attribute_add(&large, bytes_of_text("user.large"), bytes_of(large.at, SEALED_ATTRIBUTES_MAX - 16));
	assert_int_equal(large.n, SEALED_ATTRIBUTES_MAX);
	assert_int_equal(with_attributes(large.at, large.n), 0);
	buffer_clear(&large);
	sealed_attribute_add(&large, bytes_of_text("user.large1"), bytes_of(two_attributes, 1));
	large.n = SEALED_ATTRIBUTES_MAX + 1;
	assert_int_equal(with_attributes(large.at, large.n), SEALED_RECORD_MALFORMED);
}

static void test_the_part_about_the_file(void **state)
{
	OWN_BUFFER struct buffer b = {0}, again = {0}, all = {0};
	struct sealed_record r = full(), back, none = {.label = bytes_of_text("L")};

	(void)state;
	assert_int_equal(sealed_record_format_file(&r, &b), 0);
	assert_int_equal(sealed_record_parse_file(buffer_bytes(&b), &back), 0);
	assert_true(back.has_facts && back.facts.uid == 1000 && back.facts.mtime_ns == 999999999);
	assert_true(bytes_equal(back.acl, r.acl) && bytes_equal(back.attributes, r.attributes));
	assert_int_equal(back.label.n, 0);
	assert_int_equal(sealed_record_format_file(&back, &again), 0);
	assert_true(bytes_equal(buffer_bytes(&b), buffer_bytes(&again)));
	assert_int_equal(sealed_record_format(&r, &all), 0);
	assert_int_equal(sealed_record_parse_file(buffer_bytes(&all), &back), SEALED_RECORD_MALFORMED);
	assert_int_equal(sealed_record_parse_file(bytes_of(b.at, b.n - 1), &back), SEALED_RECORD_MALFORMED);
	buffer_clear(&again);
	assert_int_equal(sealed_record_format_file(&none, &again), 0);
	assert_int_equal(again.n, 0);
}

static void test_absent_fields_take_no_room(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct sealed_record r = {.label = bytes_of_text("L")}, back;

	(void)state;
	assert_int_equal(sealed_record_format(&r, &b), 0);
	assert_int_equal(b.n, 6 + 1 + 6 + 32 + 6 + 32 + 6 + 8);
	assert_int_equal(sealed_record_parse(buffer_bytes(&b), &back), 0);
	assert_false(back.has_facts);
	r.label = (struct bytes){0};
	assert_int_equal(sealed_record_format(&r, &b), SEALED_RECORD_MISSING);
}

static void test_rules_of_values(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct sealed_record r = full();
	static char large[SEALED_RECORD_MAX];

	(void)state;
	r.name = bytes_of_text("../../etc/passwd");
	assert_int_equal(sealed_record_format(&r, &b), SEALED_RECORD_MALFORMED);
	r.name = bytes_of_text("..");
	assert_int_equal(sealed_record_format(&r, &b), SEALED_RECORD_MALFORMED);
	r = full();
	r.scope[0] = bytes_of_text("two\nlines");
	assert_int_equal(sealed_record_format(&r, &b), SEALED_RECORD_MALFORMED);
	r = full();
	r.facts.mode = 0100644;
	assert_int_equal(sealed_record_format(&r, &b), SEALED_RECORD_MALFORMED);
	r = full();
	r.n_scope = SEALED_SCOPE_MAX + 1;
	assert_int_equal(sealed_record_format(&r, &b), SEALED_RECORD_TOO_LARGE);
	r = full();
	memset(large, 'x', sizeof(large));
	r.meta = bytes_of(large, sizeof(large));
	assert_int_equal(sealed_record_format(&r, &b), SEALED_RECORD_TOO_LARGE);
	assert_int_equal(b.n, 0);
}

static int parse_with(uint16_t type, const char *value)
{
	OWN_BUFFER struct buffer b = {0};
	struct sealed_record r = {.label = bytes_of_text("L")}, back;

	assert_int_equal(sealed_record_format(&r, &b), 0);
	buffer_u16(&b, type);
	buffer_u32(&b, (uint32_t)strlen(value));
	buffer_add_text(&b, value);
	return sealed_record_parse(buffer_bytes(&b), &back);
}

static void test_unknown_types(void **state)
{
	(void)state;
	assert_int_equal(parse_with(12, "x"), SEALED_RECORD_NEWER);
	assert_int_equal(parse_with(65534, "x"), SEALED_RECORD_NEWER);
	assert_int_equal(parse_with(65535, "x"), 0);
	assert_int_equal(parse_with(10, "x"), 0);
	assert_int_equal(parse_with(10, ""), SEALED_RECORD_MALFORMED);
	assert_int_equal(parse_with(6, "12345678"), SEALED_RECORD_MALFORMED); /* not ascending */
	assert_int_equal(parse_with(3, "x"), SEALED_RECORD_MALFORMED);
}

static void test_truncated_and_flipped(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct sealed_record r = full(), back;
	size_t taken = 0;

	(void)state;
	assert_int_equal(sealed_record_format(&r, &b), 0);
	for (size_t n = 0; n < b.n; n++)
		taken += sealed_record_parse(bytes_of(b.at, n), &back) == 0;
	assert_int_equal(taken,
			 14); /* where an entry behind the required ones ends: the AEAD around it knows the length */
	for (size_t i = 0; i < b.n * 8; i++) {
		OWN_BUFFER struct buffer again = {0};

		b.at[i / 8] ^= (uint8_t)(1 << i % 8);
		if (sealed_record_parse(buffer_bytes(&b), &back) == 0)
			assert_int_equal(sealed_record_format(&back, &again),
					 0); /* whatever is taken obeys the rules */
		b.at[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attributes),		  cmocka_unit_test(test_the_part_about_the_file),
	    cmocka_unit_test(test_all_fields_come_back),  cmocka_unit_test(test_absent_fields_take_no_room),
	    cmocka_unit_test(test_rules_of_values),	  cmocka_unit_test(test_unknown_types),
	    cmocka_unit_test(test_truncated_and_flipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
