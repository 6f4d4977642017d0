/* Private key files, armored or bare: the seed that is found lies within the bytes. */
#include "format/base64.h"
#include "format/ssh_key.h"
#include "fuzz.h"

static void parse(const uint8_t *at, size_t n)
{
	struct ssh_key_view v;

	if (ssh_key_parse(bytes_of(at, n), &v))
		return;
	MUST(v.seed.n == 32 && v.seed.at >= at && v.seed.at + 32 <= at + n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	OWN_MEM uint8_t *blob = malloc(n + 3);
	size_t length;

	MUST(blob);
	parse(data, n);
	if (ssh_key_strip_armor(bytes_of(data, n), blob, &length) &&
	    base64_decode(bytes_of(blob, length), BASE64_PADDED, blob, &length))
		parse(blob, length);
	return 0;
}
