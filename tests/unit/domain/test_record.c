#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/authority.h"

static const struct level levels[] = {
    {.code = "OPEN", .rank = 0, .name = {"open", "open"}},
    {.code = "LOW", .rank = 1, .name = {"低", "low level"}},
    {.code = "HIGH", .rank = 2, .name = {"高", "high level"}},
};
static const struct policy policy = {.levels = levels, .n_levels = 3};

static void test_the_life_of_a_record(void **state)
{
	static const struct {
		enum record_state from;
		enum act act;
		enum record_state to;
	} cases[] = {
	    {RECORD_NONE, ACT_TAG, RECORD_DRAFT},
	    {RECORD_NONE, ACT_DECLARE, RECORD_UNCLASSIFIED},
	    {RECORD_DRAFT, ACT_SUBMIT, RECORD_PROPOSED},
	    {RECORD_PROPOSED, ACT_APPROVE, RECORD_CLASSIFIED},
	    {RECORD_PROPOSED, ACT_CORRECT, RECORD_CLASSIFIED},
	    {RECORD_PROPOSED, ACT_RETURN, RECORD_DRAFT},
	    {RECORD_PROPOSED, ACT_REFER_UNCLEAR, RECORD_PROVISIONAL},
	    {RECORD_PROPOSED, ACT_REFER_AUTHORITY, RECORD_REPORTED},
	    {RECORD_PROVISIONAL, ACT_ANSWER, RECORD_CLASSIFIED},
	    {RECORD_CLASSIFIED, ACT_ISSUE, RECORD_ISSUED},
	    {RECORD_ISSUED, ACT_EXTEND, RECORD_ISSUED},
	    {RECORD_ISSUED, ACT_CHANGE, RECORD_ISSUED},
	    {RECORD_ISSUED, ACT_RELEASE, RECORD_RELEASED},
	    {RECORD_ISSUED, ACT_EXPIRE, RECORD_EXPIRED},
	    {RECORD_ISSUED, ACT_DISPUTE, RECORD_DISPUTED},
	    {RECORD_DISPUTED, ACT_SETTLE, RECORD_CLASSIFIED},
	    {RECORD_ISSUED, ACT_CONTENT, RECORD_CHANGED},
	    {RECORD_CHANGED, ACT_SUBMIT, RECORD_CHANGED},
	    {RECORD_CHANGED, ACT_RETURN, RECORD_CHANGED}, /* returning never undoes the decision that stands */
	    {RECORD_CHANGED, ACT_APPROVE, RECORD_CLASSIFIED},
	    {RECORD_DRAFT, ACT_CONTENT, RECORD_DRAFT},
	    {RECORD_RELEASED, ACT_PUBLISH, RECORD_PUBLISHED},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		const struct record_step *step = record_step_find(cases[i].from, cases[i].act);

		assert_non_null(step);
		assert_int_equal(record_step_next(step, cases[i].from, &levels[1]), cases[i].to);
	}
}

static void test_what_cannot_happen(void **state)
{
	static const struct {
		enum record_state from;
		enum act act;
	} cases[] = {
	    {RECORD_NONE, ACT_APPROVE},	      {RECORD_DRAFT, ACT_APPROVE},	{RECORD_DRAFT, ACT_ISSUE},
	    {RECORD_PROPOSED, ACT_ISSUE},     {RECORD_PROPOSED, ACT_RELEASE},	{RECORD_CLASSIFIED, ACT_APPROVE},
	    {RECORD_CLASSIFIED, ACT_PUBLISH}, {RECORD_EXPIRED, ACT_RELEASE},	{RECORD_DISPUTED, ACT_EXPIRE},
	    {RECORD_DESTROYED, ACT_TAG},      {RECORD_PROVISIONAL, ACT_EXPIRE}, {RECORD_DISPUTED, ACT_DESTROY},
	    {RECORD_CHANGED, ACT_DESTROY},    {RECORD_CHANGED, ACT_EXPIRE},	{RECORD_PROPOSED, ACT_DESTROY},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++)
		assert_null(record_step_find(cases[i].from, cases[i].act));
}

/* Nothing leaves protection without a decision, except by the law's date, by destruction, transfer or archive. */
static void test_no_way_out_without_a_decision(void **state)
{
	static const enum record_state held[] = {RECORD_CLASSIFIED, RECORD_ISSUED,	RECORD_CHANGED, RECORD_DISPUTED,
						 RECORD_PROPOSED,   RECORD_PROVISIONAL, RECORD_REPORTED};

	(void)state;
	for (size_t i = 0; i < array_n(held); i++)
		for (int act = 0; act < ACTS; act++) {
			const struct record_step *step = record_step_find(held[i], (enum act)act);
			enum record_state next = step ? record_step_next(step, held[i], &levels[0]) : held[i];
			bool lowers =
			    next == RECORD_RELEASED || next == RECORD_UNCLASSIFIED || next == RECORD_PUBLISHED;

			if (lowers)
				assert_true(step->decides);
			if (next == RECORD_EXPIRED) /* by date, or by a signed word that the event has come */
				assert_true(step->who == ACTOR_AGENT || (act == ACT_MET && step->decides));
		}
}

static void test_unclassified_is_its_own_state(void **state)
{
	const struct record_step *step = record_step_find(RECORD_PROPOSED, ACT_APPROVE);

	(void)state;
	assert_int_equal(record_step_next(step, RECORD_PROPOSED, &levels[0]), RECORD_UNCLASSIFIED);
	assert_int_equal(record_step_next(step, RECORD_PROPOSED, &levels[2]), RECORD_CLASSIFIED);
	assert_int_equal(record_step_next(step, RECORD_PROPOSED, NULL), RECORD_CLASSIFIED);
}

static void test_protection_is_the_highest(void **state)
{
	static const struct {
		enum record_state state;
		enum act request;
		const char *decided, *proposed, *claimed, *floor, *protection;
	} cases[] = {
	    {RECORD_NONE, ACT_NEW, NULL, NULL, NULL, NULL, "OPEN"},
	    {RECORD_DRAFT, ACT_NEW, NULL, "LOW", NULL, NULL, "LOW"},
	    {RECORD_DRAFT, ACT_NEW, "HIGH", "LOW", NULL, NULL, "HIGH"}, /* new content of what was released */
	    {RECORD_CLASSIFIED, ACT_NEW, "LOW", "HIGH", NULL, NULL,
	     "LOW"}, /* corrected downward: the proposal is history */
	    {RECORD_ISSUED, ACT_CHANGE, "LOW", "HIGH", NULL, NULL,
	     "HIGH"}, /* raising is protected from the request on */
	    {RECORD_CHANGED, ACT_NEW, "LOW", "HIGH", NULL, NULL, "HIGH"},
	    {RECORD_ISSUED, ACT_RELEASE, "HIGH", "OPEN", NULL, NULL, "HIGH"}, /* lowering is not */
	    {RECORD_DISPUTED, ACT_NEW, "LOW", "LOW", "HIGH", NULL, "HIGH"},
	    {RECORD_CLASSIFIED, ACT_NEW, "LOW", "LOW", "HIGH", NULL, "LOW"}, /* settled */
	    {RECORD_UNCLASSIFIED, ACT_NEW, "OPEN", NULL, NULL, "LOW", "LOW"},
	    {RECORD_PROPOSED, ACT_NEW, NULL, "UNKNOWN", NULL, NULL,
	     "HIGH"}, /* a name nobody knows protects like the highest */
	    {RECORD_DRAFT, ACT_NEW, "-", "", NULL, NULL, "OPEN"},
	};
	struct policy current = policy;
	struct record disputed = {.state = RECORD_DISPUTED, .decided = {.level = "LOW"}, .claimed = "HIGH"};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct record r = {.state = cases[i].state, .request = cases[i].request, .claimed = cases[i].claimed};

		r.floor = cases[i].floor;
		r.decided.level = cases[i].decided;
		r.proposed.level = cases[i].proposed;
		assert_string_equal(record_protection(&policy, &r)->code, cases[i].protection);
	}
	current.interim = INTERIM_CURRENT;
	assert_string_equal(record_protection(&current, &disputed)->code, "LOW");
}

/* What is handed over in force stays what it is until its own end. */
static void test_handing_over_ends_nothing(void **state)
{
	const struct date end = {2030, 6, 30}, before = {2030, 6, 29}, after = {2030, 7, 1};
	struct record r = {.state = RECORD_TRANSFERRED, .decided.level = "HIGH", .declassify_on = end, .decision = ACT_APPROVE};

	(void)state;
	assert_true(record_is_ended(&r));
	assert_false(record_is_over(&policy, &r, before));
	assert_true(record_is_over(&policy, &r, after));
	r.state = RECORD_ARCHIVED;
	assert_false(record_is_over(&policy, &r, before));
	r.declassify_on = (struct date){0};
	assert_false(record_is_over(&policy, &r, after)); /* long-term: no day ends it */
	r.decision = ACT_RELEASE;
	assert_true(record_is_over(&policy, &r, before));
	r.decision = ACT_APPROVE;
	r.decided.level = "OPEN";
	assert_true(record_is_over(&policy, &r, before));
	r.decided.level = "HIGH";
	r.state = RECORD_ISSUED;
	assert_false(record_is_over(&policy, &r, after));
	r.state = RECORD_EXPIRED;
	assert_true(record_is_over(&policy, &r, before));
}

static void test_computed_dates(void **state)
{
	struct policy p = policy;
	struct record r = {.state = RECORD_CLASSIFIED, .decided_on = {2024, 2, 28}};

	(void)state;
	p.review_interval = (struct period){1, 0, 0};
	r.decided = (struct classification){.level = "LOW", .term = {.kind = TERM_PERIOD, .period = {1, 0, 0}}};
	record_compute_dates(&p, &r);
	assert_int_equal(date_compare(r.declassify_on, (struct date){2025, 2, 28}), 0);
	r.state = RECORD_ISSUED;
	r.issued_on = (struct date){2024, 2, 29}; /* the term runs from the issue */
	record_compute_dates(&p, &r);
	assert_int_equal(date_compare(r.start, r.issued_on), 0);
	assert_int_equal(date_compare(r.declassify_on, (struct date){2025, 2, 28}), 0);
	assert_int_equal(date_compare(r.next_review, (struct date){2025, 2, 28}), 0);
	p.leap = DATE_LEAP_MAR1;
	r.last_review = (struct date){2025, 1, 10};
	record_compute_dates(&p, &r);
	assert_int_equal(date_compare(r.declassify_on, (struct date){2025, 3, 1}), 0);
	assert_int_equal(date_compare(r.next_review, (struct date){2026, 1, 10}), 0);
	r.state = RECORD_EXPIRED;
	record_compute_dates(&p, &r);
	assert_true(date_is_set(r.declassify_on)); /* what has ended keeps its days */
	r.state = RECORD_DRAFT;
	record_compute_dates(&p, &r);
	assert_false(date_is_set(r.declassify_on) || date_is_set(r.next_review));
}

static void test_names_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < RECORD_STATES; i++) {
		enum record_state back;

		assert_true(record_state_find(record_state_name((enum record_state)i), &back));
		assert_int_equal(back, i);
	}
	for (int i = 0; i < ACTS; i++) {
		enum act back;

		assert_true(act_find(act_name((enum act)i), &back));
		assert_int_equal(back, i);
	}
	for (unsigned bit = 1; bit <= ACTOR_AGENT; bit <<= 1) {
		enum actor back;

		assert_true(actor_find(actor_name((enum actor)bit), &back));
		assert_int_equal(back, bit);
	}
	assert_string_equal(act_name((enum act)99), "unknown");
	assert_string_equal(record_state_name((enum record_state) - 1), "unknown");
}

static void test_levels_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(level_find(&policy, "low"), &levels[1]);
	assert_ptr_equal(level_find(&policy, "高"), &levels[2]);
	assert_ptr_equal(level_find(&policy, "High Level"), &levels[2]);
	assert_null(level_find(&policy, "hig"));
	assert_null(level_find(&policy, ""));
	assert_null(level_find(&policy, NULL));
	assert_true(level_code_is_valid("TOP-SECRET"));
	assert_false(level_code_is_valid("top"));
	assert_false(level_code_is_valid("ABCDEFGHIJKLMNOPQRSTUVWXY"));
	assert_ptr_equal(level_max(NULL, &levels[0]), &levels[0]);
	assert_null(level_max(NULL, NULL));
}

static void test_names_that_cover(void **state)
{
	static const char *const wide[] = {"3", "ops/radar"};
	const struct texts list = {wide, 2};

	(void)state;
	assert_true(texts_cover(list, "3.2", '.'));
	assert_true(texts_cover(list, "3", '.'));
	assert_false(texts_cover(list, "30", '.'));
	assert_false(texts_cover(list, "ops", '/'));
	assert_true(texts_cover(list, "ops/radar/a", '/'));
	assert_false(texts_cover(list, "", '/'));
	assert_false(texts_cover(list, NULL, '/'));
}

static void test_rights(void **state)
{
	static const struct {
		unsigned roles;
		enum right right;
		bool granted;
	} cases[] = {
	    {0, RIGHT_DRAFT, true},
	    {0, RIGHT_PERSON_ADD, false},
	    {ACTOR_SECURITY_ADMIN, RIGHT_PERSON_ADD, true},
	    {ACTOR_SYSTEM_ADMIN, RIGHT_PERSON_ADD, false},
	    {ACTOR_SYSTEM_ADMIN | ACTOR_SECURITY_ADMIN, RIGHT_PERSON_ADD, false}, /* a pair that may not be: nothing */
	    {ACTOR_SYSTEM_ADMIN, RIGHT_COUNTS, true},
	    {ACTOR_SYSTEM_ADMIN, RIGHT_JOURNAL_READ, false},
	    {ACTOR_AUDITOR, RIGHT_JOURNAL_VERIFY, true},
	    {ACTOR_AUDITOR, RIGHT_DRAFT, false},
	    {ACTOR_AUDITOR | ACTOR_OFFICE, RIGHT_JOURNAL_VERIFY, false},
	    {ACTOR_OFFICE, RIGHT_FINDING_DISMISS, true},
	    {0, RIGHT_FINDING_DISMISS, false},
	    {ACTOR_SECURITY_ADMIN, RIGHTS, false},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++)
		assert_int_equal(right_is_granted(cases[i].roles, cases[i].right), cases[i].granted);
	assert_true(right_needs_two(RIGHT_APPOINT) && right_needs_two(RIGHT_RECOVER));
	assert_false(right_needs_two(RIGHT_SUSPEND));
	assert_string_equal(right_belongs(RIGHT_QUEUE), "it is not for auditors");
	assert_string_equal(right_belongs(RIGHT_KEYS), "it belongs to security administrators");
	for (enum right right = 0; right < RIGHTS; right++)
		assert_string_not_equal(right_belongs(right), "it belongs to another role");
	assert_false(roles_may_combine(ACTOR_AUDITOR | ACTOR_SYSTEM_ADMIN));
	assert_true(roles_may_combine(ACTOR_OFFICE | ACTOR_SECURITY_ADMIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_life_of_a_record),
	    cmocka_unit_test(test_what_cannot_happen),
	    cmocka_unit_test(test_no_way_out_without_a_decision),
	    cmocka_unit_test(test_unclassified_is_its_own_state),
	    cmocka_unit_test(test_protection_is_the_highest),
	    cmocka_unit_test(test_handing_over_ends_nothing),
	    cmocka_unit_test(test_computed_dates),
	    cmocka_unit_test(test_names_round_trip),
	    cmocka_unit_test(test_levels_by_name),
	    cmocka_unit_test(test_names_that_cover),
	    cmocka_unit_test(test_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
