#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/age.h"
#include "library/sealed_reader.h"

#define HEADER 100 /* any offset of the payload */

/* A table that counts reads, answers short and fails on demand. */
struct table {
	struct files files; /* first */
	size_t n_reads;
	bool broken;
};

static ssize_t table_pread(const struct files *f, int fd, void *at, size_t n, uint64_t offset)
{
	struct table *t = (struct table *)(uintptr_t)f;

	t->n_reads++;
	if (t->broken)
		return -EIO;
	return files_linux.pread(f, fd, at, n > 30000 ? 30000 : n, offset);
}

struct fixture {
	struct table table;
	int fd;
	struct secret *key;
	struct bulk *bulk;
	uint8_t *plain;
	struct buffer file;
};

static void make(struct fixture *x, size_t length)
{
	uint64_t chunks = age_chunk_count(length);

	*x = (struct fixture){.fd = memfd_create("sealed", MFD_CLOEXEC), .plain = malloc(length + 1)};
	x->table.files = files_linux;
	x->table.files.pread = table_pread;
	assert_true(x->fd >= 0 && x->plain);
	random_bytes(x->plain, length);
	assert_int_equal(secret_new_random(AEAD_KEY, &x->key), 0);
	assert_int_equal(bulk_new(&x->bulk), 0);
	assert_int_equal(bulk_set_key(x->bulk, x->key), 0);
	memset(buffer_reserve(&x->file, HEADER), 'h', HEADER);
	x->file.n = HEADER;
	for (uint64_t i = 0; i < chunks; i++) {
		size_t at = (size_t)i * AGE_CHUNK, n = i + 1 < chunks ? AGE_CHUNK : length - at;
		uint8_t *room = buffer_reserve(&x->file, n + AGE_TAG);

		assert_int_equal(bulk_seal_chunk(x->bulk, i, i + 1 == chunks, bytes_of(x->plain + at, n), room), 0);
		x->file.n += n + AGE_TAG;
	}
}

static void unmake(struct fixture *x)
{
	(void)close(x->fd);
	secret_free(x->key);
	bulk_free(x->bulk);
	free(x->plain);
	buffer_done(&x->file);
}

/* Opens what is in x->file now. */
static int open_reader(struct fixture *x, struct sealed_reader **ret)
{
	struct sealed_reader_plan plan = {
	    .files = &x->table.files,
	    .fd = x->fd,
	    .file_length = x->file.n,
	    .payload_at = HEADER,
	    .payload_key = x->key,
	    .bulk = x->bulk,
	};

	assert_int_equal(ftruncate(x->fd, 0), 0);
	assert_int_equal(pwrite(x->fd, x->file.at, x->file.n, 0), x->file.n);
	return sealed_reader_new(&plan, ret);
}

static void expect_range(struct sealed_reader *r, const struct fixture *x, uint64_t offset, size_t n)
{
	static uint8_t got[300000];
	uint64_t length = sealed_reader_length(r);
	size_t wanted = offset >= length ? 0 : length - offset < n ? (size_t)(length - offset) : n;
	size_t is = SIZE_MAX;

	assert_int_equal(sealed_reader_read(r, offset, n, got, &is), 0);
	assert_int_equal(is, wanted);
	if (wanted)
		assert_memory_equal(got, x->plain + offset, wanted);
}

static void test_every_range_around_every_border(void **state)
{
	static const size_t lengths[] = {0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 250000};

	(void)state;
	for (size_t i = 0; i < array_n(lengths); i++) {
		OWNED(sealed_reader) struct sealed_reader *r = NULL;
		struct fixture x;

		make(&x, lengths[i]);
		assert_int_equal(open_reader(&x, &r), 0);
		assert_int_equal(sealed_reader_length(r), lengths[i]);
		for (uint64_t border = 0; border <= lengths[i] + AGE_CHUNK; border += AGE_CHUNK)
			for (int d = -2; d <= 2; d++)
				for (size_t n = 0; n < 5; n++)
					if (d >= 0 || border)
						expect_range(r, &x, border + (uint64_t)d, n);
		expect_range(r, &x, 0, 300000);
		expect_range(r, &x, lengths[i] / 2, 70000);
		expect_range(r, &x, UINT64_MAX, 10);
		sealed_reader_free(steal(&r));
		unmake(&x);
	}
}

/* Only the damaged chunk is refused, the others are read; a range that touches it gives nothing at all. */
static void test_a_damaged_chunk_stays_inside(void **state)
{
	OWNED(sealed_reader) struct sealed_reader *r = NULL;
	static uint8_t got[200000];
	static const uint8_t nothing[200000];
	struct fixture x;
	size_t n = 7;

	(void)state;
	make(&x, 3 * AGE_CHUNK);
	x.file.at[HEADER + AGE_SEALED_CHUNK + 5] ^= 1;
	assert_int_equal(open_reader(&x, &r), 0);
	expect_range(r, &x, 0, AGE_CHUNK);
	expect_range(r, &x, 2 * AGE_CHUNK, AGE_CHUNK);
	memset(got, 'x', sizeof(got));
	assert_int_equal(sealed_reader_read(r, 0, 2 * AGE_CHUNK, got, &n), SEALED_READER_DAMAGED);
	assert_memory_equal(got, nothing, 2 * AGE_CHUNK);
	assert_int_equal(sealed_reader_read(r, 2 * AGE_CHUNK - 1, 2, got, &n), SEALED_READER_DAMAGED);
	assert_int_equal(n, 7);
	expect_range(r, &x, 2 * AGE_CHUNK, 10);
	unmake(&x);
}

static void cut_last_chunk(struct fixture *x)
{
	x->file.n -= AGE_SEALED_CHUNK;
}

static void cut_one_byte(struct fixture *x)
{
	x->file.n--;
}

static void cut_inside_a_tag(struct fixture *x)
{
	x->file.n -= AGE_SEALED_CHUNK - 3;
}

static void add_one_byte(struct fixture *x)
{
	buffer_u8(&x->file, 0);
}

static void repeat_the_first(struct fixture *x)
{
	uint8_t *room = buffer_reserve(&x->file, AGE_SEALED_CHUNK);

	memcpy(room, x->file.at + HEADER, AGE_SEALED_CHUNK);
	x->file.n += AGE_SEALED_CHUNK;
}

static void swap_first_and_last(struct fixture *x)
{
	uint8_t *a = x->file.at + HEADER, *b = a + 2 * AGE_SEALED_CHUNK;

	for (size_t i = 0; i < AGE_SEALED_CHUNK; i++) {
		uint8_t was = a[i];

		a[i] = b[i];
		b[i] = was;
	}
}

static void flip_the_last_tag(struct fixture *x)
{
	x->file.at[x->file.n - 1] ^= 0x80;
}

static void no_payload(struct fixture *x)
{
	x->file.n = HEADER;
}

static void no_header(struct fixture *x)
{
	x->file.n = HEADER - 1;
}

/* What changes the end is refused before anything is read. */
static void test_the_end_is_proved_first(void **state)
{
	static const struct {
		void (*change)(struct fixture *x);
		int outcome;
	} rows[] = {
	    {cut_last_chunk, SEALED_READER_DAMAGED},
	    {cut_one_byte, SEALED_READER_DAMAGED},
	    {cut_inside_a_tag, SEALED_READER_CUT},
	    {add_one_byte, SEALED_READER_CUT},
	    {repeat_the_first, SEALED_READER_DAMAGED},
	    {swap_first_and_last, SEALED_READER_DAMAGED},
	    {flip_the_last_tag, SEALED_READER_DAMAGED},
	    {no_payload, SEALED_READER_CUT},
	    {no_header, SEALED_READER_CUT},
	};

	(void)state;
	for (size_t i = 0; i < array_n(rows); i++) {
		OWNED(sealed_reader) struct sealed_reader *r = NULL;
		struct fixture x;

		make(&x, 3 * AGE_CHUNK);
		rows[i].change(&x);
		assert_int_equal(open_reader(&x, &r), rows[i].outcome);
		assert_null(r);
		unmake(&x);
	}
}

/* The second of two chunks at the place of the first, and the file cut short while it is open. */
static void test_a_chunk_belongs_to_its_place(void **state)
{
	OWNED(sealed_reader) struct sealed_reader *r = NULL;
	struct fixture x;
	uint8_t got[10];
	size_t n;

	(void)state;
	make(&x, 4 * AGE_CHUNK);
	memmove(x.file.at + HEADER, x.file.at + HEADER + AGE_SEALED_CHUNK, AGE_SEALED_CHUNK);
	assert_int_equal(open_reader(&x, &r), 0);
	assert_int_equal(sealed_reader_read(r, 0, 10, got, &n), SEALED_READER_DAMAGED);
	expect_range(r, &x, AGE_CHUNK, 10);
	assert_int_equal(ftruncate(x.fd, HEADER + AGE_SEALED_CHUNK * 2), 0);
	assert_int_equal(sealed_reader_read(r, 2 * AGE_CHUNK, 10, got, &n), SEALED_READER_CUT);
	unmake(&x);
}

static void test_reading_is_thrifty_and_survives_an_error(void **state)
{
	OWNED(sealed_reader) struct sealed_reader *r = NULL;
	struct fixture x;
	uint8_t got[10];
	size_t n, before;

	(void)state;
	make(&x, 2 * AGE_CHUNK);
	assert_int_equal(open_reader(&x, &r), 0);
	before = x.table.n_reads;
	for (uint64_t at = 0; at < AGE_CHUNK; at += 4096)
		expect_range(r, &x, at, 4096);
	assert_int_equal(x.table.n_reads - before, 3); /* 30,000 bytes at most in each */
	x.table.broken = true;
	assert_true(sealed_reader_read(r, AGE_CHUNK, 10, got, &n) < 0);
	x.table.broken = false;
	expect_range(r, &x, AGE_CHUNK, 10);
	unmake(&x);
}

static int start(void **state)
{
	(void)state;
	return sodium_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_range_around_every_border),
	    cmocka_unit_test(test_a_damaged_chunk_stays_inside),
	    cmocka_unit_test(test_the_end_is_proved_first),
	    cmocka_unit_test(test_a_chunk_belongs_to_its_place),
	    cmocka_unit_test(test_reading_is_thrifty_and_survives_an_error),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
