/* Any bytes as the XMP packet of a PDF, and as a binding of labels: what is put in is read back, and what others wrote there
 * is not lost. */
#include "ctl/label_parts.h"
#include "ctl/mark_xmp.h"
#include "fuzz.h"

static void mark(struct bytes xmp)
{
	static const char text[] = "SECRET//A & B\nReason: <x>";
	OWN_BUFFER struct buffer marked = {0};
	OWN_BUFFER struct buffer back = {0};
	int r = mark_xmp_write(xmp, text, &marked);

	MUST(r >= 0);
	if (r)
		return;
	MUST(mark_xmp_read(buffer_bytes(&marked), &back) == 0);
	MUST(bytes_equal_text(buffer_bytes(&back), text));
}

static void bind(struct bytes old)
{
	static const struct stanag_label label = {.policy = "P",
						  .oid = "",
						  .classification = "SECRET",
						  .created = "2026-01-15T00:00:00Z",
						  .review = "2031-01-15T00:00:00Z",
						  .succession = "",
						  .successor = ""};
	static const struct stanag_reference to = {"./a", ""};
	struct foreign_labels before = {.n = 0}, after = {.n = 0};
	OWN_BUFFER struct buffer bound = {0};
	int r = label_bind(old, &label, (struct stanag_references){&to, 1}, &bound);

	MUST(r >= 0);
	if (r)
		return;
	MUST(foreign_read_xml(old, &before) == 0);
	MUST(foreign_read_xml(buffer_bytes(&bound), &after) == 0);
	MUST(after.n >= before.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mark(bytes_of(data, size));
	bind(bytes_of(data, size));
	return 0;
}
