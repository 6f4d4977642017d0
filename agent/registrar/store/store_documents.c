#include "registrar/store/store_private.h"

#include <errno.h>
#include <string.h>

static uint64_t column_u64(struct statement *row, int i)
{
	return (uint64_t)column_int(row, i);
}

static struct value value_u64(uint64_t v)
{
	return value_int((int64_t)v); /* the same 64 bits; equality is all that is asked of them */
}

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
	return object;
}

struct passing {
	union {
		store_document_fn document;
		store_seen_fn seen;
	} each;
	void *arg;
	const struct store_seen_filter *filter;
	int64_t left; /* rows still wanted … */
	bool is_full; /* … none: the list ends as if there were no more */
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
	return store_from_callback(p->each.document(&d, p->arg));
}

int store_document_of(struct store *s, const char *number, store_document_fn each, void *arg)
{
	struct passing p = {.each.document = each, .arg = arg};

	return store_first(s, DOCUMENT "WHERE number=?", VALUES(value_text(number)), pass_document, &p);
}

int store_document_list(struct store *s, const char *after, int64_t limit, store_document_fn each, void *arg)
{
	struct passing p = {.each.document = each, .arg = arg};

	return store_each(s, DOCUMENT "WHERE number>? ORDER BY number LIMIT ?",
			  VALUES(value_text(after ? after : ""), value_int(limit ? limit : 100)), pass_document, &p);
}

int store_document_stale(struct store *s, store_document_fn each, void *arg)
{
	struct passing p = {.each.document = each, .arg = arg};

	return store_each(s, DOCUMENT "WHERE stale ORDER BY number", NO_VALUES, pass_document, &p);
}

int store_document_by_content(struct store *s, const char *sha256, uint64_t size, store_document_fn each, void *arg)
{
	struct passing p = {.each.document = each, .arg = arg};

	return store_each(s, DOCUMENT "WHERE sha256=? AND size=? ORDER BY number",
			  VALUES(value_text(sha256), value_u64(size)), pass_document, &p);
}

int store_document_of_key(struct store *s, const char *key_id, const char *after, int64_t limit, store_document_fn each,
			  void *arg)
{
	struct passing p = {.each.document = each, .arg = arg};

	return store_each(s, DOCUMENT "WHERE key_id=? AND number>? AND sealed ORDER BY number LIMIT ?",
			  VALUES(value_text(key_id), value_text(after ? after : ""), value_int(limit)), pass_document,
			  &p);
}

int store_document_by_file(struct store *s, uint64_t dev, uint64_t ino, store_document_fn each, void *arg)
{
	struct passing p = {.each.document = each, .arg = arg};

	return store_first(s, DOCUMENT "WHERE ino=? AND dev=? AND sealed", VALUES(value_u64(ino), value_u64(dev)),
			   pass_document, &p);
}

/* ---- files seen ---- */

int store_seen_put(struct store *s, const struct store_seen *f)
{
	OWNED(json) struct json *sealed = json_object();
	OWN_BUFFER struct buffer path = {0};

	cell_set_path(sealed, s->meta, f->path);
	if (!json_get_bytes(json_look(sealed), "path", &path))
		return FAULT(ENOKEY, "a file seen before the metadata key is there");
	if (f->nlink == 1) /* whatever had this inode before, under another name, is no more */
		TRY(store_answer(database_run(
		    s->db, "DELETE FROM seen WHERE dev=? AND ino=? AND NOT (path_hash=? AND root=?)",
		    VALUES(value_u64(f->dev), value_u64(f->ino),
			   value_text(json_get_text(json_look(sealed), "path_hash")), value_int(f->root)))));
	return store_answer(database_run(
	    s->db,
	    "INSERT INTO seen(root,path,path_hash,dev,ino,generation,size,mtime_ns,ctime_ns,uid,mode,nlink,event,"
	    "kind,ours,first_seen) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)"
	    " ON CONFLICT(path_hash,root) DO UPDATE SET"
	    " inspected=inspected AND dev=?4 AND ino=?5 AND size=?7 AND mtime_ns=?8,"
	    /* only a look at the open file tells the generation: else what was told of this inode still holds */
	    "generation=CASE WHEN ?6=0 AND dev=?4 AND ino=?5 AND ctime_ns=?9 THEN generation ELSE ?6 END,dev=?4,ino=?5,"
	    "size=?7,mtime_ns=?8,ctime_ns=?9,uid=?10,mode=?11,nlink=?12,event=?13,kind=?14,ours=?15,missed=0,"
	    "first_seen=CASE WHEN ino=?5 THEN first_seen ELSE ?16 END",
	    VALUES(value_int(f->root), value_bytes(buffer_bytes(&path)),
		   value_text(json_get_text(json_look(sealed), "path_hash")), value_u64(f->dev), value_u64(f->ino),
		   value_u64(f->generation), value_u64(f->size), value_u64(f->mtime_ns), value_u64(f->ctime_ns),
		   value_int(f->uid), value_int(f->mode), value_int(f->nlink), value_int(f->event), value_int(f->kind),
		   value_int(f->ours), value_text(f->first_seen))));
}

int store_seen_inspected(struct store *s, const struct store_seen *f)
{
	char hash[2 * CELL_HASH + 1];
	int result;

	store_path_hash(s, f->path, hash);
	result = database_run(
	    s->db,
	    "UPDATE seen SET inspected=1,sha256=?,type=?,mark=?,mark_level=?,mark_term=?,item=?,level=?,matches=?,"
	    "sealed_args=? WHERE path_hash=? AND root=? AND dev=? AND ino=? AND size=? AND mtime_ns=?",
	    VALUES(value_text(f->sha256), value_text(f->type), value_text(f->mark), value_text(f->mark_level),
		   value_text(f->mark_term), value_text(f->item), value_text(f->level), value_text(f->matches),
		   value_text(f->sealed_args), value_text(hash), value_int(f->root), value_u64(f->dev),
		   value_u64(f->ino), value_u64(f->size), value_u64(f->mtime_ns)));
	if (result == 0 && database_changes(s->db) == 0)
		return STORE_NOT_FOUND;
	return store_answer(result);
}

int store_seen_remove(struct store *s, uint32_t root, const char *path)
{
	char hash[2 * CELL_HASH + 1];

	store_path_hash(s, path, hash);
	return store_answer(database_run(s->db, "DELETE FROM seen WHERE path_hash=? AND root=?",
					 VALUES(value_text(hash), value_int(root))));
}

int store_seen_clear(struct store *s, uint32_t root)
{
	return store_answer(database_run(s->db, "DELETE FROM seen WHERE root=?", VALUES(value_int(root))));
}

int store_seen_begin(struct store *s, uint32_t root)
{
	return store_answer(database_run(s->db, "UPDATE seen SET missed=1 WHERE root=?", VALUES(value_int(root))));
}

int store_seen_sweep(struct store *s, uint32_t root)
{
	return store_answer(database_run(s->db, "DELETE FROM seen WHERE root=? AND missed", VALUES(value_int(root))));
}

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
#define SEEN                                                                                                           \
	"SELECT f.id,f.root,f.path,f.dev,f.ino,f.generation,f.size,f.mtime_ns,f.ctime_ns,f.uid,f.mode,f.nlink,"        \
	"f.event,f.kind,f.ours,f.inspected,f.sha256,f.type,f.mark,f.mark_level,f.mark_term,f.item,f.level,f.matches,"  \
	"f.sealed_args,f.first_seen,coalesce(d.number,p.number) FROM seen f"                                           \
	" LEFT JOIN documents d ON d.ino=f.ino AND d.dev=f.dev AND " SAME_FILE                                         \
	" LEFT JOIN documents p ON p.sealed AND p.plain_ino=f.ino AND p.dev=f.dev "

static void read_inspection(struct statement *row, struct arena *a, struct store_seen *ret)
{
	const char **texts[] = {&ret->sha256, &ret->type,  &ret->mark,	  &ret->mark_level, &ret->mark_term,
				&ret->item,   &ret->level, &ret->matches, &ret->sealed_args};

	ret->inspected = column_int(row, 15) != 0;
	for (size_t i = 0; ret->inspected && i < array_n(texts); i++)
		*texts[i] = store_column_text(row, 16 + (int)i, a);
}

static bool is_below(const char *path, const char *directory)
{
	size_t n = directory ? strlen(directory) : 0;

	return n == 0 || (path && strncmp(path, directory, n) == 0 && (path[n] == '/' || path[n] == '\0'));
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

	if (p->filter && !is_below(f.path, p->filter->below))
		return 0;
	read_inspection(row, a, &f);
	TRY(arena_check(a));
	result = store_from_callback(p->each.seen(&f, p->arg));
	if (result == 0 && p->filter && --p->left <= 0)
		p->is_full = true;
	return result ? result : p->is_full ? STORE_STOP : 0;
}

int store_seen_list(struct store *s, const struct store_seen_filter *f, store_seen_fn each, void *arg)
{
	struct passing p = {.each.seen = each, .arg = arg, .filter = f, .left = f->limit ? f->limit : 100};

	int result = store_each(s,
				SEEN "WHERE f.id>?1 AND (?2=0 OR f.root=?2) AND (NOT ?3 OR f.uid=?4)"
				     " AND (NOT ?5 OR (d.number IS NULL AND p.number IS NULL)) ORDER BY f.id",
				VALUES(value_int(f->after), value_int(f->root), value_int(f->by_uid), value_int(f->uid),
				       value_int(f->unrecorded)),
				pass_seen, &p);

	return result == STORE_STOP && p.is_full ? 0 : result;
}

int store_seen_find(struct store *s, uint32_t root, const char *path, store_seen_fn each, void *arg)
{
	struct passing p = {.each.seen = each, .arg = arg};
	char hash[2 * CELL_HASH + 1];

	store_path_hash(s, path, hash);
	return store_first(s, SEEN "WHERE f.path_hash=? AND f.root=?", VALUES(value_text(hash), value_int(root)),
			   pass_seen, &p);
}

int store_seen_by_file(struct store *s, uint64_t dev, uint64_t ino, store_seen_fn each, void *arg)
{
	struct passing p = {.each.seen = each, .arg = arg};

	return store_first(s, SEEN "WHERE f.ino=? AND f.dev=?", VALUES(value_u64(ino), value_u64(dev)), pass_seen, &p);
}

struct keeping {
	const char *path;
	struct buffer ids; /* int64_t each */
};

static int note_kept(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct keeping *k = context;
	const char *path = store_column_sealed(s, row, 1, CELL_PATH, a);
	int64_t id = column_int(row, 0);

	TRY(arena_check(a));
	if (strcmp(k->path, ".") == 0 || is_below(path, k->path))
		buffer_add(&k->ids, &id, sizeof(id));
	return buffer_check(&k->ids);
}

int store_seen_keep(struct store *s, uint32_t root, const char *path)
{
	struct keeping k = {.path = path};
	int result = store_each(s, "SELECT id,path FROM seen WHERE root=? AND missed", VALUES(value_int(root)),
				note_kept, &k);

	for (size_t at = 0; result == 0 && at < k.ids.n; at += sizeof(int64_t)) {
		int64_t id;

		memcpy(&id, k.ids.at + at, sizeof(id));
		result =
		    store_answer(database_run(s->db, "UPDATE seen SET missed=0 WHERE id=?", VALUES(value_int(id))));
	}
	buffer_done(&k.ids);
	return result;
}

int store_seen_count_on(struct store *s, uint32_t root, uint64_t dev, int64_t *ret)
{
	return store_answer(database_int(s->db, "SELECT count(*) FROM seen WHERE root=? AND dev=?",
					 VALUES(value_int(root), value_u64(dev)), 0, ret));
}

int store_seen_count(struct store *s, uint32_t root, bool unrecorded, int64_t *ret)
{
	return store_answer(
	    database_int(s->db,
			 "SELECT count(*) FROM seen f WHERE (?1=0 OR f.root=?1) AND f.kind=1 AND (NOT ?2 OR NOT EXISTS(SELECT 1 FROM"
			 " documents d WHERE ((d.ino=f.ino AND " SAME_FILE
			 ") OR (d.sealed AND d.plain_ino=f.ino)) AND d.dev=f.dev))",
			 VALUES(value_int(root), value_int(unrecorded)), 0, ret));
}

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
