/*
 * Checkouts: documents that lie in clear in memory while somebody works on
 * them (DESIGN 10). A checkout binds a name below a root of checkouts to a
 * record; every settled change there is sealed as the next content.
 */
#ifndef REGISTRAR_CHECKOUTS_H
#define REGISTRAR_CHECKOUTS_H

#include "registrar/api/api.h"
#include "registrar/store/store.h"

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

/* Checkouts that end by themselves (DESIGN 10): every ten seconds, or now when something has changed for them. */
int checkouts_start(struct registrar *r) MUST_CHECK;
static inline int checkouts_soon(struct registrar *r)
{
	struct loop_timer *timer = &r->checkouts_timer;

	return timer->loop ? loop_arm(timer->loop, timer, 0, timer->due) : 0;
}
void checkouts_lost_sealer(struct registrar *r, int index);
void checkouts_over_free(struct registrar *r);
/* The limit of the configuration, and whether a file has passed it at that moment (nanoseconds since 1970). */
uint64_t checkouts_idle_ns(const struct role *role);
bool checkouts_is_idle(const struct store_seen *seen, uint64_t idle_ns, uint64_t now);

/* Frames; rows of main.c. */
int checkouts_on_over(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int checkouts_on_discarded(struct role *role, struct channel *from, const union frame_any *m, int *fd);

/* Handlers of org.classd.Documents. */
int checkouts_attach(struct registrar *r, struct api_call *call) MUST_CHECK;
int checkouts_close(struct registrar *r, struct api_call *call) MUST_CHECK;
int checkouts_list(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif
