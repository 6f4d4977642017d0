/* The index of what falls due follows the rules that run, also where they move a day forward. */
#include "registrar/core_fixture.h"

#include "base/text.h"
#include "library/policy_load.h"
#include "registrar/oversight/dues.h"

static void use(struct fixture *f, const char *pack)
{
	OWN_BUFFER struct buffer report = {0};

	policy_free(f->r.policy);
	f->r.policy = NULL;
	assert_int_equal(policy_load(pack, NULL, &f->r.policy, &report), 0);
}

static void assert_first(struct fixture *f, const char *day)
{
	struct date first = {0};
	char text[11];

	assert_int_equal(store_due_next(f->r.store, &first), 0);
	date_format(first, text);
	assert_string_equal(text, day);
}

static void test_the_index_follows_the_pack(void **state)
{
	struct fixture f = {0};
	struct record draft;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	use(&f, "policy/cn");
	draft = fixture_record("2026-000001", 1);
	fixture_put(&f, &draft, ACT_TAG, NULL);
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_first(&f, ""); /* a draft is never due there */
	assert_int_equal(dues_follow_pack(&f.r), 0);
	assert_first(&f, "");
	use(&f, "policy/us");
	assert_first(&f, ""); /* the index is still of the rules before */
	assert_int_equal(dues_follow_pack(&f.r), 0);
	assert_first(&f, "2026-10-31"); /* a working paper, 180 days from 4 May */
	assert_int_equal(database_run(store_database(f.r.store), "UPDATE records SET due=NULL", NULL, 0), 0);
	assert_int_equal(dues_follow_pack(&f.r), 0);
	assert_first(&f, ""); /* by the same rules nothing is computed */
	use(&f, "policy/cn");
	assert_int_equal(dues_follow_pack(&f.r), 0);
	use(&f, "policy/us");
	assert_int_equal(dues_follow_pack(&f.r), 0);
	assert_first(&f, "2026-10-31");
	policy_free(f.r.policy);
	f.r.policy = NULL;
	fixture_remove(&f);
}

/* More records than a page. */
static void test_every_page_is_computed(void **state)
{
	struct fixture f = {0};
	int64_t n = 0;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	use(&f, "policy/cn");
	for (int i = 1; i <= 1100; i++) {
		OWN_MEM char *number = text_format("2026-%06d", i);
		struct record draft = fixture_record(number, 1);

		fixture_put(&f, &draft, ACT_TAG, NULL);
	}
	assert_int_equal(registrar_settle(&f.r), 0);
	use(&f, "policy/us");
	assert_int_equal(dues_follow_pack(&f.r), 0);
	assert_int_equal(store_due_count(f.r.store, (struct date){2026, 10, 31}, &n), 0);
	assert_int_equal(n, 1100);
	policy_free(f.r.policy);
	f.r.policy = NULL;
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_index_follows_the_pack),
	    cmocka_unit_test(test_every_page_is_computed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
