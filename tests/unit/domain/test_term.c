#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/term.h"

static const struct date issued = {2024, 2, 29};

static void test_rule_round_trip(void **state)
{
	static const char *const good[] = {
	    "P10Y from issue",
	    "P6M from issue",
	    "P1Y6M from issue",
	    "P30D from issue",
	    "until 2030-06-30",
	    "event the treaty enters into force check 2028-01-01",
	    "event 试验结束 check 2029-12-31",
	    "event end of the trial",
	    "long-term",
	    "long-term review 2040-01-01",
	    "-",
	};
	char text[TERM_TEXT_MAX];
	struct term t;

	(void)state;
	for (size_t i = 0; i < array_n(good); i++) {
		assert_true(term_parse_rule(good[i], &t));
		term_format_rule(&t, text);
		assert_string_equal(text, good[i]);
	}
}

static void test_bad_rules_are_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "10y",
	    "10y from issue",
	    "P10Y",
	    "P0Y from issue",
	    "P201Y from issue",
	    "until 2030-02-30",
	    "until 30-06-2030",
	    "until 2030-06-30 ",
	    "event ",
	    "event  x",
	    "event x ",
	    "event a\nb check 2030-01-01",
	    "long-term review",
	    "long-term review 2030-13-01",
	    "long-termX",
	    "secret",
	    "event x\xff check 2030-01-01",
	};
	char big[512];
	struct term t = {.kind = TERM_DATE, .date = {2001, 1, 1}};

	(void)state;
	for (size_t i = 0; i < array_n(bad); i++)
		assert_false(term_parse_rule(bad[i], &t));
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	memcpy(big, "event ", 6);
	assert_false(term_parse_rule(big, &t));
	assert_false(term_parse_rule(NULL, &t));
	assert_int_equal(t.kind, TERM_DATE); /* untouched */
}

static void test_command_line_forms(void **state)
{
	static const struct {
		const char *given, *rule;
	} cases[] = {
	    {"10y", "P10Y from issue"},
	    {"6m", "P6M from issue"},
	    {"P30D", "P30D from issue"},
	    {"2030-06-30", "until 2030-06-30"},
	    {"event:treaty in force@2028-01-01", "event treaty in force check 2028-01-01"},
	    {"event:mail a@b@2028-01-01", "event mail a@b check 2028-01-01"},
	    {"event:treaty in force", "event treaty in force"},
	    {"long-term", "long-term"},
	    {"long-term@2040-01-01", "long-term review 2040-01-01"},
	};
	static const char *const bad[] = {
	    "", "y", "10", "2030-6-30", "event:", "long", "-1y", "10 y", "event:x check 2030-01-01"};
	char text[TERM_TEXT_MAX];
	struct term t;

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct term again;

		assert_true(term_parse_cli(cases[i].given, &t));
		term_format_rule(&t, text);
		assert_string_equal(text, cases[i].rule);
		term_format_cli(&t, text);
		assert_true(term_parse_cli(text, &again));
		assert_true(term_equal(&t, &again));
	}
	for (size_t i = 0; i < array_n(bad); i++)
		assert_false(term_parse_cli(bad[i], &t));
}

/* Under an exemption: a day, an event or long-term, never a period. */
static void test_codes(void **state)
{
	static const struct {
		const char *given, *rule;
	} cases[] = {
	    {"25X4:2060-01-01", "exempt 25X4 until 2060-01-01"},
	    {"RD:long-term", "exempt RD long-term"},
	    {"50X1-HUM:long-term@2070-01-01", "exempt 50X1-HUM long-term review 2070-01-01"},
	    {"25X9:event:the treaty ends@2040-01-01", "exempt 25X9 event the treaty ends check 2040-01-01"},
	};
	static const char *const bad[] = {"25X4:10y", "25X4:", ":2060-01-01", "25x4:2060-01-01", "25X4 2060-01-01",
					  "ABCDEFGHIJKLMNOPQ:2060-01-01", "25X4:25X4:2060-01-01"};
	static const char *const bad_rules[] = {"exempt 25X4 P10Y from issue", "exempt until 2060-01-01", "exempt 25X4 -",
						"exempt 25X4  until 2060-01-01", "exempt"};
	char text[TERM_TEXT_MAX];
	struct term t, again;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(term_parse_cli(cases[i].given, &t));
		term_format_rule(&t, text);
		assert_string_equal(text, cases[i].rule);
		assert_true(term_parse_rule(text, &again) && term_equal(&t, &again));
		term_format_cli(&again, text);
		assert_string_equal(text, cases[i].given);
		again.code[0] = '\0';
		assert_false(term_equal(&t, &again));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(term_parse_cli(bad[i], &t));
	for (size_t i = 0; i < sizeof(bad_rules) / sizeof(bad_rules[0]); i++)
		assert_false(term_parse_rule(bad_rules[i], &t));
}

static struct date end_of(const char *cli, struct date start, enum date_leap leap)
{
	struct term t;

	assert_true(term_parse_cli(cli, &t));
	return term_end(&t, start, leap);
}

static void test_days_that_follow(void **state)
{
	static const struct {
		const char *cli;
		enum date_leap leap;
		const char *end;
	} cases[] = {
	    {"1y", DATE_LEAP_FEB28, "2025-02-28"}, {"1y", DATE_LEAP_MAR1, "2025-03-01"},
	    {"4y", DATE_LEAP_MAR1, "2028-02-29"},  {"6m", DATE_LEAP_FEB28, "2024-08-29"},
	    {"1d", DATE_LEAP_FEB28, "2024-03-01"}, {"2030-06-30", DATE_LEAP_MAR1, "2030-06-30"},
	    {"long-term", DATE_LEAP_MAR1, ""},	   {"event:x@2030-01-01", DATE_LEAP_MAR1, ""},
	};
	char text[11];

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		date_format(end_of(cases[i].cli, issued, cases[i].leap), text);
		assert_string_equal(text, cases[i].end);
	}
	assert_false(date_is_set(end_of("10y", (struct date){0}, DATE_LEAP_MAR1)));
	assert_int_equal(end_of("200y", (struct date){9990, 1, 1}, DATE_LEAP_MAR1).year, 9999);
}

static void test_order(void **state)
{
	static const char *const rising[] = {"30d", "6m", "1y", "event:x@2026-01-01", "2030-06-30", "10y", "long-term"};

	(void)state;
	for (size_t i = 0; i < array_n(rising); i++)
		for (size_t k = 0; k < array_n(rising); k++) {
			struct term a;
			struct term b;

			assert_true(term_parse_cli(rising[i], &a) && term_parse_cli(rising[k], &b));
			assert_int_equal(term_compare(&a, &b, issued, DATE_LEAP_FEB28), i < k ? -1 : i > k);
		}
}

static void test_edge_of_the_last_day(void **state)
{
	struct date end = {2034, 2, 28};

	(void)state;
	assert_false(term_is_over(end, (struct date){2034, 2, 27}, TERM_OVER_ON_DAY));
	assert_true(term_is_over(end, end, TERM_OVER_ON_DAY));
	assert_false(term_is_over(end, end, TERM_OVER_AFTER_DAY));
	assert_true(term_is_over(end, (struct date){2034, 3, 1}, TERM_OVER_AFTER_DAY));
	assert_false(term_is_over((struct date){0}, end, TERM_OVER_ON_DAY)); /* no end never comes */
}

static void test_completeness(void **state)
{
	struct term t;

	(void)state;
	assert_true(term_parse_cli("event:x", &t));
	assert_false(term_is_complete(&t)); /* no check date: nobody would ever ask */
	assert_true(term_parse_cli("event:x@2030-01-01", &t) && term_is_complete(&t));
	t = (struct term){0};
	assert_false(term_is_complete(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rule_round_trip),
	    cmocka_unit_test(test_bad_rules_are_refused),
	    cmocka_unit_test(test_codes),
	    cmocka_unit_test(test_command_line_forms),
	    cmocka_unit_test(test_days_that_follow),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_edge_of_the_last_day),
	    cmocka_unit_test(test_completeness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
