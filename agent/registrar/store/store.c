#include "registrar/store/store_private.h"

#include "base/text.h"
#include "registrar/store/record_json.h"
#include "registrar/store/schema.h"
#include "registrar/store/tallies.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>

#define MARK ".damaged" /* the name of the file that says so, behind the store's */
#define ASIDE_MAX 100 /* stores that are put aside in one second */

/* ---- opening ---- */

static char *join_columns(const char *before, const char *form, const char *after)
{
	OWN_BUFFER struct buffer b = {0};

	buffer_add_text(&b, before);
	for (size_t i = 0; i < record_column_n(); i++) {
		buffer_add_text(&b, i ? "," : "");
		for (const char *c = form; *c; c++) {
			if (*c == '%')
				buffer_add_text(&b, record_column(i));
			else
				buffer_u8(&b, (uint8_t)*c);
		}
	}
	buffer_add_text(&b, after);
	return buffer_steal_text(&b);
}

static char *make_put(void)
{
	OWN_MEM char *head = join_columns("INSERT INTO records(", "%", ",due,seq) VALUES(");
	OWN_MEM char *values = join_columns(head ? head : "", "?", ",?,?) ON CONFLICT(number) DO UPDATE SET ");

	return values ? join_columns(values, "%=excluded.%",
				     ",due=excluded.due,seq=excluded.seq WHERE excluded.version>=version")
		      : NULL;
}

/* The same list by the index that narrows it most. */
static const char *const record_list_by[STORE_RECORD_LISTS] = {
    [STORE_LIST_ALL] = "WHERE number>?1",
    [STORE_LIST_DRAFTER] = "WHERE drafter=?2 AND number>?1",
    [STORE_LIST_RESPONSIBLE] = "WHERE responsible=?3 AND number>?1",
    [STORE_LIST_STATE] = "INDEXED BY records_state WHERE state IN (SELECT value FROM json_each(?4)) AND number>?1",
};
static const char record_list_rest[] = " AND (?2 IS NULL OR drafter=?2) AND (?3 IS NULL OR responsible=?3)"
				       " AND (?4 IS NULL OR instr(?4,'\"'||state||'\"'))"
				       " AND (NOT ?5 OR request<>'new') ORDER BY number LIMIT ?6";

static int make_statements(struct store *s)
{
	s->record_put = make_put();
	s->record_get = join_columns("SELECT ", "%", " FROM records WHERE number=?");
	s->record_get_id = join_columns("SELECT ", "%", " FROM records WHERE id=?");
	s->record_get_version = join_columns("SELECT ", "%", " FROM versions WHERE number=? AND version=?");
	s->record_file = join_columns("SELECT ", "r.%",
				      " FROM documents d JOIN records r ON r.number=d.number"
				      " WHERE d.sealed AND d.ino=?1 AND d.dev=?2");
	s->record_path = join_columns("SELECT ", "r.%",
				      " FROM documents d JOIN records r ON r.number=d.number"
				      " WHERE d.path_hash=? AND d.root=?");
	s->record_rows = join_columns("SELECT ", "%", ",seq FROM records WHERE number=?");
	s->version_rows = join_columns("SELECT ", "%", ",seq FROM versions WHERE number=? ORDER BY version");
	for (size_t i = 0; i < STORE_RECORD_LISTS; i++) {
		OWN_MEM char *rest = text_format(" FROM records %s%s", record_list_by[i], record_list_rest);

		s->record_list[i] = rest ? join_columns("SELECT ", "%", rest) : NULL;
		if (!s->record_list[i])
			return FAULT(ENOMEM, "store");
	}
	if (!s->record_put || !s->record_get || !s->record_get_id || !s->record_get_version || !s->record_file ||
	    !s->record_path || !s->record_rows || !s->version_rows)
		return FAULT(ENOMEM, "store");
	return 0;
}

/* path NULL: a store that is being made, of which no copy is worth keeping. */
static int run_step(struct store *s, const char *path, int64_t version)
{
	char copy[4096], set[64];
	int result;

	if (path) {
		(void)snprintf(copy, sizeof(copy), "%s.before-%lld", path, (long long)version + 1);
		result = database_backup(s->db, copy);
		if (result)
			return result;
	}
	(void)snprintf(set, sizeof(set), "PRAGMA user_version=%lld", (long long)version + 1);
	result = database_begin(s->db);
	if (result == 0)
		result = database_script(s->db, schema_steps[version]);
	if (result == 0)
		result = database_script(s->db, set);
	if (result == 0)
		result = database_commit(s->db);
	database_roll_back(s->db);
	return result;
}

static int migrate(struct store *s, const char *path, size_t to)
{
	int64_t version;
	bool is_new;
	int result = database_int(s->db, "PRAGMA user_version", NO_VALUES, 0, &version);

	if (result == 0 && version > (int64_t)schema_n_steps)
		return STORE_NEWER;
	is_new = result == 0 && version == 0;
	while (result == 0 && version < (int64_t)to)
		result = run_step(s, is_new ? NULL : path, version++);
	return result;
}

int store_make_version(const char *path, size_t version)
{
	struct store s = {0};
	int result = database_open(path, &s.db);

	if (result == 0)
		result = migrate(&s, path, version);
	database_close(s.db);
	return result;
}

int store_open(const char *path, struct store **ret)
{
	OWNED(store) struct store *s = calloc(1, sizeof(*s));
	int result;

	if (!s)
		return FAULT(ENOMEM, "store");
	TRY(make_statements(s));
	result = database_open(path, &s->db);
	if (result)
		return store_answer(result);
	result = migrate(s, path, schema_n_steps);
	if (result == STORE_NEWER)
		return STORE_NEWER;
	if (result)
		return store_answer(result);
	*ret = steal(&s);
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	database_close(s->db);
	free(s->record_put);
	free(s->record_get);
	free(s->record_get_id);
	free(s->record_get_version);
	for (size_t i = 0; i < STORE_RECORD_LISTS; i++)
		free(s->record_list[i]);
	free(s->record_file);
	free(s->record_path);
	free(s->record_rows);
	free(s->version_rows);
	store_folders_free(s);
	tally_sheet_free(s->sheet);
	free(s);
}

bool store_is_marked(const char *path)
{
	OWN_MEM char *mark = text_format("%s" MARK, path);

	return mark && access(mark, F_OK) == 0;
}

int store_watch(struct store *s, const char *path)
{
	OWN_MEM char *mark = text_format("%s" MARK, path);

	return mark ? database_watch(s->db, mark) : FAULT(ENOMEM, "store");
}

/* What is put aside in the same second has a number of its own. */
static int put_aside(const char *path, const char *end, const char *time)
{
	OWN_MEM char *from = text_format("%s%s", path, end);

	for (unsigned n = 0; from && n < ASIDE_MAX; n++) {
		OWN_MEM char *to =
		    n ? text_format("%s.bad-%s.%u", from, time, n) : text_format("%s.bad-%s", from, time);

		if (!to)
			break;
		if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 || errno == ENOENT)
			return 0;
		if (errno != EEXIST || n + 1 == ASIDE_MAX)
			return FAULT(errno, "%s", to);
	}
	return FAULT(ENOMEM, "store");
}

int store_quarantine(const char *path, const char *time)
{
	static const char *const ends[] = {"-wal", "-shm", "", MARK}; /* the mark last: until then it is found again */

	for (size_t i = 0; i < array_n(ends); i++)
		TRY(put_aside(path, ends[i], time));
	return 0;
}

int store_check(struct store *s, struct buffer *ret_detail)
{
	return database_is_checked(s->db) ? 0 : store_answer(database_check(s->db, true, ret_detail));
}

int store_look_through(struct store *s, uint64_t *page, uint32_t n)
{
	return store_answer(database_look_through(s->db, page, n));
}

void store_set_meta_key(struct store *s, const struct secret *meta)
{
	s->meta = meta;
}

const struct secret *store_meta_key(const struct store *s)
{
	return s->meta;
}

struct database *store_database(struct store *s)
{
	return s->db;
}

/* ---- how far, and facts ---- */

int store_applied(struct store *s, uint64_t *ret_seq, char ret_hash[2 * SHA256_BYTES + 1])
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(s->db, "SELECT seq,hash FROM applied", NO_VALUES, &row);

	if (result == 0)
		result = statement_next(row);
	if (result)
		return store_answer(result);
	*ret_seq = (uint64_t)column_int(row, 0);
	(void)snprintf(ret_hash, 2 * SHA256_BYTES + 1, "%s", column_text(row, 1));
	return 0;
}

int store_set_applied(struct store *s, uint64_t seq, const char *hash)
{
	return store_answer(
	    database_run(s->db, "UPDATE applied SET seq=?,hash=?", VALUES(value_int((int64_t)seq), value_text(hash))));
}

int store_fact(struct store *s, const char *key, char **ret)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(s->db, "SELECT value FROM facts WHERE key=?", VALUES(value_text(key)), &row);

	if (result == 0)
		result = statement_next(row);
	if (result)
		return store_answer(result);
	*ret = text_copy(column_text(row, 0));
	return *ret ? 0 : FAULT(ENOMEM, "store");
}

static void dump_row(struct statement *row, struct buffer *ret)
{
	for (int i = 0; i < statement_columns(row); i++) {
		struct bytes b = column_bytes(row, i);
		OWN_MEM char *text = text_escape(b);

		buffer_add_text(ret, i ? "|" : "");
		buffer_add_text(ret, column_is_null(row, i) ? "-" : text);
	}
	buffer_add_text(ret, "\n");
}

int store_rows(struct store *s, const char *sql, const struct value *values, size_t n, struct buffer *ret)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(s->db, sql, values, n, &row);

	while (result == 0 && (result = statement_next(row)) == 0)
		dump_row(row, ret);
	return result == DATABASE_END ? buffer_check(ret) : store_answer(result);
}

int store_record_rows(struct store *s, const char *number, bool earlier, struct buffer *ret)
{
	return store_rows(s, earlier ? s->version_rows : s->record_rows, VALUES(value_text(number)), ret);
}

int store_dump(struct store *s, struct buffer *ret)
{
	int counted = store_counts_write(s);

	if (counted)
		return counted;
	for (size_t i = 0; schema_journalled[i]; i++) {
		int result = store_rows(s, schema_journalled[i], NO_VALUES, ret);

		if (result)
			return result;
	}
	return buffer_check(ret);
}

/* ---- shared by the store's files ---- */

int store_answer(int result)
{
	if (result == DATABASE_END)
		return STORE_NOT_FOUND;
	if (result == DATABASE_BAD)
		return STORE_BAD;
	if (result == DATABASE_FULL)
		return STORE_FULL;
	if (result == DATABASE_REFUSED)
		return FAULT(EINVAL, "the store refuses a row that was checked");
	return result;
}

int store_from_callback(int result)
{
	return result > 0 ? STORE_STOP : result;
}

int store_each(struct store *s, const char *sql, const struct value *values, size_t n, store_row_fn row, void *context)
{
	OWNED(statement) struct statement *at = NULL;
	int result = database_query(s->db, sql, values, n, &at);

	if (result)
		return store_answer(result);
	while ((result = statement_next(at)) == 0) {
		struct arena a = {0};
		int stop = row(s, at, &a, context);

		if (stop == 0)
			stop = arena_check(&a);
		arena_done(&a);
		if (stop)
			return stop;
	}
	return result == DATABASE_END ? 0 : store_answer(result);
}

int store_first(struct store *s, const char *sql, const struct value *values, size_t n, store_row_fn row, void *context)
{
	OWNED(statement) struct statement *at = NULL;
	struct arena a = {0};
	int result = database_query(s->db, sql, values, n, &at);

	if (result == 0)
		result = statement_next(at);
	if (result)
		return store_answer(result);
	result = row(s, at, &a, context);
	if (result == 0)
		result = arena_check(&a);
	arena_done(&a);
	return result;
}

struct date store_column_date(struct statement *row, int i)
{
	const char *text = column_text(row, i);
	struct date date = {0};

	if (text)
		(void)date_parse(text, &date); /* "" is unset too */
	return date;
}

const char *store_column_text(struct statement *row, int i, struct arena *a)
{
	return arena_text(a, column_text(row, i));
}

struct texts store_column_lines(struct statement *row, int i, struct arena *a)
{
	return arena_lines(a, bytes_of_text(column_text(row, i)));
}

const char *store_column_sealed(struct store *s, struct statement *row, int i, const char *place, struct arena *a)
{
	return cell_text(a, s->meta, place, column_bytes(row, i));
}

void store_path_hash(const struct store *s, const char *path, char ret[2 * CELL_HASH + 1])
{
	if (!cell_hash(s->meta, CELL_PATH, path, ret))
		ret[0] = '\0';
}
