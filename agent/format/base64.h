/*
 * Base64 (RFC 4648 section 4), strict and canonical: no line ends, no other
 * characters, no stray bits, one encoding per byte string. age uses the raw
 * form, SSHSIG the padded one.
 */
#ifndef FORMAT_BASE64_H
#define FORMAT_BASE64_H

#include "base/bytes.h"

enum base64_form { BASE64_RAW, BASE64_PADDED };

void base64_encode(struct bytes from, enum base64_form form, struct buffer *to);
size_t base64_encoded_length(size_t n, enum base64_form form);
/* Largest number of bytes that so many characters can carry. */
size_t base64_decoded_room(size_t n_characters);
/* Decodes into ret, which has base64_decoded_room(text.n). false: not canonical; ret is then void. */
bool base64_decode(struct bytes text, enum base64_form form, uint8_t *ret, size_t *ret_n);
/* Exactly n bytes, or false. */
bool base64_decode_exact(struct bytes text, enum base64_form form, uint8_t *ret, size_t n);

#endif
