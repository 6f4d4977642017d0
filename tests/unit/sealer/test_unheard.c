/*
 * A sealed file was published, and the sealer was killed before anybody heard of it. Meanwhile its source has become
 * something else. Asked again, the sealer says what it has published, and leaves the source to a job of its own.
 */
#include "world.h"

#define NAME   "report.docx"
#define SEALED "report.docx.age"

static const struct wish first = {.intent = 1, .path = NAME, .target = SEALED, .keep = "2026-000001.1.age"};

static int writer = -1;

static void saved_by_rename(struct world *w)
{
	world_write(w, "new", "third", 5);
	assert_int_equal(renameat2(w->dir, "new", w->dir, NAME, RENAME_EXCHANGE), 0);
}

static void written_in_place(struct world *w)
{
	world_write(w, NAME, "third", 5);
}

static void opened_by_a_writer(struct world *w)
{
	writer = openat(w->dir, NAME, O_RDWR | O_CLOEXEC);
	assert_true(writer >= 0);
}

static void a_link_now(struct world *w)
{
	assert_int_equal(unlinkat(w->dir, NAME, 0), 0);
	assert_int_equal(symlinkat("elsewhere", w->dir, NAME), 0);
}

static void seal_first(struct world *w)
{
	world_write(w, NAME, "first", 5);
	world_ask_seal(w, &first);
	world_run(w);
	WORLD_SEND(w, settle, -1, .intent = 1, .dispose = 1);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, 1)->outcome, SEAL_DONE);
}

static void tell_again(struct world *w, void (*act)(struct world *w), uint64_t content, bool dispose)
{
	const struct answer *published = world_answer(w, FRAME_TYPE_published, content);
	char keep[32];
	struct wish next = {.intent = content + 1,
			    .path = NAME,
			    .target = SEALED,
			    .keep = keep,
			    .replace_ino = published->ino,
			    .version = content + 1};
	struct asked asked;
	struct stat sealed;

	(void)snprintf(keep, sizeof(keep), "2026-000001.%u.age", (unsigned)next.version);
	world_write(w, NAME, "second", 6);
	world_prepare_seal(w, &next, &asked);
	world_send(w, &frame_type_seal, &asked.m, -1);
	world_run(w);
	assert_int_equal(fstatat(w->dir, SEALED, &sealed, 0), 0);
	world_restart(w);
	act(w);
	world_send(w, &frame_type_seal, &asked.m, -1);
	world_run(w);
	published = world_answer(w, FRAME_TYPE_published, next.intent);
	assert_int_equal(published->outcome, SEAL_DONE);
	assert_int_equal(published->ino, sealed.st_ino);
	assert_memory_equal(published->sha256, asked.m.sha256, 32);
	WORLD_SEND(w, settle, -1, .intent = next.intent, .dispose = dispose);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, next.intent)->outcome, SEAL_CHANGED);
	assert_true(world_has(w, NAME));
	assert_true(world_age_opens(w, SEALED, "second", 6));
	asked_done(&asked);
	close_fd(&writer);
	assert_int_equal(unlinkat(w->dir, NAME, 0), 0);
}

static void test_its_source_is_something_else(void **state)
{
	static void (*const acts[])(struct world * w) = {saved_by_rename, written_in_place, opened_by_a_writer,
							 a_link_now};
	struct world *w = *state;

	seal_first(w);
	for (size_t i = 0; i < array_n(acts); i++)
		tell_again(w, acts[i], i + 1, true);
}

static void test_and_stays_where_it_is(void **state)
{
	struct world *w = *state;

	seal_first(w);
	tell_again(w, saved_by_rename, 1, false);
}

/* Nothing was published by a try that failed: what stands at the name is what the registrar knows. */
static void test_nothing_new_was_published(void **state)
{
	struct world *w = *state;
	struct wish again = first;

	seal_first(w);
	again.intent = 2;
	again.replace_ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	world_write(w, NAME, "first", 5);
	opened_by_a_writer(w);
	world_ask_seal(w, &again);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_published, 2)->outcome, SEAL_STILL_OPEN);
	close_fd(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_its_source_is_something_else, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_and_stays_where_it_is, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_nothing_new_was_published, world_setup, world_teardown),
	};

	return cmocka_run_group_tests_name("unheard", tests, NULL, NULL);
}
