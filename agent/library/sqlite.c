#include "library/sqlite_private.h"

#include "base/text.h"
#include "library/sqlite_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct statement {
	struct database *db;
	const char *sql; /* the literal; its address is the name in the cache */
	sqlite3_stmt *compiled;
	bool is_busy;	/* lent out: a second user of the same text gets one of his own */
	bool is_cached; /* else finalised when done */
};

#define NARROW_CACHE "PRAGMA cache_size=-4000;"

static const char opening[] = "PRAGMA locking_mode=EXCLUSIVE;" /* a second agent is refused; no shared memory file */
			      "PRAGMA journal_mode=WAL;"
			      "PRAGMA synchronous=NORMAL;"
			      "PRAGMA foreign_keys=ON;"
			      "PRAGMA trusted_schema=OFF;"
			      "PRAGMA cell_size_check=ON;"
			      "PRAGMA temp_store=MEMORY;"
			      NARROW_CACHE
			      "PRAGMA wal_autocheckpoint=8000;"; /* 32 MiB: two waits for the disk each */

struct value value_null(void)
{
	return (struct value){.kind = VALUE_NULL};
}

struct value value_int(int64_t number)
{
	return (struct value){.kind = VALUE_INT, .number = number};
}

struct value value_text(const char *text)
{
	if (!text)
		return value_null();
	return (struct value){.kind = VALUE_TEXT, .bytes = bytes_of_text(text)};
}

struct value value_bytes(struct bytes b)
{
	if (!b.at)
		return value_null();
	return (struct value){.kind = VALUE_BYTES, .bytes = b};
}

/* Whoever asked may have been told less than there is: nobody goes on with such a database. */
static int on_damage(struct database *db, const char *what)
{
	int fd = open(db->mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		(void)close(fd); /* an empty file: it is there */
	return FAULT(EUCLEAN, "the store is damaged, and is made anew from the journal at the next start (%s)", what);
}

int database_answer(struct database *db, int code, const char *what)
{
	switch (code & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return db->mark ? on_damage(db, what) : DATABASE_BAD;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return DATABASE_REFUSED;
	case SQLITE_FULL:
	case SQLITE_READONLY:
		db->undone++; /* it may have undone the whole transaction */
		return DATABASE_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return FAULT(EBUSY, "the store is in use by another process (%s)", what);
	case SQLITE_NOMEM:
		return FAULT(ENOMEM, "store: %s", what);
	default:
		return FAULT(EIO, "store: %s: %s", what, sqlite3_errmsg(db->handle));
	}
}

/* No threads: no locks, and nobody asks how much memory it has. Once it has begun it refuses, and stays as it is. */
static void configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int database_open_handle(const struct database *db, const char *path, int flags, sqlite3 **ret)
{
	const char *vfs = db->is_checked ? pages_vfs() : NULL;

	return db->is_checked && !vfs ? SQLITE_NOMEM : sqlite3_open_v2(path, ret, flags, vfs);
}

int database_open(const char *path, struct database **ret)
{
	OWNED(database) struct database *db = calloc(1, sizeof(*db));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	int result;

	if (!db)
		return FAULT(ENOMEM, "store");
	configure();
	db->is_checked = pages_are_checked(path);
	result = database_open_handle(db, path, flags, &db->handle);
	if (result == SQLITE_OK && db->is_checked)
		result = pages_reserve(db->handle);
	if (result != SQLITE_OK)
		return database_answer(db, result, path);
	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	result = database_script(db, opening);
	if (result)
		return result;
	/* The first read takes the lock and looks at the header. */
	result = database_script(db, "SELECT count(*) FROM sqlite_schema");
	if (result)
		return result;
	*ret = steal(&db);
	return 0;
}

int database_watch(struct database *db, const char *mark)
{
	db->mark = text_copy(mark);
	return db->mark ? 0 : FAULT(ENOMEM, "store");
}

bool database_is_checked(const struct database *db)
{
	return db->is_checked;
}

void database_close(struct database *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->n; i++) {
		(void)sqlite3_finalize(db->cache[i]->compiled); /* repeats the error of its last step */
		free(db->cache[i]);
	}
	free(db->cache);
	(void)sqlite3_close_v2(db->handle); /* the journal has everything; a checkpoint that fails is made at opening */
	free(db->mark);
	free(db);
}

int database_script(struct database *db, const char *sql)
{
	return database_answer(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL), sql);
}

static struct statement *find_cached(struct database *db, const char *sql)
{
	struct statement **hint = &db->hints[(uintptr_t)sql / sizeof(void *) % HINTS];

	if (*hint && (*hint)->sql == sql)
		return *hint;
	for (size_t i = 0; i < db->n; i++)
		if (db->cache[i]->sql == sql) {
			*hint = db->cache[i];
			return db->cache[i];
		}
	return NULL;
}

static int grow_cache(struct database *db)
{
	struct statement **more;

	if (db->n < db->room)
		return 0;
	more = reallocarray(db->cache, db->room + 32, sizeof(struct statement *));
	if (!more)
		return FAULT(ENOMEM, "store");
	db->cache = more;
	db->room += 32;
	return 0;
}

/* A statement that is not busy: the cached one, or one of its own when that is lent out. */
static int borrow(struct database *db, const char *sql, struct statement **ret)
{
	struct statement *s = find_cached(db, sql);
	bool is_first;
	int result;

	if (s && !s->is_busy) {
		*ret = s;
		return 0;
	}
	TRY(grow_cache(db));
	is_first = !s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return FAULT(ENOMEM, "store");
	*s = (struct statement){.db = db, .sql = sql, .is_cached = is_first};
	result = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->compiled, NULL);
	if (result != SQLITE_OK) {
		free(s);
		return database_answer(db, result, sql);
	}
	if (s->is_cached)
		db->cache[db->n++] = s;
	*ret = s;
	return 0;
}

static int bind(sqlite3_stmt *compiled, int i, const struct value *v)
{
	switch (v->kind) {
	case VALUE_INT:
		return sqlite3_bind_int64(compiled, i, v->number);
	case VALUE_TEXT:
		return sqlite3_bind_text64(compiled, i, (const char *)v->bytes.at, v->bytes.n, SQLITE_STATIC,
					   SQLITE_UTF8);
	case VALUE_BYTES:
		return sqlite3_bind_blob64(compiled, i, v->bytes.at, v->bytes.n, SQLITE_STATIC);
	case VALUE_NULL:
	default:
		return sqlite3_bind_null(compiled, i);
	}
}

int database_query(struct database *db, const char *sql, const struct value *values, size_t n, struct statement **ret)
{
	struct statement *s = NULL;
	int result = borrow(db, sql, &s);

	if (result)
		return result;
	s->is_busy = true;
	for (size_t i = 0; i < n && result == SQLITE_OK; i++)
		result = bind(s->compiled, (int)i + 1, &values[i]);
	if (result != SQLITE_OK) {
		result = database_answer(db, result, sql);
		statement_done(s);
		return result;
	}
	*ret = s;
	return 0;
}

int statement_next(struct statement *s)
{
	int result = sqlite3_step(s->compiled);

	if (result == SQLITE_ROW)
		return 0;
	return result == SQLITE_DONE ? DATABASE_END : database_answer(s->db, result, s->sql);
}

void statement_done(struct statement *s)
{
	if (!s)
		return;
	if (!s->is_cached) {
		(void)sqlite3_finalize(s->compiled); /* repeats the error of its last step, as does reset */
		free(s);
		return;
	}
	(void)sqlite3_reset(s->compiled);
	(void)sqlite3_clear_bindings(s->compiled);
	s->is_busy = false;
}

int database_run(struct database *db, const char *sql, const struct value *values, size_t n)
{
	OWNED(statement) struct statement *s = NULL;
	int result = database_query(db, sql, values, n, &s);

	while (result == 0)
		result = statement_next(s);
	return result == DATABASE_END ? 0 : result;
}

uint64_t database_undone(const struct database *db)
{
	return db->undone;
}

int64_t database_changes(struct database *db)
{
	return sqlite3_changes64(db->handle);
}

int statement_columns(struct statement *s)
{
	return sqlite3_column_count(s->compiled);
}

bool column_is_null(struct statement *s, int i)
{
	return sqlite3_column_type(s->compiled, i) == SQLITE_NULL;
}

int64_t column_int(struct statement *s, int i)
{
	return sqlite3_column_int64(s->compiled, i);
}

const char *column_text(struct statement *s, int i)
{
	return (const char *)sqlite3_column_text(s->compiled, i);
}

struct bytes column_bytes(struct statement *s, int i)
{
	const void *at = sqlite3_column_blob(s->compiled, i);

	return bytes_of(at, at ? (size_t)sqlite3_column_bytes(s->compiled, i) : 0);
}

struct value column_value(struct statement *s, int i)
{
	switch (sqlite3_column_type(s->compiled, i)) {
	case SQLITE_INTEGER:
		return value_int(column_int(s, i));
	case SQLITE_TEXT:
		return value_text(column_text(s, i));
	case SQLITE_NULL:
		return value_null();
	default:
		return value_bytes(column_bytes(s, i));
	}
}

int database_int(struct database *db, const char *sql, const struct value *values, size_t n, int64_t otherwise,
		 int64_t *ret)
{
	OWNED(statement) struct statement *s = NULL;
	int result = database_query(db, sql, values, n, &s);

	if (result == 0)
		result = statement_next(s);
	if (result == 0)
		*ret = column_is_null(s, 0) ? otherwise : column_int(s, 0);
	else if (result == DATABASE_END)
		*ret = otherwise;
	return result == DATABASE_END ? 0 : result;
}

int database_begin(struct database *db)
{
	return database_run(db, "BEGIN IMMEDIATE", NO_VALUES);
}

int database_commit(struct database *db)
{
	return database_run(db, "COMMIT", NO_VALUES);
}

void database_roll_back(struct database *db)
{
	db->undone++;
	if (!sqlite3_get_autocommit(db->handle))
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL); /* fails only when already undone */
}

int database_widen(struct database *db)
{
	return database_script(db, "PRAGMA cache_size=-16000");
}

void database_narrow(struct database *db)
{
	(void)sqlite3_exec(db->handle, NARROW_CACHE, NULL, NULL, NULL); /* else it keeps some MiB */
	(void)sqlite3_db_release_memory(db->handle);		  /* what is in use stays */
}

int database_mark(struct database *db)
{
	return database_run(db, "SAVEPOINT mark", NO_VALUES);
}

int database_release(struct database *db)
{
	return database_run(db, "RELEASE mark", NO_VALUES);
}

int database_return(struct database *db)
{
	int result = database_run(db, "ROLLBACK TO mark", NO_VALUES);

	return result ? result : database_release(db);
}
