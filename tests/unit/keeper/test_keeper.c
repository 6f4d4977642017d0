/* Keys at rest and in use. Stock age opens what the keeper leaves behind. */
#include "room.h"

#include <errno.h>

static void test_first_start_leaves_what_a_stranger_needs(void **state)
{
	struct room *room = *state;
	OWN_BUFFER struct buffer before = {0};
	OWN_BUFFER struct buffer after = {0};
	OWN_MEM char *command = NULL;
	struct stat stat;

	assert_int_equal(fstat(room->machine, &stat), 0);
	assert_int_equal(stat.st_size, 65);
	add_epoch(room, "SECRET", "2026");
	/* The level key opens with stock age and the escrow identity alone, and is an identity itself. */
	command = text_format("age -d -i '%s/other/escrow.key' '%s/SECRET.2026.age' | grep -q '^AGE-SECRET-KEY-1' &&"
			      " ! grep -rq AGE-SECRET-KEY '%s/escrow.pub' '%s/SECRET.2026.age'",
			      room->path, room->path, room->path, room->path);
	assert_int_equal(system(command), 0);
	/* A second --init changes nothing. */
	assert_int_equal(lseek(room->machine, 0, SEEK_SET), 0);
	assert_int_equal(files_read_rest(&files_linux, room->machine, 100, &before), 0);
	assert_int_equal(keeper_initialise(&files_linux, room->store, room->machine, room->escrow), 0);
	assert_int_equal(lseek(room->machine, 0, SEEK_SET), 0);
	assert_int_equal(files_read_rest(&files_linux, room->machine, 100, &after), 0);
	assert_true(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
}

/* Its identity went with the file that nobody was told of; a key was made meanwhile. */
static void test_a_first_start_that_did_not_end(void **state)
{
	struct room *room = *state;
	OWN_MEM char *opens =
	    text_format("age -d -i '%s/other/escrow.key' '%s/SECRET.2026.age' >/dev/null 2>&1", room->path, room->path);

	add_epoch(room, "SECRET", "2026");
	assert_int_equal(system(opens), 0);
	assert_int_equal(ftruncate(room->escrow, 0), 0);
	assert_int_equal(lseek(room->escrow, 0, SEEK_SET), 0);
	assert_int_equal(keeper_initialise(&files_linux, room->store, room->machine, room->escrow), 0);
	open_again(room);
	assert_int_equal(system(opens), 0);
	/* A machine key that was cut short opens nothing: another one is made. */
	assert_int_equal(unlinkat(room->store, "SECRET.2026.age", 0), 0);
	assert_int_equal(ftruncate(room->machine, 40), 0);
	assert_int_equal(lseek(room->machine, 0, SEEK_SET), 0);
	assert_int_equal(keeper_initialise(&files_linux, room->store, room->machine, room->escrow), 0);
	open_again(room);
	add_epoch(room, "SECRET", "2026");
}

static void test_keys_come_back(void **state)
{
	struct room *room = *state;
	OWNED(secret) struct secret *meta = NULL;
	OWNED(secret) struct secret *meta_again = NULL;
	struct keeper again;
	char id[9];

	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "SECRET", "2027");
	add_epoch(room, "SECRET", "2027"); /* once */
	add_epoch(room, "TOP", "2026");
	assert_int_equal(room->keeper.n_keys, 3);
	assert_string_equal(keeper_level(&room->keeper, "SECRET")->epoch, "2027");
	assert_null(keeper_level(&room->keeper, "secret"));
	memcpy(id, keeper_level(&room->keeper, "SECRET")->key_id, sizeof(id));
	assert_int_equal(keeper_meta_key(&room->keeper, &meta), 0);
	assert_int_equal(keeper_open(&again, &files_linux, room->store, room->machine), 0);
	assert_int_equal(again.n_keys, 3);
	assert_string_equal(keeper_level(&again, "SECRET")->key_id, id);
	assert_int_equal(keeper_meta_key(&again, &meta_again), 0);
	assert_true(secret_equal(meta, meta_again));
	keeper_done(&again);
}

static void test_names_that_cannot_be(void **state)
{
	static const char *const levels[] = {"", ".", "../x", "a/b", "a.b", "a b", "\xe7\xa7\x98"};
	struct room *room = *state;
	enum key_outcome outcome;

	for (size_t i = 0; i < array_n(levels); i++) {
		assert_int_equal(keeper_add_epoch(&room->keeper, levels[i], "2026", &outcome), 0);
		assert_int_equal(outcome, KEY_UNKNOWN_LEVEL);
	}
	assert_int_equal(keeper_add_epoch(&room->keeper, "SECRET", "20/26", &outcome), 0);
	assert_int_equal(outcome, KEY_UNKNOWN_LEVEL);
}

static void test_another_machine_key_opens_nothing(void **state)
{
	struct room *room = *state;
	static const char *const bad[] = {"", "zz", "00112233", "not a key at all"};
	static const char other[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
	struct keeper k;

	add_epoch(room, "SECRET", "2026");
	for (size_t i = 0; i < array_n(bad); i++) {
		assert_int_equal(ftruncate(room->machine, 0), 0);
		assert_int_equal(pwrite(room->machine, bad[i], strlen(bad[i]), 0), strlen(bad[i]));
		assert_int_equal(keeper_open(&k, &files_linux, room->store, room->machine), KEEPER_UNINITIALISED);
	}
	assert_int_equal(ftruncate(room->machine, 0), 0);
	assert_int_equal(pwrite(room->machine, other, sizeof(other) - 1, 0), sizeof(other) - 1);
	assert_int_equal(keeper_open(&k, &files_linux, room->store, room->machine), KEEPER_WRONG_KEY);
}

static void test_one_damaged_key_spoils_no_other(void **state)
{
	struct room *room = *state;
	enum key_outcome outcome;
	struct keeper k;
	OWN_FD int fd = -1;
	char was;

	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "TOP", "2026");
	fd = openat(room->store, "TOP.2026.age", O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &was, 1, 60), 1);
	assert_int_equal(pwrite(fd, was == 'x' ? "y" : "x", 1, 60), 1);
	assert_int_equal(keeper_open(&k, &files_linux, room->store, room->machine), 0);
	assert_int_equal(k.n_keys, 1);
	assert_int_equal(k.n_unreadable, 1);
	assert_non_null(keeper_level(&k, "SECRET"));
	keeper_done(&k);
	/* No other key is made in its place, and nothing of it goes. */
	assert_int_equal(keeper_open(&k, &files_linux, room->store, room->machine), 0);
	assert_int_equal(keeper_add_epoch(&k, "TOP", "2026", &outcome), 0);
	assert_int_equal(outcome, KEY_NO_IDENTITY);
	assert_int_equal(faccessat(room->store, "TOP.2026.pub", R_OK, 0), 0);
	keeper_done(&k);
}

static void test_a_grant_opens_one_file_once(void **state)
{
	struct room *room = *state;
	OWN_BUFFER struct buffer header = {0};
	const struct frame_grant right = {.record = RECORD, .version = 3, .level = "SECRET", .purpose = GRANT_OPEN};
	struct frame_grant wrong = right;

	add_epoch(room, "SECRET", "2026");
	make_header(room, "SECRET", "SECRET", &header);
	assert_int_equal(unwrap(room, 1, &header, 0), KEY_NO_GRANT);
	assert_int_equal(unwrap(room, 0, &header, 0), KEY_NO_GRANT);
	assert_false(keeper_has_grant(&room->keeper, 0));
	assert_false(keeper_has_grant(&room->keeper, 1));
	grant(room, 1, right);
	assert_true(keeper_has_grant(&room->keeper, 1));
	assert_int_equal(unwrap(room, 1, &header, 10), KEY_DONE);
	assert_int_equal(unwrap(room, 1, &header, 10), KEY_NO_GRANT); /* once */
	assert_false(keeper_has_grant(&room->keeper, 1));
	grant(room, 2, right);
	assert_int_equal(unwrap(room, 2, &header, 1000), KEY_NO_GRANT); /* too late */
	wrong.version = 2;
	grant(room, 3, wrong);
	assert_int_equal(unwrap(room, 3, &header, 0), KEY_LABEL_DIFFERS);
	assert_int_equal(unwrap(room, 3, &header, 0), KEY_NO_GRANT); /* used up all the same */
	wrong.version = 0;
	grant(room, 4, wrong);
	assert_int_equal(unwrap(room, 4, &header, 0), KEY_DONE);
	wrong.record = "0192f0c4-1111-7222-8333-444455556667";
	grant(room, 5, wrong);
	assert_int_equal(unwrap(room, 5, &header, 0), KEY_LABEL_DIFFERS);
	wrong = right;
	wrong.level = "TOP";
	grant(room, 6, wrong);
	assert_int_equal(unwrap(room, 6, &header, 0), KEY_LABEL_DIFFERS);
	wrong = (struct frame_grant){.record = "*", .level = "", .purpose = GRANT_OPEN};
	grant(room, 7, wrong);
	assert_int_equal(unwrap(room, 7, &header, 0), KEY_NO_GRANT); /* any record is for recovery only */
	wrong.purpose = GRANT_RECOVER;
	grant(room, 8, wrong);
	assert_int_equal(unwrap(room, 8, &header, 0), KEY_DONE);
}

static void test_headers_that_lie(void **state)
{
	struct room *room = *state;
	OWN_BUFFER struct buffer header = {0};
	const struct frame_grant right = {.record = RECORD, .version = 3, .level = "SECRET", .purpose = GRANT_OPEN};
	char *place;

	add_epoch(room, "SECRET", "2026");
	add_epoch(room, "OTHER", "2026");
	/* A label of a higher level on a file that is sealed to a lower key: the grant is for the key's level. */
	make_header(room, "SECRET", "OTHER", &header);
	grant(room, 1, right);
	assert_int_equal(unwrap(room, 1, &header, 0), KEY_LABEL_DIFFERS);
	/* The version in the clear line is changed: the MAC says so. */
	make_header(room, "SECRET", "SECRET", &header);
	place = strstr((char *)header.at, " 3 SECRET");
	assert_non_null(place);
	place[1] = '4';
	grant(room, 2, right);
	assert_int_equal(unwrap(room, 2, &header, 0), KEY_BAD_HEADER);
	grant(room, 3, right);
	header.n = 40;
	assert_int_equal(unwrap(room, 3, &header, 0), KEY_BAD_HEADER);
	buffer_clear(&header);
	grant(room, 4, right);
	assert_int_equal(unwrap(room, 4, &header, 0), KEY_BAD_HEADER);
}

static void test_sealed_to_a_key_of_another_machine(void **state)
{
	struct room *room = *state;
	OWN_BUFFER struct buffer header = {0};
	const struct frame_grant right = {.record = RECORD, .version = 3, .level = "SECRET", .purpose = GRANT_OPEN};

	add_epoch(room, "SECRET", "2026");
	make_header(room, "SECRET", "SECRET", &header);
	assert_int_equal(unlinkat(room->store, "SECRET.2026.age", 0), 0);
	keeper_done(&room->keeper);
	assert_int_equal(keeper_open(&room->keeper, &files_linux, room->store, room->machine), 0);
	add_epoch(room, "SECRET", "2026");
	grant(room, 1, right);
	assert_int_equal(unwrap(room, 1, &header, 0), KEY_NO_IDENTITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_first_start_leaves_what_a_stranger_needs, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_first_start_that_did_not_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_keys_come_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_names_that_cannot_be, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_another_machine_key_opens_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_one_damaged_key_spoils_no_other, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_grant_opens_one_file_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_headers_that_lie, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sealed_to_a_key_of_another_machine, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
