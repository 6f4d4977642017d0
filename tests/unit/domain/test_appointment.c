#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/appointment.h"
#include "domain/policy_explain.h"
#include "library/policy_load.h"

static struct policy *cn;
static const struct date today = {2026, 3, 2};

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

static const char *const departments[] = {"planning"};
static const char *const matters[] = {"3", "4.2"};
static const char *const odd[] = {"3", "99"};

static struct appointment good(void)
{
	return (struct appointment){.kind = APPOINTMENT_DESIGNATED,
				    .person = "li",
				    .ceiling = "SECRET",
				    .departments = {departments, 1},
				    .matters = {matters, 2},
				    .from = {2026, 1, 1},
				    .until = {2027, 1, 1},
				    .document = "2026/1",
				    .entered_by = "adm1",
				    .confirmed_by = "adm2"};
}

static const char *problem(const struct appointment *a, unsigned roles)
{
	const struct person li = {.id = "li", .roles = roles};

	return appointment_problem_name(appointment_check(cn, a, &li, today));
}

#define EXPECT(expected, change)                                                                                       \
	do {                                                                                                           \
		struct appointment a = good();                                                                         \
                                                                                                                       \
		change;                                                                                                \
		assert_string_equal(problem(&a, 0), expected);                                                         \
	} while (0)

static void test_each_problem_is_named(void **state)
{
	struct appointment sound = good();

	(void)state;
	EXPECT("good", (void)a);
	EXPECT("unknown-kind", a.kind = APPOINTMENT_OCA);
	EXPECT("unknown-kind", a.kind = APPOINTMENT_NONE);
	EXPECT("no-document", a.document = "");
	EXPECT("no-ceiling", a.ceiling = NULL);
	EXPECT("good", (a.kind = APPOINTMENT_DERIVED_ONLY, a.ceiling = NULL));
	EXPECT("unknown-level", a.ceiling = "COSMIC");
	EXPECT("unknown-level", a.ceiling = "UNCLASSIFIED");
	EXPECT("no-department", a.departments.n = 0);
	EXPECT("no-matter", a.matters.n = 0);
	EXPECT("unknown-matter", a.matters.at = odd);
	EXPECT("no-from", a.from = (struct date){0});
	EXPECT("good", a.until = (struct date){0});
	EXPECT("no-until", (a.kind = APPOINTMENT_STAND_IN, a.until = (struct date){0}));
	EXPECT("ends-first", a.from = ((struct date){2027, 1, 2}));
	EXPECT("good", a.until = today);
	EXPECT("past", a.until = ((struct date){2026, 3, 1}));
	EXPECT("self", a.entered_by = "li");
	EXPECT("self", a.confirmed_by = "li");
	EXPECT("same-twice", a.confirmed_by = "adm1");
	EXPECT("good", a.confirmed_by = NULL); /* waits */
	assert_string_equal(problem(&sound, ACTOR_AUDITOR), "other-role");
	assert_string_equal(problem(&sound, ACTOR_OFFICE), "good");
	for (int i = 1; i < APPOINTMENT_PROBLEMS; i++)
		assert_true(*appointment_problem_text((enum appointment_problem)i));
}

static void test_trainings(void **state)
{
	struct training t = {"li", today, {0}, 4};

	(void)state;
	assert_true(training_is_valid(&t, today));
	t.hours = 0;
	assert_false(training_is_valid(&t, today));
	t = (struct training){"li", {2026, 3, 3}, {0}, 4};
	assert_false(training_is_valid(&t, today));
	t = (struct training){"li", today, {2026, 3, 1}, 4};
	assert_false(training_is_valid(&t, today));
}

static char *explained(const char *what)
{
	OWN_BUFFER struct buffer b = {0};

	assert_int_equal(policy_explain(cn, what, &b), 0);
	return buffer_steal_text(&b);
}

static void test_a_pack_in_words(void **state)
{
	OWN_MEM char *all = explained(NULL);
	OWN_MEM char *level = explained("机密");
	OWN_MEM char *item = explained("3.2");
	OWN_MEM char *kind = explained("stand-in");
	OWN_BUFFER struct buffer b = {0};

	(void)state;
	assert_non_null(strstr(all, "always two persons: approve correct refer-unclear answer"));
	assert_non_null(strstr(all, "unclear-report: 10 working days"));
	assert_string_equal(level, "SECRET 机密 (Secret): at most 20年; a draft lies in clear never; needs "
				   "重要涉密人员 (Important), a clearance in force, "
				   "a signed undertaking; decisions are signed\n");
	assert_string_equal(item, "3.2 重点项目的规划与进度安排 (Plans and schedules of key projects): SECRET, 10年, "
				  "at most 20年; may know it: "
				  "dept:planning\n");
	assert_non_null(strstr(kind, "with a last day; training every 12 months, 4 hours, without it a finding"));
	assert_int_equal(policy_explain(cn, "nothing", &b), POLICY_EXPLAIN_UNKNOWN);
	assert_int_equal(policy_explain(cn, "oca", &b), POLICY_EXPLAIN_UNKNOWN);
	assert_int_equal(b.n, 0);
}

static void test_the_mark_of_a_release(void **state)
{
	OWN_BUFFER struct buffer b = {0};

	(void)state;
	mark_make_released(cn, today, NULL, &b);
	assert_true(bytes_equal_text(buffer_bytes(&b), "解密 2026年3月2日"));
}

static const char *const wider[] = {"*"};
static const char *const elsewhere[] = {"press"};

/* Nobody hands on what he only holds for another, nor more than he holds, nor for longer (R08). */
static void test_a_stand_in_holds_no_more(void **state)
{
	struct appointment held = good(), stands = good();

	(void)state;
	held.until = (struct date){2027, 6, 1};
	stands.kind = APPOINTMENT_STAND_IN;
	stands.person = "kim";
	stands.stands_for = "li";
	assert_int_equal(stand_in_check(cn, &stands, &held, 1), STAND_IN_GOOD);
	assert_int_equal(stand_in_check(cn, &stands, &held, 0), STAND_IN_NOBODY);
	stands.ceiling = "TOP-SECRET";
	assert_int_equal(stand_in_check(cn, &stands, &held, 1), STAND_IN_BEYOND);
	stands.ceiling = "CONFIDENTIAL";
	stands.departments = (struct texts){elsewhere, 1};
	assert_int_equal(stand_in_check(cn, &stands, &held, 1), STAND_IN_BEYOND);
	stands.departments = held.departments;
	stands.matters = (struct texts){wider, 1};
	assert_int_equal(stand_in_check(cn, &stands, &held, 1), STAND_IN_BEYOND);
	stands.matters = held.matters;
	stands.until = (struct date){2027, 6, 2};
	assert_int_equal(stand_in_check(cn, &stands, &held, 1), STAND_IN_BEYOND);
	stands.until = (struct date){0};
	assert_int_equal(stand_in_check(cn, &stands, &held, 1), STAND_IN_BEYOND);
	stands.until = held.until;
	held.confirmed_by = NULL;
	assert_int_equal(stand_in_check(cn, &stands, &held, 1), STAND_IN_NOBODY);
	held.confirmed_by = "adm2";
	held.kind = APPOINTMENT_STAND_IN;
	assert_int_equal(stand_in_check(cn, &stands, &held, 1), STAND_IN_OF_STAND_IN);
	stands.stands_for = "kim";
	assert_int_equal(stand_in_check(cn, &stands, &held, 1), STAND_IN_SELF);
}

static void test_a_stand_in_signs_with_both_names(void **state)
{
	struct appointment a = good();
	enum appointment_kind kind;
	char role[64];

	(void)state;
	assert_true(appointment_role(&a, role, sizeof(role)));
	assert_string_equal(role, "designated");
	a.kind = APPOINTMENT_STAND_IN;
	a.stands_for = "li";
	assert_true(appointment_role(&a, role, sizeof(role)));
	assert_string_equal(role, "stand-in:li");
	assert_true(appointment_role_find(role, &kind));
	assert_int_equal(kind, APPOINTMENT_STAND_IN);
	assert_false(appointment_role_find("purple:li", &kind));
	assert_false(appointment_role(&a, role, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_stand_in_holds_no_more),
	    cmocka_unit_test(test_a_stand_in_signs_with_both_names),
	    cmocka_unit_test(test_each_problem_is_named),
	    cmocka_unit_test(test_trainings),
	    cmocka_unit_test(test_a_pack_in_words),
	    cmocka_unit_test(test_the_mark_of_a_release),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
