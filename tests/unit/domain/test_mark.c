#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "domain/policy.h"
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

static char *made(const struct policy *p, const char *level, const char *term, const struct mark_facts *rest)
{
	struct mark_facts facts = *rest;
	OWN_BUFFER struct buffer b = {0};
	struct term t = {0};

	assert_true(!*term || term_parse_cli(term, &t));
	facts.level = level_find(p, level);
	facts.term = &t;
	mark_make(p, &facts, &b);
	return buffer_steal_text(&b);
}

static bool differs(const struct policy *p, const char *mark, struct texts scope)
{
	bool ret = false;

	assert_int_equal(mark_scope_differs(p, bytes_of_text(mark), scope, &ret), 0);
	return ret;
}

/* R60: the line that says who may know is held against who may. */
static void test_who_may_know(void **state)
{
	static const char *const both[] = {"dept:planning", "person:li dept:planning"}, *const one[] = {"person:li"};
	static const struct {
		const char *mark;
		bool differs;
	} cases[] = {
	    {"机密★10年\n知悉范围：planning、li", false},
	    {"份号 000002\n机密★10年\n知悉范围：planning、li\n", false},
	    {"机密★10年\n知悉范围：planning", true},
	    {"知悉范围：planning、li、wang", true},
	    {"机密★10年", false}, /* it names nobody */
	    {"", false},
	};
	OWN_MEM char *mark = made(cn, "SECRET", "10y", &(struct mark_facts){.scope = {both, 2}});

	(void)state;
	assert_string_equal(mark, cases[0].mark);
	for (size_t i = 0; i < array_n(cases); i++)
		assert_int_equal(differs(cn, cases[i].mark, (struct texts){both, 2}), cases[i].differs);
	assert_true(differs(cn, mark, (struct texts){one, 1}));
	assert_true(differs(cn, mark, (struct texts){0}));
	assert_false(differs(us, mark, (struct texts){one, 1})); /* which has no such line */
}

/* CUI: what must be told is, basic categories may be, and what stands behind another "//" is passed over. */
static void test_categories_of_a_regime(void **state)
{
	static const char *const codes[] = {"PRVCY", "CTI"};
	static const struct {
		const char *text;
		size_t n;
		bool differs;
	} cases[] = {
	    {"CUI//SP-CTI/PRVCY\nControlled by: x", 2, false},
	    {"CUI//SP-CTI", 2, false},
	    {"CONTROLLED//SP-CTI//NOFORN", 2, false},
	    {"CUI", 1, false},
	    {"CUI//PRVCY", 1, false},
	    {"CUI", 2, true},
	    {"CUI//PRVCY", 2, true},
	    {"CUI//SP-EXPT", 2, true},
	    {"CUI//SP-CTI/PRVCY", 1, true},
	    {"CUI//SP-CTIX", 2, true},
	};
	const struct regime_rule *rule = regime_rule_of(us, REGIME_OTHER_PROTECTED);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(regime_of_mark(us, bytes_of_text(cases[i].text)), REGIME_OTHER_PROTECTED);
		if (regime_mark_differs(rule, bytes_of_text(cases[i].text), (struct texts){codes, cases[i].n}) !=
		    cases[i].differs)
			fail_msg("%s of %zu", cases[i].text, cases[i].n);
	}
	assert_int_equal(regime_of_mark(us, bytes_of_text("about CUI\nCUIX\n")), REGIME_NONE);
	assert_int_equal(regime_of_mark(cn, bytes_of_text("  工作秘密\r\n")), REGIME_WORK_SECRET);
}

static void test_chinese_marks(void **state)
{
	static const struct {
		const char *level, *term, *mark;
	} cases[] = {
	    {"SECRET", "10y", "机密★10年"},
	    {"TOP-SECRET", "6m", "绝密★6个月"},
	    {"CONFIDENTIAL", "2030-06-30", "秘密★2030年6月30日"},
	    {"SECRET", "1y6m", "机密★1年6个月"},
	    {"SECRET", "20d", "机密★20天"},
	    {"SECRET", "long-term", "机密★长期"},
	    {"SECRET", "event:谈判结束@2030-01-01", "机密★谈判结束"},
	    {"UNCLASSIFIED", "", ""},
	};
	const struct mark_facts none = {0};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWN_MEM char *mark = made(cn, cases[i].level, cases[i].term, &none);

		assert_string_equal(mark, cases[i].mark);
	}
}

static void test_american_marks(void **state)
{
	static const char *const two[] = {"Report A", "Report B"};
	const struct mark_facts original = {
	    .start = {2026, 3, 2}, .item = catalogue_find(&us->catalogue, "3.2"), .classified_by = "K. Lee, Analyst"};
	struct mark_facts derived = original;
	OWN_MEM char *one = made(us, "TOP-SECRET", "10y", &original); /* departs from the guide */
	OWN_MEM char *guided = made(us, "SECRET", "10y", &original);
	OWN_MEM char *many = NULL;
	OWN_MEM char *source = NULL;
	struct mark_facts human = {.item = catalogue_find(&us->catalogue, "4.1"), .classified_by = "K"};
	OWN_MEM char *exempt = made(us, "TOP-SECRET", "long-term", &human);

	(void)state;
	assert_string_equal(one, "TOP SECRET\nClassified By: K. Lee, Analyst\nReason: 1.4(a)\nDeclassify On: 20360302");
	assert_non_null(strstr(guided, "\nDerived From: Example classification guide, 2026-01\nDeclassify"));
	derived.derived = true;
	derived.sources = (struct texts){two, 2};
	many = made(us, "SECRET", "2030-06-30", &derived);
	assert_string_equal(
	    many, "SECRET\nClassified By: K. Lee, Analyst\nDerived From: Multiple Sources\nDeclassify On: 20300630");
	derived.sources.n = 1;
	source = made(us, "SECRET", "2030-06-30", &derived);
	assert_non_null(strstr(source, "Derived From: Report A\n"));
	assert_non_null(strstr(exempt, "Declassify On: 50X1-HUM"));
}

static void test_a_value_cannot_inject_a_name(void **state)
{
	const struct mark_facts facts = {.classified_by = "{level}{reason}"};
	OWN_MEM char *mark = made(us, "SECRET", "10y", &facts);

	(void)state;
	assert_non_null(strstr(mark, "Classified By: {level}{reason}\n"));
}

static void test_chinese_marks_are_recognised(void **state)
{
	static const struct {
		const char *text, *level, *term;
		unsigned defects;
	} cases[] = {
	    {"机密★10年", "SECRET", "P10Y from issue", 0},
	    {"份号 000001\n  绝密 ★ 6个月\n题目", "TOP-SECRET", "P6M from issue", 0},
	    {"秘密☆2030年6月30日", "CONFIDENTIAL", "until 2030-06-30", 0},
	    {"秘密*2030-06-30", "CONFIDENTIAL", "until 2030-06-30", 0},
	    {"机密★1年6个月 甲方", "SECRET", "P1Y6M from issue", 0},
	    {"机密★长期", "SECRET", "long-term", 0},
	    {"机密★谈判结束", "SECRET", "event 谈判结束", 0},
	    {"机密★", "SECRET", "-", MARK_NO_TERM},
	    {"机密\n正文", "SECRET", "-", MARK_NO_SEPARATOR | MARK_NO_TERM},
	    {"机密10年", "SECRET", "P10Y from issue", MARK_NO_SEPARATOR},
	    {"　机密　\n", "SECRET", "-", MARK_NO_SEPARATOR | MARK_NO_TERM},
	    {"机密★2030年13月1日", "SECRET", "-", MARK_BAD_TERM},
	    {"机密★999年", "SECRET", "-", MARK_BAD_TERM},
	    {"机密★99999999999999年", "SECRET", "-", MARK_BAD_TERM},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct mark_found found[4];
		char term[TERM_TEXT_MAX];

		assert_int_equal(mark_scan(cn, bytes_of_text(cases[i].text), found, 4), 1);
		assert_string_equal(found[0].level->code, cases[i].level);
		term_format_rule(&found[0].term, term);
		assert_string_equal(term, cases[i].term);
		assert_int_equal(found[0].defects, cases[i].defects);
		assert_memory_equal(cases[i].text + found[0].at, level_find(cn, cases[i].level)->name.official, 6);
	}
}

/* Decided on 2026-03-02, issued on 2026-04-01. Read marks against what the record says. */
static void test_a_mark_that_differs(void **state)
{
	static const struct {
		const char *text, *level, *term;
		bool differs;
	} cases[] = {
	    {"机密★10年", "SECRET", "10y", false},
	    {"机密★120个月", "SECRET", "10y", false},
	    {"秘密★10年", "SECRET", "10y", true},
	    {"机密★5年", "SECRET", "10y", true},
	    {"机密★长期", "SECRET", "10y", true},
	    {"机密★2036年3月2日", "SECRET", "10y", false},
	    {"机密★2036年4月1日", "SECRET", "10y", false},
	    {"机密★2036年4月2日", "SECRET", "10y", true},
	    {"机密★2030年6月30日", "SECRET", "2030-06-30", false},
	    {"机密★2030年7月1日", "SECRET", "2030-06-30", true},
	    {"机密★10年", "SECRET", "2036-03-02", true},
	    {"机密★谈判结束", "SECRET", "event:谈判结束@2030-01-01", false},
	    {"机密★试验结束", "SECRET", "event:谈判结束@2030-01-01", true},
	    {"机密★", "SECRET", "10y", false}, /* incomplete, not another */
	    {"机密★10年", "非密", "10y", true},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct classification what = {.level = cases[i].level};
		struct mark_found found;

		assert_true(term_parse_cli(cases[i].term, &what.term));
		assert_int_equal(mark_scan(cn, bytes_of_text(cases[i].text), &found, 1), 1);
		if (mark_differs(cn, &found, &what, (struct date){2026, 3, 2}, (struct date){2026, 4, 1}) !=
		    cases[i].differs)
			fail_msg("%s against %s %s", cases[i].text, cases[i].level, cases[i].term);
	}
	assert_true(mark_is_carried("application/pdf"));
	assert_true(mark_is_carried("application/vnd.oasis.opendocument.spreadsheet"));
	assert_false(mark_is_carried("text/plain"));
	assert_false(mark_is_carried(NULL));
}

/* What labels of other systems are likely to mean: their rows, and our own words. */
static void test_labels_of_others(void **state)
{
	char value[LEVEL_CODE_MAX + 1];

	(void)state;
	assert_string_equal(policy_equivalent(us, "NATO", "top secret", NULL)->code, "TOP-SECRET");
	assert_string_equal(policy_equivalent(us, "USA", "CONFIDENTIAL", "")->code, "CONFIDENTIAL");
	assert_string_equal(policy_equivalent(cn, "NationalSecurity", "机密", NULL)->code, "SECRET");
	assert_string_equal(policy_equivalent(cn, "XMPP", "机密", NULL)->code, "SECRET");
	assert_string_equal(policy_equivalent(us, "USA", "S", NULL)->code, "SECRET"); /* as IC-ISM says it */
	assert_null(policy_equivalent(us, "GBR", "S", NULL));
	assert_null(policy_equivalent(us, "NATO", "RESTRICTED", NULL));
	assert_null(policy_equivalent(us, "EU", "SECRET", NULL)); /* another policy's word is not ours */
	assert_null(policy_equivalent(us, "IntellectualProperty", "SECRET", NULL));
	assert_null(policy_equivalent(us, NULL, NULL, NULL));
	assert_null(policy_equivalent(us, "USA", "", ""));
	policy_label_of(level_find(us, "TOP-SECRET"), value);
	assert_string_equal(value, "TOP SECRET");
}

static void test_words_in_a_sentence_are_no_marks(void **state)
{
	static const char *const texts[] = {
	    "本机密文件应当妥善保管。", "国家秘密的确定", "机密级计算机", "\xe6\x9c\xba", "机\xff密★", "", "密★10年",
	    "正文中写到机密\n",
	};
	struct mark_found found[4];

	(void)state;
	for (size_t i = 0; i < array_n(texts); i++)
		assert_int_equal(mark_scan(cn, bytes_of_text(texts[i]), found, 4), 0);
}

static void test_american_marks_are_recognised(void **state)
{
	static const char whole[] =
	    "SECRET\n\nText.\nclassified by: K. Lee\nReason: 1.4(a)\nDeclassify On: 20360302\n\nSECRET//NOFORN\n";
	struct mark_found found[4];

	(void)state;
	assert_int_equal(mark_scan(us, bytes_of_text(whole), found, 4), 2);
	assert_int_equal(found[0].defects, 0);
	assert_int_equal(found[0].term.date.year, 2036);
	assert_int_equal(found[1].n, strlen("SECRET//NOFORN"));
	assert_int_equal(mark_scan(us, bytes_of_text("TOP SECRET\n"), found, 4), 1);
	assert_string_equal(found[0].level->code, "TOP-SECRET");
	assert_int_equal(found[0].defects, MARK_NO_BLOCK);
	assert_int_equal(mark_scan(us, bytes_of_text("SECRET\nDerived From: X\nDeclassify On:\n"), found, 4), 1);
	assert_int_equal(found[0].defects, MARK_NO_AUTHORITY | MARK_NO_TERM);
	assert_int_equal(mark_scan(us, bytes_of_text("It is no SECRET that\nSECRETARY\n"), found, 4), 0);
	assert_int_equal(mark_scan(us, bytes_of_text("UNCLASSIFIED\n"), found, 4), 1);
	assert_int_equal(found[0].defects, 0);
}

static void test_what_is_made_is_recognised(void **state)
{
	static const char *const terms[] = {"10y", "6m", "20d", "2y3m", "2031-01-31", "long-term"};
	const struct mark_facts none = {0};

	(void)state;
	for (size_t i = 0; i < array_n(terms); i++) {
		OWN_MEM char *mark = made(cn, "SECRET", terms[i], &none);
		struct mark_found found;
		struct term t;

		assert_true(term_parse_cli(terms[i], &t));
		assert_int_equal(mark_scan(cn, bytes_of_text(mark), &found, 1), 1);
		assert_true(term_equal(&found.term, &t));
		assert_int_equal(found.n, strlen(mark));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chinese_marks),
	    cmocka_unit_test(test_categories_of_a_regime),
	    cmocka_unit_test(test_who_may_know),
	    cmocka_unit_test(test_american_marks),
	    cmocka_unit_test(test_a_value_cannot_inject_a_name),
	    cmocka_unit_test(test_chinese_marks_are_recognised),
	    cmocka_unit_test(test_a_mark_that_differs),
	    cmocka_unit_test(test_labels_of_others),
	    cmocka_unit_test(test_words_in_a_sentence_are_no_marks),
	    cmocka_unit_test(test_american_marks_are_recognised),
	    cmocka_unit_test(test_what_is_made_is_recognised),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
