/* What create, verify and restore share: opening a backup, and saying why one does not open. */
#ifndef CTL_BACKUP_H
#define CTL_BACKUP_H

#include "ctl/command.h"
#include "library/backup.h"

/* The identity of --identity, of a file that only its owner should have; or what every --share together gives. */
int backup_identity(struct ctl *ctl, struct secret **ret) MUST_CHECK;
/* FILE or "-", and its manifest. */
struct opened_backup {
	int fd;
	char *path; /* safe to print */
	struct backup_reader *reader;
	const struct backup_manifest *manifest;
};
int backup_open(const char *file, const struct secret *identity, struct opened_backup *ret) MUST_CHECK;
void opened_backup_done(struct opened_backup *b);
#define OWN_OPENED_BACKUP __attribute__((cleanup(opened_backup_done)))
/* Says an outcome of the reader; "wrong key", "damaged", "cannot read" and "newer format" have codes of their own. */
int backup_say_outcome(const struct opened_backup *b, int outcome) MUST_CHECK;

/* backup_verify.c, backup_restore.c */
int backup_run_restore(struct ctl *ctl);
int backup_run_verify(struct ctl *ctl);

/* A level's key out of a backup. */
struct level_key {
	char name[BACKUP_NAME_MAX + 1];
	char key_id[9];
	struct secret *identity;
};
struct sample {
	size_t wanted;
	size_t found, opened, failed, foreign;
	char *first_failed; /* safe to print, with the reason; NULL: none */
};
/* Opens `wanted` sealed documents below a folder, taken at random, with these keys. */
int backup_sample(const char *folder, const struct level_key *keys, size_t n_keys, struct sample *s) MUST_CHECK;

#endif
