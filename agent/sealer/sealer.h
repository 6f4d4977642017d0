/*
 * The sealer's work, apart from its process: jobs that seal, unseal, rewrap,
 * restore and list, each a chain of short steps, so that a large file never
 * keeps others waiting. It never reads what a document means, and holds no
 * private key: public level keys, and the file key of a job in hand.
 *
 * The order of steps is what keeps documents safe (DESIGN 7): the sealed form
 * is complete, synced, read back and kept before it gets its name; the
 * plaintext is taken only after the registrar has journalled that. Each step, and what a crash after it costs:
 * adr/0022.
 */
#ifndef SEALER_SEALER_H
#define SEALER_SEALER_H

#include "library/crypto.h"
#include "library/envelope.h"
#include "system/files.h"
#include "system/frame.h"

#include <sys/queue.h>

#define SEALER_SLICE_CHUNKS ((size_t)4)		/* 256 KiB of plaintext in one step: it stays in the cache */
#define SEALER_LARGE	    ((uint64_t)4 << 20) /* from here on a file is synced and read back by itself */
#define SEALER_DIGESTS	    8
#define SEALER_HEADER_ROOM  ((size_t)8192) /* most headers are a page */
#define SEALER_GROUP	    ((size_t)500)
#define SEALER_GROUP_MS	    200		 /* the first of a group waits no longer … */
#define SEALER_MANY_MS	    2000	 /* … where so many are on their way that a group fills */
#define SEALER_QUIET_MS	    20		 /* a group whose queue has run dry waits so long for more … */
#define SEALER_STREAM	    ((size_t)64) /* … but as long as any where so many are under way: a folder comes in pieces */
#define SEALER_FEW	    ((size_t)4) /* so few are synced one by one, not with the whole file system */
#define SEALER_IN_FLIGHT    ((size_t)900)
#define SEALER_KNOWN	    ((size_t)512)
#define SEALER_KEYS	    64
#define SEALER_KEY_FRESH_MS 60000
#define SEALER_KEEPER_AWAY  1

/* Where messages go: channels in the process, a recorder in tests. fd is taken in any case. */
struct sealer_ports {
	void *context;
	int (*to_registrar)(void *context, const struct frame_type *type, const void *message, int fd);
	/* SEALER_KEEPER_AWAY: it is not connected; sealer_keeper_up() follows. */
	int (*to_keeper)(void *context, const struct frame_type *type, const void *message, int fd);
	int (*degraded)(void *context, const char *code, const char *detail);
	/* The registrar has much to take: a listing pauses. */
	bool (*is_crowded)(void *context);
};

struct sealer_root {
	uint32_t id;
	enum root_kind kind;
	int fd; /* owned */
	dev_t dev;
	int classd; /* .classd, -1 until it was needed */
	int keep;   /* .classd/keep */
	ino_t classd_ino;
	bool dirty;	/* a group has something to sync here */
	bool dropped;	/* names in .classd went for good */
	int sync_error; /* of the last such sync: a negated errno, or 0 */
};

struct level_key {
	char level[LABEL_TOKEN_MAX + 1];
	bool known;
	uint64_t fresh_until_ms;
	struct recipient recipients[2]; /* level, escrow */
};

/* See known.c. All zeros: no file. */
struct known_file {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed, written;
	uint8_t header_mac[32];
};

struct job;
TAILQ_HEAD(job_queue, job);

struct sealer {
	const struct files *files;
	struct sealer_ports ports;
	uid_t uid;
	uint64_t now_ms;
	uint64_t next_request;
	uint64_t flushes; /* how often the disk was waited for */
	bool no_lease_said;
	size_t in_flight_max;
	size_t in_flight; /* seal and rewrap jobs that hold descriptors */
	uint64_t group_since_ms, group_last_ms, settle_since_ms;

	struct sealer_root *roots;
	size_t n_roots;
	struct level_key keys[SEALER_KEYS];
	size_t n_keys;

	struct known_file known[SEALER_KNOWN];
	size_t next_known;

	struct bulk *bulk, *bulk_again; /* used within one step only */
	uint8_t *plain, *sealed;	/* a slice each, likewise; before the sealed one there is SEALER_HEADER_ROOM */
	struct digest *digests[SEALER_DIGESTS];
	size_t n_digests; /* free ones */
	int pipes;	  /* epoll descriptor: readable when a job's pipe is ready */

	struct job_queue ready;	   /* have something to do */
	struct job_queue starting; /* wait for room in flight */
	struct job_queue for_digest;
	struct job_queue for_key;   /* keeper's answer */
	struct job_queue written;   /* wait for their group */
	struct job_queue published; /* wait for settle */
	struct job_queue settled;   /* wait for their group */
	struct job_queue taken;	    /* out of their place, not gone yet */
	uint64_t taken_ms;
	struct job_queue for_pipe;
	struct job_queue for_room; /* in the registrar's queue */
};

/* Before the sandbox: fetches ciphers, makes buffers. */
int sealer_init(struct sealer *s, const struct files *files, const struct sealer_ports *ports, uid_t uid) MUST_CHECK;
void sealer_done(struct sealer *s);
/* Takes fd, a readable directory. */
int sealer_add_root(struct sealer *s, uint32_t id, enum root_kind kind, int fd) MUST_CHECK;

/* A message of the registrar or the keeper; fd as in channel_message_fn. Unknown ones are ignored. */
int sealer_message(struct sealer *s, const struct frame_type *type, const union frame_any *message, int *fd) MUST_CHECK;
/* Requests that went unanswered are asked again. */
int sealer_keeper_up(struct sealer *s) MUST_CHECK;
/* All jobs are dropped: the registrar asks again for what it still wants. */
void sealer_registrar_lost(struct sealer *s);

/* Some work. ret_wait_ms: how long nothing needs to be done (0: call again at once, UINT64_MAX: until a message or
 * s->pipes is readable). */
int sealer_turn(struct sealer *s, uint64_t now_ms, uint64_t *ret_wait_ms) MUST_CHECK;

#endif
