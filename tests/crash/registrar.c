/*
 * Journal and store before every power cut: what was acknowledged is a prefix of what comes back, the agent goes on,
 * and the store is what the journal says, also when it has to be made anew.
 */
#include "registrar/core_fixture.h"

#include "report.h"
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>

#define SAID 4096

struct crash {
	struct model model;
	char scratch[100], live[120];
	const struct scene *scene;
	struct fixture f;
	struct journal *j;
	int dir;
	struct buffer lines; /* the journal as it was in the end */
	struct {
		size_t op;
		uint64_t bytes;
	} said[SAID]; /* so much of it was acknowledged after that operation */
	size_t n_said;
	struct report report;
	struct files plain; /* for those who start again: no space is taken in advance, which costs time */
};

struct scene {
	const char *name;
	size_t most;
	void (*prepare)(struct crash *c);
	void (*act)(struct crash *c);
	void (*check)(const struct crash_state *s, void *arg);
	const char *const *spare;
};

static void acknowledge(struct crash *c, const struct journal *j)
{
	assert_true(c->n_said < SAID);
	c->said[c->n_said].op = c->model.n_ops;
	c->said[c->n_said++].bytes = journal_bytes(j);
}

static uint64_t said_after(const struct crash *c, size_t op)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < c->n_said && c->said[i].op <= op; i++)
		bytes = c->said[i].bytes;
	return bytes;
}

static uint64_t knowledge(void *arg, size_t op)
{
	return said_after(arg, op);
}

static void read_lines(const struct crash *c, int dir, struct buffer *ret)
{
	OWN_FD int fd = openat(dir, "journal/entries", O_RDONLY | O_CLOEXEC);

	(void)c;
	if (fd >= 0)
		assert_int_equal(files_read_rest(&files_linux, fd, SIZE_MAX / 2, ret), 0);
}

static int reserve_nothing(const struct files *f, int fd, uint64_t n)
{
	(void)f;
	(void)fd;
	(void)n;
	return -EOPNOTSUPP;
}

/* ---- the journal alone ---- */

static const struct journal_stamp stamp = {.boot = "b", .mono_ms = 5, .time = "2026-05-04T00:00:00Z"};

static int append(struct journal *j, size_t length)
{
	struct json *entry = json_object(), *kept = NULL;
	OWN_MEM char *text = calloc(length + 1, 1);
	int r;

	assert_non_null(text);
	memset(text, 'a' + (int)(length % 26), length);
	json_set_text(entry, "op", "note");
	json_set_text(entry, "what", text);
	r = journal_append(j, entry, &stamp, &kept);
	json_free(kept);
	return r;
}

static void open_journal(struct crash *c)
{
	assert_int_equal(journal_open(&c->model.table, c->dir, &c->j), 0);
}

/* So many entries of that length each, durable in one go. */
static void batch(struct crash *c, size_t n, size_t length)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(append(c->j, length + i % 7), 0);
	assert_int_equal(journal_sync(c->j), 0);
	acknowledge(c, c->j);
}

static void prepare_nothing(struct crash *c)
{
	(void)c;
}

static void prepare_entries(struct crash *c)
{
	struct journal *j;

	assert_int_equal(journal_open(&files_linux, c->dir, &j), 0);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(append(j, 200), 0);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
}

/* As a power cut may have left it. */
static void prepare_torn(struct crash *c)
{
	OWN_FD int fd = -1;

	prepare_entries(c);
	fd = openat(c->dir, "journal/entries", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "{\"actor\":\"-\",\"op\":\"pers", 23), 23);
}

static void act_batches(struct crash *c)
{
	open_journal(c);
	acknowledge(c, c->j);
	batch(c, 1, 40);
	batch(c, 1, 400);
	batch(c, 3, 150);
	batch(c, 12, 300);
	batch(c, 1, 1);
	batch(c, 2, 15000);
}

/* One process was killed when it had made the names, the next one when it had written the first entry. */
static void act_killed(struct crash *c)
{
	struct open_how how = {.flags = O_RDWR | O_CREAT, .mode = 0600};
	const struct files *f = &c->model.table;
	OWN_FD int folder = -1;
	OWN_FD int entries = -1;

	assert_int_equal(f->make_dir(f, c->dir, "journal", 0700), 0);
	folder = openat(c->dir, "journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	entries = f->open(f, folder, "entries", &how);
	assert_true(entries >= 0);
	open_journal(c);
	assert_int_equal(append(c->j, 300), 0);
	c->model.kill_after = c->model.n_ops + 1; /* between write and sync */
	assert_int_equal(journal_sync(c->j), JOURNAL_FULL);
	journal_close(steal(&c->j));
	c->model.kill_after = MODEL_NEVER;
	open_journal(c);
	acknowledge(c, c->j); /* whoever reads it now takes it for true */
	journal_close(steal(&c->j));
	act_batches(c);
}

static void act_many(struct crash *c)
{
	open_journal(c);
	batch(c, 25, 250);
	batch(c, 1, 250);
	batch(c, 40, 400);
	batch(c, 1, 900);
	batch(c, 30, 300);
}

static void check_prefix(struct crash *c, int dir)
{
	OWN_BUFFER struct buffer lines = {0};
	uint64_t said = said_after(c, c->report.state->op);

	read_lines(c, dir, &lines);
	if (lines.n < said || memcmp(lines.at, c->lines.at, (size_t)said) != 0)
		breach(&c->report, BROKEN_I6, "an acknowledged entry is gone");
}

static void check_journal(const struct crash_state *s, void *arg)
{
	struct crash *c = arg;
	struct journal_verdict verdict;
	struct journal *j = NULL;
	uint64_t n;

	c->report.state = s;
	check_prefix(c, s->dir);
	if (journal_open(&c->plain, s->dir, &j) != 0 || append(j, 100) != 0 || journal_sync(j) != 0) {
		breach(&c->report, BROKEN_WORK, "the journal takes nothing more");
		journal_close(j);
		return;
	}
	n = journal_durable(j);
	journal_close(steal(&j));
	if (journal_open(&c->plain, s->dir, &j) != 0 || journal_verify(j, &verdict) != 0 || verdict.entries != n)
		breach(&c->report, BROKEN_WORK, "the journal is damaged");
	journal_close(j);
	check_prefix(c, s->dir);
}

/* ---- journal and store ---- */

static void set_fixture(struct crash *c, struct fixture *f, const char *dir)
{
	(void)snprintf(f->dir, sizeof(f->dir), "%.63s", dir);
	(void)snprintf(f->clock, sizeof(f->clock), "file:%.80s/clock", c->scratch);
	f->settings[0] = (struct role_setting){(char *)(uintptr_t) "clock", f->clock};
	f->settings[1] =
	    (struct role_setting){(char *)(uintptr_t) "security_administrator", (char *)(uintptr_t) "2001:sun"};
	f->settings[2] =
	    (struct role_setting){(char *)(uintptr_t) "security_administrator", (char *)(uintptr_t) "2002:moon"};
}

static void set_clock(const struct crash *c)
{
	char path[120];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%.90s/clock", c->scratch);
	file = fopen(path, "w");
	assert_true(file && fputs("2026-05-04", file) >= 0 && fclose(file) == 0);
}

static void settle(struct crash *c)
{
	assert_int_equal(registrar_settle(&c->f.r), 0);
	acknowledge(c, c->f.r.journal);
}

static void put_records(struct crash *c, unsigned first, unsigned n)
{
	for (unsigned i = first; i < first + n; i++) {
		char number[20];
		struct record record;

		(void)snprintf(number, sizeof(number), "2026-%06u", i);
		record = fixture_record(number, 1);
		fixture_put(&c->f, &record, ACT_NEW, "a note");
	}
	settle(c);
}

static void begin(struct crash *c)
{
	fixture_open(&c->f, &c->model.table);
	acknowledge(c, c->f.r.journal);
}

static void prepare_core(struct crash *c)
{
	set_fixture(c, &c->f, c->live);
	fixture_open(&c->f, NULL);
	put_records(c, 1, 4);
	fixture_close(&c->f);
	c->n_said = 0;
}

static void prepare_fresh_core(struct crash *c)
{
	set_fixture(c, &c->f, c->live);
}

static void act_first(struct crash *c)
{
	begin(c);
	put_records(c, 1, 1);
	fixture_close(&c->f);
}

static void act_changes(struct crash *c)
{
	begin(c);
	put_records(c, 10, 1);
	put_records(c, 11, 1);
	put_records(c, 12, 6);
	fixture_close(&c->f);
}

/* The journal stays, and the store is one of an earlier version. */
static void make_older_store(struct crash *c, size_t version)
{
	char path[160];

	prepare_core(c);
	fixture_path(&c->f, "store.db", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(store_make_version(path, version), 0);
}

static void prepare_version_1(struct crash *c)
{
	make_older_store(c, 1);
}

static void prepare_version_5(struct crash *c)
{
	make_older_store(c, 5);
}

static void prepare_lost_store(struct crash *c)
{
	char path[160];

	prepare_core(c);
	fixture_path(&c->f, "store.db", path);
	assert_int_equal(unlink(path), 0);
}

static void act_open(struct crash *c)
{
	begin(c);
	fixture_close(&c->f);
}

static int open_core(struct crash *c, struct fixture *f, const char *dir)
{
	*f = (struct fixture){0};
	set_fixture(c, f, dir);
	f->r.role.control.fd = -1;
	f->r.role.trial = true;
	f->r.role.state_dir = f->dir;
	f->r.role.settings = f->settings;
	f->r.role.n_settings = 3;
	for (size_t i = 0; i < array_n(f->r.role.resources); i++)
		f->r.role.resources[i] = -1;
	return registrar_core_open(&f->r, &c->plain);
}

static bool has_dump(struct crash *c, const char *dir, struct buffer *ret)
{
	struct fixture f;
	bool is_open = open_core(c, &f, dir) == 0 && !f.r.read_only;

	if (is_open)
		is_open = store_dump(f.r.store, ret) == 0;
	fixture_close(&f);
	return is_open;
}

/* The store as it came back is the one that the journal makes. */
static void check_store(struct crash *c, const struct crash_state *s)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	OWN_BUFFER struct buffer before = {0};
	OWN_BUFFER struct buffer after = {0};

	if (!has_dump(c, s->path, &before)) {
		breach(&c->report, BROKEN_WORK, "it does not start, or only reads");
		return;
	}
	if (s->hash % 4 != 0)
		return;
	for (size_t i = 0; i < array_n(ends); i++) {
		OWN_MEM char *name = text_format("store.db%s", ends[i]);

		(void)unlinkat(s->dir, name, 0);
	}
	if (!has_dump(c, s->path, &after) || !bytes_equal(buffer_bytes(&before), buffer_bytes(&after)))
		breach(&c->report, BROKEN_I6, "the store is not what the journal says");
}

static void check_core(const struct crash_state *s, void *arg)
{
	struct crash *c = arg;
	struct journal_verdict verdict;
	struct fixture f;

	c->report.state = s;
	check_prefix(c, s->dir);
	check_store(c, s);
	if (open_core(c, &f, s->path) != 0 || f.r.read_only || registrar_core_begin(&f.r) != 0 ||
	    registrar_settle(&f.r) != 0 || f.r.read_only || journal_verify(f.r.journal, &verdict) != 0)
		breach(&c->report, BROKEN_WORK, "it does not go on");
	fixture_close(&f);
	check_prefix(c, s->dir);
}

/* ---- scenes ---- */

/* At opening: needed at the first start, and after a kill; not where both names have been durable for long. */
static const char *const spare_names[] = {"fsync of journal after nothing", "fsync of the folder after nothing",
					  "fdatasync of entries after nothing", "fdatasync of entries after length",
					  NULL};
/* Nothing is written yet. */
static const char *const spare_first[] = {"fdatasync of entries after create", NULL};
/* It is opened three times, and each time syncs all of it. */
static const char *const spare_killed[] = {"fsync of journal after", "fsync of the folder after",
					   "fdatasync of entries after create",
					   "fdatasync of entries after write of 453 at 0", NULL};

static const struct scene scenes[] = {
    {"journal-killed", 1000, prepare_nothing, act_killed, check_journal, spare_killed},
    {"journal-first", 1000, prepare_nothing, act_batches, check_journal, spare_first},
    {"journal-batches", 1000, prepare_entries, act_batches, check_journal, spare_names},
    {"journal-many", 18000, prepare_entries, act_many, check_journal, spare_names},
    {"journal-torn", 1000, prepare_torn, act_batches, check_journal, spare_names},
    {"core-first", 300, prepare_fresh_core, act_first, check_core, NULL},
    {"core-changes", 300, prepare_core, act_changes, check_core, NULL},
    {"migrate-1", 300, prepare_version_1, act_open, check_core, NULL},
    {"migrate-5", 350, prepare_version_5, act_open, check_core, NULL},
    {"store-lost", 300, prepare_lost_store, act_open, check_core, NULL},
};

static void run_scene(const struct scene *scene, bool drops)
{
	struct crash *c = calloc(1, sizeof(*c));
	struct exploring e;
	bool is_ok;
	size_t needed = 0;

	assert_non_null(c);
	report_scratch(c->scratch);
	(void)snprintf(c->live, sizeof(c->live), "%.90s/live", c->scratch);
	c->scene = scene;
	assert_int_equal(sodium_start(), 0);
	set_clock(c);
	c->plain = files_linux;
	c->plain.reserve_beyond = reserve_nothing;
	assert_int_equal(mkdir(c->live, 0700), 0);
	c->dir = open(c->live, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scene->prepare(c);
	model_start(&c->model, &files_linux, c->dir);
	vfs_watch(&c->model, c->live);
	scene->act(c);
	vfs_watch(NULL, NULL);
	journal_close(c->j);
	read_lines(c, c->dir, &c->lines);
	e = (struct exploring){.most = drops ? DROPPED : report_most(scene->most),
			       .seed = report_seed(),
			       .scratch = c->scratch,
			       .knowledge = knowledge,
			       .check = scene->check,
			       .arg = c};
	if (drops) {
		struct dropping d = {&c->model, &e, &c->report, scene->spare};

		is_ok = report_drop_each(&d, scene->name, &needed);
		printf("%s - registrar %s: each of %zu syncs is needed, or known to be spare\n",
		       is_ok ? "ok" : "not ok", scene->name, c->model.n_syncs);
	} else {
		states_explore(&c->model, &e);
		is_ok = report_sum(&c->report) == 0 && e.distinct > 0;
		report_line(scene->name, &c->model, e.distinct, &c->report);
		printf("%s - registrar %s\n", is_ok ? "ok" : "not ok", scene->name);
	}
	remove_tree(AT_FDCWD, c->scratch);
	(void)fflush(stdout);
	_exit(is_ok ? 0 : 1);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < array_n(scenes); i++) {
		if (argc < 2)
			printf("%s\n", scenes[i].name);
		else if (strcmp(argv[1], scenes[i].name) == 0)
			run_scene(&scenes[i], argc > 2 && strcmp(argv[2], "drop") == 0);
	}
	return argc < 2 ? 0 : 2;
}
