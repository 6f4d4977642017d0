/* What a site may hide from the agent, and what it may not. */
#include "test.h"

#include <string.h>

#include "base/own.h"
#include "domain/ignore_rule.h"

static void test_rules_that_hide_no_document_are_fine(void **state)
{
	static const char *const rules[] = {"*.bak",	 "*.tmp",   "node_modules/", ".git/",
					    "Thumbs.db", "~*lock*", "*.o~",	     "core.[0-9]*"};

	(void)state;
	for (size_t i = 0; i < array_n(rules); i++)
		assert_null(ignore_rule_refuse(rules[i]));
}

static void test_rules_that_hide_documents_are_refused(void **state)
{
	static const char *const rules[] = {"",		  "*",	     "**",	"?*",	 "*.*",	  "*.?*",  "[!x]*",
					    "*/",	  "*.docx",  "*.age",	"*.a?e", "*.pdf", "Plan*", "*2026*",
					    "20[0-9]*-*", "report/", "*.d[o]c", "a/b.c", "/etc/", "a\nbc"};
	char long_rule[200];

	(void)state;
	for (size_t i = 0; i < array_n(rules); i++)
		if (!ignore_rule_refuse(rules[i]))
			fail_msg("not refused: %s", rules[i]);
	memset(long_rule, 'x', sizeof(long_rule) - 1);
	long_rule[sizeof(long_rule) - 1] = 0;
	assert_non_null(ignore_rule_refuse(long_rule));
}

static void test_a_rule_is_about_files_or_folders(void **state)
{
	(void)state;
	assert_true(ignore_rule_matches("*.bak", "a.bak", false));
	assert_false(ignore_rule_matches("*.bak", "a.bak", true));
	assert_false(ignore_rule_matches("*.bak", "a.bak2", false));
	assert_true(ignore_rule_matches("node_modules/", "node_modules", true));
	assert_false(ignore_rule_matches("node_modules/", "node_modules", false));
	assert_true(ignore_rule_matches("*.bak", ".bak", false)); /* a dot in front is nothing special */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules_that_hide_no_document_are_fine),
	    cmocka_unit_test(test_rules_that_hide_documents_are_refused),
	    cmocka_unit_test(test_a_rule_is_about_files_or_folders),
	};

	return cmocka_run_group_tests_name("ignore_rule", tests, NULL, NULL);
}
