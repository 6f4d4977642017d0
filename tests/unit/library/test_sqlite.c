#include "test.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values_come_back_as_they_went), cmocka_unit_test(test_the_schema_refuses),
	    cmocka_unit_test(test_a_mark_is_undone_alone),	  cmocka_unit_test(test_one_text_twice_at_a_time),
	    cmocka_unit_test(test_files_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
