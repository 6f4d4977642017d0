#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "library/yaml.h"

static void test_tree_and_places(void **state)
{
	OWNED(yaml) struct yaml_node *tree = NULL;
	struct yaml_error error = {0};
	const struct yaml_node *list;

	(void)state;
	assert_int_equal(yaml_parse(bytes_of_text("a: 机密\nb:\n  - x\n  - 'y'\nc: {}\n"), &tree, &error), 0);
	assert_int_equal(tree->kind, YAML_MAP);
	assert_int_equal(tree->n, 3);
	assert_string_equal(yaml_get(tree, "a")->text, "机密");
	list = yaml_get(tree, "b");
	assert_int_equal(list->n, 2);
	assert_int_equal(list->child->next->line, 4);
	assert_int_equal(list->child->next->column, 5);
	assert_true(list->child->is_plain && !list->child->next->is_plain);
	assert_null(yaml_get(tree, "d"));
	assert_null(yaml_get(list, "x"));
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *reason;
		uint32_t line, column;
	} cases[] = {
	    {"a: &x 1\nb: *x\n", "anchors are not used here", 1, 4},
	    {"a: *x\n", "aliases are not used here", 1, 4},
	    {"a: !!str 1\n", "tags are not used here", 1, 4},
	    {"a: 1\nb: 2\na: 3\n", "the key a stands twice", 3, 1},
	    {"? [1]\n: 2\n", "a key is a plain word", 1, 3},
	    {"a: 1\n--- \nb: 2\n", "a second document in one file", 2, 1},
	    {"%YAML 1.1\n---\na: 1\n", "directives are not used here", 1, 1},
	    {"a: \"x\\0y\"\n", "text holds a NUL", 1, 4},
	    {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "nested too deep", 1, 17},
	    {"a: [1, 2\n", "did not find expected ',' or ']'", 2, 1},
	    {"\ta: 1\n", "found character that cannot start any token", 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct yaml_node *tree = NULL;
		struct yaml_error error = {0};

		assert_int_equal(yaml_parse(bytes_of_text(cases[i].text), &tree, &error), YAML_BAD);
		assert_null(tree);
		assert_string_equal(error.reason, cases[i].reason);
		assert_int_equal(error.line, cases[i].line);
		assert_int_equal(error.column, cases[i].column);
	}
}

static void test_sizes(void **state)
{
	OWN_MEM char *big = malloc(YAML_BYTES_MAX + 1);
	struct yaml_node *tree = NULL;
	struct yaml_error error = {0};

	(void)state;
	memset(big, '#', YAML_BYTES_MAX + 1);
	assert_int_equal(yaml_parse(bytes_of(big, YAML_BYTES_MAX + 1), &tree, &error), YAML_BAD);
	assert_int_equal(yaml_parse(bytes_of(big, YAML_BYTES_MAX), &tree, &error), 0); /* a comment only */
	assert_null(tree);
	assert_int_equal(yaml_parse(bytes_of(NULL, 0), &tree, &error), 0);
	assert_null(tree);
	assert_int_equal(yaml_parse(bytes_of("a: \xff\xfe", 5), &tree, &error), YAML_BAD);
	assert_int_equal(yaml_parse(bytes_of("\xff\xfe"
					     "a\0",
					     4),
				    &tree, &error),
			 YAML_BAD); /* UTF-16 */
	for (size_t i = 0; i < YAML_BYTES_MAX; i += 2)
		memcpy(big + i, "- ", 2);
	assert_int_equal(yaml_parse(bytes_of(big, YAML_BYTES_MAX), &tree, &error), YAML_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tree_and_places),
	    cmocka_unit_test(test_what_is_refused),
	    cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
