/* Which sealed documents have no file, slice by slice; and whose document lies, or lay, at a name. */
#include "core_fixture.h"

#include "registrar/store/store_private.h"

#define FAR "12000" /* rows before it are gone: more than two slices */

static struct store_document document(const char *number, const char *path, uint64_t ino)
{
	return (struct store_document){.number = number, .root = 1, .path = path, .dev = 7, .ino = ino, .sealed = true};
}

static void put(struct fixture *f, const char *op, const struct store_document *d)
{
	struct record record = fixture_record(d->number, 1);
	struct json *entry = registrar_entry(op, NULL, 0);

	fixture_put(f, &record, ACT_SUBMIT, NULL);
	json_set_text(entry, "number", d->number);
	json_set(entry, "document", store_document_json(f->r.store, d));
	assert_int_equal(registrar_change(&f->r, entry), 0);
}

static void see(struct fixture *f, const char *path, uint64_t ino, bool ours)
{
	struct store_seen seen = {.root = 1,
				  .path = path,
				  .dev = 7,
				  .ino = ino,
				  .size = 5,
				  .event = SEEN_SETTLED,
				  .kind = SEEN_REGULAR,
				  .ours = ours};
	struct store_told told = {0};

	assert_int_equal(store_seen_put(f->r.store, &seen, &told), 0);
}

struct found {
	char numbers[64];
	unsigned slices;
};

static int take(const struct store_document *d, void *arg)
{
	struct found *found = arg;
	size_t n = strlen(found->numbers);

	(void)snprintf(found->numbers + n, sizeof(found->numbers) - n, "%s ", d->number);
	return 0;
}

static struct found astray(struct fixture *f, uint32_t root)
{
	struct found found = {0};
	int64_t at = 0;

	do {
		assert_int_equal(store_document_astray(f->r.store, root, &at, take, &found), 0);
		found.slices++;
	} while (at != 0);
	return found;
}

static void begin(struct fixture *f)
{
	const struct store_document there = document("2026-000001", "a.age", 11),
				    gone = document("2026-000002", "b.age", 12);
	struct store_document clear = document("2026-000003", "c.docx", 13);

	clear.sealed = false;
	fixture_make(f);
	fixture_open(f, NULL);
	put(f, "sealed", &there);
	put(f, "document", &clear);
	put(f, "sealed", &gone);
	assert_int_equal(registrar_settle(&f->r), 0);
	assert_int_equal(
	    database_run(f->r.store->db, "UPDATE documents SET rowid=" FAR " WHERE number='2026-000002'", NO_VALUES),
	    0);
	see(f, "a.age", 11, true);
}

static void test_every_slice_is_looked_at(void **state)
{
	struct fixture f;
	struct found found;

	(void)state;
	begin(&f);
	found = astray(&f, 0);
	assert_string_equal(found.numbers, "2026-000002 ");
	assert_true(found.slices > 2);
	assert_string_equal(astray(&f, 1).numbers, "2026-000002 ");
	assert_string_equal(astray(&f, 2).numbers, "");
	see(&f, "elsewhere.age", 12, true);
	assert_string_equal(astray(&f, 0).numbers, "");
	fixture_remove(&f);
}

/* An inode that is another's file by now is not the sealed one. */
static void test_only_a_file_of_ours_is_it(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	see(&f, "somebodys.txt", 12, false);
	assert_string_equal(astray(&f, 0).numbers, "2026-000002 ");
	fixture_remove(&f);
}

static void test_by_name(void **state)
{
	struct fixture f;
	struct found found = {0}, none = {0};

	(void)state;
	begin(&f);
	assert_int_equal(store_document_at(f.r.store, 1, "b.age", take, &found), 0);
	assert_string_equal(found.numbers, "2026-000002 ");
	assert_int_equal(store_document_at(f.r.store, 2, "b.age", take, &none), 0);
	assert_int_equal(store_document_at(f.r.store, 1, "d.age", take, &none), 0);
	assert_string_equal(none.numbers, "");
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_slice_is_looked_at),
	    cmocka_unit_test(test_only_a_file_of_ours_is_it),
	    cmocka_unit_test(test_by_name),
	};

	return cmocka_run_group_tests_name("astray", tests, NULL, NULL);
}
