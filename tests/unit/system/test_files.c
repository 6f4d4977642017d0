/* The I/O table, safe opening and access lists, on a real directory. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/acl.h"
#include "system/safe_open.h"

struct place {
	char path[64];
	int dir;
};

static int setup(void **state)
{
	static struct place place;
	const char *base = getenv("TMPDIR");

	(void)snprintf(place.path, sizeof(place.path), "%.40s/files-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(place.path))
		return -1;
	place.dir = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &place;
	return place.dir < 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	char command[128];

	(void)close(place->dir);
	(void)snprintf(command, sizeof(command), "rm -rf %s", place->path);
	return system(command);
}

static void test_a_path_may_not_leave_its_root(void **state)
{
	const struct files *f = &files_linux;
	struct place *place = *state;
	struct stat stat;
	const char *name;
	int fd = -1;

	assert_int_equal(mkdirat(place->dir, "in", 0755), 0);
	assert_int_equal(files_create_whole(f, place->dir, "plain", 0644, bytes_of_text("text")), 0);
	assert_int_equal(symlinkat("plain", place->dir, "link"), 0);
	assert_int_equal(symlinkat("in", place->dir, "way"), 0);
	assert_int_equal(symlinkat("/etc", place->dir, "out"), 0);
	assert_int_equal(mkfifoat(place->dir, "fifo", 0666), 0);
	assert_int_equal(safe_open_regular(f, place->dir, "plain", O_RDONLY | O_NOATIME, &fd, &stat), 0);
	assert_int_equal(stat.st_size, 4);
	assert_int_equal(close(fd), 0);
	assert_int_equal(safe_open_regular(f, place->dir, "link", O_RDONLY, &fd, &stat), SAFE_OPEN_REFUSED);
	assert_int_equal(safe_open_regular(f, place->dir, "out/passwd", O_RDONLY, &fd, &stat), SAFE_OPEN_REFUSED);
	assert_int_equal(safe_open_regular(f, place->dir, "in/../../etc/passwd", O_RDONLY, &fd, &stat),
			 SAFE_OPEN_REFUSED);
	assert_int_equal(safe_open_regular(f, place->dir, "/etc/passwd", O_RDONLY, &fd, &stat), SAFE_OPEN_REFUSED);
	assert_int_equal(safe_open_regular(f, place->dir, "fifo", O_RDONLY, &fd, &stat), SAFE_OPEN_REFUSED);
	assert_int_equal(safe_open_regular(f, place->dir, "in", O_RDONLY, &fd, &stat), SAFE_OPEN_REFUSED);
	assert_int_equal(safe_open_regular(f, place->dir, "none", O_RDONLY, &fd, &stat), SAFE_OPEN_GONE);
	assert_int_equal(safe_open_directory(f, place->dir, "way", &fd), SAFE_OPEN_REFUSED);
	assert_int_equal(safe_open_parent(f, place->dir, "in/new", &fd, &name), 0);
	assert_string_equal(name, "new");
	assert_int_equal(close(fd), 0);
	assert_int_equal(safe_open_parent(f, place->dir, "in/..", &fd, &name), SAFE_OPEN_REFUSED);
	assert_int_equal(safe_open_parent(f, place->dir, "/in", &fd, &name), SAFE_OPEN_REFUSED);
}

/* Anybody may take a lease on a file of his own: whoever opens it is told so, and is not kept busy. */
static void test_a_leased_file_keeps_nobody(void **state)
{
	struct place *place = *state;
	OWN_FD int holder = openat(place->dir, "plain", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat stat;
	int fd;

	assert_true(holder >= 0);
	assert_true(signal(SIGIO, SIG_IGN) != SIG_ERR);
	if (fcntl(holder, F_SETLEASE, F_WRLCK) != 0)
		skip(); /* no leases here */
	assert_int_equal(safe_open_regular(&files_linux, place->dir, "plain", O_RDONLY, &fd, &stat), SAFE_OPEN_DENIED);
	assert_int_equal(fcntl(holder, F_SETLEASE, F_UNLCK), 0);
	assert_int_equal(safe_open_regular(&files_linux, place->dir, "plain", O_RDONLY, &fd, &stat), 0);
	(void)close(fd);
}

static void test_nothing_is_replaced(void **state)
{
	const struct files *f = &files_linux;
	struct place *place = *state;
	OWN_BUFFER struct buffer read = {0};
	OWN_FD int fd = -1;

	assert_int_equal(files_create_whole(f, place->dir, "once", 0600, bytes_of_text("first")), 0);
	assert_int_equal(files_create_whole(f, place->dir, "once", 0600, bytes_of_text("second")), -EEXIST);
	assert_int_equal(files_create_whole(f, place->dir, "other", 0600, bytes_of_text("other")), 0);
	assert_int_equal(f->move(f, place->dir, "other", place->dir, "once", 0), -EINVAL);
	assert_int_equal(f->move(f, place->dir, "other", place->dir, "once", RENAME_NOREPLACE), -EEXIST);
	fd = openat(place->dir, "once", O_RDONLY | O_CLOEXEC);
	assert_int_equal(files_read_rest(f, fd, 100, &read), 0);
	assert_true(bytes_equal_text(buffer_bytes(&read), "first"));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(files_read_rest(f, fd, 3, &read), -EFBIG);
}

static void test_a_sealed_file_keeps_its_readers(void **state)
{
	struct place *place = *state;
	struct stat plain = {.st_mode = S_IFREG | 0644, .st_uid = 4242, .st_gid = 4343};
	OWNED(acl) struct acl *acl = NULL;
	OWNED(acl) struct acl *again = NULL;
	OWN_BUFFER struct buffer text = {0};
	OWN_FD int fd = openat(place->dir, "sealed", O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	assert_int_equal(acl_of_file(fd, &acl), -ENODATA);
	assert_int_equal(acl_for_sealed(&plain, NULL, &acl), 0);
	assert_int_equal(acl_to_file(acl, fd), 0);
	assert_int_equal(acl_of_file(fd, &again), 0);
	assert_int_equal(acl_format(again, &text), 0);
	buffer_u8(&text, 0);
	assert_non_null(strstr((char *)text.at, "user::rw-"));
	assert_non_null(strstr((char *)text.at, "user:4242:r--"));
	assert_non_null(strstr((char *)text.at, "group:4343:r--"));
	assert_non_null(strstr((char *)text.at, "other::r--"));

	/* A private plaintext with a named reader: only owner and reader, and nobody writes. */
	acl_drop(steal(&acl));
	plain.st_mode = S_IFREG | 0660;
	plain.st_uid = 77;
	assert_int_equal(acl_for_sealed(&plain, again, &acl), 0);
	buffer_clear(&text);
	assert_int_equal(acl_format(acl, &text), 0);
	buffer_u8(&text, 0);
	assert_non_null(strstr((char *)text.at, "user:77:r--"));
	assert_non_null(strstr((char *)text.at, "user:4242:r--"));
	assert_non_null(strstr((char *)text.at, "other::---"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_path_may_not_leave_its_root, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_leased_file_keeps_nobody, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nothing_is_replaced, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_sealed_file_keeps_its_readers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
