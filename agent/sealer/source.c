/* Reading a sealed file: header, size, payload by slices. Nothing read here is released to anybody. */
#include "sealer/job.h"

#include "system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FIRST_READ ((size_t)8192)

void source_free(const struct files *f, struct sealed_source *from)
{
	if (!from)
		return;
	secret_free(from->file_key);
	envelope_done(&from->envelope);
	buffer_done(&from->start);
	if (from->fd >= 0)
		(void)f->close(f, from->fd); /* only read */
	free(from);
}

/* The first n bytes, or all there are. 0 or a negated errno. */
static int read_start(const struct files *f, int fd, size_t n, struct buffer *ret)
{
	unsigned tries = 0;

	buffer_clear(ret);
	while (ret->n < n) {
		uint8_t *room = buffer_reserve(ret, n - ret->n);
		ssize_t got = room ? f->pread(f, fd, room, n - ret->n, ret->n) : -ENOMEM;

		if (files_again((int)got, &tries))
			continue;
		if (got <= 0)
			return (int)got;
		ret->n += (size_t)got;
	}
	return 0;
}

/* An envelope_outcome, or a negated errno. Most headers are one page; a long one is read in a second go. */
int source_parse(const struct files *f, int fd, const struct stat *stat, struct sealed_source *ret)
{
	int r = read_start(f, fd, FIRST_READ, &ret->start);

	if (r == 0)
		r = envelope_parse(buffer_bytes(&ret->start), &ret->envelope);
	if (r == ENVELOPE_CUT && ret->start.n == FIRST_READ) {
		r = read_start(f, fd, AGE_HEADER_MAX + AGE_NONCE, &ret->start);
		if (r == 0)
			r = envelope_parse(buffer_bytes(&ret->start), &ret->envelope);
	}
	if (r != 0)
		return r;
	if ((uint64_t)stat->st_size < ret->envelope.payload_at ||
	    !age_plain_length((uint64_t)stat->st_size - ret->envelope.payload_at, &ret->plain_length))
		return ENVELOPE_CONTENT_CUT;
	return ret->plain_length > AGE_PAYLOAD_MAX ? ENVELOPE_CONTENT_TOO_LARGE : 0;
}

int source_open(struct sealer *s, struct job *j)
{
	struct sealed_source *from = calloc(1, sizeof(*from));
	int r;

	if (!from)
		return FAULT(ENOMEM, "sealed file");
	from->fd = -1;
	j->from = from;
	r = safe_open_regular(s->files, j->root->fd, j->path, O_RDONLY, &from->fd, &from->stat);
	if (r != 0)
		return job_fail_open(j, r, j->path);
	r = source_parse(s->files, from->fd, &from->stat, from);
	if (r < 0)
		return job_fail_read(j, r, "reading the sealed file");
	if (r > 0)
		return job_fail_envelope(j, r);
	memcpy(j->header_mac, from->envelope.header.mac, sizeof(j->header_mac));
	return 0;
}

/* plain: where the content goes; NULL: only the tags are checked. */
static int read_slice(struct sealer *s, const struct sealed_source *from, uint64_t at, size_t n, uint8_t *plain)
{
	uint64_t first = at / AGE_CHUNK;
	size_t chunks = (size_t)age_chunk_count(n);
	int r = files_pread_all(s->files, from->fd, s->sealed, n + chunks * AGE_TAG,
				from->envelope.payload_at + first * AGE_SEALED_CHUNK);

	for (size_t i = 0; r == 0 && i < chunks; i++) {
		size_t m = i + 1 < chunks ? AGE_CHUNK : n - i * AGE_CHUNK;
		struct bytes sealed = {s->sealed + i * AGE_SEALED_CHUNK, m + AGE_TAG};
		bool last = at + n == from->plain_length && i + 1 == chunks;

		r = plain ? bulk_open_chunk(s->bulk, first + i, last, sealed, plain + i * AGE_CHUNK)
			  : bulk_check_chunk(s->bulk, first + i, last, sealed);
	}
	return r;
}

static size_t slice_length(const struct sealed_source *from, uint64_t at, size_t max_chunks)
{
	uint64_t left = from->plain_length - at;

	return left < max_chunks * AGE_CHUNK ? (size_t)left : max_chunks * AGE_CHUNK;
}

int source_slice(struct sealer *s, const struct sealed_source *from, uint64_t at, size_t max_chunks, size_t *ret_n)
{
	*ret_n = slice_length(from, at, max_chunks);
	return read_slice(s, from, at, *ret_n, s->plain);
}

int source_check_slice(struct sealer *s, const struct sealed_source *from, uint64_t at, size_t *ret_n)
{
	*ret_n = slice_length(from, at, SEALER_SLICE_CHUNKS);
	return read_slice(s, from, at, *ret_n, NULL);
}
