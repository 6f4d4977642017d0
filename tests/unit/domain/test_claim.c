/* R50: what the parties to a dispute claim, and what protects meanwhile. */
#include "test.h"

#include "base/text.h"
#include "domain/claim.h"
#include "domain/policy.h"
#include "library/policy_load.h"

#include <string.h>

static struct policy *load(const char *pack)
{
	OWN_BUFFER struct buffer report = {0};
	struct policy *p = NULL;

	assert_int_equal(policy_load(pack, NULL, &p, &report), 0);
	return p;
}

static struct record disputed(const char *const *lines, size_t n)
{
	struct record r = {.number = "2026-000001",
			   .state = RECORD_DISPUTED,
			   .decision = ACT_APPROVE,
			   .decided_on = {2026, 1, 10},
			   .claims = {lines, n},
			   .decided = {.level = "CONFIDENTIAL", .basis = BASIS_ITEM, .item = "1.4"}};

	assert_true(term_parse_cli("5y", &r.decided.term));
	return r;
}

static void test_a_line_goes_both_ways(void **state)
{
	static const char *const bad[] = {"", "SECRET", "SECRET\t5y\t2026-01-10", "SECRET\t5y\t2026-01-10\t",
					  "SECRET\tfive\t2026-01-10\tports", "SECRET\t5y\t2026-02-30\tports",
					  "SECRET\t5y\t2026-01-10\tnone", "A-LEVEL-WITH-A-NAME-THAT-IS-TOO-LONG\t-\t2026-01-10\tx"};
	struct claim c = {.level = "SECRET", .since = {2026, 1, 10}, .unit = "Office of Ports"}, again;
	char line[CLAIM_LINE_MAX];

	(void)state;
	assert_true(term_parse_cli("event:the berth is open@2030-01-01", &c.term));
	claim_format(&c, line);
	assert_string_equal(line, "SECRET\tevent:the berth is open@2030-01-01\t2026-01-10\tOffice of Ports");
	assert_true(claim_parse(line, &again));
	assert_memory_equal(&c, &again, sizeof(c));
	for (size_t i = 0; i < array_n(bad); i++)
		assert_false(claim_parse(bad[i], &again));
}

static void test_all_that_stand_count(void **state)
{
	static const char *const lines[] = {"CONFIDENTIAL\t2y\t2026-03-01\tports", "SECRET\t-\t2026-03-02\tenergy",
					    "-\t9y\t2026-03-03\tworks"};
	struct policy *cn = load("policy/cn"), *us = load("policy/us");
	struct record r = disputed(lines, 3);
	char term[TERM_TEXT_MAX];

	(void)state;
	claims_count(cn, &r);
	assert_string_equal(r.claimed, "SECRET");
	assert_string_equal(record_protection(cn, &r)->code, "SECRET");
	term_format_cli(&r.claimed_term, term);
	assert_string_equal(term, "P9Y");
	assert_int_equal(date_compare(r.declassify_on, (struct date){2035, 1, 10}), 0);
	r.claims.n = 1; /* the others were withdrawn: nothing of them is left */
	claims_count(cn, &r);
	assert_string_equal(record_protection(cn, &r)->code, "CONFIDENTIAL");
	assert_int_equal(date_compare(r.declassify_on, (struct date){2031, 1, 10}), 0);
	r.claims.n = 3; /* us: it stays as it is meanwhile */
	claims_count(us, &r);
	assert_string_equal(record_protection(us, &r)->code, "CONFIDENTIAL");
	assert_int_equal(date_compare(r.declassify_on, (struct date){2031, 1, 10}), 0);
	policy_free(cn);
	policy_free(us);
}

static void test_what_does_not_read_protects_most(void **state)
{
	static const char *const lines[] = {"broken", "LEVEL-OF-NOBODY\t-\t2026-03-01\tports"};
	struct policy *cn = load("policy/cn");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct record r = disputed(&lines[i], 1);

		claims_count(cn, &r);
		assert_string_equal(record_protection(cn, &r)->code, "TOP-SECRET");
	}
	policy_free(cn);
}

static void test_whose_claim_a_decision_is(void **state)
{
	static const char *const lines[] = {"CONFIDENTIAL\t2y\t2026-03-01\tports", "SECRET\t-\t2026-03-02\tenergy",
					    "-\t-\t2026-03-03\tworks"};
	struct texts claims = {lines, 3};
	struct record r = disputed(lines, 3);

	(void)state;
	assert_int_equal(claims_of(claims, "energy"), 1);
	assert_int_equal(claims_of(claims, "nobody"), 3);
	assert_int_equal(claims_met(claims, &r.decided), 3); /* five years, not two; works says nothing */
	assert_true(term_parse_cli("2y", &r.decided.term));
	assert_int_equal(claims_met(claims, &r.decided), 0);
	r.decided.level = "SECRET";
	assert_int_equal(claims_met(claims, &r.decided), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_line_goes_both_ways),
	    cmocka_unit_test(test_all_that_stand_count),
	    cmocka_unit_test(test_what_does_not_read_protects_most),
	    cmocka_unit_test(test_whose_claim_a_decision_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
