/*
 * What the registrar knows of the machine key: which protectors there are, which one opened, and that somebody tries to
 * unlock it. Passphrase and PIN pass through here as a descriptor that nobody reads.
 */
#ifndef REGISTRAR_PROTECTORS_H
#define REGISTRAR_PROTECTORS_H

#include "registrar/registrar.h"

int protectors_on_list(struct role *role, struct channel *from, const union frame_any *m, int *fd) MUST_CHECK;
int protectors_on_unlocked(struct role *role, struct channel *from, const union frame_any *m, int *fd) MUST_CHECK;
void protectors_free(struct registrar *r);

#endif
