/*
 * SQLite: one connection in WAL mode, statements cached by the address of
 * their text (so the text must be a literal), values and columns typed.
 * Reading a damaged or foreign file is the outcome DATABASE_BAD; a rule of the
 * schema that refuses a row is DATABASE_REFUSED; the rest is a fault.
 */
#ifndef LIBRARY_SQLITE_H
#define LIBRARY_SQLITE_H

#include "base/bytes.h"

struct database;
struct statement;

enum database_outcome {
	DATABASE_END = 1, /* no further row */
	DATABASE_BAD,	  /* not a database, damaged, or of a newer SQLite */
	DATABASE_REFUSED, /* unique, foreign key, check or type */
	DATABASE_FULL,	  /* disk full or not writable: nothing of the transaction counts */
};

enum value_kind { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BYTES };

/* A parameter. Text and bytes are borrowed until the statement is done. */
struct value {
	enum value_kind kind;
	int64_t number;
	struct bytes bytes;
};

struct value value_null(void);
struct value value_int(int64_t number);
struct value value_text(const char *text); /* NULL: null */
struct value value_bytes(struct bytes b);  /* empty and NULL: null */
#define VALUES(...)                                                                                                    \
	((const struct value[]){__VA_ARGS__}), (sizeof((struct value[]){__VA_ARGS__}) / sizeof(struct value))
#define NO_VALUES NULL, (size_t)0

/* path ":memory:" is one in memory. WAL, synchronous=NORMAL, foreign keys, no trusted schema. */
int database_open(const char *path, struct database **ret) MUST_CHECK;
void database_close(struct database *db);
DEFINE_OWNED(database, struct database, database_close);

/* Whether its pages carry checksums: a new one's do. Then what is damaged is found where it is read; else
 * database_check() finds what it can. */
bool database_is_checked(const struct database *db);
/* From now on damage is not an outcome but a fault, and an empty file of that name says so to whoever opens it next. */
int database_watch(struct database *db, const char *mark) MUST_CHECK;
/* Reads n pages from the page-th on (0: the first), which moves on. DATABASE_END: that was all; DATABASE_BAD, or the
 * fault. Within a transaction nothing happens. */
int database_look_through(struct database *db, uint64_t *page, uint32_t n) MUST_CHECK;

/* Statements without parameters and rows, separated by ';'. */
int database_script(struct database *db, const char *sql) MUST_CHECK;
/* One statement to its end; rows are ignored. */
int database_run(struct database *db, const char *sql, const struct value *values, size_t n) MUST_CHECK;
int64_t database_changes(struct database *db); /* rows changed by the last run */
/* Another number than before when a transaction was undone meanwhile (a mark does not count): ids that were learnt since
 * may be no more. */
uint64_t database_undone(const struct database *db);

/* Rows one by one: prepared and bound, not yet at a row. Give it back with statement_done(). */
int database_query(struct database *db, const char *sql, const struct value *values, size_t n,
		   struct statement **ret) MUST_CHECK;
int statement_next(struct statement *s) MUST_CHECK; /* 0: at a row; DATABASE_END */
void statement_done(struct statement *s);
DEFINE_OWNED(statement, struct statement, statement_done);

/* Columns of the row at hand, from 0; text and bytes live until the next step. */
int statement_columns(struct statement *s);
bool column_is_null(struct statement *s, int i);
int64_t column_int(struct statement *s, int i);
const char *column_text(struct statement *s, int i); /* NULL: null */
struct bytes column_bytes(struct statement *s, int i);
struct value column_value(struct statement *s, int i); /* of its own kind; text has a NUL behind it */

/* The first column of the first row, or otherwise. */
int database_int(struct database *db, const char *sql, const struct value *values, size_t n, int64_t otherwise,
		 int64_t *ret) MUST_CHECK;

/* A transaction is open between begin and commit or roll_back; a mark inside it can be undone alone. */
int database_begin(struct database *db) MUST_CHECK;
int database_commit(struct database *db) MUST_CHECK;
void database_roll_back(struct database *db); /* fine when none is open */
int database_mark(struct database *db) MUST_CHECK;
int database_release(struct database *db) MUST_CHECK; /* keeps what came after the mark */
int database_return(struct database *db) MUST_CHECK;  /* undoes what came after the mark */

/* A wide cache, for work that passes over much of the database. Narrow again, the memory is given back. */
int database_widen(struct database *db) MUST_CHECK;
void database_narrow(struct database *db);

/* The whole database as it is now, into a new file. */
int database_backup(struct database *db, const char *path) MUST_CHECK;
/*
 * The same in steps, while the connection goes on changing it: what is changed between steps is in the copy as well.
 * The last step must not find a transaction open. The copy is a plain file without side files.
 */
struct database_copy;
int database_copy_new(struct database *db, const char *path, struct database_copy **ret) MUST_CHECK;
void database_copy_free(struct database_copy *c);
DEFINE_OWNED(database_copy, struct database_copy, database_copy_free);
/* 0: pages are left; DATABASE_END: the copy is whole and closed; DATABASE_FULL. */
int database_copy_step(struct database_copy *c, int pages) MUST_CHECK;
bool database_copy_is_last(struct database_copy *c, int pages); /* the next step of so many may be the last one */
/* A file that nobody writes, for reading only; it is not changed, not even by looking at it. */
int database_open_still(const char *path, struct database **ret) MUST_CHECK;
/* 0 or DATABASE_BAD with one line about the first defect. quick: without the indexes. */
int database_check(struct database *db, bool quick, struct buffer *ret_detail) MUST_CHECK;

#endif
