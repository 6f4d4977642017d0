/* Other names of a plaintext: told, looked at again, and the witness goes with the last of them. */
#include "world.h"

#define WITNESS ".classd/0000000000000001.alias"

static const struct wish simple = {
    .intent = 1, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.1.age"};

static void add_name(struct world *w, const char *name)
{
	assert_int_equal(linkat(w->dir, "report.docx", w->dir, name, 0), 0);
}

static void remove_name(struct world *w, const char *name)
{
	assert_int_equal(unlinkat(w->dir, name, 0), 0);
}

static uint64_t names_left(struct world *w, uint64_t intent)
{
	const struct answer *a;

	WORLD_SEND(w, alias, -1, .intent = intent, .root = 1);
	world_run(w);
	a = world_answer(w, FRAME_TYPE_aliased, intent);
	assert_non_null(a);
	assert_int_equal(a->outcome, SEAL_DONE);
	return a->size;
}

static void seal(struct world *w, const struct wish *wish)
{
	w->settle_at_once = true;
	world_ask_seal(w, wish);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, wish->intent)->outcome, SEAL_DONE);
}

static void test_until_they_are_gone(void **state)
{
	struct world *w = *state;

	world_write(w, "report.docx", "text", 4);
	add_name(w, "other");
	add_name(w, "another");
	seal(w, &simple);
	assert_string_equal(world_answer(w, FRAME_TYPE_disposed, 1)->detail,
			    "aliased: 2 other names of the plaintext remain");
	assert_false(world_has(w, "report.docx"));
	assert_true(world_has(w, WITNESS));
	assert_int_equal(names_left(w, 1), 2);
	remove_name(w, "other");
	assert_int_equal(names_left(w, 1), 1);
	world_restart(w);
	assert_int_equal(names_left(w, 1), 1);
	remove_name(w, "another");
	assert_int_equal(names_left(w, 1), 0);
	assert_false(world_has(w, WITNESS));
	WORLD_SEND(w, alias, -1, .intent = 1, .root = 1); /* once more: there is nothing to look at */
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_aliased, 1)->outcome, SEAL_GONE);
}

static void test_a_file_of_one_name_leaves_nothing(void **state)
{
	struct world *w = *state;

	world_write(w, "report.docx", "text", 4);
	seal(w, &simple);
	assert_string_equal(world_answer(w, FRAME_TYPE_disposed, 1)->detail, "");
	assert_false(world_has(w, WITNESS));
}

/* The second name is a document, too: our witness of the first is no name that somebody has. */
static void test_witnesses_do_not_wait_for_each_other(void **state)
{
	struct world *w = *state;

	world_write(w, "report.docx", "text", 4);
	add_name(w, "other");
	add_name(w, "third");
	seal(w, &simple);
	seal(w, &(struct wish){.intent = 2, .path = "other", .target = "other.age", .keep = "2026-000002.1.age"});
	assert_string_equal(world_answer(w, FRAME_TYPE_disposed, 2)->detail,
			    "aliased: 1 other names of the plaintext remain");
	assert_int_equal(names_left(w, 1), 1);
	assert_int_equal(names_left(w, 2), 1);
	remove_name(w, "third");
	assert_int_equal(names_left(w, 2), 0);
	assert_int_equal(names_left(w, 1), 0);
	assert_false(world_has(w, WITNESS));
	assert_false(world_has(w, ".classd/0000000000000002.alias"));
}

/* The sealer ends after it took the plaintext and before the registrar heard of it. */
static void test_a_kill_in_between_is_told_later(void **state)
{
	struct world *w = *state;
	struct asked asked;

	world_write(w, "report.docx", "text", 4);
	add_name(w, "other");
	world_prepare_seal(w, &simple, &asked);
	w->settle_at_once = true;
	world_send(w, &frame_type_seal, &asked.m, -1);
	world_run(w);
	world_restart(w); /* what it said is lost */
	world_send(w, &frame_type_seal, &asked.m, -1);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, 1)->outcome, SEAL_DONE);
	assert_string_equal(world_answer(w, FRAME_TYPE_disposed, 1)->detail,
			    "aliased: 1 other names of the plaintext remain");
	asked_done(&asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_until_they_are_gone, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_file_of_one_name_leaves_nothing, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_witnesses_do_not_wait_for_each_other, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_kill_in_between_is_told_later, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
