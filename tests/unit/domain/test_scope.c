/* Who may know beside the decision (R70: who knows is those of the scope, by name where a unit names them). */
#include "domain/scope.h"

#include "base/text.h"
#include "domain/level.h"
#include "test.h"

#include <string.h>

static const struct level levels[] = {{.code = "U", .rank = 0}, {.code = "S", .rank = 1}, {.code = "TS", .rank = 2}};
static const char *const units[] = {"dept:planning", "dept:ops/radar", "person:chen"};
static const char *lines[8];

static const struct person li = {.id = "li", .department = "planning"};
static const struct person wang = {.id = "wang", .department = "planning/core"};
static const struct person zhao = {.id = "zhao", .department = "ops"};
static const struct person sun = {.id = "sun", .department = "ops/radar"};
static const struct person chen = {.id = "chen", .department = "archive"};

static struct policy pack(void)
{
	return (struct policy){.levels = levels, .n_levels = 3};
}

static struct record record(size_t n)
{
	return (struct record){.state = RECORD_CLASSIFIED,
			       .decided = {.level = "S", .scope = {units, array_n(units)}},
			       .admissions = {lines, n}};
}

static void test_scope_alone(void **state)
{
	struct policy p = pack();
	struct record r = record(0);

	(void)state;
	assert_true(scope_admits(&p, &r, &li));
	assert_true(scope_admits(&p, &r, &wang));
	assert_true(scope_admits(&p, &r, &sun));
	assert_true(scope_admits(&p, &r, &chen));
	assert_false(scope_admits(&p, &r, &zhao));
	assert_false(scope_is_by_name(&p, &r, "dept:planning"));
}

static void test_names(void **state)
{
	struct policy p = pack();
	struct record r = record(1);

	(void)state;
	lines[0] = "named person:wang dept:planning";
	assert_true(scope_is_by_name(&p, &r, "dept:planning"));
	assert_false(scope_is_by_name(&p, &r, "dept:ops/radar"));
	assert_false(scope_is_by_name(&p, &r, "person:chen"));
	assert_false(scope_admits(&p, &r, &li));
	assert_true(scope_admits(&p, &r, &wang));
	assert_true(scope_admits(&p, &r, &sun));
	p.custody.names_from = &levels[2];
	assert_true(scope_admits(&p, &r, &sun));
	p.custody.names_from = &levels[1]; /* a unit that named nobody is nobody */
	assert_false(scope_admits(&p, &r, &sun));
	assert_true(scope_admits(&p, &r, &wang));
	assert_true(scope_admits(&p, &r, &chen));
}

static void test_added_and_dropped(void **state)
{
	struct policy p = pack();
	struct record r = record(3);

	(void)state;
	lines[0] = "added dept:ops";
	lines[1] = "dropped person:sun";
	lines[2] = "dropped dept:planning/core";
	assert_true(scope_admits(&p, &r, &zhao));
	assert_false(scope_admits(&p, &r, &sun));
	assert_true(scope_is_dropped(&r, &sun));
	assert_true(scope_admits(&p, &r, &li));
	assert_false(scope_admits(&p, &r, &wang));
	assert_false(scope_is_dropped(&r, &li));
}

static void test_lines(void **state)
{
	static const char *const bad[] = {"",
					  "named",
					  "named person:li",
					  "added",
					  "added person:li dept:ops",
					  "seen person:li",
					  "named person:li dept:ops more",
					  "NAMED person:li dept:ops"};
	struct scope_entry e;

	(void)state;
	for (size_t i = 0; i < array_n(bad); i++)
		assert_false(scope_entry_parse(bad[i], &e));
	assert_true(scope_entry_parse("named person:li dept:ops/radar", &e));
	assert_int_equal(e.part, SCOPE_NAMED);
	assert_true(bytes_equal_text(e.who, "person:li"));
	assert_true(bytes_equal_text(e.unit, "dept:ops/radar"));
	assert_true(scope_is_who("person:li"));
	assert_true(scope_is_who("dept:ops/radar"));
	assert_false(scope_is_who("person:"));
	assert_false(scope_is_who("li"));
	assert_false(scope_is_who("*"));
	assert_false(scope_is_who("person:li wang"));
	assert_false(scope_is_who(NULL));
}

static void test_another_scope(void **state)
{
	static const char *const one[] = {"dept:planning"}, *const two[] = {"dept:planning", "person:sun"};
	const struct texts narrow = {one, 1}, wide = {two, 2}, none = {NULL, 0};

	(void)state;
	assert_true(scope_line_holds("added person:zhao", narrow, narrow));
	assert_false(scope_line_holds("added person:zhao", narrow, wide));
	assert_true(scope_line_holds("named person:li dept:planning", narrow, wide));
	assert_false(scope_line_holds("named person:li dept:planning", narrow, none));
	assert_true(scope_line_holds("dropped person:li", narrow, wide));
	assert_false(scope_line_holds("dropped person:sun", narrow, wide)); /* decided by name again */
	assert_true(scope_line_holds("dropped person:sun", wide, narrow));
	assert_false(scope_line_holds("what is this", narrow, wide));
}

static void expect_shown(size_t n_lines, struct texts before, const char *expected)
{
	const struct record r = record(n_lines);
	const char *shown[4];
	OWN_BUFFER struct buffer all = {0};
	size_t n = scope_shown(&r, before, r.decided.scope, shown, array_n(shown));

	for (size_t i = 0; i < n; i++)
		buffer_add_format(&all, "%.*s ", (int)strcspn(shown[i], " "), shown[i]);
	assert_true(bytes_equal_text(buffer_bytes(&all), expected));
}

static void test_whom_a_mark_names(void **state)
{
	const struct texts same = {units, array_n(units)}, other = {units, 1};

	(void)state;
	expect_shown(0, same, "dept:planning dept:ops/radar person:chen ");
	lines[0] = "named person:li dept:planning";
	lines[1] = "added dept:energy";
	lines[2] = "dropped person:chen";
	lines[3] = "dropped person:sun";
	lines[4] = "named person:wang dept:planning";
	expect_shown(5, same, "person:li person:wang dept:ops/radar dept:energy ");
	expect_shown(5, other, "person:li person:wang dept:ops/radar person:chen "); /* whose lines no longer hold */
	lines[5] = "added person:zhao";
	lines[6] = "added person:yu";
	expect_shown(7, same, "person:li person:wang dept:ops/radar dept:energy "); /* at most so many */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scope_alone),	      cmocka_unit_test(test_names),
	    cmocka_unit_test(test_added_and_dropped), cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_another_scope),     cmocka_unit_test(test_whom_a_mark_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
