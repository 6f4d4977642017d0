/*
 * Folders, and what a listing of one says: the rows of a folder are read once, compared in memory with what is told
 * name by name, and what was not told is gone. So a file that is as it was costs no statement.
 */
#include "registrar/store/look.h"
#include "registrar/store/store_private.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

struct listed {
	uint64_t name;	/* the first bytes of its hash */
	uint64_t print; /* store_seen_print() of the row */
	int64_t id;	/* negative: told of */
};

struct store_listing {
	uint32_t root;
	int64_t folder; /* 0: none is under way */
	bool is_bare;	/* nothing was put so far */
	struct listed *rows; /* by name */
	size_t n, room;
};

/* Which folders a whole scan of a root has met. */
struct store_pass {
	struct store_pass *next;
	uint32_t root;
	bool is_whole; /* nothing of it was undone */
	uint64_t *met; /* bits by id */
	size_t words;
};

/* ---- folders ---- */

static void hash_of(const struct store *s, struct bytes text, uint8_t ret[CELL_HASH])
{
	hash_keyed(s->meta, text, ret, CELL_HASH);
}

static void forget_all(struct store *s)
{
	free(s->folder_path);
	s->folder_path = NULL;
	if (s->listing)
		s->listing->folder = 0;
	for (struct store_pass *p = s->passes; p; p = p->next)
		p->is_whole = false;
}

/* Ids that a transaction made are no more when it is undone. */
static void check_cache(struct store *s)
{
	uint64_t undone = database_undone(s->db);

	if (undone != s->undone)
		forget_all(s);
	s->undone = undone;
}

static int find_folder(struct store *s, uint32_t root, struct bytes path, int64_t *ret)
{
	uint8_t hash[CELL_HASH];

	hash_of(s, path, hash);
	return database_int(s->db, "SELECT id FROM folders WHERE path_hash=? AND root=?",
			    VALUES(value_bytes(bytes_of(hash, sizeof(hash))), value_int(root)), 0, ret);
}

static size_t parent_n(struct bytes path)
{
	size_t n = path.n;

	while (n > 0 && path.at[n - 1] != '/')
		n--;
	return n > 0 ? n - 1 : 0;
}

static int add_folder(struct store *s, uint32_t root, struct bytes path, int64_t parent, int64_t *ret)
{
	uint8_t hash[CELL_HASH];

	hash_of(s, path, hash);
	return database_int(s->db, "INSERT INTO folders(root,parent,path_hash) VALUES(?,?,?) RETURNING id",
			    VALUES(value_int(root), value_int(parent), value_bytes(bytes_of(hash, sizeof(hash)))), 0,
			    ret);
}

/* From the root down, what is missing of the way is made. The root is the folder "". */
static int make_folder(struct store *s, uint32_t root, struct bytes path, int64_t *ret)
{
	int64_t parent = 0;
	size_t n = 0;
	int result;

	for (;;) {
		int64_t id = 0;

		result = find_folder(s, root, bytes_of(path.at, n), &id);
		if (result == 0 && id == 0)
			result = add_folder(s, root, bytes_of(path.at, n), parent, &id);
		if (result)
			return result;
		if (n == path.n)
			return (void)(*ret = id), 0;
		parent = id;
		for (n += n > 0; n < path.n && path.at[n] != '/'; n++)
			continue;
	}
}

static bool is_cached(const struct store *s, uint32_t root, struct bytes path)
{
	return s->folder_path && s->folder_root == root && bytes_equal_text(path, s->folder_path);
}

static int remember(struct store *s, uint32_t root, struct bytes path, int64_t id)
{
	char *copy = malloc(path.n + 1);

	if (!copy)
		return FAULT(ENOMEM, "remember a folder");
	memcpy(copy, path.at, path.n);
	copy[path.n] = '\0';
	free(s->folder_path);
	s->folder_path = copy;
	s->folder_root = root;
	s->folder = id;
	return 0;
}

/* Files come folder by folder: the last one is remembered. *ret 0: there is none. */
static int folder_of(struct store *s, uint32_t root, struct bytes path, bool make, int64_t *ret)
{
	int64_t id = 0;
	int result;

	check_cache(s);
	if (is_cached(s, root, path)) {
		*ret = s->folder;
		return 0;
	}
	result = find_folder(s, root, path, &id);
	if (result == 0 && id == 0 && make)
		result = make_folder(s, root, path, &id);
	if (result == 0 && id != 0)
		TRY(remember(s, root, path, id));
	*ret = id;
	return result;
}

static int name_of(struct store *s, uint32_t root, const char *path, bool make, struct store_name *ret)
{
	struct bytes all = bytes_of_text(path);
	size_t n = parent_n(all), from = n + (n > 0 || (all.n > 0 && all.at[0] == '/'));

	hash_of(s, bytes_of(all.at + from, all.n - from), ret->hash);
	return folder_of(s, root, bytes_of(all.at, n), make, &ret->folder);
}

int store_name_make(struct store *s, uint32_t root, const char *path, struct store_name *ret)
{
	return name_of(s, root, path, true, ret);
}

int store_name_find(struct store *s, uint32_t root, const char *path, struct store_name *ret)
{
	int result = s->meta ? name_of(s, root, path, false, ret) : DATABASE_END;

	if (result == 0 && ret->folder == 0)
		return STORE_NOT_FOUND;
	return store_answer(result);
}

int store_folder_find(struct store *s, uint32_t root, const char *path, int64_t *ret)
{
	int result = s->meta ? folder_of(s, root, bytes_of_text(path), false, ret) : DATABASE_END;

	return result == 0 && *ret == 0 ? STORE_NOT_FOUND : store_answer(result);
}

int store_folder_remove(struct store *s, int64_t folder)
{
	int result = database_run(s->db, "DELETE FROM seen WHERE folder IN (" FOLDERS_BELOW ")",
				  VALUES(value_int(folder)));

	if (result == 0)
		result = database_run(s->db, "DELETE FROM folders WHERE id IN (" FOLDERS_BELOW ")",
				      VALUES(value_int(folder)));
	free(s->folder_path);
	s->folder_path = NULL;
	if (result == 0 && s->listing)
		result = database_int(s->db, "SELECT id FROM folders WHERE id=?",
				      VALUES(value_int(s->listing->folder)), 0, &s->listing->folder);
	return store_answer(result);
}

/* ---- a whole scan ---- */

static struct store_pass *pass_of(const struct store *s, uint32_t root)
{
	struct store_pass *p = s->passes;

	while (p && p->root != root)
		p = p->next;
	return p;
}

int store_pass_begin(struct store *s, uint32_t root)
{
	struct store_pass *p = pass_of(s, root);

	check_cache(s);
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return FAULT(ENOMEM, "begin a scan");
		p->root = root;
		p->next = s->passes;
		s->passes = p;
	}
	memset(p->met, 0, p->words * sizeof(*p->met));
	p->is_whole = true;
	return 0;
}

static int meet(struct store_pass *p, int64_t folder)
{
	size_t word = (size_t)folder / 64;

	if (word >= p->words) {
		size_t words = word * 2 + 16;
		uint64_t *more = reallocarray(p->met, words, sizeof(*more));

		if (!more)
			return FAULT(ENOMEM, "remember a folder");
		memset(more + p->words, 0, (words - p->words) * sizeof(*more));
		p->met = more;
		p->words = words;
	}
	p->met[word] |= UINT64_C(1) << (size_t)folder % 64;
	return 0;
}

static bool is_met(const struct store_pass *p, int64_t folder)
{
	size_t word = (size_t)folder / 64;

	return word < p->words && p->met[word] >> (size_t)folder % 64 & 1;
}

int store_pass_end(struct store *s, uint32_t root, int64_t *ret_gone)
{
	OWNED(statement) struct statement *row = NULL;
	struct store_pass *p = pass_of(s, root);
	int result;

	check_cache(s);
	*ret_gone = 0;
	if (!p || !p->is_whole)
		return STORE_NOT_FOUND;
	result = database_query(s->db, "SELECT id FROM folders WHERE root=? ORDER BY id", VALUES(value_int(root)),
				&row);
	while (result == 0 && (result = statement_next(row)) == 0)
		if (!is_met(p, column_int(row, 0))) {
			*ret_gone = column_int(row, 0);
			return 0;
		}
	return result == DATABASE_END ? 0 : store_answer(result);
}

/* ---- a listing ---- */

static uint64_t first_bytes(const uint8_t *hash)
{
	struct cursor c = cursor_of(bytes_of(hash, CELL_HASH));

	return cursor_u64(&c);
}

void store_folders_free(struct store *s)
{
	free(s->folder_path);
	if (s->listing)
		free(s->listing->rows);
	free(s->listing);
	while (s->passes) {
		struct store_pass *p = s->passes;

		s->passes = p->next;
		free(p->met);
		free(p);
	}
}

static int add_listed(struct store_listing *l, struct statement *row)
{
	struct bytes name = column_bytes(row, 1);
	struct listed *more;

	if (l->n == l->room) {
		more = reallocarray(l->rows, 2 * l->room + 64, sizeof(*more));
		if (!more)
			return FAULT(ENOMEM, "read a folder");
		l->rows = more;
		l->room = 2 * l->room + 64;
	}
	if (name.n == CELL_HASH)
		l->rows[l->n++] = (struct listed){first_bytes(name.at), store_row_print(row, 2), column_int(row, 0)};
	return 0;
}

static int read_rows(struct store *s, struct store_listing *l)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(s->db,
				    "SELECT id,name_hash," STORE_PRINTED
				    " FROM seen WHERE folder=? ORDER BY name_hash",
				    VALUES(value_int(l->folder)), &row);

	while (result == 0 && (result = statement_next(row)) == 0)
		TRY(add_listed(l, row));
	return result == DATABASE_END ? 0 : result;
}

int store_listing_begin(struct store *s, uint32_t root, const char *path)
{
	int result;

	if (!s->listing)
		s->listing = calloc(1, sizeof(*s->listing));
	if (!s->listing)
		return FAULT(ENOMEM, "read a folder");
	s->listing->n = 0;
	s->listing->folder = 0;
	s->listing->root = root;
	s->listing->is_bare = true;
	result = folder_of(s, root, bytes_of_text(path), true, &s->listing->folder);
	if (result == 0)
		result = read_rows(s, s->listing);
	if (result)
		s->listing->folder = 0;
	return store_answer(result);
}

static struct listed *find_listed(struct store_listing *l, const uint8_t *hash)
{
	uint64_t name = first_bytes(hash);
	size_t from = 0, to = l->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (l->rows[middle].name < name)
			from = middle + 1;
		else
			to = middle;
	}
	return from < l->n && l->rows[from].name == name ? &l->rows[from] : NULL;
}

/* Two names with the same first bytes: both count as told of, and the statement that changes a row tells them apart. */
static void tell(struct store_listing *l, struct listed *first)
{
	for (struct listed *one = first; one < l->rows + l->n && one->name == first->name; one++)
		one->id = one->id > 0 ? -one->id : one->id;
}

bool store_listing_knows(struct store *s, const struct store_name *name, const struct store_seen *f, bool *ret)
{
	struct store_listing *l = s->listing;
	struct listed *row;

	if (!l || l->folder == 0 || l->folder != name->folder)
		return false;
	row = find_listed(l, name->hash);
	l->is_bare = false;
	*ret = false;
	if (!row)
		return true;
	tell(l, row);
	if (f->generation != 0 || (row + 1 < l->rows + l->n && row[1].name == row->name))
		return false;
	*ret = row->print == store_seen_print(f);
	row->print = *ret ? row->print : 0; /* from now on it is something else */
	return true;
}

bool store_listing_is_bare(const struct store *s)
{
	const struct store_listing *l = s->listing;

	return l && l->folder != 0 && l->is_bare && l->n > 0;
}

/* The folder that was being listed was met by the scan, whatever follows from that for its files. */
static int end_listing(struct store *s)
{
	struct store_listing *l = s->listing;
	struct store_pass *p = pass_of(s, l->root);
	int64_t folder = l->folder;

	l->folder = 0;
	return p ? meet(p, folder) : 0;
}

int store_listing_leave(struct store *s)
{
	check_cache(s);
	return s->listing && s->listing->folder != 0 ? end_listing(s) : 0;
}

static int keep_folders(struct store *s, struct store_pass *p, int64_t folder)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(s->db, FOLDERS_BELOW, VALUES(value_int(folder)), &row);

	while (result == 0 && (result = statement_next(row)) == 0)
		TRY(meet(p, column_int(row, 0)));
	return result == DATABASE_END ? 0 : store_answer(result);
}

int store_seen_keep(struct store *s, uint32_t root, const char *path)
{
	struct store_listing *l = s->listing;
	struct store_name name;
	int64_t folder = 0;
	int result = store_name_find(s, root, path, &name);
	struct listed *row = result == 0 && l && l->folder == name.folder ? find_listed(l, name.hash) : NULL;

	if (row) {
		l->is_bare = false;
		tell(l, row);
	}
	if (result == 0 || result == STORE_NOT_FOUND)
		result = store_folder_find(s, root, path, &folder);
	if (result)
		return result == STORE_NOT_FOUND ? 0 : result;
	return pass_of(s, root) ? keep_folders(s, pass_of(s, root), folder) : 0;
}

void store_listing_removed(struct store *s, const struct store_name *name)
{
	struct store_listing *l = s->listing;
	struct listed *row = l && l->folder != 0 && l->folder == name->folder ? find_listed(l, name->hash) : NULL;

	if (row)
		row->print = 0;
}

int store_listing_end(struct store *s, int (*gone)(const char *path, void *arg), void *arg)
{
	struct store_listing *l = s->listing;
	int result = 0;

	check_cache(s);
	if (!l || l->folder == 0)
		return STORE_NOT_FOUND;
	for (size_t i = 0; i < l->n && result == 0; i++) {
		OWN_ARENA struct arena a = {0};
		OWNED(statement) struct statement *row = NULL;
		const char *path = NULL;

		if (l->rows[i].id < 0)
			continue;
		result = database_query(s->db, "SELECT path FROM seen WHERE id=? AND folder=?",
					VALUES(value_int(l->rows[i].id), value_int(l->folder)), &row);
		if (result == 0 && (result = statement_next(row)) == 0)
			path = store_column_sealed(s, row, 0, CELL_PATH, &a);
		result = result == DATABASE_END ? 0 : store_answer(result);
		if (path)
			result = gone(path, arg);
	}
	if (result == 0)
		return end_listing(s);
	l->folder = 0;
	return result;
}
