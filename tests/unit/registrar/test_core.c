#include "core_fixture.h"

#include "base/text.h"

#include <errno.h>
#include <sys/stat.h>

static char *dump(struct fixture *f)
{
	struct buffer b = {0};

	assert_int_equal(store_dump(f->r.store, &b), 0);
	return buffer_steal_text(&b);
}

static off_t size_of(const struct fixture *f, const char *name)
{
	char path[160];
	struct stat st;

	fixture_path(f, name, path);
	return stat(path, &st) ? -1 : st.st_size;
}

static void remove_store(const struct fixture *f)
{
	static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm"};
	char path[160];

	for (size_t i = 0; i < array_n(names); i++) {
		fixture_path(f, names[i], path);
		(void)unlink(path);
	}
}

static void overwrite(const struct fixture *f, const char *name, off_t at, const char *text)
{
	char path[160];
	int fd;

	fixture_path(f, name, path);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
	(void)close(fd);
}

/* A year of work in small: versions, documents, findings, intents. */
static void make_history(struct fixture *f)
{
	struct store_document d = {.root = 1, .path = "plans/report.docx", .dev = 7, .ino = UINT64_MAX, .size = 5};
	struct record record = fixture_record("2026-000001", 1);
	const char *sources[] = {"2026-000001", "a report of others"};
	struct json *entry = record_entry(&f->r, &record, ACT_TAG, "li", 1001), *intent;

	json_set(entry, "document", store_document_json(f->r.store, &d));
	assert_int_equal(registrar_change(&f->r, entry), 0);
	record.version = 2;
	record.state = RECORD_PROPOSED;
	fixture_put(f, &record, ACT_SUBMIT, "please");
	record = fixture_record("2026-000007", 1);
	entry = record_entry(&f->r, &record, ACT_TAG, "li", 1001);
	json_set(entry, "intent", json_object());
	assert_int_equal(registrar_change(&f->r, entry), REGISTRAR_REFUSED); /* of what kind? */
	entry = record_entry(&f->r, &record, ACT_TAG, "li", 1001);
	intent = json_object();
	json_set_text(intent, "kind", "seal");
	json_set(entry, "intent", intent);
	assert_int_equal(registrar_change(&f->r, entry), 0);
	entry = registrar_entry("finding", NULL, 0);
	json_set_text(entry, "code", "D02");
	json_set_text(entry, "severity", severity_name(SEVERITY_MINOR));
	json_set_text(entry, "owner", owner_name(OWNER_DRAFTER));
	json_set_text(entry, "number", "2026-000007");
	cell_set(entry, "evidence", f->r.meta_key, CELL_EVIDENCE, "no responsible person");
	json_set_text(entry, "since", "2026-05-04");
	assert_int_equal(registrar_change(&f->r, entry), 0);
	entry = registrar_entry("intent", NULL, 0);
	json_set_text(entry, "kind", "seal");
	json_set_text(entry, "number", "2026-000001");
	assert_int_equal(registrar_change(&f->r, entry), 0);
	record = fixture_record("2026-000006", 1);
	record.decided = record.proposed;
	record.decided.basis = BASIS_DERIVED;
	record.decided.sources = (struct texts){sources, 2};
	fixture_put(f, &record, ACT_APPROVE, NULL);
	assert_int_equal(registrar_settle(&f->r), 0);
}

static void test_a_record_comes_back_whole(void **state)
{
	OWNED(record) struct record *record = NULL;
	OWNED(record) struct record *old = NULL;
	OWNED(record) struct record *there = NULL;
	struct fixture f;
	char number[STORE_NUMBER_MAX];

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	assert_int_equal(store_record_load(f.r.store, "2026-000001", &record), 0);
	assert_int_equal(record->version, 2);
	assert_int_equal(record->state, RECORD_PROPOSED);
	assert_string_equal(record->title, "机密 report");
	assert_string_equal(record->proposed.reason, "because");
	assert_int_equal(record->proposed.term.period.years, 10);
	assert_int_equal(record->proposed.scope.n, 2);
	assert_string_equal(record->proposed.scope.at[1], "person:li");
	assert_string_equal(record->proposed.secret_points.at[1], "time\xe2\x98\x85");
	assert_int_equal(record->decided.basis, BASIS_MISSING);
	assert_null(record->decided.level);
	assert_int_equal(store_record_load_version(f.r.store, "2026-000001", 1, &old), 0);
	assert_int_equal(old->state, RECORD_DRAFT);
	/* It lies in clear: its inode number alone proves nothing, another file may have it soon. */
	assert_int_equal(store_record_by_file(f.r.store, 7, UINT64_MAX, &there), STORE_NOT_FOUND);
	assert_int_equal(store_record_by_path(f.r.store, 1, "plans/report.docx", &there), 0);
	assert_int_equal(store_next_number(f.r.store, 2026, number), 0);
	assert_string_equal(number, "2026-000008");
	assert_int_equal(store_next_number(f.r.store, 2027, number), 0);
	assert_string_equal(number, "2027-000001");
	fixture_remove(&f);
}

static void test_rows_hold_no_title_in_clear(void **state)
{
	OWN_MEM char *text = NULL;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	text = dump(&f);
	assert_non_null(strstr(text, "2026-000001"));
	assert_null(strstr(text, "report"));
	assert_null(strstr(text, "because"));
	assert_null(strstr(text, "sun|sun"));
	fixture_remove(&f);
}

/* The store made anew from the journal is that one. */
static void expect_replay(struct fixture *f, const char *before)
{
	OWN_MEM char *after = NULL;

	fixture_close(f);
	remove_store(f);
	f->r = (struct registrar){0};
	f->r.role.control.fd = -1;
	f->r.role.trial = true;
	f->r.role.state_dir = f->dir;
	f->r.role.settings = f->settings;
	f->r.role.n_settings = 3;
	f->r.role.resources[RESOURCE_STATE] = -1;
	assert_int_equal(registrar_core_open(&f->r, NULL), 0);
	after = dump(f);
	assert_string_equal(after, before);
}

static void test_replay_gives_the_same_store(void **state)
{
	OWN_MEM char *before = NULL;
	struct fixture f;
	uint64_t seq;
	char hash[65];

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	before = dump(&f);
	expect_replay(&f, before);
	assert_int_equal(store_applied(f.r.store, &seq, hash), 0);
	assert_int_equal(seq, journal_size(f.r.journal));
	assert_true(seq > 5);
	fixture_remove(&f);
}

static void test_a_bad_store_is_put_aside_and_rebuilt(void **state)
{
	OWNED(record) struct record *record = NULL;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	fixture_close(&f);
	overwrite(&f, "store.db", 0, "rubbish rubbish rubbish");
	fixture_open(&f, NULL);
	assert_false(f.r.read_only);
	assert_int_equal(store_record_load(f.r.store, "2026-000007", &record), 0);
	fixture_remove(&f);
}

static void test_a_torn_tail_is_cut_and_work_goes_on(void **state)
{
	struct journal_verdict verdict;
	struct fixture f;
	off_t whole;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	fixture_close(&f);
	whole = size_of(&f, "journal/entries");
	overwrite(&f, "journal/entries", whole, "{\"actor\":\"-\",\"op\":\"rec");
	fixture_open(&f, NULL);
	assert_int_equal(journal_verify(f.r.journal, &verdict), 0);
	assert_int_equal(verdict.entries, journal_size(f.r.journal));
	assert_false(f.r.read_only);
	fixture_remove(&f);
}

static void test_verify_finds_a_changed_byte(void **state)
{
	struct journal_verdict verdict;
	struct fixture f;
	off_t whole;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	assert_int_equal(journal_verify(f.r.journal, &verdict), 0);
	assert_int_equal(verdict.entries, journal_size(f.r.journal));
	whole = size_of(&f, "journal/entries");
	overwrite(&f, "journal/entries", 20, "#");
	assert_int_equal(journal_verify(f.r.journal, &verdict), JOURNAL_DAMAGED);
	assert_true(verdict.first_bad == 1 || verdict.first_bad == 2);
	assert_true(verdict.detail[0] != '\0');
	/* The last entry changed: nothing follows it, but the store knows its hash. */
	fixture_close(&f);
	overwrite(&f, "journal/entries", whole - 4, "9");
	fixture_open(&f, NULL);
	assert_true(f.r.read_only);
	fixture_remove(&f);
}

static void test_a_journal_cut_off_is_an_alarm(void **state)
{
	struct fixture f;
	char path[160];

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	fixture_close(&f);
	fixture_path(&f, "journal/entries", path);
	assert_int_equal(truncate(path, 0), 0);
	fixture_open(&f, NULL);
	assert_true(f.r.read_only);
	assert_int_equal(registrar_change(&f.r, registrar_entry("note", NULL, 0)), REGISTRAR_READ_ONLY);
	fixture_remove(&f);
}

/* ---- when writing fails ---- */

struct failing {
	struct files files;
	bool is_on;
};

static int fail_sync_data(const struct files *f, int fd)
{
	const struct failing *failing = (const struct failing *)(const void *)f; /* files is its first member */

	return failing->is_on ? -EIO : files_linux.sync_data(&files_linux, fd);
}

static void note_result(void *arg, int result)
{
	*(int *)arg = result;
}

static void test_nothing_changes_when_the_journal_cannot_be_written(void **state)
{
	struct failing failing = {.files = files_linux};
	struct record record = fixture_record("2026-000100", 1);
	OWN_MEM char *before = NULL, *after = NULL;
	struct fixture f;
	int told = -1;
	off_t size;

	(void)state;
	failing.files.sync_data = fail_sync_data;
	fixture_make(&f);
	fixture_open(&f, &failing.files);
	make_history(&f);
	before = dump(&f);
	size = size_of(&f, "journal/entries");
	fixture_put(&f, &record, ACT_TAG, NULL);
	assert_int_equal(registrar_when_durable(&f.r, note_result, &told), 0);
	assert_int_equal(told, -1); /* held until it is durable */
	failing.is_on = true;
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(told, REGISTRAR_READ_ONLY);
	assert_true(f.r.read_only);
	assert_int_equal(size_of(&f, "journal/entries"), size);
	after = dump(&f);
	assert_string_equal(after, before);
	assert_int_equal(registrar_change(&f.r, registrar_entry("note", NULL, 0)), REGISTRAR_READ_ONLY);
	fixture_remove(&f);
}

/* A loop as in the role, so that what failed is tried again by itself. */
static int stop_when_writable(struct loop_timer *timer)
{
	struct registrar *r = container_of(timer, struct fixture, watch)->watched;

	if (r->read_only)
		return loop_arm(&r->role.loop, timer, 50, stop_when_writable);
	loop_stop(&r->role.loop);
	return 0;
}

static void test_a_full_disk_passes(void **state)
{
	struct record record = fixture_record("2026-000300", 1);
	OWNED(record) struct record *back = NULL;
	struct fixture f;
	int told = -1, result = 0;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	assert_int_equal(loop_init(&f.r.role.loop), 0);
	assert_int_equal(database_script(store_database(f.r.store), "PRAGMA max_page_count=1"), 0); /* as full as now */
	for (int i = 0; i < 400 && result == 0; i++) {
		char number[STORE_NUMBER_MAX];

		(void)snprintf(number, sizeof(number), "2026-%06d", 300 + i);
		record.number = record.id = number;
		result = registrar_change(&f.r, record_entry(&f.r, &record, ACT_TAG, "li", 1001));
		if (i == 0)
			assert_int_equal(registrar_when_durable(&f.r, note_result, &told), 0);
	}
	assert_int_equal(result, REGISTRAR_READ_ONLY);
	assert_int_equal(told, REGISTRAR_READ_ONLY);
	assert_int_equal(store_record_load(f.r.store, "2026-000300", &back), STORE_NOT_FOUND);
	assert_int_equal(journal_size(f.r.journal), journal_durable(f.r.journal));
	assert_int_equal(database_script(store_database(f.r.store), "PRAGMA max_page_count=1000000"), 0);
	f.watched = &f.r;
	assert_int_equal(loop_arm(&f.r.role.loop, &f.watch, 50, stop_when_writable), 0);
	assert_int_equal(loop_run(&f.r.role.loop, NULL), 0);
	record.number = record.id = "2026-000300";
	fixture_put(&f, &record, ACT_TAG, NULL);
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(store_record_load(f.r.store, "2026-000300", &back), 0);
	fixture_remove(&f);
	loop_done(&f.r.role.loop);
}

static void test_a_wrong_entry_leaves_no_trace(void **state)
{
	struct record record = fixture_record("2026-000200", 1);
	struct json *entry;
	struct fixture f;
	uint64_t seq;
	int told = -1;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	seq = registrar_seq(&f.r);
	assert_int_equal(registrar_change(&f.r, registrar_entry("no-such-operation", NULL, 0)), REGISTRAR_REFUSED);
	entry = registrar_entry("appointment-end", "sun", 2001);
	json_set_text(entry, "id", "nobody");
	json_set_text(entry, "on", "2026-05-04");
	json_set_int(entry, "appointment", 4);
	assert_int_equal(registrar_change(&f.r, entry), REGISTRAR_REFUSED);
	entry = registrar_entry("record", "li", 1001); /* an event, but no record */
	json_set_text(entry, "act", "tag");
	assert_int_equal(registrar_change(&f.r, entry), REGISTRAR_REFUSED);
	assert_int_equal(registrar_seq(&f.r), seq);
	fixture_put(&f, &record, ACT_TAG, NULL);
	assert_int_equal(registrar_seq(&f.r), seq + 1);
	assert_int_equal(registrar_when_durable(&f.r, note_result, &told), 0);
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(told, 0);
	fixture_remove(&f);
}

static struct json *person_entry(struct fixture *f, bool has_name)
{
	struct json *entry = registrar_entry("person", "sun", 2001);

	json_set_text(entry, "id", "qian");
	if (has_name)
		cell_set_of(entry, "name", f->r.meta_key, "person.name", "qian", "Qian");
	json_set_int(entry, "holder", 1009);
	json_set_text(entry, "from", "2026-01-01");
	return entry;
}

/* Among others of one turn, which stay: those of one row are applied without a mark to go back to. */
static void test_a_wrong_row_leaves_the_others(void **state)
{
	OWNED(json) struct json *good = NULL;
	OWN_MEM char *before = NULL, *after = NULL, *last = NULL;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	make_history(&f);
	good = person_entry(&f, true);
	assert_true(apply_needs_no_mark(json_look(good)));
	assert_int_equal(registrar_change(&f.r, json_copy(json_look(good))), 0);
	before = dump(&f);
	assert_int_equal(registrar_change(&f.r, json_copy(json_look(good))), REGISTRAR_REFUSED); /* is there already */
	assert_int_equal(registrar_change(&f.r, person_entry(&f, false)), REGISTRAR_REFUSED);
	after = dump(&f);
	assert_string_equal(after, before);
	json_set_text(good, "id", "sheng");
	assert_int_equal(registrar_change(&f.r, steal(&good)), 0);
	assert_int_equal(registrar_settle(&f.r), 0);
	last = dump(&f);
	assert_non_null(strstr(last, "sheng"));
	expect_replay(&f, last);
	fixture_remove(&f);
}

/* An expiry looks before it writes: one that does not fit leaves those before and after it in the same turn. */
static void test_a_wrong_expiry_leaves_the_others(void **state)
{
	static const struct {
		const char *number;
		uint32_t version;
		const char *day;
		int result;
	} all[] = {
	    {"2026-000001", 3, NULL, REGISTRAR_REFUSED},    {"2026-000001", 1, NULL, REGISTRAR_REFUSED},
	    {"2026-000001", 2, "soon", REGISTRAR_REFUSED},  {"2026-000009", 2, NULL, REGISTRAR_REFUSED},
	    {"2026-000001", 2, NULL, 0},		    {"2026-000001", 2, NULL, REGISTRAR_REFUSED},
	    {"2026-000001", 2, "2026-05", REGISTRAR_REFUSED},
	};
	struct fixture f;
	OWN_MEM char *last = NULL;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	fixture_put(&f, &(struct record){.number = "2026-000001", .id = "a", .version = 1}, ACT_TAG, NULL);
	for (size_t i = 0; i < array_n(all); i++) {
		const struct record next = {.number = all[i].number, .id = "a", .version = all[i].version};
		struct json *entry = record_expire_entry(&f.r, &next);
		OWN_MEM char *before = dump(&f);
		OWN_MEM char *after = NULL;

		if (all[i].day)
			json_set_text(entry, "day", all[i].day);
		assert_int_equal(registrar_change(&f.r, entry), all[i].result);
		after = dump(&f);
		assert_int_equal(strcmp(before, after) == 0, all[i].result != 0);
	}
	assert_int_equal(registrar_settle(&f.r), 0);
	last = dump(&f);
	assert_non_null(strstr(last, "expired"));
	expect_replay(&f, last);
	fixture_remove(&f);
}

static void test_what_is_more_than_a_row_has_a_mark(void **state)
{
	static const struct {
		const char *op, *what;
		bool one_row;
	} all[] = {
	    {"finding", NULL, true},  {"task", "opened", true},	   {"finding-close", NULL, false},
	    {"expire", NULL, true},   {"task", "answered", false}, {"record", NULL, false},
	    {"nothing", NULL, false}, {"copy", "made", false},
	};

	(void)state;
	for (size_t i = 0; i < array_n(all); i++) {
		OWNED(json) struct json *entry = registrar_entry(all[i].op, NULL, 0);

		json_set_text(entry, "what", all[i].what);
		assert_int_equal(apply_needs_no_mark(json_look(entry)), all[i].one_row);
	}
}

static void test_time_does_not_go_back(void **state)
{
	struct fixture f;
	struct date day;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	day = registrar_today(&f.r);
	assert_int_equal(date_compare(day, (struct date){2026, 5, 4}), 0);
	assert_false(registrar_clock_is_suspect(&f.r));
	fixture_set_clock(&f, "2037-01-01");
	assert_int_equal(date_compare(registrar_today(&f.r), (struct date){2037, 1, 1}), 0);
	make_history(&f);
	fixture_set_clock(&f, "2030-01-01");
	assert_int_equal(date_compare(registrar_today(&f.r), (struct date){2037, 1, 1}), 0);
	assert_true(registrar_clock_is_suspect(&f.r));
	fixture_set_clock(&f, "no date");
	assert_int_equal(date_compare(registrar_today(&f.r), (struct date){2037, 1, 1}), 0);
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_record_comes_back_whole),
	    cmocka_unit_test(test_rows_hold_no_title_in_clear),
	    cmocka_unit_test(test_replay_gives_the_same_store),
	    cmocka_unit_test(test_a_bad_store_is_put_aside_and_rebuilt),
	    cmocka_unit_test(test_a_full_disk_passes),
	    cmocka_unit_test(test_a_torn_tail_is_cut_and_work_goes_on),
	    cmocka_unit_test(test_verify_finds_a_changed_byte),
	    cmocka_unit_test(test_a_journal_cut_off_is_an_alarm),
	    cmocka_unit_test(test_nothing_changes_when_the_journal_cannot_be_written),
	    cmocka_unit_test(test_a_wrong_entry_leaves_no_trace),
	    cmocka_unit_test(test_a_wrong_row_leaves_the_others),
	    cmocka_unit_test(test_a_wrong_expiry_leaves_the_others),
	    cmocka_unit_test(test_what_is_more_than_a_row_has_a_mark),
	    cmocka_unit_test(test_time_does_not_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
