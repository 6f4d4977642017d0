/*
 * What leaves the key directory for a backup, and what the keeper remembers of
 * the journal so that an old state put back is noticed.
 */
#ifndef KEEPER_BACKUP_H
#define KEEPER_BACKUP_H

#include "keeper/keeper.h"

/*
 * Every file of the key directory as it lies (they are public, or wrapped), and the machine key wrapped to the escrow
 * as machine.key.age, into `to`: "NAME SIZE" LF and the bytes, file by file. Nothing that opens without the escrow.
 */
int backup_pack_keys(const struct keeper *k, int to, uint64_t *ret_files) MUST_CHECK;

/*
 * The mark: how many entries the journal had, durable, and the hash of the last one; vouched for with a key from the
 * machine key, in two places that are written in turn, so that a cut write never loses the older one.
 */
struct mark {
	enum mark_state state;
	uint64_t entries;
	uint8_t last[SHA256_BYTES];
	uint64_t turn; /* of the writing; its lowest bit is the place */
};

int mark_read(const struct keeper *k, struct mark *ret) MUST_CHECK;
/* Never back, unless may_go_back: a registrar that was taken in cannot make it forget. *m is what it is then. */
int mark_write(const struct keeper *k, struct mark *m, const struct frame_mark *now, bool may_go_back) MUST_CHECK;

#endif
