/* The option parser: every form, every refusal, and the nearest name. */
#include "test.h"

#include "ctl/options.h"

#include <string.h>

static const struct option_row rows[] = {
    {"level", 'l', OPTION_TEXT, "LEVEL", ""}, {"scope", 's', OPTION_LIST, "WHO", ""},
    {"copies", 0, OPTION_NUMBER, "N", ""},    {"date", 0, OPTION_DATE, "DATE", ""},
    {"wait", 'w', OPTION_FLAG, NULL, ""},     {0},
};
static const struct option_row shared[] = {{"json", 0, OPTION_FLAG, NULL, ""}, {0}};

/* Words separated by single spaces, as one command line. */
static int parse(struct options *o, char *line)
{
	char *argv[32] = {(char[]){"classctl"}};
	int n = 1;

	for (char *word; (word = strsep(&line, " "));)
		argv[n++] = word;
	*o = (struct options){.tables = {rows, shared}};
	return options_parse(o, n, argv);
}

static void test_forms(void **state)
{
	char line[] =
	    "a --level=secret -s dept:a,dept:b b --scope person:li --json --date 2030-06-30 --copies 3 -- --wait";
	struct options o;
	(void)state;

	assert_int_equal(parse(&o, line), 0);
	assert_string_equal(options_text(&o, "level"), "secret");
	assert_true(options_flag(&o, "json"));
	assert_false(options_flag(&o, "wait"));
	assert_int_equal(options_number(&o, "copies", 1), 3);
	assert_int_equal(options_number(&o, "other", 7), 7);
	assert_int_equal(o.n_words, 3);
	assert_string_equal(o.words[2], "--wait");
	const char *const parts[] = {"dept:a", "dept:b", "person:li"};
	for (size_t i = 0; i < 3; i++) {
		OWN_MEM char *part = options_part(&o, "scope", i);
		assert_string_equal(part, parts[i]);
	}
	assert_null(options_part(&o, "scope", 3));
}

static void test_refusals(void **state)
{
	static const struct {
		const char *line;
		int outcome;
		const char *bad;
	} cases[] = {
	    {"--levle x", OPTIONS_UNKNOWN, "--levle"},	       {"-x", OPTIONS_UNKNOWN, "-x"},
	    {"-lsecret", OPTIONS_UNKNOWN, "-lsecret"},	       {"a --level", OPTIONS_NO_VALUE, "--level"},
	    {"--wait=yes", OPTIONS_WITH_VALUE, "--wait=yes"},  {"--copies three", OPTIONS_BAD_NUMBER, "--copies"},
	    {"--copies -1", OPTIONS_BAD_NUMBER, "--copies"},   {"--date 2030-02-30", OPTIONS_BAD_DATE, "--date"},
	    {"--level a --level b", OPTIONS_TWICE, "--level"},
	};
	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		char line[64];
		struct options o;

		(void)strncpy(line, cases[i].line, sizeof(line) - 1);
		line[sizeof(line) - 1] = 0;
		assert_int_equal(parse(&o, line), cases[i].outcome);
		assert_string_equal(o.bad, cases[i].bad);
	}
}

static void test_hint(void **state)
{
	char near[] = "--levl x";
	char far[] = "--something x";
	struct options o;
	(void)state;

	assert_int_equal(parse(&o, near), OPTIONS_UNKNOWN);
	assert_string_equal(o.hint, "level");
	assert_int_equal(parse(&o, far), OPTIONS_UNKNOWN);
	assert_null(o.hint);
	assert_int_equal(options_distance("submit", "submti", 2), 2);
	assert_int_equal(options_distance("tag", "export", 2), 3);
}

static void test_too_many(void **state)
{
	char word[] = "w";
	char *argv[OPTIONS_MAX + 3];
	struct options o = {.tables = {rows, shared}};
	(void)state;

	for (size_t i = 0; i < array_n(argv); i++)
		argv[i] = word;
	assert_int_equal(options_parse(&o, (int)array_n(argv), argv), OPTIONS_TOO_MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_hint),
	    cmocka_unit_test(test_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
