#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/request.h"

static const struct level levels[] = {
    {.code = "OPEN", .rank = 0, .name = {"open", "open"}},
    {.code = "LOW", .rank = 1, .name = {"low", "low"}},
    {.code = "HIGH", .rank = 2, .name = {"high", "high"}},
};
static const struct policy policy = {.levels = levels, .n_levels = 3, .edge = TERM_OVER_AFTER_DAY};
static const char *const planning[] = {"dept:planning"};
static const char *const both[] = {"dept:planning", "person:li"};

static const struct term two_years = {.kind = TERM_PERIOD, .period = {2, 0, 0}};
static const struct term three_years = {.kind = TERM_PERIOD, .period = {3, 0, 0}};
static const struct term one_year = {.kind = TERM_PERIOD, .period = {1, 0, 0}};
static const struct term long_term = {.kind = TERM_LONG};

/* Decided on 1 March 2026 for two years, and over after 1 March 2028. */
static struct record in_force(void)
{
	struct record r = {.state = RECORD_ISSUED,
			   .decided_on = {2026, 3, 1},
			   .start = {2026, 3, 1},
			   .decided = {.level = "LOW", .term = two_years, .basis = BASIS_ITEM, .item = "1"}};

	r.decided.scope = (struct texts){planning, 1};
	record_compute_dates(&policy, &r);
	return r;
}

static enum request_problem ask(const struct policy *p, const struct record *r, const char *kind,
				const struct classification *what, struct date today)
{
	return request_check(p, r, request_kind_find(kind), what, NULL, today);
}

static void test_an_extension_comes_before_the_end(void **state)
{
	struct record r = in_force();
	struct classification what = r.decided;

	(void)state;
	what.term = three_years;
	assert_int_equal(ask(&policy, &r, "extend", &what, (struct date){2028, 3, 1}), REQUEST_OK);
	assert_int_equal(ask(&policy, &r, "extend", &what, (struct date){2028, 3, 2}), REQUEST_TOO_LATE);
	assert_int_equal(ask(&policy, &r, "change", &what, (struct date){2028, 3, 2}), REQUEST_TOO_LATE);
	what.term = two_years;
	assert_int_equal(ask(&policy, &r, "extend", &what, (struct date){2027, 1, 1}), REQUEST_NOT_LONGER);
	what.term = one_year;
	assert_int_equal(ask(&policy, &r, "extend", &what, (struct date){2027, 1, 1}), REQUEST_NOT_LONGER);
	r.declassify_on = (struct date){0};
	assert_int_equal(ask(&policy, &r, "extend", &what, (struct date){2027, 1, 1}), REQUEST_NO_END);
}

static void test_the_pack_says_what_an_extension_settles(void **state)
{
	struct policy whole = policy;
	struct record r = in_force();
	struct classification what = r.decided;
	struct date today = {2027, 1, 1};

	(void)state;
	whole.requests.extension_is_whole = true;
	what.term = three_years;
	what.level = "HIGH";
	assert_int_equal(ask(&policy, &r, "extend", &what, today), REQUEST_NOT_SET_HERE);
	assert_int_equal(ask(&whole, &r, "extend", &what, today), REQUEST_OK);
	what.level = "LOW";
	what.scope = (struct texts){both, 2};
	assert_int_equal(ask(&policy, &r, "extend", &what, today), REQUEST_NOT_SET_HERE);
	assert_int_equal(ask(&whole, &r, "extend", &what, today), REQUEST_OK);
}

static void test_a_change_changes_something(void **state)
{
	struct record r = in_force();
	struct classification what = r.decided;
	struct date today = {2027, 1, 1};

	(void)state;
	assert_int_equal(ask(&policy, &r, "change", &what, today), REQUEST_NOTHING_NEW);
	what.scope = (struct texts){both, 2};
	assert_int_equal(ask(&policy, &r, "change", &what, today), REQUEST_OK);
	what.level = "OPEN";
	assert_int_equal(ask(&policy, &r, "change", &what, today), REQUEST_IS_RELEASE);
}

static void test_one_waits_at_a_time(void **state)
{
	struct record r = in_force();
	struct classification what = r.decided;
	struct date today = {2027, 1, 1};

	(void)state;
	r.request = ACT_CHANGE;
	r.proposed = r.decided;
	r.proposed.level = what.level = "HIGH";
	assert_int_equal(ask(&policy, &r, "release", &what, today), REQUEST_WAITS);
	assert_int_equal(ask(&policy, &r, "change", &what, today), REQUEST_OK); /* its own decision */
	assert_ptr_equal(request_values(&r), &r.proposed);
	assert_string_equal(request_waiting(&r)->name, "change");
	r.request = ACT_RELEASE; /* is about what is in force */
	assert_ptr_equal(request_values(&r), &r.decided);
	r.request = ACT_NEW;
	assert_null(request_waiting(&r));
}

/* 2014 provisions art. 33. */
static void test_long_term_is_released_by_document(void **state)
{
	struct policy strict = policy;
	struct record r = in_force();
	const struct request_kind *release = request_kind_find("release");
	struct date today = {2027, 1, 1};

	(void)state;
	strict.requests.long_term_needs_document = true;
	assert_int_equal(request_check(&strict, &r, release, NULL, NULL, today), REQUEST_OK);
	r.decided.term = long_term;
	assert_int_equal(request_check(&strict, &r, release, NULL, NULL, today), REQUEST_NEEDS_DOCUMENT);
	assert_int_equal(request_check(&strict, &r, release, NULL, "Order 3/2026", today), REQUEST_OK);
	assert_int_equal(request_check(&policy, &r, release, NULL, NULL, today), REQUEST_OK);
	for (int problem = REQUEST_OK + 1; problem <= REQUEST_NEEDS_DOCUMENT; problem++) {
		assert_false(text_is_empty(request_problem_name((enum request_problem)problem)));
		assert_false(text_is_empty(request_problem_sentence((enum request_problem)problem)));
		assert_false(text_is_empty(request_problem_next((enum request_problem)problem)));
	}
}

/* The term goes on from where it began: a change of the scope moves no end (I3). */
static void test_a_change_leaves_the_start(void **state)
{
	struct record r = in_force();

	(void)state;
	r.decision = ACT_CHANGE;
	r.decided_on = (struct date){2027, 1, 1};
	record_compute_dates(&policy, &r);
	assert_int_equal(date_compare(r.declassify_on, (struct date){2028, 3, 1}), 0);
	r.decision = ACT_APPROVE; /* new content, decided anew */
	record_compute_dates(&policy, &r);
	assert_int_equal(date_compare(r.declassify_on, (struct date){2029, 1, 1}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_extension_comes_before_the_end),
	    cmocka_unit_test(test_the_pack_says_what_an_extension_settles),
	    cmocka_unit_test(test_a_change_changes_something),
	    cmocka_unit_test(test_one_waits_at_a_time),
	    cmocka_unit_test(test_long_term_is_released_by_document),
	    cmocka_unit_test(test_a_change_leaves_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
