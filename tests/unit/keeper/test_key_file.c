/* Level keys at rest: public halves, keys of persons, and what a kill or a liar leaves behind. */
#include "room.h"

#include <errno.h>

#include "keeper/key_file.h"

#define AGE_OPENS "age -d -i \"$1/other/li.key\" \"$1/SECRET.2026.age\" 2>&1 | grep -q '^AGE-SECRET-KEY-1'"
#define ESCROW_OPENS                                                                                                   \
	"age -d -i \"$1/other/escrow.key\" \"$1/SECRET.2026.age\" 2>/dev/null | grep -q '^AGE-SECRET-KEY-1'"

static const struct frame_grant right = {.record = RECORD, .version = 3, .level = "SECRET", .purpose = GRANT_OPEN};

/* An identity that is in the file NAME.key, as age writes it. */
static struct secret *make_person(struct room *room, const char *name, struct recipient *ret)
{
	OWN_MEM char *command = text_format("age-keygen -o \"$1/other/%s.key\" 2>/dev/null", name);
	OWN_MEM char *path = text_format("other/%s.key", name);
	OWN_BUFFER struct buffer text = {0};
	struct secret *identity = NULL;
	OWN_FD int fd = -1;

	assert_int_equal(shell(room, command), 0);
	fd = openat(room->store, path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(files_read_rest(&files_linux, fd, 1000, &text), 0);
	assert_int_equal(identity_from_text(buffer_bytes(&text), &identity), 0);
	assert_int_equal(identity_recipient(identity, ret), 0);
	return identity;
}

/* The key of that level is one of persons from now on. */
static int give_to(const struct keeper *k, const struct recipient *persons, size_t n)
{
	struct keeper_key *key = &k->keys[0];

	free(key->persons);
	key->persons = calloc(n, sizeof(*persons));
	memcpy(key->persons, persons, n * sizeof(*persons));
	key->n_persons = n;
	key->is_of_persons = true;
	return key_file_replace(k, key);
}

static void test_the_public_half_lies_beside(void **state)
{
	struct room *room = *state;
	char text[RECIPIENT_TEXT];
	OWN_MEM char *is_there = NULL;

	add_epoch(room, "SECRET", "2026");
	recipient_to_text(&room->keeper.keys[0].recipient, text);
	is_there = text_format("printf '%%s\\n' %s | cmp - \"$1/SECRET.2026.pub\"", text);
	assert_int_equal(shell(room, is_there), 0);
	/* Keys of an older version have none; one that is false is put right, for the private half is there. */
	assert_int_equal(shell(room, "rm \"$1/SECRET.2026.pub\""), 0);
	open_again(room);
	assert_int_equal(shell(room, is_there), 0);
	assert_int_equal(shell(room, "cp \"$1/escrow.pub\" \"$1/SECRET.2026.pub\""), 0);
	open_again(room);
	assert_int_equal(shell(room, is_there), 0);
	assert_int_equal(shell(room, "ls \"$1\" | grep -q new"), 256);
}

static int full_link_fd(const struct files *f, int fd, int dir, const char *name)
{
	(void)f;
	(void)fd;
	(void)dir;
	(void)name;
	return -ENOSPC;
}

static void test_a_full_disk_keeps_no_key_from_opening(void **state)
{
	struct room *room = *state;
	struct files full = files_linux;

	full.link_fd = full_link_fd;
	add_epoch(room, "SECRET", "2026");
	assert_int_equal(shell(room, "rm \"$1/SECRET.2026.pub\""), 0);
	keeper_done(&room->keeper);
	assert_int_equal(keeper_open(&room->keeper, &full, room->store, room->machine), 0);
	assert_int_equal(room->keeper.n_keys, 1);
	assert_non_null(room->keeper.keys[0].identity);
	open_again(room); /* and with room again it is put right */
	assert_int_equal(shell(room, "test -s \"$1/SECRET.2026.pub\""), 0);
}

static void test_a_locked_key_seals_and_does_not_open(void **state)
{
	struct room *room = *state;
	OWN_BUFFER struct buffer header = {0};
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *opened = NULL;
	struct frame_grant rewrap = right;
	struct recipient li;

	add_epoch(room, "SECRET", "2026");
	identity = make_person(room, "li", &li);
	make_header(room, "SECRET", "SECRET", &header);
	assert_int_equal(give_to(&room->keeper, &li, 1), 0);
	open_again(room);
	assert_int_equal(room->keeper.n_keys, 1);
	assert_int_equal(room->keeper.n_unreadable, 0);
	assert_null(room->keeper.keys[0].identity);
	assert_true(room->keeper.keys[0].is_of_persons);
	assert_int_equal(room->keeper.keys[0].n_persons, 1);
	assert_memory_equal(&room->keeper.keys[0].persons[0], &li, sizeof(li));
	assert_string_equal(keeper_level(&room->keeper, "SECRET")->epoch, "2026");
	grant(room, 1, right);
	assert_int_equal(unwrap(room, 1, &header, 0), KEY_LOCKED);
	make_header(room, "SECRET", "SECRET", &header); /* sealing goes on */
	/* Stock age opens it for the person and for escrow, as nobody else does. */
	assert_int_equal(shell(room, AGE_OPENS), 0);
	assert_int_equal(shell(room, ESCROW_OPENS), 0);
	assert_int_equal(key_file_open(&room->keeper, &room->keeper.keys[0], room->keeper.machine_identity, &opened),
			 IDENTITY_NOT_FOR_US);
	assert_int_equal(key_file_open(&room->keeper, &room->keeper.keys[0], identity, &opened), 0);
	room->keeper.keys[0].identity = steal(&opened);
	/* For a header, which gives nothing to anybody, it is enough that the key is there. */
	rewrap.purpose = GRANT_REWRAP;
	grant(room, 2, rewrap);
	assert_int_equal(unwrap(room, 2, &header, 0), KEY_DONE);
}

static void test_as_many_persons_as_have_room(void **state)
{
	struct room *room = *state;
	struct recipient many[KEY_FILE_PERSONS];
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *opened = NULL;

	add_epoch(room, "SECRET", "2026");
	for (size_t i = 0; i < KEY_FILE_PERSONS; i++) {
		secret_free(steal(&identity));
		assert_int_equal(identity_new(&identity), 0);
		assert_int_equal(identity_recipient(identity, &many[i]), 0);
	}
	assert_int_equal(give_to(&room->keeper, many, KEY_FILE_PERSONS), 0);
	open_again(room);
	assert_int_equal(room->keeper.keys[0].n_persons, KEY_FILE_PERSONS);
	assert_memory_equal(room->keeper.keys[0].persons, many, sizeof(many));
	assert_int_equal(key_file_open(&room->keeper, &room->keeper.keys[0], identity, &opened), 0);
	assert_int_equal(shell(room, ESCROW_OPENS), 0);
}

static void test_what_a_liar_writes_into_a_locked_key(void **state)
{
	struct room *room = *state;
	OWNED(secret) struct secret *identity = NULL;
	struct recipient li;
	struct keeper k;

	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "TOP", "2026");
	identity = make_person(room, "li", &li);
	assert_int_equal(give_to(&room->keeper, &li, 1), 0);
	/* His own key to seal to: the note is vouched for, so it is his public half that is put right. */
	assert_int_equal(shell(room, "cp \"$1/SECRET.2026.pub\" \"$1/other/was.pub\";"
				     "age-keygen -y \"$1/other/escrow.key\" >\"$1/SECRET.2026.pub\""),
			 0);
	open_again(room);
	assert_int_equal(shell(room, "cmp \"$1/SECRET.2026.pub\" \"$1/other/was.pub\""), 0);
	/* The same in the note: the key is none any more. */
	assert_int_equal(shell(room, "new=$(cat \"$1/TOP.2026.pub\") old=$(cat \"$1/SECRET.2026.pub\");"
				     "sed -i \"s/$old/$new/\" \"$1/SECRET.2026.age\""),
			 0);
	assert_int_equal(keeper_open(&k, &files_linux, room->store, room->machine), 0);
	assert_int_equal(k.n_keys, 1);
	assert_int_equal(k.n_unreadable, 1);
	assert_null(keeper_level(&k, "SECRET"));
	keeper_done(&k);
}

static void test_a_wrong_machine_key_is_not_a_locked_key(void **state)
{
	struct room *room = *state;
	static const char other[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
	OWNED(secret) struct secret *identity = NULL;
	struct recipient li;
	struct keeper k;

	add_epoch(room, "SECRET", "2026");
	identity = make_person(room, "li", &li);
	assert_int_equal(give_to(&room->keeper, &li, 1), 0);
	assert_int_equal(pwrite(room->machine, other, sizeof(other) - 1, 0), sizeof(other) - 1);
	assert_int_equal(keeper_open(&k, &files_linux, room->store, room->machine), KEEPER_WRONG_KEY);
}

/* Fails from the n-th operation on that changes anything, as after a power cut. */
struct cut {
	struct files files; /* first */
	int left;
};

static bool is_cut(const struct files *f)
{
	struct cut *cut = (struct cut *)(uintptr_t)f;

	return cut->left <= 0 || --cut->left == 0;
}

static int cut_move(const struct files *f, int from_dir, const char *from, int dir, const char *name, unsigned flags)
{
	return is_cut(f) ? -EIO : files_linux.move(&files_linux, from_dir, from, dir, name, flags);
}

static int cut_link_fd(const struct files *f, int fd, int dir, const char *name)
{
	return is_cut(f) ? -EIO : files_linux.link_fd(&files_linux, fd, dir, name);
}

static int cut_unlink(const struct files *f, int dir, const char *name)
{
	return is_cut(f) ? -EIO : files_linux.unlink(&files_linux, dir, name);
}

static ssize_t cut_write(const struct files *f, int fd, const void *at, size_t n)
{
	return is_cut(f) ? -EIO : files_linux.write(&files_linux, fd, at, n);
}

static int cut_sync(const struct files *f, int fd)
{
	return is_cut(f) ? -EIO : files_linux.sync(&files_linux, fd);
}

static void test_a_cut_while_the_key_is_rewritten_loses_nothing(void **state)
{
	struct room *room = *state;
	OWNED(secret) struct secret *identity = NULL;
	struct recipient li;
	int result = -1, operations = 0;

	identity = make_person(room, "li", &li);
	add_epoch(room, "SECRET", "2026");
	assert_int_equal(shell(room, "cp \"$1/SECRET.2026.age\" \"$1/other/start.age\""), 0);
	for (; result != 0 && operations < 30; operations++) {
		struct cut cut = {.files = files_linux, .left = operations + 1};

		cut.files.move = cut_move;
		cut.files.link_fd = cut_link_fd;
		cut.files.unlink = cut_unlink;
		cut.files.write = cut_write;
		cut.files.sync = cut_sync;
		assert_int_equal(shell(room, "cp \"$1/other/start.age\" \"$1/SECRET.2026.age\""), 0);
		open_again(room);
		assert_non_null(room->keeper.keys[0].identity);
		room->keeper.files = &cut.files;
		result = give_to(&room->keeper, &li, 1);
		/* Escrow opens what stands there, and nothing of the old wrap stays after the next start. */
		assert_int_equal(shell(room, ESCROW_OPENS), 0);
		open_again(room);
		assert_int_equal(room->keeper.n_keys, 1);
		assert_int_equal(shell(room, "ls \"$1\" | grep -q new"), 256);
	}
	assert_int_equal(result, 0);
	assert_in_range(operations, 6, 20);
	assert_null(room->keeper.keys[0].identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_the_public_half_lies_beside, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_full_disk_keeps_no_key_from_opening, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_locked_key_seals_and_does_not_open, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_as_many_persons_as_have_room, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_a_liar_writes_into_a_locked_key, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_wrong_machine_key_is_not_a_locked_key, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_cut_while_the_key_is_rewritten_loses_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
