/* Bech32: the checksum is the BCH code of BIP 173 over five-bit groups. */
#include "format/bech32.h"

#include <string.h>

#define DATA_MAX   64
#define GROUPS_MAX ((DATA_MAX * 8 + 4) / 5)
#define CHECKSUM   6
#define PREFIX_MAX 32

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t polymod(uint32_t state, uint32_t group)
{
	static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = state >> 25;

	state = (state & 0x1ffffff) << 5 ^ group;
	for (unsigned i = 0; i < array_n(generator); i++)
		state ^= (top >> i & 1) ? generator[i] : 0;
	return state;
}

static uint32_t checksum_of(const char *prefix, const uint8_t *groups, size_t n)
{
	uint32_t state = 1;

	for (const char *c = prefix; *c; c++)
		state = polymod(state, (uint32_t)(uint8_t)*c >> 5);
	state = polymod(state, 0);
	for (const char *c = prefix; *c; c++)
		state = polymod(state, (uint32_t)(uint8_t)*c & 31);
	for (size_t i = 0; i < n; i++)
		state = polymod(state, groups[i]);
	return state;
}

/* Eight-bit to five-bit groups, the last one filled with zero bits. */
static size_t to_groups(struct bytes data, uint8_t *ret)
{
	uint32_t held = 0;
	unsigned bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < data.n; i++) {
		held = held << 8 | data.at[i];
		for (bits += 8; bits >= 5; bits -= 5)
			ret[n++] = (uint8_t)(held >> (bits - 5) & 31);
	}
	if (bits)
		ret[n++] = (uint8_t)(held << (5 - bits) & 31);
	return n;
}

void bech32_encode(const char *prefix, struct bytes data, bool upper, char ret[BECH32_ROOM])
{
	uint8_t groups[GROUPS_MAX + CHECKSUM] = {0};
	size_t n, at = strlen(prefix);
	uint32_t sum;

	ret[0] = '\0';
	if (data.n > DATA_MAX || at > PREFIX_MAX)
		return;
	n = to_groups(data, groups);
	sum = checksum_of(prefix, groups, n + CHECKSUM) ^ 1;
	for (unsigned i = 0; i < CHECKSUM; i++)
		groups[n + i] = (uint8_t)(sum >> (5 * (5 - i)) & 31);
	memcpy(ret, prefix, at);
	ret[at++] = '1';
	for (size_t i = 0; i < n + CHECKSUM; i++)
		ret[at++] = alphabet[groups[i]];
	ret[at] = '\0';
	for (size_t i = 0; upper && i < at; i++)
		if (ret[i] >= 'a' && ret[i] <= 'z')
			ret[i] = (char)(ret[i] - 'a' + 'A');
	explicit_bzero(groups, sizeof(groups));
}

/* Lower case into ret (NUL-terminated); false when the cases are mixed or a character is outside ASCII's visible ones.
 */
static bool to_lower(struct bytes text, char *ret)
{
	bool lower = false, upper = false;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.at[i];

		if (c < 33 || c > 126)
			return false;
		lower |= c >= 'a' && c <= 'z';
		upper |= c >= 'A' && c <= 'Z';
		ret[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	ret[text.n] = '\0';
	return !(lower && upper);
}

static bool groups_of(const char *text, uint8_t *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = strchr(alphabet, text[i]);

		if (!at || !*at)
			return false;
		ret[i] = (uint8_t)(at - alphabet);
	}
	return true;
}

/* Exactly n bytes out of groups; leftover bits must be zero and fewer than five. */
static bool from_groups(const uint8_t *groups, size_t n_groups, uint8_t *ret, size_t n)
{
	uint32_t held = 0;
	unsigned bits = 0;
	size_t at = 0;

	if (n_groups != (n * 8 + 4) / 5)
		return false;
	for (size_t i = 0; i < n_groups; i++) {
		held = (held << 5 | groups[i]) & 0xfff;
		bits += 5;
		if (bits >= 8 && at < n) {
			bits -= 8;
			ret[at++] = (uint8_t)(held >> bits);
		}
	}
	return at == n && (held & ((1u << bits) - 1)) == 0;
}

static int decode(const char *text, const char *prefix, uint8_t *groups, uint8_t *ret, size_t n)
{
	const char *one = strrchr(text, '1');
	size_t n_prefix = strlen(prefix), n_groups;

	if (!one)
		return BECH32_BAD_CHARACTER;
	n_groups = strlen(one + 1);
	if (n_groups < CHECKSUM || n_groups > GROUPS_MAX + CHECKSUM || !groups_of(one + 1, groups, n_groups))
		return BECH32_BAD_CHARACTER;
	if ((size_t)(one - text) != n_prefix || memcmp(text, prefix, n_prefix) != 0)
		return BECH32_OTHER_PREFIX;
	if (checksum_of(prefix, groups, n_groups) != 1)
		return BECH32_BAD_CHECKSUM;
	return from_groups(groups, n_groups - CHECKSUM, ret, n) ? 0 : BECH32_BAD_CHARACTER;
}

int bech32_decode(struct bytes text, const char *prefix, uint8_t *ret, size_t n)
{
	uint8_t groups[GROUPS_MAX + CHECKSUM];
	char lower[BECH32_ROOM];
	int r = BECH32_BAD_CHARACTER;

	if (text.n < sizeof(lower) && n <= DATA_MAX && to_lower(text, lower))
		r = decode(lower, prefix, groups, ret, n);
	explicit_bzero(lower, sizeof(lower));
	explicit_bzero(groups, sizeof(groups));
	return r;
}
