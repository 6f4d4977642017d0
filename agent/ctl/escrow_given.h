/* Shares that are given as files: what a drill, and whoever has only paper, combines the escrow identity of. */
#ifndef CTL_ESCROW_GIVEN_H
#define CTL_ESCROW_GIVEN_H

#include "ctl/command.h"
#include "ctl/escrow_share.h"
#include "library/gfshare.h"

#define ESCROW_FILE_BYTES ((size_t)64 << 10)
#define ESCROW_KEY_TEXT	  9 /* key id of an escrow, NUL included */

struct escrow_given {
	const char *key; /* key id of the escrow */
	size_t n;
	struct share shares[SHARES_MAX];
};

void escrow_given_done(struct escrow_given *g);
bool escrow_given_has(const struct escrow_given *g, unsigned number);
/* A file of at most ESCROW_FILE_BYTES into locked memory. */
int escrow_read_file(const char *path, struct secret **ret) MUST_CHECK;
/* A share whose lines are all there. */
int escrow_keep(struct escrow_given *g, const struct share_entry *e) MUST_CHECK;
/* Every --share; a file that is no share of that escrow, is mistyped or given twice is named. */
int escrow_take_files(struct ctl *ctl, struct escrow_given *g) MUST_CHECK;
/* Without an agent: of --share alone, and --key or what the pages say. What does not give that key is refused. */
int escrow_identity_of_shares(struct ctl *ctl, struct secret **ret) MUST_CHECK;

#endif
