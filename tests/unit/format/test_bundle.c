/* Manifests of policy sets: one spelling, and nothing that is a path. */
#include "test.h"

#include "base/text.h"
#include "format/bundle.h"

#include <stdio.h>
#include <string.h>

#define SHA   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD  "classd-policy/v1\npack cn\nversion 2027.1\neffective 2027-01-01\nissued 2026-11-28\nissuer An office\n"
#define FILES "file " SHA " 12 a.yaml\nfile " SHA " 0 b.yaml\n"

static int parse(const char *text, struct bundle *ret, size_t *ret_line)
{
	return bundle_parse(bytes_of_text(text), ret, ret_line);
}

static void test_what_is_read_is_written_again(void **state)
{
	static const char *const good[] = {
	    HEAD "unit *\n" FILES,
	    HEAD "unit City office\nunit Harbor\nfile " SHA " 8388608 pack.yaml\n",
	};

	(void)state;
	for (size_t i = 0; i < array_n(good); i++) {
		OWN_MEM struct bundle *b = calloc(1, sizeof(*b));
		OWN_BUFFER struct buffer again = {0};
		size_t line;

		assert_int_equal(parse(good[i], b, &line), 0);
		bundle_write(b, &again);
		assert_true(bytes_equal_text(buffer_bytes(&again), good[i]));
	}
}

static void test_for_whom(void **state)
{
	OWN_MEM struct bundle *b = calloc(1, sizeof(*b));
	size_t line;

	(void)state;
	assert_int_equal(parse(HEAD "unit *\n" FILES, b, &line), 0);
	assert_true(bundle_is_for(b, "Harbor"));
	assert_int_equal(parse(HEAD "unit Harbor\n" FILES, b, &line), 0);
	assert_true(bundle_is_for(b, "Harbor"));
	assert_false(bundle_is_for(b, "City office"));
	assert_false(bundle_is_for(b, "*"));
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text;
		int outcome;
		size_t line;
	} bad[] = {
	    {"", BUNDLE_MALFORMED, 1},
	    {"classd-policy/v2\n", BUNDLE_NEWER, 1},
	    {"classd-label/v1\n", BUNDLE_MALFORMED, 1},
	    {HEAD "unit *\n", BUNDLE_MALFORMED, 8},
	    {HEAD FILES, BUNDLE_MALFORMED, 7},
	    {HEAD "unit *\n" FILES "more\n", BUNDLE_MALFORMED, 10},
	    {HEAD "unit *\nfile " SHA " 12 a.yaml", BUNDLE_MALFORMED, 8},
	    {HEAD "unit *\nunit Harbor\n" FILES, BUNDLE_MALFORMED, 8},
	    {HEAD "unit Harbor\nunit Harbor\n" FILES, BUNDLE_MALFORMED, 8},
	    {HEAD "unit *\nfile " SHA " 12 b.yaml\nfile " SHA " 12 a.yaml\n", BUNDLE_MALFORMED, 9},
	    {HEAD "unit *\nfile " SHA " 12 a.yaml\nfile " SHA " 12 a.yaml\n", BUNDLE_MALFORMED, 9},
	    {HEAD "unit *\nfile " SHA " 12 ../a.yaml\n", BUNDLE_MALFORMED, 8},
	    {HEAD "unit *\nfile " SHA " 12 /a.yaml\n", BUNDLE_MALFORMED, 8},
	    {HEAD "unit *\nfile " SHA " 12 .a.yaml\n", BUNDLE_MALFORMED, 8},
	    {HEAD "unit *\nfile " SHA " 12 a.txt\n", BUNDLE_MALFORMED, 8},
	    {HEAD "unit *\nfile " SHA " 012 a.yaml\n", BUNDLE_MALFORMED, 8},
	    {HEAD "unit *\nfile " SHA " 8388609 a.yaml\n", BUNDLE_MALFORMED, 8},
	    {HEAD "unit *\nfile 0123 12 a.yaml\n", BUNDLE_MALFORMED, 8},
	    {HEAD "unit *\nfile " SHA " 8000000 a.yaml\nfile " SHA " 8000000 b.yaml\nfile " SHA
		  " 8000000 c.yaml\nfile " SHA " 8000000 d.yaml\nfile " SHA " 8000000 e.yaml\n",
	     BUNDLE_MALFORMED, 13},
	    {"classd-policy/v1\npack cn\nversion 1\neffective 2027-02-29\n", BUNDLE_MALFORMED, 4},
	    {"classd-policy/v1\npack ../cn\n", BUNDLE_MALFORMED, 2},
	    {"classd-policy/v1\nversion 1\n", BUNDLE_MALFORMED, 2},
	};

	(void)state;
	for (size_t i = 0; i < array_n(bad); i++) {
		OWN_MEM struct bundle *b = calloc(1, sizeof(*b));
		size_t line = 0;

		assert_int_equal(parse(bad[i].text, b, &line), bad[i].outcome);
		assert_int_equal(line, bad[i].line);
		assert_int_equal(b->n_files, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_read_is_written_again),
	    cmocka_unit_test(test_for_whom),
	    cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
