/*
 * Levels that persons unlock, as the registrar has them: it tells the keeper
 * whose keys may open which level, forwards an identity unread, knows from the
 * keeper who has a session and how each key stands, and ends the sessions of
 * those who may not read any more. Nothing of this is stored: the keeper tells
 * it anew to every registrar.
 */
#ifndef REGISTRAR_UNLOCK_H
#define REGISTRAR_UNLOCK_H

#include "registrar/api/api.h"
#include "registrar/store/store.h"

#define UNLOCK_KIND	   "unlock" /* of a key in the register; its fingerprint and line are the recipient */
#define UNLOCK_PERSONS_MAX 48	    /* so many wraps a key file holds (keeper/key_file.h) */

int unlock_new(struct registrar *r) MUST_CHECK; /* sets r->unlock */
void unlock_free(struct unlock *u);

/* What the register and the pack say now goes to the keeper where it is new: at the keeper's start (all of it), before
 * epochs are asked for. */
int unlock_tell_keeper(struct registrar *r, bool all) MUST_CHECK;
/* Something changed about persons, pack or day: the keeper hears of it soon, and whoever may not read any more is cut.
 */
int unlock_soon(struct registrar *r) MUST_CHECK;
/* The keeper went away, and every session with it. */
int unlock_lost_keeper(struct registrar *r) MUST_CHECK;
/* Nobody of that user is there any more. */
int unlock_logged_out(struct registrar *r, uint32_t uid) MUST_CHECK;

/* Is there a key of this level that is locked at this moment? Then no header of its files can be rewritten. */
bool unlock_is_locked(const struct registrar *r, const char *level);

/* The level is one of persons, and a key of it (or all, when nobody has a confirmed unlock key) has no wrap that a
 * cleared person opens: what is left is escrow, or the machine where the key is still wrapped to it. */
bool unlock_is_unready(const struct registrar *r, const struct level *level);
/* Findings of the sweep: levels that are not ready, and persons whose wrap has been missing for more than a day. */
int unlock_findings(struct registrar *r) MUST_CHECK;
/* Does this person's confirmed key count at that level today? */
bool unlock_is_cleared(const struct registrar *r, const struct store_person *p, const struct level *level);
static inline bool unlock_key_counts(const struct store_key *key)
{
	return text_equal(key->kind, UNLOCK_KIND) && key->is_confirmed && text_is_empty(key->revoked);
}

/* One key as the keeper has told. */
struct unlock_key {
	struct unlock_key *next;
	char *level, *epoch, *persons; /* persons: lines RECIPIENT */
	bool is_of_persons, is_open;
};
const struct unlock_key *unlock_keys(const struct registrar *r);
/* Is the key's file wrapped to that recipient? */
bool unlock_has_wrap(const struct unlock_key *key, const char *recipient);
bool unlock_has_session(const struct registrar *r, const char *person);

/* For the methods: the identity in the descriptor goes to the keeper, whose answer ends the call. Takes fd. */
int unlock_begin(struct registrar *r, struct api_call *call, const char *recipient, int fd) MUST_CHECK;
/* Sessions of that person ("*": of all) end; *ret: how many there were. */
int unlock_end(struct registrar *r, const char *person, const char *why, size_t *ret) MUST_CHECK;

/* Frames; rows of main.c. */
int unlock_on_unlocked(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int unlock_on_lock(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int unlock_on_key_state(struct role *role, struct channel *from, const union frame_any *m, int *fd);

#endif
