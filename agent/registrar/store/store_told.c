/*
 * What is told of a file becomes its row. Of most files it is all that ever happens to them, a hundred thousand times
 * in one go: so a file costs few statements, each of them small, and what is asked is asked once for many.
 */
#include "registrar/store/store_private.h"

#include "base/text.h"
#include "classd/frames.h"
#include "registrar/store/tallies.h"

#include <errno.h>

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

/* Found by a scan and settled are one: nobody has it open and no event is expected. */
uint64_t store_seen_print(const struct store_seen *f)
{
	uint64_t h = mix(f->dev, f->ino);

	h = mix(mix(h, f->size), f->mtime_ns);
	h = mix(mix(h, f->ctime_ns), (uint64_t)f->uid << 32 | f->mode);
	h = mix(mix(h, f->nlink), (uint64_t)f->kind << 8 | f->ours);
	return mix(h, f->event == SEEN_SETTLED ? SEEN_SCANNED : f->event);
}

struct store_seen store_row_printed(struct statement *row, int from)
{
	return (struct store_seen){.dev = column_u64(row, from),
				   .ino = column_u64(row, from + 1),
				   .size = column_u64(row, from + 2),
				   .mtime_ns = column_u64(row, from + 3),
				   .ctime_ns = column_u64(row, from + 4),
				   .uid = (uint32_t)column_int(row, from + 5),
				   .mode = (uint32_t)column_int(row, from + 6),
				   .nlink = (uint32_t)column_int(row, from + 7),
				   .kind = (uint8_t)column_int(row, from + 8),
				   .ours = (uint8_t)column_int(row, from + 9),
				   .event = (uint8_t)column_int(row, from + 10)};
}

/* What the row of a name says already. */
struct known {
	int64_t id;		/* 0: there is none … */
	int64_t room;		/* … and this is a place for it */
	struct store_seen said; /* STORE_PRINTED and generation */
	int64_t inspected;
	bool has_facts; /* an inspector said something of it, or of what had the name before */
};

static int find_known(struct store *s, const struct store_name *name, struct known *ret)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(s->db,
				    "SELECT id,name_hash," STORE_PRINTED
				    ",generation,inspected,coalesce(sha256,sealed_args) IS NOT NULL FROM seen WHERE id "
				    "BETWEEN ?1 AND ?1+7 ORDER BY id",
				    VALUES(value_int(name->id)), &row);

	*ret = (struct known){.room = name->id};
	while (result == 0 && (result = statement_next(row)) == 0) {
		int64_t id = column_int(row, 0);

		ret->room += id == ret->room;
		if (!bytes_equal(column_bytes(row, 1), store_name_bytes(name)))
			continue;
		ret->id = id;
		ret->said = store_row_printed(row, 2);
		ret->said.generation = column_u64(row, 13);
		ret->inspected = column_int(row, 14);
		ret->has_facts = column_int(row, 15) != 0;
		return 0;
	}
	return result == DATABASE_END ? 0 : result;
}

static bool is_same_file(const struct store_seen *a, const struct store_seen *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static bool says(const struct known *known, const struct store_seen *f)
{
	return known->id != 0 && store_seen_print(&known->said) == store_seen_print(f) &&
	       (f->generation == 0 || f->generation == known->said.generation);
}

/* Counts are brought up to date before they are read and before a commit. */
int store_counts_write(struct store *s)
{
	int64_t more;
	int result;

	store_check_undone(s);
	result = tally_sheet_write(s);
	more = s->more;
	s->more = 0;
	if (result || more == 0)
		return store_answer(result);
	return store_answer(database_run(s->db,
					 "INSERT INTO seen_counts VALUES(?1,?2) ON CONFLICT(root) DO UPDATE SET n=n+?2",
					 VALUES(value_int(s->more_root), value_int(more))));
}

static int count_one_more(struct store *s, uint32_t root)
{
	int result = s->more_root == root ? 0 : store_counts_write(s);

	s->more_root = root;
	s->more++;
	return result;
}

static int insert(struct store *s, const struct known *known, const struct store_name *name, const struct store_seen *f)
{
	OWN_BUFFER struct buffer path = {0};
	char hash[2 * CELL_HASH + 1];
	int result;

	store_path_hash(s, f->path, hash);
	TRY(cell_seal(s->meta, bytes_of_text(CELL_PATH), bytes_of_text(f->path), &path));
	TRY(buffer_check(&path));
	if (known->room >= name->id + STORE_SHARED)
		return DATABASE_REFUSED; /* nobody chooses what the hash of a name is */
	result = database_run(
	    s->db,
	    "INSERT INTO "
	    "seen(id,name_hash,root,path,path_hash,dev,ino,generation,size,mtime_ns,ctime_ns,uid,mode,nlink,"
	    "event,kind,ours,first_seen) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	    VALUES(value_int(known->room), value_bytes(store_name_bytes(name)), value_int(f->root),
		   value_bytes(buffer_bytes(&path)), value_text(hash), value_u64(f->dev), value_u64(f->ino),
		   value_u64(f->generation), value_u64(f->size), value_u64(f->mtime_ns), value_u64(f->ctime_ns),
		   value_int(f->uid), value_int(f->mode), value_int(f->nlink), value_int(f->event), value_int(f->kind),
		   value_int(f->ours), value_text(f->first_seen)));
	return result == 0 && f->kind == SEEN_REGULAR ? count_one_more(s, f->root) : result;
}

/* The same file in another state: no index but that of what is due, and no trigger. */
#define CHANGE_STATE                                                                                                   \
	"UPDATE seen SET inspected=?2,generation=?3,size=?4,mtime_ns=?5,ctime_ns=?6,uid=?7,mode=?8,nlink=?9,event=?10"

static int update(struct store *s, struct known *known, const struct store_seen *f)
{
	static const char state[] = CHANGE_STATE " WHERE id=?1",
			  file[] = CHANGE_STATE ",dev=?11,ino=?12,kind=?13,ours=?14 WHERE id=?1";
	const struct store_seen *said = &known->said;
	bool is_same = is_same_file(said, f), is_state = is_same && said->kind == f->kind && said->ours == f->ours;
	bool is_inspected = is_same && said->size == f->size && said->mtime_ns == f->mtime_ns;
	/* only a look at the open file tells the generation: else what was told of this inode still holds */
	uint64_t generation =
	    f->generation == 0 && is_same && said->ctime_ns == f->ctime_ns ? said->generation : f->generation;
	known->inspected = is_inspected ? known->inspected : 0;
	const struct value values[] = {value_int(known->id),   value_int(is_inspected ? known->inspected : 0),
				       value_u64(generation),  value_u64(f->size),
				       value_u64(f->mtime_ns), value_u64(f->ctime_ns),
				       value_int(f->uid),      value_int(f->mode),
				       value_int(f->nlink),    value_int(f->event),
				       value_u64(f->dev),      value_u64(f->ino),
				       value_int(f->kind),     value_int(f->ours)};

	return database_run(s->db, is_state ? state : file, values, is_state ? 10 : array_n(values));
}

/* Whatever had this inode before, under another name, is no more. */
static int forget_others(struct store *s, const struct known *known, const struct store_seen *f)
{
	OWNED(statement) struct statement *row = NULL;
	bool are_others = false;
	int result;

	if (f->nlink != 1)
		return 0;
	result = database_query(s->db, "SELECT id FROM seen WHERE ino=? AND dev=?",
				VALUES(value_u64(f->ino), value_u64(f->dev)), &row);
	while (result == 0 && (result = statement_next(row)) == 0)
		are_others |= column_int(row, 0) != known->id;
	if (result != DATABASE_END || !are_others)
		return result == DATABASE_END ? 0 : result;
	store_listing_removed(s, NULL);
	return database_run(s->db, "DELETE FROM seen WHERE ino=? AND dev=? AND id<>?",
			    VALUES(value_u64(f->ino), value_u64(f->dev), value_int(known->id)));
}

static int note_plain(struct store *s, const struct known *known, const struct store_seen *f, struct store_plain *ret)
{
	if (known->has_facts)
		return store_seen_plain(s, f->root, f->path, ret);
	*ret = (struct store_plain){.id = known->id ? known->id : known->room, .inspected = known->inspected != 0};
	return store_is_plain(s, f, &ret->is_plain);
}

static int put(struct store *s, const struct store_name *name, const struct store_seen *f, struct store_told *ret)
{
	struct known known;
	int result = find_known(s, name, &known);

	ret->is_news = result == 0 && !says(&known, f);
	if (!ret->is_news)
		return result;
	result = forget_others(s, &known, f);
	if (result == 0)
		result = known.id ? update(s, &known, f) : insert(s, &known, name, f);
	return result ? result : note_plain(s, &known, f, &ret->plain);
}

/* Without looking for a row. DATABASE_REFUSED: another is where it would be. */
static int put_new(struct store *s, const struct store_name *name, const struct store_seen *f, struct store_told *ret)
{
	const struct known known = {.room = name->id};
	int result = forget_others(s, &known, f);

	ret->is_news = true;
	if (result == 0)
		result = insert(s, &known, name, f);
	return result ? result : note_plain(s, &known, f, &ret->plain);
}

int store_seen_put(struct store *s, const struct store_seen *f, struct store_told *ret)
{
	struct store_name name;
	enum store_listed listed;
	int result;

	*ret = (struct store_told){0};
	if (!s->meta)
		return FAULT(ENOKEY, "a file seen before the metadata key is there");
	result = store_name_make(s, f->root, f->path, &name);
	if (result)
		return store_answer(result);
	listed = store_listing_knows(s, &name, f);
	if (listed == LISTED_SAME)
		return 0;
	result = listed == LISTED_NEW ? put_new(s, &name, f, ret) : DATABASE_REFUSED;
	return store_answer(result == DATABASE_REFUSED ? put(s, &name, f, ret) : result);
}
