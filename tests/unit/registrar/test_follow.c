/* Where a sealed document is: what a file says of itself counts, not whose inode it once was. */
#include "core_fixture.h"

#include "domain/policy.h"
#include "registrar/api/api.h"
#include "registrar/documents/jobs_private.h"
#include "registrar/documents/watch_private.h"

#define NUMBER "2026-000001"
#define OTHER  "2026-000002"

static struct level levels[] = {{.code = "UNCLASSIFIED"}, {.code = "SECRET", .rank = 1}};
static struct policy policy = {.id = "p", .version = "1", .levels = levels, .n_levels = 2};
static struct role_root root = {.id = 1, .kind = ROOT_DOCUMENTS};

static void begin(struct fixture *f)
{
	struct store_document d = {.number = NUMBER, .root = 1, .path = "b.age", .dev = 7, .ino = 10, .sealed = true};
	struct record record = fixture_record(NUMBER, 1);
	struct json *entry = registrar_entry("sealed", NULL, 0);

	fixture_make(f);
	fixture_open(f, NULL);
	f->r.role.roots = &root;
	f->r.role.n_roots = 1;
	f->r.policy = &policy;
	assert_int_equal(watch_new(&f->r), 0);
	assert_int_equal(jobs_new(&f->r), 0);
	assert_int_equal(api_new(&f->r), 0);
	fixture_put(f, &record, ACT_SUBMIT, NULL);
	json_set_text(entry, "number", NUMBER);
	json_set(entry, "document", store_document_json(f->r.store, &d));
	assert_int_equal(registrar_change(&f->r, entry), 0);
}

static void end(struct fixture *f)
{
	jobs_free(f->r.jobs);
	api_free(f->r.api);
	f->r.policy = NULL;
	f->r.role.roots = NULL;
	f->r.role.n_roots = 0;
	fixture_remove(f);
}

static void tell(struct fixture *f, const char *path)
{
	union frame_any m = {.seen = {.root = 1,
				      .path = path,
				      .dev = 7,
				      .ino = 10,
				      .size = 5,
				      .event = SEEN_CHANGED,
				      .kind = SEEN_REGULAR,
				      .ours = 1}};

	assert_int_equal(watch_on_seen(&f->r.role, NULL, &m, NULL), 0);
}

static void look_into(struct fixture *f, const char *path, const char *record)
{
	OWN_MEM char *args = text_format("%s 1 SECRET p@1", record);
	union frame_any m = {.facts = {.root = 1,
				       .path = path,
				       .dev = 7,
				       .ino = 10,
				       .size = 5,
				       .outcome = INSPECT_DONE,
				       .type = "",
				       .mark = "",
				       .mark_level = "",
				       .mark_term = "",
				       .matches = "",
				       .sealed_args = args}};

	assert_int_equal(watch_on_facts(&f->r.role, NULL, &m, NULL), 0);
}

static void is_at(struct fixture *f, const char *path)
{
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};

	assert_int_equal(look_document(f->r.store, NUMBER, &a, &d), 0);
	assert_string_equal(d.path, path);
}

static bool is_looked_into(struct fixture *f)
{
	for (size_t i = 0; i < LOOK_BUCKETS; i++)
		if (f->r.watch->looks[i])
			return true;
	return false;
}

/* "a.age" was replaced, its inode is that of the new "b.age" now, and that is told before "b.age" is. */
static void test_a_late_word_of_an_old_inode_moves_nothing(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	tell(&f, "a.age");
	is_at(&f, "b.age");
	assert_true(is_looked_into(&f));
	look_into(&f, "a.age", OTHER);
	is_at(&f, "b.age");
	end(&f);
}

static void test_a_file_that_says_so_has_moved(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	tell(&f, "moved/b.age");
	is_at(&f, "b.age");
	look_into(&f, "moved/b.age", NUMBER);
	is_at(&f, "moved/b.age");
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_late_word_of_an_old_inode_moves_nothing),
	    cmocka_unit_test(test_a_file_that_says_so_has_moved),
	};

	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
