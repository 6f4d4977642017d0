/*
 * Others at work in the folder while it is sealed: a writer who saves as fast as it can, two who rename, one who makes
 * and drops hard links. Every version that was ever saved is accounted for: its writer saw it go, or it is in a sealed
 * file, or it still lies there.
 *
 *   race SEED OPERATIONS     rounds until so many operations were made; prints what happened, exits 1 when one is lost
 *
 * In even rounds the writer exchanges its new file with the old one and so learns what it took away itself, and writes
 * in place: there every version counts. In odd rounds it saves by rename, as editors do: there the newest counts. The
 * choices of all come from the seed; how the kernel lets them run does not.
 */
#include "sealer/world.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define DOCUMENTS 6
#define SIDES	  8
#define ALIASES	  24
#define ROUND	  100000u /* operations */
#define VERSIONS  400000u /* of a round, more than it can have */
#define CONTENT	  3000
#define ACTORS	  4

enum fate { NOT_SAVED, SAVED, TAKEN_BY_WRITER };

/* Between the processes. Each cell has one writer, except the counters. */
struct shared {
	uint64_t operations;
	bool stop;
	uint32_t newest[DOCUMENTS]; /* last version saved at that name */
	uint32_t last;		    /* version */
	uint8_t fate[VERSIONS];	    /* enum fate */
	bool found[VERSIONS];	    /* by the check at the end */
};

struct actor {
	struct shared *shared;
	int dir;
	uint64_t random;
	bool exchanges; /* even round */
	unsigned number;
};

struct tally {
	uint64_t operations, versions, sealed, changed, conflicts, still_open, gone, lost, newest_lost;
};

static uint32_t draw(struct actor *a, uint32_t below)
{
	a->random ^= a->random << 13;
	a->random ^= a->random >> 7;
	a->random ^= a->random << 17;
	return (uint32_t)(a->random >> 33) % below;
}

static void count(struct actor *a)
{
	__atomic_add_fetch(&a->shared->operations, 1, __ATOMIC_RELAXED);
}

static char *name_of(const char *kind, unsigned n, char ret[32])
{
	(void)snprintf(ret, 32, "%s%u", kind, n);
	return ret;
}

/* Contents: the version, then bytes that follow from it. */

static size_t content_of(uint32_t version, uint8_t at[CONTENT])
{
	size_t n = sizeof(version) + version * 2654435761u % (CONTENT - sizeof(version));

	memcpy(at, &version, sizeof(version));
	for (size_t i = sizeof(version); i < n; i++)
		at[i] = (uint8_t)(version + i * 31);
	return n;
}

/* 0: no whole version. */
static uint32_t version_of(struct bytes content)
{
	uint8_t wanted[CONTENT];
	uint32_t version;

	if (content.n < sizeof(version))
		return 0;
	memcpy(&version, content.at, sizeof(version));
	if (version == 0 || version >= VERSIONS || content_of(version, wanted) != content.n)
		return 0;
	return memcmp(wanted, content.at, content.n) == 0 ? version : 0;
}

static uint32_t read_version(int fd)
{
	uint8_t content[CONTENT + 1];
	ssize_t n = pread(fd, content, sizeof(content), 0);

	return n < 0 ? 0 : version_of(bytes_of(content, (size_t)n));
}

/* The writer */

static uint32_t write_new(struct actor *a, const char *name)
{
	uint8_t content[CONTENT];
	uint32_t version = ++a->shared->last;
	size_t n = content_of(version, content);
	OWN_FD int fd = openat(a->dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);

	assert_true(version < VERSIONS);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, n), (ssize_t)n);
	return version;
}

static void note_saved(struct actor *a, unsigned document, uint32_t version)
{
	a->shared->newest[document] = version;
	a->shared->fate[version] = SAVED;
	count(a);
}

/* What came back in exchange was taken away by its own writer, and nobody else is to answer for it. */
static void drop_exchanged(struct actor *a, const char *name)
{
	OWN_FD int fd = openat(a->dir, name, O_RDONLY | O_CLOEXEC);
	uint32_t version;

	assert_true(fd >= 0);
	version = read_version(fd);
	assert_int_not_equal(version, 0);
	a->shared->fate[version] = TAKEN_BY_WRITER;
	assert_int_equal(unlinkat(a->dir, name, 0), 0);
}

static void save_by_exchange(struct actor *a, unsigned document)
{
	char name[32];
	uint32_t version = write_new(a, "new.tmp");

	name_of("doc", document, name);
	for (;;) {
		if (renameat2(a->dir, "new.tmp", a->dir, name, RENAME_EXCHANGE) == 0) {
			note_saved(a, document, version);
			drop_exchanged(a, "new.tmp");
			return;
		}
		assert_int_equal(errno, ENOENT);
		if (renameat2(a->dir, "new.tmp", a->dir, name, RENAME_NOREPLACE) == 0)
			break;
		assert_int_equal(errno, EEXIST);
	}
	note_saved(a, document, version);
}

static void save_by_rename(struct actor *a, unsigned document)
{
	char name[32];
	uint32_t version = write_new(a, "new.tmp");

	assert_int_equal(renameat(a->dir, "new.tmp", a->dir, name_of("doc", document, name)), 0);
	note_saved(a, document, version);
}

/* Longer or shorter, whole in one call; a reader between the calls finds no whole version, as with any program. */
static void save_in_place(struct actor *a, unsigned document)
{
	char name[32];
	uint8_t content[CONTENT];
	OWN_FD int fd = openat(a->dir, name_of("doc", document, name), O_RDWR | O_CLOEXEC);
	uint32_t old, version;
	size_t n;

	if (fd < 0)
		return;
	old = read_version(fd);
	assert_int_not_equal(old, 0);
	version = ++a->shared->last;
	n = content_of(version, content);
	assert_int_equal(pwrite(fd, content, n, 0), (ssize_t)n);
	assert_int_equal(ftruncate(fd, (off_t)n), 0);
	a->shared->fate[old] = TAKEN_BY_WRITER;
	note_saved(a, document, version);
}

static void act_writer(struct actor *a)
{
	unsigned document = draw(a, DOCUMENTS);

	if (draw(a, 2) == 0 && a->exchanges)
		save_in_place(a, document);
	else if (a->exchanges)
		save_by_exchange(a, document);
	else
		save_by_rename(a, document);
}

/* Those who rename, and the one who links: none of them ends a content. */

/* Where the newest alone counts, names of two documents never mix: a save would end the other's newest. */
static unsigned pick(struct actor *a, unsigned document, unsigned names)
{
	return a->exchanges ? draw(a, names) : document;
}

static void act_renamer(struct actor *a)
{
	char from[32], to[32];
	unsigned document = draw(a, DOCUMENTS), side = pick(a, document, SIDES);
	bool back = draw(a, 2);
	unsigned flags = draw(a, 4) == 0 ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	name_of("doc", document, back ? to : from);
	name_of("side", side, back ? from : to);
	if (renameat2(a->dir, from, a->dir, to, flags) == 0)
		count(a);
}

static void act_linker(struct actor *a)
{
	char name[32], alias[32];
	unsigned document = draw(a, DOCUMENTS), act = draw(a, 4);
	int r;

	name_of("doc", document, name);
	name_of("alias", pick(a, document, ALIASES), alias);
	if (act == 0)
		r = unlinkat(a->dir, alias, 0);
	else if (act == 1)
		r = renameat2(a->dir, alias, a->dir, name, RENAME_NOREPLACE);
	else
		r = linkat(a->dir, name, a->dir, alias, 0);
	if (r == 0)
		count(a);
}

static void (*const acts[ACTORS])(struct actor *) = {act_writer, act_renamer, act_renamer, act_linker};

static pid_t start_actor(struct actor a)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child > 0)
		return child;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a check that fails ends the parent, and so us */
	while (!__atomic_load_n(&a.shared->stop, __ATOMIC_RELAXED)) {
		acts[a.number](&a);
		if (draw(&a, 64) == 0)
			(void)sched_yield();
	}
	_exit(0);
}

/* The registrar's part: whatever lies there is sealed, each file as a new content of what has its name. */

static bool is_plaintext(const char *name)
{
	return name[0] != '.' && !text_ends(name, ".age") && !text_ends(name, ".tmp");
}

/* false: it went, or was not whole, before it could be looked at. */
static bool look(struct world *w, const char *name, struct asked *ret)
{
	OWN_BUFFER struct buffer content = {0};
	OWN_FD int fd = openat(w->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) != 0 || files_read_rest(&files_linux, fd, CONTENT + 1, &content) != 0 ||
	    version_of(buffer_bytes(&content)) == 0)
		return false;
	sha256_of(buffer_bytes(&content), ret->m.sha256);
	world_record(1, "SECRET", ret->m.sha256, content.n, &ret->record);
	ret->m.dev = stat.st_dev;
	ret->m.ino = stat.st_ino;
	ret->m.size = (uint64_t)stat.st_size;
	ret->m.mtime_ns = (uint64_t)stat.st_mtim.tv_sec * 1000000000u + (uint64_t)stat.st_mtim.tv_nsec;
	ret->m.record = buffer_bytes(&ret->record);
	return true;
}

static bool ask_seal(struct world *w, const char *name, uint64_t intent)
{
	OWN_MEM char *target = text_format("%s.age", name),
		     *keep = text_format("%llu.1.age", (unsigned long long)intent);
	struct asked asked = {0};
	struct stat sealed;
	bool seen = look(w, name, &asked);

	if (seen) {
		asked.m.intent = intent;
		asked.m.root = 1;
		asked.m.path = name;
		asked.m.target = target;
		asked.m.keep = keep;
		asked.m.level = "SECRET";
		asked.m.args = WORLD_RECORD " 1 SECRET cn@2026.1";
		if (fstatat(w->dir, target, &sealed, AT_SYMLINK_NOFOLLOW) == 0)
			asked.m.replace_ino = sealed.st_ino;
		world_send(w, &frame_type_seal, &asked.m, -1);
	}
	buffer_done(&asked.record);
	return seen;
}

static void tally_answers(struct world *w, struct tally *t)
{
	assert_true(w->n_answers < WORLD_ANSWERS);
	for (size_t i = 0; i < w->n_answers; i++) {
		const struct answer *a = &w->answers[i];

		t->sealed += a->type == FRAME_TYPE_disposed && a->outcome == SEAL_DONE;
		t->changed += a->outcome == SEAL_CHANGED;
		t->still_open += a->outcome == SEAL_STILL_OPEN;
		t->gone += a->outcome == SEAL_GONE;
		t->conflicts += a->type == FRAME_TYPE_disposed && a->text[0] != 0;
		if (a->outcome == SEAL_FAILED)
			fail_msg("a job failed: %s", a->detail);
	}
	w->n_answers = 0;
}

/* Seals what lies there now; how many files it saw. */
static size_t seal_all(struct world *w, uint64_t *intent, struct tally *t)
{
	DIR *dir = opendir(w->path);
	const struct dirent *entry;
	size_t seen = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (is_plaintext(entry->d_name))
			seen += ask_seal(w, entry->d_name, ++*intent);
	assert_int_equal(closedir(dir), 0);
	world_run(w);
	tally_answers(w, t);
	return seen;
}

/* The check */

static void find_in(struct world *w, struct shared *shared, const char *folder, uint64_t *intent)
{
	OWN_MEM char *path = text_format("%s/%s", w->path, folder);
	OWN_BUFFER struct buffer content = {0};
	DIR *dir = opendir(path);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		OWN_MEM char *name = text_format("%s/%s", folder, entry->d_name);

		if (entry->d_name[0] == '.' || !text_ends(entry->d_name, ".age"))
			continue;
		assert_int_equal(world_unseal(w, ++*intent, name, &content), SEAL_DONE);
		assert_int_not_equal(version_of(buffer_bytes(&content)), 0);
		shared->found[version_of(buffer_bytes(&content))] = true;
		w->n_answers = 0;
	}
	assert_int_equal(closedir(dir), 0);
}

/* As the registrar does: the link of a plaintext that had other names stays only while it has them (adr/0022). */
static bool is_witness(struct world *w, int dir, const char *name)
{
	unsigned long long intent;
	struct stat stat;

	if (sscanf(name, "%16llx.alias", &intent) != 1)
		return false;
	WORLD_SEND(w, alias, -1, .intent = intent, .root = 1);
	world_run(w);
	w->n_answers = 0;
	return fstatat(dir, name, &stat, AT_SYMLINK_NOFOLLOW) != 0 || stat.st_nlink > 1;
}

/* A name in .classd other than keep is something that was taken and forgotten. */
static void check_nothing_taken(struct world *w)
{
	OWN_MEM char *path = text_format("%s/.classd", w->path);
	DIR *dir = opendir(path);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "keep") != 0 &&
		    !is_witness(w, dirfd(dir), entry->d_name))
			fail_msg("left in .classd: %s", entry->d_name);
	assert_int_equal(closedir(dir), 0);
}

static void check(struct world *w, struct shared *shared, bool exchanges, struct tally *t)
{
	uint64_t intent = (uint64_t)1 << 40;

	check_nothing_taken(w);
	find_in(w, shared, ".", &intent);
	find_in(w, shared, ".classd/keep", &intent);
	for (uint32_t v = 1; exchanges && v <= shared->last; v++)
		if (shared->fate[v] == SAVED && !shared->found[v]) {
			print_error("version %u of %u is lost\n", v, shared->last);
			t->lost++;
		}
	for (size_t i = 0; i < DOCUMENTS; i++)
		if (shared->newest[i] && shared->fate[shared->newest[i]] == SAVED && !shared->found[shared->newest[i]])
			t->newest_lost++;
	t->versions += shared->last;
	t->operations += shared->operations;
}

static void play_round(uint64_t seed, bool exchanges, struct tally *t)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t actors[ACTORS];
	uint64_t intent = 0;
	struct world *w;
	void *state;
	int status;

	assert_ptr_not_equal(shared, MAP_FAILED);
	assert_int_equal(world_setup(&state), 0);
	w = state;
	w->settle_at_once = true;
	for (unsigned i = 0; i < ACTORS; i++)
		actors[i] = start_actor((struct actor){.shared = shared,
						       .dir = w->dir,
						       .random = seed * ACTORS + i + 1,
						       .exchanges = exchanges,
						       .number = i});
	while (__atomic_load_n(&shared->operations, __ATOMIC_RELAXED) < ROUND)
		(void)seal_all(w, &intent, t);
	shared->stop = true;
	for (unsigned i = 0; i < ACTORS; i++) {
		assert_int_equal(waitpid(actors[i], &status, 0), actors[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	while (seal_all(w, &intent, t) > 0)
		continue;
	check(w, shared, exchanges, t);
	assert_int_equal(world_teardown(&state), 0);
	assert_int_equal(munmap(shared, sizeof(*shared)), 0);
}

int main(int argc, char **argv)
{
	struct tally t = {0};
	uint64_t seed, wanted;

	if (argc != 3 || !text_to_u64(argv[1], UINT32_MAX, &seed) || !text_to_u64(argv[2], UINT32_MAX, &wanted)) {
		(void)fprintf(stderr, "usage: race SEED OPERATIONS\n");
		return 2;
	}
	for (uint64_t round = 0; t.operations < wanted; round++)
		play_round(seed + round, round % 2 == 0, &t);
	(void)printf(
	    "operations=%llu versions=%llu sealed=%llu changed=%llu conflicts=%llu open=%llu gone=%llu lost=%llu "
	    "newest_lost=%llu\n",
	    (unsigned long long)t.operations, (unsigned long long)t.versions, (unsigned long long)t.sealed,
	    (unsigned long long)t.changed, (unsigned long long)t.conflicts, (unsigned long long)t.still_open,
	    (unsigned long long)t.gone, (unsigned long long)t.lost, (unsigned long long)t.newest_lost);
	return t.lost || t.newest_lost;
}
