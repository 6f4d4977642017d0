/*
 * What is in the folders, file by file: an index that every scan can fill again, so it is not journalled. A row is
 * found by its folder and the keyed hash of its name, because the rows of one folder then lie together: a folder of a
 * thousand files costs a few pages, not a thousand.
 */
#include "registrar/store/store_private.h"

#include "base/text.h"
#include "classd/frames.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int store_seen_inspected(struct store *s, const struct store_seen *f)
{
	struct store_name name;
	int result = store_name_find(s, f->root, f->path, &name);

	if (result)
		return result;
	result = database_run(
	    s->db,
	    "UPDATE seen SET "
	    "inspected=1,sha256=?3,type=?4,mark=?5,mark_level=?6,mark_term=?7,item=?8,level=?9,matches=?10,"
	    "sealed_args=?11,looked_with=?16,foreign_labels=?17 WHERE " STORE_AT_NAME
	    " AND dev=?12 AND ino=?13 AND size=?14 AND mtime_ns=?15",
	    VALUES(STORE_NAME_VALUES(&name), value_text(f->sha256), value_text(f->type), value_text(f->mark),
		   value_text(f->mark_level), value_text(f->mark_term), value_text(f->item), value_text(f->level),
		   value_text(f->matches), value_text(f->sealed_args), value_u64(f->dev), value_u64(f->ino),
		   value_u64(f->size), value_u64(f->mtime_ns), value_u64(f->looked_with), value_text(f->foreign)));
	if (result == 0 && database_changes(s->db) == 0)
		return STORE_NOT_FOUND;
	return store_answer(result);
}

int store_seen_same(struct store *s, const struct store_seen *f)
{
	struct store_name name;
	int result = store_name_find(s, f->root, f->path, &name);

	if (result)
		return result;
	result = database_run(s->db,
			      "UPDATE seen SET inspected=1 WHERE " STORE_AT_NAME
			      " AND dev=?3 AND ino=?4 AND size=?5 AND mtime_ns=?6 AND inspected<>0 AND sha256=?7",
			      VALUES(STORE_NAME_VALUES(&name), value_u64(f->dev), value_u64(f->ino), value_u64(f->size),
				     value_u64(f->mtime_ns), value_text(f->sha256)));
	if (result == 0 && database_changes(s->db) == 0)
		return STORE_NOT_FOUND;
	return store_answer(result);
}

int store_seen_remove(struct store *s, uint32_t root, const char *path)
{
	struct store_name name;
	int result = store_name_find(s, root, path, &name);

	if (result)
		return result == STORE_NOT_FOUND ? 0 : result;
	store_listing_removed(s, &name);
	return store_answer(
	    database_run(s->db, "DELETE FROM seen WHERE " STORE_AT_NAME, VALUES(STORE_NAME_VALUES(&name))));
}

int store_seen_take(struct store *s, const struct store_seen *f, bool *ret_taken)
{
	struct store_name name;
	int result = store_name_find(s, f->root, f->path, &name);

	*ret_taken = false;
	if (result)
		return result == STORE_NOT_FOUND ? 0 : result;
	result = database_run(s->db, "DELETE FROM seen WHERE " STORE_AT_NAME " AND ino=?3 AND dev=?4",
			      VALUES(STORE_NAME_VALUES(&name), value_u64(f->ino), value_u64(f->dev)));
	*ret_taken = result == 0 && database_changes(s->db) == 1;
	if (*ret_taken)
		store_listing_removed(s, &name);
	return store_answer(result);
}

int store_seen_anew(struct store *s, uint32_t root)
{
	return store_answer(
	    database_run(s->db, "UPDATE seen SET inspected=2 WHERE root=? AND inspected=1", VALUES(value_int(root))));
}

/* ---- reading ---- */

struct passing {
	store_seen_fn each;
	void *arg;
	const struct store_seen_filter *filter;
	int64_t left; /* rows still wanted … */
	bool is_full; /* … none: the list ends as if there were no more */
};

/*
 * Which record a file belongs to (DESIGN 2). An inode number alone proves nothing, because a freed one is soon used
 * again: it counts with the recorded generation, or for a sealed file of ours, whose inode the kept link holds. Where
 * no generation is known (yet, or on this file system) it counts with the recorded name, or with size and time of the
 * last change, which a rename keeps. The plaintext of a draft that is not sealed is the document itself, by that rule.
 */
#define SAME_FILE                                                                                                      \
	"((d.sealed AND f.ours) OR (d.generation<>0 AND d.generation=f.generation) OR"                                 \
	" ((coalesce(d.generation,0)=0 OR f.generation=0) AND ((d.path_hash=f.path_hash AND d.root=f.root) OR"         \
	" (NOT d.sealed AND d.size=f.size AND d.mtime_ns=f.mtime_ns))))"
#define SEEN_FROM(rows)                                                                                                \
	"SELECT f.id,f.root,f.path,f.dev,f.ino,f.generation,f.size,f.mtime_ns,f.ctime_ns,f.uid,f.mode,f.nlink,"        \
	"f.event,f.kind,f.ours,f.inspected,f.sha256,f.type,f.mark,f.mark_level,f.mark_term,f.item,f.level,f.matches,"  \
	"f.sealed_args,f.first_seen,coalesce(d.number,p.number),f.foreign_labels FROM " rows                                            \
	" LEFT JOIN documents d ON d.ino=f.ino AND d.dev=f.dev AND " SAME_FILE                                         \
	" LEFT JOIN documents p ON p.sealed AND p.plain_ino=f.ino AND p.dev=f.dev "
#define SEEN SEEN_FROM("seen f")
#define SEEN_BELOW(folder)                                                                                             \
	SEEN_FROM("(" FOLDERS_BELOW_OF(folder) ") b CROSS JOIN seen f ON f.id " STORE_IN_FOLDER("b.id"))

static void read_inspection(struct statement *row, struct arena *a, struct store_seen *ret)
{
	const char **texts[] = {&ret->sha256, &ret->type,  &ret->mark,	  &ret->mark_level, &ret->mark_term,
				&ret->item,   &ret->level, &ret->matches, &ret->sealed_args};

	ret->inspected = column_int(row, 15) != 0;
	for (size_t i = 0; ret->inspected && i < array_n(texts); i++)
		*texts[i] = store_column_text(row, 16 + (int)i, a);
	if (ret->inspected)
		ret->foreign = store_column_text(row, 27, a);
}

static int pass_seen(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_seen f = {
	    .id = column_int(row, 0),
	    .root = (uint32_t)column_int(row, 1),
	    .path = store_column_sealed(s, row, 2, CELL_PATH, a),
	    .dev = column_u64(row, 3),
	    .ino = column_u64(row, 4),
	    .generation = column_u64(row, 5),
	    .size = column_u64(row, 6),
	    .mtime_ns = column_u64(row, 7),
	    .ctime_ns = column_u64(row, 8),
	    .uid = (uint32_t)column_int(row, 9),
	    .mode = (uint32_t)column_int(row, 10),
	    .nlink = (uint32_t)column_int(row, 11),
	    .event = (uint8_t)column_int(row, 12),
	    .kind = (uint8_t)column_int(row, 13),
	    .ours = (uint8_t)column_int(row, 14),
	    .first_seen = store_column_text(row, 25, a),
	    .number = store_column_text(row, 26, a),
	};
	int result;

	read_inspection(row, a, &f);
	TRY(arena_check(a));
	result = store_from_callback(p->each(&f, p->arg));
	if (result == 0 && p->filter && --p->left <= 0)
		p->is_full = true;
	return result ? result : p->is_full ? STORE_STOP : 0;
}

#define LISTED                                                                                                         \
	"f.id>?1 AND (?2=0 OR f.root=?2) AND (NOT ?3 OR f.uid=?4)"                                                     \
	" AND (NOT ?5 OR (d.number IS NULL AND p.number IS NULL))"                                                     \
	" AND (NOT ?6 OR f.ours OR (f.inspected AND f.sha256 IS NOT NULL)) ORDER BY f.id"
#define LISTED_VALUES(f)                                                                                               \
	value_int((f)->after), value_int((f)->root), value_int((f)->by_uid), value_int((f)->uid),                      \
	    value_int((f)->unrecorded), value_int((f)->known)

/* Folder by folder, from that of the last page on: a page costs its rows and not a sorted list of all that lie below.
 */
static int list_below(struct store *s, const struct store_seen_filter *f, struct passing *p)
{
	OWNED(statement) struct statement *below = NULL;
	int64_t folder = 0;
	int result = store_folder_find(s, f->root, f->below, &folder), listed = 0;

	if (result)
		return result == STORE_NOT_FOUND ? 0 : result;
	result = database_query(s->db, "SELECT id FROM (" FOLDERS_BELOW ") WHERE id>=?2>>32 ORDER BY id",
				VALUES(value_int(folder), value_int(f->after)), &below);
	while (result == 0 && listed == 0 && (result = statement_next(below)) == 0)
		listed = store_each(s, SEEN "WHERE f.id " STORE_IN_FOLDER("?7") " AND " LISTED,
				    VALUES(LISTED_VALUES(f), value_int(column_int(below, 0))), pass_seen, p);
	return listed ? listed : result == DATABASE_END ? 0 : store_answer(result);
}

int store_seen_list(struct store *s, const struct store_seen_filter *f, store_seen_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg, .filter = f, .left = f->limit ? f->limit : 100};
	int result;

	if (f->below && *f->below)
		result = list_below(s, f, &p);
	else if (f->clear)
		result =
		    store_each(s, SEEN_FROM("seen f INDEXED BY seen_clear") "WHERE NOT f.ours AND f.kind=1 AND " LISTED,
			       VALUES(LISTED_VALUES(f)), pass_seen, &p);
	else
		result = store_each(s, SEEN "WHERE " LISTED, VALUES(LISTED_VALUES(f)), pass_seen, &p);
	return result == STORE_STOP && p.is_full ? 0 : result;
}

int store_seen_find(struct store *s, uint32_t root, const char *path, store_seen_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};
	struct store_name name;
	int result = store_name_find(s, root, path, &name);

	if (result)
		return result;
	return store_first(s, SEEN "WHERE f." STORE_AT_NAME, VALUES(STORE_NAME_VALUES(&name)), pass_seen, &p);
}

int store_seen_by_file(struct store *s, uint64_t dev, uint64_t ino, store_seen_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_first(s, SEEN "WHERE f.ino=? AND f.dev=?", VALUES(value_u64(ino), value_u64(dev)), pass_seen, &p);
}

int store_seen_names(struct store *s, uint64_t dev, uint64_t ino, store_seen_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_each(s, SEEN "WHERE f.ino=? AND f.dev=? ORDER BY f.id", VALUES(value_u64(ino), value_u64(dev)),
			  pass_seen, &p);
}

/* store_is_plain() of a row, but for names beside a sealed one. */
#define PLAIN                                                                                                          \
	"NOT f.ours AND f.sealed_args IS NULL"                                                                         \
	" AND NOT EXISTS(SELECT 1 FROM documents d WHERE d.ino=f.ino AND d.dev=f.dev)"                                 \
	" AND NOT EXISTS(SELECT 1 FROM documents d WHERE d.plain_ino=f.ino AND d.dev=f.dev)"                           \
	" AND NOT EXISTS(SELECT 1 FROM documents d WHERE d.sha256=f.sha256 AND d.size=f.size)"                         \
	" AND NOT EXISTS(SELECT 1 FROM findings n WHERE n.state='open' AND n.path_hash=f.path_hash)"                   \
	" AND NOT EXISTS(SELECT 1 FROM documents d WHERE d.path_hash=f.path_hash AND d.root=f.root)"

int store_seen_below(struct store *s, int64_t folder, bool all, store_seen_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_each(s, SEEN_BELOW("?1") "WHERE (?2 OR NOT (" PLAIN "))",
			  VALUES(value_int(folder), value_int(all)), pass_seen, &p);
}

/* With neither documents nor findings about files nobody speaks of any: that is asked once, until an entry is applied.
 */
static int listen(struct store *s)
{
	int64_t n = 0;
	int result;

	store_check_undone(s);
	if (s->is_heard)
		return 0;
	result = database_int(s->db,
			      "SELECT EXISTS(SELECT 1 FROM documents) OR EXISTS(SELECT 1 FROM findings INDEXED BY"
			      " findings_path WHERE state='open' AND path_hash IS NOT NULL)",
			      NO_VALUES, 0, &n);
	s->is_silent = n == 0;
	s->is_heard = result == 0;
	return result;
}

void store_speaks(struct store *s)
{
	s->is_heard = false;
}

#define SPOKEN_OF                                                                                                      \
	"SELECT EXISTS(SELECT 1 FROM documents WHERE ino=?1 AND dev=?2)"                                               \
	" OR EXISTS(SELECT 1 FROM documents WHERE plain_ino=?1 AND dev=?2)"                                            \
	" OR EXISTS(SELECT 1 FROM documents WHERE path_hash=?3 AND root=?5)"                                           \
	" OR EXISTS(SELECT 1 FROM documents WHERE path_hash=?4 AND root=?5)"                                           \
	" OR EXISTS(SELECT 1 FROM findings WHERE state='open' AND path_hash=?3)"

static int is_spoken_of(struct store *s, const struct store_seen *f, int64_t *ret)
{
	static const char file[] = SPOKEN_OF,
			  with_content[] = SPOKEN_OF " OR EXISTS(SELECT 1 FROM documents WHERE sha256=?6 AND size=?7)";
	OWN_MEM char *sealed = text_format("%s.age", f->path);
	char hash[2 * CELL_HASH + 1], sealed_hash[2 * CELL_HASH + 1];

	if (!sealed)
		return FAULT(ENOMEM, "name");
	store_path_hash(s, f->path, hash);
	store_path_hash(s, sealed, sealed_hash);
	return database_int(s->db, f->sha256 ? with_content : file,
			    (const struct value[]){value_u64(f->ino), value_u64(f->dev), value_text(hash),
						   value_text(sealed_hash), value_int(f->root), value_text(f->sha256),
						   value_u64(f->size)},
			    f->sha256 ? 7 : 5, 0, ret);
}

int store_is_plain(struct store *s, const struct store_seen *f, bool *ret)
{
	int64_t is_spoken = 0;
	int result = listen(s);

	if (result == 0 && !s->is_silent && !f->ours && !f->sealed_args)
		result = is_spoken_of(s, f, &is_spoken);
	*ret = !f->ours && !f->sealed_args && !is_spoken;
	return result;
}

int store_seen_plain(struct store *s, uint32_t root, const char *path, struct store_plain *ret)
{
	OWNED(statement) struct statement *row = NULL;
	struct store_name name;
	struct store_seen f = {.root = root, .path = path};
	struct store_plain plain = {0};
	int result = store_name_find(s, root, path, &name);

	if (result)
		return result;
	result = database_query(s->db,
				"SELECT id,inspected,first_seen,dev,ino,size,ours,sha256,sealed_args FROM seen"
				" WHERE " STORE_AT_NAME,
				VALUES(STORE_NAME_VALUES(&name)), &row);
	if (result == 0)
		result = statement_next(row);
	if (result)
		return store_answer(result);
	plain.id = column_int(row, 0);
	plain.inspected = column_int(row, 1) != 0;
	(void)snprintf(plain.first_seen, sizeof(plain.first_seen), "%s",
		       column_text(row, 2) ? column_text(row, 2) : "");
	f.dev = column_u64(row, 3);
	f.ino = column_u64(row, 4);
	f.size = column_u64(row, 5);
	f.ours = column_int(row, 6) != 0;
	f.sha256 = column_text(row, 7);
	f.sealed_args = column_text(row, 8);
	result = store_is_plain(s, &f, &plain.is_plain);
	*ret = plain;
	return store_answer(result);
}

static int pass_due(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_seen f = {
	    .id = column_int(row, 0),
	    .root = (uint32_t)column_int(row, 1),
	    .path = store_column_sealed(s, row, 2, CELL_PATH, a),
	    .dev = column_u64(row, 3),
	    .ino = column_u64(row, 4),
	    .sha256 = store_column_text(row, 5, a),
	    .looked_with = column_u64(row, 6),
	};

	TRY(arena_check(a));
	return f.path ? store_from_callback(p->each(&f, p->arg)) : 0;
}

/* The condition is that of the index, word for word: it is made for this. */
int store_seen_due(struct store *s, int64_t after, int64_t limit, store_seen_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_each(s,
			  "SELECT id,root,path,dev,ino,CASE inspected WHEN 2 THEN sha256 END,looked_with"
			  " FROM seen INDEXED BY seen_due"
			  " WHERE inspected<>1 AND NOT ours AND kind=1 AND event IN (1,3) AND id>? ORDER BY id LIMIT ?",
			  VALUES(value_int(after), value_int(limit)), pass_due, &p);
}

int store_seen_count_on(struct store *s, uint32_t root, uint64_t dev, int64_t *ret)
{
	return store_answer(database_int(s->db, "SELECT count(*) FROM seen WHERE root=? AND dev=?",
					 VALUES(value_int(root), value_u64(dev)), 0, ret));
}

/* From the documents, which are fewer than the files. */
int store_seen_count(struct store *s, uint32_t root, bool unrecorded, int64_t *ret)
{
	int64_t n = 0, recorded = 0;
	int result = store_counts_write(s);

	if (result)
		return result;
	result =
	    database_int(s->db, "SELECT sum(n) FROM seen_counts WHERE ?1=0 OR root=?1", VALUES(value_int(root)), 0, &n);

	if (result == 0 && unrecorded)
		result = database_int(
		    s->db,
		    "SELECT count(*) FROM (SELECT f.id FROM documents d CROSS JOIN seen f ON f.ino=d.ino AND"
		    " f.dev=d.dev WHERE (?1=0 OR f.root=?1) AND f.kind=1 AND " SAME_FILE
		    " UNION SELECT f.id FROM documents d CROSS JOIN seen f ON f.ino=d.plain_ino AND f.dev=d.dev"
		    " WHERE (?1=0 OR f.root=?1) AND f.kind=1 AND d.sealed)",
		    VALUES(value_int(root)), 0, &recorded);
	if (result)
		return store_answer(result);
	*ret = n - recorded;
	return 0;
}
