#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/due.h"
#include "domain/finding.h"
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

static const char *const planning[] = {"dept:planning"};

/* A record with nothing to say against it. */
static struct record sound(void)
{
	struct record r = {.number = "2026-000001", .state = RECORD_ISSUED, .drafter = "wang", .responsible = "li"};

	r.decided_on = (struct date){2026, 1, 5};
	r.issued_on = r.start = (struct date){2026, 1, 6};
	r.declassify_on = (struct date){2036, 1, 6};
	r.next_review = (struct date){2027, 1, 5};
	r.decided =
	    (struct classification){.level = "SECRET", .basis = BASIS_ITEM, .item = "3.2", .scope = {planning, 1}};
	r.decided.term = (struct term){.kind = TERM_PERIOD, .period = {10, 0, 0}};
	r.proposed = r.decided;
	return r;
}

/* The codes as text, "D04 D07". */
static void codes(const struct finding_facts *facts, char *ret, size_t n)
{
	struct finding found[FINDINGS_MAX];
	struct finding_facts f = *facts;
	size_t count;

	f.policy = cn;
	f.today = date_is_set(f.today) ? f.today : today;
	count = finding_evaluate(&f, found);
	ret[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		char code[4];

		finding_code_format(found[i].code, code);
		assert_true(strlen(ret) + 5 < n);
		strncat(ret, *ret ? " " : "", 2);
		strncat(ret, code, 4);
		assert_true(*found[i].evidence && text_is_line(found[i].evidence, FINDING_EVIDENCE_MAX));
		assert_true(date_is_set(found[i].since));
	}
}

#define EXPECT(expected, ...)                                                                                          \
	do {                                                                                                           \
		const struct finding_facts facts = {__VA_ARGS__};                                                      \
		char said[128];                                                                                        \
                                                                                                                       \
		codes(&facts, said, sizeof(said));                                                                     \
		assert_string_equal(said, expected);                                                                   \
	} while (0)

static void test_a_sound_record_has_none(void **state)
{
	struct record r = sound();

	(void)state;
	EXPECT("", .record = &r);
}

static void test_level_against_item_and_source(void **state)
{
	static const char *const source[] = {"2025-000009"};
	struct record r = sound();

	(void)state;
	r.decided.level = "TOP-SECRET";
	EXPECT("D04", .record = &r);
	r.decided.level = "CONFIDENTIAL";
	EXPECT("D05", .record = &r);
	r.decided.item = NULL;
	r.decided.basis = BASIS_DERIVED;
	EXPECT("D05 D12", .record = &r, .source_level = "SECRET");
	r.decided.sources = (struct texts){source, 1};
	EXPECT("", .record = &r, .source_level = "CONFIDENTIAL");
	r.decided.term.period.years = 8;
	EXPECT("D07", .record = &r, .source_level = "CONFIDENTIAL",
	       .source_term = {.kind = TERM_PERIOD, .period = {5, 0, 0}});
}

/* R72: many together raise a look, and no level. */
static void test_many_together_are_looked_at(void **state)
{
	static const char *sources[21];
	struct record r = sound();

	(void)state;
	for (size_t i = 0; i < array_n(sources); i++)
		sources[i] = "2025-000009";
	r.decided.item = NULL;
	r.decided.basis = BASIS_DERIVED;
	r.decided.sources = (struct texts){sources, 20};
	EXPECT("", .record = &r, .source_level = "SECRET");
	r.decided.sources.n = 21;
	EXPECT("D46", .record = &r, .source_level = "SECRET");
	r.last_review = (struct date){2026, 2, 1};
	EXPECT("", .record = &r, .source_level = "SECRET");
}

static void test_need_basis_and_completeness(void **state)
{
	struct record r = sound();

	(void)state;
	r.decided.item = "99.9";
	EXPECT("D03", .record = &r);
	r = sound();
	r.decided.basis = BASIS_MISSING;
	EXPECT("D02 D03", .record = &r);
	r = sound();
	r.is_prohibited = true;
	EXPECT("D03", .record = &r);
	r.is_prohibited = false;
	EXPECT("D03", .record = &r, .is_public = true);
	r.decided.scope.n = 0;
	r.responsible = NULL;
	EXPECT("D02", .record = &r);
}

static void test_terms(void **state)
{
	struct record r = sound();

	(void)state;
	r.decided.term.period.years = 21;
	EXPECT("D07", .record = &r);
	r.decided.term.period.years = 20;
	EXPECT("D22", .record = &r); /* the longest, and no reason */
	r.decided.reason = "the trial runs that long";
	EXPECT("", .record = &r);
	r.decided.term = (struct term){.kind = TERM_LONG};
	EXPECT("D07", .record = &r);
	r.decided.item = "7.1";
	EXPECT("", .record = &r);
	r.decided.term = (struct term){0};
	EXPECT("D08", .record = &r);
	r.decided.term = (struct term){.kind = TERM_EVENT, .event = "peace"};
	EXPECT("D08", .record = &r);
}

static void test_days(void **state)
{
	struct record r = sound();

	(void)state;
	r.next_review = today;
	EXPECT("", .record = &r);
	EXPECT("D13", .record = &r, .today = {2026, 3, 3});
	r = sound();
	r.declassify_on = today;
	EXPECT("", .record = &r); /* the last day counts */
	EXPECT("D14", .record = &r, .today = {2026, 3, 3});
	r.state = RECORD_EXPIRED;
	EXPECT("D15", .record = &r);
	EXPECT("", .record = &r, .today = {2026, 3, 3});
	r = sound();
	r.state = RECORD_PROVISIONAL;
	r.decided = (struct classification){0};
	r.referred_on = (struct date){2026, 2, 12};
	EXPECT("", .record = &r,
	       .today = {2026, 3, 4}); /* the tenth working day over the new year, with a Saturday worked */
	EXPECT("D20", .record = &r, .today = {2026, 3, 5});
	r.state = RECORD_PROPOSED;
	r.proposed_on = (struct date){2026, 2, 13};
	EXPECT("", .record = &r, .today = {2026, 2, 27});
	EXPECT("D21", .record = &r, .today = {2026, 2, 28});
}

static void test_procedure_and_authority(void **state)
{
	struct record r = sound();
	const struct authority_answer lapsed = {.reason = AUTHORITY_LAPSED, .date = {2025, 12, 31}};
	const struct authority_answer untrained = {.training_lapsed = true};
	const struct authority_answer good = {.reason = AUTHORITY_GRANTED};

	(void)state;
	EXPECT("D09", .record = &r, .authority = &lapsed);
	EXPECT("D09", .record = &r, .authority = &untrained);
	EXPECT("", .record = &r, .authority = &good);
	r.drafter = "li";
	EXPECT("D10", .record = &r);
	r = sound();
	r.drafter_key = r.decider_key = "SHA256:x";
	EXPECT("D10", .record = &r);
	r = sound();
	r.issued_on = (struct date){2026, 1, 4};
	EXPECT("D10", .record = &r);
}

static void test_what_others_saw(void **state)
{
	struct record r = sound();
	struct record none = {0};
	struct record parent = sound();

	(void)state;
	EXPECT("D01", .record = &none, .is_recorded_late = true);
	EXPECT("", .record = &none);
	EXPECT("D06", .record = &none, .signalled_item = "3.2");
	EXPECT("D06", .record = &r, .signalled_item = "1.2"); /* top secret, decided secret */
	EXPECT("", .record = &r, .signalled_item = "1.4");    /* lower */
	EXPECT("D11", .record = &r, .mark_defects = MARK_NO_TERM);
	EXPECT("D11", .record = &r, .mark_seen = true, .mark_differs = true);
	EXPECT("D11", .record = &r, .mark_seen = true, .mark_scope_differs = true);
	EXPECT("D11", .record = &r, .mark_missing = true);
	EXPECT("D16", .record = &r, .reader_out_of_scope = "zhao");
	EXPECT("D18", .record = &r, .plaintext_at_rest = true);
	EXPECT("D18", .record = &r, .folder_ceiling = "CONFIDENTIAL");
	EXPECT("", .record = &r, .folder_ceiling = "SECRET");
	EXPECT("D19 D23 D24 D30 D31 D32 D35", .record = &r, .content_changed = true, .plaintext_beside = true,
	       .sealed_missing = true, .kept_missing = true, .unreadable = true, .foreign = true, .other_hand = true);
	EXPECT("D25", .record = &r, .open_minutes = 721);
	EXPECT("", .record = &r, .open_minutes = 720);
	EXPECT("", .record = &r, .parent = &parent);
	parent.state = RECORD_RELEASED;
	EXPECT("D17", .record = &r, .parent = &parent);
}

static void test_every_code_is_explained(void **state)
{
	(void)state;
	for (int code = 1; code < FINDING_CODES; code++) {
		const struct finding_kind *kind = finding_kind((enum finding_code)code);
		enum finding_code back;
		char text[4];

		assert_non_null(kind);
		assert_int_equal(kind->code, code);
		assert_true(kind->title && kind->advice && kind->severity && kind->owner && kind->due.days);
		finding_code_format((enum finding_code)code, text);
		assert_true(finding_code_find(text, &back) && (int)back == code);
	}
	assert_null(finding_kind(FINDING_NONE));
	assert_null(finding_kind(FINDING_CODES));
}

static void test_the_pack_has_the_last_word(void **state)
{
	enum finding_code code;

	(void)state;
	assert_int_equal(finding_owner(cn, FINDING_BELOW), OWNER_RESPONSIBLE);
	assert_int_equal(finding_severity(NULL, FINDING_MARK), SEVERITY_MINOR);
	assert_int_equal(
	    date_compare(finding_due(cn, FINDING_BELOW, (struct date){2026, 2, 13}), (struct date){2026, 2, 27}), 0);
	assert_false(finding_code_find("D99", &code) || finding_code_find("7", &code) ||
		     finding_code_find("D", &code) || finding_code_find("D00", &code) ||
		     finding_code_find("D007", &code));
}

static void test_working_days(void **state)
{
	static const struct {
		const char *day;
		bool works;
	} cases[] = {
	    {"2026-02-13", true},
	    {"2026-02-14", true} /* a Saturday worked for the holiday */,
	    {"2026-02-15", false},
	    {"2026-02-23", false},
	    {"2026-02-24", true},
	    {"2026-03-01", false},
	    {"2031-01-01", true} /* unknown year: weekend only */,
	};
	struct span five = {5, true};
	struct date d;

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		assert_true(date_parse(cases[i].day, &d));
		assert_int_equal(policy_is_working_day(cn, d), cases[i].works);
	}
	assert_false(date_is_set(policy_deadline(cn, today, (struct span){0, true})));
	assert_false(date_is_set(policy_deadline(cn, (struct date){0}, five)));
	assert_int_equal(date_to_days(policy_deadline(cn, today, (struct span){5, false})), date_to_days(today) + 5);
	assert_int_equal(date_to_days(policy_deadline(cn, today, five)), date_to_days(today) + 7);
}

static void test_appointments_end(void **state)
{
	struct appointment a = {.until = {2026, 4, 1}};
	struct due due;

	(void)state;
	assert_true(due_of_appointment(cn, &a, today, &due)); /* thirty days before */
	assert_int_equal(due.days, -30);
	assert_false(due_of_appointment(cn, &a, (struct date){2026, 3, 1}, &due));
	assert_true(due_of_appointment(cn, &a, a.until, &due));
	assert_false(due_of_appointment(cn, &a, (struct date){2026, 4, 2}, &due));
	a.until = (struct date){0};
	assert_false(due_of_appointment(cn, &a, today, &due));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_sound_record_has_none),
	    cmocka_unit_test(test_level_against_item_and_source),
	    cmocka_unit_test(test_many_together_are_looked_at),
	    cmocka_unit_test(test_need_basis_and_completeness),
	    cmocka_unit_test(test_terms),
	    cmocka_unit_test(test_days),
	    cmocka_unit_test(test_procedure_and_authority),
	    cmocka_unit_test(test_what_others_saw),
	    cmocka_unit_test(test_every_code_is_explained),
	    cmocka_unit_test(test_the_pack_has_the_last_word),
	    cmocka_unit_test(test_working_days),
	    cmocka_unit_test(test_appointments_end),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
