/*
 * Checkouts: documents that lie in clear in memory while somebody works on
 * them (DESIGN 10). A checkout binds a name below a root of checkouts to a
 * record; every settled change there is sealed as the next content.
 */
#ifndef REGISTRAR_CHECKOUTS_H
#define REGISTRAR_CHECKOUTS_H

#include "registrar/api.h"
#include "registrar/store.h"

/* A file below a root of checkouts was seen or looked at. */
int checkouts_follow(struct registrar *r, const struct store_seen *seen) MUST_CHECK;

/* Handlers of org.classd.Documents. */
int checkouts_attach(struct registrar *r, struct api_call *call) MUST_CHECK;
int checkouts_close(struct registrar *r, struct api_call *call) MUST_CHECK;
int checkouts_list(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif
