/* Shared by rotate.c (which files, when) and rekey.c (one file). */
#ifndef REGISTRAR_ROTATE_PRIVATE_H
#define REGISTRAR_ROTATE_PRIVATE_H

#include "registrar/keys/epochs.h"
#include "registrar/keys/rotate.h"
#include "registrar/keys/scan.h"

#define ROTATE_OPEN_MAX 64

/* A level whose files are moving; the strictest of its open rotations. */
struct rotate_open {
	uint64_t id; /* the newest rotation */
	char level[EPOCHS_NAME];
	char epoch[EPOCHS_NAME]; /* to this or a newer one */
	bool reencrypt;
};

/* One file on its way. */
struct rekey {
	struct rekey *next;
	struct registrar *r;
	uint64_t intent, rotation;
	int sealer; /* who has it; -1: nobody */
	enum scan_kind kind;
	uint32_t root, version;
	char *path;
	char keep[64]; /* "": it has no kept link */
	char number[STORE_NUMBER_MAX];
	char record[37];
	char key_id[9]; /* that it is sealed to */
	uint64_t ino;
	bool reencrypt;
};

enum rotate_phase { ROTATE_IDLE, ROTATE_DOCUMENTS, ROTATE_SCANNING, ROTATE_FILES };

struct rotate_lefts {
	struct rotate_left at[ROTATE_LEFT_MAX];
	size_t n;
	struct {
		char level[EPOCHS_NAME];
		uint64_t n;
	} counts[ROTATE_OPEN_MAX];
	size_t n_counts;
};

struct rotate {
	struct registrar *r;
	struct loop_timer timer;
	enum rotate_phase phase;
	bool is_begun;
	struct rotate_open open[ROTATE_OPEN_MAX];
	size_t n_open;
	struct rekey *flying;
	size_t n_flying;
	/* documents: key by key, in the order of their numbers */
	size_t epoch_at;
	char after[STORE_NUMBER_MAX];
	struct rekey *batch; /* read ahead */
	/* files: of the last scan */
	size_t file_at;
	uint64_t n_moved; /* in this pass */
	unsigned tries;	  /* passes without any */
	struct rotate_lefts now, last;
};

const struct rotate_open *rotate_open_find(const struct rotate *t, const char *level);
/* rotate_left.c */
void rotate_lefts_done(struct rotate_lefts *lefts);
/* The file could not be moved in this pass. */
int rotate_leave(struct rotate *t, const struct rekey *k, const char *why, bool is_damaged) MUST_CHECK;
/* rotate_findings.c. An outcome that trying again does not change. */
bool rotate_is_for_good(uint8_t outcome);
int rotate_say(struct rotate *t, const struct rekey *k, const char *why) MUST_CHECK;
/* At the end of a pass over everything: of whom no file was left, the finding is closed. */
int rotate_unsay(struct rotate *t) MUST_CHECK;
/* Its work is over, one way or the other: the next may come. Frees it. */
int rotate_landed(struct rotate *t, struct rekey *k) MUST_CHECK;

/* rekey.c. Journals the intent and sends it; takes k. */
int rekey_start(struct rotate *t, struct rekey *k) MUST_CHECK;
int rekey_send(struct rotate *t, struct rekey *k) MUST_CHECK; /* to a sealer, when there is one */
void rekey_free(struct rekey *k);
/* An open intent of the store; NULL: it does not read. */
struct rekey *rekey_load(struct registrar *r, const struct store_intent *intent);

#endif
