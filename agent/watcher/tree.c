/* Nodes are found by watch descriptor (events) and by parent and name (renames, rescans). */
#include "watcher/tree.h"

#include <errno.h>
#include <string.h>

void tree_done(struct tree *t)
{
	table_done(&t->by_wd);
	table_done(&t->by_name);
}

static uint64_t name_hash(const struct tree *t, const struct dir *parent, const char *name)
{
	return table_hash(t->seed, (uintptr_t)parent, bytes_of_text(name));
}

static uint64_t wd_hash(const struct tree *t, int wd)
{
	return table_hash(t->seed, (uint64_t)wd, bytes_of(NULL, 0));
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
	d->wd = -1;
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

struct dir *tree_by_wd(const struct tree *t, int wd)
{
	uint64_t hash = wd_hash(t, wd);

	for (struct table_entry *e = table_find(&t->by_wd, hash, NULL); e; e = table_find(&t->by_wd, hash, e)) {
		struct dir *d = container_of(e, struct dir, by_wd);

		if (d->wd == wd)
			return d;
	}
	return NULL;
}

int tree_set_wd(struct tree *t, struct dir *d, int wd)
{
	tree_clear_wd(t, d);
	TRY(table_add(&t->by_wd, &d->by_wd, wd_hash(t, wd)));
	d->wd = wd;
	return 0;
}

void tree_clear_wd(struct tree *t, struct dir *d)
{
	if (d->wd < 0)
		return;
	table_remove(&t->by_wd, &d->by_wd);
	d->wd = -1;
}

void tree_drop(struct tree *t, struct dir *d)
{
	tree_clear_wd(t, d);
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
