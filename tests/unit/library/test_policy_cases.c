/* Each pack's cases hold, and the runner itself notices a wrong case, a fact that nothing reads, a broken file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/proposal.h"
#include "library/policy_cases.h"

static const struct {
	const char *folder;
	size_t at_least;
} packs[] = {
    {"policy/cn", 60}, {"policy/us", 60}, {"policy/nato", 60},
    {"policy/eu", 60}, {"policy/uk", 60}, {"policy/basic", 20},
};

static void test_packs_decide_as_their_cases_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_n(packs); i++) {
		struct cases_count count = {0};
		OWN_BUFFER struct buffer report = {0};

		assert_int_equal(policy_cases_of(packs[i].folder, &count, &report), 0);
		if (report.n)
			print_error("%.*s", (int)report.n, (const char *)report.at);
		assert_int_equal(count.failed, 0);
		assert_int_equal(report.n, 0);
		assert_true(count.n >= packs[i].at_least);
	}
}

static void test_wrong_cases_fail_with_their_place(void **state)
{
	static const struct {
		const char *text, *line;
	} wrong[] = {
	    {"cases:\n  - {check: protection, name: a, level: SECRET, expect: CONFIDENTIAL}",
	     "x.yaml:2:5: a: expected [CONFIDENTIAL], the rules say [SECRET]\n"},
	    {"cases:\n  - {check: protection, name: a, level: SECRET}",
	     "x.yaml:2:5: a: expect is missing: what must the rules say?\n"},
	    {"cases:\n  - {check: protection, name: a, levle: SECRET, expect: SECRET}",
	     "x.yaml:2:5: a: no check reads the fact levle\n"},
	    {"cases:\n  - {check: protect, name: a, expect: SECRET}",
	     "x.yaml:2:5: a: check: there is no check protect\n"},
	    {"cases:\n  - {check: dates, name: a, start: 2026-02-30, expect: none}",
	     "x.yaml:2:5: a: start: 2026-02-30 is not a day\n"},
	    {"cases:\n  - {check: proposal, name: a, term: 10x, expect: []}",
	     "x.yaml:2:5: a: term: 10x is not a term\n"},
	    {"cases:\n  - {check: protection, name: a, rule: R1, level: SECRET, expect: SECRET}",
	     "x.yaml:2:5: a: rule: R1 is not a number like R07\n"},
	    {"cases: []", "x.yaml:1:8: a list `cases` is expected here\n"},
	    {"cases:\n - [", "x.yaml:3:1: "},
	    {"casez: 1", "x.yaml:1:1: a list `cases` is expected here\n"},
	};
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer none = {0};

	(void)state;
	assert_int_equal(policy_load("policy/cn", NULL, &p, &none), 0);
	for (size_t i = 0; i < array_n(wrong); i++) {
		const struct policy_source source = {"x.yaml", bytes_of_text(wrong[i].text), false};
		struct cases_count count = {0};
		OWN_BUFFER struct buffer report = {0};
		OWN_MEM char *lines = NULL;

		assert_int_equal(policy_cases_run(p, &source, &count, &report), 0);
		assert_int_equal(count.failed, 1);
		lines = buffer_steal_text(&report);
		if (!text_starts(lines, wrong[i].line))
			print_error("expected: %s\ngot: %s\n", wrong[i].line, lines);
		assert_true(text_starts(lines, wrong[i].line));
	}
}

static void test_rules_are_counted(void **state)
{
	static const char text[] = "defaults: {level: SECRET}\n"
				   "cases:\n"
				   "  - {check: protection, name: a, rule: R02, expect: SECRET}\n"
				   "  - {check: protection, name: b, rule: [R02, R80], expect: SECRET}\n";
	const struct policy_source source = {"x.yaml", bytes_of_text(text), false};
	struct cases_count count = {0};
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};

	(void)state;
	assert_int_equal(policy_load("policy/cn", NULL, &p, &report), 0);
	assert_int_equal(policy_cases_run(p, &source, &count, &report), 0);
	assert_int_equal(count.n, 2);
	assert_int_equal(count.failed, 0);
	assert_int_equal(count.rules[2], 2);
	assert_int_equal(count.rules[80], 1);
	assert_int_equal(policy_cases_of("policy", &count, &report), POLICY_MISSING);
}

/* The next cell of a table's row, without blanks around it; rest moves on. */
static const char *take_cell(char **rest)
{
	char *cell = strsep(rest, "|");
	size_t n;

	assert_non_null(cell);
	cell += strspn(cell, " ");
	for (n = strlen(cell); n && cell[n - 1] == ' '; n--)
		cell[n - 1] = '\0';
	return cell;
}

static void check_tests(const char *rule, char *tests, uint32_t n_cases)
{
	for (char *one = strsep(&tests, ";"); one; one = strsep(&tests, ";")) {
		one += strspn(one, " ");
		if (strcmp(one, "cases") == 0 ? n_cases == 0 : access(one, R_OK) != 0) {
			print_error("%s: %s tests nothing of it\n", rule, one);
			fail();
		}
	}
}

/* Each rule of the catalogue has its row: a test that is there, or why not. */
static void test_the_table_of_rules_is_true(void **state)
{
	static const struct {
		unsigned first, last;
	} ranges[] = {{1, 13}, {20, 24}, {30, 34}, {40, 46}, {50, 51}, {60, 63}, {70, 75}, {80, 80}};
	struct cases_count count = {0};
	OWN_BUFFER struct buffer report = {0};
	bool seen[CASE_RULES] = {false};
	FILE *file = fopen("policy/README.md", "re");
	char line[2000];

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < array_n(packs); i++)
		assert_int_equal(policy_cases_of(packs[i].folder, &count, &report), 0);
	while (fgets(line, sizeof(line), file)) {
		char *rest = line;
		const char *rule, *tests;
		unsigned number;

		if (strncmp(line, "| R", 3) != 0)
			continue;
		(void)take_cell(&rest);
		rule = take_cell(&rest);
		number = (unsigned)strtoul(rule + 1, NULL, 10) % CASE_RULES;
		assert_true(*take_cell(&rest));
		tests = take_cell(&rest);
		assert_true(*tests || *take_cell(&rest)); /* a test, or why not */
		if (*tests) {
			OWN_MEM char *list = text_copy(tests);

			check_tests(rule, list, count.rules[number]);
		}
		assert_false(seen[number]);
		seen[number] = true;
	}
	(void)fclose(file);
	for (size_t i = 0; i < array_n(ranges); i++)
		for (unsigned rule = ranges[i].first; rule <= ranges[i].last; rule++) {
			if (!seen[rule])
				print_error("R%02u has no row\n", rule);
			assert_true(seen[rule]);
		}
}

/* Every refusal has its sentence. */
static void test_every_problem_is_explained(void **state)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};

	(void)state;
	assert_int_equal(policy_load("policy/cn", NULL, &p, &report), 0);
	for (int kind = 0; kind < PROPOSAL_PROBLEMS; kind++) {
		const struct proposal_problem problem = {.kind = (enum proposal_problem_kind)kind, .level = p->levels};
		OWN_BUFFER struct buffer words = {0};

		proposal_explain(p, &problem, &words);
		assert_true(words.n > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_packs_decide_as_their_cases_say),
	    cmocka_unit_test(test_wrong_cases_fail_with_their_place),
	    cmocka_unit_test(test_rules_are_counted),
	    cmocka_unit_test(test_the_table_of_rules_is_true),
	    cmocka_unit_test(test_every_problem_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
