/* A file system without nameless files (O_TMPFILE): the new file has a name in .classd until it has its own. */
#include "world.h"

#include <dirent.h>

static const struct wish simple = {
    .intent = 1, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.1.age"};
static bool is_full;

static int open_file(const struct files *f, int dir, const char *path, const struct open_how *how)
{
	return (how->flags & O_TMPFILE) == O_TMPFILE ? -EOPNOTSUPP : files_linux.open(f, dir, path, how);
}

static ssize_t write_some(const struct files *f, int fd, const void *at, size_t n, uint64_t offset)
{
	return is_full ? -ENOSPC : files_linux.pwrite(f, fd, at, n, offset);
}

static void without_nameless(struct world *w)
{
	w->files.open = open_file;
	w->files.pwrite = write_some;
	is_full = false;
}

/* In .classd is what is kept, and nothing else. */
static void assert_nothing_left(struct world *w)
{
	DIR *dir = fdopendir(openat(w->dir, ".classd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			assert_string_equal(e->d_name, "keep");
	(void)closedir(dir);
}

static void test_it_is_sealed_all_the_same(void **state)
{
	struct world *w = *state;
	struct wish next = simple;

	without_nameless(w);
	w->settle_at_once = true;
	world_write(w, "report.docx", "first", 5);
	world_ask_seal(w, &simple);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, 1)->outcome, SEAL_DONE);
	assert_true(world_age_opens(w, "report.docx.age", "first", 5));
	assert_nothing_left(w);
	world_write(w, "report.docx", "second", 6);
	next.intent = next.version = 2;
	next.keep = "2026-000001.2.age";
	next.replace_ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	world_ask_seal(w, &next);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, 2)->outcome, SEAL_DONE);
	assert_true(world_age_opens(w, "report.docx.age", "second", 6));
	assert_true(world_age_opens(w, ".classd/keep/2026-000001.1.age", "first", 5));
	assert_nothing_left(w);
}

static void test_a_try_that_fails_leaves_nothing(void **state)
{
	struct world *w = *state;

	without_nameless(w);
	is_full = true;
	world_write(w, "report.docx", "first", 5);
	world_ask_seal(w, &simple);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_published, 1)->outcome, SEAL_NO_SPACE);
	assert_true(world_has(w, "report.docx"));
	assert_nothing_left(w);
}

static void test_a_killed_try_is_cleared_away(void **state)
{
	struct world *w = *state;

	without_nameless(w);
	world_write(w, "report.docx", "first", 5);
	world_ask_seal(w, &simple);
	world_run(w);
	world_write(w, ".classd/0000000000000002.tmp", "half", 4);
	world_ask_seal(w, &(struct wish){.intent = 2, .path = "report.docx", .target = "other.age", .keep = "2.1.age"});
	w->settle_at_once = true;
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, 2)->outcome, SEAL_DONE);
	assert_true(world_age_opens(w, "other.age", "first", 5));
	assert_nothing_left(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_it_is_sealed_all_the_same, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_try_that_fails_leaves_nothing, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_killed_try_is_cleared_away, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
