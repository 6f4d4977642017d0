/*
 * The key directory before every power cut: every key that was acknowledged opens, what was destroyed is gone, the
 * escrow of the store is one whose identity somebody has, and the mark is never one that nobody wrote.
 */
#include "keeper/room.h"

#include "keeper/backup.h"
#include "keeper/epochs.h"
#include "keeper/escrow.h"
#include "keeper/key_file.h"

#include "report.h"

#include <dirent.h>

#define ACTS 32

struct crash;

/* What holds from an operation on. */
struct said {
	size_t op;
	void (*holds)(struct crash *c, const struct said *said, const struct keeper *k, const struct crash_state *s);
	const char *level, *epoch;
	struct recipient recipient;
	char key_id[9];
	uint64_t entries;
	size_t until; /* a later act begins to take it back after this operation; 0: none does */
};

struct scene {
	const char *name;
	size_t most;
	void (*prepare)(struct crash *c);
	void (*act)(struct crash *c);
	const char *const *spare;
	bool kills;
};

struct crash {
	struct model model;
	char scratch[100], live[120];
	const struct scene *scene;
	struct keeper keeper;
	int dir, machine, escrow;
	struct recipient older, newer; /* escrows */
	struct secret *newer_identity;
	struct said said[ACTS];
	size_t n_said;
	struct report report;
	bool is_again; /* after a kill: what was done before is done */
};

/* ---- what was said ---- */

static struct said *say(struct crash *c, struct said said)
{
	said.op =
	    c->model.nodes && model_is_killed(&c->model) ? MODEL_NEVER : c->model.n_ops; /* the dead say nothing */
	assert_true(c->n_said < ACTS);
	c->said[c->n_said] = said;
	return &c->said[c->n_said++];
}

static const struct keeper_key *find_key(const struct keeper *k, const struct said *said)
{
	for (size_t i = 0; i < k->n_keys; i++)
		if (text_equal(k->keys[i].level, said->level) && text_equal(k->keys[i].epoch, said->epoch))
			return &k->keys[i];
	return NULL;
}

static void key_holds(struct crash *c, const struct said *said, const struct keeper *k, const struct crash_state *s)
{
	const struct keeper_key *key = find_key(k, said);

	(void)s;
	if (!key || !key->identity || memcmp(&key->recipient, &said->recipient, sizeof(said->recipient)) != 0)
		breach(&c->report, BROKEN_ACK, "a key that was made is not there");
}

/* While it is being destroyed: a key is there, or is known to be gone. */
static void key_or_gone_holds(struct crash *c, const struct said *said, const struct keeper *k,
			      const struct crash_state *s)
{
	if (!epochs_is_gone(k, said->level, said->epoch))
		key_holds(c, said, k, s);
}

static void gone_holds(struct crash *c, const struct said *said, const struct keeper *k, const struct crash_state *s)
{
	(void)s;
	if (find_key(k, said) || !epochs_is_gone(k, said->level, said->epoch) || !epochs_has_destroyed(k, said->key_id))
		breach(&c->report, BROKEN_ACK, "a key that was destroyed is there");
}

static void retired_holds(struct crash *c, const struct said *said, const struct keeper *k, const struct crash_state *s)
{
	const struct keeper_key *key = find_key(k, said);

	(void)s;
	if (!key || !key->is_retired)
		breach(&c->report, BROKEN_ACK, "a key that was retired is not");
}

static void open_holds(struct crash *c, const struct said *said, const struct keeper *k, const struct crash_state *s)
{
	const struct keeper_key *key = find_key(k, said);

	(void)s;
	if (!key || key->is_retired)
		breach(&c->report, BROKEN_ACK, "a key that was opened again is not");
}

/* The public half of the escrow before is kept, under its own name. */
static void earlier_holds(struct crash *c, const struct said *said, const struct keeper *k, const struct crash_state *s)
{
	OWN_BUFFER struct buffer line = {0};
	OWN_MEM char *name = NULL;
	char id[9], text[RECIPIENT_TEXT];

	(void)said;
	(void)s;
	identity_key_id(&c->older, id);
	recipient_to_text(&c->older, text);
	name = text_format("escrow.pub.%s", id);
	if (store_read_file(&files_linux, k->store, name, &line) != 0 || line.n < strlen(text) ||
	    memcmp(line.at, text, strlen(text)) != 0)
		breach(&c->report, BROKEN_ACK, "the escrow before is not known any more");
}

static void escrow_holds(struct crash *c, const struct said *said, const struct keeper *k, const struct crash_state *s)
{
	(void)s;
	if (memcmp(k->wrap_to[1].point, said->recipient.point, sizeof(said->recipient.point)) != 0)
		breach(&c->report, BROKEN_ACK, "the escrow that was confirmed is not the store's");
}

static void mark_holds(struct crash *c, const struct said *said, const struct keeper *k, const struct crash_state *s)
{
	struct mark m;

	(void)s;
	if (mark_read(k, &m) != 0 || m.state != MARK_THERE || m.entries < said->entries)
		breach(&c->report, BROKEN_I6, "the mark has gone back");
}

static uint64_t knowledge(void *arg, size_t op)
{
	const struct crash *c = arg;
	uint64_t n = 0;

	for (size_t i = 0; i < c->n_said; i++)
		n += c->said[i].op <= op;
	return n;
}

/* ---- checks ---- */

static void check_no_leftover(struct crash *c, int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fdopendir(fd);
	const struct dirent *entry;

	assert_non_null(list);
	while ((entry = readdir(list)))
		if (text_ends(entry->d_name, ".new"))
			breach(&c->report, BROKEN_NAME, entry->d_name);
	(void)closedir(list);
}

/* Destroyed is destroyed on the disk, not only at the next start. */
static void check_destroyed(struct crash *c, const struct crash_state *s)
{
	for (size_t i = 0; i < c->n_said && c->said[i].op <= s->op; i++) {
		OWN_MEM char *name = text_format("%s.%s.age", c->said[i].level, c->said[i].epoch);
		struct stat st;

		if (c->said[i].holds == gone_holds && fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			breach(&c->report, BROKEN_ACK, "the file of a key that was destroyed is there");
	}
}

/* The identity is in the file that leaves the machine before the store names its public half. */
static void check_escrow(struct crash *c, int dir)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_FD int fd = openat(dir, "other/escrow.key", O_RDONLY | O_CLOEXEC);
	struct recipient there, newer = c->newer;
	char public[RECIPIENT_TEXT];
	OWN_FD int store = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (store_read_escrow(&files_linux, store, &there) != 0 ||
	    memcmp(there.point, newer.point, sizeof(newer.point)) == 0)
		return;
	recipient_to_text(&there, public);
	assert_int_equal(files_read_rest(&files_linux, fd, 4096, &text), 0);
	buffer_u8(&text, 0);
	if (!strstr((const char *)text.at, public) || !strstr((const char *)text.at, "AGE-SECRET-KEY-1"))
		breach(&c->report, BROKEN_I2, "the store names an escrow whose identity nobody has");
}

static void check_keys(struct crash *c, const struct keeper *k)
{
	if (k->n_unreadable > 0)
		breach(&c->report, BROKEN_I2, "a key file does not open");
	for (size_t i = 0; i < k->n_keys; i++)
		if (!k->keys[i].identity)
			breach(&c->report, BROKEN_I2, "a key does not open");
}

/* After an escrow was changed every file opens with the new one. */
static void check_wraps(struct crash *c, struct keeper *k)
{
	bool is_newer = memcmp(k->wrap_to[1].point, c->newer.point, sizeof(c->newer.point)) == 0;

	for (size_t i = 0; c->newer_identity && is_newer && i < k->n_keys; i++) {
		OWNED(secret) struct secret *identity = NULL;

		if (key_file_open(k, &k->keys[i], c->newer_identity, &identity) != 0)
			breach(&c->report, BROKEN_WORK, "a key file is not wrapped to the new escrow");
	}
	if (escrow_waiting(k) > 0)
		breach(&c->report, BROKEN_WORK, "key files still wait for the new escrow");
}

static void check(const struct crash_state *s, void *arg)
{
	struct crash *c = arg;
	OWN_FD int store = openat(s->dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	OWN_FD int machine = openat(s->dir, "other/machine.key", O_RDWR | O_CLOEXEC);
	OWN_FD int escrow = openat(s->dir, "other/escrow.key", O_RDWR | O_CLOEXEC);
	enum key_outcome outcome;
	struct keeper k;
	struct mark m;

	c->report.state = s;
	check_escrow(c, s->dir);
	check_destroyed(c, s);
	if (keeper_initialise(&files_linux, store, machine, escrow) != 0 ||
	    keeper_open(&k, &files_linux, store, machine) != 0) {
		breach(&c->report, BROKEN_WORK, "the keeper does not start");
		return;
	}
	check_escrow(c, s->dir);
	check_keys(c, &k);
	if (escrow_finish(&k) != 0)
		breach(&c->report, BROKEN_WORK, "the change of escrow does not end");
	check_wraps(c, &k);
	check_no_leftover(c, s->dir);
	for (size_t i = 0; i < c->n_said && c->said[i].op <= s->op; i++)
		if (c->said[i].until == 0 || s->op <= c->said[i].until)
			c->said[i].holds(c, &c->said[i], &k, s);
	if (mark_read(&k, &m) != 0 || m.state == MARK_ALTERED)
		breach(&c->report, BROKEN_WORK, "the mark looks as if somebody had changed it");
	if (keeper_add_epoch(&k, "LATER", "2030", &outcome) != 0 || outcome != KEY_DONE)
		breach(&c->report, BROKEN_WORK, "no key can be made");
	keeper_done(&k);
}

/* ---- scenes ---- */

static void make_places(struct crash *c)
{
	assert_int_equal(mkdirat(c->dir, "other", 0700), 0);
	c->machine = openat(c->dir, "other/machine.key", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	c->escrow = openat(c->dir, "other/escrow.key", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_true(c->machine >= 0 && c->escrow >= 0);
}

static bool is_dead(const struct crash *c)
{
	return c->model.nodes && model_is_killed(&c->model);
}

static void add(struct crash *c, const char *level, const char *epoch)
{
	enum key_outcome outcome;

	int r = keeper_add_epoch(&c->keeper, level, epoch, &outcome);

	if (is_dead(c))
		return;
	assert_int_equal(r, 0);
	assert_int_equal(outcome, KEY_DONE);
	say(c, (struct said){.holds = key_holds,
			     .level = level,
			     .epoch = epoch,
			     .recipient = keeper_level(&c->keeper, level)->recipient});
}

static void start(struct crash *c, const struct files *f)
{
	int r = keeper_initialise(f, c->dir, c->machine, c->escrow);

	if (r == 0)
		r = keeper_open(&c->keeper, f, c->dir, c->machine);
	if (is_dead(c))
		return;
	assert_int_equal(r, 0);
	if (!c->is_again)
		c->older = c->keeper.wrap_to[1];
}

static void prepare_keys(struct crash *c)
{
	make_places(c);
	start(c, &files_linux);
	add(c, "SECRET", "2025");
	add(c, "TOP", "2025");
}

static void act_init(struct crash *c)
{
	start(c, &c->model.table);
	if (is_dead(c))
		return;
	say(c, (struct said){.holds = escrow_holds, .recipient = c->keeper.wrap_to[1]});
	add(c, "SECRET", "2026");
	add(c, "TOP", "2026");
}

static void set(struct crash *c, const char *level, const char *epoch, enum epoch_state state)
{
	enum epoch_outcome outcome;

	int r = epochs_set(&c->keeper, level, epoch, state, &outcome);

	if (is_dead(c))
		return;
	assert_int_equal(r, 0);
	assert_int_equal(outcome, EPOCH_DONE);
}

static void act_epochs(struct crash *c)
{
	struct said *retired, *open, *key = &c->said[0];

	c->keeper.files = &c->model.table;
	add(c, "SECRET", "2026");
	set(c, "SECRET", "2025", EPOCH_RETIRED);
	retired = say(c, (struct said){.holds = retired_holds, .level = "SECRET", .epoch = "2025"});
	retired->until = c->model.n_ops;
	set(c, "SECRET", "2025", EPOCH_OPEN);
	open = say(c, (struct said){.holds = open_holds, .level = "SECRET", .epoch = "2025"});
	open->until = key->until = c->model.n_ops;
	say(c,
	    (struct said){.holds = key_or_gone_holds, .level = "SECRET", .epoch = "2025", .recipient = key->recipient});
	set(c, "SECRET", "2025", EPOCH_DESTROYED);
	c->said[c->n_said - 1].until = c->model.n_ops - 1;
	identity_key_id(&key->recipient,
			say(c, (struct said){.holds = gone_holds, .level = "SECRET", .epoch = "2025"})->key_id);
}

static void act_retire(struct crash *c)
{
	c->keeper.files = &c->model.table;
	add(c, "TOP", "2026");
	set(c, "TOP", "2025", EPOCH_RETIRED);
	say(c, (struct said){.holds = retired_holds, .level = "TOP", .epoch = "2025"});
}

static void prepare_retired(struct crash *c)
{
	prepare_keys(c);
	add(c, "TOP", "2026");
	set(c, "TOP", "2025", EPOCH_RETIRED);
}

static void act_reopen(struct crash *c)
{
	c->keeper.files = &c->model.table;
	set(c, "TOP", "2025", EPOCH_OPEN);
	say(c, (struct said){.holds = open_holds, .level = "TOP", .epoch = "2025"});
}

static void act_escrow(struct crash *c)
{
	int r;

	c->keeper.files = &c->model.table;
	if (!c->is_again)
		assert_int_equal(identity_new(&c->newer_identity), 0);
	assert_int_equal(identity_recipient(c->newer_identity, &c->newer), 0);
	r = escrow_change(&c->keeper, &c->newer);
	assert_true(r == 0 || is_dead(c));
	say(c, (struct said){.holds = escrow_holds, .recipient = c->newer});
	say(c, (struct said){.holds = earlier_holds});
}

static void act_marks(struct crash *c)
{
	struct mark m;

	c->keeper.files = &c->model.table;
	assert_int_equal(mark_read(&c->keeper, &m), 0);
	for (uint64_t i = 1; i <= 6; i++) {
		struct frame_mark now = {.entries = 10 * i};

		memset(now.last, (int)i, sizeof(now.last));
		if (mark_write(&c->keeper, &m, &now, false) != 0 || is_dead(c))
			return;
		assert_true(m.entries >= 10 * i);
		say(c, (struct said){.holds = mark_holds, .entries = 10 * i});
	}
}

/* A public half is made anew from the private one, and its name is synced with the next. */
#define PUBLIC_HALF(level) "fsync of " level ".pub", "fsync of the folder after link " level ".pub"

/* A keeper that starts syncs the folder once more, because of one that was killed. */
static const char *const spare_init[] = {PUBLIC_HALF("SECRET.2026"), PUBLIC_HALF("TOP.2026"),
					 "fsync of the folder after link escrow.pub", NULL};
/* The name of such a mark says it all. */
static const char *const spare_retire[] = {PUBLIC_HALF("TOP.2026"), "fsync of TOP.2025.retired", NULL};
static const char *const spare_epochs[] = {PUBLIC_HALF("SECRET.2026"), "fsync of SECRET.2025.retired", NULL};
/* One folder is synced again and again: before the exchange, and before the end, is what counts. */
static const char *const spare_escrow[] = {"fsync of escrow.rewrap",
					   "fsync of the folder after link escrow.rewrap",
					   "fsync of the folder after link escrow.pub",
					   "fsync of the folder after exchange",
					   "fsync of the folder after unlink",
					   "fsync of the folder after link SECRET.2025.age.new",
					   "fsync of the folder after link TOP.2025.age.new",
					   NULL};

static const struct scene scenes[] = {
    {"init", 1500, make_places, act_init, spare_init, true},
    {"epochs", 1500, prepare_keys, act_epochs, spare_epochs, false},
    {"retire", 800, prepare_keys, act_retire, spare_retire, true},
    {"reopen", 200, prepare_retired, act_reopen, NULL, true},
    {"escrow", 1500, prepare_keys, act_escrow, spare_escrow, true},
    {"marks", 1000, prepare_keys, act_marks, NULL, true},
};

static struct crash *crash_new(const struct scene *scene, const char *scratch)
{
	struct crash *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	(void)snprintf(c->scratch, sizeof(c->scratch), "%s", scratch);
	(void)snprintf(c->live, sizeof(c->live), "%.90s/live", scratch);
	c->scene = scene;
	assert_int_equal(mkdir(c->live, 0700), 0);
	c->dir = open(c->live, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c;
}

static void crash_free(struct crash *c)
{
	keeper_done(&c->keeper);
	secret_free(c->newer_identity);
	model_done(&c->model);
	(void)close(c->dir);
	(void)close(c->machine);
	(void)close(c->escrow);
	remove_tree(AT_FDCWD, c->live);
	free(c);
}

/* kill_after: the keeper is killed after that operation, and one that starts is told the same. */
static void record(struct crash *c, size_t kill_after)
{
	c->scene->prepare(c);
	model_start(&c->model, &files_linux, c->dir);
	c->model.kill_after = kill_after;
	c->scene->act(c);
	if (!model_is_killed(&c->model))
		return;
	c->model.kill_after = MODEL_NEVER;
	c->is_again = true;
	keeper_done(&c->keeper);
	assert_true(lseek(c->machine, 0, SEEK_SET) == 0 && lseek(c->escrow, 0, SEEK_SET) == 0);
	if (c->scene->act != act_init)
		assert_int_equal(keeper_open(&c->keeper, &c->model.table, c->dir, c->machine), 0);
	c->scene->act(c);
}

static struct exploring exploring_of(struct crash *c, size_t most)
{
	return (struct exploring){.most = most,
				  .seed = report_seed(),
				  .scratch = c->scratch,
				  .knowledge = knowledge,
				  .check = check,
				  .arg = c};
}

static bool run_drops(const struct scene *scene, const char *scratch)
{
	struct crash *c = crash_new(scene, scratch);
	struct exploring e = exploring_of(c, DROPPED);
	struct dropping d = {&c->model, &e, &c->report, scene->spare};
	size_t needed = 0;
	bool is_ok;

	record(c, MODEL_NEVER);
	is_ok = report_drop_each(&d, scene->name, &needed) && needed > 0;
	printf("%s - keeper %s: each of %zu syncs is needed, or known to be spare\n", is_ok ? "ok" : "not ok",
	       scene->name, c->model.n_syncs);
	crash_free(c);
	return is_ok;
}

static size_t run_kills(const struct scene *scene, const char *scratch, struct report *sum)
{
	size_t distinct = 0;

	for (size_t k = 1;; k++) {
		struct crash *c = crash_new(scene, scratch);
		struct exploring e = exploring_of(c, report_most(60));
		bool is_over;

		record(c, k);
		e.first = k;
		is_over = !c->is_again;
		if (!is_over)
			states_explore(&c->model, &e);
		distinct += e.distinct;
		for (size_t i = 0; i < BROKEN_KINDS; i++)
			sum->broken[i] += c->report.broken[i];
		if (report_sum(&c->report) > 0)
			printf("# killed after operation %zu\n", k);
		crash_free(c);
		if (is_over)
			return distinct;
	}
}

static bool run_scene(const struct scene *scene, const char *scratch)
{
	struct crash *c = crash_new(scene, scratch);
	struct exploring e = exploring_of(c, report_most(scene->most));
	struct report report;
	size_t killed;
	bool is_ok;

	record(c, MODEL_NEVER);
	states_explore(&c->model, &e);
	report = c->report;
	remove_tree(AT_FDCWD, c->live);
	killed = scene->kills ? run_kills(scene, scratch, &report) : 0;
	is_ok = report_sum(&report) == 0 && e.distinct > 0;
	report_line(scene->name, &c->model, e.distinct + killed, &report);
	printf("# %s: %zu of them after a kill and a start\n", scene->name, killed);
	printf("%s - keeper %s\n", is_ok ? "ok" : "not ok", scene->name);
	crash_free(c);
	return is_ok;
}

int main(int argc, char **argv)
{
	bool drops = argc > 2 && strcmp(argv[2], "drop") == 0;
	char scratch[100];
	bool is_ok = false;

	for (size_t i = 0; argc < 2 && i < array_n(scenes); i++)
		printf("%s\n", scenes[i].name);
	if (argc < 2)
		return 0;
	assert_int_equal(sodium_start(), 0);
	report_scratch(scratch);
	for (size_t i = 0; i < array_n(scenes); i++)
		if (strcmp(argv[1], scenes[i].name) == 0)
			is_ok = drops ? run_drops(&scenes[i], scratch) : run_scene(&scenes[i], scratch);
	remove_tree(AT_FDCWD, scratch);
	return is_ok ? 0 : 1;
}
