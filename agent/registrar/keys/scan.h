/*
 * Which key every sealed file of the watched roots is sealed to, by looking:
 * the sealer lists each root and its .classd, and reads the clear label of each
 * file. Documents, kept older versions and copies are counted apart; those on
 * older keys are remembered by name, up to SCAN_HELD of each key.
 */
#ifndef REGISTRAR_SCAN_H
#define REGISTRAR_SCAN_H

#include "registrar/oversight/recover_record.h"
#include "registrar/registrar.h"
#include "registrar/store/store.h"

#define SCAN_HELD 2000

enum scan_kind {
	SCAN_DOCUMENT, /* of a record, at its name; its kept link is the same file */
	SCAN_KEPT,     /* only in .classd: an older content, or what an unfinished work left */
	SCAN_COPY,     /* anything else */
	SCAN_KINDS
};

struct scan_file {
	enum scan_kind kind;
	uint32_t root;
	const char *path;
	char number[STORE_NUMBER_MAX]; /* "": its record is not known here */
	struct recover_args args;
	uint64_t dev, ino;
};

struct scan_key {
	char key_id[9];
	uint64_t files[SCAN_KINDS];
	size_t n_held;
};

/* The last whole one. */
struct scan_result {
	char when[32]; /* "": none since the start */
	struct scan_key *keys;
	size_t n_keys;
	struct scan_file *files; /* on keys that are not their level's newest */
	size_t n_files;
	uint64_t n_learned; /* documents of which the store did not know it */
	bool is_incomplete; /* a folder could not be read: nothing follows from what was not seen */
	uint64_t begun_at;  /* the journal's size then */
	struct arena texts;
};

int scan_new(struct registrar *r) MUST_CHECK; /* sets r->scan */
void scan_free(struct registrar *r);

/* A scan that begins now, or after the one that is running. result NULL: it could not be done. */
typedef int (*scan_done_fn)(struct registrar *r, const struct scan_result *result, void *arg);
int scan_start(struct registrar *r, scan_done_fn then, void *arg) MUST_CHECK;
const struct scan_result *scan_last(const struct registrar *r);
/* Of that key, 0 where none was found. */
uint64_t scan_count(const struct scan_result *result, const char *key_id, enum scan_kind kind);
uint64_t scan_total(const struct scan_result *result, const char *key_id);

int scan_lost_sealer(struct registrar *r, int index) MUST_CHECK;

/* Rows of main.c; what is not ours is recovery's. */
int scan_on_found(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int scan_on_listed(struct role *role, struct channel *from, const union frame_any *m, int *fd);

#endif
