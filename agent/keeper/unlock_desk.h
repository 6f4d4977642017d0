/*
 * Unlocking between the processes: frames of the registrar, the clock of the
 * sessions, and what the registrar is told of keys and sessions. The role's
 * `own` is the desk.
 */
#ifndef KEEPER_UNLOCK_DESK_H
#define KEEPER_UNLOCK_DESK_H

#include "keeper/unlock.h"
#include "system/role.h"

struct unlock_desk {
	struct role *role;
	struct keeper *keeper;
	size_t n_told;		 /* keys that the registrar knows of */
	struct loop_timer timer; /* armed while anybody has a session */
};

/* Ends sessions whose time is over. Before anything is asked of the keys: the machine may have slept. */
int unlock_desk_look(struct unlock_desk *desk) MUST_CHECK;
/* Tells the registrar of keys that stand otherwise than before. */
int unlock_desk_tell(struct unlock_desk *desk) MUST_CHECK;
/* A registrar that has just started: how every key stands, and who has a session. */
int unlock_desk_tell_all(struct unlock_desk *desk, struct channel *registrar) MUST_CHECK;

/* Rows of main.c. */
int unlock_desk_on_level_mode(struct role *self, struct channel *from, const union frame_any *m, int *fd);
int unlock_desk_on_unlock(struct role *self, struct channel *from, const union frame_any *m, int *fd);
int unlock_desk_on_lock(struct role *self, struct channel *from, const union frame_any *m, int *fd);

#endif
