/* A database as a whole: copies of it, and whether it is sound. */
#include "library/sqlite_pages.h"
#include "library/sqlite_private.h"

#include <errno.h>

int database_backup(struct database *db, const char *path)
{
	if (unlink(path) && errno != ENOENT)
		return FAULT(errno, "%s", path);
	return database_run(db, "VACUUM INTO ?", VALUES(value_text(path)));
}

struct database_copy {
	struct database *db; /* borrowed: the source */
	sqlite3 *to;
	sqlite3_backup *backup;
	bool is_begun;
};

void database_copy_free(struct database_copy *c)
{
	if (!c)
		return;
	(void)sqlite3_backup_finish(c->backup); /* NULL is fine; the error was that of a step */
	(void)sqlite3_close_v2(c->to);
	free(c);
}

int database_copy_new(struct database *db, const char *path, struct database_copy **ret)
{
	OWNED(database_copy) struct database_copy *c = calloc(1, sizeof(*c));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	int result;

	if (!c)
		return FAULT(ENOMEM, "copy of the store");
	if (unlink(path) && errno != ENOENT)
		return FAULT(errno, "%s", path);
	c->db = db;
	result = database_open_handle(db, path, flags, &c->to);
	if (result != SQLITE_OK)
		return database_answer(db, result, path);
	c->backup = sqlite3_backup_init(c->to, "main", db->handle, "main");
	if (!c->backup)
		return FAULT(EIO, "copy of the store: %s", sqlite3_errmsg(c->to));
	*ret = steal(&c);
	return 0;
}

bool database_copy_is_last(struct database_copy *c, int pages)
{
	return !c->is_begun || sqlite3_backup_remaining(c->backup) <= pages;
}

int database_copy_step(struct database_copy *c, int pages)
{
	int result = sqlite3_backup_step(c->backup, pages);

	c->is_begun = true;
	if (result == SQLITE_OK)
		return 0;
	if (result == SQLITE_DONE) {
		result = sqlite3_backup_finish(steal(&c->backup));
		/* It has the source's mode, which wants side files. */
		if (result == SQLITE_OK)
			result = sqlite3_exec(c->to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
		if (result == SQLITE_OK)
			result = sqlite3_close_v2(steal(&c->to));
		if (result == SQLITE_OK)
			return DATABASE_END;
	}
	return database_answer(c->db, result, "copy");
}

int database_open_still(const char *path, struct database **ret)
{
	OWNED(database) struct database *db = calloc(1, sizeof(*db));
	int result;

	if (!db)
		return FAULT(ENOMEM, "store");
	result = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (result == SQLITE_OK) {
		(void)sqlite3_extended_result_codes(db->handle, 1);
		(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		result = sqlite3_exec(db->handle, "PRAGMA trusted_schema=OFF;SELECT count(*) FROM sqlite_schema", NULL,
				      NULL, NULL);
	}
	if (result != SQLITE_OK)
		return database_answer(db, result, path);
	*ret = steal(&db);
	return 0;
}

int database_check(struct database *db, bool quick, struct buffer *ret_detail)
{
	OWNED(statement) struct statement *s = NULL;
	int result = database_query(db, quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)", NO_VALUES, &s);

	if (result == 0)
		result = statement_next(s);
	if (result)
		return result == DATABASE_END ? DATABASE_BAD : result;
	if (bytes_equal_text(bytes_of_text(column_text(s, 0)), "ok"))
		return 0;
	buffer_add_text(ret_detail, column_text(s, 0));
	return DATABASE_BAD;
}

/* What a power cut tore while the log was written back lies whole in the log, and is written once more. */
static int look_again(struct database *db, uint64_t first, uint32_t n)
{
	int result = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	return result == SQLITE_OK ? pages_look(db->handle, first, n) : result;
}

int database_look_through(struct database *db, uint64_t *page, uint32_t n)
{
	int result;

	if (!db->is_checked)
		return DATABASE_END;
	if (!sqlite3_get_autocommit(db->handle)) /* the log is not written back within a transaction */
		return 0;
	result = pages_look(db->handle, *page, n);
	if (result == SQLITE_CORRUPT)
		result = look_again(db, *page, n);
	*page += n;
	return result == SQLITE_DONE ? DATABASE_END : database_answer(db, result, "looking through it");
}
