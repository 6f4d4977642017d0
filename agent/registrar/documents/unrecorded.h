/*
 * Files without a record once the pack's grace period is over (DESIGN 8): a
 * finding in every root; in an enforced one the agent makes a draft in the
 * owner's name and seals it at the root's floor. Nobody loses a file by it.
 */
#ifndef REGISTRAR_UNRECORDED_H
#define REGISTRAR_UNRECORDED_H

#include "registrar/registrar.h"
#include "registrar/store/store.h"

struct unrecorded {
	int64_t considered; /* files without a record */
	int64_t due;	    /* of them: past the grace period */
	int64_t told;	    /* findings opened */
	int64_t sealed;	    /* drafts made and given to the sealer */
	int64_t failed;
	/* Where it stands; begin with {0}. */
	int64_t after; /* id of the last file that was looked at */
	int64_t taken; /* of those that are due */
	bool is_over;
};
typedef void (*unrecorded_fn)(const struct store_seen *seen, void *arg);

/* Some hundred files on, so that nobody waits; until is_over. each (may be NULL) is called for every file that is due;
 * rehearsal changes nothing. */
int unrecorded_go(struct registrar *r, bool rehearsal, unrecorded_fn each, void *arg, struct unrecorded *at) MUST_CHECK;
/* The enforced roots only, from a timer: begins a look, which goes on by itself turn after turn, unless one is under way. */
int unrecorded_enforce(struct registrar *r) MUST_CHECK;
/* The file has a record now: its findings are over. */
int unrecorded_settled(struct registrar *r, uint32_t root, const char *path, const char *number) MUST_CHECK;

#endif
