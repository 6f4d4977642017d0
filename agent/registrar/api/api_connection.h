/*
 * The bytes of the public socket: connections, their limits and quotas,
 * messages in and out, descriptors beside a message. It knows nothing of what
 * a message says. Nothing a client sends ends the process: its connection is
 * closed, and that is all.
 */
#ifndef REGISTRAR_API_CONNECTION_H
#define REGISTRAR_API_CONNECTION_H

#include "base/bytes.h"
#include "system/loop.h"

#include <sys/types.h>

/* DESIGN 11, security.md 6.5. */
#define API_DESCRIPTORS_MAX    4
#define API_CONNECTIONS_MAX    256
#define API_CONNECTIONS_OF_ONE 16
#define API_REQUEST_MS	       5000  /* from the first byte of a request to its last */
#define API_IDLE_MS	       60000   /* without a request */
#define API_READER_MS	       3600000 /* with answers that nobody reads: a long one may be looked at in a pager */
#define API_OUT_MAX	       ((size_t)4 << 20) /* answers that wait for one client to read them */
#define API_PARKED_MAX	       64
#define API_PARKED_OF_ONE      2

struct api_server;

struct api_connection {
	struct api_connection *next;
	struct api_server *server;
	struct loop_source source;
	struct loop_timer timer;
	int fd; /* -1: closed, freed by the timer */
	uid_t uid;
	struct buffer in;
	struct buffer out;
	int descriptors[API_DESCRIPTORS_MAX]; /* beside the message that `in` begins with */
	size_t n_descriptors;
	bool is_busy;	 /* its request is being worked on: no other is read */
	bool is_closing; /* after `out` and the request that is worked on */
	bool is_timed;	 /* a part of a request is there: its time runs */
	bool is_delivering;
	void *call; /* the owner's, while it is busy */
};

/* A whole message; or why there is none: VARLINK_TOO_DEEP, VARLINK_TOO_LARGE, VARLINK_INCOMPLETE (its time is over).
 * The connection is busy until api_connection_resume(). Descriptors may be taken with steal_fd(). */
typedef int (*api_message_fn)(struct api_connection *c, struct bytes message, int fault);
/* The connection goes away; its call must be forgotten. */
typedef void (*api_gone_fn)(struct api_connection *c);
/* The client took all that was queued for it while it waited for more. */
typedef void (*api_drained_fn)(struct api_connection *c);

struct api_parked {
	int fd;
	uid_t uid;
};

struct api_server {
	struct loop *loop;
	struct loop_source source;
	struct loop_timer pause; /* no descriptors left: accepting goes on later */
	struct api_connection *connections;
	const uint64_t *home; /* devices of roots and checkouts; borrowed */
	size_t n_home;
	const char *refusal; /* message for a client above its quota, with its NUL */
	size_t refusal_n;
	struct api_parked parked[API_PARKED_MAX]; /* descriptors that cannot be closed safely */
	size_t n_parked;
	api_message_fn message;
	api_gone_fn gone;
	api_drained_fn drained;
	void *owner;
};

/* loop, callbacks and owner are set before; listening stays the caller's. */
int api_server_start(struct api_server *server, int listening) MUST_CHECK;
void api_server_stop(struct api_server *server);
/* The one of this registrar (api.c). */
struct registrar;
struct api_server *api_server(struct registrar *r);
/* A client that is connected already; takes fd. */
int api_server_adopt(struct api_server *server, int fd, uid_t uid) MUST_CHECK;

/* Queues the text and its NUL. A closed connection swallows it. */
int api_connection_send(struct api_connection *c, const char *text) MUST_CHECK;
/* The request is answered: the next one may come. */
int api_connection_resume(struct api_connection *c) MUST_CHECK;
/* Ends it; the struct lives until the loop's next turn. */
void api_connection_close(struct api_connection *c);
/* Closes a descriptor of a client, or parks it. fd becomes -1. */
void api_descriptor_drop(struct api_server *server, uid_t uid, int *fd);

#endif
