/* What a term usually is: never longer than the catalogue's, and only where enough was inspected. */
#include "test.h"

#include "base/text.h"
#include "domain/precedent.h"
#include "library/policy_load.h"

static struct policy *cn;

static int load(void **state)
{
	OWN_BUFFER struct buffer report = {0};

	(void)state;
	return policy_load("policy/cn", NULL, &cn, &report);
}

static int unload(void **state)
{
	(void)state;
	policy_free(cn);
	return 0;
}

struct usual {
	const char *item;
	const char *terms[6];
	size_t n;	    /* that stand behind it */
	const char *usual; /* NULL: none */
};

/* 1.4: six months, 2.1: until an event. */
static const struct usual cases[] = {
    {"1.4", {NULL}, 0, NULL},
    {"1.4", {"2m", "2m"}, 0, NULL},
    {"1.4", {"5m", "2m", "3m"}, 3, "P3M"},
    {"1.4", {"5m", "2m", "3m", "4m"}, 4, "P3M"}, /* the lower of the two in the middle */
    {"1.4", {"2m", "90d", "1y"}, 3, "P90D"},
    {"1.4", {"2027-01-01", "long-term", "3m", "2m"}, 0, NULL}, /* other kinds are not compared */
    {"1.4", {"2027-01-01", "3m", "2m", "1m"}, 3, "P2M"},
    {"1.4", {"5y", "5y", "5y"}, 3, "P6M"}, /* nothing of the past lengthens it */
    {"2.1", {"2m", "2m", "2m"}, 0, NULL},	 /* itself no period */
};

static void test_the_lower_median_and_never_more_than_the_catalogue(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		const struct item *item = catalogue_find(&cn->catalogue, cases[i].item);
		struct term at[6], got = {0};
		char text[TERM_TEXT_MAX];
		size_t n = 0;

		for (; n < 6 && cases[i].terms[n]; n++)
			assert_true(term_parse_cli(cases[i].terms[n], &at[n]));
		assert_int_equal(precedent_term(cn, item->level, item, at, n, &got), cases[i].n);
		term_format_cli(&got, text);
		if (cases[i].usual)
			assert_string_equal(text, cases[i].usual);
		else
			assert_int_equal(got.kind, TERM_NONE);
	}
}

/* At a lower level than the item's the cap of that level counts. */
static void test_never_above_the_cap_of_the_level(void **state)
{
	const struct item *item = NULL;
	const struct level *low = &cn->levels[1];
	struct term at[3], got = {0};

	(void)state;
	for (size_t i = 0; i < cn->catalogue.n; i++) {
		const struct item *one = &cn->catalogue.items[i];

		if (one->term.kind == TERM_PERIOD && period_compare(one->term.period, low->max_term) > 0)
			item = one;
	}
	assert_non_null(item);
	for (size_t i = 0; i < 3; i++)
		at[i] = item->term;
	assert_int_equal(precedent_term(cn, low, item, at, 3, &got), 3);
	assert_int_equal(period_compare(got.period, low->max_term), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_lower_median_and_never_more_than_the_catalogue),
	    cmocka_unit_test(test_never_above_the_cap_of_the_level),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
