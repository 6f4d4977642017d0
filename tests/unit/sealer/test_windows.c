/*
 * Another program in every window of the step list: before each file operation of a seal, one after the other,
 * somebody saves by rename, saves in place, saves again and again, deletes, links, renames, or takes the sealed name.
 * No version is lost that its own writer has not replaced: it lies under its name or a conflict name, or is sealed; and
 * all of them end sealed.
 */
#include "world.h"

#include <dirent.h>
#include <time.h>

#define SAVES	 12
#define VERSIONS (SAVES + 2)
#define TEXT	 "version %u of the document\n"

struct window {
	struct files table, real; /* table is first: container_of */
	struct world *w;
	unsigned calls, at;
	unsigned saves; /* in a row from there on */
	void (*act)(struct window *x);
	bool is_acting;
	unsigned newest;	 /* version that the writer saved last */
	bool replaced[VERSIONS]; /* by their own writer */
	bool is_gone;		 /* he has deleted it */
	int late;		 /* he has found the name and not opened it yet */
};

#define LATE_BY 5 /* operations between his finding the name and his opening the file */

static void look(const struct files *f)
{
	struct window *x = container_of((struct files *)(uintptr_t)f, struct window, table);

	x->calls++;
	if (x->is_acting || !x->act || x->calls < x->at || x->calls >= x->at + x->saves)
		return;
	x->is_acting = true;
	x->act(x);
	x->is_acting = false;
}

#define LOOKED(type, op, parameters, arguments)                                                                        \
	static type looked_##op parameters                                                                             \
	{                                                                                                              \
		look(f);                                                                                               \
		f = &container_of((struct files *)(uintptr_t)f, struct window, table)->real;                           \
		return f->op arguments;                                                                                \
	}
#define F const struct files *f
/* clang-format off */
LOOKED(int, open, (F, int dir, const char *path, const struct open_how *how), (f, dir, path, how))
LOOKED(ssize_t, pread, (F, int fd, void *at, size_t n, uint64_t offset), (f, fd, at, n, offset))
LOOKED(ssize_t, pwrite, (F, int fd, const void *at, size_t n, uint64_t offset), (f, fd, at, n, offset))
LOOKED(int, stat, (F, int fd, struct stat *ret), (f, fd, ret))
LOOKED(int, stat_at, (F, int dir, const char *name, struct stat *ret), (f, dir, name, ret))
LOOKED(int, get_acl, (F, int fd, struct acl **ret), (f, fd, ret))
LOOKED(int, lease, (F, int fd, int kind), (f, fd, kind))
LOOKED(int, link_fd, (F, int fd, int dir, const char *name), (f, fd, dir, name))
LOOKED(int, move, (F, int a, const char *from, int dir, const char *name, unsigned flags), (f, a, from, dir, name, flags))
LOOKED(int, unlink, (F, int dir, const char *name), (f, dir, name))
/* clang-format on */

/* Nobody cuts the power here, so nobody waits for the disk. */
static int looked_sync(const struct files *f, int fd)
{
	(void)fd;
	look(f);
	return 0;
}

static void equip(struct window *x, struct world *w)
{
	x->w = w;
	x->real = x->table = w->files;
	x->table.open = looked_open;
	x->table.pread = looked_pread;
	x->table.pwrite = looked_pwrite;
	x->table.stat = looked_stat;
	x->table.stat_at = looked_stat_at;
	x->table.get_acl = looked_get_acl;
	x->table.lease = looked_lease;
	x->table.sync = looked_sync;
	x->table.sync_all = looked_sync;
	x->table.link_fd = looked_link_fd;
	x->table.move = looked_move;
	x->table.unlink = looked_unlink;
	w->sealer.files = &x->table;
}

/* ---- what the others do ---- */

static void write_version(struct world *w, const char *name, unsigned version)
{
	char text[64];

	world_write(w, name, text, (size_t)snprintf(text, sizeof(text), TEXT, version));
}

static bool is_version(const void *at, size_t n, unsigned *ret)
{
	char text[64] = "";

	memcpy(text, at, n < sizeof(text) ? n : sizeof(text) - 1);
	return sscanf(text, TEXT, ret) == 1 && *ret < VERSIONS;
}

/* Which version has that name; false: none. */
static bool version_at(struct world *w, const char *name, unsigned *ret)
{
	OWN_FD int fd = openat(w->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[64];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;

	return n > 0 && is_version(text, (size_t)n, ret);
}

static void act_save(struct window *x)
{
	unsigned old;

	write_version(x->w, ".new.swp", ++x->newest);
	if (version_at(x->w, "doc", &old))
		x->replaced[old] = true;
	assert_int_equal(renameat(x->w->dir, ".new.swp", x->w->dir, "doc"), 0);
}

/* As programs save that write into the same file: refused while we hold the lease, and then they try again later. */
static void act_overwrite(struct window *x)
{
	OWN_FD int fd = openat(x->w->dir, "doc", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	char text[64];
	unsigned old;
	int n;

	if (fd < 0 || !version_at(x->w, "doc", &old))
		return;
	x->replaced[old] = true;
	n = snprintf(text, sizeof(text), TEXT, ++x->newest);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, text, (size_t)n, 0), n);
}

static bool write_late(struct window *x, int flags)
{
	char path[64], text[64];
	OWN_FD int fd = -1;
	int n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", x->late);
	fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return false;
	x->replaced[x->newest] = true;
	n = snprintf(text, sizeof(text), TEXT, ++x->newest);
	assert_int_equal(pwrite(fd, text, (size_t)n, 0), n);
	close_fd(&x->late);
	return true;
}

/* He has found the name when it is taken, opens the file a little later, and waits there for the lease. */
static void act_open_late(struct window *x)
{
	if (x->calls == x->at)
		x->late = openat(x->w->dir, "doc", O_PATH | O_CLOEXEC);
	if (x->calls < x->at + LATE_BY || x->late < 0)
		return;
	if (!write_late(x, O_NONBLOCK))
		assert_int_equal(errno, EWOULDBLOCK);
}

static void act_delete(struct window *x)
{
	unsigned old;

	if (!version_at(x->w, "doc", &old))
		return;
	x->replaced[old] = x->is_gone = true;
	assert_int_equal(unlinkat(x->w->dir, "doc", 0), 0);
}

static void act_link(struct window *x)
{
	if (linkat(x->w->dir, "doc", x->w->dir, "alias", 0) != 0)
		assert_int_equal(errno, ENOENT); /* it is taken already */
}

static void act_rename(struct window *x)
{
	if (renameat(x->w->dir, "doc", x->w->dir, "renamed") != 0)
		assert_int_equal(errno, ENOENT);
}

static void act_take_name(struct window *x)
{
	OWN_FD int fd = openat(x->w->dir, "doc.age", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd >= 0)
		assert_int_equal(write(fd, "somebody's", 10), 10);
}

/* ---- the registrar's part: whatever lies in clear is asked for, each under a number of its own ---- */

struct names {
	char at[32][256];
	size_t n;
};

static void list_names(struct world *w, struct names *ret)
{
	DIR *dir = fdopendir(openat(w->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *e;

	ret->n = 0;
	assert_non_null(dir);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.' && ret->n < array_n(ret->at))
			(void)snprintf(ret->at[ret->n++], sizeof(ret->at[0]), "%.255s", e->d_name);
	(void)closedir(dir);
}

static bool is_settled(const struct world *w, uint64_t intent)
{
	const struct answer *a = world_answer(w, FRAME_TYPE_disposed, intent);

	return a && a->outcome == SEAL_DONE;
}

static void seal_what_is_left(struct world *w)
{
	for (uint64_t round = 0; round < 20; round++) {
		bool is_clear = false;
		struct names names;

		list_names(w, &names);
		for (size_t i = 0; i < names.n; i++) {
			const uint64_t intent = 100 + round * 100 + i;
			OWN_MEM char *target = text_format("%s.%llu.age", names.at[i], (unsigned long long)intent);
			OWN_MEM char *keep = text_format("%llu.1.age", (unsigned long long)intent);
			unsigned version;

			if (!version_at(w, names.at[i], &version))
				continue;
			is_clear = true;
			world_ask_seal(
			    w, &(struct wish){.intent = intent, .path = names.at[i], .target = target, .keep = keep});
			world_run(w);
			assert_true(is_settled(w, intent));
		}
		if (!is_clear)
			return;
	}
	fail_msg("something stays in clear");
}

static void note_found(struct world *w, const char *name, bool found[VERSIONS])
{
	OWN_BUFFER struct buffer content = {0};
	unsigned version;

	if (!text_ends(name, ".age") || world_unseal(w, 90000 + w->n_answers, name, &content) != SEAL_DONE)
		return;
	assert_true(is_version(content.at, content.n, &version));
	found[version] = true;
}

static void check(struct window *x, const char *what)
{
	struct world *w = x->w;
	bool found[VERSIONS] = {false};
	struct names names;

	x->act = NULL;
	if (x->late >= 0)
		assert_true(write_late(x, 0));
	w->settle_at_once = true;
	seal_what_is_left(w);
	list_names(w, &names);
	for (size_t i = 0; i < names.n; i++)
		note_found(w, names.at[i], found);
	for (unsigned v = 1; v <= x->newest; v++)
		if (!found[v] && !x->replaced[v])
			fail_msg("%s before operation %u: version %u of %u is lost", what, x->at, v, x->newest);
	if (!found[x->newest] && !x->is_gone)
		fail_msg("%s before operation %u: the newest save is lost", what, x->at);
	assert_false(world_has(w, ".classd/0000000000000001.old"));
	assert_false(world_has(w, ".classd/0000000000000001.name"));
}

/* One seal of version 1 with something done before its n-th operation. false: it has not so many. */
static bool run(void (*act)(struct window *x), unsigned at, unsigned saves, const char *what)
{
	const struct wish wish = {.intent = 1, .path = "doc", .target = "doc.age", .keep = "2026-000001.1.age"};
	struct window x = {.act = act, .at = at, .saves = saves, .newest = 1, .late = -1};
	void *state;
	struct world *w;
	bool was_reached;

	assert_int_equal(world_setup(&state), 0);
	w = state;
	write_version(w, "doc", 1);
	w->settle_at_once = true;
	equip(&x, w);
	world_ask_seal(w, &wish);
	world_run(w);
	was_reached = x.calls >= at;
	check(&x, what);
	w->sealer.files = &w->files;
	assert_int_equal(world_teardown(&state), 0);
	return was_reached;
}

static unsigned runs;

static void run_all(void (*act)(struct window *x), unsigned saves, const char *what)
{
	unsigned at = 1;

	while (run(act, at, saves, what))
		at++;
	assert_true(at > 30); /* a seal has no fewer operations */
	runs += at - 1;
}

static void test_a_save_by_rename(void **state)
{
	(void)state;
	run_all(act_save, 1, "a save by rename");
}

static void test_a_second_and_third_save(void **state)
{
	(void)state;
	run_all(act_save, 2, "two saves in a row");
	run_all(act_save, 3, "three saves in a row");
	run_all(act_save, SAVES, "many saves in a row");
}

static void test_a_save_in_place(void **state)
{
	(void)state;
	run_all(act_overwrite, 1, "a save in place");
	run_all(act_overwrite, 3, "saves in place");
}

static void test_the_name_was_found_before(void **state)
{
	(void)state;
	run_all(act_open_late, LATE_BY + 1, "opening it late");
}

static void test_it_is_deleted(void **state)
{
	(void)state;
	run_all(act_delete, 1, "deleting it");
}

static void test_it_gets_another_name(void **state)
{
	(void)state;
	run_all(act_link, 1, "a hard link");
	run_all(act_rename, 1, "renaming it");
}

static void test_the_sealed_name_is_taken(void **state)
{
	(void)state;
	run_all(act_take_name, 1, "somebody's file at the sealed name");
	printf("# windows: %u runs, versions lost 0\n", runs);
	assert_true(runs > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_save_by_rename),	     cmocka_unit_test(test_a_second_and_third_save),
	    cmocka_unit_test(test_a_save_in_place),	     cmocka_unit_test(test_it_is_deleted),
	    cmocka_unit_test(test_it_gets_another_name),     cmocka_unit_test(test_the_name_was_found_before),
	    cmocka_unit_test(test_the_sealed_name_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
