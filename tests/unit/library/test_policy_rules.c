/* Units, derived rules, sources, earlier sets, a site's authority: what is wrong with them is told with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/due.h"
#include "domain/proposal.h"
#include "domain/record_explain.h"
#include "library/policy_load.h"
#include "library/policy_small.h"

#define UNITS                                                                                                          \
	"units:\n"                                                                                                     \
	"  - {code: body, name: B, settles: HIGH}\n"                                                                   \
	"  - {code: province, name: P, decides: HIGH, reports_to: body}\n"                                             \
	"  - {code: town, name: T, decides: LOW, reports_to: province}\n"                                              \
	"  - {code: shop, name: S, reports_to: town}\n"

static int parse_more(const char *more, const char *site, struct policy **ret, char **ret_lines)
{
	OWN_MEM char *text = text_format("%s%s", small, more);
	OWN_BUFFER struct buffer report = {0};
	int outcome = parse(text, small_catalogue, site, ret, &report);

	*ret_lines = buffer_steal_text(&report);
	return outcome;
}

#define TEXT_67 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define TEXT_201 TEXT_67 TEXT_67 TEXT_67

static void test_defects_of_parts(void **state)
{
	static const struct {
		const char *more, *line;
	} cases[] = {
	    {"units:\n  - {code: a, name: A, reports_to: b}\n  - {code: b, name: B, reports_to: a}\n",
	     "p.yaml:18:36: a reports to itself in a circle"},
	    {"units:\n  - {code: a, name: A, reports_to: a}\n", "p.yaml:18:36: a reports to itself in a circle"},
	    {"units:\n  - {code: a, name: A, reports_to: b}\n", "p.yaml:18:36: there is no unit b"},
	    {"units:\n  - {code: a, name: A}\n  - {code: a, name: B}\n", "p.yaml:19:12: two units have the code a"},
	    {"units:\n  - {code: a, name: A, decides: MIDDLE}\n", "p.yaml:18:33: MIDDLE is not a level of this policy"},
	    {"return_reasons: []\n", "p.yaml:17:17: a list of 1 to 40 reasons stands here"},
	    {"return_reasons: {code: a}\n", "p.yaml:17:17: a list is expected here"},
	    {"return_reasons: [{code: a, text: A}, {code: a, text: B}]\n", "p.yaml:17:45: the code a stands here twice"},
	    {"return_reasons: [{code: A b, text: A}]\n", "p.yaml:17:25: a code is of a-z, 0-9 and -"},
	    {"return_reasons: [{code: a}]\n", "p.yaml:17:18: the key text is missing"},
	    {"return_reasons: [{code: a, text: " TEXT_201 "}]\n", "p.yaml:17:34: a reason is one line of at most 200 bytes"},
	    {"labels: {oid: 1.2.3}\n", "p.yaml:17:15: an object identifier is written urn:oid:1.2.3"},
	    {"labels:\n  equivalents:\n    - {policy: N, level: HIGH}\n",
	     "p.yaml:19:7: a row says which label it means: label, or id"},
	    {"labels:\n  equivalents:\n    - {policy: N, label: X, level: MIDDLE}\n",
	     "p.yaml:19:36: MIDDLE is not a level of this policy"},
	    {"unit: a\n", "p.yaml:17:7: a site says what it is, in its own part"},
	    {"derived: {term: shortest, scope: highest}\n",
	     "p.yaml:17:17: shortest is not one of: longest, precedence"},
	    {"sources: {deadlines: A, deadline: B}\n", "p.yaml:17:25: the pack has no rule deadline"},
	    {"sources: {deadlines: A}\n", "p.yaml:2:11: the table of sources does not say where regimes.state-secret "
					  "comes from"},
	    {"earlier:\n  - {until: 2026-01-01, version: '0'}\n",
	     "p.yaml:18:13: this set does not end before the next one begins"},
	    {"earlier:\n  - {until: 2025-12-31, version: '0'}\n  - {until: 2025-12-31, version: '1'}\n",
	     "p.yaml:19:13: this set does not end before the next one begins"},
	    {"earlier:\n  - {version: '0'}\n", "p.yaml:18:5: an earlier set has `until`, its last day, and `version`"},
	    {"earlier:\n  - {until: 2025-02-29, version: '0'}\n", "p.yaml:18:13: 2025-02-29 is not a day"},
	    {"earlier:\n  - {until: 2025-12-31, version: '0', storage: {}}\n",
	     "p.yaml:18:39: an earlier set cannot differ in storage"},
	    {"earlier:\n  - {until: 2025-12-31, version: '0', calendar: {holidays: [2025-02-29]}}\n",
	     "p.yaml:18:61: 2025-02-29 is not a day"},
	    {"earlier:\n  - {until: 2025-12-31, version: '0', catalogue: {version: '0'}}\n",
	     "p.yaml:18:50: the key chapters is missing"},
	    {"earlier:\n  - {until: 2025-12-31, version: '0', catalogue: {version: '0', chapters: [{title: C, items: [{title: A}]}]}}\n",
	     "p.yaml:18:95: the key id is missing"},
	    {"earlier:\n  - {until: 2025-12-31, version: '0', levels: [{code: NEW}]}\n",
	     "p.yaml:18:48: only levels that the policy has can be changed here"},
	    {"earlier:\n  - {until: 2025-12-31, version: '0', deadlines: {propsal: 3d}}\n",
	     "p.yaml:18:51: propsal is not a deadline"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(policy) struct policy *p = NULL;
		OWN_MEM char *lines = NULL;

		assert_int_equal(parse_more(cases[i].more, NULL, &p, &lines), POLICY_BAD);
		if (!strstr(lines, cases[i].line))
			print_error("expected: %s\ngot: %s\n", cases[i].line, lines);
		assert_non_null(strstr(lines, cases[i].line));
	}
}

static void test_defects_of_levels_and_calendar(void **state)
{
	static const struct {
		const char *what, *with, *line;
	} cases[] = {
	    {"max_term: 10y", "max_term: 10y, default_term: 11y",
	     "p.yaml:5:57: the default is longer than the longest term of this level"},
	    {"max_term: 10y", "max_term: 10y, missing_term: 11y",
	     "p.yaml:5:57: what is assumed is longer than the longest term of this level"},
	    {"max_term: 10y", "max_term: 10y, term_kinds: [none]",
	     "p.yaml:5:55: a level with a longest term does not leave the term open"},
	    {"max_term: 10y", "term_kinds: [date], default_term: 1y",
	     "p.yaml:5:40: the default is a period, but this level has no term of the kind period"},
	    {"max_term: 10y", "max_term: 10y, term_kinds: [date]",
	     "c.yaml:6:51: this policy has no term of the kind period at this level"},
	    {"max_term: 10y", "term_kinds: [years]",
	     "p.yaml:5:41: a kind of term is none, period, date, event or "
	     "long-term"},
	    {"holidays: []", "holidays: [2027-01-01]",
	     "p.yaml:15:80: 2027-01-01 lies outside what the calendar covers"},
	    {"holidays: []", "holidays: [2026-05-01, 2026-05-01]", "p.yaml:15:80: 2026-05-01 stands twice"},
	    {"holidays: [], workdays: []", "holidays: [2026-05-02], workdays: [2026-05-02]",
	     "2026-05-02 is a holiday and a working day"},
	    {"workdays: []", "workdays: [2026-05-01]", "p.yaml:15:94: 2026-05-01 is a working day anyhow"},
	    {"until: 2026-12-31", "until: 2025-12-31", "p.yaml:15:58: the calendar ends before it begins"},
	    {"holidays: []", "holidays: [2026-02-30]", "p.yaml:15:81: 2026-02-30 is not a day"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWN_MEM char *text = replaced(small, cases[i].what, cases[i].with);
		OWNED(policy) struct policy *p = NULL;
		OWN_BUFFER struct buffer report = {0};
		OWN_MEM char *lines = NULL;

		assert_int_equal(parse(text, small_catalogue, NULL, &p, &report), POLICY_BAD);
		lines = buffer_steal_text(&report);
		if (!strstr(lines, cases[i].line))
			print_error("expected: %s\ngot: %s\n", cases[i].line, lines);
		assert_non_null(strstr(lines, cases[i].line));
	}
}

static void test_a_site_adds_reasons_for_returns(void **state)
{
	static const char pack[] = "return_reasons: [{code: a, text: {official: X, english: Y}}]\n";
	OWNED(policy) struct policy *p = NULL, *bad = NULL;
	OWN_MEM char *lines = NULL, *more = NULL;

	(void)state;
	assert_int_equal(parse_more(pack, "return_reasons: [{code: b, text: B}]", &p, &lines), 0);
	assert_int_equal(p->returns.n, 2);
	assert_string_equal(policy_return_reason(p, "a")->text.english, "Y");
	assert_string_equal(policy_return_reason(p, "b")->text.official, "B");
	assert_null(policy_return_reason(p, "c"));
	assert_int_equal(parse_more(pack, "return_reasons: [{code: a, text: B}]", &bad, &more), POLICY_BAD);
	assert_non_null(strstr(more, "site/s.yaml:1:25: the code a stands here twice"));
}

/* Each pack has some, in its own language and in English. */
static void test_every_pack_has_ready_reasons(void **state)
{
	static const char *const packs[] = {"cn", "us", "nato", "eu", "uk", "basic"};

	(void)state;
	for (size_t i = 0; i < array_n(packs); i++) {
		OWN_MEM char *folder = text_format("policy/%s", packs[i]);
		OWN_BUFFER struct buffer report = {0};
		OWNED(policy) struct policy *p = NULL;

		assert_int_equal(policy_load(folder, NULL, &p, &report), 0);
		assert_true(p->returns.n >= 5);
		assert_non_null(policy_return_reason(p, "source-missing"));
	}
}

static void test_who_is_asked(void **state)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_MEM char *lines = NULL;
	const struct level *low, *high;

	(void)state;
	assert_int_equal(parse_more(UNITS, "unit: shop", &p, &lines), 0);
	low = level_find(p, "LOW");
	high = level_find(p, "HIGH");
	assert_string_equal(p->unit->code, "shop");
	assert_string_equal(policy_asks(p, low)->code, "town");
	assert_string_equal(policy_asks(p, high)->code, "province");
	assert_string_equal(policy_settler(p, low)->code, "body");
	p->unit = policy_unit_find(p, "body");
	assert_null(policy_asks(p, high));
	p->unit = NULL;
	assert_null(policy_asks(p, low));
}

/* A circle, however long, does not hang whoever walks up; a set with one never loads, so walking is safe. */
static void test_a_site_names_a_unit_that_exists(void **state)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_MEM char *lines = NULL;

	(void)state;
	assert_int_equal(parse_more(UNITS, "unit: city", &p, &lines), POLICY_BAD);
	assert_non_null(strstr(lines, "site/s.yaml:1:7: the policy has no unit city"));
}

/* How many like cases at once: a pack may say less than the most there is, a site only less than its pack. */
static void test_sets_of_like_cases(void **state)
{
	static const struct {
		const char *pack, *site, *line; /* line NULL: good */
		uint16_t most, open_one_in;
	} cases[] = {
	    {"", "levels: []", NULL, 10, 5},
	    {"sets: {most: 8, open_one_in: 4}\n", "levels: []", NULL, 8, 4},
	    {"sets: {most: 8, open_one_in: 4}\n", "sets: {most: 6}", NULL, 6, 4},
	    {"", "sets: {open_one_in: 1}", NULL, 10, 1},
	    {"sets: {most: 8}\n", "sets: {most: 9}", "site/s.yaml:1:14: a site may only tighten most", 0, 0},
	    {"", "sets: {most: 11}", "site/s.yaml:1:14: a site may only tighten most", 0, 0},
	    {"", "sets: {open_one_in: 6}", "site/s.yaml:1:21: a site may only tighten open_one_in", 0, 0},
	    {"", "sets: {most: 11, authority: Letter 7}", "most is from 1 to 10 cases", 0, 0},
	    {"sets: {most: 0}\n", "levels: []", "most is from 1 to 10 cases", 0, 0},
	    {"sets: {most: 11}\n", "levels: []", "most is from 1 to 10 cases", 0, 0},
	    {"sets: {open_one_in: 6}\n", "levels: []", "open_one_in is from 1 (each) to 5", 0, 0},
	    {"sets: {open_one_in: x}\n", "levels: []", "number", 0, 0},
	    {"sets: {least: 1}\n", "levels: []", "least", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(policy) struct policy *p = NULL;
		OWN_MEM char *lines = NULL;
		int outcome = parse_more(cases[i].pack, cases[i].site, &p, &lines);

		if ((outcome == 0) != !cases[i].line || (cases[i].line && !strstr(lines, cases[i].line)))
			print_error("%s| %s: %s\n", cases[i].pack, cases[i].site, lines ? lines : "");
		assert_int_equal(outcome, cases[i].line ? POLICY_BAD : 0);
		if (cases[i].line) {
			assert_non_null(strstr(lines, cases[i].line));
			continue;
		}
		assert_int_equal(policy_sets(p).most, cases[i].most);
		assert_int_equal(policy_sets(p).open_one_in, cases[i].open_one_in);
	}
}

/* What a pack leaves open is tightened from what that means. */
static void test_a_site_tightens_what_is_not_said(void **state)
{
	OWNED(policy) struct policy *p = NULL;
	OWNED(policy) struct policy *looser = NULL;
	OWN_MEM char *lines = NULL;
	OWN_MEM char *bad = NULL;

	(void)state;
	assert_int_equal(parse_more("", "reviews: {sample: 3}", &p, &lines), 0);
	assert_int_equal(policy_reviews(p).sample, 3);
	assert_int_equal(policy_reviews(p).bulk_max, 50);
	assert_int_equal(parse_more("", "reviews: {reread_percent: 1}", &looser, &bad), POLICY_BAD);
	assert_non_null(strstr(bad, "a site may only tighten reread_percent"));
}

static void test_loosening_needs_an_authority(void **state)
{
	static const struct {
		const char *site, *line; /* line NULL: good */
	} cases[] = {
	    {"levels: [{code: LOW, max_term: 11y}]",
	     "site/s.yaml:1:32: a site may only tighten max_term, or name the authority for it"},
	    {"levels: [{code: LOW, max_term: 11y, authority: Decree 5}]", NULL},
	    {"levels: [{code: LOW, max_term: 9y, authority: Decree 5}]",
	     "site/s.yaml:1:47: an authority is named, but nothing beside it is looser"},
	    {"levels: [{code: LOW, max_term: 11y, authority: ''}]", "site/s.yaml:1:48: one line of text"},
	    {"levels: [{code: LOW, authority: Decree 5, max_term: 9y}, {code: HIGH, max_term: 30y}]",
	     "site/s.yaml:1:81: a site may only tighten max_term, or name the authority for it"},
	    {"levels: [{code: LOW, name: X, authority: Decree 5}]", "site/s.yaml:1:22: a site may not change name"},
	    {"deadlines: {proposal: 9wd, authority: Decree 6}", NULL},
	    {"units: [{code: shop, decides: LOW}]",
	     "site/s.yaml:1:31: a site may only tighten decides, or name the authority for it"},
	    {"units: [{code: shop, decides: LOW, authority: Letter 7}]", NULL},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(policy) struct policy *p = NULL;
		OWN_MEM char *lines = NULL;

		assert_int_equal(parse_more(UNITS, cases[i].site, &p, &lines), cases[i].line ? POLICY_BAD : 0);
		if (cases[i].line && !strstr(lines, cases[i].line))
			print_error("expected: %s\ngot: %s\n", cases[i].line, lines);
		if (cases[i].line)
			assert_non_null(strstr(lines, cases[i].line));
		else
			assert_int_equal(p->loosened.n, 1);
	}
}

static void test_what_was_loosened_is_told(void **state)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_MEM char *lines = NULL;

	(void)state;
	assert_int_equal(parse_more("", "levels: [{code: LOW, max_term: 11y, authority: Decree 5}]", &p, &lines), 0);
	assert_int_equal(level_find(p, "LOW")->max_term.years, 11);
	assert_string_equal(p->loosened.at[0], "site/s.yaml:1:32: levels.LOW.max_term, by Decree 5");
}

static void test_each_day_has_its_rules(void **state)
{
	static const char more[] = "earlier:\n"
				   "  - until: 2025-12-31\n"
				   "    version: '0.9'\n"
				   "    deadlines: {proposal: 9d, request: 4d}\n"
				   "  - until: 2013-12-31\n"
				   "    version: '0.5'\n"
				   "    levels: [{code: LOW, max_term: 30y}]\n"
				   "    deadlines: {request: 3d}\n"
				   "    two_persons: []\n";
	OWNED(policy) struct policy *p = NULL;
	OWN_MEM char *lines = NULL;
	const struct policy *then;

	(void)state;
	assert_int_equal(parse_more(more, "levels: [{code: LOW, max_term: 2y}]", &p, &lines), 0);
	assert_ptr_equal(policy_on(p, (struct date){2026, 1, 1}), p);
	assert_ptr_equal(policy_on(p, (struct date){0}), p);
	then = policy_on(p, (struct date){2025, 12, 31});
	assert_string_equal(then->version, "0.9");
	assert_int_equal(then->deadlines[DEADLINE_PROPOSAL].days, 9);
	assert_false(then->deadlines[DEADLINE_PROPOSAL].working);
	assert_int_equal(then->levels[1].max_term.years, 10); /* a site changes only what holds today */
	assert_true(then->two_persons[ACT_APPROVE]);
	then = policy_on(p, (struct date){2013, 12, 31});
	assert_string_equal(then->version, "0.5");
	assert_int_equal(then->levels[1].max_term.years, 30);
	assert_int_equal(then->deadlines[DEADLINE_PROPOSAL].days, 9); /* of the set after it */
	assert_int_equal(then->deadlines[DEADLINE_REQUEST].days, 3);
	assert_false(then->two_persons[ACT_APPROVE]);
	assert_ptr_equal(catalogue_find(&then->catalogue, "1.1")->level, &then->levels[1]);
	assert_ptr_equal(policy_on(p, (struct date){1999, 1, 1}), then);
	assert_int_equal(p->levels[1].max_term.years, 2);
}

/* Rules of a later day are there, and judge nothing yet; a site tightens what holds today. */
static void test_what_begins_later_is_held_back(void **state)
{
	static const char more[] =
	    "earlier:\n"
	    "  - until: 2025-12-31\n"
	    "    version: '0.9'\n"
	    "    levels: [{code: LOW, max_term: 8y}]\n"
	    "    calendar: {from: 2025-01-01, until: 2025-12-31, holidays: [2025-11-11]}\n"
	    "    catalogue: {version: '0', chapters: [{title: C, items: [{id: '1.1', title: A, level: HIGH, term: 5y, scope: ['dept:a']}]}]}\n"
	    "  - {until: 2013-12-31, version: '0.5'}\n";
	OWN_MEM char *text = text_format("%s%s", small, more);
	const struct policy_source sources[] = {{"p.yaml", bytes_of_text(text), false},
						{"c.yaml", bytes_of_text(small_catalogue), false}};
	struct policy_set set = {.files = sources, .n_files = 2, .overlay = "build/no-such", .today = {2025, 11, 30}};
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	const struct policy *now;

	(void)state;
	assert_int_equal(policy_load_set(&set, &p, &report), 0);
	now = policy_in_force(p, set.today);
	assert_string_equal(now->version, "0.9");
	assert_int_equal(date_compare(now->effective, (struct date){2014, 1, 1}), 0);
	assert_string_equal(now->digest, p->digest);
	assert_string_equal(catalogue_find(&now->catalogue, "1.1")->level->code, "HIGH");
	assert_ptr_equal(catalogue_find(&now->catalogue, "1.1")->level, &now->levels[2]);
	assert_null(catalogue_find(&now->catalogue, "1.2"));
	assert_false(policy_is_working_day(now, (struct date){2025, 11, 11}));
	assert_string_equal(policy_on(now, (struct date){2010, 1, 1})->version, "0.5");
	assert_ptr_equal(policy_in_force(p, (struct date){2026, 1, 1}), p);
	assert_string_equal(catalogue_find(&p->catalogue, "1.1")->level->code, "LOW");
	assert_true(policy_is_working_day(p, (struct date){2025, 11, 11}));
}

static void test_without_an_earlier_set_nothing_holds_before(void **state)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_MEM char *lines = NULL;

	(void)state;
	assert_int_equal(parse_more("", NULL, &p, &lines), 0);
	assert_null(policy_in_force(p, (struct date){2025, 12, 31}));
	assert_ptr_equal(policy_in_force(p, (struct date){2026, 1, 1}), p);
}

static void test_a_site_tightens_what_holds_today(void **state)
{
	char folder[] = "/tmp/test-site-XXXXXX";
	static const char more[] = "earlier: [{until: 2025-12-31, version: '0.9', levels: [{code: LOW, max_term: 8y}]}]\n";
	OWN_MEM char *text = text_format("%s%s", small, more);
	const struct policy_source sources[] = {{"p.yaml", bytes_of_text(text), false},
						{"c.yaml", bytes_of_text(small_catalogue), false}};
	struct policy_set set = {.files = sources, .n_files = 2, .today = {2025, 11, 30}};
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *path = NULL;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = text_format("%s/site.yaml", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("levels: [{code: LOW, max_term: 6y}]\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	set.overlay = folder;
	assert_int_equal(policy_load_set(&set, &p, &report), 0);
	assert_int_equal(p->levels[1].max_term.years, 6);
	assert_int_equal(policy_in_force(p, set.today)->levels[1].max_term.years, 6);
	assert_int_equal(remove(path), 0);
	assert_int_equal(remove(folder), 0);
}

static void test_a_deadline_is_that_of_its_first_day(void **state)
{
	static const char more[] = "earlier: [{until: 2025-12-31, version: '0', deadlines: {proposal: 9d}}]\n";
	OWNED(policy) struct policy *p = NULL;
	OWN_MEM char *lines = NULL;
	struct date day;

	(void)state;
	assert_int_equal(parse_more(more, NULL, &p, &lines), 0);
	day = policy_deadline_of(p, (struct date){2025, 12, 31}, DEADLINE_PROPOSAL);
	assert_int_equal(date_compare(day, (struct date){2026, 1, 9}), 0);
	day = policy_deadline_of(p, (struct date){2026, 1, 1}, DEADLINE_PROPOSAL);
	assert_int_equal(date_compare(day, (struct date){2026, 1, 8}), 0);
}

static void test_where_a_rule_comes_from(void **state)
{
	static const char more[] =
	    "sources: {regimes: A, levels: B, levels.LOW: C, posts: D, terms: E, marks: F,\n"
	    "  appointments: G, two_persons: H, disputes: I, deadlines: J, calendar: K, storage: L}\n";
	OWNED(policy) struct policy *p = NULL;
	OWN_MEM char *lines = NULL;

	(void)state;
	assert_int_equal(parse_more(more, NULL, &p, &lines), 0);
	assert_string_equal(policy_source_of(p, "levels.LOW.max_term"), "C");
	assert_string_equal(policy_source_of(p, "levels.HIGH.max_term"), "B");
	assert_string_equal(policy_source_of(p, "levels.LOWER"), "B");
	assert_null(policy_source_of(p, "catalogue"));
}

static void add_line(const struct rule_line *line, void *arg)
{
	buffer_add_format(arg, "%s|%s|%s\n", line->path, line->value, line->article ? line->article : "-");
}

static char *explained(const struct policy *p, const struct record *r)
{
	const struct finding_facts facts = {.policy = p, .record = r, .today = {2026, 3, 2}};
	struct buffer lines = {0};

	record_explain(&facts, add_line, &lines);
	return buffer_steal_text(&lines);
}

static void assert_says(const char *lines, const char *line)
{
	if (!strstr(lines, line))
		print_error("expected: %s\ngot: %s\n", line, lines);
	assert_non_null(strstr(lines, line));
}

static void test_a_record_is_explained(void **state)
{
	const char *scope = "dept:planning";
	struct record r = {.state = RECORD_ISSUED,
			   .pack = "cn",
			   .responsible = "li",
			   .decided_as = APPOINTMENT_DESIGNATED,
			   .decided_on = {2013, 5, 6},
			   .start = {2013, 5, 6},
			   .declassify_on = {2043, 5, 6},
			   .decided = {.level = "SECRET",
				       .term = {.kind = TERM_PERIOD, .period = {30, 0, 0}},
				       .basis = BASIS_ITEM,
				       .item = "3.2",
				       .reason = "because",
				       .scope = {&scope, 1}}};
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};

	(void)state;
	assert_int_equal(policy_load("policy/cn", NULL, &p, &report), 0);
	OWN_MEM char *lines = explained(p, &r);
	assert_says(lines, "earlier|decided on 2013-05-06: judged by cn 2010.1; what falls due, by 2025.1|");
	assert_says(lines,
		    "levels.SECRET.max_term|at most P20Y from issue; with the item P20Y from issue|Law 2024 art. 20\n");
	assert_says(lines, "terms.kinds|P30Y from issue, from 2013-05-06, ends 2043-05-06|");
	assert_says(lines, "terms.over|over after its last day|[inf]");
	assert_says(lines, "terms.review_every|every P12M|Law 2024 art. 24\n");
	assert_says(lines,
		    "appointments.designated|decided as 指定定密责任人 by li, up to the level of the appointment|");
	assert_says(lines,
		    "findings.D07|P30Y from issue, allowed at most P20Y from issue; major of responsible, until");
	r.pack = "us";
	OWN_MEM char *other = explained(p, &r);
	assert_says(other, "pack|decided under us , which judged it; what falls due, by cn 2025.1|");
	assert_null(strstr(other, "D07"));
	r = (struct record){.state = RECORD_PROVISIONAL, .referred_on = {2024, 8, 31}, .proposed = r.decided};
	p->unit = policy_unit_find(p, "city");
	OWN_MEM char *unclear = explained(p, &r);
	assert_says(unclear, "deadlines.unclear-report|10 days from 2024-08-31: until 2024-09-10|");
	assert_says(unclear, "units|settled by 省级保密行政管理部门|Law 2024 art. 17");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defects_of_parts),
	    cmocka_unit_test(test_defects_of_levels_and_calendar),
	    cmocka_unit_test(test_a_site_adds_reasons_for_returns),
	    cmocka_unit_test(test_every_pack_has_ready_reasons),
	    cmocka_unit_test(test_who_is_asked),
	    cmocka_unit_test(test_a_site_names_a_unit_that_exists),
	    cmocka_unit_test(test_sets_of_like_cases),
	    cmocka_unit_test(test_a_site_tightens_what_is_not_said),
	    cmocka_unit_test(test_loosening_needs_an_authority),
	    cmocka_unit_test(test_what_was_loosened_is_told),
	    cmocka_unit_test(test_each_day_has_its_rules),
	    cmocka_unit_test(test_what_begins_later_is_held_back),
	    cmocka_unit_test(test_without_an_earlier_set_nothing_holds_before),
	    cmocka_unit_test(test_a_site_tightens_what_holds_today),
	    cmocka_unit_test(test_a_deadline_is_that_of_its_first_day),
	    cmocka_unit_test(test_a_record_is_explained),
	    cmocka_unit_test(test_where_a_rule_comes_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
