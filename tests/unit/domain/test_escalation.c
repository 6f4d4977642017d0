#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/escalation.h"

static enum escalation at(const struct policy *p, int32_t days)
{
	const struct date day = {2026, 6, 15};

	return escalation_at(p, day, date_add_days(day, days));
}

static void test_the_nearer_the_higher(void **state)
{
	const struct policy said = {
	    .escalation = {.owner_before = 90, .responsible_before = 20, .superior_after = 3, .office_after = 5}};
	static const struct {
		int32_t days;
		enum escalation told;
	} days[] = {
	    {-91, ESCALATION_NOBODY}, {-90, ESCALATION_OWNER},	   {-21, ESCALATION_OWNER}, {-20, ESCALATION_RESPONSIBLE},
	    {2, ESCALATION_RESPONSIBLE}, {3, ESCALATION_SUPERIOR}, {4, ESCALATION_SUPERIOR}, {5, ESCALATION_OFFICE},
	    {500, ESCALATION_OFFICE},
	};

	(void)state;
	for (size_t i = 0; i < array_n(days); i++)
		assert_int_equal(at(&said, days[i].days), days[i].told);
}

static void test_where_the_pack_is_silent(void **state)
{
	const struct policy silent = {0};

	(void)state;
	assert_int_equal(at(&silent, -31), ESCALATION_NOBODY);
	assert_int_equal(at(&silent, -30), ESCALATION_OWNER);
	assert_int_equal(at(&silent, -7), ESCALATION_RESPONSIBLE);
	assert_int_equal(at(&silent, 0), ESCALATION_RESPONSIBLE);
	assert_int_equal(at(&silent, 1), ESCALATION_SUPERIOR);
	assert_int_equal(at(&silent, 10), ESCALATION_OFFICE);
	assert_int_equal(escalation_at(&silent, (struct date){0}, (struct date){2026, 1, 1}), ESCALATION_NOBODY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_nearer_the_higher),
	    cmocka_unit_test(test_where_the_pack_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
