/* Pages that carry checksums: whatever changes in one is found where it is read, and by looking through the file. */
#include "test.h"

#include "base/text.h"
#include "library/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE ((size_t)4096)

/* A table, an index, rows of several pages each, and pages that are free again. */
static const char content[] =
    "CREATE TABLE t(a INTEGER PRIMARY KEY,b TEXT,c BLOB) STRICT;CREATE INDEX t_b ON t(b);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<300)"
    " INSERT INTO t SELECT i,hex(randomblob(60)),CASE WHEN i%30=0 THEN randomblob(10000) END FROM n;"
    "DELETE FROM t WHERE a BETWEEN 100 AND 130;";
static const char read_all[] = "SELECT count(*)+sum(length(b))+sum(length(hex(c))) FROM t";

struct place {
	char dir[64], db[80], wal[90], mark[90];
};

static void make_place(struct place *p)
{
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/test-pages-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->db, sizeof(p->db), "%s/db", p->dir);
	(void)snprintf(p->wal, sizeof(p->wal), "%s-wal", p->db);
	(void)snprintf(p->mark, sizeof(p->mark), "%s.damaged", p->db);
}

static void remove_place(const struct place *p)
{
	(void)unlink(p->db);
	(void)unlink(p->wal);
	(void)unlink(p->mark);
	assert_int_equal(rmdir(p->dir), 0);
}

static void make_database(const struct place *p)
{
	OWNED(database) struct database *db = NULL;

	assert_int_equal(database_open(p->db, &db), 0);
	assert_true(database_is_checked(db));
	assert_int_equal(database_script(db, content), 0);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

static uint8_t flip(const char *path, off_t at)
{
	OWN_FD int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	return byte;
}

/* 0, or DATABASE_BAD: of all pages. */
static int look(struct database *db)
{
	uint64_t page = 0;
	int result;

	do
		result = database_look_through(db, &page, 7);
	while (result == 0);
	return result == DATABASE_END ? 0 : result;
}

static void test_every_page_is_checked(void **state)
{
	struct place p;
	off_t pages, at_least = 30;

	(void)state;
	make_place(&p);
	make_database(&p);
	pages = size_of(p.db) / (off_t)PAGE;
	assert_true(pages > at_least);
	for (off_t i = 0; i < pages; i++) {
		const off_t places[] = {i * (off_t)PAGE + 24, i * (off_t)PAGE + 24 + i * 61 % 4000, (i + 1) * (off_t)PAGE - 1};

		for (size_t k = 0; k < array_n(places); k++) {
			OWNED(database) struct database *db = NULL;
			int result;

			(void)flip(p.db, places[k]);
			result = database_open(p.db, &db);
			if (result == 0)
				result = look(db);
			assert_int_equal(result, DATABASE_BAD);
			database_close(steal(&db));
			(void)flip(p.db, places[k]);
		}
	}
	remove_place(&p);
}

/* Reading gives all rows as they are, or says that it cannot. */
static void test_what_is_damaged_is_not_read(void **state)
{
	struct place p;
	int64_t whole = 0;
	off_t pages;
	int bad = 0;

	(void)state;
	make_place(&p);
	make_database(&p);
	pages = size_of(p.db) / (off_t)PAGE;
	for (off_t i = 0; i <= pages; i++) {
		OWNED(database) struct database *db = NULL;
		int64_t n = 0;
		int result;

		if (i > 0)
			(void)flip(p.db, i * (off_t)PAGE - 1000);
		result = database_open(p.db, &db);
		if (result == 0)
			result = database_int(db, read_all, NO_VALUES, 0, &n);
		if (i == 0)
			whole = n;
		assert_true(result == DATABASE_BAD || (result == 0 && n == whole));
		bad += result == DATABASE_BAD;
		database_close(steal(&db));
		if (i > 0)
			(void)flip(p.db, i * (off_t)PAGE - 1000);
	}
	assert_true(whole > 0);
	assert_true(bad > 20);
	remove_place(&p);
}

/* A good page at a wrong place, and pages that are missing. */
static void test_a_page_belongs_where_it_is(void **state)
{
	OWNED(database) struct database *db = NULL;
	struct place p;
	uint8_t page[PAGE];
	int fd;

	(void)state;
	make_place(&p);
	make_database(&p);
	fd = open(p.db, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, page, PAGE, 9 * (off_t)PAGE), PAGE);
	assert_int_equal(pwrite(fd, page, PAGE, 12 * (off_t)PAGE), PAGE);
	assert_int_equal(database_open(p.db, &db), 0);
	assert_int_equal(look(db), DATABASE_BAD);
	database_close(steal(&db));
	memset(page, 0, sizeof(page));
	assert_int_equal(pwrite(fd, page, PAGE, 12 * (off_t)PAGE), PAGE);
	assert_int_equal(database_open(p.db, &db), 0);
	assert_int_equal(look(db), DATABASE_BAD);
	database_close(steal(&db));
	assert_int_equal(ftruncate(fd, size_of(p.db) - (off_t)PAGE), 0);
	assert_int_equal(database_open(p.db, &db), DATABASE_BAD);
	(void)close(fd);
	remove_place(&p);
}

/* A power cut while the log is written back tears pages of the file: the log has them. */
static void test_what_the_log_has_is_whole(void **state)
{
	OWNED(database) struct database *db = NULL;
	OWNED(database) struct database *cut = NULL;
	struct place p, q;
	char command[400];

	(void)state;
	make_place(&p);
	make_place(&q);
	make_database(&p);
	assert_int_equal(database_open(p.db, &db), 0);
	assert_int_equal(database_script(db, "VACUUM"), 0); /* every page is in the log then */
	(void)snprintf(command, sizeof(command), "cp %s %s && cp %s %s", p.db, q.db, p.wal, q.wal);
	assert_int_equal(system(command), 0);
	(void)flip(q.db, 5 * (off_t)PAGE + 100);
	assert_int_equal(database_open(q.db, &cut), 0);
	assert_int_equal(look(cut), 0);
	database_close(steal(&cut));
	assert_int_equal(database_open(q.db, &cut), 0);
	assert_int_equal(look(cut), 0);
	database_close(steal(&cut));
	database_close(steal(&db));
	remove_place(&p);
	remove_place(&q);
}

/* In use damage is a fault, and whoever opens it next is told. Within a transaction nothing is looked at. */
static void test_in_use_it_is_marked(void **state)
{
	OWNED(database) struct database *db = NULL;
	struct place p;
	uint64_t page = 0;

	(void)state;
	make_place(&p);
	make_database(&p);
	(void)flip(p.db, 20 * (off_t)PAGE + 500);
	assert_int_equal(database_open(p.db, &db), 0);
	assert_int_equal(database_watch(db, p.mark), 0);
	assert_int_equal(database_begin(db), 0);
	assert_int_equal(database_look_through(db, &page, 100), 0);
	assert_int_equal(page, 0);
	database_roll_back(db);
	assert_true(access(p.mark, F_OK) != 0);
	assert_int_equal(look(db), -EUCLEAN);
	assert_int_equal(access(p.mark, F_OK), 0);
	database_close(steal(&db));
	remove_place(&p);
}

/* Copies have checksums of their own; a file without them is opened as it is. */
static void test_copies_and_files_without(void **state)
{
	OWN_BUFFER struct buffer detail = {0};
	OWNED(database) struct database *db = NULL;
	OWNED(database_copy) struct database_copy *copy = NULL;
	struct place p, q;
	sqlite3 *plain = NULL;
	int result = 0;

	(void)state;
	make_place(&p);
	make_place(&q);
	make_database(&p);
	assert_int_equal(database_open(p.db, &db), 0);
	assert_int_equal(database_script(db, "UPDATE t SET b=b||'x'"), 0);
	assert_int_equal(database_copy_new(db, q.db, &copy), 0);
	while (result == 0)
		result = database_copy_step(copy, 5);
	assert_int_equal(result, DATABASE_END);
	database_copy_free(steal(&copy));
	for (int i = 0; i < 2; i++) {
		OWNED(database) struct database *of = NULL;

		assert_int_equal(database_open(q.db, &of), 0);
		assert_true(database_is_checked(of));
		assert_int_equal(look(of), 0);
		assert_int_equal(database_check(of, false, &detail), 0);
		database_close(steal(&of));
		assert_int_equal(database_backup(db, q.db), 0);
	}
	database_close(steal(&db));
	(void)unlink(q.db);
	assert_int_equal(sqlite3_open(q.db, &plain), SQLITE_OK);
	assert_int_equal(sqlite3_exec(plain, content, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(plain), SQLITE_OK);
	assert_int_equal(database_open(q.db, &db), 0);
	assert_false(database_is_checked(db));
	assert_int_equal(look(db), 0);
	assert_int_equal(database_script(db, "UPDATE t SET b=b||'x'"), 0);
	assert_int_equal(database_check(db, true, &detail), 0);
	database_close(steal(&db));
	remove_place(&p);
	remove_place(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_page_is_checked),      cmocka_unit_test(test_what_is_damaged_is_not_read),
	    cmocka_unit_test(test_a_page_belongs_where_it_is), cmocka_unit_test(test_what_the_log_has_is_whole),
	    cmocka_unit_test(test_in_use_it_is_marked),	       cmocka_unit_test(test_copies_and_files_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
