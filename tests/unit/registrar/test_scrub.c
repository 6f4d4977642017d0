/* Whatever page of the store is damaged: it is found, when it is read or by looking through, and the store is made anew
 * from the journal, with all that was in it. */
#include "registrar/core_fixture.h"

#include "base/text.h"
#include "registrar/oversight/scrub.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define PAGE	4096
#define RECORDS 60

static char *dump(struct fixture *f)
{
	struct buffer b = {0};

	assert_int_equal(store_dump(f->r.store, &b), 0);
	return buffer_steal_text(&b);
}

static void make_store(struct fixture *f)
{
	fixture_make(f);
	fixture_open(f, NULL);
	for (int i = 1; i <= RECORDS; i++) {
		OWN_MEM char *number = text_format("2026-%06d", i);
		struct record record = fixture_record(number, 1);

		fixture_put(f, &record, ACT_TAG, "a note");
	}
	assert_int_equal(registrar_settle(&f->r), 0);
}

static off_t pages_of(const struct fixture *f)
{
	char path[160];
	struct stat st;

	fixture_path(f, "store.db", path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size / PAGE;
}

static void damage(const struct fixture *f, off_t at, uint8_t by)
{
	char path[160];
	uint8_t byte;
	int fd;

	fixture_path(f, "store.db", path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= by;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	(void)close(fd);
}

/* How many stores were put aside. */
static int aside(const struct fixture *f)
{
	OWN_MEM char *path = text_format("%s", f->dir);
	DIR *dir = opendir(path);
	const struct dirent *e;
	int n = 0;

	while (dir && (e = readdir(dir)))
		n += strncmp(e->d_name, "store.db.bad-", 13) == 0;
	(void)closedir(dir);
	return n;
}

static int scrub_all(struct registrar *r)
{
	bool over = false;
	int result = 0;

	while (result == 0 && !over)
		result = scrub_step(r, &over);
	return result;
}

/* As a process does it: opened, looked through; a fault ends it, and it starts again. Until it ends well. */
static int starts_until_sound(struct fixture *f)
{
	struct role role = f->r.role;

	for (int n = 1; n < 5; n++) {
		int result;

		f->r = (struct registrar){.role = role};
		f->r.role.codes = NULL;
		f->r.role.n_codes = 0;
		result = registrar_core_open(&f->r, NULL);
		if (result == 0)
			result = scrub_all(&f->r);
		if (result == 0) {
			assert_false(f->r.read_only);
			return n;
		}
		assert_int_equal(result, -EUCLEAN);
		fixture_close(f);
	}
	fail_msg("it does not come to an end");
	return 0;
}

static void expect_all(struct fixture *f, const char *before)
{
	OWN_MEM char *after = dump(f);

	assert_string_equal(after, before);
}

static void test_every_page(void **state)
{
	struct fixture f;
	off_t pages;
	int stores = 0;

	(void)state;
	make_store(&f);
	fixture_close(&f);
	pages = pages_of(&f);
	assert_true(pages > 40);
	for (off_t i = 0; i < pages; i += i < 4 ? 1 : 5) {
		OWN_MEM char *day = text_format("20%02d-%02d-04", 26 + (int)i % 70, 1 + (int)i / 70); /* what is put aside has its time */
		OWN_MEM char *before = NULL;

		fixture_set_clock(&f, day);
		assert_int_equal(starts_until_sound(&f), 1);
		before = dump(&f);
		fixture_close(&f);
		damage(&f, i * PAGE + 200 + i * 37 % 3800, 0x40);
		assert_in_range(starts_until_sound(&f), 1, 2);
		expect_all(&f, before);
		assert_true(aside(&f) > stores);
		stores = aside(&f);
		fixture_close(&f);
	}
	fixture_open(&f, NULL);
	fixture_remove(&f);
}

/* What says that there are checksums is itself damaged: then all is checked in the old way. */
static void test_the_header(void **state)
{
	OWN_MEM char *before = NULL;
	struct fixture f;

	(void)state;
	make_store(&f);
	before = dump(&f);
	fixture_close(&f);
	damage(&f, 20, 8);
	assert_in_range(starts_until_sound(&f), 1, 2);
	expect_all(&f, before);
	assert_int_equal(aside(&f), 1);
	fixture_remove(&f);
}

/* What is not damaged is looked through as often as one likes, also while there are changes. */
static void test_a_sound_store_stays(void **state)
{
	struct fixture f;
	struct record record;

	(void)state;
	make_store(&f);
	for (uint32_t i = 2; i < 5; i++) {
		bool over = true;

		record = fixture_record("2026-000007", i);
		fixture_put(&f, &record, ACT_TAG, NULL);
		assert_int_equal(scrub_step(&f.r, &over), 0);
		assert_false(over); /* not within a transaction */
		assert_int_equal(registrar_settle(&f.r), 0);
		assert_int_equal(scrub_all(&f.r), 0);
	}
	assert_int_equal(aside(&f), 0);
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_page),
	    cmocka_unit_test(test_the_header),
	    cmocka_unit_test(test_a_sound_store_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
