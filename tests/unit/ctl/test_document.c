/* From words to descriptors: numbers, names, sealed names, and everything that is no document. */
#include "test.h"

#include "base/text.h"
#include "ctl/marking.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int set_up(void **state)
{
	char folder[] = "/tmp/classd-test-XXXXXX";

	*state = mkdtemp(folder) ? text_copy(folder) : NULL;
	return *state && chdir(folder) == 0 && freopen("/dev/null", "w", stderr) ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"a.txt", "b.txt.age", "2026-000007.age", "link", "pipe"};
	OWN_MEM char *folder = *state;

	for (size_t i = 0; i < array_n(names); i++)
		(void)unlink(names[i]);
	(void)rmdir("folder");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void make(const char *name)
{
	OWN_FD int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, "x", 1), 1);
}

static void test_numbers(void **state)
{
	static const char *const good[] = {"2026-000123", "2026-123456789"};
	static const char *const bad[] = {"",
					  "2026",
					  "2026-12345",
					  "2026-1234567890",
					  "2026-00012a",
					  "a026-000123",
					  "2026-000123.age",
					  "./2026-000123"};
	(void)state;
	for (size_t i = 0; i < array_n(good); i++)
		assert_true(document_is_number(good[i]));
	for (size_t i = 0; i < array_n(bad); i++)
		assert_false(document_is_number(bad[i]));
}

static void test_names(void **state)
{
	OWN_DOCUMENT struct document clear = {.fd = -1};
	OWN_DOCUMENT struct document sealed = {.fd = -1};
	OWN_DOCUMENT struct document hidden = {.fd = -1};
	OWN_DOCUMENT struct document number = {.fd = -1};
	(void)state;

	make("a.txt"), make("b.txt.age"), make("2026-000007.age");
	assert_int_equal(document_find("a.txt", &clear), 0);
	assert_true(clear.fd >= 0 && !clear.is_sealed && document_is_own_clear(&clear));
	assert_int_equal(document_find("b.txt", &sealed), 0); /* the plaintext is gone */
	assert_true(sealed.fd >= 0 && sealed.is_sealed && !document_is_own_clear(&sealed));
	assert_string_equal(sealed.path, "b.txt.age");
	assert_int_equal(document_find("2026-000007.age", &hidden), 0);
	assert_true(hidden.fd >= 0 && !hidden.number);
	assert_int_equal(document_find("folder/2026-000009.age", &number), 0); /* no such file: still a number */
	assert_int_equal(number.fd, -1);
	assert_string_equal(number.number, "2026-000009");
}

static void test_no_documents(void **state)
{
	static const struct {
		const char *word;
		int code;
	} cases[] = {
	    {"missing/a.txt", CLASSD_EXIT_NOT_FOUND},
	    {"link", CLASSD_EXIT_INPUT},
	    {"pipe", CLASSD_EXIT_INPUT},
	    {"folder", CLASSD_EXIT_INPUT},
	    {"/dev/null", CLASSD_EXIT_INPUT},
	};
	(void)state;

	assert_int_equal(symlink("/etc/hostname", "link"), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(mkdir("folder", 0700), 0);
	for (size_t i = 0; i < array_n(cases); i++) {
		OWN_DOCUMENT struct document d = {.fd = -1};
		assert_int_equal(document_find(cases[i].word, &d), cases[i].code);
	}
	/* A name that no file has may be one that a sealed file hides: the agent is asked. */
	OWN_DOCUMENT struct document hidden = {.fd = -1};
	assert_int_equal(document_find("missing.txt", &hidden), 0);
	assert_string_equal(hidden.name, "missing.txt");
	assert_true(hidden.fd >= 0);
}

static void test_digest(void **state)
{
	uint8_t digest[32];
	char hex[65];
	(void)state;

	make("a.txt");
	assert_int_equal(document_digest("a.txt", digest), 0);
	text_hex(digest, sizeof(digest), hex);
	assert_string_equal(hex, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
	assert_int_equal(document_digest("missing", digest), CLASSD_EXIT_NOT_FOUND);
}

/* A document that a program has open for writing is not marked: what it saves later would be lost. */
static void test_open_elsewhere(void **state)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	(void)state;

	make("a.txt");
	assert_int_equal(document_find("a.txt", &d), 0);
	int held = -1;
	OWN_FD int writer = open("a.txt", O_RDWR | O_CLOEXEC);
	assert_false(marking_hold(&d, &held));
	assert_int_equal(held, -1);
	close_fd(&writer);
	assert_true(marking_hold(&d, &held));
	assert_true(held >= 0);
	close_fd(&held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers), cmocka_unit_test(test_names),	   cmocka_unit_test(test_no_documents),
	    cmocka_unit_test(test_digest),  cmocka_unit_test(test_open_elsewhere),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
