/*
 * Every file operation of a seal, a new version, a rewrap and an unseal fails
 * once in every way, is cut short once, and is once the last before a kill.
 * Whatever happens: a complete copy is readable, no half-written name is seen,
 * and asking again brings the work to its end.
 */
#include "world.h"

#include <dirent.h>

enum kind { FAULT_EIO, FAULT_ENOSPC, FAULT_EINTR, FAULT_SHORT, FAULT_KILL, FAULT_KINDS };

struct faulty {
	struct files table;
	struct files real;
	enum kind kind;
	unsigned calls;
	unsigned at; /* 0: never */
};

/* 0: go on; else what the call answers. */
static int hit(struct faulty *x)
{
	static const int errors[] = {-EIO, -ENOSPC, -EINTR, 0, 0};

	if (++x->calls != x->at)
		return 0;
	if (x->kind == FAULT_KILL)
		_exit(9);
	return errors[x->kind];
}

static size_t cut(const struct faulty *x, size_t n)
{
	return x->calls == x->at && x->kind == FAULT_SHORT && n > 1 ? n / 2 : n;
}

#define FAULTY(type, op, parameters, arguments)                                                                        \
	static type faulty_##op parameters                                                                             \
	{                                                                                                              \
		struct faulty *x = container_of((struct files *)(uintptr_t)f, struct faulty, table);                   \
		int r = hit(x);                                                                                        \
                                                                                                                       \
		f = &x->real;                                                                                          \
		return r != 0 ? r : x->real.op arguments;                                                              \
	}
#define F const struct files *f
/* clang-format off */
FAULTY(int, open, (F, int dir, const char *path, const struct open_how *how), (f, dir, path, how))
FAULTY(ssize_t, read, (F, int fd, void *at, size_t n), (f, fd, at, cut(x, n)))
FAULTY(ssize_t, pread, (F, int fd, void *at, size_t n, uint64_t offset), (f, fd, at, cut(x, n), offset))
FAULTY(ssize_t, write, (F, int fd, const void *at, size_t n), (f, fd, at, cut(x, n)))
FAULTY(ssize_t, pwrite, (F, int fd, const void *at, size_t n, uint64_t offset), (f, fd, at, cut(x, n), offset))
FAULTY(ssize_t, copy, (F, int from, uint64_t a, int to, uint64_t b, size_t n), (f, from, a, to, b, cut(x, n)))
FAULTY(int, stat, (F, int fd, struct stat *ret), (f, fd, ret))
FAULTY(int, stat_at, (F, int dir, const char *name, struct stat *ret), (f, dir, name, ret))
FAULTY(int, reserve, (F, int fd, uint64_t n), (f, fd, n))
FAULTY(int, get_acl, (F, int fd, struct acl **ret), (f, fd, ret))
FAULTY(int, set_acl, (F, int fd, const struct acl *acl), (f, fd, acl))
FAULTY(int, lease, (F, int fd, int kind), (f, fd, kind))
FAULTY(int, advise, (F, int fd, uint64_t a, uint64_t n, int advice), (f, fd, a, n, advice))
FAULTY(int, start_writing, (F, int fd, uint64_t a, uint64_t n), (f, fd, a, n))
FAULTY(int, sync, (F, int fd), (f, fd))
FAULTY(int, sync_all, (F, int fd), (f, fd))
FAULTY(int, make_dir, (F, int dir, const char *name, mode_t mode), (f, dir, name, mode))
FAULTY(int, link_fd, (F, int fd, int dir, const char *name), (f, fd, dir, name))
FAULTY(int, link, (F, int a, const char *from, int dir, const char *name), (f, a, from, dir, name))
FAULTY(int, move, (F, int a, const char *from, int dir, const char *name, unsigned flags), (f, a, from, dir, name, flags))
FAULTY(int, unlink, (F, int dir, const char *name), (f, dir, name))
/* clang-format on */

static void faulty_init(struct faulty *x, const struct files *real, enum kind kind, unsigned at)
{
	*x = (struct faulty){.table = *real, .real = *real, .kind = kind, .at = at};
	x->table.open = faulty_open; /* close is never injected: a failing close has closed */
	x->table.read = faulty_read;
	x->table.pread = faulty_pread;
	x->table.write = faulty_write;
	x->table.pwrite = faulty_pwrite;
	x->table.copy = faulty_copy;
	x->table.stat = faulty_stat;
	x->table.stat_at = faulty_stat_at;
	x->table.reserve = faulty_reserve;
	x->table.get_acl = faulty_get_acl;
	x->table.set_acl = faulty_set_acl;
	x->table.lease = faulty_lease;
	x->table.advise = faulty_advise;
	x->table.start_writing = faulty_start_writing;
	x->table.sync = faulty_sync;
	x->table.sync_all = faulty_sync_all;
	x->table.make_dir = faulty_make_dir;
	x->table.link_fd = faulty_link_fd;
	x->table.link = faulty_link;
	x->table.move = faulty_move;
	x->table.unlink = faulty_unlink;
}

/* What one try works on, set up without faults. */
struct scene {
	const char *name;
	size_t length;
	void (*prepare)(struct world *w, struct scene *scene);
	void (*act)(struct world *w, struct scene *scene);
	uint8_t *content;
	struct asked asked;
	struct frame_rewrap rewrap;
	struct buffer record;
	uint8_t digest[32];
};

static void settle_all(struct world *w)
{
	w->settle_at_once = true;
	world_run(w);
}

static void prepare_seal(struct world *w, struct scene *scene)
{
	const struct wish wish = {.intent = 1, .path = "doc", .target = "doc.age", .keep = "1.1.age"};

	world_write(w, "doc", scene->content, scene->length);
	world_prepare_seal(w, &wish, &scene->asked);
}

static void act_seal(struct world *w, struct scene *scene)
{
	world_send(w, &frame_type_seal, &scene->asked.m, -1);
	settle_all(w);
}

/* An older version stands at the name. */
static void prepare_version(struct world *w, struct scene *scene)
{
	const struct wish first = {.intent = 1, .path = "doc", .target = "doc.age", .keep = "1.1.age"};
	struct wish second = {.intent = 2, .path = "doc", .target = "doc.age", .keep = "1.2.age", .version = 2};

	world_write(w, "doc", "old", 3);
	world_ask_seal(w, &first);
	settle_all(w);
	second.replace_ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	world_write(w, "doc", scene->content, scene->length);
	world_prepare_seal(w, &second, &scene->asked);
}

static void prepare_rewrap(struct world *w, struct scene *scene)
{
	prepare_seal(w, scene);
	act_seal(w, scene);
	world_record(2, "TOP", scene->asked.m.sha256, scene->length, &scene->record);
	scene->rewrap = (struct frame_rewrap){.intent = 3,
					      .grant = 4,
					      .root = 1,
					      .path = "doc.age",
					      .ino = world_answer(w, FRAME_TYPE_published, 1)->ino,
					      .keep = "1.1.age",
					      .level = "TOP",
					      .args = WORLD_RECORD " 2 TOP cn@2026.1",
					      .record = buffer_bytes(&scene->record)};
}

static void prepare_reencrypt(struct world *w, struct scene *scene)
{
	prepare_rewrap(w, scene);
	scene->rewrap.reencrypt = 1;
}

static void act_rewrap(struct world *w, struct scene *scene)
{
	world_send(w, &frame_type_rewrap, &scene->rewrap, -1);
	settle_all(w);
}

static void act_unseal(struct world *w, struct scene *scene)
{
	OWN_BUFFER struct buffer back = {0};

	/* All of it or nothing that could be taken for all of it. */
	if (world_unseal(w, 9, "doc.age", &back) == SEAL_DONE) {
		assert_int_equal(back.n, scene->length);
		assert_memory_equal(back.at, scene->content, scene->length);
	}
}

static bool is_plain(struct world *w, const char *name, const struct scene *scene)
{
	OWN_BUFFER struct buffer got = {0};
	OWN_FD int fd = openat(w->dir, name, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && files_read_rest(&files_linux, fd, SIZE_MAX / 2, &got) == 0 && got.n == scene->length &&
	       memcmp(got.at, scene->content, got.n) == 0;
}

static bool is_sealed(struct world *w, const char *name, const struct scene *scene)
{
	return world_age_opens(w, name, scene->content, scene->length);
}

/* Every name that a person sees is a whole file: the plaintext, or a sealed one that stock age opens. */
static void check_names(struct world *w, const struct scene *scene)
{
	DIR *dir = opendir(w->path);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "escrow.key") == 0)
			continue;
		if (strcmp(entry->d_name, "doc.age") == 0)
			assert_true(is_sealed(w, "doc.age", scene) || world_age_opens(w, "doc.age", "old", 3));
		else
			assert_true(is_plain(w, entry->d_name, scene));
	}
	assert_int_equal(closedir(dir), 0);
}

static bool taken_is_whole(struct world *w, const struct scene *scene)
{
	OWN_MEM char *name = text_format(".classd/%016llx.old", (unsigned long long)scene->asked.m.intent);

	return is_plain(w, name, scene);
}

static void check_copy(struct world *w, const struct scene *scene)
{
	/* What was taken but not yet unlinked counts only together with its published sealed form. */
	assert_true(is_plain(w, "doc", scene) || is_sealed(w, "doc.age", scene));
	if (taken_is_whole(w, scene))
		assert_true(is_sealed(w, "doc.age", scene));
}

/* In .classd nothing stays but keep. */
static void check_no_leftover(struct world *w, enum kind kind, unsigned at)
{
	OWN_MEM char *path = text_format("%s/.classd", w->path);
	DIR *dir = opendir(path);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "keep") != 0)
			fail_msg("fault %d at %u: left in .classd: %s", kind, at, entry->d_name);
	assert_int_equal(closedir(dir), 0);
}

/* One try; false when the fault lies beyond its last call. */
static bool try_once(struct scene *scene, enum kind kind, unsigned at)
{
	struct world *w;
	struct faulty x;
	bool hit_it;
	void *state;

	assert_int_equal(world_setup(&state), 0);
	w = state;
	scene->prepare(w, scene);
	assert_false(world_age_opens(w, "none", "", 0)); /* writes the escrow key for later */
	faulty_init(&x, &w->files, kind, at);
	world_restart(w);
	w->sealer.files = &x.table;
	if (kind == FAULT_KILL) {
		int status;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			scene->act(w, scene);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		hit_it = WEXITSTATUS(status) == 9;
		assert_true(hit_it || WEXITSTATUS(status) == 0);
	} else {
		scene->act(w, scene);
		hit_it = x.calls >= at;
	}
	check_names(w, scene);
	check_copy(w, scene);
	w->sealer.files = &w->files;
	world_restart(w); /* the registrar asks again, the same */
	scene->act(w, scene);
	if (!is_sealed(w, "doc.age", scene) || world_has(w, "doc"))
		for (size_t i = 0; i < w->n_answers; i++)
			print_error("fault %d at %u: type %u outcome %u %s\n", kind, at, w->answers[i].type,
				    w->answers[i].outcome, w->answers[i].detail);
	assert_true(is_sealed(w, "doc.age", scene));
	assert_false(world_has(w, "doc"));
	check_no_leftover(w, kind, at);
	asked_done(&scene->asked);
	buffer_done(&scene->record);
	assert_int_equal(world_teardown(&state), 0);
	return hit_it;
}

/* Every nth call only, unless CLASSD_FAULT_STEP says otherwise (tests/fault: all of them). */
static unsigned step_of(unsigned usual)
{
	const char *text = getenv("CLASSD_FAULT_STEP");
	uint64_t step;

	return text && text_to_u64(text, 1000, &step) && step > 0 ? (unsigned)step : usual;
}

static void try_all(struct scene *scene)
{
	unsigned step = step_of(23), tried = 0;

	scene->content = world_content(scene->length);
	for (enum kind kind = 0; kind < FAULT_KINDS; kind++)
		for (unsigned at = 1 + kind * 5 % step; try_once(scene, kind, at); at += step)
			tried++;
	assert_in_range(tried, 2, 10000);
	free(scene->content);
}

static void test_seal(void **state)
{
	struct scene scene = {.length = 70000, .prepare = prepare_seal, .act = act_seal};

	(void)state;
	try_all(&scene);
}

static void test_seal_of_a_large_file(void **state)
{
	struct scene scene = {.length = (4 << 20) + 3, .prepare = prepare_seal, .act = act_seal};

	(void)state;
	try_all(&scene);
}

static void test_new_version(void **state)
{
	struct scene scene = {.length = 100, .prepare = prepare_version, .act = act_seal};

	(void)state;
	try_all(&scene);
}

static void test_rewrap(void **state)
{
	struct scene scene = {.length = 70000, .prepare = prepare_rewrap, .act = act_rewrap};

	(void)state;
	try_all(&scene);
}

static void test_reencrypt(void **state)
{
	struct scene scene = {.length = 100, .prepare = prepare_reencrypt, .act = act_rewrap};

	(void)state;
	try_all(&scene);
}

static void test_unseal(void **state)
{
	struct scene scene = {.length = 200000, .prepare = prepare_rewrap, .act = act_unseal};

	(void)state;
	try_all(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seal),	cmocka_unit_test(test_seal_of_a_large_file),
	    cmocka_unit_test(test_new_version), cmocka_unit_test(test_rewrap),
	    cmocka_unit_test(test_reencrypt),	cmocka_unit_test(test_unseal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
