#include "library/agestream.h"

#include "system/files.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *agestream_outcome_text(int outcome)
{
	static const char *const texts[] = {
	    [AGESTREAM_END] = "it ends here",
	    [AGESTREAM_NOT_AGE] = "it is not an age file",
	    [AGESTREAM_NEWER] = "it is of a newer format",
	    [AGESTREAM_NO_KEY] = "this is the wrong key",
	    [AGESTREAM_DAMAGED] = "it is damaged or cut off",
	    [AGESTREAM_UNREADABLE] = "it cannot be read",
	};

	return outcome > 0 && (size_t)outcome < array_n(texts) ? texts[outcome] : "unknown";
}

/* ---- writing ---- */

struct agestream_writer {
	struct bulk *bulk; /* borrowed */
	uint64_t index;
	struct buffer held;
};

void agestream_writer_free(struct agestream_writer *w)
{
	if (!w)
		return;
	buffer_done(&w->held);
	free(w);
}

static int write_header(const struct secret *file_key, const struct recipient *to, size_t n_to, struct buffer *ret)
{
	age_write_begin(ret);
	for (size_t i = 0; i < n_to; i++) {
		int r = identity_wrap(&to[i], file_key, ret);

		if (r)
			return r < 0 ? r : FAULT(EINVAL, "a recipient that no key can be shared with");
	}
	return identity_finish_header(file_key, ret);
}

int agestream_writer_new(struct bulk *bulk, const struct recipient *to, size_t n_to, struct buffer *ret_sealed,
			 struct agestream_writer **ret)
{
	OWNED(agestream_writer) struct agestream_writer *w = calloc(1, sizeof(*w));
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(secret) struct secret *payload_key = NULL;
	OWN_BUFFER struct buffer header = {0};
	uint8_t nonce[AGE_NONCE];

	if (!w || n_to == 0 || n_to > AGE_STANZAS_MAX)
		return FAULT(w ? EINVAL : ENOMEM, "age file");
	w->bulk = bulk;
	TRY(secret_new_random(AGE_FILE_KEY, &file_key));
	TRY(write_header(file_key, to, n_to, &header));
	random_bytes(nonce, sizeof(nonce));
	buffer_add(&header, nonce, sizeof(nonce));
	TRY(identity_payload_key(file_key, nonce, &payload_key));
	TRY(bulk_set_key(bulk, payload_key));
	buffer_add_bytes(ret_sealed, buffer_bytes(&header));
	*ret = steal(&w);
	return buffer_check(ret_sealed);
}

static int seal(struct agestream_writer *w, struct bytes plain, bool last, struct buffer *ret)
{
	uint8_t *room = buffer_reserve(ret, plain.n + AGE_TAG);

	if (!room)
		return FAULT(ENOMEM, "age file");
	TRY(bulk_seal_chunk(w->bulk, w->index++, last, plain, room));
	ret->n += plain.n + AGE_TAG;
	return 0;
}

/* A full chunk may be the last one: it leaves when more comes. */
int agestream_write(struct agestream_writer *w, struct bytes plain, struct buffer *ret_sealed)
{
	while (plain.n > 0) {
		size_t n = AGE_CHUNK - w->held.n < plain.n ? AGE_CHUNK - w->held.n : plain.n;

		if (n == 0) {
			TRY(seal(w, buffer_bytes(&w->held), false, ret_sealed));
			buffer_clear(&w->held);
			continue;
		}
		buffer_add(&w->held, plain.at, n);
		TRY(buffer_check(&w->held));
		plain = bytes_of(plain.at + n, plain.n - n);
	}
	return 0;
}

int agestream_write_end(struct agestream_writer *w, struct buffer *ret_sealed)
{
	return seal(w, buffer_bytes(&w->held), true, ret_sealed);
}

/* ---- reading ---- */

struct agestream_reader {
	int fd;
	int error;
	bool at_end, is_over;
	uint64_t index;
	struct bulk *bulk;
	struct buffer held; /* read and not opened yet */
	size_t used;	    /* of held */
	uint8_t plain[AGE_CHUNK];
};

void agestream_reader_free(struct agestream_reader *r)
{
	if (!r)
		return;
	bulk_free(r->bulk);
	buffer_done(&r->held);
	wipe(r->plain, sizeof(r->plain));
	free(r);
}

int agestream_reader_error(const struct agestream_reader *r)
{
	return r->error;
}

/* Holds at least n bytes, unless the file ends before. */
static int fill(struct agestream_reader *r, size_t n)
{
	unsigned tries = 0;

	buffer_drop_front(&r->held, r->used);
	r->used = 0;
	while (!r->at_end && r->held.n < n) {
		uint8_t *room = buffer_reserve(&r->held, n - r->held.n);
		ssize_t got = room ? read(r->fd, room, n - r->held.n) : 0;

		if (!room)
			return FAULT(ENOMEM, "age file");
		if (got < 0 && files_again(-errno, &tries))
			continue;
		r->error = got < 0 ? errno : 0;
		if (got < 0)
			return AGESTREAM_UNREADABLE;
		r->at_end = got == 0;
		r->held.n += (size_t)got;
	}
	return 0;
}

static int outcome_of_header(int parsed)
{
	return parsed == AGE_NOT_AGE ? AGESTREAM_NOT_AGE : parsed == AGE_NEWER ? AGESTREAM_NEWER : AGESTREAM_DAMAGED;
}

static int unlock(struct agestream_reader *r, const struct age_header *h, const struct secret *identity)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(secret) struct secret *payload_key = NULL;
	int result = identity_open_header(h, identity, &file_key);

	if (result)
		return result < 0 ? result : result == IDENTITY_NOT_FOR_US ? AGESTREAM_NO_KEY : AGESTREAM_DAMAGED;
	result = fill(r, h->length + AGE_NONCE);
	if (result)
		return result;
	if (r->held.n < h->length + AGE_NONCE)
		return AGESTREAM_DAMAGED;
	TRY(identity_payload_key(file_key, r->held.at + h->length, &payload_key));
	r->used = h->length + AGE_NONCE;
	return bulk_set_key(r->bulk, payload_key);
}

static int open_header(struct agestream_reader *r, const struct secret *identity)
{
	struct age_header header;
	size_t n = 2048;
	int result;

	do { /* most headers are short, and a pipe may give no more for now */
		n = 2 * n < AGE_HEADER_MAX ? 2 * n : AGE_HEADER_MAX + AGE_NONCE;
		result = fill(r, n);
		if (result)
			return result;
		result = age_header_parse(buffer_bytes(&r->held), &header);
	} while (result == AGE_CUT && !r->at_end && n < AGE_HEADER_MAX);
	if (result)
		return result < 0 ? result : outcome_of_header(result);
	result = unlock(r, &header, identity);
	age_header_done(&header);
	return result;
}

int agestream_reader_new(int fd, const struct secret *identity, int *ret_error, struct agestream_reader **ret)
{
	OWNED(agestream_reader) struct agestream_reader *r = calloc(1, sizeof(*r));
	int result;

	if (!r)
		return FAULT(ENOMEM, "age file");
	r->fd = fd;
	TRY(bulk_new(&r->bulk));
	result = open_header(r, identity);
	if (ret_error)
		*ret_error = r->error;
	if (result == 0)
		*ret = steal(&r);
	return result;
}

int agestream_read(struct agestream_reader *r, struct bytes *ret)
{
	bool is_last;
	size_t n;
	int result = 0;

	if (r->is_over)
		return AGESTREAM_END;
	if (r->held.n - r->used <= AGE_SEALED_CHUNK) /* is it the last one? */
		result = fill(r, AGE_SEALED_CHUNK + 1);
	if (result)
		return result;
	n = r->held.n - r->used;
	is_last = n <= AGE_SEALED_CHUNK;
	n = is_last ? n : AGE_SEALED_CHUNK;
	result = bulk_open_chunk(r->bulk, r->index, is_last, bytes_of(r->held.at + r->used, n), r->plain);
	if (result)
		return result < 0 ? result : AGESTREAM_DAMAGED;
	r->used += n;
	r->is_over = is_last;
	if (n == AGE_TAG) /* empty: only the whole of an empty file is */
		return r->index == 0 ? AGESTREAM_END : AGESTREAM_DAMAGED;
	r->index++;
	*ret = bytes_of(r->plain, n - AGE_TAG);
	return 0;
}
