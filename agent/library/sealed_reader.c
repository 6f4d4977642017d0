/* Random access to a payload: one chunk at a time through one buffer, nothing kept that did not verify. */
#include "library/sealed_reader.h"

#include "format/age.h"

#include <errno.h>
#include <string.h>

#define NO_CHUNK UINT64_MAX

struct sealed_reader {
	struct sealed_reader_plan plan;
	uint64_t length, n_chunks;
	uint64_t held; /* the chunk in sealed, whose tag is right; or NO_CHUNK */
	uint8_t *sealed;
};

static size_t chunk_length(const struct sealed_reader *r, uint64_t index)
{
	return index + 1 < r->n_chunks ? AGE_CHUNK : (size_t)(r->length - index * AGE_CHUNK);
}

static int hold(struct sealed_reader *r, uint64_t index)
{
	const struct sealed_reader_plan *p = &r->plan;
	size_t n = chunk_length(r, index) + AGE_TAG;
	int bad;

	if (r->held == index)
		return 0;
	r->held = NO_CHUNK;
	bad = files_pread_all(p->files, p->fd, r->sealed, n, p->payload_at + index * AGE_SEALED_CHUNK);
	if (bad == -ENODATA)
		return SEALED_READER_CUT;
	if (bad < 0)
		return FAULT(-bad, "read a sealed file");
	bad = bulk_check_chunk(p->bulk, index, index + 1 == r->n_chunks, bytes_of(r->sealed, n));
	if (bad == 0)
		r->held = index;
	return bad > 0 ? SEALED_READER_DAMAGED : bad;
}

int sealed_reader_new(const struct sealed_reader_plan *plan, struct sealed_reader **ret)
{
	OWNED(sealed_reader) struct sealed_reader *r = NULL;
	uint64_t length;
	int bad;

	if (plan->file_length < plan->payload_at || !age_plain_length(plan->file_length - plan->payload_at, &length) ||
	    length > AGE_PAYLOAD_MAX)
		return SEALED_READER_CUT;
	r = calloc(1, sizeof(*r));
	if (r)
		r->sealed = bytes_block(AGE_SEALED_CHUNK);
	if (!r || !r->sealed)
		return FAULT(ENOMEM, "reader of a sealed file");
	r->plan = *plan;
	r->length = length;
	r->n_chunks = age_chunk_count(length);
	r->held = NO_CHUNK;
	TRY(bulk_set_key(plan->bulk, plan->payload_key));
	bad = hold(r, r->n_chunks - 1);
	if (bad == 0)
		*ret = steal(&r);
	return bad;
}

void sealed_reader_free(struct sealed_reader *r)
{
	if (!r)
		return;
	free(r->sealed);
	free(r);
}

uint64_t sealed_reader_length(const struct sealed_reader *r)
{
	return r->length;
}

/* Only what is wanted of a chunk is decrypted: a small read costs its tag, not its content. */
static int read_part(struct sealed_reader *r, uint64_t at, size_t most, uint8_t *ret, size_t *ret_n)
{
	uint64_t index = at / AGE_CHUNK;
	struct bulk_part part = {
	    .index = index, .last = index + 1 == r->n_chunks, .skip = (size_t)(at % AGE_CHUNK), .n = most};
	int bad = hold(r, index);

	if (bad)
		return bad;
	if (part.n > chunk_length(r, index) - part.skip)
		part.n = chunk_length(r, index) - part.skip;
	*ret_n = part.n;
	return bulk_open_part(r->plan.bulk, &part, r->sealed, ret);
}

int sealed_reader_read(struct sealed_reader *r, uint64_t offset, size_t n, uint8_t *ret, size_t *ret_n)
{
	uint64_t left = offset < r->length ? r->length - offset : 0;
	size_t wanted = left < n ? (size_t)left : n, done = 0;

	TRY(bulk_set_key(r->plan.bulk, r->plan.payload_key));
	while (done < wanted) {
		size_t m = 0;
		int bad = read_part(r, offset + done, wanted - done, ret + done, &m);

		if (bad) {
			wipe(ret, n); /* nothing of a read that failed is used by mistake */
			return bad;
		}
		done += m;
	}
	*ret_n = done;
	return 0;
}
