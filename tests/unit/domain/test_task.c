#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/task.h"

static const struct level levels[] = {
    {.code = "OPEN", .rank = 0, .name = {"open", "open"}},
    {.code = "LOW", .rank = 1, .name = {"low", "low"}},
    {.code = "HIGH", .rank = 2, .name = {"high", "high"}},
};
static const struct policy policy = {.levels = levels, .n_levels = 3};
static const char *const wide[] = {"dept:ops", "person:li"};
static const char *const inner[] = {"dept:ops/radar"};
static const char *const one[] = {"person:li"};
static const char *const other[] = {"dept:press"};

static struct record in_force(void)
{
	struct record r = {.state = RECORD_ISSUED, .decided_on = {2026, 3, 1}, .start = {2026, 3, 1}};

	r.decided = (struct classification){.level = "HIGH", .term = {.kind = TERM_PERIOD, .period = {2, 0, 0}}};
	r.decided.scope = (struct texts){wide, 2};
	return r;
}

static enum task_problem check(const char *outcome, const struct classification *what)
{
	const struct record r = in_force();
	size_t at = 0;

	return task_outcome_check(&policy, &r, task_outcome_find(TASK_REVIEW, outcome), what,
				  !task_scope_outside(what->scope, r.decided.scope, &at));
}

static void test_an_outcome_belongs_to_kinds(void **state)
{
	OWN_BUFFER struct buffer list = {0};

	(void)state;
	assert_null(task_outcome_find(TASK_CHALLENGE, "keep"));
	assert_null(task_outcome_find(TASK_REVIEW, "upheld"));
	assert_null(task_outcome_find(TASK_REVIEW, "extend"));
	assert_null(task_outcome_find(TASK_REVIEW, NULL));
	assert_non_null(task_outcome_find(TASK_REVIEW_EXPIRY, "extend"));
	assert_int_equal(task_outcome_find(TASK_CONDITION, "met")->does, TASK_DECIDES);
	task_outcomes(TASK_CONDITION, &list);
	assert_true(bytes_equal_text(buffer_bytes(&list), "met, not-met"));
}

/* What makes less is asked for, never done: the request is one of those that are decided like a classification. */
static void test_what_lowers_asks(void **state)
{
	static const char *const names[] = {"lower", "shorten", "narrow", "release", "publish"};

	(void)state;
	for (size_t i = 0; i < array_n(names); i++) {
		const struct task_outcome *outcome = task_outcome_find(TASK_REVIEW, names[i]);

		assert_non_null(outcome);
		assert_int_equal(outcome->does, TASK_ASKS);
		assert_non_null(outcome->request);
	}
}

static void test_lower(void **state)
{
	struct classification what = in_force().decided;

	(void)state;
	assert_int_equal(check("lower", &what), TASK_NOT_LOWER);
	what.level = "OPEN";
	assert_int_equal(check("lower", &what), TASK_NOT_LOWER);
	what.level = "purple";
	assert_int_equal(check("lower", &what), TASK_NOT_LOWER);
	what.level = "LOW";
	assert_int_equal(check("lower", &what), TASK_GOOD);
	what.term.period.years = 1;
	assert_int_equal(check("lower", &what), TASK_MORE);
}

static void test_shorten(void **state)
{
	struct classification what = in_force().decided;

	(void)state;
	assert_int_equal(check("shorten", &what), TASK_NOT_SHORTER);
	what.term.period.years = 3;
	assert_int_equal(check("shorten", &what), TASK_NOT_SHORTER);
	what.term.period.years = 1;
	assert_int_equal(check("shorten", &what), TASK_GOOD);
	what.scope = (struct texts){one, 1};
	assert_int_equal(check("shorten", &what), TASK_MORE);
}

static void test_narrow(void **state)
{
	struct classification what = in_force().decided;

	(void)state;
	assert_int_equal(check("narrow", &what), TASK_NOT_NARROWER);
	what.scope = (struct texts){other, 1};
	assert_int_equal(check("narrow", &what), TASK_NOT_NARROWER);
	what.scope = (struct texts){one, 0};
	assert_int_equal(check("narrow", &what), TASK_NOT_NARROWER);
	what.scope = (struct texts){one, 1};
	assert_int_equal(check("narrow", &what), TASK_GOOD);
	what.scope = (struct texts){inner, 1};
	assert_int_equal(check("narrow", &what), TASK_GOOD);
	what.level = "LOW";
	assert_int_equal(check("narrow", &what), TASK_MORE);
}

static void test_who_is_told(void **state)
{
	OWN_BUFFER struct buffer names = {0};

	(void)state;
	task_names((struct texts){wide, 2}, (struct texts){one, 1}, &names);
	assert_true(bytes_equal_text(buffer_bytes(&names), "dept:ops person:li"));
	buffer_clear(&names);
	task_names((struct texts){one, 1}, (struct texts){other, 1}, &names);
	assert_true(bytes_equal_text(buffer_bytes(&names), "person:li dept:press"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_outcome_belongs_to_kinds),
	    cmocka_unit_test(test_what_lowers_asks),
	    cmocka_unit_test(test_lower),
	    cmocka_unit_test(test_shorten),
	    cmocka_unit_test(test_narrow),
	    cmocka_unit_test(test_who_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
