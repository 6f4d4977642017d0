/* Names of up to three words: found, explained and completed, in a table of the test's own. */
#include "test.h"

#include "base/text.h"
#include "ctl/help.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_row create_options[] = {{"shares", 0, OPTION_NUMBER, "N", "how many"}, {0}};

static const struct command rows[] = {
    {.name = "open", .help = "open one"},
    {.name = "key status", .help = "of keys"},
    {.name = "key escrow", .help = "of the escrow"},
    {.name = "key escrow create", .help = "make one", .options = create_options},
    {.name = "key escrow drill", .help = "try one"},
};

const struct option_row global_options[] = {{"json", 0, OPTION_FLAG, NULL, "JSON"}, {0}};

const struct command *command_at(size_t i)
{
	return i < array_n(rows) ? &rows[i] : NULL;
}

static void check_found(const char *const *words, size_t n, const char *name, size_t used)
{
	size_t got = 99;
	const struct command *c = command_find(words, n, &got);

	assert_string_equal(c ? c->name : "none", name);
	assert_int_equal(got, used);
}

static void test_longest_name(void **state)
{
	(void)state;
	check_found((const char *[]){"open", "key", "status"}, 3, "open", 1);
	check_found((const char *[]){"key", "status", "x"}, 3, "key status", 2);
	check_found((const char *[]){"key", "escrow", "create"}, 3, "key escrow create", 3);
	check_found((const char *[]){"key", "escrow", "creat"}, 3, "key escrow", 2);
	check_found((const char *[]){"key", "escrow"}, 2, "key escrow", 2);
	check_found((const char *[]){"key"}, 1, "none", 99);
	check_found((const char *[]){"key", "stat"}, 2, "none", 99);
	check_found((const char *[]){"key status"}, 1, "key status", 1); /* quoted together by the caller */
	check_found((const char *[]){""}, 1, "none", 99);
	check_found(NULL, 0, "none", 99);
}

static char *help_of(const char *const *words, size_t n, bool *ret_any)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	*ret_any = help_of_prefix(words, n, to);
	(void)fclose(to);
	return text;
}

static void test_help_of_prefix(void **state)
{
	bool any;
	(void)state;

	OWN_MEM char *longer = help_of((const char *[]){"key", "escrow", "x"}, 3, &any);
	assert_true(any);
	assert_non_null(strstr(longer, "key escrow drill"));
	assert_null(strstr(longer, "key status"));
	OWN_MEM char *shorter = help_of((const char *[]){"key", "x"}, 2, &any);
	assert_true(any);
	assert_non_null(strstr(shorter, "key status"));
	OWN_MEM char *none = help_of((const char *[]){"ke", "status"}, 2, &any);
	assert_false(any);
	assert_string_equal(none, "");
}

/* What bash offers behind that line. */
static void check_completion(const char *line, const char *wanted)
{
	OWN_MEM char *file = text_format("/tmp/test_find.%d", (int)getpid());
	OWN_MEM char *command =
	    text_format("bash -c '. %s; COMP_WORDS=(classctl %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
			"_classctl; echo ${COMPREPLY[*]}'",
			file, line);
	char said[512] = "";
	FILE *script = fopen(file, "w");

	assert_non_null(script);
	completion_for_bash(script);
	assert_int_equal(fclose(script), 0);
	FILE *bash = popen(command, "re");
	assert_non_null(bash);
	assert_non_null(fgets(said, sizeof(said), bash));
	assert_int_equal(pclose(bash), 0);
	assert_int_equal(unlink(file), 0);
	said[strcspn(said, "\n")] = 0;
	assert_string_equal(said, wanted);
}

static void test_completion(void **state)
{
	(void)state;
	check_completion("\"\"", "key open");
	check_completion("k", "key");
	check_completion("key \"\"", "escrow status");
	check_completion("key escrow \"\"", "create drill");
	check_completion("key escrow cr", "create");
	check_completion("key escrow create --", "--shares --json");
	check_completion("key escrow create --shares 3 --j", "--json");
	check_completion("key escrow --", "--json");
	check_completion("open /etc/hostn", "/etc/hostname");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_longest_name),
	    cmocka_unit_test(test_help_of_prefix),
	    cmocka_unit_test(test_completion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
