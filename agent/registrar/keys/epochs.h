/*
 * The keys of levels, as the keeper tells of them: which epochs there are, and
 * what state each is in. The journal says what state it is to be in; where the
 * keeper says otherwise (it was away, or its directory came out of a backup) it
 * is told again. No key is ever here: names and key ids only.
 */
#ifndef REGISTRAR_EPOCHS_H
#define REGISTRAR_EPOCHS_H

#include "registrar/registrar.h"

#define EPOCHS_NAME 128

struct epoch {
	char level[EPOCHS_NAME];
	char epoch[EPOCHS_NAME];
	char key_id[9];
	enum epoch_state state;
	bool is_readable; /* its private half is in the keeper's memory */
	bool is_newest;	  /* its level seals with it */
};

int epochs_new(struct registrar *r) MUST_CHECK; /* sets r->epochs */
void epochs_free(struct registrar *r);

/* Borrowed, until the keeper tells anew. */
size_t epochs_n(const struct registrar *r);
const struct epoch *epochs_at(const struct registrar *r, size_t i);
const struct epoch *epochs_find(const struct registrar *r, const char *level, const char *epoch);
const struct epoch *epochs_by_key(const struct registrar *r, const char *key_id);
const struct epoch *epochs_newest(const struct registrar *r, const char *level);
const char *epochs_escrow(const struct registrar *r);  /* key id of the escrow recipient; "" until the keeper told */
const char *epochs_state_name(enum epoch_state state); /* "open" "retired" "destroyed" */

/* outcome 0: the keeper has gone, and nothing was answered. */
typedef int (*epochs_told_fn)(struct registrar *r, enum epoch_outcome outcome, void *arg);
/* Asks the keeper for all there are. then may be NULL. Without a keeper it is told at once. */
int epochs_ask(struct registrar *r, epochs_told_fn then, void *arg) MUST_CHECK;
/* Has the keeper make the level's epoch, and then tell. */
int epochs_make(struct registrar *r, const char *level, const char *epoch) MUST_CHECK;
/* The journal has it already. */
int epochs_set(struct registrar *r, const char *level, const char *epoch, enum epoch_state state, epochs_told_fn then,
	       void *arg) MUST_CHECK;
int epochs_lost_keeper(struct registrar *r) MUST_CHECK;

/* The next name behind the newest: the year, else YEAR-rN, with -WORD when there is one. newest may be NULL. */
void epochs_next_name(const char *newest, int year, const char *word, char ret[EPOCHS_NAME]);

/* Rows of main.c. */
int epochs_on_is(struct role *role, struct channel *from, const union frame_any *m, int *fd);
int epochs_on_end(struct role *role, struct channel *from, const union frame_any *m, int *fd);

#endif
