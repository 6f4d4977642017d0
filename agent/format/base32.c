#include "format/base32.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void base32_encode(struct bytes from, uint8_t *ret)
{
	for (size_t i = 0; i + BASE32_GROUP <= from.n; i += BASE32_GROUP) {
		uint64_t group = 0;

		for (size_t k = 0; k < BASE32_GROUP; k++)
			group = group << 8 | from.at[i + k];
		for (size_t k = BASE32_LETTERS; k-- > 0; group >>= 5)
			ret[i / BASE32_GROUP * BASE32_LETTERS + k] = (uint8_t)alphabet[group & 31];
	}
}

uint8_t base32_letter(uint8_t c)
{
	if (c >= 'a' && c <= 'z')
		return (uint8_t)(c - 'a' + 'A');
	if ((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'))
		return c;
	return c == '0' ? 'O' : c == '1' ? 'I' : c == '8' ? 'B' : 0;
}

bool base32_decode(struct bytes text, uint8_t *ret)
{
	if (text.n % BASE32_LETTERS != 0)
		return false;
	for (size_t i = 0; i < text.n; i += BASE32_LETTERS) {
		uint64_t group = 0;

		for (size_t k = 0; k < BASE32_LETTERS; k++) {
			const char *at = text.at[i + k] ? strchr(alphabet, text.at[i + k]) : NULL;

			if (!at)
				return false;
			group = group << 5 | (uint64_t)(at - alphabet);
		}
		for (size_t k = BASE32_GROUP; k-- > 0; group >>= 8)
			ret[i / BASE32_LETTERS * BASE32_GROUP + k] = (uint8_t)group;
	}
	return true;
}
