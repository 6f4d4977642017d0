/* What the record parser takes, it formats again, and that once more to the same bytes (unknown odd types are gone). */
#include "format/sealed_record.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	OWN_BUFFER struct buffer one = {0};
	OWN_BUFFER struct buffer two = {0};
	struct sealed_record r, file;

	if (sealed_record_parse(bytes_of(data, n), &r))
		return 0;
	MUST(sealed_record_format(&r, &one) == 0);
	MUST(sealed_record_parse(buffer_bytes(&one), &r) == 0);
	MUST(sealed_record_format(&r, &two) == 0);
	MUST(bytes_equal(buffer_bytes(&one), buffer_bytes(&two)));
	buffer_clear(&one);
	buffer_clear(&two);
	MUST(sealed_record_format_file(&r, &one) == 0);
	MUST(sealed_record_parse_file(buffer_bytes(&one), &file) == 0);
	MUST(sealed_record_format_file(&file, &two) == 0);
	MUST(bytes_equal(buffer_bytes(&one), buffer_bytes(&two)));
	return 0;
}
