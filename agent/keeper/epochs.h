/*
 * The life of an epoch's key after it was made: retired (it opens nothing until
 * that is undone) and destroyed. A mark beside the key files says so, and
 * outlives them: LEVEL.EPOCH.retired, LEVEL.EPOCH.destroyed, with the key id. A
 * key file that comes back (out of a backup) is removed again at the next start.
 */
#ifndef KEEPER_EPOCHS_H
#define KEEPER_EPOCHS_H

#include "keeper/keeper.h"

/* Before keys are read: what was destroyed is known, and every wrap of it removed that is still (or again) there. */
int epochs_tidy(struct keeper *k) MUST_CHECK;
/* After it: which of them are retired. */
int epochs_mark(struct keeper *k) MUST_CHECK;

/* Durable when it answers 0. The newest epoch of a level stays open; what is destroyed stays so. Destroying removes the
 * names of all wraps and syncs the directory: what a disk keeps in freed blocks, or a backup, is beyond it. */
int epochs_set(struct keeper *k, const char *level, const char *epoch, enum epoch_state state,
	       enum epoch_outcome *ret) MUST_CHECK;

bool epochs_is_gone(const struct keeper *k, const char *level, const char *epoch);
bool epochs_has_destroyed(const struct keeper *k, const char *key_id);

/* Each one, the destroyed ones too; id is that of the message it answers. */
typedef int (*epochs_fn)(const struct frame_epoch_is *epoch, void *context);
int epochs_each(const struct keeper *k, uint64_t id, epochs_fn fn, void *context) MUST_CHECK;

#endif
