/* Any bytes as a document: a type, text in UTF-8, no more. PDF is left to poppler's own fuzzing. */
#include "fuzz.h"
#include "inspector/extract.h"

#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct extractor *extractor;
	struct extract x;

	if (!extractor)
		MUST(extractor_new(&extractor) == 0);
	if (memmem(data, n < 1024 ? n : 1024, "%PDF-", 5))
		return 0;
	MUST(extract(extractor, bytes_of(data, n), true, &x) == 0);
	MUST(x.type[0] && strlen(x.type) <= EXTRACT_TYPE_MAX);
	MUST(text_is_utf8(buffer_bytes(&x.text)));
	extract_done(&x);
	return 0;
}
