/* Another escrow: level keys follow it whole, whatever is killed on the way, and stock age agrees. */
#include "room.h"

#include "keeper/epochs.h"
#include "keeper/escrow.h"

#include <errno.h>

struct other {
	struct secret *identity;
	struct recipient recipient;
	char path[160];
};

static int write_line(struct bytes at, void *file)
{
	return fwrite(at.at, 1, at.n, file) == at.n ? 0 : 1;
}

static void make_other(const struct room *room, struct other *ret)
{
	OWNED(secret) struct secret *text = NULL;
	FILE *file;

	assert_int_equal(identity_new(&ret->identity), 0);
	assert_int_equal(identity_recipient(ret->identity, &ret->recipient), 0);
	assert_int_equal(identity_to_text(ret->identity, &text), 0);
	(void)snprintf(ret->path, sizeof(ret->path), "%s/other/new.key", room->path);
	file = fopen(ret->path, "w");
	assert_non_null(file);
	assert_int_equal(secret_lend(text, write_line, file), 0);
	assert_int_equal(fclose(file), 0);
}

/* Whether stock age opens that level key with the identity in that file (beneath other/). */
static bool opens(const struct room *room, const char *identity, const char *key)
{
	OWN_MEM char *command = text_format("age -d -i '%s/other/%s' '%s/%s' 2>/dev/null | grep -q ^AGE-SECRET-KEY-1",
					    room->path, identity, room->path, key);

	return system(command) == 0;
}

static bool exists(const struct room *room, const char *name)
{
	struct stat stat;

	return fstatat(room->store, name, &stat, AT_SYMLINK_NOFOLLOW) == 0;
}

static void test_keys_follow(void **state)
{
	struct room *room = *state;
	struct other new;
	struct recipient old = room->keeper.wrap_to[1];
	char id[9], before[9];
	OWN_MEM char *kept = NULL;

	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "TOP", "2026");
	make_other(room, &new);
	memcpy(before, keeper_level(&room->keeper, "SECRET")->key_id, sizeof(before));
	assert_int_equal(escrow_change(&room->keeper, &new.recipient), 0);
	assert_int_equal(escrow_waiting(&room->keeper), 0);
	assert_true(opens(room, "new.key", "SECRET.2026.age"));
	assert_true(opens(room, "new.key", "TOP.2026.age"));
	assert_false(opens(room, "escrow.key", "SECRET.2026.age"));
	assert_false(exists(room, "escrow.rewrap"));
	assert_false(exists(room, "escrow.pub.new"));
	/* The line of the one before is still there. */
	identity_key_id(&old, id);
	kept = text_format("escrow.pub.%s", id);
	assert_true(exists(room, kept));
	/* The machine opens them as before, and what comes later is wrapped to the new one. */
	open_again(room);
	assert_memory_equal(&room->keeper.wrap_to[1], &new.recipient, sizeof(new.recipient));
	assert_string_equal(keeper_level(&room->keeper, "SECRET")->key_id, before);
	add_epoch(room, "SECRET", "2027");
	assert_true(opens(room, "new.key", "SECRET.2027.age"));
	/* The same once more changes nothing, back again changes all. */
	assert_int_equal(escrow_change(&room->keeper, &new.recipient), 0);
	assert_int_equal(escrow_change(&room->keeper, &old), 0);
	assert_true(opens(room, "escrow.key", "SECRET.2026.age"));
	assert_false(opens(room, "new.key", "SECRET.2026.age"));
	secret_free(new.identity);
}

static void test_retired_follows_and_stays_shut(void **state)
{
	struct room *room = *state;
	enum epoch_outcome outcome;
	struct other new;

	add_epoch(room, "SECRET", "2025");
	add_epoch(room, "SECRET", "2026");
	assert_int_equal(epochs_set(&room->keeper, "SECRET", "2025", EPOCH_RETIRED, &outcome), 0);
	assert_int_equal(outcome, EPOCH_DONE);
	make_other(room, &new);
	assert_int_equal(escrow_change(&room->keeper, &new.recipient), 0);
	assert_true(opens(room, "new.key", "SECRET.2025.age"));
	assert_int_equal(escrow_waiting(&room->keeper), 0);
	for (size_t i = 0; i < room->keeper.n_keys; i++)
		if (text_equal(room->keeper.keys[i].epoch, "2025"))
			assert_true(room->keeper.keys[i].is_retired);
	secret_free(new.identity);
}

static void test_locked_waits(void **state)
{
	struct room *room = *state;
	struct other new, person;
	struct keeper_key *key;
	struct secret *kept;

	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "TOP", "2026");
	make_other(room, &person);
	key = &room->keeper.keys[1];
	key->is_of_persons = true;
	key->persons = malloc(sizeof(*key->persons));
	assert_non_null(key->persons);
	key->persons[0] = person.recipient;
	key->n_persons = 1;
	kept = steal(&key->identity); /* nobody has unlocked it */
	make_other(room, &new);
	assert_int_equal(escrow_change(&room->keeper, &new.recipient), 0);
	assert_int_equal(escrow_waiting(&room->keeper), 1);
	assert_true(exists(room, "escrow.rewrap"));
	assert_true(opens(room, "new.key", "SECRET.2026.age"));
	assert_true(opens(room, "escrow.key", "TOP.2026.age"));
	key->identity = kept;
	assert_int_equal(escrow_resume(&room->keeper), 0);
	assert_int_equal(escrow_waiting(&room->keeper), 0);
	assert_false(exists(room, "escrow.rewrap"));
	assert_true(opens(room, "new.key", "TOP.2026.age"));
	secret_free(person.identity);
	secret_free(new.identity);
}

/* ---- a kill at every call ---- */

struct failing {
	struct files files;
	int left; /* calls that still work; then all fail */
};

static bool is_dead(const struct files *f)
{
	struct failing *x = (struct failing *)(void *)(uintptr_t)f;

	return x->left-- <= 0;
}

static int dead_sync(const struct files *f, int fd)
{
	return is_dead(f) ? -EIO : files_linux.sync(&files_linux, fd);
}

static int dead_move(const struct files *f, int from_dir, const char *from, int dir, const char *name, unsigned flags)
{
	return is_dead(f) ? -EIO : files_linux.move(&files_linux, from_dir, from, dir, name, flags);
}

static int dead_unlink(const struct files *f, int dir, const char *name)
{
	return is_dead(f) ? -EIO : files_linux.unlink(&files_linux, dir, name);
}

static int dead_link(const struct files *f, int fd, int dir, const char *name)
{
	return is_dead(f) ? -EIO : files_linux.link_fd(&files_linux, fd, dir, name);
}

/* Nothing works after the n-th call; then a new start. Whatever n: each key opens with one of the two at every moment,
 * and after the change was asked for again with the new one alone. True: the change was not interrupted any more. */
static bool killed_after(struct room *room, const struct other *new, const struct recipient *old, int n)
{
	struct failing failing = {.files = files_linux, .left = n};
	bool done;

	failing.files.sync = dead_sync;
	failing.files.move = dead_move;
	failing.files.unlink = dead_unlink;
	failing.files.link_fd = dead_link;
	room->keeper.files = &failing.files;
	done = escrow_change(&room->keeper, &new->recipient) == 0;
	assert_true(opens(room, "new.key", "SECRET.2026.age") != opens(room, "escrow.key", "SECRET.2026.age"));
	assert_true(opens(room, "new.key", "TOP.2026.age") != opens(room, "escrow.key", "TOP.2026.age"));
	open_again(room);
	/* What the start finished is of one piece: all follow the line that stands there. */
	bool is_new = memcmp(&room->keeper.wrap_to[1], &new->recipient, sizeof(*old)) == 0;
	assert_int_equal(opens(room, "new.key", "SECRET.2026.age"), is_new);
	assert_int_equal(opens(room, "new.key", "TOP.2026.age"), is_new);
	assert_false(exists(room, "escrow.rewrap"));
	assert_int_equal(escrow_change(&room->keeper, &new->recipient), 0);
	assert_true(opens(room, "new.key", "SECRET.2026.age"));
	assert_true(opens(room, "new.key", "TOP.2026.age"));
	assert_int_equal(escrow_change(&room->keeper, old), 0);
	return done;
}

/* A disk that takes nothing any more keeps nobody from reading, and is tried again. */
static void test_full_disk_at_start(void **state)
{
	struct room *room = *state;
	struct failing failing = {.files = files_linux, .left = 14};
	struct other new;

	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "TOP", "2026");
	make_other(room, &new);
	failing.files.sync = dead_sync;
	failing.files.move = dead_move;
	failing.files.unlink = dead_unlink;
	failing.files.link_fd = dead_link;
	room->keeper.files = &failing.files;
	assert_true(escrow_change(&room->keeper, &new.recipient) < 0);
	keeper_done(&room->keeper);
	assert_int_equal(keeper_open(&room->keeper, &failing.files, room->store, room->machine), 0);
	assert_non_null(keeper_level(&room->keeper, "TOP")->identity);
	assert_non_null(keeper_level(&room->keeper, "TOP")->identity);
	assert_in_range(escrow_waiting(&room->keeper), 1, 2);
	assert_false(keeper_is_durable(&room->keeper));
	room->keeper.files = &files_linux;
	assert_true(keeper_is_durable(&room->keeper));
	assert_int_equal(escrow_resume(&room->keeper), 0);
	assert_int_equal(escrow_waiting(&room->keeper), 0);
	assert_true(opens(room, "new.key", "SECRET.2026.age"));
	assert_true(opens(room, "new.key", "TOP.2026.age"));
	secret_free(new.identity);
}

static void test_killed_anywhere(void **state)
{
	struct room *room = *state;
	struct recipient old = room->keeper.wrap_to[1];
	struct other new;
	int n = 0;

	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "TOP", "2026");
	make_other(room, &new);
	while (!killed_after(room, &new, &old, n))
		n++;
	assert_in_range(n, 12, 60); /* it was interrupted in earnest */
	secret_free(new.identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_keys_follow, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_retired_follows_and_stays_shut, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_locked_waits, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full_disk_at_start, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed_anywhere, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
