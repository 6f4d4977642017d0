#include "test.h"

#include "base/text.h"
#include "library/json.h"

#include <stdio.h>
#include <string.h>

static void test_built_text_is_canonical(void **state)
{
	OWNED(json) struct json *object = json_object();
	OWNED(json) struct json *list = NULL;
	OWN_MEM char *text = NULL;
	struct json *inner = json_array();

	(void)state;
	json_append_text(inner, "机密★10年");
	json_append_text(inner, "b\"\n");
	json_set_text(object, "z", "last");
	json_set_text(object, "absent", NULL);
	json_set_int(object, "a", INT64_MIN);
	json_set_bool(object, "m", true);
	json_set(object, "list", inner);
	list = json_copy(json_get(json_look(object), "list"));
	json_append_text(list, "only in the copy");
	text = json_text(object);
	assert_string_equal(text, "{\"a\":-9223372036854775808,\"list\":[\"机密★10年\",\"b\\\"\\n\"],\"m\":true,"
				  "\"z\":\"last\"}");
	assert_int_equal(json_n(json_look(list)), 3);
}

/* Entries of the journal are hashed as they were written: every byte is what earlier versions wrote. */
static void test_escapes_are_those_of_the_journal(void **state)
{
	OWNED(json) struct json *object = json_object();
	OWNED(json) struct json *again = NULL;
	OWN_MEM char *text = NULL;
	OWN_MEM char *part = NULL;

	(void)state;
	json_set_text(object, "t", "\b\f\n\r\t\"\\/\x01\x1f\x7f☆");
	json_set_real(object, "r", 0.5);
	json_set(object, "o", json_object());
	json_set(object, "l", json_array());
	json_set_bool(object, "f", false);
	json_set_text(object, "", "");
	json_set_text(object, "a\"", "key");
	text = json_text(object);
	assert_string_equal(text, "{\"\":\"\",\"a\\\"\":\"key\",\"f\":false,\"l\":[],\"o\":{},\"r\":0.5,"
				  "\"t\":\"\\b\\f\\n\\r\\t\\\"\\\\/\\u0001\\u001F\x7f☆\"}");
	assert_int_equal(json_parse(bytes_of_text(text), &again), 0);
	part = json_view_text(json_look(again));
	assert_string_equal(part, text);
	assert_null(json_view_text((struct json_view){NULL}));
}

static void test_a_failed_step_shows_at_the_end(void **state)
{
	OWNED(json) struct json *object = json_object();
	struct json *bad = json_object();

	(void)state;
	json_set_text(bad, "title", "\xff\xfe");
	assert_null(json_text(bad));
	json_set(object, "inner", bad);
	assert_null(json_text(object));
	assert_null(json_text(NULL));
	json_set_text(NULL, "x", "y");
	assert_int_equal(json_n(json_look(NULL)), 0);
}

static void test_bad_input_is_an_outcome(void **state)
{
	static const struct {
		const char *text;
		int outcome;
	} cases[] = {{"", JSON_MALFORMED},
		     {"{", JSON_MALFORMED},
		     {"{} {}", JSON_MALFORMED},
		     {"{\"a\":1,\"a\":2}", JSON_DUPLICATE_KEY},
		     {"{\"o\":{\"a\":1,\"a\":1}}", JSON_DUPLICATE_KEY},
		     {"[[[[[[[[[1]]]]]]]]]", JSON_TOO_DEEP},
		     {"[[[[[[[[1]]]]]]]]", 0},
		     {"\"[[[[[[[[[[[[\\\"[[\"", 0},
		     {"{\"a\":99999999999999999999}", JSON_MALFORMED},
		     {"\"\xed\xa0\x80\"", JSON_MALFORMED},
		     {"\"a\\u0000b\"", JSON_MALFORMED},
		     {"{'a':1}", JSON_MALFORMED},
		     {"nul", JSON_MALFORMED},
		     {"7", 0}};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(json) struct json *value = NULL;

		assert_int_equal(json_parse(bytes_of_text(cases[i].text), &value), cases[i].outcome);
		assert_int_equal(value != NULL, cases[i].outcome == 0);
	}
}

static void test_members_come_in_key_order(void **state)
{
	OWNED(json) struct json *value = NULL;
	struct json_view v, member;

	(void)state;
	assert_int_equal(json_parse(bytes_of_text("{\"b\":[{\"d\":1,\"c\":null}],\"a\":\"x\",\"e\":false}"), &value),
			 0);
	v = json_look(value);
	assert_string_equal(json_key(v, 0, &member), "a");
	assert_string_equal(json_as_text(member), "x");
	assert_string_equal(json_key(v, 1, &member), "b");
	assert_string_equal(json_key(json_at(member, 0), 0, NULL), "c");
	assert_null(json_key(v, 3, NULL));
	assert_false(json_is_present(json_get(json_at(member, 0), "c")));
	assert_int_equal(json_get_int(json_at(member, 0), "d", 9), 1);
	assert_int_equal(json_get_int(v, "a", 9), 9);
	assert_null(json_get_text(v, "e"));
	assert_true(json_is_bool(json_get(v, "e")));
	assert_false(json_get_bool(v, "nowhere"));
	assert_null(json_as_text(json_at(v, 0)));
}

static void test_bytes_round_trip(void **state)
{
	static const uint8_t raw[] = {0, 255, 1, 2};
	OWNED(json) struct json *object = json_object();
	OWN_BUFFER struct buffer b = {0};

	(void)state;
	json_set_bytes(object, "k", bytes_of(raw, sizeof(raw)));
	json_set_text(object, "bad", "a=b");
	assert_string_equal(json_get_text(json_look(object), "k"), "AP8BAg==");
	assert_true(json_get_bytes(json_look(object), "k", &b));
	assert_true(bytes_equal(buffer_bytes(&b), bytes_of(raw, sizeof(raw))));
	assert_false(json_get_bytes(json_look(object), "bad", &b));
	assert_false(json_get_bytes(json_look(object), "none", &b));
}

/* Texts are passed over several bytes at a time: what needs an escape is seen wherever it stands. */
static void test_an_escape_is_seen_anywhere(void **state)
{
	static const char *const odd[][2] = {{"\"", "\\\""},	  {"\\", "\\\\"},   {"\x1f", "\\u001F"},
					     {"\x01", "\\u0001"}, {"\n", "\\n"},    {"\x20", "\x20"},
					     {"!", "!"},	  {"#", "#"},	    {"[", "["},
					     {"]", "]"},	  {"\x7f", "\x7f"}, {"\u00a2", "\u00a2"}};

	(void)state;
	for (size_t i = 0; i < array_n(odd) * 20; i++) {
		const int before = (int)(i % 20);
		const char *const *pair = odd[i / 20];
		OWN_MEM char *text = text_format("%.*s%s%s", before, "abcdefghijklmnopqrst", pair[0], "uvwxyzABCDEF");
		OWN_MEM char *expected =
		    text_format("[\"%.*s%s%s\"]", before, "abcdefghijklmnopqrst", pair[1], "uvwxyzABCDEF");
		OWNED(json) struct json *list = json_array();
		OWN_MEM char *written = NULL;

		json_append_text(list, text);
		written = json_text(list);
		assert_string_equal(written, expected);
	}
}

static void test_few_and_many_members_are_in_order(void **state)
{
	(void)state;
	for (size_t n = 0; n < 40; n++) {
		OWNED(json) struct json *object = json_object();
		OWN_BUFFER struct buffer expected = {0};
		OWN_MEM char *text = NULL;

		for (size_t i = 0; i < n; i++) {
			char key[8];

			(void)snprintf(key, sizeof(key), "k%02zu", i * 17 % 41);
			json_set_int(object, key, (int64_t)(i * 17 % 41));
		}
		for (size_t k = 0; k < 41; k++)
			if (k * 29 % 41 < n) /* 17 * 29 is 1 modulo 41 */
				buffer_add_format(&expected, "%s\"k%02zu\":%zu", expected.n ? "," : "{", k, k);
		buffer_add_text(&expected, n ? "}" : "{}");
		buffer_u8(&expected, 0);
		text = json_text(object);
		assert_string_equal(text, (const char *)expected.at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_built_text_is_canonical),
	    cmocka_unit_test(test_escapes_are_those_of_the_journal),
	    cmocka_unit_test(test_a_failed_step_shows_at_the_end),
	    cmocka_unit_test(test_bad_input_is_an_outcome),
	    cmocka_unit_test(test_members_come_in_key_order),
	    cmocka_unit_test(test_bytes_round_trip),
	    cmocka_unit_test(test_an_escape_is_seen_anywhere),
	    cmocka_unit_test(test_few_and_many_members_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
