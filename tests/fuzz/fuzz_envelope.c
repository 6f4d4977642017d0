/*
 * The header of a sealed file as the keeper and the sealer meet it. The
 * identity is that of tests/vector/example, so its header opens; whatever else
 * opens must have been written by somebody with the file key.
 */
#include "fuzz.h"
#include "library/envelope.h"

#define LEVEL_KEY "AGE-SECRET-KEY-1ZLWFZXF9SZF7DCEGW3GS2HP076LYS77ZGX5VSSMMY0YNXRRXLZZQZE0K57"

static struct secret *identity(void)
{
	struct secret *s = NULL;

	MUST(sodium_start() == 0 && identity_from_text(bytes_of_text(LEVEL_KEY), &s) == 0);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	OWNED(secret) struct secret *key = identity();
	OWNED(secret) struct secret *file_key = NULL;
	struct envelope_content c = {0};
	struct envelope e;
	int bad = envelope_parse(bytes_of(data, n), &e);

	MUST(bad >= 0);
	if (bad)
		return 0;
	MUST(e.payload_at % ENVELOPE_ALIGN == 0 && e.payload_at <= n);
	bad = envelope_unlock(&e, key, &file_key);
	MUST(bad >= 0 && (bad == 0) == (file_key != NULL));
	if (!bad)
		bad = envelope_open(&e, file_key, &c);
	MUST(bad >= 0);
	if (!bad)
		MUST(label_args_match(&e.args, &c.label));
	envelope_content_done(&c);
	envelope_done(&e);
	return 0;
}
