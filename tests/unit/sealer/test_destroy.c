/* Two persons had a document destroyed: its sealed name and all that is kept of it go, nothing else does (I2). */
#include "world.h"

static const struct wish first = {
    .intent = 1, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.1.age"};
static const struct wish other = {
    .intent = 2, .path = "plan.docx", .target = "plan.docx.age", .keep = "2026-000002.1.age"};

static void seal(struct world *w, const struct wish *wish)
{
	w->settle_at_once = true;
	world_write(w, wish->path, "text", 4);
	world_ask_seal(w, wish);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, wish->intent)->outcome, SEAL_DONE);
}

static uint64_t inode(struct world *w, const char *name)
{
	struct stat stat;

	assert_int_equal(fstatat(w->dir, name, &stat, AT_SYMLINK_NOFOLLOW), 0);
	return stat.st_ino;
}

static const struct answer *destroy(struct world *w, uint64_t intent, uint64_t ino, const char *keep)
{
	const struct answer *a;

	WORLD_SEND(w, destroy, -1, .intent = intent, .root = 1, .path = "report.docx.age", .ino = ino, .keep = keep,
		   .versions = 3);
	world_run(w);
	a = world_answer(w, FRAME_TYPE_destroyed, intent);
	assert_non_null(a);
	return a;
}

static void test_all_of_it_goes(void **state)
{
	struct world *w = *state;
	const struct answer *a;
	uint64_t ino;

	seal(w, &first);
	seal(w, &other);
	ino = inode(w, "report.docx.age");
	assert_int_equal(linkat(w->dir, ".classd/keep/2026-000001.1.age", w->dir, ".classd/keep/2026-000001.3.age", 0), 0);
	a = destroy(w, 11, ino, "2026-000001.3.age");
	assert_int_equal(a->outcome, SEAL_DONE);
	assert_int_equal(a->size, 3);
	assert_false(world_has(w, "report.docx.age"));
	assert_false(world_has(w, ".classd/keep/2026-000001.1.age"));
	assert_false(world_has(w, ".classd/keep/2026-000001.3.age"));
	assert_true(world_has(w, "plan.docx.age"));
	assert_true(world_has(w, ".classd/keep/2026-000002.1.age"));
	a = destroy(w, 12, ino, "2026-000001.3.age"); /* asked again */
	assert_int_equal(a->outcome, SEAL_DONE);
	assert_int_equal(a->size, 0);
}

static void test_not_another_file(void **state)
{
	struct world *w = *state;

	seal(w, &first);
	assert_int_equal(destroy(w, 11, inode(w, "report.docx.age") + 1, "2026-000001.1.age")->outcome, SEAL_CHANGED);
	assert_true(world_has(w, "report.docx.age"));
	assert_true(world_has(w, ".classd/keep/2026-000001.1.age"));
	assert_int_equal(destroy(w, 12, inode(w, "report.docx.age"), "../report.docx.age")->outcome, SEAL_REFUSED);
	assert_true(world_has(w, "report.docx.age"));
}

/* Moved, or linked, and nobody has told of it: what is kept stays, so that it is known, until that name is gone, too. */
static void test_not_while_it_has_another_name(void **state)
{
	struct world *w = *state;
	uint64_t ino;

	seal(w, &first);
	ino = inode(w, "report.docx.age");
	assert_int_equal(renameat(w->dir, "report.docx.age", w->dir, "moved.docx.age"), 0);
	assert_int_equal(destroy(w, 11, ino, "2026-000001.1.age")->outcome, SEAL_CHANGED);
	assert_true(world_has(w, "moved.docx.age"));
	assert_true(world_has(w, ".classd/keep/2026-000001.1.age"));
	assert_int_equal(linkat(w->dir, "moved.docx.age", w->dir, "report.docx.age", 0), 0);
	assert_int_equal(destroy(w, 12, ino, "2026-000001.1.age")->outcome, SEAL_CHANGED);
	assert_false(world_has(w, "report.docx.age"));
	assert_int_equal(renameat(w->dir, "moved.docx.age", w->dir, "report.docx.age"), 0);
	assert_int_equal(destroy(w, 13, ino, "2026-000001.1.age")->outcome, SEAL_DONE);
	assert_false(world_has(w, "report.docx.age"));
	assert_false(world_has(w, ".classd/keep/2026-000001.1.age"));
}

static int fails_at; /* of the calls to come; 0: none */

static int failing_unlink(const struct files *f, int dir, const char *name)
{
	if (fails_at && --fails_at == 0)
		return -EIO;
	return files_linux.unlink(f, dir, name);
}

static int failing_sync(const struct files *f, int fd)
{
	if (fails_at && --fails_at == 0)
		return -EIO;
	return files_linux.sync(f, fd);
}

/* "Gone" is said only when it is, durably; whatever failed, asked again it goes. */
static void test_what_fails_is_not_done(void **state)
{
	struct world *w = *state;
	uint64_t ino, intent = 20;

	seal(w, &first);
	ino = inode(w, "report.docx.age");
	w->files.unlink = failing_unlink;
	for (int at = 1; at <= 2; at++) {
		fails_at = at;
		assert_int_not_equal(destroy(w, intent++, ino, "2026-000001.1.age")->outcome, SEAL_DONE);
		assert_true(world_has(w, ".classd/keep/2026-000001.1.age"));
	}
	w->files.unlink = files_linux.unlink;
	w->files.sync = failing_sync;
	fails_at = 1;
	assert_int_not_equal(destroy(w, intent++, ino, "2026-000001.1.age")->outcome, SEAL_DONE);
	w->files.sync = files_linux.sync;
	assert_int_equal(destroy(w, intent, ino, "2026-000001.1.age")->outcome, SEAL_DONE);
	assert_false(world_has(w, "report.docx.age"));
	assert_false(world_has(w, ".classd/keep/2026-000001.1.age"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_all_of_it_goes, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_not_another_file, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_not_while_it_has_another_name, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_what_fails_is_not_done, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
