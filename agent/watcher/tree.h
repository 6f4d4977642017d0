/*
 * The directories that are watched: one small node each, no descriptor, and
 * nothing at all for a file unless it is waiting to settle (pending.h).
 */
#ifndef WATCHER_TREE_H
#define WATCHER_TREE_H

#include "watcher/table.h"

#include <limits.h>
#include <stdbool.h>

#define TREE_PATH_MAX PATH_MAX

struct pending;
struct watched_root;

struct dir {
	struct table_entry by_key;
	struct table_entry by_name;
	struct dir *parent; /* NULL: the root itself */
	struct dir *first_child, *next, **link;
	struct dir *todo_next, **todo_link; /* waiting to be listed; link NULL: not */
	struct pending *pending;
	struct watched_root *root;
	uint64_t dev;
	uint64_t ino;
	uint64_t print;	  /* of its files as the registrar was told of them; 0: not known */
	int64_t mtime_ns; /* when it was last listed or heard of; -1: an event came since */
	uint64_t names;	  /* a sum of all its names and their inodes when it was last listed */
	uint64_t key;	  /* events of the directory carry it; 0: none come */
	uint32_t pass;	  /* the rescan that last met it */
	uint8_t by;	  /* enum back_end_id: whose key it is */
	bool in_pass;	  /* its listing counts for the running rescan */
	bool fresh;	  /* appeared while we watch: what it holds is news */
	bool heard;	  /* an event came since its listing began */
	bool suspect;	  /* changed without an event so far */
	char name[];	  /* "" for the root */
};

struct tree {
	uint64_t seed;
	struct table by_key;
	struct table by_name;
	size_t n;
};

void tree_done(struct tree *t); /* after all directories were dropped */
/* 0 or the fault ENOMEM. The node belongs to the tree. */
int tree_add(struct tree *t, struct watched_root *root, struct dir *parent, const char *name,
	     struct dir **ret) MUST_CHECK;
struct dir *tree_child(const struct tree *t, const struct dir *parent, const char *name);
struct dir *tree_by_key(const struct tree *t, uint8_t by, uint64_t key);
int tree_set_key(struct tree *t, struct dir *d, uint8_t by, uint64_t key) MUST_CHECK;
void tree_clear_key(struct tree *t, struct dir *d);
/* Takes one node, which has no children any more, out and frees it. */
void tree_drop(struct tree *t, struct dir *d);

/* Path from the root of `name` in d ("" for d itself; "." for the root itself). false: longer than TREE_PATH_MAX. */
bool tree_path(const struct dir *d, const char *name, char ret[TREE_PATH_MAX]);

#endif
