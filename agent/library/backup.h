/*
 * A backup: one age file (agestream.h) around one tar (archive.h), so that
 * `age -d -i escrow.key FILE | tar x` opens it and `sha256sum -c SHA256SUMS`
 * checks it. Its files, in this order:
 *
 *   backup.json     what it is: format, when, of which journal entry it is the state
 *   keys/…          the keeper's files as they lie, and the machine key wrapped to the escrow
 *   …               journal/entries, store.db, settings, policy, sets/
 *   SHA256SUMS      of all the others, the last one
 *
 * Nothing in it is a secret in clear. Whoever knows the escrow's public half
 * can make such a file: it says what it holds, never who made it.
 */
#ifndef LIBRARY_BACKUP_H
#define LIBRARY_BACKUP_H

#include "library/agestream.h"

#define BACKUP_FORMAT	1 /* this version writes and reads it */
#define BACKUP_MANIFEST "backup.json"
#define BACKUP_SUMS	"SHA256SUMS"
#define BACKUP_JOURNAL	"journal/entries"
#define BACKUP_STORE	"store.db"
#define BACKUP_KEYS	"keys/"
#define BACKUP_MACHINE	"keys/machine.key.age"
#define BACKUP_ROOTS	"roots"
#define BACKUP_SETS	"sets/" /* policy sets that arrived, as they lie in the state directory */
#define BACKUP_NAME_MAX 200

struct backup_manifest {
	int64_t format;
	char made[32];	  /* RFC 3339, UTC */
	char version[32]; /* of the agent */
	char unit[128];
	char machine[64];
	bool is_trial;
	uint64_t entries; /* of the journal … */
	char hash[65];	  /* … and the hash of the last one, hex */
};

/* ---- writing ---- */

struct backup_writer;

/* bulk and digest are borrowed: they are made before the sandbox. */
int backup_writer_new(struct bulk *bulk, struct digest *digest, const struct recipient *to, size_t n_to,
		      struct backup_writer **ret) MUST_CHECK;
void backup_writer_free(struct backup_writer *w);
DEFINE_OWNED(backup_writer, struct backup_writer, backup_writer_free);
int backup_write_manifest(struct backup_writer *w, const struct backup_manifest *m) MUST_CHECK; /* first */
/* A file of exactly `size` bytes, which follow in any number of parts. */
int backup_begin(struct backup_writer *w, const char *name, uint64_t size) MUST_CHECK;
int backup_add(struct backup_writer *w, struct bytes b) MUST_CHECK;
int backup_end_file(struct backup_writer *w) MUST_CHECK;
int backup_write_whole(struct backup_writer *w, const char *name, struct bytes content) MUST_CHECK;
int backup_end(struct backup_writer *w) MUST_CHECK;
/* What is sealed so far and not taken yet; the caller takes bytes away. */
struct buffer *backup_sealed(struct backup_writer *w);

/* ---- reading ---- */

enum backup_outcome {
	BACKUP_END = 1,	   /* all was read, and every file is what SHA256SUMS says; of backup_read: the file is read */
	BACKUP_NONE,	   /* it is no backup */
	BACKUP_WRONG_KEY,  /* not encrypted to this identity */
	BACKUP_DAMAGED,	   /* altered, damaged, or the end is missing */
	BACKUP_UNREADABLE, /* it cannot be read: backup_reader_error() */
	BACKUP_NEWER,	   /* made by a later version */
};

struct backup_reader;

/* identity and fd are borrowed. Reads the manifest. On an outcome *ret is there as well, for its detail. */
int backup_reader_new(int fd, const struct secret *identity, struct backup_reader **ret) MUST_CHECK;
void backup_reader_free(struct backup_reader *r);
DEFINE_OWNED(backup_reader, struct backup_reader, backup_reader_free);
const struct backup_manifest *backup_reader_manifest(const struct backup_reader *r);
/* The next file; what was not read of the one before is read here. ret_name lives until the next call. */
int backup_next(struct backup_reader *r, const char **ret_name, uint64_t *ret_size) MUST_CHECK;
int backup_read(struct backup_reader *r, struct bytes *ret) MUST_CHECK;
int backup_reader_error(const struct backup_reader *r);		 /* errno of BACKUP_UNREADABLE */
const char *backup_reader_detail(const struct backup_reader *r); /* what and where, for an outcome; static text */

/* "level/year.age": parts of letters, digits, ".", "-", "_", none beginning with "."; at most BACKUP_NAME_MAX. */
bool backup_name_is_valid(const char *name);

#endif
