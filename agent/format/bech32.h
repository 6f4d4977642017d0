/* Bech32 (BIP 173) as age uses it for recipients and identities: without the 90 character limit. */
#ifndef FORMAT_BECH32_H
#define FORMAT_BECH32_H

#include "base/bytes.h"

enum bech32_outcome {
	BECH32_BAD_CHARACTER = 1, /* also mixed case and wrong length */
	BECH32_OTHER_PREFIX,	  /* well-formed, but not this human-readable part */
	BECH32_BAD_CHECKSUM,	  /* mistyped */
};

/* n bytes (at most 64) with prefix (lower case) as text, in capitals if upper. ret: bech32_room(prefix, n). */
#define BECH32_ROOM 256
void bech32_encode(const char *prefix, struct bytes data, bool upper, char ret[BECH32_ROOM]);
/* Exactly n bytes (at most 64) after prefix (lower case). The text may be all capitals. Leaves no copy on the stack. */
int bech32_decode(struct bytes text, const char *prefix, uint8_t *ret, size_t n) MUST_CHECK;

#endif
