/* Recipient and identity texts: what is taken encodes to the same text, in the case it had. */
#include <string.h>

#include "format/bech32.h"
#include "fuzz.h"

static void try_prefix(struct bytes text, const char *prefix)
{
	char again[BECH32_ROOM];
	uint8_t data[32];

	if (bech32_decode(text, prefix, data, sizeof(data)))
		return;
	for (int upper = 0; upper < 2; upper++) {
		bech32_encode(prefix, bytes_of(data, sizeof(data)), upper, again);
		if (bytes_equal_text(text, again))
			return;
	}
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	try_prefix(bytes_of(data, n), "age");
	try_prefix(bytes_of(data, n), "age-secret-key-");
	return 0;
}
