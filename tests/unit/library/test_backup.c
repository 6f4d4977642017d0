/* Backups and what they are made of: age files of any length, and a tar with a list of sums. */
#include "test.h"

#include "base/text.h"
#include "library/archive.h"
#include "library/backup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct world {
	struct secret *escrow, *other;
	struct recipient to;
	struct bulk *bulk;
	struct digest *digest;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_int_equal(sodium_start(), 0);
	assert_int_equal(identity_new(&w->escrow), 0);
	assert_int_equal(identity_new(&w->other), 0);
	assert_int_equal(identity_recipient(w->escrow, &w->to), 0);
	assert_int_equal(bulk_new(&w->bulk), 0);
	assert_int_equal(digest_new(&w->digest), 0);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	secret_free(w->escrow);
	secret_free(w->other);
	bulk_free(w->bulk);
	digest_free(w->digest);
	free(w);
	return 0;
}

static int file_of(struct bytes b)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, b.at, b.n), (ssize_t)b.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void fill(struct buffer *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buffer_u8(b, (uint8_t)(i * 7 + i / 251));
	assert_false(b->failed);
}

/* In parts of a size that meets no border. */
static void seal(const struct world *w, struct bytes plain, struct buffer *ret)
{
	OWNED(agestream_writer) struct agestream_writer *out = NULL;

	assert_int_equal(agestream_writer_new(w->bulk, &w->to, 1, ret, &out), 0);
	for (size_t at = 0; at < plain.n;) {
		size_t n = plain.n - at < 10007 ? plain.n - at : 10007;

		assert_int_equal(agestream_write(out, bytes_of(plain.at + at, n), ret), 0);
		at += n;
	}
	assert_int_equal(agestream_write_end(out, ret), 0);
}

static int unseal(struct bytes sealed, const struct secret *identity, struct buffer *ret)
{
	OWNED(agestream_reader) struct agestream_reader *in = NULL;
	OWN_FD int fd = file_of(sealed);
	struct bytes some;
	int result = agestream_reader_new(fd, identity, NULL, &in);

	while (result == 0)
		if ((result = agestream_read(in, &some)) == 0)
			buffer_add_bytes(ret, some);
	return result;
}

static void test_every_length_comes_back(void **state)
{
	static const size_t sizes[] = {0, 1, 1000, 65519, 65535, 65536, 65537, 131071, 131072, 131073, 300000, 1048576};
	const struct world *w = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		OWN_BUFFER struct buffer plain = {0}, sealed = {0}, back = {0};

		fill(&plain, sizes[i]);
		seal(w, buffer_bytes(&plain), &sealed);
		assert_int_equal(unseal(buffer_bytes(&sealed), w->escrow, &back), AGESTREAM_END);
		assert_int_equal(back.n, plain.n);
		if (plain.n)
			assert_memory_equal(back.at, plain.at, plain.n);
		if (plain.n <= IDENTITY_FILE_MAX) { /* the small form is the same format */
			OWNED(secret) struct secret *small = NULL;

			assert_int_equal(agefile_open(buffer_bytes(&sealed), w->escrow, &small), 0);
			assert_int_equal(secret_length(small), plain.n);
		}
	}
}

static void test_refusals_tell_the_layer(void **state)
{
	static const char next[] = "age-encryption.org/v2\n-> X25519 a\n";
	const struct world *w = *state;
	OWN_BUFFER struct buffer plain = {0}, sealed = {0}, back = {0};
	OWNED(agestream_reader) struct agestream_reader *in = NULL;
	OWN_FD int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = 0;

	fill(&plain, 200000);
	seal(w, buffer_bytes(&plain), &sealed);
	assert_int_equal(unseal(buffer_bytes(&sealed), w->other, &back), AGESTREAM_NO_KEY);
	assert_int_equal(unseal(bytes_of_text("no such file\n"), w->escrow, &back), AGESTREAM_NOT_AGE);
	assert_int_equal(unseal(bytes_of_text(next), w->escrow, &back), AGESTREAM_NEWER);
	assert_int_equal(unseal(bytes_of(sealed.at, 60), w->escrow, &back), AGESTREAM_DAMAGED);
	assert_int_equal(agestream_reader_new(folder, w->escrow, &error, &in), AGESTREAM_UNREADABLE);
	assert_int_not_equal(error, 0);
	assert_int_equal(back.n, 0);
}

static void test_a_cut_file_has_no_end(void **state)
{
	const struct world *w = *state;
	OWN_BUFFER struct buffer plain = {0}, sealed = {0};
	size_t payload = 4 * AGE_SEALED_CHUNK;

	fill(&plain, 4 * AGE_CHUNK);
	seal(w, buffer_bytes(&plain), &sealed);
	for (size_t cut = 1; cut <= payload; cut += cut % AGE_SEALED_CHUNK < 3 ? 1 : AGE_SEALED_CHUNK - 3) {
		OWN_BUFFER struct buffer back = {0};

		assert_int_equal(unseal(bytes_of(sealed.at, sealed.n - cut), w->escrow, &back), AGESTREAM_DAMAGED);
	}
	buffer_u8(&sealed, 0);
	OWN_BUFFER struct buffer back = {0};
	assert_int_equal(unseal(buffer_bytes(&sealed), w->escrow, &back), AGESTREAM_DAMAGED);
}

static void test_chunks_in_another_order(void **state)
{
	const struct world *w = *state;
	OWN_BUFFER struct buffer plain = {0}, sealed = {0}, back = {0};
	static uint8_t held[AGE_SEALED_CHUNK];
	uint8_t *second;

	fill(&plain, 3 * AGE_CHUNK);
	seal(w, buffer_bytes(&plain), &sealed);
	second = sealed.at + sealed.n - 2 * AGE_SEALED_CHUNK;
	memcpy(held, second - AGE_SEALED_CHUNK, sizeof(held));
	memmove(second - AGE_SEALED_CHUNK, second, AGE_SEALED_CHUNK);
	memcpy(second, held, sizeof(held));
	assert_int_equal(unseal(buffer_bytes(&sealed), w->escrow, &back), AGESTREAM_DAMAGED);
	assert_int_equal(back.n, 0);
}

/* ---- backups ---- */

static const struct backup_manifest manifest = {
    .made = "2026-03-01T08:00:00Z", .version = "0.1.0", .unit = "Unit", .entries = 12, .hash = "ab"};

static void make_backup(const struct world *w, struct buffer *ret)
{
	OWNED(backup_writer) struct backup_writer *out = NULL;
	OWN_BUFFER struct buffer store = {0};

	fill(&store, 150000);
	assert_int_equal(backup_writer_new(w->bulk, w->digest, &w->to, 1, &out), 0);
	assert_int_equal(backup_write_manifest(out, &manifest), 0);
	assert_int_equal(backup_write_whole(out, "keys/escrow.pub", bytes_of_text("age1…\n")), 0);
	assert_int_equal(backup_write_whole(out, "empty", (struct bytes){0}), 0);
	assert_int_equal(backup_begin(out, BACKUP_STORE, store.n), 0);
	assert_int_equal(backup_add(out, bytes_of(store.at, 70000)), 0);
	assert_int_equal(backup_add(out, bytes_of(store.at + 70000, store.n - 70000)), 0);
	assert_int_equal(backup_end_file(out), 0);
	assert_int_equal(backup_end(out), 0);
	buffer_add_bytes(ret, buffer_bytes(backup_sealed(out)));
}

/* To its end; names and sizes in one line. */
static int walk(struct bytes file, const struct secret *identity, struct buffer *ret)
{
	OWNED(backup_reader) struct backup_reader *in = NULL;
	OWN_FD int fd = file_of(file);
	const char *name = NULL;
	uint64_t size;
	int result = backup_reader_new(fd, identity, &in);

	while (result == 0)
		if ((result = backup_next(in, &name, &size)) == 0)
			buffer_add_format(ret, "%s %zu,", name, (size_t)size);
	if (result == BACKUP_END)
		buffer_add_format(ret, "%s/%d/%d", backup_reader_manifest(in)->made,
				  (int)backup_reader_manifest(in)->entries, (int)backup_reader_manifest(in)->format);
	return result;
}

static void test_a_backup_comes_back(void **state)
{
	const struct world *w = *state;
	OWN_BUFFER struct buffer file = {0}, said = {0}, none = {0};

	make_backup(w, &file);
	assert_int_equal(walk(buffer_bytes(&file), w->escrow, &said), BACKUP_END);
	buffer_u8(&said, 0);
	assert_string_equal((char *)said.at, "keys/escrow.pub 8,empty 0,store.db 150000,2026-03-01T08:00:00Z/12/1");
	assert_int_equal(walk(buffer_bytes(&file), w->other, &none), BACKUP_WRONG_KEY);
	for (size_t cut = 1; cut < file.n; cut += 9973)
		assert_int_equal(walk(bytes_of(file.at, file.n - cut), w->escrow, &none),
				 file.n - cut < 22 ? BACKUP_NONE : BACKUP_DAMAGED);
	for (size_t at = 30; at < file.n; at += 1009) {
		int result;

		file.at[at] ^= 0x10;
		result = walk(buffer_bytes(&file), w->escrow, &none);
		assert_true(result == BACKUP_DAMAGED || (at < 200 && result == BACKUP_WRONG_KEY));
		file.at[at] ^= 0x10;
	}
}

/* Any tar in any age file, for what a writer of ours never makes. */
struct made {
	const char *name, *content;
};

static int read_made(const struct world *w, const struct made *files)
{
	OWNED(tar_writer) struct tar_writer *tar = NULL;
	OWN_BUFFER struct buffer plain = {0}, sealed = {0}, said = {0};

	assert_int_equal(tar_writer_new(&plain, &tar), 0);
	for (; files->name; files++) {
		assert_int_equal(tar_begin(tar, files->name, strlen(files->content)), 0);
		if (files->content[0])
			assert_int_equal(tar_add(tar, bytes_of_text(files->content)), 0);
	}
	assert_int_equal(tar_writer_end(tar), 0);
	seal(w, buffer_bytes(&plain), &sealed);
	return walk(buffer_bytes(&sealed), w->escrow, &said);
}

#define MADE(...) ((const struct made[]){__VA_ARGS__, {NULL, NULL}})
#define OURS	  "{\"format\":1,\"kind\":\"classd-backup\"}"
#define OURS_SUM  "2a7f4a9fcf0c1d9cd4c1e3b4aa6c1b9d8c0d0d0ab4f5d20c9a2a31e9a2c9e0aa  backup.json\n"

static void test_what_is_no_backup(void **state)
{
	const struct world *w = *state;
	OWN_BUFFER struct buffer text = {0}, sealed = {0}, said = {0};

	buffer_add_text(&text, "a letter, no tar");
	seal(w, buffer_bytes(&text), &sealed);
	assert_int_equal(walk(buffer_bytes(&sealed), w->escrow, &said), BACKUP_NONE);
	assert_int_equal(read_made(w, MADE({"other.txt", "x"})), BACKUP_NONE);
	assert_int_equal(read_made(w, MADE({BACKUP_MANIFEST, "{}"})), BACKUP_NONE);
	assert_int_equal(read_made(w, MADE({BACKUP_MANIFEST, "no JSON"})), BACKUP_NONE);
	assert_int_equal(read_made(w, MADE({BACKUP_MANIFEST, "{\"format\":2,\"kind\":\"classd-backup\"}"})),
			 BACKUP_NEWER);
	assert_int_equal(read_made(w, MADE({BACKUP_MANIFEST, OURS})), BACKUP_DAMAGED);
	assert_int_equal(read_made(w, MADE({BACKUP_MANIFEST, OURS}, {"../etc/passwd", "x"})), BACKUP_DAMAGED);
	assert_int_equal(read_made(w, MADE({BACKUP_MANIFEST, OURS}, {BACKUP_SUMS, OURS_SUM})), BACKUP_DAMAGED);
	assert_int_equal(read_made(w, MADE({BACKUP_MANIFEST, OURS}, {"keys/a", "x"}, {BACKUP_SUMS, ""})),
			 BACKUP_DAMAGED);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a/.b", "a b", "a\nb", "ü"};

	(void)state;
	assert_true(backup_name_is_valid("keys/SECRET.2026-incident.age"));
	assert_true(backup_name_is_valid("policy/us/levels.yaml"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(backup_name_is_valid(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_length_comes_back),
	    cmocka_unit_test(test_refusals_tell_the_layer),
	    cmocka_unit_test(test_a_cut_file_has_no_end),
	    cmocka_unit_test(test_chunks_in_another_order),
	    cmocka_unit_test(test_a_backup_comes_back),
	    cmocka_unit_test(test_what_is_no_backup),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
