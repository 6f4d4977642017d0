/* What a document was comes back as far as rights go, and nobody is given more than he had. */
#include "test.h"

#include "base/text.h"
#include "ctl/content.h"
#include "system/acl.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SOMEBODY 4242
#define A_GROUP	 4343

static const char list[] = "user::rw-\nuser:4244:r--\ngroup::r--\nmask::rw-\nother::---\n";

struct given {
	int fd;
	struct json *lost;
	struct stat stat;
};

static int open_file(void)
{
	char path[] = "/tmp/test-give-back-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	return fd;
}

static struct content document(void)
{
	OWNED(json) struct json *all = json_array();
	struct json *one = json_object();
	struct content c = {.name = text_copy("report.docx"),
			    .mode = 0660,
			    .modified = {1562577011, 123456789},
			    .has_owner = true,
			    .uid = SOMEBODY,
			    .gid = A_GROUP,
			    .acl = text_copy(list)};

	json_set_text(one, "name", "user.origin");
	json_set_bytes(one, "value", bytes_of("a\0b", 3));
	json_append(all, one);
	one = json_object();
	json_set_text(one, "name", "trusted.origin");
	json_set_bytes(one, "value", bytes_of("x", 1));
	json_append(all, one);
	c.attributes = json_copy(json_look(all));
	assert_non_null(c.attributes);
	return c;
}

static bool has_lost(struct json *lost, const char *what)
{
	struct json_view all = json_look(lost);

	for (size_t i = 0; i < json_n(all); i++)
		if (text_equal(json_as_text(json_at(all, i)), what))
			return true;
	return false;
}

static bool list_has(int fd, const char *entry)
{
	OWNED(acl) struct acl *acl = NULL;
	OWN_BUFFER struct buffer text = {0};

	if (acl_of_file(fd, &acl) != 0)
		return false;
	assert_int_equal(acl_format(acl, &text), 0);
	buffer_u8(&text, 0);
	return strstr((char *)text.at, entry) != NULL;
}

static void test_who_may_gives_all(void **state)
{
	OWN_FD int fd = open_file();
	OWNED(json) struct json *lost = json_array();
	OWN_CONTENT struct content c = document();
	struct stat stat;
	char value[8];

	(void)state;
	if (geteuid() != 0)
		return; /* it needs rights to give */
	assert_int_equal(content_give_back(fd, &c, lost), 0);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_int_equal(stat.st_uid, SOMEBODY);
	assert_int_equal(stat.st_gid, A_GROUP);
	assert_int_equal(stat.st_mode & 07777, 0660);
	assert_true(stat.st_mtim.tv_sec == 1562577011 && stat.st_mtim.tv_nsec == 123456789);
	assert_true(list_has(fd, "user:4244:r--"));
	assert_true(list_has(fd, "group::r--"));
	assert_int_equal(fgetxattr(fd, "user.origin", value, sizeof(value)), 3);
	assert_memory_equal(value, "a\0b", 3);
	assert_true(has_lost(lost, "attribute trusted.origin")); /* root could set it: the agent has not sent it */
	assert_int_equal(json_n(json_look(lost)), 1);
}

/* 0: as it should be; else the line that is not. */
static int give_as_somebody_else(void)
{
	OWN_FD int fd = open_file();
	OWNED(json) struct json *lost = json_array();
	OWN_CONTENT struct content c = document();
	struct stat stat;

	if (fchown(fd, 4245, 4245) != 0 || setgroups(0, NULL) != 0 || setresgid(4245, 4245, 4245) != 0 ||
	    setresuid(4245, 4245, 4245) != 0)
		return __LINE__;
	if (content_give_back(fd, &c, lost) != 0 || fstat(fd, &stat) != 0)
		return __LINE__;
	if (!has_lost(lost, "owner") || !has_lost(lost, "group"))
		return __LINE__;
	if (stat.st_uid != 4245 || stat.st_gid != 4245 || !list_has(fd, "group::---") || !list_has(fd, "user:4244:r--"))
		return __LINE__;
	free(steal(&c.acl)); /* without a list the mode says what the group may */
	if (content_give_back(fd, &c, lost) != 0 || fstat(fd, &stat) != 0)
		return __LINE__;
	return list_has(fd, "group::r") ? __LINE__ : 0;
}

static void test_who_may_not_gives_nobody_more(void **state)
{
	pid_t child;
	int status;

	(void)state;
	if (geteuid() != 0)
		return; /* it needs rights to give */
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(give_as_somebody_else() & 0xff);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_set_user_id_never_comes_back(void **state)
{
	OWN_FD int fd = open_file();
	OWNED(json) struct json *lost = json_array();
	OWN_CONTENT struct content c = {.name = text_copy("x"), .mode = 06755};
	struct stat stat;

	(void)state;
	assert_int_equal(content_give_back(fd, &c, lost), 0);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_int_equal(stat.st_mode & 07777, 0705); /* whose group it was is not known */
}

static void test_a_list_that_does_not_read(void **state)
{
	OWN_FD int fd = open_file();
	OWNED(json) struct json *lost = json_array();
	OWN_CONTENT struct content c = {.name = text_copy("x"), .mode = 0664, .acl = text_copy("user::rwx\nnonsense")};
	struct stat stat;

	(void)state;
	assert_int_equal(content_give_back(fd, &c, lost), 0);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_int_equal(stat.st_mode & 07777, 0604); /* the group's bits were the list's mask */
	assert_true(has_lost(lost, "access list"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_who_may_gives_all),
	    cmocka_unit_test(test_who_may_not_gives_nobody_more),
	    cmocka_unit_test(test_set_user_id_never_comes_back),
	    cmocka_unit_test(test_a_list_that_does_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
