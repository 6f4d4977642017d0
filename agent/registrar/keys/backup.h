/*
 * Backups (issue 3; ADR 0018): everything that an agent needs on another
 * machine, encrypted to the escrow, through a pipe of the caller's while the
 * agent goes on working. The registrar holds no private key: the keeper gives
 * the key files as they lie and the machine key already wrapped.
 */
#ifndef REGISTRAR_BACKUP_H
#define REGISTRAR_BACKUP_H

#include "registrar/api/api.h"

/* Before the sandbox: ciphers are made there. Sets r->backup. */
int backup_new(struct registrar *r) MUST_CHECK;
void backup_free(struct registrar *r); /* ends what is under way; its caller is told if he can still be */
/* Frame; row of main.c. */
int backup_on_packed_keys(struct role *role, struct channel *from, const union frame_any *m, int *fd);
/* The keeper is gone: a backup that waits for its keys ends. */
int backup_lost_keeper(struct registrar *r) MUST_CHECK;

#endif
