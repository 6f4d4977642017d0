/* Any bytes as the document to be marked. What was marked once is left alone the second time. */
#include "ctl/mark_office.h"
#include "fuzz.h"

static const struct mark_text mark = {.text = "SECRET\nReason: 1.4(a)"};
static const struct mark_text released = {.text = "Declassified", .strikes = true};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	OWN_BUFFER struct buffer marked = {0};
	OWN_BUFFER struct buffer again = {0};
	int r = mark_office(bytes_of(data, n), &mark, &marked);

	MUST(r >= 0);
	if (r == 0) {
		OWN_BUFFER struct buffer struck = {0};

		MUST(marked.n > 0);
		MUST(mark_office(buffer_bytes(&marked), &released, &struck) == 0);
		MUST(mark_office(buffer_bytes(&marked), &mark, &again) == MARK_WRITE_SAME);
	}
	return 0;
}
