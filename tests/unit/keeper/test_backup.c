/* What the keeper gives for a backup, and its mark of the journal. */
#include "room.h"

#include "keeper/backup.h"

#include <sys/mman.h>

struct packed {
	char names[512]; /* "NAME SIZE," in the order of their names */
	struct buffer machine;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void unpack(const struct keeper *k, struct packed *ret)
{
	OWN_FD int fd = memfd_create("packed", MFD_CLOEXEC);
	OWN_BUFFER struct buffer all = {0};
	char *names[16];
	uint64_t files = 0, n = 0;

	assert_int_equal(backup_pack_keys(k, fd, &files), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(files_read_rest(&files_linux, fd, 1u << 20, &all), 0);
	for (size_t at = 0; at < all.n;) {
		char name[128];
		size_t size, head = (size_t)((uint8_t *)memchr(all.at + at, '\n', all.n - at) - (all.at + at)) + 1;

		assert_int_equal(sscanf((char *)all.at + at, "%127s %zu", name, &size), 2);
		assert_true(at + head + size <= all.n && n < 16);
		if (text_equal(name, "machine.key.age"))
			buffer_add(&ret->machine, all.at + at + head, size);
		names[n++] = text_copy(name);
		at += head + size;
	}
	assert_int_equal(n, files);
	qsort(names, n, sizeof(names[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(ret->names + strlen(ret->names), sizeof(ret->names) - strlen(ret->names), "%s ",
			       names[i]);
		free(names[i]);
	}
}

static void test_all_keys_and_the_machine_key_for_the_escrow(void **state)
{
	struct room *room = *state;
	OWNED(secret) struct secret *escrow = NULL;
	OWNED(secret) struct secret *none = NULL;
	OWNED(secret) struct secret *machine = NULL;
	OWN_BUFFER struct buffer identity = {0};
	struct packed packed = {0};
	uint8_t text[66] = {0}, file[65];
	struct mark mark = {.state = MARK_NONE};

	add_epoch(room, "SECRET", "2026");
	assert_int_equal(mark_write(&room->keeper, &mark, &(struct frame_mark){.entries = 4}, false), 0);
	assert_int_equal(shell(room, "echo x >$1/.hidden; ln -s escrow.pub $1/link; echo x >\"$1/a name\""), 0);
	unpack(&room->keeper, &packed);
	assert_string_equal(packed.names, "SECRET.2026.age SECRET.2026.pub escrow.pub machine.key.age ");
	assert_int_equal(lseek(room->escrow, 0, SEEK_SET), 0);
	assert_int_equal(files_read_rest(&files_linux, room->escrow, 4096, &identity), 0);
	assert_int_equal(identity_from_text(buffer_bytes(&identity), &escrow), 0);
	assert_int_equal(agefile_open(buffer_bytes(&packed.machine), escrow, &machine), 0);
	assert_int_equal(secret_length(machine), 65);
	secret_copy_out(machine, text);
	assert_int_equal(pread(room->machine, file, sizeof(file), 0), 65);
	assert_memory_equal(text, file, 65); /* the file of the machine key, byte for byte */
	assert_int_equal(agefile_open(buffer_bytes(&packed.machine), room->keeper.machine_identity, &none),
			 IDENTITY_NOT_FOR_US);
	buffer_done(&packed.machine);
}

static void expect(struct room *room, enum mark_state state, uint64_t entries, uint8_t first)
{
	struct mark m;

	open_again(room);
	assert_int_equal(mark_read(&room->keeper, &m), 0);
	assert_int_equal(m.state, state);
	assert_int_equal(m.entries, entries);
	if (state == MARK_THERE)
		assert_int_equal(m.last[0], first);
}

static void put(struct room *room, uint64_t entries, uint8_t first, bool may_go_back)
{
	struct frame_mark now = {.entries = entries, .last = {first}};
	struct mark m;

	assert_int_equal(mark_read(&room->keeper, &m), 0);
	assert_int_equal(mark_write(&room->keeper, &m, &now, may_go_back), 0);
}

static void test_mark_goes_forward_only(void **state)
{
	struct room *room = *state;

	expect(room, MARK_NONE, 0, 0);
	put(room, 10, 1, false);
	expect(room, MARK_THERE, 10, 1);
	put(room, 12, 2, false);
	expect(room, MARK_THERE, 12, 2);
	put(room, 11, 3, false);
	expect(room, MARK_THERE, 12, 2);
	put(room, 5, 4, true); /* two officers accepted it */
	expect(room, MARK_THERE, 5, 4);
	put(room, UINT64_MAX, 5, false);
	expect(room, MARK_THERE, UINT64_MAX, 5);
}

struct watching {
	struct files files;
	unsigned directories;
};

static int watching_sync(const struct files *f, int fd)
{
	struct watching *watching = (struct watching *)(void *)(uintptr_t)f;
	struct stat stat;

	assert_int_equal(fstat(fd, &stat), 0);
	watching->directories += S_ISDIR(stat.st_mode);
	return files_linux.sync(&files_linux, fd);
}

/* A mark that a power cut takes away would freeze an agent that did nothing. */
static void test_mark_has_a_durable_name(void **state)
{
	struct room *room = *state;
	struct watching watching = {.files = files_linux};

	watching.files.sync = watching_sync;
	room->keeper.files = &watching.files;
	put(room, 10, 1, false);
	assert_int_equal(watching.directories, 1);
	put(room, 12, 2, false);
	assert_int_equal(watching.directories, 1);
	room->keeper.files = &files_linux;
}

static void test_mark_that_was_cut_or_altered(void **state)
{
	struct room *room = *state;

	put(room, 10, 1, false);
	put(room, 12, 2, false);
	assert_int_equal(
	    shell(room,
		  "cp $1/journal.mark $1/old; size=$(stat -c %s $1/old); truncate -s $((size - 3)) $1/journal.mark"),
	    0);
	open_again(room); /* whichever place is the later one: a whole one is left */
	struct mark m;
	assert_int_equal(mark_read(&room->keeper, &m), 0);
	assert_int_equal(m.state, MARK_THERE);
	assert_int_equal(
	    shell(room, "sed 's/0000000012/0000000009/; s/0000000010/0000000008/' $1/old >$1/journal.mark"), 0);
	expect(room, MARK_ALTERED, 0, 0);
	put(room, 20, 1, false); /* not by itself */
	expect(room, MARK_ALTERED, 0, 0);
	put(room, 20, 1, true);
	expect(room, MARK_THERE, 20, 1);
	assert_int_equal(shell(room, ": >$1/journal.mark"), 0);
	expect(room, MARK_ALTERED, 0, 0);
}

/* The mark of another machine says nothing here. */
static void test_mark_is_of_this_machine(void **state)
{
	struct room *room = *state;

	put(room, 10, 1, false);
	assert_int_equal(shell(room, "cd $1 && rm SECRET.* 2>/dev/null; printf '%064d\\n' 7 >other/machine.key"), 0);
	expect(room, MARK_ALTERED, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_all_keys_and_the_machine_key_for_the_escrow, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mark_goes_forward_only, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mark_has_a_durable_name, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mark_that_was_cut_or_altered, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mark_is_of_this_machine, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
