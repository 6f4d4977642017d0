/* A record that can be sealed, for tests of the header. */
#ifndef TESTS_LIBRARY_SAMPLE_H
#define TESTS_LIBRARY_SAMPLE_H

#include <string.h>

#include "base/text.h"
#include "library/envelope.h"

#define SAMPLE_UUID "0192f0c4-1a2b-7c3d-8e4f-0123456789ab"

/* The TLV of a sample record about content, whose label says version and protection. */
static inline int sample_record(struct bytes content, uint64_t version, const char *protection, struct buffer *ret)
{
	OWN_BUFFER struct buffer text = {0};
	uint8_t hash[32];
	char commit[65], scope[65];
	struct sealed_record r = {.length = content.n,
				  .salt = {42},
				  .n_scope = 1,
				  .scope = {bytes_of_text("dept:planning")},
				  .name = bytes_of_text("report.docx"),
				  .number = bytes_of_text("2026-000123"),
				  .title = bytes_of_text("A title that must not be read without a key")};
	struct label l = {.record = SAMPLE_UUID,
			  .version = version,
			  .content = 1,
			  .state = "proposed",
			  .regime = "state-secret",
			  .level = "secret",
			  .protection = protection,
			  .term = "P10Y from issue",
			  .scope = scope,
			  .drafter = "wang",
			  .pack = "cn@2026.1",
			  .commit = commit};
	int bad;

	sha256_of(content, r.digest);
	envelope_commitment(r.salt, r.digest, hash);
	text_hex(hash, 32, commit);
	bad = envelope_scope_hash(&r, hash);
	text_hex(hash, 32, scope);
	bad |= label_format(&l, &text);
	r.label = buffer_bytes(&text);
	bad |= sealed_record_format(&r, ret);
	return bad;
}

#endif
