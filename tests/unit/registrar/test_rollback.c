/* An older state that was put back: who notices, what is still written, and who ends it. */
#include "core_fixture.h"

#include "registrar/keys/rollback_private.h"

#include "base/text.h"

static struct frame_marked mark_of(const struct fixture *f)
{
	struct frame_marked m = {.state = MARK_THERE, .entries = journal_durable(f->r.journal)};
	char hash[CHAIN_HASH_TEXT];

	journal_durable_hash(f->r.journal, hash);
	if (m.entries > 0)
		assert_true(text_from_hex(hash, m.last, sizeof(m.last)));
	return m;
}

static void hear(struct fixture *f, const struct frame_marked *m)
{
	union frame_any any = {.marked = *m};

	assert_int_equal(rollback_on_marked(&f->r.role, NULL, &any, NULL), 0);
}

static void open_it(struct fixture *f)
{
	fixture_make(f);
	fixture_open(f, NULL);
	assert_int_equal(rollback_new(&f->r), 0);
}

static void close_it(struct fixture *f)
{
	rollback_free(&f->r);
	fixture_remove(f);
}

static void put(struct fixture *f, const char *number)
{
	struct record record = fixture_record(number, 1);

	fixture_put(f, &record, ACT_NEW, "made");
	assert_int_equal(registrar_settle(&f->r), 0);
}

static int change(struct fixture *f, const char *op)
{
	struct json *entry = registrar_entry(op, "sun", 2001);

	json_set_text(entry, "number", "2026-000001");
	json_set_text(entry, "what", "x");
	return registrar_change(&f->r, entry);
}

static void test_a_journal_that_went_on_is_none(void **state)
{
	struct fixture f;
	struct frame_marked m;

	(void)state;
	open_it(&f);
	hear(&f, &(struct frame_marked){.state = MARK_THERE});
	assert_false(f.r.is_frozen);
	put(&f, "2026-000001");
	m = mark_of(&f);
	put(&f, "2026-000002");
	hear(&f, &m); /* the mark is always a little behind */
	assert_false(f.r.is_frozen);
	close_it(&f);
}

static void test_four_witnesses(void **state)
{
	static const uint8_t bad[] = {MARK_NONE, MARK_ALTERED};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct fixture f;
		struct frame_marked m;

		open_it(&f);
		put(&f, "2026-000001");
		m = mark_of(&f);
		m.entries += i == 0;
		m.last[3] ^= i == 1;
		m.state = i >= 2 ? bad[i - 2] : m.state;
		hear(&f, &m);
		assert_true(f.r.is_frozen);
		assert_true(strlen(f.r.frozen_why) > 10);
		assert_false(registrar_may_work(&f.r));
		close_it(&f);
	}
}

static void test_a_frozen_state_writes_what_was_read(void **state)
{
	struct fixture f;
	struct frame_marked m;
	struct record record = fixture_record("2026-000002", 1);
	uint64_t before;

	(void)state;
	open_it(&f);
	put(&f, "2026-000001");
	m = mark_of(&f);
	m.entries++;
	hear(&f, &m);
	before = journal_size(f.r.journal);
	assert_int_equal(registrar_change(&f.r, record_entry(&f.r, &record, ACT_NEW, "li", 1001)), REGISTRAR_READ_ONLY);
	assert_int_equal(change(&f, "disposed"), REGISTRAR_READ_ONLY);
	assert_int_equal(journal_size(f.r.journal), before);
	assert_int_equal(change(&f, "read"), 0);
	assert_int_equal(change(&f, "note"), 0);
	assert_int_equal(journal_size(f.r.journal), before + 2);
	close_it(&f);
}

static void test_two_have_accepted(void **state)
{
	struct fixture f;
	struct frame_marked m;
	OWN_MEM char *by = NULL;

	(void)state;
	open_it(&f);
	put(&f, "2026-000001");
	m = mark_of(&f);
	m.entries++;
	hear(&f, &m);
	assert_int_equal(rollback_accept(&f.r, &(struct acceptance){"moon", "sun", "the disk was replaced", 2002}), 0);
	assert_false(f.r.is_frozen);
	assert_int_equal(store_fact(f.r.store, "rollback_by", &by), 0);
	assert_string_equal(by, "sun");
	put(&f, "2026-000002");
	close_it(&f);
}

/* The note of a restore freezes at the start, and is gone when it was accepted; inodes of the old disk are forgotten.
 */
static void test_a_restored_state(void **state)
{
	struct fixture f;
	char path[160];
	FILE *note;
	int64_t dev = -1;

	(void)state;
	open_it(&f);
	put(&f, "2026-000001");
	rollback_free(&f.r);
	fixture_path(&f, ROLLBACK_RESTORED, path);
	note = fopen(path, "w");
	assert_non_null(note);
	assert_true(fputs("{\"made\":\"2026-03-01T08:00:00Z\"}", note) > 0);
	assert_int_equal(fclose(note), 0);
	assert_int_equal(rollback_new(&f.r), 0);
	assert_true(f.r.is_frozen);
	assert_non_null(strstr(f.r.frozen_why, "2026-03-01T08:00:00Z"));
	hear(&f, &(struct frame_marked){.state = MARK_NONE}); /* a new machine's keeper has none */
	assert_non_null(strstr(f.r.frozen_why, "2026-03-01"));
	assert_int_equal(rollback_accept(&f.r, &(struct acceptance){"moon", "sun", "replaced", 2002}), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(
	    database_int(store_database(f.r.store), "SELECT count(*) FROM documents WHERE dev<>0", NO_VALUES, 0, &dev),
	    0);
	assert_int_equal(dev, 0);
	close_it(&f);
}

/* What the sealer wrote is a witness; what anybody can write is none. */
static void test_sealed_files_that_are_newer(void **state)
{
	struct fixture f;
	struct store_seen seen = {.path = "plan.docx.age", .ours = true, .sealed_args = "2026-000001 1 SECRET us@1"};
	bool is_newer;

	(void)state;
	open_it(&f);
	struct record record = fixture_record("2026-000001", 1);
	record.id = "0192f0c4-1111-7222-8333-444455556666";
	fixture_put(&f, &record, ACT_NEW, "made");
	assert_int_equal(registrar_settle(&f.r), 0);
	seen.sealed_args = "0192f0c4-1111-7222-8333-444455556666 1 SECRET us@1";
	assert_int_equal(rollback_look(&f.r, &seen, &is_newer), 0);
	assert_false(is_newer || f.r.is_frozen);
	seen.sealed_args = "0192f0c4-1111-7222-8333-444455556666 2 SECRET us@1";
	seen.ours = false;
	assert_int_equal(rollback_look(&f.r, &seen, &is_newer), 0);
	assert_false(is_newer || f.r.is_frozen);
	seen.ours = true;
	assert_int_equal(rollback_look(&f.r, &seen, &is_newer), 0);
	assert_true(is_newer && f.r.is_frozen);
	assert_non_null(strstr(f.r.frozen_why, "plan.docx.age"));
	assert_int_equal(f.r.rollback->n_newer, 1);
	assert_int_equal(rollback_look(&f.r, &seen, &is_newer), 0);
	assert_int_equal(f.r.rollback->n_newer, 1);
	close_it(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_journal_that_went_on_is_none),
	    cmocka_unit_test(test_four_witnesses),
	    cmocka_unit_test(test_a_frozen_state_writes_what_was_read),
	    cmocka_unit_test(test_two_have_accepted),
	    cmocka_unit_test(test_a_restored_state),
	    cmocka_unit_test(test_sealed_files_that_are_newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
