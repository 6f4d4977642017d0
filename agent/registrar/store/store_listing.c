/*
 * What scans say. The rows of a folder are read once, compared in memory with what is told name by name, and what was
 * not told is gone: so a file that is as it was costs no statement. Folders that no listing met are gone too.
 */
#include "registrar/store/look.h"
#include "registrar/store/store_private.h"

#include <errno.h>
#include <string.h>

struct listed {
	int64_t id;
	uint64_t name;	/* the first bytes of its hash */
	uint64_t print; /* store_seen_print() of the row */
	bool is_told;
};

struct store_listing {
	uint32_t root;
	int64_t folder;	     /* 0: none is under way */
	bool is_bare;	     /* nothing was put so far */
	bool has_gaps;	     /* rows were removed since */
	struct listed *rows; /* by id */
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

void store_listing_forget(struct store *s)
{
	if (s->listing)
		s->listing->folder = 0;
	for (struct store_pass *p = s->passes; p; p = p->next)
		p->is_whole = false;
}

int store_listing_look(struct store *s)
{
	struct store_listing *l = s->listing;

	return l ? database_int(s->db, "SELECT id FROM folders WHERE id=?", VALUES(value_int(l->folder)), 0, &l->folder)
		 : 0;
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

	store_check_undone(s);
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

	store_check_undone(s);
	*ret_gone = 0;
	if (!p || !p->is_whole)
		return STORE_NOT_FOUND;
	result =
	    database_query(s->db, "SELECT id FROM folders WHERE root=? ORDER BY id", VALUES(value_int(root)), &row);
	while (result == 0 && (result = statement_next(row)) == 0)
		if (!is_met(p, column_int(row, 0))) {
			*ret_gone = column_int(row, 0);
			return 0;
		}
	return result == DATABASE_END ? 0 : store_answer(result);
}

/* ---- a listing ---- */

void store_listing_free(struct store *s)
{
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
	struct store_seen f = store_row_printed(row, 2);
	struct listed *more;

	if (l->n == l->room) {
		more = reallocarray(l->rows, 2 * l->room + 64, sizeof(*more));
		if (!more)
			return FAULT(ENOMEM, "read a folder");
		l->rows = more;
		l->room = 2 * l->room + 64;
	}
	if (name.n == CELL_HASH)
		l->rows[l->n++] = (struct listed){
		    .id = column_int(row, 0), .name = store_name_bits(name.at), .print = store_seen_print(&f)};
	return 0;
}

static int read_rows(struct store *s, struct store_listing *l)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(
	    s->db, "SELECT id,name_hash," STORE_PRINTED " FROM seen WHERE id " STORE_IN_FOLDER("?1") " ORDER BY id",
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
	s->listing->has_gaps = false;
	result = store_folder_of(s, root, bytes_of_text(path), true, &s->listing->folder);
	if (result == 0)
		result = read_rows(s, s->listing);
	if (result)
		s->listing->folder = 0;
	return store_answer(result);
}

/* The first row of those that have the bits of the name, or of later ones. */
static struct listed *find_place(const struct store_listing *l, const struct store_name *name)
{
	size_t from = 0, to = l->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (l->rows[middle].id < name->id)
			from = middle + 1;
		else
			to = middle;
	}
	return l->rows + from;
}

static bool is_at(const struct store_listing *l, const struct listed *row, const struct store_name *name)
{
	return row < l->rows + l->n && row->id < name->id + STORE_SHARED;
}

static struct listed *find_listed(const struct store_listing *l, const struct store_name *name)
{
	for (struct listed *row = find_place(l, name); is_at(l, row, name); row++)
		if (row->name == store_name_bits(name->hash))
			return row;
	return NULL;
}

/* Two names with the same first bytes: both count as told of, and the statement that changes a row tells them apart. */
static bool tell(struct store_listing *l, struct listed *first)
{
	size_t n = 0;

	for (struct listed *one = first; one < l->rows + l->n && one->id < first->id + STORE_SHARED; one++)
		if (one->name == first->name) {
			one->is_told = true;
			n++;
		}
	return n == 1;
}

enum store_listed store_listing_knows(struct store *s, const struct store_name *name, const struct store_seen *f)
{
	struct store_listing *l = s->listing;
	struct listed *row;
	bool is_same;

	if (!l || l->folder == 0 || l->folder != name->folder)
		return LISTED_NOT;
	row = find_listed(l, name);
	l->is_bare = false;
	if (!row)
		return l->has_gaps || is_at(l, find_place(l, name), name) ? LISTED_OTHER : LISTED_NEW;
	if (!tell(l, row) || f->generation != 0)
		return LISTED_OTHER;
	is_same = row->print == store_seen_print(f);
	row->print = is_same ? row->print : 0; /* from now on it is something else */
	return is_same ? LISTED_SAME : LISTED_OTHER;
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
	store_check_undone(s);
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
	struct listed *row = result == 0 && l && l->folder == name.folder ? find_listed(l, &name) : NULL;

	if (row) {
		l->is_bare = false;
		(void)tell(l, row); /* how many they are is nothing to us */
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
	struct listed *row = name && l && l->folder != 0 && l->folder == name->folder ? find_listed(l, name) : NULL;

	if (row)
		row->print = 0;
	if (l)
		l->has_gaps = true;
}

/* Its id may have been given to another name meanwhile. */
static bool is_of(struct statement *row, int i, const struct listed *one)
{
	struct bytes name = column_bytes(row, i);

	return name.n == CELL_HASH && store_name_bits(name.at) == one->name;
}

int store_listing_end(struct store *s, int (*gone)(const char *path, void *arg), void *arg)
{
	struct store_listing *l = s->listing;
	int result = 0;

	store_check_undone(s);
	if (!l || l->folder == 0)
		return STORE_NOT_FOUND;
	for (size_t i = 0; i < l->n && result == 0; i++) {
		OWN_ARENA struct arena a = {0};
		OWNED(statement) struct statement *row = NULL;
		const char *path = NULL;

		if (l->rows[i].is_told)
			continue;
		result = database_query(s->db, "SELECT path,name_hash FROM seen WHERE id=?",
					VALUES(value_int(l->rows[i].id)), &row);
		if (result == 0 && (result = statement_next(row)) == 0 && is_of(row, 1, &l->rows[i]))
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
