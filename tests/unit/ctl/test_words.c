/* What is counted, in the language of the programs themselves. */
#include "test.h"

#include "ctl/words.h"

#include <stdlib.h>

static void expect(int64_t files, int64_t folders, const char *words)
{
	char *said = words_files_in(files, folders);

	assert_string_equal(said, words);
	free(said);
}

static void test_one_and_many(void **state)
{
	(void)state;
	expect(0, 1, "0 files in 1 folder");
	expect(1, 2, "1 file in 2 folders");
	expect(21, 0, "21 files in 0 folders");
	assert_string_equal(_n("one", "many", 1), "one");
	assert_string_equal(_n("one", "many", 0), "many");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_and_many)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
