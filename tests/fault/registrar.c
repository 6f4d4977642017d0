/*
 * Every file operation of the journal fails in every way at every call, once or
 * for good, and is the last before a kill. Whatever happens: what was
 * acknowledged is there, the chain holds, a refused entry does not come back
 * unless the journal said that it is damaged, and asking again is done.
 */
#include "faulty.h"
#include "registrar/core_fixture.h"

#define ENTRY_TEXT "0123456789abcdef"

struct scene {
	const char *name;
	unsigned history; /* entries before */
	bool has_torn_tail, lacks_store, is_core;
	int (*act)(struct scene *s);
	unsigned every;	       /* of its allocations, one of so many is enough */
	uint64_t acknowledged; /* entries that must be there */
	bool is_refused, is_damaged;
};

static struct fixture fixture;
static struct faulty *table;
static struct journal *journal;
static int state_dir;

static struct json *entry_of(unsigned n)
{
	OWN_MEM char *id = text_format("%u-" ENTRY_TEXT, n);
	struct json *entry = registrar_entry("note", NULL, 0);

	json_set_text(entry, "what", id);
	return entry;
}

static int append(unsigned n)
{
	static const struct journal_stamp stamp = {"boot", 1, "2026-05-04T00:00:00Z"};
	OWNED(json) struct json *written = NULL;

	return journal_append(journal, entry_of(n), &stamp, &written);
}

static int open_journal(struct scene *s, const struct files *f)
{
	int r = journal_open(f, state_dir, &journal);

	s->is_damaged = r == JOURNAL_DAMAGED;
	return r;
}

/* ---- what is done under faults ---- */

static int act_open(struct scene *s)
{
	journal_close(steal(&journal));
	return open_journal(s, &table->table);
}

static int act_append(struct scene *s)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < 3; i++) {
		r = append(100 + i);
		if (r == 0)
			r = journal_sync(journal);
		if (r == 0)
			s->acknowledged = journal_durable(journal);
	}
	s->is_refused = r == JOURNAL_FULL;
	return r;
}

/* Several in one sync, as a group of changes is. */
static int act_append_group(struct scene *s)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < 20; i++)
		r = append(100 + i);
	if (r == 0)
		r = journal_sync(journal);
	if (r == 0)
		s->acknowledged = journal_durable(journal);
	else
		journal_forget(journal);
	s->is_refused = r == JOURNAL_FULL;
	return r;
}

static int count(uint64_t seq, struct bytes line, struct json_view entry, void *arg)
{
	(void)seq;
	(void)line;
	(void)entry;
	++*(uint64_t *)arg;
	return 0;
}

static int act_read(struct scene *s)
{
	struct journal_verdict verdict;
	uint64_t n = 0;
	int r = journal_read(journal, 0, count, &n);

	if (r == 0 && n != s->acknowledged)
		broken("%llu entries were read of %llu", (unsigned long long)n, (unsigned long long)s->acknowledged);
	return r == 0 ? journal_verify(journal, &verdict) : r;
}

/* ---- the whole core: journal, store, clock ---- */

static int open_core(struct scene *s, const struct files *f)
{
	int r;

	(void)s;
	fixture.r = (struct registrar){0};
	fixture.r.role.control.fd = -1;
	fixture.r.role.trial = true;
	fixture.r.role.state_dir = fixture.dir;
	fixture.r.role.settings = fixture.settings;
	fixture.r.role.n_settings = 3;
	for (size_t i = 0; i < array_n(fixture.r.role.resources); i++)
		fixture.r.role.resources[i] = -1;
	r = registrar_core_open(&fixture.r, f);
	if (r == 0)
		s->is_damaged = fixture.r.read_only;
	return r != 0 ? r : fixture.r.read_only;
}

static int act_open_core(struct scene *s)
{
	int r;

	fixture_close(&fixture);
	r = open_core(s, &table->table);
	if (r == 0)
		r = registrar_core_begin(&fixture.r);
	if (r == 0 && !fixture.r.read_only)
		s->acknowledged = journal_durable(fixture.r.journal);
	return r != 0 ? r : fixture.r.read_only;
}

static int act_change(struct scene *s)
{
	int r = registrar_change(&fixture.r, entry_of(200));

	if (r == 0)
		r = registrar_settle(&fixture.r);
	if (r == 0 && !fixture.r.read_only)
		s->acknowledged = journal_durable(fixture.r.journal);
	s->is_refused = r != 0 || fixture.r.read_only;
	return r != 0 ? r : fixture.r.read_only;
}

static struct scene scenes[] = {
    {.name = "the first opening", .act = act_open},
    {.name = "opening", .history = 5, .act = act_open},
    {.name = "opening behind a torn entry", .history = 5, .has_torn_tail = true, .act = act_open},
    {.name = "append", .history = 2, .act = act_append},
    {.name = "append to an empty one", .act = act_append},
    {.name = "a group", .history = 2, .act = act_append_group},
    {.name = "reading and verifying", .history = 50, .act = act_read, .every = 1},
    {.name = "a change", .history = 3, .is_core = true, .act = act_change},
    {.name = "a start", .history = 3, .is_core = true, .act = act_open_core, .every = 6},
    {.name = "recovery of the store",
     .history = 20,
     .is_core = true,
     .lacks_store = true,
     .act = act_open_core,
     .every = 500},
};

/* ---- a run ---- */

struct kept {
	char name[40];
	struct buffer content;
};
static struct kept kept[8];
static size_t n_kept;

static void keep(const char *name)
{
	OWN_FD int fd = openat(state_dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)snprintf(kept[n_kept].name, sizeof(kept[n_kept].name), "%s", name);
	buffer_clear(&kept[n_kept].content);
	assert_int_equal(files_read_rest(&files_linux, fd, 1 << 24, &kept[n_kept++].content), 0);
}

/* Made once for the scene; each run begins with a copy. */
static void make_first(struct scene *s)
{
	n_kept = 0;
	remove_beneath(state_dir);
	fixture_set_clock(&fixture, "2026-05-04");
	keep("clock");
	if (s->is_core) {
		assert_int_equal(open_core(s, NULL), 0);
		assert_int_equal(registrar_core_begin(&fixture.r), 0);
		for (unsigned i = 0; i < s->history; i++)
			assert_int_equal(registrar_change(&fixture.r, entry_of(i)), 0);
		assert_int_equal(registrar_settle(&fixture.r), 0);
		s->history = (unsigned)journal_durable(fixture.r.journal);
		fixture_close(&fixture);
		if (!s->lacks_store)
			keep("store.db");
	} else if (s->history > 0) {
		assert_int_equal(open_journal(s, &files_linux), 0);
		for (unsigned i = 0; i < s->history; i++)
			assert_int_equal(append(i), 0);
		assert_int_equal(journal_sync(journal), 0);
		journal_close(steal(&journal));
	}
	keep("journal/entries");
	if (s->has_torn_tail)
		buffer_add_text(&kept[n_kept - 1].content, "{\"actor\":\"-\",\"op\":\"no");
}

static void put_back(void)
{
	remove_beneath(state_dir);
	assert_int_equal(mkdirat(state_dir, "journal", 0700), 0);
	for (size_t i = 0; i < n_kept; i++) {
		OWN_FD int fd = openat(state_dir, kept[i].name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(files_write_all(&files_linux, fd, kept[i].content.at, kept[i].content.n), 0);
	}
}

/* A process that starts now: everything acknowledged is there and the chain holds. */
static void check(struct scene *s, bool may_have_more, const char *when)
{
	OWNED(journal) struct journal *now = NULL;
	struct journal_verdict verdict;
	int r = journal_open(&files_linux, state_dir, &now);

	if (r != 0) {
		broken("%s: the journal does not open: %d", when, r);
		return;
	}
	if (journal_verify(now, &verdict) != 0)
		broken("%s: %s", when, verdict.detail);
	if (verdict.entries < s->acknowledged)
		broken("%s: I2: %llu entries were acknowledged, %llu are there", when,
		       (unsigned long long)s->acknowledged, (unsigned long long)verdict.entries);
	if (verdict.entries > s->acknowledged && !may_have_more)
		broken("%s: an entry that was refused is there", when);
}

static void close_all(struct scene *s)
{
	if (s->is_core)
		fixture_close(&fixture);
	journal_close(steal(&journal));
}

static bool run(struct scene *s, const struct fault *fault, struct faulty *ret)
{
	unsigned descriptors = faults_descriptors();
	bool is_said;
	int r;

	put_back();
	s->is_refused = s->is_damaged = false;
	s->acknowledged = s->history;
	faulty_init(ret, &files_linux, (struct fault){0});
	table = ret;
	if (s->is_core)
		assert_int_equal(open_core(s, &ret->table), 0);
	else
		assert_int_equal(open_journal(s, &ret->table), 0);
	if (s->lacks_store) {
		fixture_close(&fixture);
		(void)unlinkat(state_dir, "store.db", 0);
		(void)unlinkat(state_dir, "store.db-wal", 0);
		(void)unlinkat(state_dir, "store.db-shm", 0);
	}
	memset(ret->calls, 0, sizeof(ret->calls));
	ret->total = 0;
	ret->fault = *fault;
	faults_arm(fault);
	r = s->act(s);
	faults_disarm();
	if (r < 0 && faults.reported == 0)
		broken("a fault that nobody has said");
	if (!s->is_core && journal && append(900) == JOURNAL_DAMAGED)
		s->is_damaged = true;
	if (!s->is_core && journal)
		journal_forget(journal);
	/* While writing, syncing and cutting off all fail, a kill may leave an entry that was refused: the journal is
	 * said to be unwritable, and nothing is added before it is cut off. */
	is_said =
	    (s->is_refused && (fault->kind == FAULT_OF || fault->kind == FAULT_FROM || fault->kind == FAULT_PAIR)) ||
	    s->is_damaged || (s->is_core && fixture.r.read_only) || r < 0;
	close_all(s);
	/* A kill leaves what it leaves; so does a journal that could not take back what it wrote, which it said. */
	check(s, ret->dead || is_said, "after the fault");
	faulty_init(ret, &files_linux, (struct fault){0});
	if (s->is_core ? open_core(s, &ret->table) != 0 : open_journal(s, &ret->table) != 0)
		broken("it does not open again");
	s->acknowledged = journal_durable(s->is_core ? fixture.r.journal : journal);
	r = s->act(s);
	if (r != 0)
		broken("asked again: %d", r);
	close_all(s);
	check(s, false, "at the end");
	ret->hit = true;
	if (faults_descriptors() != descriptors)
		broken("descriptors: %u before, %u after", descriptors, faults_descriptors());
	return true;
}

/* As run(), with the counts of the calls under test. */
static bool run_counted(struct scene *s, const struct fault *fault, struct faulty *ret)
{
	struct faulty x;

	if (fault->kind != FAULT_NONE)
		return run(s, fault, ret);
	(void)run(s, fault, &x);
	put_back();
	s->acknowledged = s->history;
	faulty_init(ret, &files_linux, (struct fault){0});
	table = ret;
	assert_int_equal(s->is_core ? open_core(s, &ret->table) : open_journal(s, &ret->table), 0);
	memset(ret->calls, 0, sizeof(ret->calls));
	ret->total = 0;
	assert_int_equal(s->act(s), 0);
	close_all(s);
	return false;
}

int main(int argc, char **argv)
{
	faults_begin(argc, argv);
	faults_in_memory();
	assert_int_equal(sodium_start(), 0);
	fixture_make(&fixture);
	state_dir = open(fixture.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < array_n(scenes); i++) {
		make_first(&scenes[i]);
		faults_all(&scenes[i], scenes[i].name, faults.of_memory ? scenes[i].every : 1, run_counted);
	}
	for (size_t i = 0; i < array_n(kept); i++)
		buffer_done(&kept[i].content);
	remove_beneath(state_dir);
	(void)close(state_dir);
	(void)rmdir(fixture.dir);
	return faults_end();
}
