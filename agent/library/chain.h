/*
 * The chain of the journal (security.md 5.2): each line of it names its own
 * number and the SHA-256 of the line before. Here for whoever follows it: the
 * registrar in its own file, and classctl in a backup.
 */
#ifndef LIBRARY_CHAIN_H
#define LIBRARY_CHAIN_H

#include "library/json.h"
#include "library/sodium.h"

#define CHAIN_LINE_MAX	16384
#define CHAIN_HASH_TEXT (2 * SHA256_BYTES + 1)

/* Where it stands: the newest entry's number and the hash of its line, hex. */
struct chain {
	uint64_t seq;
	char hash[CHAIN_HASH_TEXT];
};

extern const struct chain chain_start; /* before the first entry */

/* line: without its newline. */
void chain_hash(struct bytes line, char ret[CHAIN_HASH_TEXT]);
/* The line is the entry after c, which moves on to it; ret gets it parsed. Else why not, a static text: "has …". */
const char *chain_follow(struct chain *c, struct bytes line, struct json **ret) MUST_CHECK;

#endif
