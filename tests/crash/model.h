/*
 * A model of what a disk may hold after the power was cut. It stands behind the I/O table (system/files.h): operations
 * are really carried out in a directory, and written down as atoms, the smallest things that reach the disk or do not.
 *
 * The rule is the weakest that POSIX leaves, weaker than ext4, xfs and btrfs are (Pillai et al., OSDI 2014, "All File
 * Systems Are Not Created Equal"; Mohan et al., OSDI 2018, "Finding Crash-Consistency Bugs with Bounded Black-Box Crash
 * Testing"): whatever was not synced is there or is not, each atom by itself, in any order:
 *  - each sector (512 bytes) of a write up to 32 KiB, larger pieces of a larger one; what is not there is zeros or what
 *    was there before;
 *  - the length that a write or a truncation gave, apart from the bytes;
 *  - mode and access list;
 *  - each name that was made, removed or moved. A rename or an exchange is one atom, also between two directories.
 * fsync of a file makes its bytes, length, mode and list durable, but none of its names; fdatasync bytes and length;
 * fsync of a directory the names that were made, removed or moved in it, but neither what they name nor the directory's
 * own name; syncfs all of it. (ext4 and xfs write names in order and with the file's own sync, btrfs mostly: a state of
 * theirs is a state here.) A name that is durable before its file's content shows a file that is empty, short or zeros.
 */
#ifndef TESTS_CRASH_MODEL_H
#define TESTS_CRASH_MODEL_H

#include "system/files.h"

#define MODEL_NEVER SIZE_MAX

enum atom_kind { ATOM_BYTES, ATOM_SIZE, ATOM_CUT, ATOM_MODE, ATOM_ACL, ATOM_LINK, ATOM_UNLINK, ATOM_MOVE };

struct blob {
	uint8_t *at;
	size_t n;
};

struct atom {
	enum atom_kind kind;
	size_t op;	/* that made it, from 1 */
	size_t durable; /* the sync that made it last; MODEL_NEVER */
	size_t node, other;
	uint64_t offset; /* or length, or mode */
	struct blob bytes;
	size_t dir, dir2;
	char *name, *name2;
	bool is_exchange;
};

enum sync_kind { SYNC_FILE, SYNC_DATA, SYNC_ALL };

struct sync {
	enum sync_kind kind;
	size_t op, node;
};

/* A file or directory that was there at some time. */
struct node {
	bool is_dir, is_dead;
	dev_t dev;
	ino_t ino;
	mode_t mode;
	uint32_t uid, gid;
	struct timespec mtime;
	struct blob base, acl; /* at the start */
};

struct model {
	struct files table; /* what the code under test gets */
	struct files real;
	int dir;
	dev_t dev;
	struct node *nodes; /* 0 is the directory itself */
	size_t n_nodes;
	struct atom *atoms;
	size_t n_atoms;
	struct sync *syncs;
	size_t n_syncs;
	char (*ops)[120]; /* what each was */
	size_t n_ops;
	size_t dropped;	   /* a sync that does nothing; MODEL_NEVER: none */
	bool is_paused;	   /* what is done goes unnoticed */
	size_t kill_after; /* whoever works with the table is dead after that operation: the rest fails */
};

/* Takes down what is beneath dir, all of it durable, and begins. */
void model_start(struct model *m, const struct files *real, int dir);
void model_done(struct model *m);
/* What a careful program does: another file, synced, takes the name, and the folder is synced. */
void model_save_by_rename(struct model *m, const char *name, const void *at, size_t n);
/* For operations that come from elsewhere than the table. */
void model_note_write(struct model *m, int fd, const void *at, size_t n, uint64_t offset);
void model_note_size(struct model *m, int fd, uint64_t size, bool is_cut);
void model_note_create(struct model *m, int dir, const char *name, int fd);
void model_note_unlink(struct model *m, int dir, const char *name);
void model_note_sync(struct model *m, enum sync_kind kind, int fd);

size_t model_node(const struct model *m, dev_t dev, ino_t ino); /* MODEL_NEVER: none */
bool model_is_killed(const struct model *m);

/* "fsync of keep after link 1.1.age": the same each time. */
void model_sync_name(const struct model *m, size_t sync, char ret[300]);

#endif
