/*
 * An I/O table that fails: the n-th call of an operation, once or from then
 * on; after it has been done; cut short; or as the last thing before a kill,
 * after which nothing reaches the disk any more. With it the enumeration of
 * all such faults for a scenario, and what a program of such scenarios prints.
 */
#ifndef TESTS_FAULT_FAULTY_H
#define TESTS_FAULT_FAULTY_H

#include "memory.h"
#include "test.h"

#include "base/text.h"
#include "system/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* operation, answer, parameters, arguments, what a short call does (0: it cannot be cut short) */
/* clang-format off */
#define FAULTY_OPERATIONS(M) \
	M(open, int, (F, int dir, const char *path, const struct open_how *how), (f, dir, path, how)) \
	M(close, int, (F, int fd), (f, fd)) \
	M(read, ssize_t, (F, int fd, void *at, size_t n), (f, fd, at, cut(x, hit, n))) \
	M(pread, ssize_t, (F, int fd, void *at, size_t n, uint64_t offset), (f, fd, at, cut(x, hit, n), offset)) \
	M(write, ssize_t, (F, int fd, const void *at, size_t n), (f, fd, at, cut(x, hit, n))) \
	M(pwrite, ssize_t, (F, int fd, const void *at, size_t n, uint64_t offset), (f, fd, at, cut(x, hit, n), offset)) \
	M(copy, ssize_t, (F, int from, uint64_t a, int to, uint64_t b, size_t n), (f, from, a, to, b, cut(x, hit, n))) \
	M(entries, ssize_t, (F, int dir, void *at, size_t n), (f, dir, at, n)) \
	M(stat, int, (F, int fd, struct stat *ret), (f, fd, ret)) \
	M(stat_at, int, (F, int dir, const char *name, struct stat *ret), (f, dir, name, ret)) \
	M(reserve, int, (F, int fd, uint64_t n), (f, fd, n)) \
	M(reserve_beyond, int, (F, int fd, uint64_t n), (f, fd, n)) \
	M(truncate, int, (F, int fd, uint64_t n), (f, fd, n)) \
	M(set_mode, int, (F, int fd, mode_t mode), (f, fd, mode)) \
	M(get_acl, int, (F, int fd, struct acl **ret), (f, fd, ret)) \
	M(set_acl, int, (F, int fd, const struct acl *acl), (f, fd, acl)) \
	M(lease, int, (F, int fd, int kind), (f, fd, kind)) \
	M(advise, int, (F, int fd, uint64_t a, uint64_t n, int advice), (f, fd, a, n, advice)) \
	M(start_writing, int, (F, int fd, uint64_t a, uint64_t n), (f, fd, a, n)) \
	M(sync, int, (F, int fd), (f, fd)) \
	M(sync_data, int, (F, int fd), (f, fd)) \
	M(sync_all, int, (F, int fd), (f, fd)) \
	M(make_dir, int, (F, int dir, const char *name, mode_t mode), (f, dir, name, mode)) \
	M(link_fd, int, (F, int fd, int dir, const char *name), (f, fd, dir, name)) \
	M(link, int, (F, int a, const char *from, int dir, const char *name), (f, a, from, dir, name)) \
	M(move, int, (F, int a, const char *from, int dir, const char *name, unsigned flags), (f, a, from, dir, name, flags)) \
	M(unlink, int, (F, int dir, const char *name), (f, dir, name)) \
	M(remove_dir, int, (F, int dir, const char *name), (f, dir, name)) \
	M(list_attributes, ssize_t, (F, int fd, char *names, size_t n), (f, fd, names, n)) \
	M(get_attribute, ssize_t, (F, int fd, const char *name, void *at, size_t n), (f, fd, name, at, n))
/* clang-format on */

enum file_op {
#define M(op, type, parameters, arguments) OP_##op,
	FAULTY_OPERATIONS(M)
#undef M
	    FILE_OPS
};

_Static_assert(FILE_OPS == sizeof(struct files) / sizeof(files_linux.open), "every operation of the table fails here");

enum fault_kind {
	FAULT_NONE,
	FAULT_ONCE,   /* the at-th call of op */
	FAULT_OF,     /* every call of op from the at-th on */
	FAULT_FROM,   /* every call of whatever operation from the at-th call on */
	FAULT_PAIR,   /* the at-th call of whatever operation, and the one `then` calls behind it: on the way back */
	FAULT_AFTER,  /* the at-th call of op is done, and answers that it was not */
	FAULT_SHORT,  /* the at-th call of op moves half of what it was asked for */
	FAULT_KILL,   /* nothing is done from the at-th call on: the process is no more */
	FAULT_MEMORY, /* the at-th allocation fails */
	FAULT_MEMORY_FROM, /* every allocation from the at-th on */
};

struct fault {
	enum fault_kind kind;
	enum file_op op;
	int error; /* negated */
	unsigned at, then;
};

struct faulty {
	struct files table, real;
	struct fault fault;
	unsigned calls[FILE_OPS], total;
	bool hit, dead;
	void (*at_fault)(void *context); /* right before the first one */
	void *context;
};

static inline bool faulty_hits(struct faulty *x, enum file_op op)
{
	const struct fault *fault = &x->fault;
	bool hits;

	x->total++;
	x->calls[op]++;
	if (fault->kind == FAULT_MEMORY || fault->kind == FAULT_MEMORY_FROM)
		return false;
	if (fault->kind == FAULT_FROM || fault->kind == FAULT_KILL)
		hits = x->total >= fault->at;
	else if (fault->kind == FAULT_PAIR)
		hits = x->total == fault->at || x->total == fault->at + fault->then;
	else if (fault->kind == FAULT_OF)
		hits = op == fault->op && x->calls[op] >= fault->at;
	else
		hits = op == fault->op && x->calls[op] == fault->at;
	if (!hits || fault->kind == FAULT_NONE)
		return false;
	x->dead = fault->kind == FAULT_KILL;
	if (!x->hit && x->at_fault)
		x->at_fault(x->context);
	x->hit = true;
	return true;
}

static inline size_t cut(const struct faulty *x, bool hit, size_t n)
{
	return hit && x->fault.kind == FAULT_SHORT && n > 1 ? n / 2 : n;
}

/* A descriptor that nobody will get is closed; what a failing close leaves open is a leak of the test's making. */
static inline ssize_t faulty_after(struct faulty *x, enum file_op op, ssize_t r)
{
	if (op == OP_open && r >= 0)
		(void)close((int)r);
	return x->fault.error;
}

static inline bool faulty_is_done(const struct faulty *x, enum file_op op)
{
	return x->fault.kind == FAULT_AFTER || x->fault.kind == FAULT_SHORT || op == OP_close;
}

#define F const struct files *f
#define M(op, type, parameters, arguments)                                                                             \
	static inline type faulty_##op parameters                                                                      \
	{                                                                                                              \
		struct faulty *x = container_of((struct files *)(uintptr_t)f, struct faulty, table);                   \
		bool hit = faulty_hits(x, OP_##op);                                                                    \
		type r;                                                                                                \
                                                                                                                       \
		if (hit && !faulty_is_done(x, OP_##op))                                                                \
			return (type)x->fault.error;                                                                   \
		f = &x->real;                                                                                          \
		r = x->real.op arguments;                                                                              \
		return hit && x->fault.kind != FAULT_SHORT ? (type)faulty_after(x, OP_##op, r) : r;                    \
	}
FAULTY_OPERATIONS(M)
#undef M
#undef F

static inline void faulty_init(struct faulty *x, const struct files *real, struct fault fault)
{
	*x = (struct faulty){.table = *real, .real = *real, .fault = fault};
#define M(op, type, parameters, arguments) x->table.op = faulty_##op;
	FAULTY_OPERATIONS(M)
#undef M
}

static inline const char *faulty_op_name(enum file_op op)
{
	static const char *const names[] = {
#define M(op, type, parameters, arguments) #op,
	    FAULTY_OPERATIONS(M)
#undef M
	};

	return names[op];
}

/* ---- all faults of a scenario ---- */

struct scene;

/* One run of a scenario with that fault; false: it lies beyond its last call. ret: how often what was called. */
typedef bool (*faults_run)(struct scene *scene, const struct fault *fault, struct faulty *ret);

struct faults {
	unsigned part, parts;	/* this process does each parts-th run */
	unsigned long n, runs;	/* faults so far; of them done here */
	unsigned long broken;	/* promises */
	unsigned long reported; /* faults that the code under test has said */
	bool of_memory;		/* not of files */
	bool all;		/* CLASSD_LONG: nothing is left out */
	const char *scene;	/* at hand … */
	const struct fault *at; /* … with that fault */
	const char *only;	/* CLASSD_FAULT: "SCENE" or "SCENE:KIND:OP:ERROR:AT:THEN" */
};

static struct faults faults;

static inline const char *faults_name(const struct fault *fault, char ret[96])
{
	(void)snprintf(ret, 96, "%d:%s:%d:%u:%u", fault->kind, faulty_op_name(fault->op), -fault->error, fault->at,
		       fault->then);
	return ret;
}

/* A promise is broken: said with the fault, and the run goes on to say what else is. */
static inline void PRINTF_LIKE(1, 2) broken(const char *format, ...)
{
	char name[96];
	va_list args;

	if (faults.broken++ >= 40)
		return;
	printf("# broken: %s", faults.scene);
	if (faults.at)
		printf(":%s", faults_name(faults.at, name));
	printf(": ");
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	printf("\n");
	(void)fflush(stdout);
}

static const int faults_errors[] = {-EIO, -ENOSPC, -EDQUOT, -EINTR, -EAGAIN, -EMFILE};

static inline void faults_one(struct scene *scene, unsigned every, faults_run run, struct fault fault)
{
	unsigned long n = faults.n++;
	char name[96];
	struct faulty x;

	/* Which ones of a long scenario are tried follows from their number alone: the same at every run. */
	if (every > 1 && !faults.all && (n * 2654435761u >> 7) % every != 0)
		return;
	if (n % faults.parts != faults.part)
		return;
	faults.at = &fault;
	if (faults.only && strchr(faults.only, ':') &&
	    strcmp(strchr(faults.only, ':') + 1, faults_name(&fault, name)) != 0)
		return;
	(void)alarm(60); /* a run that never ends is said, not waited for */
	(void)run(scene, &fault, &x);
	(void)alarm(0);
	faults.runs++;
	faults.at = NULL;
}

static inline bool faults_can_be_short(enum file_op op)
{
	return op == OP_read || op == OP_pread || op == OP_write || op == OP_pwrite || op == OP_copy;
}

/* Around what is under test; only there memory fails. */
static inline void faults_arm(const struct fault *fault)
{
	faults.reported = 0;
	if (fault->kind == FAULT_MEMORY || fault->kind == FAULT_MEMORY_FROM)
		memory_arm(fault->at, fault->kind == FAULT_MEMORY_FROM);
}

static inline void faults_disarm(void)
{
	memory_disarm();
}

static inline void faults_note(int error, const char *file, int line, const char *function, const char *text)
{
	(void)error;
	(void)file;
	(void)line;
	(void)function;
	(void)text;
	faults.reported++;
}

/* What a library keeps when it first needs it is kept once: the same fault again leaves nothing more. */
static inline bool faults_one_of_memory(struct scene *scene, faults_run run, struct fault fault)
{
	char name[96];
	struct faulty x;
	long before = 0;

	faults.at = &fault;
	memory.traces = faults.only && strchr(faults.only, ':') &&
			strcmp(strchr(faults.only, ':') + 1, faults_name(&fault, name)) == 0;
	for (int i = 0; i < 3; i++) {
		if (memory.traces)
			memory.n_traced = 0;
		memory.hit = false;
		before = memory.live;
		(void)alarm(60);
		(void)run(scene, &fault, &x);
		(void)alarm(0);
		if (!memory.hit || memory.live == before)
			break;
	}
#ifdef __SANITIZE_ADDRESS__
	before = memory.live; /* what libraries give and take is not seen there; LeakSanitizer looks at the end */
#endif
	if (memory.hit && memory.live != before) {
		broken("%ld allocations leak", memory.live - before);
		if (memory.traces)
			memory_say_traces();
	}
	memory.traces = false;
	faults.runs += memory.hit;
	faults.at = NULL;
	return memory.hit;
}

/* The n-th allocation fails until none does: each alone, and all from it on. */
static inline void faults_all_of_memory(struct scene *scene, const char *name, unsigned every, faults_run run)
{
	unsigned long before = faults.runs, broken_before = faults.broken;
	struct fault fault = {0};
	static unsigned scenes;
	struct faulty clean;
	unsigned step = every > 1 && !faults.all ? every : 1;

	if (faults.only && strncmp(faults.only, name, strcspn(faults.only, ":")) != 0)
		return;
	faults.scene = name;
	for (int i = 0; i < 2; i++) /* what is kept for ever is there from now on */
		(void)run(scene, &fault, &clean);
	for (fault.kind = FAULT_MEMORY; fault.kind <= FAULT_MEMORY_FROM; fault.kind++) {
		bool hit = true;

		for (fault.at = 1 + faults.part * step; hit; fault.at += step * faults.parts)
			hit = faults_one_of_memory(scene, run, fault);
	}
	printf("%s %u - %s: %lu allocations failed\n", faults.broken == broken_before ? "ok" : "not ok", ++scenes, name,
	       faults.runs - before);
	(void)fflush(stdout);
}

/* Every fault there is in the scenario; every: one of so many is tried in a usual run. */
static inline void __attribute__((unused))
faults_all(struct scene *scene, const char *name, unsigned every, faults_run run)
{
	unsigned long before = faults.runs, broken_before = faults.broken;
	struct fault fault = {0};
	static unsigned scenes;
	struct faulty clean;

	if (faults.of_memory) {
		faults_all_of_memory(scene, name, every, run);
		return;
	}
	if (faults.only && strncmp(faults.only, name, strcspn(faults.only, ":")) != 0)
		return;
	faults.scene = name;
	(void)run(scene, &fault, &clean);
	if (clean.total < 3)
		broken("the scenario calls nothing");
	for (fault.op = 0; fault.op < FILE_OPS; fault.op++)
		for (fault.at = 1; fault.at <= clean.calls[fault.op]; fault.at++) {
			for (size_t i = 0; i < array_n(faults_errors); i++) {
				fault.error = faults_errors[i];
				fault.kind = FAULT_ONCE;
				faults_one(scene, every, run, fault);
				fault.kind = FAULT_OF;
				faults_one(scene, every, run, fault);
				fault.kind = FAULT_AFTER;
				if (faults_errors[i] != -EINTR && faults_errors[i] != -EAGAIN &&
				    faults_errors[i] != -EMFILE) /* these say that nothing was done */
					faults_one(scene, every, run, fault);
			}
			fault.kind = FAULT_SHORT;
			if (faults_can_be_short(fault.op))
				faults_one(scene, every, run, fault);
		}
	fault.op = 0;
	for (fault.at = 1; fault.at <= clean.total; fault.at++) {
		for (size_t i = 0; i < array_n(faults_errors); i++) {
			fault.error = faults_errors[i];
			fault.kind = FAULT_FROM;
			faults_one(scene, every, run, fault);
			fault.kind = FAULT_PAIR;
			fault.then = 1 + (unsigned)(fault.at + i) % 4;
			faults_one(scene, every, run, fault);
			fault.then = 0;
		}
		fault.error = -EIO;
		fault.kind = FAULT_KILL;
		faults_one(scene, every, run, fault);
	}
	printf("%s %u - %s: %lu faults over %u calls\n", faults.broken == broken_before ? "ok" : "not ok", ++scenes,
	       name, faults.runs - before, clean.total);
	(void)fflush(stdout);
}

static inline void faults_stuck(int signal)
{
	(void)signal;
	broken("it does not end");
	_exit(1);
}

/* Arguments: "PART/PARTS", of which all parts together are all; "memory": allocations fail, not files. */
static inline void faults_begin(int argc, char **argv)
{
	faults = (struct faults){.parts = 1, .all = getenv("CLASSD_LONG") != NULL, .only = getenv("CLASSD_FAULT")};
	for (int i = 1; i < argc; i++) {
		const char *slash = strchr(argv[i], '/');

		faults.of_memory = faults.of_memory || strcmp(argv[i], "memory") == 0;
		if (slash) {
			faults.part = (unsigned)atoi(argv[i]);
			faults.parts = (unsigned)atoi(slash + 1);
		}
	}
	(void)signal(SIGALRM, faults_stuck);
	err_set_report(faults_note);
	(void)dl_iterate_phdr(memory_note_spared, NULL);
	if (faults.parts == 0)
		faults.parts = 1;
}

static inline int faults_end(void)
{
	printf("# runs %lu broken %lu\n", faults.runs, faults.broken);
	return faults.broken > 0 || faults.runs == 0;
}

static inline void remove_beneath(int dir)
{
	DIR *list = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;

	assert_non_null(list);
	while ((entry = readdir(list))) {
		OWN_FD int below = -1;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    unlinkat(dir, entry->d_name, 0) == 0)
			continue;
		below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(below >= 0);
		remove_beneath(below);
		assert_int_equal(unlinkat(dir, entry->d_name, AT_REMOVEDIR), 0);
	}
	assert_int_equal(closedir(list), 0);
}

/* Where a directory for the runs is made: in memory, when there is room. */
static inline void faults_in_memory(void)
{
	struct statfs where;

	if (statfs("/dev/shm", &where) == 0 && (uint64_t)where.f_bavail * (uint64_t)where.f_bsize > 256 << 20)
		(void)setenv("TMPDIR", "/dev/shm", 1);
}

/* Open descriptors of this process among the first hundred. */
static inline unsigned faults_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 100; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

#endif
