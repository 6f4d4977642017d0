/*
 * Recovery (DESIGN 7, 12; issue 2): store and journal are lost, the sealed
 * files and the keys are not. One security administrator opens it, another
 * one runs it: every NAME.age below a folder, and what is kept in .classd, is
 * read and verified, and what can be said from it becomes journal entries like
 * any other. Running it again changes nothing that is there already.
 */
#ifndef REGISTRAR_RECOVER_H
#define REGISTRAR_RECOVER_H

#include "registrar/api/api.h"

int recover_method(struct registrar *r, struct api_call *call); /* org.classd.Journal.Recover */
/* The sealer that reads for it is gone: the call is refused; what was rebuilt stays. */
int recover_lost_sealer(struct registrar *r, int index) MUST_CHECK;
void recover_free(struct registrar *r);

/* Frames; rows of main.c. */
int recover_on_found(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int recover_on_listed(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int recover_on_opened(struct role *role, struct channel *from, const union frame_any *m, int *fd);

#endif
