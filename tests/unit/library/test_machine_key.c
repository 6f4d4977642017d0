/* The machine key's line: from files and pipes, and what is none. A line that is typed. */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "library/machine_key.h"
#include "library/secret_line.h"

#define DIGITS "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static int setup(void **state)
{
	(void)state;
	return sodium_start();
}

/* The read end of a pipe that holds just this. */
static int pipe_with(const char *text)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
	(void)close(ends[1]);
	return ends[0];
}

static int file_with(const char *text)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text)); /* and stays behind it */
	return fd;
}

static void test_files_and_pipes(void **state)
{
	static const char *const good[] = {DIGITS, DIGITS "\n"};
	static const char *const wrong[] = {"",
					    "\n",
					    "0011",
					    DIGITS "0",
					    DIGITS "\n\n",
					    DIGITS "\nmore",
					    DIGITS " ",
					    " " DIGITS,
					    "x" DIGITS,
					    DIGITS DIGITS,
					    "zz112233445566778899aabbccddeeff"
					    "00112233445566778899aabbccddeeff"};

	(void)state;
	for (int is_pipe = 0; is_pipe < 2; is_pipe++) {
		for (size_t i = 0; i < array_n(good); i++) {
			OWN_FD int fd = is_pipe ? pipe_with(good[i]) : file_with(good[i]);
			OWNED(secret) struct secret *key = NULL;

			assert_int_equal(machine_key_read(&files_linux, fd, &key), 0);
			assert_int_equal(secret_length(key), MACHINE_KEY_BYTES);
		}
		for (size_t i = 0; i < array_n(wrong); i++) {
			OWN_FD int fd = is_pipe ? pipe_with(wrong[i]) : file_with(wrong[i]);
			OWNED(secret) struct secret *key = NULL;

			assert_int_equal(machine_key_read(&files_linux, fd, &key), MACHINE_KEY_NONE);
			assert_null(key);
		}
	}
}

static void test_round(void **state)
{
	OWNED(secret) struct secret *key = NULL;
	OWNED(secret) struct secret *back = NULL;
	OWNED(secret) struct secret *identity = NULL;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(machine_key_new(&key), 0);
	assert_int_equal(machine_key_write(&files_linux, ends[1], key), 0);
	(void)close(ends[1]);
	assert_int_equal(machine_key_read(&files_linux, ends[0], &back), 0);
	assert_true(secret_equal(key, back));
	assert_int_equal(machine_key_identity(key, &identity), 0);
	assert_false(secret_equal(key, identity));
	(void)close(ends[0]);
}

static void test_a_line_that_is_sent(void **state)
{
	OWN_FD int fd = pipe_with("first line\nsecond\xe5\xaf\x86\n\nlast");
	OWNED(secret) struct secret *first = NULL;
	OWNED(secret) struct secret *second = NULL;
	OWNED(secret) struct secret *empty = NULL;
	OWNED(secret) struct secret *last = NULL;
	OWNED(secret) struct secret *none = NULL;

	(void)state;
	assert_int_equal(secret_line_read(fd, "?", &first), 0);
	assert_int_equal(secret_line_characters(first), 10);
	assert_int_equal(secret_line_read(fd, "?", &second), 0);
	assert_int_equal(secret_line_characters(second), 7);
	assert_int_equal(secret_line_read(fd, "?", &empty), 0);
	assert_int_equal(secret_length(empty), 0);
	assert_int_equal(secret_line_read(fd, "?", &last), 0);
	assert_int_equal(secret_length(last), 4);
	assert_int_equal(secret_line_read(fd, "?", &none), SECRET_LINE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_files_and_pipes),
	    cmocka_unit_test(test_round),
	    cmocka_unit_test(test_a_line_that_is_sent),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
