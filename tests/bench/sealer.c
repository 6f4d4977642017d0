/*
 * The sealer without its process, on files below TMPDIR. Each mode prints one
 * line of figures; the scripts beside this file say what they are held against.
 */
#include "sealer/world.h"

#include "base/text.h"
#include "library/sealed_reader.h"

#include <poll.h>
#include <sys/resource.h>
#include <time.h>

#define PIECE ((size_t)256 << 10)

static double now(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static uint64_t flushes(const struct world *w)
{
	return w->sealer.flushes;
}

static double most_memory_mib(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return (double)usage.ru_maxrss / 1024;
}

/* Files to work on */

struct names {
	char plain[32], sealed[32];
};

static struct names names_of(uint64_t i)
{
	struct names n;

	(void)snprintf(n.plain, sizeof(n.plain), "f%llu", (unsigned long long)i);
	(void)snprintf(n.sealed, sizeof(n.sealed), "f%llu.age", (unsigned long long)i);
	return n;
}

/* Bytes that no compression helps with, piece by piece: no more memory for a large file than for a small one. */
static void write_file(struct world *w, const char *name, uint64_t bytes)
{
	OWN_FD int fd = openat(w->dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);
	OWN_MEM uint8_t *at = world_content(PIECE);

	assert_true(fd >= 0);
	for (uint64_t done = 0; done < bytes; done += PIECE) {
		size_t n = bytes - done < PIECE ? (size_t)(bytes - done) : PIECE;

		memcpy(at, &done, n < sizeof(done) ? n : sizeof(done));
		assert_int_equal(files_write_all(&files_linux, fd, at, n), 0);
	}
}

static void digest_of(struct world *w, const char *name, uint8_t ret[32])
{
	OWNED(digest) struct digest *digest = NULL;
	OWN_FD int fd = openat(w->dir, name, O_RDONLY | O_CLOEXEC);
	OWN_MEM uint8_t *at = bytes_block(PIECE);
	ssize_t n;

	assert_int_equal(digest_new(&digest), 0);
	while ((n = read(fd, at, PIECE)) > 0)
		assert_int_equal(digest_add(digest, bytes_of(at, (size_t)n)), 0);
	assert_int_equal(n, 0);
	assert_int_equal(digest_end(digest, ret), 0);
}

/* As world_prepare_seal(), for a file that does not fit into memory. */
static void prepare(struct world *w, uint64_t i, const struct names *names, struct asked *ret)
{
	struct stat stat;

	*ret = (struct asked){.m = {.intent = i + 1,
				    .root = 1,
				    .path = names->plain,
				    .target = names->sealed,
				    .keep = names->sealed,
				    .level = "SECRET"}};
	assert_int_equal(fstatat(w->dir, names->plain, &stat, 0), 0);
	digest_of(w, names->plain, ret->m.sha256);
	world_record(1, "SECRET", ret->m.sha256, (uint64_t)stat.st_size, &ret->record);
	ret->args = text_copy(WORLD_RECORD " 1 SECRET cn@2026.1");
	ret->m.dev = stat.st_dev;
	ret->m.ino = stat.st_ino;
	ret->m.size = (uint64_t)stat.st_size;
	ret->m.mtime_ns = (uint64_t)stat.st_mtim.tv_sec * 1000000000u + (uint64_t)stat.st_mtim.tv_nsec;
	ret->m.args = ret->args;
	ret->m.record = buffer_bytes(&ret->record);
}

/* Seals f0 … and takes their plaintext. Seconds, from the first request. */
static double seal(struct world *w, uint64_t files)
{
	struct asked *asked = calloc(files, sizeof(*asked));
	struct names *names = calloc(files, sizeof(*names));
	size_t answers = w->n_answers;
	double start;

	assert_non_null(asked);
	assert_non_null(names);
	w->settle_at_once = true;
	for (uint64_t i = 0; i < files; i++) {
		names[i] = names_of(i);
		prepare(w, i, &names[i], &asked[i]);
	}
	sync();
	start = now();
	for (uint64_t i = 0; i < files; i++)
		world_send(w, &frame_type_seal, &asked[i].m, -1);
	world_run(w);
	start = now() - start;
	assert_int_equal(w->n_answers - answers, 2 * files);
	assert_false(world_has(w, names[files - 1].plain));
	assert_true(world_has(w, names[files - 1].sealed));
	for (uint64_t i = 0; i < files; i++)
		asked_done(&asked[i]);
	free(asked);
	free(names);
	return start;
}

static void write_files(struct world *w, uint64_t files, uint64_t bytes)
{
	for (uint64_t i = 0; i < files; i++)
		write_file(w, names_of(i).plain, bytes);
}

/* FILES BYTES: seconds, and how often the disk was waited for. */
static void run_seal(struct world *w, const uint64_t n[2])
{
	double took;

	write_files(w, n[0], n[1]);
	took = seal(w, n[0]);
	(void)printf("%.4f %llu\n", took, (unsigned long long)flushes(w));
}

/* BYTES SPARSE: MiB of memory before a file of that size is sealed, and the most until it is. SPARSE 1: a hole. */
static void run_memory(struct world *w, const uint64_t n[2])
{
	OWN_MEM char *path = text_format("%s/f0", w->path);
	double before;

	write_file(w, "f0", n[1] ? 0 : n[0]);
	if (n[1])
		assert_int_equal(truncate(path, (off_t)n[0]), 0);
	before = most_memory_mib();
	(void)seal(w, 1);
	(void)printf("%.2f %.2f\n", before, most_memory_mib());
}

/* Reading it back through a pipe */

/* `cat` on the other end, as somebody's shell would have it. */
static pid_t start_reader(const char *to, int *ret_pipe)
{
	int ends[2];
	pid_t reader;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	reader = fork();
	assert_true(reader >= 0);
	if (reader == 0) {
		int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		if (out < 0 || dup2(ends[0], 0) < 0 || dup2(out, 1) < 0)
			_exit(1);
		(void)execlp("cat", "cat", (char *)NULL);
		_exit(1);
	}
	(void)close(ends[0]);
	*ret_pipe = ends[1];
	return reader;
}

static void unseal(struct world *w, uint64_t intent, const char *to)
{
	struct pollfd pipes = {.fd = w->sealer.pipes, .events = POLLIN};
	const struct answer *a;
	uint64_t wait_ms = 0;
	int pipe, status;
	pid_t reader = start_reader(to, &pipe);

	WORLD_SEND(w, unseal, pipe, .intent = intent, .grant = 77, .root = 1, .path = "f0.age", .timeout_ms = 60000);
	while (!(a = world_answer(w, FRAME_TYPE_unsealed, intent))) {
		assert_int_equal(sealer_turn(&w->sealer, w->now_ms, &wait_ms), 0);
		world_answer_all(w);
		if (wait_ms > 0)
			(void)poll(&pipes, 1, 100);
	}
	assert_int_equal(a->outcome, SEAL_DONE);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
}

static void save_escrow(struct world *w)
{
	OWNED(secret) struct secret *text = NULL;

	assert_int_equal(identity_to_text(w->escrow, &text), 0);
	assert_int_equal(secret_lend(text, world_save_identity, w), 0);
}

static double less(double a, double b)
{
	return a == 0 || b < a ? b : a;
}

static double time_of(struct world *w, uint64_t intent, const char *out, const uint8_t wanted[32])
{
	uint8_t got[32];
	double start = now(), took;

	if (intent)
		unseal(w, intent, out);
	else
		assert_int_equal(system(out), 0); /* the peer */
	took = now() - start;
	digest_of(w, "out", got);
	assert_memory_equal(got, wanted, 32);
	return took;
}

/* BYTES ROUNDS: the shortest time from the request until the reader has it in a file: by a sealer that knows the file,
 * by one that sees it for the first time, and by age -d. */
static void run_unseal(struct world *w, const uint64_t n[2])
{
	OWN_MEM char *out = text_format("%s/out", w->path);
	OWN_MEM char *age = text_format("age -d -i '%s/escrow.key' -o '%s' '%s/f0.age'", w->path, out, w->path);
	uint8_t wanted[32];
	double known = 0, first = 0, theirs = 0;

	write_file(w, "f0", n[0]);
	digest_of(w, "f0", wanted);
	(void)seal(w, 1);
	save_escrow(w);
	for (uint64_t i = 0; i < n[1]; i++) {
		theirs = less(theirs, time_of(w, 0, age, wanted));
		world_restart(w);
		first = less(first, time_of(w, 100 + 2 * i, out, wanted));
		known = less(known, time_of(w, 101 + 2 * i, out, wanted));
	}
	(void)printf("%.4f %.4f %.4f\n", known, first, theirs);
}

/* Reading at random places */

struct random_read {
	uint64_t length, reads;
	struct sealed_reader *reader;
	int plain; /* what must be read */
};

static void compare(const struct random_read *r, uint64_t at, const uint8_t *got)
{
	uint8_t wanted[4096];

	assert_int_equal(pread(r->plain, wanted, sizeof(wanted), (off_t)at), sizeof(wanted));
	assert_memory_equal(got, wanted, sizeof(wanted));
}

static double read_at_random(const struct random_read *r)
{
	OWN_MEM uint64_t *places = calloc(r->reads, sizeof(*places));
	uint8_t got[4096];
	size_t n;
	double start;

	assert_non_null(places);
	random_bytes(places, r->reads * sizeof(*places));
	start = now();
	for (uint64_t i = 0; i < r->reads; i++) {
		assert_int_equal(sealed_reader_read(r->reader, places[i] % (r->length - 4096), 4096, got, &n), 0);
		assert_int_equal(n, 4096);
	}
	start = now() - start;
	for (uint64_t i = 0; i < r->reads; i += 101) { /* and they are the right ones */
		uint64_t at = places[i] % (r->length - 4096);

		assert_int_equal(sealed_reader_read(r->reader, at, 4096, got, &n), 0);
		compare(r, at, got);
	}
	return start;
}

/* BYTES READS: seconds for so many reads of 4 KiB, each at a random byte of the whole file. */
static void run_random(struct world *w, const uint64_t n[2])
{
	OWNED(sealed_reader) struct sealed_reader *reader = NULL;
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(secret) struct secret *payload_key = NULL;
	OWNED(bulk) struct bulk *bulk = NULL;
	OWN_BUFFER struct buffer start = {0};
	struct sealed_reader_plan plan = {.files = &w->files};
	struct random_read r = {.length = n[0], .reads = n[1]};
	struct envelope e;
	struct stat stat;

	write_file(w, "f0", n[0]);
	r.plain = openat(w->dir, "f0", O_RDONLY | O_CLOEXEC);
	(void)seal(w, 1);
	plan.fd = openat(w->dir, "f0.age", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(plan.fd, &stat), 0);
	start.n = (size_t)pread(plan.fd, buffer_reserve(&start, 16384), 16384, 0);
	assert_int_equal(envelope_parse(buffer_bytes(&start), &e), 0);
	assert_int_equal(envelope_unlock(&e, w->level, &file_key), 0);
	assert_int_equal(envelope_payload_key(&e, file_key, &payload_key), 0);
	assert_int_equal(bulk_new(&bulk), 0);
	plan.file_length = (uint64_t)stat.st_size;
	plan.payload_at = e.payload_at;
	plan.payload_key = payload_key;
	plan.bulk = bulk;
	assert_int_equal(sealed_reader_new(&plan, &reader), 0);
	r.reader = reader;
	(void)printf("%.4f\n", read_at_random(&r));
	envelope_done(&e);
	(void)close(plan.fd);
	(void)close(r.plain);
}

/* To another key */

/* FILES BYTES: seconds until all have a header for the newest key, and how often the disk was waited for. */
static void run_rewrap(struct world *w, const uint64_t n[2])
{
	uint64_t before;
	double start;

	for (uint64_t done = 0; done < n[0];) { /* the answers of so many are kept */
		write_file(w, names_of(done).plain, n[1]);
		done++;
	}
	(void)seal(w, n[0]);
	w->older = steal(&w->level);
	assert_int_equal(identity_new(&w->level), 0);
	world_answer_level(w, &(struct request){.level = "SECRET"});
	sync();
	w->settle_at_once = false;
	before = flushes(w);
	w->n_answers = 0;
	start = now();
	for (uint64_t i = 0; i < n[0]; i++) {
		struct names names = names_of(i);
		struct stat stat;

		assert_int_equal(fstatat(w->dir, names.sealed, &stat, 0), 0);
		WORLD_SEND(w, rekey, -1, .intent = n[0] + i + 1, .grant = n[0] + i + 1, .root = 1, .path = names.sealed,
			   .ino = stat.st_ino, .keep = names.sealed, .record = WORLD_RECORD, .level = "SECRET");
		world_answer_all(w);
	}
	world_run(w);
	start = now() - start;
	assert_int_equal(w->n_answers, n[0]);
	for (size_t i = 0; i < n[0]; i++)
		assert_int_equal(w->answers[i % WORLD_ANSWERS].outcome, SEAL_DONE);
	(void)printf("%.4f %llu\n", start, (unsigned long long)(flushes(w) - before));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct world *w, const uint64_t n[2]);
	} modes[] = {
	    {"seal", run_seal},	    {"memory", run_memory}, {"unseal", run_unseal},
	    {"random", run_random}, {"rewrap", run_rewrap},
	};
	uint64_t n[2];
	void *state;

	if (argc != 4 || !text_to_u64(argv[2], UINT64_C(1) << 40, &n[0]) ||
	    !text_to_u64(argv[3], UINT64_C(1) << 40, &n[1]))
		return 2;
	for (size_t i = 0; i < array_n(modes); i++)
		if (text_equal(argv[1], modes[i].name)) {
			assert_int_equal(world_setup(&state), 0);
			modes[i].run(state, n);
			return world_teardown(&state);
		}
	return 2;
}
