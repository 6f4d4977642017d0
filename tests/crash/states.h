/* The other half of the model: which states a crash may leave, each made once as a directory and handed to a check. */
#ifndef TESTS_CRASH_STATES_H
#define TESTS_CRASH_STATES_H

#include "model.h"

struct file_state {
	const uint8_t *at;
	size_t n;
	uint8_t *owned;
	uint64_t hash; /* of what is durable */
	mode_t mode;
	struct blob acl;
};

struct entry {
	size_t dir;
	const char *name;
	size_t node;
};

struct crash_state {
	const struct model *m;
	size_t op; /* the last one before the crash */
	const size_t *pending;
	const bool *chosen; /* of the pending atoms: these had reached the disk */
	size_t n_pending;
	struct file_state *files; /* one for each node */
	struct entry *entries;
	size_t n_entries;
	uint64_t hash;
	char path[120]; /* where it was made */
	int dir;
	ino_t *inos; /* of nodes there; 0: it is gone */
	unsigned variant;
};

struct exploring {
	size_t first;  /* operation to begin with */
	size_t most;   /* states to try at most … */
	uint64_t seed; /* … chosen by this, where there are more */
	const char *scratch;
	/* What the rest of the world knows after that operation: with another one a state is another one. NULL:
	 * nothing. */
	uint64_t (*knowledge)(void *arg, size_t op);
	/* In how many ways it goes on from there, each from the same state. NULL: one. */
	unsigned (*variants)(void *arg, size_t op);
	void (*check)(const struct crash_state *s, void *arg);
	void *arg;
	size_t distinct; /* checked */
};

void states_explore(struct model *m, struct exploring *e);
/* Where the node stands now; 0: nowhere. */
ino_t state_ino(const struct crash_state *s, size_t node);
/* What was lost, in a few lines. */
void state_tell(const struct crash_state *s);
uint64_t state_hash(const void *at, size_t n);
void remove_tree(int dir, const char *name);

#endif
