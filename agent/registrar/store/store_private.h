/* Shared by the store's files only. */
#ifndef REGISTRAR_STORE_PRIVATE_H
#define REGISTRAR_STORE_PRIVATE_H

#include "registrar/store/store.h"

#define STORE_RECENT 8

enum { STORE_LIST_ALL, STORE_LIST_DRAFTER, STORE_LIST_RESPONSIBLE, STORE_LIST_STATE, STORE_RECORD_LISTS };

struct store {
	struct database *db;
	const struct secret *meta; /* borrowed; NULL: not given yet */
	/* Made from the table of record_json.c; their addresses name them in the statement cache. */
	char *record_put, *record_get, *record_get_id, *record_get_version, *record_file, *record_path;
	char *record_rows, *version_rows;
	char *record_list[STORE_RECORD_LISTS];
	/* store_folders.c */
	struct store_folder {
		char *path; /* NULL: none */
		uint32_t root;
		int64_t id;
	} recent[STORE_RECENT]; /* folders that were looked up last: files come folder by folder, from a few at a time
				 */
	size_t next_recent;
	uint64_t undone; /* database_undone() when that was so */
	struct store_listing *listing;
	struct store_pass *passes;
	bool is_silent; /* no document, no finding about a file; as long as … */
	bool is_heard;	/* … no entry was applied since that was asked */
	/* Regular files of that root whose rows are new and not yet in seen_counts: that is written once for many. */
	uint32_t more_root;
	int64_t more;
	struct tally_sheet *sheet; /* tally_sheet.c; NULL: nothing was gathered yet */
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

static inline uint64_t column_u64(struct statement *row, int i)
{
	return (uint64_t)column_int(row, i);
}
static inline struct value value_u64(uint64_t v)
{
	return value_int((int64_t)v); /* the same 64 bits; equality is all that is asked of them */
}
struct date store_column_date(struct statement *row, int i);
const char *store_column_text(struct statement *row, int i, struct arena *a);
struct texts store_column_lines(struct statement *row, int i, struct arena *a);
/* place with the id it belongs to. */
const char *store_column_sealed(struct store *s, struct statement *row, int i, const char *place, struct arena *a);

/* Hash of a path for look-up: hex, or "" without a key. */
void store_path_hash(const struct store *s, const char *path, char ret[2 * CELL_HASH + 1]);

/* ---- store_folders.c, store_listing.c, store_told.c, store_seen.c ---- */

/*
 * How a file's row is found: its id is that of its folder above bits of its name's hash. So the rows of a folder lie
 * together without an index. What has the same bits shares STORE_SHARED ids; which of them is whose says name_hash.
 */
#define STORE_SHARED 8 /* as in STORE_AT_NAME */
struct store_name {
	int64_t folder;
	int64_t id; /* the first of them */
	uint8_t hash[CELL_HASH];
};
/* Values ?1 and ?2 are STORE_NAME_VALUES. */
#define STORE_AT_NAME		"id BETWEEN ?1 AND ?1+7 AND name_hash=?2"
#define STORE_NAME_VALUES(name) value_int((name)->id), value_bytes(store_name_bytes(name))
/* Ids of the rows in the folder with that id. */
#define STORE_IN_FOLDER(folder) "BETWEEN " folder "<<32 AND (" folder "<<32)+4294967295"
static inline struct bytes store_name_bytes(const struct store_name *name)
{
	return bytes_of(name->hash, sizeof(name->hash));
}
/* _make: folders that are missing are added; an answer of the database. _find: STORE_NOT_FOUND: no such folder. */
int store_name_make(struct store *s, uint32_t root, const char *path, struct store_name *ret) MUST_CHECK;
int store_name_find(struct store *s, uint32_t root, const char *path, struct store_name *ret) MUST_CHECK;
/* What the listing that is under way, if it is one of that folder, knows of the file's row. New: if the first of its
 * ids is free it has none. */
enum store_listed { LISTED_NOT, LISTED_NEW, LISTED_SAME, LISTED_OTHER };
enum store_listed store_listing_knows(struct store *s, const struct store_name *name, const struct store_seen *f);
void store_listing_removed(struct store *s, const struct store_name *name); /* its row is no more; NULL: some rows */
void store_listing_forget(struct store *s);				    /* what was learnt may not be so */
int store_listing_look(struct store *s) MUST_CHECK; /* folders were removed: perhaps the one that is being listed */
void store_listing_free(struct store *s);
uint64_t store_name_bits(const uint8_t *hash); /* the first of a name's hash */
/* *ret 0: there is none. An answer of the database. */
int store_folder_of(struct store *s, uint32_t root, struct bytes path, bool make, int64_t *ret) MUST_CHECK;
void store_check_undone(struct store *s); /* forgets what was learnt in a transaction that was undone */
void store_folders_free(struct store *s);

/* Everything that is compared of a file, as one number; what STORE_PRINTED says of a row. */
#define STORE_PRINTED "dev,ino,size,mtime_ns,ctime_ns,uid,mode,nlink,kind,ours,event"
uint64_t store_seen_print(const struct store_seen *f);
struct store_seen store_row_printed(struct statement *row, int from);

/* Whether nothing else in the store speaks of the file; as struct store_plain says. */
int store_is_plain(struct store *s, const struct store_seen *f, bool *ret) MUST_CHECK;

/* A folder and all beneath it. */
#define FOLDERS_BELOW_OF(id)                                                                                           \
	"WITH RECURSIVE below(id) AS (VALUES(" id                                                                      \
	") UNION ALL SELECT o.id FROM folders o JOIN below b ON o.parent=b.id)"                                        \
	" SELECT id FROM below"
#define FOLDERS_BELOW FOLDERS_BELOW_OF("?1")

#endif
