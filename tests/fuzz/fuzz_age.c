/* What the header parser takes, it can be written again from: the same bytes. A passphrase then opens it or not. */
#include "format/age.h"
#include "fuzz.h"
#include "library/identity.h"

static int new_passphrase(struct secret **ret)
{
	uint8_t text[] = {'x'};

	return sodium_start() ? -1 : secret_new_from(text, sizeof(text), ret);
}

/* A work factor of two digits is honest work for seconds; of one digit or of many it is an answer at once. */
static bool is_slow(const struct age_header *h)
{
	return h->stanzas[0].n_args == 3 && h->stanzas[0].args[2].n == 2;
}

static void open_with_passphrase(const struct age_header *h)
{
	OWNED(secret) struct secret *passphrase = NULL;
	OWNED(secret) struct secret *file_key = NULL;
	int r;

	if (is_slow(h))
		return;
	MUST(new_passphrase(&passphrase) == 0);
	r = passphrase_open_header(h, passphrase, &file_key);
	MUST(r >= 0 && (r == 0) == (file_key != NULL));
	if (r == 0)
		MUST(h->n_stanzas == 1 && identity_check_header(h, file_key) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	OWN_BUFFER struct buffer again = {0};
	struct age_header h;

	if (age_header_parse(bytes_of(data, n), &h))
		return 0;
	age_write_begin(&again);
	for (size_t i = 0; i < h.n_stanzas; i++)
		age_write_stanza(&again, h.stanzas[i].line, h.stanzas[i].body);
	age_write_end(&again);
	MUST(bytes_equal(buffer_bytes(&again), h.mac_input));
	age_write_mac(&again, h.mac);
	MUST(bytes_equal(buffer_bytes(&again), bytes_of(data, h.length)));
	open_with_passphrase(&h);
	age_header_done(&h);
	return 0;
}
