/*
 * Requests that came before their grant, or before the keeper was told of their
 * level (a policy with a new one). Registrar and sealer speak to the keeper over
 * two sockets, and nothing orders them: a request may be heard first although
 * what it needs was sent first. It waits a little; what has no grant or key by
 * then is refused. A sealer that asks at random fills its own
 * places only: the oldest is refused when there is no room.
 */
#ifndef KEEPER_WAITING_H
#define KEEPER_WAITING_H

#include "system/channel.h"

#define WAITING_MAX 32	 /* requests of all sealers */
#define WAITING_MS  5000 /* a registrar that is busy for longer has other troubles */

struct waiting_request {
	uint64_t id; /* the sealer's */
	uint64_t grant; /* 0: it asks for the public key of a level, whose name is in header */
	uint8_t sealer; /* its index: the channel may be another one by then */
	struct buffer header;
	uint64_t until_ms;
};

struct waiting {
	struct waiting_request places[WAITING_MAX]; /* oldest first */
	size_t n;
};

/* Takes the header. true: it was full, and the oldest comes back, to be refused and freed. */
bool waiting_add(struct waiting *w, struct waiting_request *request, struct waiting_request *ret_oldest);
/* One that waits for this grant, or (0) one whose time is over; it is the caller's. false: none. */
bool waiting_take(struct waiting *w, uint64_t grant, uint64_t now_ms, struct waiting_request *ret);
/* One that waits for the key of this level. */
bool waiting_take_level(struct waiting *w, const char *level, struct waiting_request *ret);
/* How long none is over; UINT64_MAX: nobody waits. */
uint64_t waiting_ms(const struct waiting *w, uint64_t now_ms);
/* The requests of a sealer that went away. */
void waiting_drop(struct waiting *w, uint8_t sealer);
void waiting_request_done(struct waiting_request *request);

#endif
