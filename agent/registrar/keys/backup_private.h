/* Shared by the files of backup.h. */
#ifndef REGISTRAR_BACKUP_PRIVATE_H
#define REGISTRAR_BACKUP_PRIVATE_H

#include "library/backup.h"
#include "library/sqlite.h"
#include "registrar/keys/backup.h"

#define BACKUP_COPY "backup.db" /* of the store, beside it while a backup is made */

enum backup_phase { BACKUP_PHASE_KEYS, BACKUP_PHASE_COPY, BACKUP_PHASE_STORE, BACKUP_PHASE_JOURNAL, BACKUP_PHASE_SENT };

struct backup_run {
	struct registrar *r;
	struct api_call *call;
	char *person; /* NULL: root, for the machine */
	uid_t uid;
	uint64_t id; /* of its first entry */
	enum backup_phase phase;
	int pipe;     /* the client's: only ever spliced into */
	int stage[2]; /* a pipe of our own before it */
	size_t staged;
	int keys;  /* memfd that the keeper fills */
	int store; /* the copy, read from its beginning */
	char *copy_path;
	struct database_copy *copy;
	struct backup_writer *out;
	struct backup_manifest manifest;
	uint64_t journal; /* its bytes that go along: those of the manifest */
	uint64_t at, end; /* of the file that is being sent */
	uint64_t sent;	  /* bytes through the pipe */
	uint64_t files;
	struct loop_source writable;
	struct loop_timer stalled;
	uint64_t sent_at_last_look;
};

struct backup {
	struct bulk *bulk;
	struct digest *digest; /* of each file inside */
	struct digest *whole;  /* of what is sent */
	char machine[64];
	struct backup_run *run; /* NULL: none is made */
};

/* backup_files.c: what is small, in memory. Manifest, keys, roots, settings, policy, in this order. */
int backup_add_small_files(struct backup_run *run) MUST_CHECK;
/* The escrow's recipient among the packed keys; false: they do not read. */
bool backup_find_escrow(const struct buffer *keys, struct recipient *ret);
int backup_read_keys(int fd, struct buffer *ret) MUST_CHECK;

#endif
