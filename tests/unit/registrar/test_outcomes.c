/* What the sealer said has a name and a sentence of its own, whatever it was. */
#include "test.h"

#include "base/text.h"
#include "registrar/documents/jobs_private.h"

static void test_each_has_its_own(void **state)
{
	(void)state;
	for (uint8_t a = SEAL_STILL_OPEN; a <= SEAL_UNREADABLE; a++) {
		assert_true(jobs_outcome_text(a)[0]);
		for (uint8_t b = SEAL_DONE; b < a; b++) {
			assert_false(text_equal(jobs_outcome_name(a), jobs_outcome_name(b)));
			assert_false(text_equal(jobs_outcome_text(a), jobs_outcome_text(b)));
		}
	}
	assert_string_equal(jobs_outcome_name(SEAL_WRONG_KEY), "wrong-key");
	assert_string_equal(jobs_outcome_name(SEAL_DAMAGED), "damaged");
	assert_string_equal(jobs_outcome_name(SEAL_UNREADABLE), "unreadable");
	assert_string_equal(jobs_outcome_name(SEAL_NEWER), "newer");
	assert_string_equal(jobs_outcome_name(255), "failed"); /* of a sealer that is newer than we are */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_has_its_own),
	};

	return cmocka_run_group_tests_name("outcomes", tests, NULL, NULL);
}
