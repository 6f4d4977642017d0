/*
 * Another escrow: from then on new documents are sealed to it, and every level
 * key's file is wrapped to it instead of the one before. The public half of
 * the one before stays as escrow.pub.KEYID: documents that were sealed before
 * open with it until they are rewrapped, and somebody must be able to say so.
 */
#ifndef KEEPER_ESCROW_H
#define KEEPER_ESCROW_H

#include "keeper/keeper.h"

/*
 * The recipient takes the place of the present one, durable when it answers 0: the change is marked, escrow.pub
 * exchanged, then each key file that can be opened is wrapped anew (key_file_replace()). A kill anywhere leaves every
 * key file whole and openable by the old or the new escrow; escrow_finish() ends it. The same recipient again only
 * finishes what is left.
 */
int escrow_change(struct keeper *k, const struct recipient *to) MUST_CHECK;
/* At start, after keys were read: what a kill has left is finished. What cannot be written waits. */
int escrow_finish(struct keeper *k); /* 0, or what was reported and is left */
/* Whatever waits and can be opened by now is wrapped anew. */
int escrow_resume(struct keeper *k) MUST_CHECK;
/* Level keys that are still wrapped to an earlier escrow, because nobody has unlocked them since. */
size_t escrow_waiting(const struct keeper *k);

#endif
