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

/* An inspector's answer, whatever the rows say by now. sha256 NULL: it could not be looked at as it was. */
struct checkouts_look {
	uint64_t job;
	uint32_t root;
	const char *path;
	const char *sha256;
	bool is_gone; /* nothing has that name */
};
void checkouts_looked(struct registrar *r, const struct checkouts_look *look);
void checkouts_end(struct registrar *r); /* forgets who waits */

/* Handlers of org.classd.Documents. */
int checkouts_attach(struct registrar *r, struct api_call *call) MUST_CHECK;
int checkouts_close(struct registrar *r, struct api_call *call) MUST_CHECK;
int checkouts_list(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif
