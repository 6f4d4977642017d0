/* Folders and names: how the row of a file is found. */
#include "registrar/store/store_private.h"

#include "base/text.h"
#include "registrar/store/tallies.h"

#include <errno.h>
#include <string.h>

static void forget_recent(struct store *s)
{
	for (size_t i = 0; i < STORE_RECENT; i++) {
		free(s->recent[i].path);
		s->recent[i].path = NULL;
	}
}

void store_folders_free(struct store *s)
{
	forget_recent(s);
	store_listing_free(s);
}

static void hash_of(const struct store *s, struct bytes text, uint8_t ret[CELL_HASH])
{
	hash_keyed(s->meta, text, ret, CELL_HASH);
}

uint64_t store_name_bits(const uint8_t *hash)
{
	struct cursor c = cursor_of(bytes_of(hash, CELL_HASH));

	return cursor_u64(&c);
}

static void forget_all(struct store *s)
{
	forget_recent(s);
	store_listing_forget(s);
	s->more = 0;
	tally_sheet_forget(s->sheet);
	s->is_heard = false;
}

/* Ids that a transaction made are no more when it is undone. */
void store_check_undone(struct store *s)
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

static const struct store_folder *find_recent(const struct store *s, uint32_t root, struct bytes path)
{
	for (size_t i = 0; i < STORE_RECENT; i++) {
		const struct store_folder *one = &s->recent[i];

		if (one->path && one->root == root && bytes_equal_text(path, one->path))
			return one;
	}
	return NULL;
}

static int remember(struct store *s, uint32_t root, struct bytes path, int64_t id)
{
	struct store_folder *one = &s->recent[s->next_recent++ % STORE_RECENT];
	char *copy = malloc(path.n + 1);

	if (!copy)
		return FAULT(ENOMEM, "remember a folder");
	memcpy(copy, path.at, path.n);
	copy[path.n] = '\0';
	free(one->path);
	*one = (struct store_folder){copy, root, id};
	return 0;
}

int store_folder_of(struct store *s, uint32_t root, struct bytes path, bool make, int64_t *ret)
{
	const struct store_folder *recent;
	int64_t id = 0;
	int result;

	store_check_undone(s);
	recent = find_recent(s, root, path);
	if (recent) {
		*ret = recent->id;
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
	int result;

	hash_of(s, bytes_of(all.at + from, all.n - from), ret->hash);
	result = store_folder_of(s, root, bytes_of(all.at, n), make, &ret->folder);
	ret->id = ret->folder << 32 | (int64_t)(store_name_bits(ret->hash) >> 32 & ~(uint64_t)(STORE_SHARED - 1));
	return result;
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
	int result = s->meta ? store_folder_of(s, root, bytes_of_text(path), false, ret) : DATABASE_END;

	return result == 0 && *ret == 0 ? STORE_NOT_FOUND : store_answer(result);
}

int store_folder_remove(struct store *s, int64_t folder)
{
	int result = database_run(s->db,
				  "DELETE FROM seen WHERE id IN (SELECT f.id FROM (" FOLDERS_BELOW
				  ") b CROSS JOIN seen f ON f.id " STORE_IN_FOLDER("b.id") ")",
				  VALUES(value_int(folder)));

	if (result == 0)
		result = database_run(s->db, "DELETE FROM folders WHERE id IN (" FOLDERS_BELOW ")",
				      VALUES(value_int(folder)));
	forget_recent(s);
	if (result == 0)
		result = store_listing_look(s);
	return store_answer(result);
}
