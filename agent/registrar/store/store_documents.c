#include "registrar/store/store_private.h"

#include <errno.h>
#include <string.h>

/* ---- documents of records ---- */

struct json *store_document_json(const struct store *s, const struct store_document *d)
{
	struct json *object = json_object();

	json_set_int(object, "root", d->root);
	cell_set_path(object, s->meta, d->path);
	json_set_int(object, "dev", (int64_t)d->dev);
	json_set_int(object, "ino", (int64_t)d->ino);
	json_set_int(object, "generation", (int64_t)d->generation);
	json_set_int(object, "size", (int64_t)d->size);
	json_set_int(object, "mtime_ns", (int64_t)d->mtime_ns);
	json_set_text(object, "sha256", d->sha256);
	if (d->content)
		json_set_int(object, "content", d->content);
	json_set_bool(object, "sealed", d->sealed);
	json_set_bool(object, "plain", d->plain);
	json_set_text(object, "keep", d->keep);
	json_set_text(object, "header_mac", d->header_mac);
	json_set_text(object, "last_tag", d->last_tag);
	json_set_text(object, "level", d->level);
	json_set_text(object, "escrow", d->escrow);
	json_set_text(object, "key_id", d->key_id);
	if (d->facts.n)
		cell_set_bytes(object, "facts", s->meta, CELL_FACTS, d->facts);
	return object;
}

struct passing {
	store_document_fn each;
	void *arg;
};

#define DOCUMENT                                                                                                       \
	"SELECT number,root,path,dev,ino,generation,size,mtime_ns,sha256,content,sealed,plain_ino,keep,header_mac,"    \
	"last_tag,level,stale,escrow,key_id FROM documents "

static int pass_document(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_document d = {
	    .number = store_column_text(row, 0, a),
	    .root = (uint32_t)column_int(row, 1),
	    .path = store_column_sealed(s, row, 2, CELL_PATH, a),
	    .dev = column_u64(row, 3),
	    .ino = column_u64(row, 4),
	    .generation = column_u64(row, 5),
	    .size = column_u64(row, 6),
	    .mtime_ns = column_u64(row, 7),
	    .sha256 = store_column_text(row, 8, a),
	    .content = (uint32_t)column_int(row, 9),
	    .sealed = column_int(row, 10) != 0,
	    .plain = !column_is_null(row, 11),
	    .keep = store_column_text(row, 12, a),
	    .header_mac = store_column_text(row, 13, a),
	    .last_tag = store_column_text(row, 14, a),
	    .level = store_column_text(row, 15, a),
	    .stale = column_int(row, 16) != 0,
	    .escrow = store_column_text(row, 17, a),
	    .key_id = store_column_text(row, 18, a),
	};

	TRY(arena_check(a));
	return store_from_callback(p->each(&d, p->arg));
}

int store_document_of(struct store *s, const char *number, store_document_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_first(s, DOCUMENT "WHERE number=?", VALUES(value_text(number)), pass_document, &p);
}

int store_document_facts(struct store *s, const char *number, struct buffer *ret)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(s->db, "SELECT facts FROM documents WHERE number=? AND facts IS NOT NULL",
				    VALUES(value_text(number)), &row);

	if (result == 0)
		result = statement_next(row);
	if (result == DATABASE_END || !s->meta)
		return 0;
	if (result)
		return store_answer(result);
	if (cell_open(s->meta, bytes_of_text(CELL_FACTS), column_bytes(row, 0), ret) != 0)
		buffer_clear(ret); /* not known */
	return buffer_check(ret);
}

int store_document_list(struct store *s, const char *after, int64_t limit, store_document_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_each(s, DOCUMENT "WHERE number>? ORDER BY number LIMIT ?",
			  VALUES(value_text(after ? after : ""), value_int(limit ? limit : 100)), pass_document, &p);
}

int store_document_at(struct store *s, uint32_t root, const char *path, store_document_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};
	char hash[2 * CELL_HASH + 1];

	store_path_hash(s, path, hash);
	return store_each(s, DOCUMENT "WHERE path_hash=? AND root=?", VALUES(value_text(hash), value_int(root)),
			  pass_document, &p);
}

#define ASTRAY_SLICE 5000 /* rows in one turn of the loop */

int store_document_astray(struct store *s, uint32_t root, int64_t *at, store_document_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};
	int64_t from = *at, last = 0;
	int result = database_int(s->db, "SELECT max(rowid) FROM documents", NO_VALUES, 0, &last);

	if (result)
		return store_answer(result);
	*at = from + ASTRAY_SLICE < last ? from + ASTRAY_SLICE : 0;
	return store_each(s,
			  DOCUMENT "WHERE rowid>?1 AND rowid<=?2 AND sealed AND (?3=0 OR root=?3)"
				   " AND NOT EXISTS(SELECT 1 FROM seen f WHERE f.ino=documents.ino AND"
				   " f.dev=documents.dev AND f.ours)",
			  VALUES(value_int(from), value_int(from + ASTRAY_SLICE), value_int(root)), pass_document, &p);
}

int store_document_stale(struct store *s, store_document_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_each(s, DOCUMENT "WHERE stale ORDER BY number", NO_VALUES, pass_document, &p);
}

int store_document_is_stale(struct store *s, const char *number, bool *ret)
{
	int64_t stale = 0;
	int result =
	    database_int(s->db, "SELECT stale FROM documents WHERE number=?", VALUES(value_text(number)), 0, &stale);

	*ret = stale != 0;
	return store_answer(result);
}

int store_document_by_content(struct store *s, const struct store_content *c, store_document_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	/* As the index has them: whoever stops at the first does not wait for the others to be sorted. */
	return store_each(s, DOCUMENT "WHERE sha256=? AND size=? AND sealed=? ORDER BY rowid",
			  VALUES(value_text(c->sha256), value_u64(c->size), value_int(c->sealed)), pass_document, &p);
}

int store_document_of_key(struct store *s, const char *key_id, const char *after, int64_t limit, store_document_fn each,
			  void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_each(s, DOCUMENT "WHERE key_id=? AND number>? AND sealed ORDER BY number LIMIT ?",
			  VALUES(value_text(key_id), value_text(after ? after : ""), value_int(limit)), pass_document,
			  &p);
}

int store_document_by_file(struct store *s, uint64_t dev, uint64_t ino, store_document_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_first(s, DOCUMENT "WHERE ino=? AND dev=? AND sealed", VALUES(value_u64(ino), value_u64(dev)),
			   pass_document, &p);
}

/* ---- counts ---- */

int store_document_count(struct store *s, uint32_t root, bool sealed, int64_t *ret)
{
	return store_answer(
	    database_int(s->db, "SELECT count(*) FROM documents WHERE (?1=0 OR root=?1) AND (NOT ?2 OR sealed)",
			 VALUES(value_int(root), value_int(sealed)), 0, ret));
}

int store_document_count_of_key(struct store *s, const char *key_id, int64_t *ret)
{
	return store_answer(database_int(s->db, "SELECT count(*) FROM documents WHERE key_id=? AND sealed",
					 VALUES(value_text(key_id)), 0, ret));
}
