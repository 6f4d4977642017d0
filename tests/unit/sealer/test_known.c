/* What the sealer remembers of files that it has held against their label, and what it checks all the same. */
#include "world.h"

#include "sealer/job.h"

#define NAME   "report.docx.age"
#define LENGTH ((size_t)150000)

static void seal_one(struct world *w, const uint8_t *content)
{
	const struct wish wish = {.intent = 1, .path = "report.docx", .target = NAME, .keep = "2026-000001.1.age"};

	world_write(w, "report.docx", content, LENGTH);
	w->settle_at_once = true;
	world_ask_seal(w, &wish);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, 1)->outcome, SEAL_DONE);
}

struct opened {
	int fd;
	struct stat stat;
	struct buffer start;
	struct envelope envelope;
};

static void open_sealed(struct world *w, struct opened *ret)
{
	*ret = (struct opened){.fd = openat(w->dir, NAME, O_RDWR | O_CLOEXEC)};
	assert_true(ret->fd >= 0);
	assert_int_equal(fstat(ret->fd, &ret->stat), 0);
	ret->start.n = (size_t)pread(ret->fd, buffer_reserve(&ret->start, 16384), 16384, 0);
	assert_int_equal(envelope_parse(buffer_bytes(&ret->start), &ret->envelope), 0);
}

static void close_sealed(struct opened *o)
{
	envelope_done(&o->envelope);
	buffer_done(&o->start);
	assert_int_equal(close(o->fd), 0);
}

static bool is_known(struct world *w)
{
	struct opened o;
	bool is;

	open_sealed(w, &o);
	is = known_has(&w->sealer, &o.stat, o.envelope.header.mac);
	close_sealed(&o);
	return is;
}

/* Writes until the file's times tell: where a clock tick is coarse, a write right after another has its time. */
static void write_in_place(const struct opened *o, const void *at, size_t n, uint64_t offset)
{
	struct stat now;

	do {
		assert_int_equal(pwrite(o->fd, at, n, (off_t)offset), n);
		assert_int_equal(fstat(o->fd, &now), 0);
	} while (now.st_ctim.tv_sec == o->stat.st_ctim.tv_sec && now.st_ctim.tv_nsec == o->stat.st_ctim.tv_nsec);
}

/* Somebody who holds the level's key puts another content under the same header: every tag of it is right. */
static void swap_content(struct world *w)
{
	OWN_MEM uint8_t *other = calloc(1, LENGTH);
	OWN_MEM uint8_t *sealed = malloc(AGE_SEALED_CHUNK);
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(secret) struct secret *payload_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	struct opened o;

	open_sealed(w, &o);
	assert_int_equal(envelope_unlock(&o.envelope, w->level, &file_key), 0);
	assert_int_equal(envelope_payload_key(&o.envelope, file_key, &payload_key), 0);
	assert_int_equal(bulk_new(&bulk), 0);
	assert_int_equal(bulk_set_key(bulk, payload_key), 0);
	for (uint64_t i = 0; i < age_chunk_count(LENGTH); i++) {
		size_t at = (size_t)i * AGE_CHUNK, n = LENGTH - at < AGE_CHUNK ? LENGTH - at : AGE_CHUNK;

		assert_int_equal(
		    bulk_seal_chunk(bulk, i, i + 1 == age_chunk_count(LENGTH), bytes_of(other + at, n), sealed), 0);
		write_in_place(&o, sealed, n + AGE_TAG, o.envelope.payload_at + i * AGE_SEALED_CHUNK);
	}
	close_sealed(&o);
}

static void test_a_file_is_known_from_its_seal_or_first_reading(void **state)
{
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(LENGTH);
	OWN_BUFFER struct buffer got = {0};

	seal_one(w, content);
	assert_true(is_known(w));
	world_restart(w);
	assert_false(is_known(w));
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(world_unseal(w, 10 + i, NAME, &got), SEAL_DONE);
		assert_int_equal(got.n, LENGTH);
		assert_memory_equal(got.at, content, LENGTH);
		assert_memory_equal(world_answer(w, FRAME_TYPE_unsealed, 10 + i)->sha256,
				    world_answer(w, FRAME_TYPE_unsealed, 10)->sha256, 32);
		assert_true(is_known(w));
	}
}

static void test_another_content_under_the_same_key(void **state)
{
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(LENGTH);
	OWN_BUFFER struct buffer got = {0};

	seal_one(w, content);
	assert_int_equal(world_unseal(w, 10, NAME, &got), SEAL_DONE);
	swap_content(w);
	assert_false(is_known(w));
	assert_int_equal(world_unseal(w, 11, NAME, &got), SEAL_DAMAGED);
	assert_int_equal(got.n, 0);
	assert_false(is_known(w)); /* what does not hold is not remembered */
	world_restart(w);
	assert_int_equal(world_unseal(w, 12, NAME, &got), SEAL_DAMAGED);
	assert_int_equal(got.n, 0);
}

/* A disk that goes bad changes no time of a file. */
static struct stat frozen;

static int frozen_stat(const struct files *f, int fd, struct stat *ret)
{
	int r = files_linux.stat(f, fd, ret);

	if (r == 0 && ret->st_ino == frozen.st_ino)
		*ret = frozen;
	return r;
}

static void test_a_known_file_is_verified_each_time(void **state)
{
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(LENGTH);
	OWN_BUFFER struct buffer got = {0};
	struct opened o;
	uint8_t byte;

	seal_one(w, content);
	open_sealed(w, &o);
	frozen = o.stat;
	w->files.stat = frozen_stat;
	for (uint64_t i = 0; i < age_chunk_count(LENGTH); i++) {
		off_t at = (off_t)(o.envelope.payload_at + i * AGE_SEALED_CHUNK + 7);

		assert_int_equal(pread(o.fd, &byte, 1, at), 1);
		byte ^= 4;
		assert_int_equal(pwrite(o.fd, &byte, 1, at), 1);
		assert_true(known_has(&w->sealer, &frozen, o.envelope.header.mac));
		assert_int_equal(world_unseal(w, 20 + i, NAME, &got), SEAL_DAMAGED);
		assert_int_equal(got.n, 0);
		byte ^= 4;
		assert_int_equal(pwrite(o.fd, &byte, 1, at), 1);
	}
	assert_int_equal(world_unseal(w, 30, NAME, &got), SEAL_DONE);
	assert_memory_equal(got.at, content, LENGTH);
	close_sealed(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_file_is_known_from_its_seal_or_first_reading, world_setup,
					    world_teardown),
	    cmocka_unit_test_setup_teardown(test_another_content_under_the_same_key, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_known_file_is_verified_each_time, world_setup, world_teardown),
	};

	return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
