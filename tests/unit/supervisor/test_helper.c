/* A helper's end, its one line, its deadline, and a key that is copied without being looked at. */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "supervisor/helper.h"

/* A shell stands in for the program: what follows is its script. */
static int act(const char *script, unsigned timeout_ms, struct helper_answer *ret, int *ret_made)
{
	OWN_FD int shell = open("/bin/sh", O_RDONLY | O_CLOEXEC);
	struct helper helper = {.program = shell, .words = {"-c", script}};

	assert_true(shell >= 0);
	return helper_make(&helper, timeout_ms, ret_made, ret);
}

static void test_ends(void **state)
{
	static const struct {
		const char *script;
		int exit;
		const char *why;
	} ends[] = {
	    {"exit 0", PROTECTOR_DONE, ""},
	    {"echo wrong PIN; exit 4", PROTECTOR_WRONG_WORD, "wrong PIN"},
	    {"printf 'a\\033[2Jb\\n'; exit 2", PROTECTOR_SHUT, "a\\x1b[2Jb"},
	    {"exit 2", PROTECTOR_SHUT, "it broke; see the log"},
	    {"kill -SEGV $$", HELPER_HUNG, "it died of signal 11"},
	    {"kill -KILL $$", HELPER_HUNG, "no answer in time"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(ends); i++) {
		struct helper_answer answer;
		int made;

		assert_int_equal(act(ends[i].script, 20000, &answer, &made), 0);
		assert_int_equal(answer.exit, ends[i].exit);
		assert_string_equal(answer.why, ends[i].why);
		assert_int_equal(made >= 0, ends[i].exit == PROTECTOR_DONE);
		close_fd(&made);
	}
}

static void test_a_deadline(void **state)
{
	struct helper_answer answer;
	int made;

	(void)state;
	assert_int_equal(act("while :; do read x || kill -STOP $$; done", 50, &answer, &made), 0);
	assert_int_equal(answer.exit, HELPER_HUNG);
	assert_int_equal(made, -1);
}

static void test_a_key_is_copied(void **state)
{
	struct helper_answer answer;
	int made;

	(void)state;
	assert_int_equal(act("echo the key >&6", 20000, &answer, &made), 0);
	for (int i = 0; i < 3; i++) {
		OWN_FD int copy = -1;
		char text[20] = "";

		assert_int_equal(helper_copy(made, &copy), 0);
		assert_int_equal(read(copy, text, sizeof(text)), 8);
		assert_string_equal(text, "the key\n");
		assert_int_equal(read(copy, text, sizeof(text)), 0); /* its end: nobody waits for more */
	}
	close_fd(&made);
}

/* Whatever else is open here stays here. */
static void test_no_other_descriptor(void **state)
{
	OWN_FD int secret = open("/dev/null", O_RDONLY);
	struct helper_answer answer;
	int made;

	(void)state;
	assert_true(secret > 2);
	assert_int_equal(
	    act("for fd in /proc/self/fd/*; do n=${fd##*/}; [ $n -lt 8 ] || [ ! -e $fd ] || { readlink $fd; exit "
		"2; }; done; exit 0",
		20000, &answer, &made),
	    0);
	assert_int_equal(answer.exit, PROTECTOR_DONE);
	close_fd(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_a_deadline),
	    cmocka_unit_test(test_a_key_is_copied),
	    cmocka_unit_test(test_no_other_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
