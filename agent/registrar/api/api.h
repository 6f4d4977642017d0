/*
 * The public API: Varlink on the one socket. A method is one row: interface
 * file and tests are held against the table.
 */
#ifndef REGISTRAR_API_H
#define REGISTRAR_API_H

#include "library/json.h"
#include "registrar/api/descriptor.h"
#include "registrar/registrar.h"

#include <sys/types.h>

struct api_call; /* one request until it is answered; handlers may keep it and answer later */

enum api_flags {
	API_MUTATES = 1 << 0,	  /* refused when read-only */
	API_STREAM = 1 << 1,	  /* may answer several times when the client said "more" */
	API_DESCRIPTORS = 1 << 2, /* takes descriptors */
	API_ANYONE = 1 << 3,	  /* also for uids that are no person */
	API_WHEN_FROZEN = 1 << 4, /* mutates, but is there while an older state waits for being accepted */
};

/* The flags say who may call at all; finer rules (authority on this record) are the handler's. */
struct api_method {
	const char *name; /* "org.classd.Records.Tag"; its parameters are those of the interface file */
	int (*handle)(struct registrar *r, struct api_call *call);
	unsigned flags;
};

int api_new(struct registrar *r) MUST_CHECK;   /* sets r->api */
int api_start(struct registrar *r) MUST_CHECK; /* listens on RESOURCE_API_SOCKET */
void api_free(struct api *api);
/* A device that descriptors may lie on: that of a root or of checkouts. */
void api_add_device(struct api *api, uint64_t dev);
/* A client that is connected already, as that uid; takes fd. */
int api_adopt(struct registrar *r, int fd, uid_t uid) MUST_CHECK;

/* Answers that are on their way to a person of whom is_cut says so do not arrive: his connections with such are closed.
 */
int api_cut(struct registrar *r, int (*is_cut)(struct registrar *r, const char *person, bool *ret)) MUST_CHECK;

/* Each noun's file exports its rows; api.c lists the tables. Rows end with name NULL. */
extern const struct api_method agent_methods[];
extern const struct api_method document_methods[];
extern const struct api_method record_methods[];
extern const struct api_method person_methods[];
extern const struct api_method root_methods[];
extern const struct api_method policy_methods[];
extern const struct api_method oversight_methods[];
extern const struct api_method journal_methods[];
extern const struct api_method protector_methods[];
extern const struct api_method escrow_methods[];
extern const struct api_method key_methods[];
extern const struct api_method unlock_methods[];
extern const struct api_method service_methods[];
extern const struct api_method backup_methods[];
extern const struct api_method custody_methods[];

struct interfaces;
const struct interfaces *api_interfaces(const struct registrar *r);
/* An error of org.varlink.service with one parameter. */
int api_refuse_service(struct api_call *call, const char *error, const char *key, const char *value) MUST_CHECK;

struct json_view api_parameters(const struct api_call *call);
uid_t api_uid(const struct api_call *call); /* SO_PEERCRED's; 0, the overflow uid and role uids are never a person */
/* The caller's person id, looked up at this request; NULL: no person. */
const char *api_person(const struct api_call *call);
bool api_wants_more(const struct api_call *call);
/*
 * What the i-th descriptor is. false: there is none, or it is neither a pipe, nor sealed memory, nor a file or
 * directory on a device of a root or checkout.
 */
bool api_look_descriptor(const struct api_call *call, int64_t i, struct descriptor *ret);
/* Takes the i-th descriptor of the call; -1: there is none. Only what api_look_descriptor() accepted may be taken: it
 * is closed like any other. */
int api_take_descriptor(struct api_call *call, int64_t i);

/*
 * Answers and ends the call; the reply leaves when everything changed so far is durable.
 * api_reply takes parameters (NULL: memory ran out: answered as a failure). api_more sends one of several; a client that
 * did not say "more" does not get it.
 */
int api_reply(struct api_call *call, struct json *parameters) MUST_CHECK;
int api_more(struct api_call *call, struct json *parameters) MUST_CHECK;
/* Nothing that was said to the client waits any more, neither to be durable nor to be read. */
bool api_has_taken_all(const struct api_call *call);

/*
 * A long answer, page by page (adr/0032). next() is called at once, and then again in a turn of the loop of its own
 * whenever api_has_taken_all(): so one page waits for a client however slowly it reads, and others are served in
 * between. It sends a page with api_more(), or says nothing (it worked, and goes on), or ends with api_reply() or
 * api_refuse(). What it returns: as a method's handler.
 * Before each further page the caller is judged as for a new call: who was suspended or left meanwhile, or calls a
 * mutating method when the agent became read-only or froze, gets that refusal, and next() is not called any more.
 * arg belongs to the call from here on, also when a fault is returned: done() (may be NULL) frees it after the last
 * answer, or when the client goes away or is cut off (api_cut()). Nothing else happens then, so done() only frees: it
 * may be called when the agent ends.
 */
struct api_pages {
	int (*next)(struct registrar *r, struct api_call *call, void *arg);
	void (*done)(void *arg);
};
int api_stream(struct api_call *call, const struct api_pages *pages, void *arg) MUST_CHECK;
/* From next(): it has nothing to say and rests: it is not asked before api_stream_wake(), which is fine at any time before
 * done(). A call that rests costs its argument and no turn of the loop. */
void api_stream_rest(struct api_call *call);
void api_stream_wake(struct api_call *call);

/* What kind of refusal: decides the exit code of classctl (classd/exit.h). */
enum api_class { API_INPUT = 1, API_AUTHORITY, API_STATE, API_NOT_FOUND, API_BUSY, API_FAILED };

/*
 * error <interface>.Refused (class, code, what, where, next). code: stable, kebab-case ("term-above-cap");
 * what: one sentence of what is wrong with the values in it; where: the field, file or record; next: what to do.
 */
int api_refuse(struct api_call *call, enum api_class kind, const char *code, const char *where, const char *next,
	       const char *what, ...) PRINTF_LIKE(6, 7) MUST_CHECK;
/* While held, api_refuse() keeps the sentence instead of answering: for calls about many things, one line each. */
void api_hold_refusals(struct api_call *call, bool hold);
char *api_take_refusal(struct api_call *call); /* malloc'ed; NULL: there was none */

#endif
