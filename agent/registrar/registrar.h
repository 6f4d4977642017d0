/*
 * The registrar's frame: one struct that its modules share, and the one way to
 * change anything.
 *
 * A change is one journal entry. registrar_change() appends it to the journal's
 * buffer and applies it to the store inside the open transaction, with the same
 * function that recovery uses (apply.h). At the end of the loop's turn (or
 * after CHANGES_MAX) registrar_settle() writes and syncs the journal, commits
 * the store and only then lets out what was held: API replies and messages to
 * other roles. So many changes of one turn share one sync, nothing is
 * acknowledged before it is durable, and when the journal cannot be written
 * everything held is answered with that error and nothing has changed.
 */
#ifndef REGISTRAR_REGISTRAR_H
#define REGISTRAR_REGISTRAR_H

#include "base/date.h"
#include "library/json.h"
#include "system/role.h"

struct api;
struct journal;
struct store;
struct jobs;
struct policy;
struct secret;

#define CHANGES_MAX 1000

struct registrar_held;

struct registrar {
	struct role role; /* first: container_of from handlers */
	struct journal *journal;
	struct store *store;
	struct api *api;
	struct jobs *jobs;
	struct policy *policy;	 /* the running pack */
	struct secret *meta_key; /* NULL until the keeper gave it: then only reading of facts without names */
	struct registrar_held *held;
	struct loop_timer settle_timer;
	size_t n_changes; /* since the last settle */
	bool read_only;	  /* journal or store refuse writing: every mutating call is refused */
};

static inline struct registrar *registrar_of(struct role *role)
{
	return (struct registrar *)(void *)((char *)role - offsetof(struct registrar, role));
}

/*
 * One change. `entry` is an object with at least "op" and the fields of that
 * op's row in apply.c; actor (person id or "-") and the uid are added by the
 * caller, seq, time, boot, mono and the hash of the entry before by the
 * journal. Takes entry. 0; REGISTRAR_READ_ONLY; or a fault.
 */
enum registrar_outcome { REGISTRAR_READ_ONLY = 1 };
int registrar_change(struct registrar *r, struct json *entry) MUST_CHECK;

/* Lets a message out once everything changed so far is durable (at once when nothing is pending). Takes fd. */
int registrar_send(struct registrar *r, enum role_id to, int index, const struct frame_type *type, const void *message,
		   int fd) MUST_CHECK;
/* Calls done(arg, result) when everything changed so far is durable: result 0, or REGISTRAR_READ_ONLY. */
int registrar_when_durable(struct registrar *r, void (*done)(void *arg, int result), void *arg) MUST_CHECK;
int registrar_settle(struct registrar *r) MUST_CHECK;

/* Today in the agent's zone by its clock (system or file), never before the clock's floor. */
struct date registrar_today(struct registrar *r);
/* The moment as RFC 3339 in UTC, for entries; ret of 32 bytes. */
void registrar_now(struct registrar *r, char ret[32]);

#endif
