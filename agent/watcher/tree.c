/* Nodes are found by key (events) and by parent and name (renames, rescans). */
#include "watcher/tree.h"

#include <errno.h>
#include <string.h>

void tree_done(struct tree *t)
{
	table_done(&t->by_key);
	table_done(&t->by_name);
}

static uint64_t name_hash(const struct tree *t, const struct dir *parent, const char *name)
{
	return table_hash(t->seed, (uintptr_t)parent, bytes_of_text(name));
}

static uint64_t key_hash(const struct tree *t, uint8_t by, uint64_t key)
{
	return table_hash(t->seed, key, bytes_of(&by, sizeof(by)));
}

static void link_child(struct dir *d)
{
	if (!d->parent)
		return;
	d->next = d->parent->first_child;
	d->link = &d->parent->first_child;
	if (d->next)
		d->next->link = &d->next;
	d->parent->first_child = d;
}

int tree_add(struct tree *t, struct watched_root *root, struct dir *parent, const char *name, struct dir **ret)
{
	size_t n = strlen(name) + 1;
	OWN_MEM struct dir *d = calloc(1, sizeof(*d) + n);

	if (!d)
		return FAULT(ENOMEM, "remember a directory");
	memcpy(d->name, name, n);
	d->root = root;
	d->parent = parent;
	d->mtime_ns = -1;
	TRY(table_add(&t->by_name, &d->by_name, name_hash(t, parent, name)));
	link_child(d);
	t->n++;
	*ret = steal(&d);
	return 0;
}

struct dir *tree_child(const struct tree *t, const struct dir *parent, const char *name)
{
	uint64_t hash = name_hash(t, parent, name);

	for (struct table_entry *e = table_find(&t->by_name, hash, NULL); e; e = table_find(&t->by_name, hash, e)) {
		struct dir *d = container_of(e, struct dir, by_name);

		if (d->parent == parent && strcmp(d->name, name) == 0)
			return d;
	}
	return NULL;
}

struct dir *tree_by_key(const struct tree *t, uint8_t by, uint64_t key)
{
	uint64_t hash = key_hash(t, by, key);

	for (struct table_entry *e = table_find(&t->by_key, hash, NULL); e; e = table_find(&t->by_key, hash, e)) {
		struct dir *d = container_of(e, struct dir, by_key);

		if (d->key == key && d->by == by)
			return d;
	}
	return NULL;
}

int tree_set_key(struct tree *t, struct dir *d, uint8_t by, uint64_t key)
{
	tree_clear_key(t, d);
	TRY(table_add(&t->by_key, &d->by_key, key_hash(t, by, key)));
	d->by = by;
	d->key = key;
	return 0;
}

void tree_clear_key(struct tree *t, struct dir *d)
{
	if (!d->key)
		return;
	table_remove(&t->by_key, &d->by_key);
	d->key = 0;
}

void tree_drop(struct tree *t, struct dir *d)
{
	tree_clear_key(t, d);
	table_remove(&t->by_name, &d->by_name);
	if (d->link) {
		*d->link = d->next;
		if (d->next)
			d->next->link = d->link;
	}
	t->n--;
	free(d);
}

/* Puts text in front of *at, which moves down. */
static bool prepend(char *start, char **at, const char *text, size_t n)
{
	if ((size_t)(*at - start) < n)
		return false;
	*at -= n;
	memcpy(*at, text, n);
	return true;
}

bool tree_path(const struct dir *d, const char *name, char ret[TREE_PATH_MAX])
{
	char *at = ret + TREE_PATH_MAX - 1;

	*at = 0;
	if (!*name && !d->parent)
		return memcpy(ret, ".", 2);
	if (!prepend(ret, &at, name, strlen(name)))
		return false;
	for (; d->parent; d = d->parent) {
		if (*at && !prepend(ret, &at, "/", 1))
			return false;
		if (!prepend(ret, &at, d->name, strlen(d->name)))
			return false;
	}
	memmove(ret, at, (size_t)(ret + TREE_PATH_MAX - at));
	return true;
}
