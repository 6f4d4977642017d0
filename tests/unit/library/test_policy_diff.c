/* What differs between two packs, and what of a record that touches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/policy_diff.h"
#include "library/policy_load.h"
#include "library/policy_small.h"

static struct policy *changed(const char *what, const char *with, const char *item, const char *item_with)
{
	OWN_MEM char *text = what ? replaced(small, what, with) : text_copy(small);
	OWN_MEM char *catalogue = item ? replaced(small_catalogue, item, item_with) : text_copy(small_catalogue);
	OWN_BUFFER struct buffer report = {0};
	struct policy *p = NULL;

	if (parse(text, catalogue, NULL, &p, &report))
		print_error("%.*s", (int)report.n, (const char *)report.at);
	assert_non_null(p);
	return p;
}

static void add(const struct policy_change *change, void *arg)
{
	buffer_add_format(arg, "%s %s %s\n", change->path, change->before, change->after);
}

static void test_differences(void **state)
{
	static const struct {
		const char *what, *with, *item, *item_with, *lines;
	} cases[] = {
	    {NULL, NULL, NULL, NULL, ""},
	    {"version: '1'", "version: '2'", NULL, NULL, "pack.version 1 2\n"},
	    {"max_term: 10y", "max_term: 8y", NULL, NULL, "levels.LOW.max_term P10Y P8Y\n"},
	    {"max_term: 20y", "max_term: 20y, signature: true", NULL, NULL, "levels.HIGH.signature false true\n"},
	    {"code: LOW, name: Low, max_term: 10y}", "code: LOW, name: Low, max_term: 10y}\n  - {code: MID, name: Mid}",
	     NULL, NULL, "levels.MID - Mid\n"},
	    {"proposal: 5wd", "proposal: 6d", NULL, NULL, "deadlines.proposal 5wd 6d\n"},
	    {"expiry: auto", "expiry: notify", NULL, NULL, "terms.expiry auto notify\n"},
	    {"two_persons: [approve]", "two_persons: [approve, release]", NULL, NULL,
	     "two_persons approve approve release\n"},
	    {"ceiling: true", "ceiling: false", NULL, NULL, "appointments.designated.ceiling true false\n"},
	    {NULL, NULL, "level: LOW, term: 5y", "level: HIGH, term: 5y", "catalogue.1.1.level LOW HIGH\n"},
	    {NULL, NULL, "id: '1.1'", "id: '0.9'", "catalogue.0.9 - A\ncatalogue.1.1 A -\n"},
	    {NULL, NULL, "id: '1.2'", "id: '1.3'", "catalogue.1.2 B -\ncatalogue.1.3 - B\n"},
	};
	OWNED(policy) struct policy *a = changed(NULL, NULL, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(policy)
		struct policy *b = changed(cases[i].what, cases[i].with, cases[i].item, cases[i].item_with);
		OWN_BUFFER struct buffer said = {0};
		OWN_MEM char *lines = NULL;

		policy_diff(a, b, add, &said);
		lines = buffer_steal_text(&said);
		assert_string_equal(lines, cases[i].lines);
	}
}

static void test_what_is_touched(void **state)
{
	static const struct {
		const char *what, *with, *item, *item_with;
		const char *level, *of, *term, *why; /* why NULL: not touched */
	} cases[] = {
	    {NULL, NULL, NULL, NULL, "LOW", "1.1", "P5Y from issue", NULL},
	    {NULL, NULL, "level: LOW, term: 5y", "level: HIGH, term: 5y", "LOW", "1.1", "P5Y from issue",
	     "item 1.1: LOW, now HIGH"},
	    {NULL, NULL, "level: LOW, term: 5y", "level: HIGH, term: 5y", "LOW", "1.2", "P5Y from issue", NULL},
	    {NULL, NULL, "level: LOW, term: 5y", "level: HIGH, term: 5y", "LOW", NULL, "P5Y from issue", NULL},
	    {NULL, NULL, "id: '1.1'", "id: '0.9'", "LOW", "1.1", "P5Y from issue", "item 1.1 is gone"},
	    {NULL, NULL, "id: '1.1'", "id: '0.9'", "LOW", "7.7", "P5Y from issue", NULL},
	    {NULL, NULL, "level: LOW, term: 5y, scope: ['dept:a']", "level: OPEN, prohibited: true", "LOW", "1.1",
	     "P5Y from issue", "item 1.1 may not be classified any more"},
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "LOW", "1.1", "P6Y from issue", NULL},
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "LOW", "1.1", "P7Y from issue",
	     "P7Y from issue is longer than the new P6Y from issue"},
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "LOW", "1.1", "P11Y from issue", NULL}, /* it was too long */
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "HIGH", NULL, "P7Y from issue", NULL},
	    {NULL, NULL, "term: 5y", "term: 4y, max_term: 4y", "LOW", "1.1", "P5Y from issue",
	     "P5Y from issue is longer than the new P4Y from issue"},
	    {"max_term: 10y", "max_term: 6y", NULL, NULL, "LOW", "1.1", "", NULL},
	};
	OWNED(policy) struct policy *a = changed(NULL, NULL, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(policy)
		struct policy *b = changed(cases[i].what, cases[i].with, cases[i].item, cases[i].item_with);
		const struct touched_facts facts = {
		    .level = cases[i].level, .item = cases[i].of, .term = cases[i].term, .start = {2026, 1, 1}};
		char why[TOUCHED_WHY_MAX] = "";

		assert_int_equal(policy_touches(a, b, &facts, why), cases[i].why != NULL);
		if (cases[i].why)
			assert_string_equal(why, cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_differences),
	    cmocka_unit_test(test_what_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
