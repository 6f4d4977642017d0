#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/proposal.h"
#include "library/policy_load.h"

static struct policy *cn, *us;

static int load(void **state)
{
	OWN_BUFFER struct buffer report = {0};

	(void)state;
	return policy_load("policy/cn", NULL, &cn, &report) || policy_load("policy/us", NULL, &us, &report);
}

static int unload(void **state)
{
	(void)state;
	policy_free(cn);
	policy_free(us);
	return 0;
}

static void test_the_best_hit_comes_first(void **state)
{
	const struct {
		const struct policy *p;
		const char *text, *id;
	} cases[] = {
	    {cn, "3.2", "3.2"},
	    {cn, "进度安排", "3.2"},
	    {cn, "重点项目规划", "3.2"},
	    {cn, "项目规划和进度", "3.2"}, /* not one phrase of the catalogue, but its pairs of characters */
	    {cn, "key projects", "3.2"},
	    {cn, "KEY PROJECTS", "3.2"},
	    {cn, "储备 总量", "1.2"},
	    {us, "force list", "3.2"},
	    {us, "report on human source handling", "4.1"},
	    {us, "radar cross section", "5.2"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct catalogue_hit hits[5];

		assert_true(catalogue_search(&cases[i].p->catalogue, cases[i].text, hits, 5) >= 1);
		assert_string_equal(hits[0].item->id, cases[i].id);
	}
}

static void test_a_chapter_gives_its_items_in_order(void **state)
{
	struct catalogue_hit hits[10];
	size_t n = catalogue_search(&cn->catalogue, "2", hits, 10);

	(void)state;
	assert_int_equal(n, 6);
	for (size_t i = 1; i < n; i++)
		assert_true(strcmp(hits[i - 1].item->id, hits[i].item->id) < 0);
}

static void test_limits_of_the_search(void **state)
{
	struct catalogue_hit hits[3];
	char big[4096];

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	assert_int_equal(catalogue_search(&cn->catalogue, "", hits, 3), 0);
	assert_int_equal(catalogue_search(&cn->catalogue, big, hits, 3), 0);
	assert_int_equal(catalogue_search(&cn->catalogue, "zzzz qqqq", hits, 3), 0);
	assert_int_equal(catalogue_search(&cn->catalogue, "\xe6\x9c", hits, 0), 0); /* cut inside a character */
	assert_int_equal(catalogue_search(&cn->catalogue, "方案", hits, 3), 3);
	assert_true(hits[0].score >= hits[1].score && hits[1].score >= hits[2].score);
}

static void test_items_by_number(void **state)
{
	(void)state;
	assert_string_equal(catalogue_find(&us->catalogue, "4.1")->exemption, "50X1-HUM");
	assert_null(catalogue_find(&us->catalogue, "4"));
	assert_null(catalogue_find(&us->catalogue, ""));
	assert_null(catalogue_find(&us->catalogue, NULL));
}

static void test_defaults_and_the_ruling_item(void **state)
{
	const struct item *items[] = {catalogue_find(&cn->catalogue, "3.4"), catalogue_find(&cn->catalogue, "3.2"),
				      catalogue_find(&cn->catalogue, "3.3"), catalogue_find(&cn->catalogue, "8.1")};
	struct classification c;

	(void)state;
	proposal_defaults(items[1], &c);
	assert_string_equal(c.level, "SECRET");
	assert_int_equal(c.term.period.years, 10);
	assert_int_equal(c.basis, BASIS_ITEM);
	assert_true(texts_has(c.scope, "dept:planning"));
	assert_string_equal(proposal_ruling_item(cn, items, 4)->id, "3.3"); /* of two equal levels the longer term */
	assert_null(proposal_ruling_item(cn, items, 0));
}

static void test_caps(void **state)
{
	const struct item site = {.level = level_find(cn, "SECRET"),
				  .max_term = {.kind = TERM_PERIOD, .period = {5, 0, 0}}};

	(void)state;
	assert_int_equal(policy_cap(cn, site.level, NULL).period.years, 20);
	assert_int_equal(policy_cap(cn, site.level, &site).period.years, 5);
	assert_int_equal(policy_cap(cn, level_unclassified(cn), NULL).kind, TERM_NONE);
	assert_true(policy_long_term_allowed(cn, catalogue_find(&cn->catalogue, "7.1")));
	assert_false(policy_long_term_allowed(cn, catalogue_find(&cn->catalogue, "3.2")));
	assert_false(policy_long_term_allowed(cn, NULL));
}

static void test_what_follows_from_sources(void **state)
{
	static const char *const who[] = {"dept:a"};
	struct record one = {.state = RECORD_ISSUED, .start = {2024, 1, 1}};
	struct record two = {.state = RECORD_ISSUED, .start = {2020, 1, 1}};
	const struct record *const both[] = {&one, &two};
	struct date day = {2026, 3, 2};
	struct classification c;

	(void)state;
	one.decided =
	    (struct classification){.level = "CONFIDENTIAL", .term = {.kind = TERM_PERIOD, .period = {10, 0, 0}}};
	two.decided = (struct classification){
	    .level = "SECRET", .term = {.kind = TERM_PERIOD, .period = {10, 0, 0}}, .scope = {who, 1}};
	proposal_from_sources(cn, both, 2, day, &c);
	assert_string_equal(c.level, "SECRET"); /* highest level */
	assert_int_equal(c.term.kind, TERM_DATE);
	assert_int_equal(c.term.date.year, 2034); /* longest term, of the other one */
	assert_int_equal(c.basis, BASIS_DERIVED);
	assert_true(texts_has(c.scope, "dept:a"));
	one.decided.term = (struct term){0};
	proposal_from_sources(cn, both, 1, day, &c);
	assert_int_equal(c.term.date.year, 2034); /* the ten years the pack assumes */
	two.decided.term = (struct term){.kind = TERM_LONG};
	proposal_from_sources(cn, both, 2, day, &c);
	assert_int_equal(c.term.kind, TERM_LONG);
}

static void test_declaring_alone(void **state)
{
	const struct contrary cases[] = {
	    {0},
	    {.signalled = catalogue_find(&cn->catalogue, "8.1")}, /* a prohibited subject speaks for it */
	    {.mark = level_unclassified(cn)},
	    {.signalled = catalogue_find(&cn->catalogue, "3.2")},
	    {.mark = level_find(cn, "CONFIDENTIAL")},
	    {.is_known = true},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++)
		assert_int_equal(proposal_may_declare_alone(cn, &cases[i]), i < 3);
}

static void test_drafts_in_clear(void **state)
{
	const struct level *low = level_find(cn, "CONFIDENTIAL");

	(void)state;
	assert_true(level_draft_stays_clear(low, false, 479));
	assert_false(level_draft_stays_clear(low, false, 480));
	assert_false(level_draft_stays_clear(low, true, 0));
	assert_false(level_draft_stays_clear(level_find(cn, "SECRET"), false, 0));
	assert_false(level_draft_stays_clear(level_highest(cn), false, 0));
	assert_true(level_draft_stays_clear(level_unclassified(cn), true, 100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_best_hit_comes_first),
	    cmocka_unit_test(test_a_chapter_gives_its_items_in_order),
	    cmocka_unit_test(test_limits_of_the_search),
	    cmocka_unit_test(test_items_by_number),
	    cmocka_unit_test(test_defaults_and_the_ruling_item),
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_what_follows_from_sources),
	    cmocka_unit_test(test_declaring_alone),
	    cmocka_unit_test(test_drafts_in_clear),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
