/*
 * One level key in the key directory: LEVEL.EPOCH.age with its private half,
 * LEVEL.EPOCH.pub with its public half, one line. The private half of a level
 * that persons unlock is not wrapped to the machine; its age file begins with
 * stanzas that say in clear whose key it is and to whom it is wrapped (age
 * passes over them, its MAC covers them):
 *
 *   -> classd/unlock RECIPIENT-OF-THE-KEY RECIPIENT-OF-A-PERSON…
 *   HMAC-SHA-256(HKDF(machine key, "classd/v1/unlock"), LEVEL "." EPOCH LF and that line)
 *
 * So the keeper knows the key while it is locked, tells a wrong machine key
 * from a locked key, and nobody makes it seal to a key of his own by writing
 * a file: a note needs the machine key, and a file without one the machine's
 * recipient, which lies nowhere in clear.
 */
#ifndef KEEPER_KEY_FILE_H
#define KEEPER_KEY_FILE_H

#include "keeper/keeper.h"

#define KEY_FILE_PERSONS 48 /* so many stanzas have room in a header, with ours and escrow's */

/*
 * Fills `key`, which has level and epoch of the name, from its files; what the machine does not open but vouches for is
 * locked. A missing or false public half is put right where the disk takes it. 0; 1: it does not open and is not one of ours, damaged or for
 * another machine.
 */
int key_file_load(const struct keeper *k, struct keeper_key *key) MUST_CHECK;
/* Both halves, durable when it answers 0; the public one first, so that no key seals that has no private half. Replaces
 * nothing: 1, there is such a key already. The key's identity must be there. */
int key_file_create(const struct keeper *k, const struct keeper_key *key) MUST_CHECK;
/* The private half anew, to whom the key says by now: complete and synced beside the old one, exchanged with it, and
 * only then the old one goes. */
int key_file_replace(const struct keeper *k, const struct keeper_key *key) MUST_CHECK;
/* With the private half of the key, as its file opens with a person's identity. 0, or an identity_outcome. */
int key_file_open(const struct keeper *k, const struct keeper_key *key, const struct secret *person,
		  struct secret **ret) MUST_CHECK;
/* What a kill between exchange and removal has left: old wraps that must not stay. */
int key_file_tidy(const struct keeper *k) MUST_CHECK;

#endif
