/* Labels and issue texts are canonical: what is taken formats to the same bytes. */
#include "format/label.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	OWN_BUFFER struct buffer again = {0};
	struct issue_text i;
	struct label l;

	if (label_parse(bytes_of(data, n), &l) == 0) {
		MUST(label_format(&l, &again) == 0);
		MUST(bytes_equal(buffer_bytes(&again), bytes_of(data, n)));
		label_done(&l);
	} else if (issue_parse(bytes_of(data, n), &i) == 0) {
		MUST(issue_format(&i, &again) == 0);
		MUST(bytes_equal(buffer_bytes(&again), bytes_of(data, n)));
		issue_done(&i);
	}
	return 0;
}
