/* Shared by the files of recover.h. */
#ifndef REGISTRAR_RECOVER_PRIVATE_H
#define REGISTRAR_RECOVER_PRIVATE_H

#include "registrar/oversight/recover.h"
#include "registrar/oversight/recover_record.h"
#include "registrar/store/arena.h"
#include "registrar/store/store.h"

#define RECOVER_KEEP	    ".classd/keep"
#define RECOVER_LABELS_MAX  64	 /* of one record, for what follows from what */
#define RECOVER_PROOFS_MAX  1000 /* records of the answer; every one is in the journal */
#define RECOVER_MISSING_MAX 200	 /* lines of the answer; the rest is counted */

/* A sealed file that was found. One with a kept link is one file with two names. */
struct recover_file {
	const char *path; /* below the root */
	const char *keep; /* name in .classd/keep; NULL */
	bool is_kept_only;
	bool is_ours;	  /* its clear label reads; args */
	bool is_deferred; /* its number was taken: it comes after all that have theirs */
	struct recover_args args;
	uint64_t dev, ino;
};

/* Of the newest decision. */
enum recover_signature {
	RECOVER_SIGNATURE_NONE,	   /* nothing that is to be signed */
	RECOVER_SIGNATURE_KNOWN,   /* by a key that the register gives to the responsible person */
	RECOVER_SIGNATURE_UNKNOWN, /* holds, and nobody has that key */
	RECOVER_SIGNATURE_OTHER,   /* holds, and the key is somebody else's */
	RECOVER_SIGNATURE_ENDED,   /* holds, and the key was not in force on that day */
	RECOVER_SIGNATURE_INVALID, /* does not hold */
	RECOVER_SIGNATURE_MISSING,
};

/* What is known of the record whose files are being read, from the oldest to the newest. */
struct recover_record {
	char id[37];
	char number[STORE_NUMBER_MAX]; /* "": nothing of it was rebuilt */
	bool wants_label;	       /* it got another number */
	bool is_checked;	       /* the newest decision is to be signed */
	enum recover_signature signature;
	uint32_t from, to;		   /* versions of labels */
	int64_t n_files, n_gaps, n_hashes; /* gaps: labels that are nowhere; hashes: known by their hash alone */
	uint8_t labels[RECOVER_LABELS_MAX][SHA256_BYTES];
	size_t n_labels;
};

struct recovery {
	struct registrar *r;
	struct api_call *call;
	bool wants_more;
	int sealer;
	uint64_t intent; /* of what the sealer was asked last */
	char person[64];
	uid_t uid;
	uint32_t root;
	char *folder;
	struct arena texts;
	struct recover_file *files;
	size_t n_files, room, at;
	bool is_listing_kept;
	bool defers; /* set by recover_take(): the record's files are to come again, later */
	struct recover_record record;
	int64_t n_read, n_records, n_unverified, n_failed, n_missing;
	struct json *missing;
	struct json *proofs;
	int64_t n_proofs;
	/* the look for what lies in clear, at the end, in turns */
	struct loop_timer clear_timer;
	int64_t clear_after, n_clear;
};

/* One line of what is missing; the same is said once. */
void recover_say_missing(struct recovery *rec, const char *line);
/* The file was not taken: counted, named, journalled. 0, REGISTRAR_READ_ONLY or a fault. */
int recover_skip(struct recovery *rec, const struct recover_file *file, const char *why) MUST_CHECK;
struct json *recover_report(const struct recovery *rec, const char *phase);
/* Some files on, of those in the folder; over: that was all. */
int recover_say_clear(struct recovery *rec, bool *ret_over) MUST_CHECK;
/* A file was taken; its content and the commitment in its label were proved when it was read. */
int recover_prove(struct recovery *rec, const struct recovered *v) MUST_CHECK;
void recover_say_proof(struct recovery *rec, const struct recover_record *known);
struct json *recover_entry(const struct recovery *rec, const char *phase, const char *path);

/* recover_write.c. One file that was read and verified becomes entries, or is told as skipped. 0, REGISTRAR_READ_ONLY
 * or a fault. */
int recover_take(struct recovery *rec, const struct recover_file *file, const struct frame_opened *opened) MUST_CHECK;
/* The record's files are all read: findings. */
int recover_end_record(struct recovery *rec) MUST_CHECK;

/* recover_files.c */
/* false: memory ran out. */
bool recover_add_file(struct recovery *rec, const struct frame_found *found);
/* By record and version; links of one file joined; kept files of other folders forgotten. What is not ours: first. */
void recover_sort(struct recovery *rec);
/* Another name in a folder is the document of that record and version. */
bool recover_is_copy(const struct recovery *rec, size_t i);
/* What is left of the record's files goes behind all others. false: memory ran out. */
bool recover_defer(struct recovery *rec);
/* The last file of its record. */
bool recover_is_newest(const struct recovery *rec, size_t i);

#endif
