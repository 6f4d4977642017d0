/* Base32 (RFC 4648 section 6) in capitals, as `base32 -d` of coreutils reads it. Whole groups only: no padding. */
#ifndef FORMAT_BASE32_H
#define FORMAT_BASE32_H

#include "base/bytes.h"

#define BASE32_GROUP   ((size_t)5) /* bytes … */
#define BASE32_LETTERS ((size_t)8) /* … and their characters */

/* from.n is a multiple of BASE32_GROUP; ret has from.n / 5 * 8 characters, without a NUL. */
void base32_encode(struct bytes from, uint8_t *ret);
/* The letter that was meant, for what people write: small letters, and 0 1 8 for O I B. 0: it is none. */
uint8_t base32_letter(uint8_t c);
/* text.n is a multiple of BASE32_LETTERS, of letters as base32_letter() gives them. false: it is not. */
bool base32_decode(struct bytes text, uint8_t *ret);

#endif
