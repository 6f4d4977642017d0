#include "test.h"

#include <string.h>

#include "format/base64.h"

/* RFC 4648 section 10. */
static const struct {
	const char *plain, *raw, *padded;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg", "Zg=="},
    {"fo", "Zm8", "Zm8="},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg", "Zm9vYg=="},
    {"fooba", "Zm9vYmE", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
};

static void test_vectors_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_n(vectors); i++) {
		const char *const texts[] = {vectors[i].raw, vectors[i].padded};

		for (int form = BASE64_RAW; form <= BASE64_PADDED; form++) {
			OWN_BUFFER struct buffer b = {0};
			uint8_t back[16];
			size_t n = 99;

			base64_encode(bytes_of_text(vectors[i].plain), (enum base64_form)form, &b);
			assert_true(bytes_equal_text(buffer_bytes(&b), texts[form]));
			assert_int_equal(b.n, base64_encoded_length(strlen(vectors[i].plain), (enum base64_form)form));
			assert_true(base64_decode(bytes_of_text(texts[form]), (enum base64_form)form, back, &n));
			assert_true(bytes_equal_text(bytes_of(back, n), vectors[i].plain));
		}
	}
}

static void test_only_canonical_text_is_taken(void **state)
{
	static const struct {
		const char *text;
		enum base64_form form;
	} bad[] = {
	    {"Zh", BASE64_RAW},		 {"Zm9", BASE64_RAW},	    {"Z", BASE64_RAW},	     {"Zg==", BASE64_RAW},
	    {"Zm 9", BASE64_RAW},	 {"Zm9v\n", BASE64_RAW},    {"Zm-_", BASE64_RAW},    {"Zg", BASE64_PADDED},
	    {"Zh==", BASE64_PADDED},	 {"Zg=", BASE64_PADDED},    {"Z===", BASE64_PADDED}, {"====", BASE64_PADDED},
	    {"Zg==Zg==", BASE64_PADDED}, {"Zm9vYmFyA", BASE64_RAW}, {"=", BASE64_PADDED},    {"Zm9=", BASE64_PADDED}};
	uint8_t back[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < array_n(bad); i++)
		if (base64_decode(bytes_of_text(bad[i].text), bad[i].form, back, &n))
			fail_msg("took %s", bad[i].text);
	assert_false(base64_decode_exact(bytes_of_text("Zm9v"), BASE64_RAW, back, 2));
	assert_false(base64_decode_exact(bytes_of_text("Zm9v"), BASE64_RAW, back, 4));
	assert_true(base64_decode_exact(bytes_of_text("Zm9v"), BASE64_RAW, back, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors_both_ways),
	    cmocka_unit_test(test_only_canonical_text_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
