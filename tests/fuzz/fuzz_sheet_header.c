/* Any bytes as the header of a sheet: the mark that is put in is read again, and stays as it is the second time. */
#include "format/sheet_header.h"
#include "fuzz.h"

#include "base/text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct sheet_mark mark = {"OLD & MARK", "SECRET & <A>\nReason: 1.4(a)", false};
	OWN_BUFFER struct buffer put = {0};
	OWN_BUFFER struct buffer again = {0};
	OWN_BUFFER struct buffer text = {0};
	OWN_BUFFER struct buffer struck = {0};
	int r = sheet_header_put(bytes_of(data, n), &mark, &put);

	MUST(r >= 0);
	if (r)
		return 0;
	sheet_header_read(buffer_bytes(&put), &text, &struck);
	MUST(!text_is_utf8(bytes_of(data, n)) || text_is_utf8(buffer_bytes(&text)));
	MUST(sheet_header_put(buffer_bytes(&put), &(struct sheet_mark){mark.text, mark.text, false}, &again) == 0);
	MUST(bytes_equal(buffer_bytes(&put), buffer_bytes(&again)));
	return 0;
}
