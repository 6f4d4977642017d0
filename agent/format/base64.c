/* Base64: one loop each way; every rule of "canonical" is checked on the way in. */
#include "format/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 0..63, or 64 for a character that is not in the alphabet. No table, and no branch: identities pass through here, and
 * no branch would be foreseen. */
static uint32_t value_of(uint8_t c)
{
	uint32_t upper = (uint32_t)c - 'A', lower = (uint32_t)c - 'a', digit = (uint32_t)c - '0', v = 64;

	v = upper < 26 ? upper : v;
	v = lower < 26 ? lower + 26 : v;
	v = digit < 10 ? digit + 52 : v;
	v = c == '+' ? 62 : v;
	return c == '/' ? 63 : v;
}

size_t base64_encoded_length(size_t n, enum base64_form form)
{
	if (form == BASE64_PADDED)
		return (n + 2) / 3 * 4;
	return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

size_t base64_decoded_room(size_t n_characters)
{
	return n_characters / 4 * 3 + 3;
}

void base64_encode(struct bytes from, enum base64_form form, struct buffer *to)
{
	uint8_t *out = buffer_reserve(to, (from.n + 2) / 3 * 4);
	size_t length = base64_encoded_length(from.n, form);

	if (!out)
		return;
	for (size_t i = 0; i < from.n; i += 3) {
		size_t left = from.n - i < 3 ? from.n - i : 3;
		uint32_t three = (uint32_t)from.at[i] << 16;

		if (left > 1)
			three |= (uint32_t)from.at[i + 1] << 8;
		if (left > 2)
			three |= from.at[i + 2];
		out[0] = (uint8_t)alphabet[three >> 18 & 63];
		out[1] = (uint8_t)alphabet[three >> 12 & 63];
		out[2] = left > 1 ? (uint8_t)alphabet[three >> 6 & 63] : '=';
		out[3] = left > 2 ? (uint8_t)alphabet[three & 63] : '=';
		out += 4;
	}
	to->n += length;
}

/* Characters without padding, or false when the padding is not the one that this length has. */
static bool unpadded_length(struct bytes text, enum base64_form form, size_t *ret)
{
	size_t n = text.n;

	if (form == BASE64_PADDED) {
		if (n % 4 != 0)
			return false;
		for (size_t pad = 0; pad < 2 && n && text.at[n - 1] == '='; pad++)
			n--;
	}
	*ret = n;
	return n % 4 != 1;
}

bool base64_decode(struct bytes text, enum base64_form form, uint8_t *ret, size_t *ret_n)
{
	size_t n, i, length = 0;
	uint32_t held = 0;
	unsigned bits = 0;

	if (!unpadded_length(text, form, &n))
		return false;
	for (i = 0; n - i >= 4; i += 4) {
		uint32_t a = value_of(text.at[i]), b = value_of(text.at[i + 1]), c = value_of(text.at[i + 2]),
			 d = value_of(text.at[i + 3]), four = a << 18 | b << 12 | c << 6 | d;

		if ((a | b | c | d) & 64)
			return false;
		ret[length++] = (uint8_t)(four >> 16);
		ret[length++] = (uint8_t)(four >> 8);
		ret[length++] = (uint8_t)four;
	}
	for (; i < n; i++) {
		uint32_t v = value_of(text.at[i]);

		if (v == 64)
			return false;
		held = held << 6 | v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			ret[length++] = (uint8_t)(held >> bits);
			held &= (1u << bits) - 1;
		}
	}
	*ret_n = length;
	return held == 0; /* stray bits would give one byte string two encodings */
}

bool base64_decode_exact(struct bytes text, enum base64_form form, uint8_t *ret, size_t n)
{
	size_t length;

	if (text.n != base64_encoded_length(n, form))
		return false;
	/* The last group may need no more room than n: the length was compared first. */
	return base64_decode(text, form, ret, &length) && length == n;
}
