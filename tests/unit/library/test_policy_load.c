#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/proposal.h"
#include "library/policy_load.h"
#include "library/policy_small.h"

static struct policy *pack(const char *directory)
{
	struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	int outcome = policy_load(directory, NULL, &p, &report);

	if (report.n)
		print_error("%.*s", (int)report.n, (const char *)report.at);
	assert_int_equal(outcome, 0);
	return p;
}

static void test_packs_load(void **state)
{
	OWNED(policy) struct policy *cn = pack("policy/cn");
	OWNED(policy) struct policy *us = pack("policy/us");
	const struct item *item;

	(void)state;
	assert_string_equal(cn->id, "cn");
	assert_int_equal(cn->n_levels, 4);
	assert_string_equal(level_highest(cn)->name.official, "绝密");
	assert_int_equal(level_find(cn, "机密")->max_term.years, 20);
	assert_true(cn->catalogue.n >= 40 && us->catalogue.n >= 40);
	item = catalogue_find(&cn->catalogue, "3.2");
	assert_string_equal(item->level->code, "SECRET");
	assert_int_equal(item->term.period.years, 10);
	assert_true(texts_has(item->scope, "dept:planning"));
	assert_true(us->catalogue.is_guide);
	assert_int_equal(us->kinds[APPOINTMENT_OCA].training.lapse, TRAINING_REFUSE);
	assert_int_equal(cn->kinds[APPOINTMENT_DESIGNATED].training.lapse, TRAINING_FINDING);
	assert_false(cn->kinds[APPOINTMENT_OCA].is_used);
	assert_true(cn->two_persons[ACT_APPROVE]);
	assert_int_equal(cn->leads[0], 180);
	assert_int_equal(cn->power_off_days, 45);
	assert_int_equal(cn->escrow_drill, 365);
	assert_int_equal(cn->escrow_change, 30);
}

static void test_small_pack_loads(void **state)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};

	(void)state;
	assert_int_equal(parse(small, small_catalogue, NULL, &p, &report), 0);
	assert_int_equal(report.n, 0);
	assert_int_equal(p->catalogue.n, 2);
	assert_int_equal(p->levels[1].unlock, UNLOCK_MACHINE);
	assert_int_equal(p->levels[2].unlock, UNLOCK_PERSON);
	assert_int_equal(p->unlock_idle_minutes, 30);
}

static void test_each_defect_is_named_with_its_place(void **state)
{
	static const struct {
		const char *what, *with, *line;
	} cases[] = {
	    {"regimes:", "regimez:", "p.yaml:2:1: unknown key regimez"},
	    {"{state-secret: S}", "{state-secrets: S}", "p.yaml:2:11: state-secrets is not a regime"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: OPEN, decides: drafter, term: may, mark: [W]}}",
	     "p.yaml:2:62: what is not classified has no keys: name a level above the first"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: NONE, decides: drafter, term: may, mark: [W]}}",
	     "p.yaml:2:62: NONE is not a level of this policy"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, decides: drafter, term: may, mark: [W]}}",
	     "p.yaml:2:41: the key sealed_as is missing"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: anybody, term: may, mark: [W]}}",
	     "p.yaml:2:76: anybody is not one of: drafter, responsible"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: maybe, mark: [W]}}",
	     "p.yaml:2:91: maybe is not one of: none, may, must"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: none, max_term: 5y, mark: [W]}}",
	     "p.yaml:2:107: a regime without terms has no max_term"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: [High]}}",
	     "p.yaml:2:102: this mark reads like that of HIGH"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: []}}",
	     "p.yaml:2:102: a regime has a mark"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: ['{unit}']}}",
	     "p.yaml:2:102: the first line of a regime's mark is known by its words: {regime}, or none in braces"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: [W]}, other-protected: {name: O, sealed_as: LOW, decides: drafter, term: may, mark: [W//X]}}",
	     "p.yaml:2:186: this mark reads like that of work-secret"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: [W], categories: []}}",
	     "p.yaml:2:119: a regime has 1 to 256 categories, or none is said of them"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: [W], categories: [{code: a b, name: N, mark: X}]}}",
	     "p.yaml:2:127: a code is at most 24 capital letters, digits and hyphens"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: [W], categories: [{code: A, name: N, mark: X}, {code: A, name: M, mark: Y}]}}",
	     "p.yaml:2:149: two categories have the code or the mark of A"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: [W], categories: [{code: A, name: N, mark: X, specified: true}]}}",
	     "p.yaml:2:119: A must be told in the mark: say category_begin and category_between"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: [W], category_begin: '//'}}",
	     "p.yaml:2:28: category_begin and category_between go together"},
	    {"{state-secret: S}", "{state-secret: S, work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: [W], level: LOW}}",
	     "p.yaml:2:107: unknown key level"},
	    {"{state-secret: S}", "{state-secret: S, other-protected: O}",
	     "p.yaml:2:45: "},
	    {"max_term: 10y", "max_term: 10x", "p.yaml:5:38: 10x is not a period like 10y, 6m or 30d"},
	    {"code: HIGH", "code: high!", "p.yaml:6:12: a level's code is 1 to 24 of A-Z 0-9 -"},
	    {"code: HIGH", "code: LOW", "p.yaml:6:5: two levels share a name with LOW"},
	    {"effective: 2026-01-01", "effective: 2026-02-30", "p.yaml:1:40: 2026-02-30 is not a day like 2030-06-30"},
	    {"leap: feb28", "leap: feb29", "p.yaml:8:45: feb29 is not one of: feb28, mar1"},
	    {"leads: [30, 7]", "leads: [7, 30]", "p.yaml:8:91: lead times are at most 8 numbers of days, falling"},
	    {"may: [approve]", "may: [aprove]", "p.yaml:11:44: aprove is not an act"},
	    {"proposal: 5wd", "proposal: 5", "p.yaml:14:23: 5 is not a deadline like 10d, 10wd (working days) or none"},
	    {"code: LOW", "unlock: persons, code: LOW", "p.yaml:5:14: persons is not one of: machine, person"},
	    {"grace: 60min", "unlock_idle: 0min, grace: 60min", "p.yaml:16:10: unlock_idle is at least a minute"},
	    {"grace: 60min", "grace: 60", "p.yaml:16:57: 60 is not a time like 30min, 8h or 2d"},
	    {"disputes: {interim: current, ", "disputes: {", "p.yaml:13:11: the key interim is missing"},
	    {"two_persons: [approve]\n", "", "p.yaml:1:1: no file of the pack has the part two_persons"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWN_MEM char *text = replaced(small, cases[i].what, cases[i].with);
		OWNED(policy) struct policy *p = NULL;
		OWN_BUFFER struct buffer report = {0};
		OWN_MEM char *lines = NULL;

		assert_int_equal(parse(text, small_catalogue, NULL, &p, &report), POLICY_BAD);
		assert_null(p);
		lines = buffer_steal_text(&report);
		if (!strstr(lines, cases[i].line))
			print_error("expected: %s\ngot: %s\n", cases[i].line, lines);
		assert_non_null(strstr(lines, cases[i].line));
	}
}

static void test_defects_of_items(void **state)
{
	static const struct {
		const char *what, *with, *line;
	} cases[] = {
	    {"'1.2'", "'1.1'", "c.yaml:7:16: two items have the id 1.1"},
	    {"level: LOW", "level: LOWER", "c.yaml:6:40: LOWER is not a level of this policy"},
	    {"term: 5y", "term: 11y", "c.yaml:6:51: the term is longer than the longest allowed here, P10Y"},
	    {"term: 5y", "term: long-term", "c.yaml:6:51: this policy has no term of the kind long-term"},
	    {"term: 5y, ", "", "c.yaml:6:11: the key term is missing"},
	    {"scope: ['dept:a'], ", "", "c.yaml:6:11: who may know it? scope is missing"},
	    {"term: 5y", "term: 5y, prohibited: true", "c.yaml:6:40: a prohibited subject is unclassified"},
	    {"term: 5y", "term: 5y, max_term: 3y",
	     "c.yaml:6:51: the term is longer than the longest allowed here, P3Y"},
	    {"title: A", "titel: A", "c.yaml:6:23: unknown key titel"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWN_MEM char *text = replaced(small_catalogue, cases[i].what, cases[i].with);
		OWNED(policy) struct policy *p = NULL;
		OWN_BUFFER struct buffer report = {0};
		OWN_MEM char *lines = NULL;

		assert_int_equal(parse(small, text, NULL, &p, &report), POLICY_BAD);
		lines = buffer_steal_text(&report);
		if (!strstr(lines, cases[i].line))
			print_error("expected: %s\ngot: %s\n", cases[i].line, lines);
		assert_non_null(strstr(lines, cases[i].line));
	}
}

static void test_all_defects_at_once_in_order(void **state)
{
	OWN_MEM char *one = replaced(small, "max_term: 10y", "max_term: 10x");
	OWN_MEM char *two = replaced(one, "leap: feb28", "leap: feb29");
	OWN_MEM char *items = replaced(small_catalogue, "level: LOW", "level: NONE");
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *lines = NULL;

	(void)state;
	assert_int_equal(parse(two, items, NULL, &p, &report), POLICY_BAD);
	lines = buffer_steal_text(&report);
	assert_true(text_starts(lines, "c.yaml:6:"));
	assert_true(strstr(lines, "p.yaml:5:") && strstr(lines, "p.yaml:5:") < strstr(lines, "p.yaml:8:"));
}

static void test_a_site_may_only_tighten(void **state)
{
	static const struct {
		const char *site;
		bool good;
	} cases[] = {
	    {"levels: [{code: LOW, max_term: 5y, signature: true}]", true},
	    {"levels: [{code: LOW, signature: true, signed_with: token}]", true},
	    {"levels: [{code: LOW, signature: true, signed_with: verified-token}]", true},
	    {"levels: [{code: LOW, signed_with: token}]", false},
	    {"levels: [{code: LOW, signature: true, signed_with: card}]", false},
	    {"regimes: {work-secret: {name: W, sealed_as: LOW, decides: drafter, term: may, mark: [W]}}", false},
	    {"levels: [{code: LOW, max_term: 11y}]", false},
	    {"levels: [{code: NEW, max_term: 1y}]", false},
	    {"levels: [{code: LOW, name: Other}]", false},
	    {"catalogue: {items: [{id: '1.1', level: HIGH, term: 3y}]}", true},
	    {"catalogue: {items: [{id: '1.2', level: LOW}]}", false},
	    {"catalogue: {items: [{id: '1.1', term: 6y}]}", false},
	    {"catalogue: {items: [{id: '1.9', term: 1y}]}", false},
	    {"catalogue: {chapters: []}", false},
	    {"deadlines: {proposal: 3wd}", true},
	    {"deadlines: {proposal: none}", false},
	    {"storage: {grace: 10min, keep_versions: 20}", true},
	    {"storage: {grace: 2h}", false},
	    {"storage: {unlock_idle: 29min}", true},
	    {"storage: {unlock_idle: 31min}", false},
	    {"levels: [{code: LOW, unlock: person}]", true},
	    {"levels: [{code: HIGH, unlock: machine}]", false},
	    {"two_persons: [release]", true},
	    {"terms: {expiry: notify}", false},
	    {"appointments: {designated: {training: {clock: months, months: 12, lapse: refuse}}}", true},
	    {"appointments: {designated: {may: [approve, release]}}", false},
	    {"", false}, /* an empty file is a mistake, not a wish */
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(policy) struct policy *p = NULL;
		OWN_BUFFER struct buffer report = {0};

		assert_int_equal(parse(small, small_catalogue, cases[i].site, &p, &report),
				 cases[i].good ? 0 : POLICY_BAD);
		assert_int_equal(report.n == 0, cases[i].good);
	}
}

/* What the pack does not say, or says by nothing, is a rule, too: a site goes round none of them. */
static void test_a_site_goes_round_nothing(void **state)
{
	static const struct {
		const char *site;
		bool good;
	} cases[] = {
	    {"levels: [{code: LOW, draft_in_clear: until-submit}]", false}, /* longer in clear than until it is idle */
	    {"levels: [{code: LOW, draft_in_clear: never}]", true},
	    {"levels: [{code: OPEN, draft_in_clear: until-idle}]", true},
	    {"levels: [{code: LOW, review_every: 5y}]", false}, /* the pack's own interval holds at every level */
	    {"levels: [{code: LOW, review_every: 6m}]", true},
	    {"findings: {D07: {severity: note}}", false},
	    {"findings: {D07: {severity: grave}}", true},
	    {"findings: {D07: {due: 300d}}", false},
	    {"findings: {D07: {due: 1d}}", true},
	    {"escalation: {owner_before: 5}", false}, /* 30 when not said */
	    {"escalation: {owner_before: 60, office_after: 3}", true},
	    {"escalation: {office_after: 0}", false},
	    {"reviews: {reread_percent: 1}", false}, /* 2 when not said */
	    {"reviews: {reread_percent: 10, sample: 2, bulk_max: 20}", true},
	    {"reviews: {sample: 0}", false},
	    {"reviews: {bulk_max: 0}", false},
	    {"storage: {open_limit: 0min}", false}, /* none at all */
	    {"storage: {open_limit: 1h}", true},
	    {"storage: {escrow_drill_days: 0}", false},
	    {"storage: {escrow_drill_days: 90, escrow_change_days: 10, rotation_days: 10}", true},
	    {"storage: {escrow_change_days: 31}", false},
	    {"storage: {rotation_days: 31}", false},
	    {"incidents: {report: 0h}", false},
	    {"incidents: {report: 12h}", true},
	    {"derived: {many: 0}", false}, /* nobody looks */
	    {"derived: {many: 5}", true},
	    {"terms: {permanent_years: 0}", false},
	    {"appointments: {designated: {training: {clock: calendar-year, lapse: refuse}}}", false}, /* up to 24 months */
	    {"appointments: {designated: {training: {clock: months, months: 6, lapse: refuse}}}", true},
	    {"catalogue: {items: [{id: '1.1', scope: ['dept:a/x', 'dept:a']}]}", true},
	    {"catalogue: {items: [{id: '1.1', scope: ['*']}]}", false}, /* more may know it */
	    {"catalogue: {items: [{id: '1.1', scope: ['dept:a', 'person:li']}]}", false},
	    {"catalogue: {items: [{id: '1.1', term: 2004-01-01}]}", false}, /* a day is no shorter period */
	    {"catalogue: {items: [{id: '1.1', term: 'event:x@2004-01-01'}]}", false},
	};
	OWN_MEM char *idle = replaced(small, "max_term: 10y}", "max_term: 10y, draft_in_clear: until-idle}");
	OWN_MEM char *open = replaced(idle, "name: Open}", "name: Open, draft_in_clear: until-submit}");
	OWN_MEM char *terms = replaced(open, "leads: [30, 7]}", "leads: [30, 7], review_every: 12m, permanent_years: 25}\n"
							       "derived: {term: longest, scope: highest, many: 20}\n"
							       "incidents: {report: 24h}");
	OWN_MEM char *pack = replaced(terms, "ceiling: true}", "ceiling: true, training: {clock: months, months: 12, lapse: refuse}}");

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWNED(policy) struct policy *p = NULL;
		OWN_BUFFER struct buffer report = {0};
		int outcome = parse(pack, small_catalogue, cases[i].site, &p, &report);

		if (outcome != (cases[i].good ? 0 : POLICY_BAD))
			fail_msg("%s: %d %.*s", cases[i].site, outcome, (int)report.n, (const char *)report.at);
	}
}

static void test_a_sites_shorter_cap_holds_for_items(void **state)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};

	(void)state;
	assert_int_equal(parse(small, small_catalogue, "levels: [{code: HIGH, max_term: 8y}]", &p, &report), 0);
	assert_int_equal(catalogue_find(&p->catalogue, "1.2")->term.period.years, 8);
	assert_int_equal(catalogue_find(&p->catalogue, "1.1")->term.period.years, 5);
}

/* Whether it ends before what its level allows depends on the day on which the term begins. */
static void test_an_items_last_day_holds_from_any_start(void **state)
{
	OWN_MEM char *items = replaced(small_catalogue, "level: HIGH, term: 20y", "level: HIGH, term: 2y, max_term: 2030-06-30");
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	struct proposal_problem problems[PROPOSAL_PROBLEMS_MAX];
	const char *scope[] = {"dept:a"};
	struct proposal proposal = {.regime = REGIME_STATE_SECRET,
				    .start = {2026, 3, 2},
				    .today = {2026, 3, 2},
				    .what = {.level = "HIGH",
					     .basis = BASIS_ITEM,
					     .item = "1.2",
					     .reason = "because",
					     .term = {.kind = TERM_DATE, .date = {2031, 1, 1}},
					     .scope = {scope, 1}}};

	(void)state;
	assert_int_equal(parse(small, items, NULL, &p, &report), 0);
	assert_true(proposal_is_refused(problems, proposal_check(p, &proposal, problems)));
	assert_int_equal(problems[0].kind, PROPOSAL_TERM_CAP);
	proposal.what.term.date = (struct date){2030, 6, 30};
	assert_false(proposal_is_refused(problems, proposal_check(p, &proposal, problems)));
}

static void test_directories(void **state)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_BUFFER struct buffer report = {0};
	char dir[] = "/tmp/policyXXXXXX";
	OWN_MEM char *path = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(policy_load("/nowhere/at/all", NULL, &p, &report), POLICY_MISSING);
	assert_int_equal(policy_load(dir, NULL, &p, &report), POLICY_MISSING);
	path = text_format("%s/x.yaml", dir);
	assert_int_equal(mkfifo(path, 0600), 0); /* must not block */
	assert_int_equal(policy_load(dir, NULL, &p, &report), POLICY_BAD);
	assert_null(p);
	assert_int_equal(policy_load("policy/cn", dir, &p, &report), POLICY_BAD); /* a site's part is never skipped */
	(void)unlink(path);
	assert_int_equal(policy_load("policy/cn", dir, &p, &report), 0);
	(void)rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_packs_load),
	    cmocka_unit_test(test_small_pack_loads),
	    cmocka_unit_test(test_each_defect_is_named_with_its_place),
	    cmocka_unit_test(test_defects_of_items),
	    cmocka_unit_test(test_all_defects_at_once_in_order),
	    cmocka_unit_test(test_a_site_may_only_tighten),
	    cmocka_unit_test(test_a_site_goes_round_nothing),
	    cmocka_unit_test(test_a_sites_shorter_cap_holds_for_items),
	    cmocka_unit_test(test_an_items_last_day_holds_from_any_start),
	    cmocka_unit_test(test_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
