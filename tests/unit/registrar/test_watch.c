/* What is to be looked at again, since when a file is there, and which files without a record are due. */
#include "core_fixture.h"

#include "domain/policy.h"
#include "registrar/documents/jobs_private.h"
#include "registrar/documents/unrecorded.h"
#include "registrar/documents/watch_private.h"

static struct store_seen seen_as(const char *path, uint64_t ino)
{
	return (struct store_seen){
	    .root = 1, .path = path, .dev = 1, .ino = ino, .size = 5, .event = SEEN_SETTLED, .first_seen = "2026"};
}

static void open_watch(struct fixture *f)
{
	fixture_make(f);
	fixture_open(f, NULL);
	if (!f->r.watch)
		assert_int_equal(watch_new(&f->r), 0);
}

static struct watch_look *only_look(struct watch *watch)
{
	for (size_t i = 0; i < LOOK_BUCKETS; i++)
		if (watch->looks[i])
			return watch->looks[i];
	return NULL;
}

/* A job is under way, as if a watcher had been asked. */
static struct watch_look *under_way(struct fixture *f, const struct store_seen *seen)
{
	struct watch_look *look;

	assert_int_equal(watch_examine(&f->r, seen), 0);
	look = only_look(f->r.watch);
	assert_non_null(look);
	look->job = 7;
	look->asked_dev = look->dev;
	look->asked_ino = look->ino;
	f->r.watch->due = NULL;
	f->r.watch->due_end = &f->r.watch->due;
	f->r.watch->n_asked = 1;
	return look;
}

static void test_a_file_saved_while_it_is_looked_at_is_looked_at_again(void **state)
{
	struct store_seen old = seen_as("a.txt", 10), new = seen_as("a.txt", 11);
	struct watch_look *look;
	struct fixture f;

	(void)state;
	open_watch(&f);
	look = under_way(&f, &old);
	assert_int_equal(watch_examine(&f.r, &old), 0);
	assert_false(look->again); /* the same once more is no news */
	assert_int_equal(watch_examine(&f.r, &new), 0);
	assert_true(look->again);
	assert_true(watch_is_asked(&f.r, 7, &old));
	assert_false(watch_is_asked(&f.r, 7, &new)); /* the answer is about what had the name before */
	assert_false(watch_is_asked(&f.r, 8, &old));
	assert_int_equal(watch_looked(&f.r, 7, 1, "a.txt"), 0);
	look = only_look(f.r.watch);
	assert_non_null(look);
	assert_int_equal(look->job, 0);
	assert_int_equal(look->ino, 11);
	fixture_remove(&f);
}

static void test_a_file_grown_while_it_is_looked_at_too(void **state)
{
	struct store_seen file = seen_as("a.txt", 10);
	struct watch_look *look;
	struct fixture f;

	(void)state;
	open_watch(&f);
	look = under_way(&f, &file);
	file.size++;
	assert_int_equal(watch_examine(&f.r, &file), 0);
	assert_true(look->again);
	fixture_remove(&f);
}

static void test_a_name_that_comes_back_is_no_younger(void **state)
{
	struct store_seen file = seen_as("a.txt", 10);
	char since[32] = "2027";
	struct fixture f;

	(void)state;
	open_watch(&f);
	watch_set_first_seen(f.r.watch, 1, "a.txt", since);
	assert_string_equal(since, "2027");
	watch_note_gone(f.r.watch, &file);
	watch_set_first_seen(f.r.watch, 1, "b.txt", since);
	watch_set_first_seen(f.r.watch, 2, "a.txt", since);
	assert_string_equal(since, "2027");
	watch_set_first_seen(f.r.watch, 1, "a.txt", since);
	assert_string_equal(since, "2026");
	for (size_t i = 0; i < WATCH_GONE; i++) /* later the name is a new one */
		f.r.watch->gone[i].until_ms = 0;
	(void)snprintf(since, sizeof(since), "2027");
	watch_set_first_seen(f.r.watch, 1, "a.txt", since);
	assert_string_equal(since, "2027");
	fixture_remove(&f);
}

static void test_a_record_stays_where_its_name_is_taken_at_once(void **state)
{
	struct store_seen file = seen_as("a.txt", 10);
	char number[STORE_NUMBER_MAX], since[32] = "2027";
	struct fixture f;

	(void)state;
	open_watch(&f);
	file.number = "2026-000001";
	watch_note_gone(f.r.watch, &file);
	watch_take_left(f.r.watch, 1, "a.txt", number);
	assert_string_equal(number, ""); /* nothing is there */
	watch_set_first_seen(f.r.watch, 1, "a.txt", since);
	watch_take_left(f.r.watch, 1, "b.txt", number);
	assert_string_equal(number, "");
	assert_true(watch_is_left(f.r.watch, 1, "a.txt"));
	watch_take_left(f.r.watch, 1, "a.txt", number);
	assert_string_equal(number, "2026-000001");
	assert_false(watch_is_left(f.r.watch, 1, "a.txt"));
	watch_take_left(f.r.watch, 1, "a.txt", number); /* only one file can be the next */
	assert_string_equal(number, "");
	watch_note_gone(f.r.watch, &file); /* what comes when the window is over is another document */
	for (size_t i = 0; i < WATCH_GONE; i++)
		f.r.watch->gone[i].until_ms = 0;
	watch_set_first_seen(f.r.watch, 1, "a.txt", since);
	watch_take_left(f.r.watch, 1, "a.txt", number);
	assert_string_equal(number, "");
	fixture_remove(&f);
}

static int take_due(const struct store_seen *seen, void *arg)
{
	struct store_seen *to = arg;

	assert_true(!seen->sha256 || text_equal(seen->sha256, to->sha256));
	to->looked_with = seen->sha256 ? seen->looked_with : 0;
	to->id = seen->id;
	return 0;
}

/* 0: it is not due; else 1 and what it was looked at with, where its digest is told. */
static uint64_t due_with(struct fixture *f, const struct store_seen *file)
{
	struct store_seen due = *file;

	due.id = 0;
	assert_int_equal(store_seen_due(f->r.store, 0, 10, take_due, &due), 0);
	return due.id ? 1 + due.looked_with : 0;
}

/* What an inspector said holds as long as the digest is that one, which goes with a file that is to be read again. */
static void test_what_is_known_of_a_file_that_is_read_again(void **state)
{
	struct store_seen file = seen_as("a.txt", 10), back = {0};
	OWN_ARENA struct arena a = {0};
	struct store_told told;
	struct fixture f;

	(void)state;
	open_watch(&f);
	file.kind = SEEN_REGULAR;
	file.sha256 = "ba78";
	file.type = "text/plain";
	file.looked_with = 7;
	assert_int_equal(registrar_batch(&f.r), 0);
	assert_int_equal(store_seen_put(f.r.store, &file, &told), 0);
	assert_int_equal(store_seen_same(f.r.store, &file), STORE_NOT_FOUND); /* nothing is known of it */
	assert_true(due_with(&f, &file) == 1);
	assert_int_equal(store_seen_inspected(f.r.store, &file), 0);
	assert_true(due_with(&f, &file) == 0);
	assert_int_equal(store_seen_anew(f.r.store, 1), 0);
	assert_true(due_with(&f, &file) == 8);
	file.sha256 = "ba79";
	assert_int_equal(store_seen_same(f.r.store, &file), STORE_NOT_FOUND);
	file.sha256 = "ba78";
	assert_int_equal(store_seen_same(f.r.store, &file), 0);
	assert_true(due_with(&f, &file) == 0);
	assert_int_equal(look_seen(f.r.store, 1, "a.txt", &a, &back), 0);
	assert_string_equal(back.type, "text/plain");
	fixture_remove(&f);
}

/* A save by rename puts another inode under the name. */
static void test_the_grace_period_does_not_begin_anew(void **state)
{
	struct store_seen file = seen_as("a.txt", 10), back = {0};
	struct store_told is_news;
	OWN_ARENA struct arena a = {0};
	struct fixture f;

	(void)state;
	open_watch(&f);
	assert_int_equal(registrar_batch(&f.r), 0);
	assert_int_equal(store_seen_put(f.r.store, &file, &is_news), 0);
	file.ino = 11;
	file.first_seen = "2027";
	assert_int_equal(store_seen_put(f.r.store, &file, &is_news), 0);
	assert_int_equal(look_seen(f.r.store, 1, "a.txt", &a, &back), 0);
	assert_string_equal(back.first_seen, "2026");
	fixture_remove(&f);
}

static void test_what_is_being_written_is_not_due_yet(void **state)
{
	static const struct {
		uint8_t event;
		int minutes; /* since it was seen first */
		bool is_due;
	} rows[] = {
	    {SEEN_SETTLED, 61, true}, {SEEN_SETTLED, 59, false}, {SEEN_SCANNED, 61, true},  {SEEN_CHANGED, 61, false},
	    {SEEN_OPEN, 61, false},   {SEEN_OPEN, 779, false},	 {SEEN_CHANGED, 781, true}, {SEEN_OPEN, 781, true},
	};
	struct role_root root = {.id = 1, .mode = ROOT_OBSERVE};
	struct policy policy = {.grace_minutes = 60, .open_minutes = 720};
	struct fixture f;

	(void)state;
	open_watch(&f);
	f.r.role.roots = &root;
	f.r.role.n_roots = 1;
	f.r.policy = &policy;
	for (size_t i = 0; i < array_n(rows); i++) {
		struct store_seen file = seen_as("a.txt", 10 + i);
		struct unrecorded count = {0};
		struct store_told is_news;
		char since[CLOCK_TEXT];

		clock_format(clock_seconds(f.r.clock) - 60 * rows[i].minutes, since);
		file.kind = SEEN_REGULAR;
		file.event = rows[i].event;
		file.first_seen = since;
		assert_int_equal(registrar_batch(&f.r), 0);
		assert_int_equal(store_seen_remove(f.r.store, 1, "a.txt"), 0);
		assert_int_equal(store_seen_put(f.r.store, &file, &is_news), 0);
		assert_int_equal(unrecorded_go(&f.r, true, NULL, NULL, &count), 0);
		assert_true(count.is_over);
		assert_int_equal(count.considered, 1);
		assert_int_equal(count.due, rows[i].is_due);
	}
	f.r.role.roots = NULL;
	f.r.role.n_roots = 0;
	f.r.policy = NULL;
	fixture_remove(&f);
}

static int count_finding(const struct store_finding *finding, void *arg)
{
	(void)finding;
	++*(int *)arg;
	return 0;
}

static int count_name(const struct store_seen *seen, void *arg)
{
	assert_int_equal(seen->ino, 102);
	++*(int *)arg;
	return 0;
}

/* All files are looked at and each once, so many in a turn; no more are taken in one run than are good for the others. */
static void test_files_are_looked_at_turn_by_turn(void **state)
{
	enum { FILES = 2345, TAKEN = 500 };
	struct role_root root = {.id = 1, .mode = ROOT_OBSERVE};
	struct policy policy = {.grace_minutes = 60, .open_minutes = 720};
	struct store_finding_filter open = {.state = "open", .limit = STORE_NO_LIMIT};
	struct fixture f;

	(void)state;
	open_watch(&f);
	f.r.role.roots = &root;
	f.r.role.n_roots = 1;
	f.r.policy = &policy;
	assert_int_equal(registrar_batch(&f.r), 0);
	for (int i = 0; i < FILES; i++) {
		OWN_MEM char *path = text_format("%d/%d.txt", i % 7, i);
		struct store_seen file = seen_as(path, 100 + (uint64_t)i % 2340); /* some have two names */
		struct store_told is_news;

		file.kind = SEEN_REGULAR;
		assert_int_equal(store_seen_put(f.r.store, &file, &is_news), 0);
	}
	for (int rehearsal = 1; rehearsal >= 0; rehearsal--) {
		struct unrecorded at = {0};
		int turns = 0;

		for (; !at.is_over; turns++)
			assert_int_equal(unrecorded_go(&f.r, rehearsal, NULL, NULL, &at), 0);
		assert_in_range(turns, 3, 10);
		assert_int_equal(at.considered, FILES);
		assert_int_equal(at.due, FILES);
		assert_int_equal(at.told, rehearsal ? 0 : TAKEN);
	}
	{
		int found = 0, names = 0;

		assert_int_equal(store_finding_list(f.r.store, &open, count_finding, &found), 0);
		assert_int_equal(found, TAKEN);
		assert_int_equal(store_seen_names(f.r.store, 1, 102, count_name, &names), 0);
		assert_int_equal(names, 2);
		assert_int_equal(store_seen_names(f.r.store, 1, 99, count_name, &names), 0);
		assert_int_equal(names, 2);
	}
	f.r.role.roots = NULL;
	f.r.role.n_roots = 0;
	f.r.policy = NULL;
	fixture_remove(&f);
}

static void tell(struct fixture *f, const struct store_seen *seen)
{
	union frame_any m = {.seen = {.root = seen->root,
				      .path = seen->path,
				      .dev = seen->dev,
				      .ino = seen->ino,
				      .size = seen->size,
				      .event = seen->event,
				      .kind = SEEN_FIFO}}; /* nothing follows from it */

	assert_int_equal(watch_on_seen(&f->r.role, NULL, &m, NULL), 0);
}

static void tell_vanished(struct fixture *f, const struct store_seen *seen)
{
	union frame_any m = {.vanished = {.root = seen->root, .path = seen->path}};

	assert_int_equal(watch_on_vanished(&f->r.role, NULL, &m, NULL), 0);
}

static uint64_t inode_at(struct fixture *f, const char *path)
{
	OWN_ARENA struct arena a = {0};
	struct store_seen seen = {0};

	return look_seen(f->r.store, 1, path, &a, &seen) == 0 ? seen.ino : 0;
}

/* As if its publication had just been journalled. */
static struct job *take_plaintext(struct fixture *f, const struct store_seen *file, uint64_t intent)
{
	struct job *job = jobs_get(&f->r, "2026-000001");

	assert_non_null(job);
	jobs_take_off(job, intent, false);
	assert_int_equal(job_plan_keep(job, &(struct job_plan){.version = 1,
							       .root = 1,
							       .source = file->path,
							       .target = "a.txt.age",
							       .keep = "k",
							       .level = "SECRET",
							       .sha256 = "",
							       .dev = file->dev,
							       .ino = file->ino}),
			 0);
	jobs_begin_taking(job);
	jobs_begin_taking(job); /* told twice */
	return job;
}

/* What becomes of a name while its plaintext is being taken is seen to when the sealer has said who took it. */
static void test_a_name_that_is_being_taken_is_left_to_its_job(void **state)
{
	static const struct {
		bool is_back, is_another;
		uint64_t after; /* inode that is seen at the name in the end */
	} rows[] = {{false, false, 0}, {true, false, 10}, {true, true, 11}};
	struct role_root root = {.id = 1, .kind = ROOT_DOCUMENTS};
	struct fixture f;

	(void)state;
	open_watch(&f);
	assert_int_equal(jobs_new(&f.r), 0);
	assert_int_equal(api_new(&f.r), 0);
	f.r.role.roots = &root;
	f.r.role.n_roots = 1;
	for (size_t i = 0; i < array_n(rows); i++) {
		struct store_seen file = seen_as("a.txt", 10);
		struct job *job;

		tell(&f, &file);
		job = take_plaintext(&f, &file, 100 + i);
		tell_vanished(&f, &file);
		assert_int_equal(inode_at(&f, "a.txt"), 10);
		file.ino += rows[i].is_another;
		if (rows[i].is_back)
			tell(&f, &file);
		assert_int_equal(jobs_landed(job, false), 0);
		assert_int_equal(inode_at(&f, "a.txt"), rows[i].after);
		tell_vanished(&f, &file); /* nobody takes it any more */
		assert_int_equal(inode_at(&f, "a.txt"), 0);
	}
	jobs_free(f.r.jobs);
	api_free(f.r.api);
	f.r.role.roots = NULL;
	f.r.role.n_roots = 0;
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_file_saved_while_it_is_looked_at_is_looked_at_again),
	    cmocka_unit_test(test_a_file_grown_while_it_is_looked_at_too),
	    cmocka_unit_test(test_a_name_that_comes_back_is_no_younger),
	    cmocka_unit_test(test_a_record_stays_where_its_name_is_taken_at_once),
	    cmocka_unit_test(test_the_grace_period_does_not_begin_anew),
	    cmocka_unit_test(test_what_is_being_written_is_not_due_yet),
	    cmocka_unit_test(test_files_are_looked_at_turn_by_turn),
	    cmocka_unit_test(test_what_is_known_of_a_file_that_is_read_again),
	    cmocka_unit_test(test_a_name_that_is_being_taken_is_left_to_its_job),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
