/*
 * What every role does with files: a name whose content appears whole, a
 * machine key, a sealed file read at random; and a backup that is read back,
 * over read(2) itself. Nothing is ever taken for whole that is not.
 */
#include "faulty.h"

#include "library/backup.h"
#include "library/machine_key.h"
#include "library/sealed_reader.h"

#include <sys/mman.h>

#define LENGTH 200000

static struct faulty *table;
static int dir;
static uint8_t content[LENGTH];
static struct secret *escrow, *payload_key;
static struct bulk *bulk;
static struct buffer backup, payload;

struct scene {
	const char *name;
	int (*act)(void); /* 0: done; else a fault or an outcome */
	bool (*is_whole)(bool is_done);
};

/* ---- read(2), for what does not go through the table ---- */

ssize_t __real_read(int fd, void *at, size_t n);
ssize_t __wrap_read(int fd, void *at, size_t n);
static bool reads;

ssize_t __wrap_read(int fd, void *at, size_t n)
{
	ssize_t r;

	if (!reads)
		return __real_read(fd, at, n);
	reads = false; /* the table reads, too */
	r = table->table.read(&table->table, fd, at, n);
	reads = true;
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

/* ---- the scenes ---- */

static bool read_whole(const char *name, struct buffer *ret)
{
	OWN_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && files_read_rest(&files_linux, fd, 1 << 24, ret) == 0;
}

static int act_create(void)
{
	int r = files_create_whole(&table->table, dir, "whole", 0640, bytes_of(content, 5000));

	return r == -EEXIST ? 0 : r; /* the try before had got that far */
}

/* The name is not there, or all of it is. */
static bool created_is_whole(bool is_done)
{
	OWN_BUFFER struct buffer there = {0};

	if (!read_whole("whole", &there))
		return !is_done;
	return bytes_equal(buffer_bytes(&there), bytes_of(content, 5000));
}

static int act_machine_key(void)
{
	OWNED(secret) struct secret *key = NULL;
	OWNED(secret) struct secret *back = NULL;
	OWN_FD int fd = openat(dir, "key", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int r = machine_key_new(&key);

	if (r != 0)
		return r;
	r = machine_key_write(&table->table, fd, key);
	if (r == 0)
		r = machine_key_read(&table->table, fd, &back);
	if (r == 0 && !secret_equal(key, back))
		broken("another key was read than was written");
	return r;
}

static bool anything(bool is_done)
{
	(void)is_done;
	return true;
}

static int act_read_sealed(void)
{
	struct sealed_reader_plan plan = {
	    .files = &table->table, .file_length = payload.n, .payload_key = payload_key, .bulk = bulk};
	OWNED(sealed_reader) struct sealed_reader *r = NULL;
	OWN_FD int fd = openat(dir, "sealed", O_RDONLY | O_CLOEXEC);
	uint8_t some[70000];
	size_t n = 0;
	int result;

	plan.fd = fd;
	result = sealed_reader_new(&plan, &r);
	for (uint64_t at = 1000; result == 0 && at < LENGTH; at += 66000) {
		size_t left = LENGTH - at < sizeof(some) ? (size_t)(LENGTH - at) : sizeof(some);

		result = sealed_reader_read(r, at, sizeof(some), some, &n);
		if (result == 0 && (n != left || memcmp(some, content + at, n) != 0))
			broken("other bytes were read than were sealed");
	}
	return result;
}

static int read_file(struct backup_reader *r, struct bytes wanted)
{
	OWN_BUFFER struct buffer all = {0};
	struct bytes some;
	int result;

	while ((result = backup_read(r, &some)) == 0)
		memory.paused++, buffer_add_bytes(&all, some), memory.paused--;
	if (result == BACKUP_END && !bytes_equal(buffer_bytes(&all), wanted))
		broken("a file of the backup was given as whole, and is not");
	return result == BACKUP_END ? 0 : result;
}

static int act_backup(void)
{
	OWNED(backup_reader) struct backup_reader *r = NULL;
	OWN_FD int fd = openat(dir, "backup", O_RDONLY | O_CLOEXEC);
	const char *name;
	uint64_t size;
	int result;

	reads = true;
	result = backup_reader_new(fd, escrow, &r);
	for (unsigned i = 0; result == 0; i++) {
		result = backup_next(r, &name, &size);
		if (result == 0)
			result = read_file(r, i == 0 ? bytes_of(content, LENGTH) : bytes_of(content, 10));
		else if (result == BACKUP_END && i != 2)
			broken("the end of a backup came after %u files", i);
	}
	reads = false;
	return result == BACKUP_END ? 0 : result;
}

static struct scene scenes[] = {
    {"a name with its content", act_create, created_is_whole},
    {"a machine key", act_machine_key, anything},
    {"reading a sealed file", act_read_sealed, anything},
    {"reading a backup", act_backup, anything},
};

static bool run(struct scene *s, const struct fault *fault, struct faulty *ret)
{
	unsigned descriptors = faults_descriptors();
	int r;

	(void)unlinkat(dir, "whole", 0);
	faulty_init(ret, &files_linux, *fault);
	table = ret;
	faults_arm(fault);
	r = s->act();
	faults_disarm();
	if (r < 0 && faults.reported == 0 && fault->kind >= FAULT_MEMORY)
		broken("a fault that nobody has said");
	if (!s->is_whole(r == 0 && !ret->dead))
		broken("something is there that is not whole");
	if (fault->kind == FAULT_NONE && r != 0)
		broken("without a fault: %d", r);
	if (fault->kind == FAULT_FROM && fault->at == 1 && r == 0)
		broken("nothing worked, and it says done");
	ret->fault.kind = FAULT_NONE;
	memcpy(&ret->real, &files_linux, sizeof(ret->real));
	{
		struct faulty clean;

		faulty_init(&clean, &files_linux, (struct fault){0});
		table = &clean;
		r = s->act();
	}
	if (r != 0 || !s->is_whole(true))
		broken("asked again: %d", r);
	if (faults_descriptors() != descriptors)
		broken("descriptors: %u before, %u after", descriptors, faults_descriptors());
	return ret->hit;
}

static void put(const char *name, struct bytes b)
{
	OWN_FD int fd = openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(files_write_all(&files_linux, fd, b.at, b.n), 0);
}

static void make_backup(void)
{
	static const struct backup_manifest m = {.format = BACKUP_FORMAT, .made = "2026-05-04T00:00:00Z"};
	OWNED(backup_writer) struct backup_writer *w = NULL;
	OWNED(digest) struct digest *digest = NULL;
	struct recipient to;

	assert_int_equal(identity_new(&escrow), 0);
	assert_int_equal(identity_recipient(escrow, &to), 0);
	assert_int_equal(digest_new(&digest), 0);
	assert_int_equal(backup_writer_new(bulk, digest, &to, 1, &w), 0);
	assert_int_equal(backup_write_manifest(w, &m), 0);
	assert_int_equal(backup_write_whole(w, BACKUP_JOURNAL, bytes_of(content, LENGTH)), 0);
	assert_int_equal(backup_write_whole(w, BACKUP_ROOTS, bytes_of(content, 10)), 0);
	assert_int_equal(backup_end(w), 0);
	buffer_add_bytes(&backup, buffer_bytes(backup_sealed(w)));
	put("backup", buffer_bytes(&backup));
}

static void make_sealed(void)
{
	assert_int_equal(secret_new_random(32, &payload_key), 0);
	assert_int_equal(bulk_set_key(bulk, payload_key), 0);
	for (uint64_t i = 0; i < age_chunk_count(LENGTH); i++) {
		bool last = i + 1 == age_chunk_count(LENGTH);
		size_t n = last ? LENGTH - (size_t)i * AGE_CHUNK : AGE_CHUNK;

		assert_int_equal(bulk_seal_chunk(bulk, i, last, bytes_of(content + i * AGE_CHUNK, n),
						 buffer_reserve(&payload, n + AGE_TAG)),
				 0);
		payload.n += n + AGE_TAG;
	}
	put("sealed", buffer_bytes(&payload));
}

int main(int argc, char **argv)
{
	char path[80];

	faults_begin(argc, argv);
	faults_in_memory();
	(void)snprintf(path, sizeof(path), "%.50s/library-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(sodium_start(), 0);
	assert_int_equal(bulk_new(&bulk), 0);
	for (size_t i = 0; i < LENGTH; i++)
		content[i] = (uint8_t)(i * 7 + i / 251);
	make_backup();
	make_sealed();
	for (size_t i = 0; i < array_n(scenes); i++)
		faults_all(&scenes[i], scenes[i].name, 1, run);
	remove_beneath(dir);
	(void)close(dir);
	(void)rmdir(path);
	bulk_free(bulk);
	secret_free(escrow);
	secret_free(payload_key);
	buffer_done(&backup);
	buffer_done(&payload);
	return faults_end();
}
