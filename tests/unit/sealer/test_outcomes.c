/* A wrong key, damage, a disk that gives nothing, and a newer format are told apart, whatever is asked of the file. */
#include "world.h"

#define NAME "report.docx.age"
#define KEPT "2026-000001.1.age"

static void seal_one(struct world *w)
{
	const struct wish wish = {.intent = 1, .path = "report.docx", .target = NAME, .keep = KEPT};
	OWN_MEM uint8_t *content = world_content(100000);

	world_write(w, "report.docx", content, 100000);
	w->settle_at_once = true;
	world_ask_seal(w, &wish);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, 1)->outcome, SEAL_DONE);
	w->settle_at_once = false;
}

static void expect(const struct world *w, uint16_t type, uint64_t intent, enum seal_outcome wanted)
{
	const struct answer *a = world_answer(w, type, intent);

	assert_non_null(a);
	if (a->outcome != wanted)
		fail_msg("outcome %u instead of %u: %s", a->outcome, wanted, a->detail);
	assert_true(a->detail[0]);
}

/* Content, label, label with the content verified, another key. */
static void expect_of_all(struct world *w, enum seal_outcome wanted)
{
	static uint64_t intent = 100;
	OWN_BUFFER struct buffer got = {0};
	struct stat stat;

	intent += 10;
	assert_int_equal(fstatat(w->dir, NAME, &stat, 0), 0);
	(void)world_unseal(w, intent, NAME, &got);
	expect(w, FRAME_TYPE_unsealed, intent, wanted);
	assert_int_equal(got.n, 0);
	for (uint8_t verify = 0; verify < 2; verify++) {
		WORLD_SEND(w, header, -1, .intent = intent + 1 + verify, .grant = 5, .root = 1, .path = NAME,
			   .verify = verify);
		world_run(w);
		expect(w, FRAME_TYPE_opened, intent + 1 + verify, wanted);
	}
	WORLD_SEND(w, rekey, -1, .intent = intent + 3, .grant = 5, .root = 1, .path = NAME, .ino = stat.st_ino,
		   .keep = KEPT, .record = WORLD_RECORD, .level = "SECRET");
	world_run(w);
	expect(w, FRAME_TYPE_published, intent + 3, wanted);
}

static void overwrite(struct world *w, off_t at, const char *text)
{
	OWN_FD int fd = openat(w->dir, NAME, O_RDWR | O_CLOEXEC);

	assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
}

static void test_a_wrong_key(void **state)
{
	struct world *w = *state;

	seal_one(w);
	secret_free(w->level);
	assert_int_equal(identity_new(&w->level), 0);
	expect_of_all(w, SEAL_WRONG_KEY);
	w->refuse_grant = true; /* it may be the right one: nobody looked */
	expect_of_all(w, SEAL_NO_KEY);
}

static void test_damage(void **state)
{
	struct world *w = *state;

	seal_one(w);
	overwrite(w, 60, "######");
	expect_of_all(w, SEAL_DAMAGED);
}

static void test_a_newer_format(void **state)
{
	struct world *w = *state;

	seal_one(w);
	overwrite(w, 0, "age-encryption.org/v2");
	expect_of_all(w, SEAL_NEWER);
	overwrite(w, 0, "age-encryption.org/v1\n-> classd/label/v2");
	expect_of_all(w, SEAL_NEWER);
	WORLD_SEND(w, restore, -1, .intent = 50, .root = 1, .keep = KEPT, .target = "back.age");
	world_run(w);
	expect(w, FRAME_TYPE_restored, 50, SEAL_NEWER);
}

static void test_a_file_of_others(void **state)
{
	struct world *w = *state;

	seal_one(w);
	overwrite(w, 0, "PK\x03\x04 a zip archive");
	expect_of_all(w, SEAL_FOREIGN);
}

/* A disk that fails where it is told to. */
static uint64_t bad_from;

static ssize_t failing_pread(const struct files *f, int fd, void *at, size_t n, uint64_t offset)
{
	return offset + n > bad_from ? -EIO : files_linux.pread(f, fd, at, n, offset);
}

static int denied_open(const struct files *f, int dir, const char *path, const struct open_how *how)
{
	if (strcmp(path, NAME) == 0 && !(how->flags & O_PATH)) {
		errno = EACCES;
		return -EACCES;
	}
	return files_linux.open(f, dir, path, how);
}

static void test_a_disk_that_does_not_read(void **state)
{
	struct world *w = *state;

	seal_one(w);
	w->files.pread = failing_pread;
	bad_from = 0;
	expect_of_all(w, SEAL_UNREADABLE);
	WORLD_SEND(w, restore, -1, .intent = 50, .root = 1, .keep = KEPT, .target = "back.age");
	world_run(w);
	expect(w, FRAME_TYPE_restored, 50, SEAL_UNREADABLE);
	bad_from = 4096 + 70000; /* within the second chunk */
	{
		OWN_BUFFER struct buffer got = {0};

		(void)world_unseal(w, 60, NAME, &got);
		expect(w, FRAME_TYPE_unsealed, 60, SEAL_UNREADABLE);
		assert_int_equal(got.n, 0);
	}
	w->files.pread = files_linux.pread;
	w->files.open = denied_open;
	expect_of_all(w, SEAL_UNREADABLE);
}

static void test_a_plaintext_that_does_not_read(void **state)
{
	const struct wish wish = {.intent = 1, .path = "report.docx", .target = NAME, .keep = KEPT};
	struct world *w = *state;

	world_write(w, "report.docx", "text", 4);
	w->files.pread = failing_pread;
	bad_from = 0;
	world_ask_seal(w, &wish);
	world_run(w);
	expect(w, FRAME_TYPE_published, 1, SEAL_UNREADABLE);
	assert_true(world_has(w, "report.docx"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_wrong_key, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_damage, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_newer_format, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_file_of_others, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_disk_that_does_not_read, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_plaintext_that_does_not_read, world_setup, world_teardown),
	};

	return cmocka_run_group_tests_name("outcomes", tests, NULL, NULL);
}
