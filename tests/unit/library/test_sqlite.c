#include "test.h"

#include "base/text.h"
#include "library/sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char schema[] = "CREATE TABLE a(id INTEGER PRIMARY KEY, t TEXT NOT NULL) STRICT;"
			     "CREATE TABLE b(a INTEGER NOT NULL REFERENCES a(id), x BLOB) STRICT;";
static const char insert[] = "INSERT INTO a(id,t) VALUES(?,?)";
static const char count[] = "SELECT count(*) FROM a";

static struct database *with_schema(void)
{
	struct database *db = NULL;

	assert_int_equal(database_open(":memory:", &db), 0);
	assert_int_equal(database_script(db, schema), 0);
	return db;
}

static int64_t how_many(struct database *db)
{
	int64_t n = -1;

	assert_int_equal(database_int(db, count, NO_VALUES, -2, &n), 0);
	return n;
}

static void test_values_come_back_as_they_went(void **state)
{
	static const uint8_t raw[] = {0, 1, 255};
	OWNED(database) struct database *db = with_schema();
	OWNED(statement) struct statement *s = NULL;

	(void)state;
	assert_int_equal(database_run(db, insert, VALUES(value_int(INT64_MAX), value_text("机密"))), 0);
	assert_int_equal(database_run(db, "INSERT INTO b VALUES(?,?)",
				      VALUES(value_int(INT64_MAX), value_bytes(bytes_of(raw, sizeof(raw))))),
			 0);
	assert_int_equal(database_query(db, "SELECT a.id,t,x,NULL FROM a JOIN b ON a=a.id", NO_VALUES, &s), 0);
	assert_int_equal(statement_next(s), 0);
	assert_true(column_int(s, 0) == INT64_MAX);
	assert_string_equal(column_text(s, 1), "机密");
	assert_true(bytes_equal(column_bytes(s, 2), bytes_of(raw, sizeof(raw))));
	assert_true(column_is_null(s, 3));
	assert_null(column_text(s, 3));
	assert_int_equal(statement_next(s), DATABASE_END);
}

static void test_the_schema_refuses(void **state)
{
	OWNED(database) struct database *db = with_schema();

	(void)state;
	assert_int_equal(database_run(db, insert, VALUES(value_int(1), value_text("x"))), 0);
	assert_int_equal(database_run(db, insert, VALUES(value_int(1), value_text("y"))), DATABASE_REFUSED);
	assert_int_equal(database_run(db, insert, VALUES(value_int(2), value_null())), DATABASE_REFUSED);
	assert_int_equal(database_run(db, "INSERT INTO b VALUES(9,NULL)", NO_VALUES), DATABASE_REFUSED);
	assert_int_equal(database_run(db, "INSERT INTO b VALUES('text',NULL)", NO_VALUES), DATABASE_REFUSED);
	assert_int_equal(how_many(db), 1);
}

static void test_a_mark_is_undone_alone(void **state)
{
	OWNED(database) struct database *db = with_schema();

	(void)state;
	assert_int_equal(database_begin(db), 0);
	assert_int_equal(database_run(db, insert, VALUES(value_int(1), value_text("kept"))), 0);
	assert_int_equal(database_mark(db), 0);
	assert_int_equal(database_run(db, insert, VALUES(value_int(2), value_text("undone"))), 0);
	assert_int_equal(database_return(db), 0);
	assert_int_equal(database_commit(db), 0);
	assert_int_equal(how_many(db), 1);
	assert_int_equal(database_begin(db), 0);
	assert_int_equal(database_run(db, insert, VALUES(value_int(3), value_text("rolled back"))), 0);
	database_roll_back(db);
	database_roll_back(db);
	assert_int_equal(how_many(db), 1);
}

static void test_one_text_twice_at_a_time(void **state)
{
	static const char all[] = "SELECT id FROM a ORDER BY id";
	OWNED(database) struct database *db = with_schema();
	OWNED(statement) struct statement *outer = NULL;
	int64_t seen = 0;

	(void)state;
	for (int i = 1; i <= 3; i++)
		assert_int_equal(database_run(db, insert, VALUES(value_int(i), value_text("x"))), 0);
	assert_int_equal(database_query(db, all, NO_VALUES, &outer), 0);
	while (statement_next(outer) == 0) {
		OWNED(statement) struct statement *inner = NULL;

		assert_int_equal(database_query(db, all, NO_VALUES, &inner), 0);
		while (statement_next(inner) == 0)
			seen += column_int(outer, 0) * column_int(inner, 0);
	}
	assert_int_equal(seen, 36);
}

static void test_files_are_told_apart(void **state)
{
	char dir[] = "/tmp/test-sqlite-XXXXXX", path[64], copy[64];
	OWN_BUFFER struct buffer detail = {0};
	struct database *db = NULL;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/db", dir);
	(void)snprintf(copy, sizeof(copy), "%s/copy", dir);
	assert_int_equal(database_open(path, &db), 0);
	assert_int_equal(database_script(db, schema), 0);
	assert_int_equal(database_run(db, insert, VALUES(value_int(1), value_text("x"))), 0);
	assert_int_equal(database_check(db, false, &detail), 0);
	assert_int_equal(database_backup(db, copy), 0);
	assert_int_equal(database_backup(db, copy), 0); /* a second time replaces it */
	database_close(db);
	db = NULL;
	assert_int_equal(database_open(copy, &db), 0);
	assert_int_equal(how_many(db), 1);
	database_close(db);
	db = NULL;
	fd = open(copy, O_WRONLY);
	assert_int_equal(pwrite(fd, "no database at all", 18, 0), 18);
	(void)close(fd);
	assert_int_equal(database_open(copy, &db), DATABASE_BAD);
	assert_null(db);
	assert_int_equal(unlink(path) | unlink(copy) | rmdir(dir), 0);
}

/* In steps, with changes between them: the copy has them all, and is one plain file. */
static void test_copy_while_it_changes(void **state)
{
	const char *base = getenv("TMPDIR");
	OWN_MEM char *from = text_format("%s/classd-copy-%d.db", base ? base : "/tmp", (int)getpid());
	OWN_MEM char *to = text_format("%s.copy", from);
	OWNED(database) struct database *db = NULL;
	OWNED(database) struct database *copy = NULL;
	OWNED(database_copy) struct database_copy *c = NULL;
	OWN_BUFFER struct buffer detail = {0};
	OWN_MEM char *wal = text_format("%s-wal", to);
	int64_t n = 0;
	int result;

	(void)state;
	assert_int_equal(database_open(from, &db), 0);
	assert_int_equal(database_script(db, "CREATE TABLE t(a INTEGER PRIMARY KEY,b TEXT)"), 0);
	for (int i = 0; i < 500; i++)
		assert_int_equal(database_run(db, "INSERT INTO t(b) VALUES(hex(randomblob(100)))", NO_VALUES), 0);
	assert_int_equal(database_copy_new(db, to, &c), 0);
	while ((result = database_copy_step(c, 3)) == 0)
		assert_int_equal(database_run(db, "INSERT INTO t(b) VALUES(hex(randomblob(10)))", NO_VALUES), 0);
	assert_int_equal(result, DATABASE_END);
	assert_int_not_equal(access(wal, F_OK), 0);
	assert_int_equal(database_open_still(to, &copy), 0);
	assert_int_equal(database_check(copy, false, &detail), 0);
	assert_int_equal(database_int(copy, "SELECT count(*) FROM t", NO_VALUES, 0, &n), 0);
	assert_true(n > 505);
	int64_t all = 0;
	assert_int_equal(database_int(db, "SELECT count(*) FROM t", NO_VALUES, 0, &all), 0);
	assert_int_equal(n, all);
	database_close(steal(&copy));
	assert_int_equal(truncate(to, 20480), 0);
	result = database_open_still(to, &copy);
	if (result == 0)
		result = database_check(copy, false, &detail);
	assert_int_equal(result, DATABASE_BAD);
	assert_int_equal(unlink(to), 0);
	database_close(steal(&db));
	assert_int_equal(unlink(from), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_copy_while_it_changes),    cmocka_unit_test(test_values_come_back_as_they_went),
	    cmocka_unit_test(test_the_schema_refuses),	     cmocka_unit_test(test_a_mark_is_undone_alone),
	    cmocka_unit_test(test_one_text_twice_at_a_time), cmocka_unit_test(test_files_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
