/* A policy set as one file: read, or one line that says why not; a manifest that is read has one spelling. */
#include "fuzz.h"

#include "library/policy_bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(policy_bundle) struct policy_bundle *b = NULL;
	OWN_BUFFER struct buffer report = {0};
	OWN_BUFFER struct buffer text = {0};
	OWN_MEM struct bundle *m = calloc(1, sizeof(*m));
	size_t line = 0;
	int outcome = policy_bundle_read(bytes_of(data, size), NULL, &b, &report);

	MUST((outcome == 0) == (b != NULL) && (outcome != 0) == (report.n > 0));
	if (b) {
		bundle_write(&b->manifest, &text);
		MUST(bytes_equal(buffer_bytes(&text), buffer_bytes(&b->text)));
		for (size_t i = 0; i < b->manifest.n_files; i++)
			MUST(b->files[i].n == b->manifest.files[i].size &&
			     bundle_name_is_valid(b->manifest.files[i].name));
	}
	if (m && bundle_parse(bytes_of(data, size), m, &line) == 0) {
		buffer_clear(&text);
		bundle_write(m, &text);
		MUST(bytes_equal(buffer_bytes(&text), bytes_of(data, size)));
	}
	return 0;
}
