/*
 * Levels that persons unlock: their keys are in memory only while somebody who
 * may read them has an open session, and go when the last such session ends:
 * by its owner, after idling, when the machine slept, at the registrar's word.
 *
 * What gives content to somebody (open, unseal) needs a session of that
 * person, whoever else has unlocked the key. What gives nothing out (a new
 * header, verifying, recovery) needs the key in memory, whoever unlocked it.
 */
#ifndef KEEPER_UNLOCK_H
#define KEEPER_UNLOCK_H

#include "keeper/keeper.h"

#define UNLOCK_LOOK_MS 5000 /* so soon after waking it is noticed that the machine slept */

/* Time by a clock that counts through sleep, and how much of it the machine has slept. */
struct unlock_moment {
	uint64_t now_ms, slept_ms;
};

/* From now on; keys whose private half is at hand are rewritten to whom it says. A text that is none changes nothing.
 */
int unlock_set_level(struct keeper *k, const struct frame_level_mode *m) MUST_CHECK;

/* A new key, not in its file yet: whose it is to be. */
int unlock_prepare_key(const struct keeper *k, struct keeper_key *key) MUST_CHECK;
/*
 * Brings one key to where it belongs: its file to the persons that the registrar names (escrow is always among
 * them), its private half out of memory when nobody may use it. A level that nobody could unlock stays the
 * machine's, or as it was. A rewrite that fails is counted in n_unwritten and tried again with the next change.
 */
int unlock_settle(struct keeper *k, struct keeper_key *key) MUST_CHECK;

struct unlock_order {
	const char *person;
	const char *recipient; /* text, that the registrar has from the register */
	struct unlock_moment at;
};
/*
 * KEY_DONE: the person has a session, and the keys wrapped to that recipient are open. KEY_NO_IDENTITY: the identity is
 * another one. KEY_BAD_HEADER: a key file did not open though it is wrapped to him. KEY_UNKNOWN_LEVEL: no key is
 * wrapped to him. KEY_NO_GRANT: no room for one more session.
 */
int unlock_open(struct keeper *k, const struct unlock_order *order, const struct secret *identity,
		enum key_outcome *ret) MUST_CHECK;
/* Levels that this person reads now, one a line. */
void unlock_levels(const struct keeper *k, const char *person, struct buffer *ret);

typedef int (*unlock_over_fn)(void *context, const char *person, const char *why);
struct unlock_told {
	unlock_over_fn over; /* each person whose last session ends */
	void *context;
};
/* person "*": all. */
int unlock_lock(struct keeper *k, const char *person, const char *why, const struct unlock_told *told) MUST_CHECK;
/* Ends what idled, and everything when the machine slept. ret_ms: look again then; UINT64_MAX: nobody has a session. */
int unlock_look(struct keeper *k, struct unlock_moment at, const struct unlock_told *told, uint64_t *ret_ms) MUST_CHECK;

/* May this grant use the key now? Notes the person's use at now_ms. */
bool unlock_may_use(struct keeper *k, const struct keeper_key *key, const struct keeper_grant *grant, uint64_t now_ms);
void unlock_done(struct keeper *k);

#endif
