/* What the header parser takes, it can be written again from: the same bytes. */
#include "format/age.h"
#include "fuzz.h"

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
	age_header_done(&h);
	return 0;
}
