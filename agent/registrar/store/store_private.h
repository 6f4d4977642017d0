/* Shared by the store's files only. */
#ifndef REGISTRAR_STORE_PRIVATE_H
#define REGISTRAR_STORE_PRIVATE_H

#include "registrar/store/store.h"

enum { STORE_LIST_ALL, STORE_LIST_DRAFTER, STORE_LIST_RESPONSIBLE, STORE_LIST_STATE, STORE_RECORD_LISTS };

struct store {
	struct database *db;
	const struct secret *meta; /* borrowed; NULL: not given yet */
	/* Made from the table of record_json.c; their addresses name them in the statement cache. */
	char *record_put, *record_get, *record_get_id, *record_get_version, *record_file, *record_path;
	char *record_list[STORE_RECORD_LISTS];
};

/* DATABASE_END is "no such thing" for single rows; a row that does not read is damage. */
int store_answer(int result) MUST_CHECK;

typedef int (*store_row_fn)(struct store *s, struct statement *row, struct arena *a, void *context);
/* Every row to `row`, with an arena of its own for each. */
int store_each(struct store *s, const char *sql, const struct value *values, size_t n, store_row_fn row,
	       void *context) MUST_CHECK;
/* Exactly the first row, or STORE_NOT_FOUND. */
int store_first(struct store *s, const char *sql, const struct value *values, size_t n, store_row_fn row,
		void *context) MUST_CHECK;
/* What a caller's callback returned, as the list's answer: a fault as it is, anything positive STORE_STOP. */
int store_from_callback(int result) MUST_CHECK;

struct date store_column_date(struct statement *row, int i);
const char *store_column_text(struct statement *row, int i, struct arena *a);
struct texts store_column_lines(struct statement *row, int i, struct arena *a);
/* place with the id it belongs to. */
const char *store_column_sealed(struct store *s, struct statement *row, int i, const char *place, struct arena *a);

/* Hash of a path for look-up: hex, or "" without a key. */
void store_path_hash(const struct store *s, const char *path, char ret[2 * CELL_HASH + 1]);

#endif
