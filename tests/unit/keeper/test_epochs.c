/* Epochs that are retired, opened again and destroyed; and what a restart makes of them. */
#include "room.h"

#include <errno.h>

#include "keeper/epochs.h"

static void add(struct room *room, const char *epoch)
{
	add_epoch(room, "SECRET", epoch);
}

static enum epoch_outcome set(struct room *room, const char *epoch, enum epoch_state state)
{
	enum epoch_outcome outcome;

	assert_int_equal(epochs_set(&room->keeper, "SECRET", epoch, state, &outcome), 0);
	return outcome;
}

static int find_state(const struct frame_epoch_is *epoch, void *context)
{
	struct frame_epoch_is *wanted = context;

	if (text_equal(epoch->epoch, wanted->epoch)) {
		wanted->state = epoch->state;
		wanted->readable = epoch->readable;
		assert_int_equal(epoch->id, 7);
		assert_int_equal(strlen(epoch->key_id), 8);
	}
	return 0;
}

/* 0: nothing is told of it. */
static uint8_t state_of(struct room *room, const char *epoch)
{
	struct frame_epoch_is wanted = {.epoch = epoch};

	assert_int_equal(epochs_each(&room->keeper, 7, find_state, &wanted), 0);
	assert_int_equal(wanted.readable, wanted.state == EPOCH_OPEN || wanted.state == EPOCH_RETIRED);
	return wanted.state;
}

/* A sealed file's header to the newest key. */
static void seal(struct room *room, struct buffer *ret)
{
	make_header(room, "SECRET", "SECRET", ret);
}

static enum key_outcome opens(struct room *room, const struct buffer *header, const char **ret_detail)
{
	OWNED(secret) struct secret *key = NULL;
	enum key_outcome outcome;

	grant(room, 1, (struct frame_grant){.record = RECORD, .level = "SECRET", .purpose = GRANT_OPEN});
	assert_int_equal(keeper_unwrap(&room->keeper, 1, buffer_bytes(header), 0, &key, &outcome, ret_detail), 0);
	assert_int_equal(key != NULL, outcome == KEY_DONE);
	return outcome;
}

static bool has_file(struct room *room, const char *name)
{
	struct stat stat;

	return fstatat(room->store, name, &stat, 0) == 0;
}

static void test_a_retired_key_opens_nothing_until_it_is_opened(void **state)
{
	struct room *room = *state;
	OWN_BUFFER struct buffer header = {0};
	const char *detail;

	add(room, "2026");
	seal(room, &header);
	assert_int_equal(set(room, "2026", EPOCH_RETIRED), EPOCH_NEWEST); /* the level seals with it */
	add(room, "2026-r2");
	assert_int_equal(opens(room, &header, &detail), KEY_DONE);
	assert_int_equal(set(room, "2026", EPOCH_RETIRED), EPOCH_DONE);
	for (int i = 0; i < 2; i++, open_again(room)) {
		assert_int_equal(state_of(room, "2026"), EPOCH_RETIRED);
		assert_int_equal(opens(room, &header, &detail), KEY_NO_IDENTITY);
		assert_string_equal(detail, "its key is retired");
	}
	assert_int_equal(set(room, "2026", EPOCH_RETIRED), EPOCH_DONE); /* again */
	assert_int_equal(set(room, "2026", EPOCH_OPEN), EPOCH_DONE);
	assert_int_equal(set(room, "2026", EPOCH_OPEN), EPOCH_DONE);
	for (int i = 0; i < 2; i++, open_again(room)) {
		assert_int_equal(state_of(room, "2026"), EPOCH_OPEN);
		assert_int_equal(opens(room, &header, &detail), KEY_DONE);
	}
	assert_int_equal(set(room, "2025", EPOCH_RETIRED), EPOCH_UNKNOWN);
}

static void test_a_destroyed_key_does_not_come_back(void **state)
{
	struct room *room = *state;
	OWN_MEM char *backup = NULL, *restore = NULL;
	OWN_BUFFER struct buffer header = {0};
	const char *detail;

	add(room, "2026");
	seal(room, &header);
	assert_int_equal(set(room, "2026", EPOCH_DESTROYED), EPOCH_NEWEST);
	add(room, "2026-r2");
	add(room, "2026-r20");
	backup = text_format("cp -p '%s'/SECRET.2026.* '%s/other/'", room->path, room->path);
	assert_int_equal(system(backup), 0);
	assert_int_equal(set(room, "2026", EPOCH_RETIRED), EPOCH_DONE);
	assert_int_equal(set(room, "2026", EPOCH_DESTROYED), EPOCH_DONE);
	restore = text_format("cp -p '%s'/other/SECRET.2026.* '%s/'", room->path, room->path);
	for (int i = 0; i < 3; i++, open_again(room)) {
		assert_false(has_file(room, "SECRET.2026.age"));
		assert_false(has_file(room, "SECRET.2026.pub"));
		assert_false(has_file(room, "SECRET.2026.retired"));
		assert_true(has_file(room, "SECRET.2026.destroyed"));
		assert_true(has_file(room, "SECRET.2026-r2.age")); /* whose name begins alike */
		assert_int_equal(state_of(room, "2026"), EPOCH_DESTROYED);
		assert_int_equal(room->keeper.n_keys, 2);
		assert_int_equal(opens(room, &header, &detail), KEY_NO_IDENTITY);
		assert_string_equal(detail, "its key was destroyed");
		if (i == 1)
			assert_int_equal(system(restore), 0); /* the next start finds the old files again */
	}
	assert_int_equal(set(room, "2026", EPOCH_OPEN), EPOCH_GONE);
	assert_int_equal(set(room, "2026", EPOCH_RETIRED), EPOCH_GONE);
	assert_int_equal(set(room, "2026", EPOCH_DESTROYED), EPOCH_DONE);
	add(room, "2026"); /* neither is one made anew under its name */
	assert_false(has_file(room, "SECRET.2026.age"));
	assert_string_equal(keeper_level(&room->keeper, "SECRET")->epoch, "2026-r20");
}

static void test_an_older_epoch_is_not_made(void **state)
{
	struct room *room = *state;

	add(room, "2026-r2");
	add(room, "2026");
	assert_int_equal(room->keeper.n_keys, 1);
	add(room, "2027");
	assert_int_equal(room->keeper.n_keys, 2);
	assert_int_equal(state_of(room, "2026"), 0);
}

/* Every file operation of a destruction fails once: the key is there whole, or a restart ends what was begun. */
struct failing {
	struct files files;
	int left;
};

static int may_fail(const struct files *f)
{
	struct failing *failing = (struct failing *)(void *)(uintptr_t)f;

	return failing->left-- == 0 ? -EIO : 0;
}

static int failing_unlink(const struct files *f, int dir, const char *name)
{
	int r = may_fail(f);

	return r ? r : files_linux.unlink(&files_linux, dir, name);
}

static int failing_sync(const struct files *f, int fd)
{
	int r = may_fail(f);

	return r ? r : files_linux.sync(&files_linux, fd);
}

static int failing_link_fd(const struct files *f, int fd, int dir, const char *name)
{
	int r = may_fail(f);

	return r ? r : files_linux.link_fd(&files_linux, fd, dir, name);
}

/* Fails at the operation `at`; false: it had fewer. */
static bool destroy_failing(struct room *room, int at, char ret_epoch[16])
{
	OWN_MEM char *newer = NULL;
	struct failing failing = {.files = files_linux, .left = at};
	enum epoch_outcome outcome;
	bool failed;

	(void)snprintf(ret_epoch, 16, "20%02d", 30 + at);
	newer = text_format("%s-r2", ret_epoch);
	add(room, ret_epoch);
	add(room, newer);
	failing.files.unlink = failing_unlink;
	failing.files.sync = failing_sync;
	failing.files.link_fd = failing_link_fd;
	room->keeper.files = &failing.files;
	failed = epochs_set(&room->keeper, "SECRET", ret_epoch, EPOCH_DESTROYED, &outcome) < 0;
	room->keeper.files = &files_linux;
	return failed;
}

static void test_a_destruction_that_is_cut_short(void **state)
{
	struct room *room = *state;
	bool failed = true;

	for (int at = 0; failed; at++) {
		char old[16];
		OWN_MEM char *age = NULL;

		assert_true(at < 20);
		failed = destroy_failing(room, at, old);
		age = text_format("SECRET.%s.age", old);
		open_again(room);
		assert_int_equal(has_file(room, age), state_of(room, old) == EPOCH_OPEN);
		assert_int_equal(set(room, old, EPOCH_DESTROYED), EPOCH_DONE);
		assert_false(has_file(room, age));
	}
}

/* A keeper that goes on after the fault: "destroyed" is never said of a wrap that is there. */
static void test_a_destruction_that_is_asked_for_again(void **state)
{
	struct room *room = *state;
	bool failed = true;

	for (int at = 0; failed; at++) {
		char old[16];
		OWN_MEM char *age = NULL;

		assert_true(at < 20);
		failed = destroy_failing(room, at, old);
		age = text_format("SECRET.%s.age", old);
		assert_int_equal(set(room, old, EPOCH_DESTROYED), EPOCH_DONE);
		assert_false(has_file(room, age));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_retired_key_opens_nothing_until_it_is_opened, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_destroyed_key_does_not_come_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_an_older_epoch_is_not_made, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_destruction_that_is_cut_short, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_destruction_that_is_asked_for_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
