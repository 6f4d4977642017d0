/*
 * A Varlink client: one request at a time, descriptors beside it, replies one
 * by one. The agent's refusals are said to the person here, in its words, and
 * come back as exit codes; so a caller sees 0 or passes the result on.
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include "ctl/say.h"
#include "library/json.h"

#define CALL_DESCRIPTORS 4
#define CLIENT_REPLY_MAX ((size_t)64 << 20)

struct client {
	int fd;
	struct buffer in; /* received, not yet taken */
};

/* Where content goes that comes through the pipe while the agent works on the answer. */
struct sink {
	int fd; /* our end of the pipe */
	int (*take)(struct sink *s, struct bytes b);
};

#define QUIET_ALL "*"

struct call {
	const char *method;	 /* "Records.Tag": the interface without its domain */
	struct json *parameters; /* taken */
	int descriptors[CALL_DESCRIPTORS];
	size_t n_descriptors; /* borrowed */
	bool more;
	struct sink *sink; /* read to its end before the call is over; NULL: none */
	bool closes;	   /* the last descriptor is ours to close once it is sent; then false */
	const char *quiet; /* code (or class, or QUIET_ALL) of a refusal that is not said, only returned; NULL: none */
	bool hushed;	   /* answered: it was that one */
};

struct reply {
	struct json *message;
	struct json_view at; /* the parameters */
	bool continues;
};

/* A text of a reply, "" when it is absent: for joining into lines. */
const char *reply_text(struct json_view object, const char *key);
void reply_done(struct reply *r);
#define OWN_REPLY __attribute__((cleanup(reply_done)))

/* Connects to the socket at path. */
int client_open(const char *path, struct client **ret) MUST_CHECK;
/* Takes a connected socket. */
int client_new(int fd, struct client **ret) MUST_CHECK;
void client_free(struct client *c);
DEFINE_OWNED(client, struct client, client_free);

/* Sends and waits for the first reply. ret may be NULL. */
int client_call(struct client *c, struct call *call, struct reply *ret) MUST_CHECK;
/* The next reply of a call with more, after one that continues. ret is emptied first. */
int client_next(struct client *c, struct reply *ret) MUST_CHECK;
/* Index of a descriptor that goes with the call. */
int64_t call_pass(struct call *call, int fd);

#endif
