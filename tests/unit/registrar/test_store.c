#include "core_fixture.h"

#include "base/text.h"

static int count_records(const struct record *record, void *arg)
{
	assert_non_null(record->number);
	(*(int *)arg)++;
	return 0;
}

static int n_listed(struct fixture *f, struct store_record_filter filter)
{
	int n = 0;

	assert_int_equal(store_record_list(f->r.store, &filter, count_records, &n), 0);
	return n;
}

static void put_many(struct fixture *f)
{
	static const struct {
		const char *number, *drafter, *responsible, *due;
		enum record_state state;
	} rows[] = {
	    {"2026-000001", "li", "wang", NULL, RECORD_DRAFT},
	    {"2026-000002", "li", "wang", "2026-06-01", RECORD_PROPOSED},
	    {"2026-000003", "zhou", "wang", "2026-05-01", RECORD_CLASSIFIED},
	    {"2026-000004", "zhou", "qian", "2026-05-01", RECORD_PROPOSED},
	    {"2026-000005", "zhou", "qian", "2027-01-01", RECORD_ISSUED},
	};

	for (size_t i = 0; i < array_n(rows); i++) {
		struct record record = fixture_record(rows[i].number, 1);
		struct json *entry;

		record.drafter = rows[i].drafter;
		record.responsible = rows[i].responsible;
		record.state = rows[i].state;
		entry = record_entry(&f->r, &record, ACT_TAG, rows[i].drafter, 1001);
		json_set_text(entry, "due", rows[i].due);
		assert_int_equal(registrar_change(&f->r, entry), 0);
	}
	assert_int_equal(registrar_settle(&f->r), 0);
}

static void test_lists_are_narrowed(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	put_many(&f);
	assert_int_equal(n_listed(&f, (struct store_record_filter){0}), 5);
	assert_int_equal(n_listed(&f, (struct store_record_filter){.limit = 2}), 2);
	assert_int_equal(n_listed(&f, (struct store_record_filter){.after = "2026-000003"}), 2);
	assert_int_equal(n_listed(&f, (struct store_record_filter){.drafter = "li"}), 2);
	assert_int_equal(n_listed(&f, (struct store_record_filter){.responsible = "wang"}), 3);
	assert_int_equal(n_listed(&f, (struct store_record_filter){.states = 1u << RECORD_PROPOSED}), 2);
	assert_int_equal(
	    n_listed(&f, (struct store_record_filter){.states = 1u << RECORD_PROPOSED | 1u << RECORD_DRAFT}), 3);
	assert_int_equal(
	    n_listed(&f, (struct store_record_filter){.states = 1u << RECORD_PROPOSED, .responsible = "qian"}), 1);
	assert_int_equal(n_listed(&f, (struct store_record_filter){.requested = true}), 0);
	fixture_remove(&f);
}

static int expire(const struct record *record, void *arg)
{
	struct registrar *r = arg;
	struct record next = *record;

	next.version++;
	return registrar_change(r, record_expire_entry(r, &next));
}

static void test_what_is_due_is_acted_on_once(void **state)
{
	OWNED(record) struct record *record = NULL;
	OWNED(record) struct record *old = NULL;
	struct fixture f;
	struct date day;
	int64_t n = 0;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	put_many(&f);
	assert_int_equal(store_due_next(f.r.store, &day), 0);
	assert_int_equal(date_compare(day, (struct date){2026, 5, 1}), 0);
	assert_int_equal(store_due_count(f.r.store, (struct date){2026, 6, 1}, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(store_due(f.r.store, (struct date){2026, 6, 1}, STORE_NO_LIMIT, expire, &f.r), 0);
	assert_int_equal(registrar_settle(&f.r), 0);
	assert_int_equal(store_due_count(f.r.store, (struct date){2026, 6, 1}, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_record_load(f.r.store, "2026-000003", &record), 0);
	assert_int_equal(record->state, RECORD_EXPIRED);
	assert_int_equal(record->version, 2);
	assert_string_equal(record->title, "机密 report");
	assert_int_equal(store_record_load_version(f.r.store, "2026-000003", 1, &old), 0);
	assert_int_equal(old->state, RECORD_CLASSIFIED);
	fixture_remove(&f);
}

/* ---- documents ---- */

static int take_document(const struct store_document *d, void *arg)
{
	*(struct store_document *)arg = *d;
	assert_string_equal(d->path, d->sealed ? "a.docx.age" : "a.docx");
	return 0;
}

static struct store_document document_of(struct fixture *f, const char *number)
{
	struct store_document d = {0};

	assert_int_equal(store_document_of(f->r.store, number, take_document, &d), 0);
	return d;
}

static int take_number(const struct store_seen *seen, void *arg)
{
	(void)snprintf(arg, STORE_NUMBER_MAX, "%s", seen->number ? seen->number : "-");
	return 0;
}

static const char *number_of(struct fixture *f, uint64_t ino)
{
	static char number[STORE_NUMBER_MAX];

	assert_int_equal(store_seen_by_file(f->r.store, 1, ino, take_number, number), 0);
	return number;
}

static void change_document(struct fixture *f, const char *op, const struct store_document *d)
{
	struct json *entry = registrar_entry(op, NULL, 0);

	json_set_text(entry, "number", d->number);
	if (d->path)
		json_set(entry, "document", store_document_json(f->r.store, d));
	assert_int_equal(registrar_change(&f->r, entry), 0);
}

static void test_plain_and_sealed_file_are_one_document(void **state)
{
	struct store_seen plain = {
	    .kind = SEEN_REGULAR, .root = 1, .path = "a.docx", .dev = 1, .ino = 10, .first_seen = "now"};
	struct store_seen sealed = {
	    .kind = SEEN_REGULAR, .root = 1, .path = "a.docx.age", .dev = 1, .ino = 11, .first_seen = "now"};
	struct store_document d = {.number = "2026-000001", .root = 1, .path = "a.docx", .dev = 1, .ino = 10};
	struct fixture f;
	struct store_told news;
	int64_t n;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	put_many(&f);
	assert_int_equal(store_seen_put(f.r.store, &plain, &news), 0);
	assert_int_equal(store_seen_put(f.r.store, &sealed, &news), 0);
	assert_string_equal(number_of(&f, 10), "-");
	d.plain = true;
	d.sha256 = "ab";
	change_document(&f, "document", &d);
	assert_string_equal(number_of(&f, 10), "2026-000001");
	assert_true(document_of(&f, d.number).plain);
	d.path = "a.docx.age";
	d.ino = 11;
	d.sealed = true;
	d.sha256 = NULL; /* not said again: stays */
	change_document(&f, "sealed", &d);
	assert_string_equal(number_of(&f, 10), "2026-000001"); /* until it is taken */
	assert_string_equal(number_of(&f, 11), "2026-000001");
	assert_int_equal(store_seen_count(f.r.store, 1, true, &n), 0);
	assert_int_equal(n, 0);
	d.path = NULL;
	change_document(&f, "disposed", &d);
	assert_string_equal(number_of(&f, 10), "-");
	assert_false(document_of(&f, d.number).plain);
	assert_true(document_of(&f, d.number).sealed);
	fixture_remove(&f);
}

/* A draft was saved anew by rename, and before anybody said so another file got the number of its first inode. */
static void test_a_used_inode_is_not_the_draft(void **state)
{
	struct store_seen other = {
	    .kind = SEEN_REGULAR, .root = 1, .path = "b.docx", .dev = 1, .ino = 10, .size = 2, .generation = 7};
	struct store_document d = {
	    .number = "2026-000001", .root = 1, .path = "a.docx", .dev = 1, .ino = 10, .size = 1};
	struct fixture f;
	struct store_told news;
	int64_t n;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	put_many(&f);
	d.plain = true;
	change_document(&f, "document", &d);
	other.first_seen = "now";
	assert_int_equal(store_seen_put(f.r.store, &other, &news), 0);
	assert_string_equal(number_of(&f, 10), "-");
	assert_int_equal(store_seen_count(f.r.store, 1, true, &n), 0);
	assert_int_equal(n, 1);
	fixture_remove(&f);
}

static int take_seen(const struct store_seen *seen, void *arg)
{
	*(struct store_seen *)arg = *seen;
	return 0;
}

static int count_seen(const struct store_seen *seen, void *arg)
{
	assert_non_null(seen->path);
	(*(int *)arg)++;
	return 0;
}

static void test_files_seen(void **state)
{
	static const char *const paths[] = {"a/1.txt", "a/2.txt", "ab/3.txt"};
	struct store_seen file = {.root = 1, .dev = 1, .size = 5, .uid = 1001, .first_seen = "2026"}, back = {0};
	struct fixture f;
	struct store_told news;
	int n = 0;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(registrar_batch(&f.r), 0);
	for (size_t i = 0; i < array_n(paths); i++) {
		file.path = paths[i];
		file.ino = 100 + i;
		assert_int_equal(store_seen_put(f.r.store, &file, &news), 0);
	}
	file.type = "text/plain";
	assert_int_equal(store_seen_inspected(f.r.store, &file), 0);
	assert_int_equal(store_seen_find(f.r.store, 1, "ab/3.txt", take_seen, &back), 0);
	assert_true(back.inspected);
	file.event = 2; /* the same file settles: what was inspected still holds */
	assert_int_equal(store_seen_put(f.r.store, &file, &news), 0);
	assert_int_equal(store_seen_find(f.r.store, 1, "ab/3.txt", take_seen, &back), 0);
	assert_true(back.inspected);
	assert_int_equal(back.event, 2);
	file.size = 6; /* and now it does not */
	assert_int_equal(store_seen_put(f.r.store, &file, &news), 0);
	assert_int_equal(store_seen_find(f.r.store, 1, "ab/3.txt", take_seen, &back), 0);
	assert_false(back.inspected);
	file.size = 5;
	assert_int_equal(store_seen_inspected(f.r.store, &file), STORE_NOT_FOUND);
	assert_int_equal(
	    store_seen_list(f.r.store, &(struct store_seen_filter){.root = 1, .below = "a"}, count_seen, &n), 0);
	assert_int_equal(n, 2); /* "ab" is not below "a" */
	n = 0;
	assert_int_equal(store_seen_list(f.r.store, &(struct store_seen_filter){.limit = 1}, count_seen, &n), 0);
	assert_int_equal(n, 1);
	fixture_remove(&f);
}

struct paged {
	struct store_seen_filter filter;
	char said[200];
	int n;
};

static int say_seen(const struct store_seen *seen, void *arg)
{
	struct paged *p = arg;

	p->filter.after = seen->id;
	p->n++;
	(void)snprintf(p->said + strlen(p->said), sizeof(p->said) - strlen(p->said), "%s;", seen->path);
	return 0;
}

/* Every page goes on where the last one ended, in whatever folder that was. */
static void test_files_in_pages(void **state)
{
	static const char *const paths[] = {"a/1", "a/2", "a/3", "b/1", "a/c/1", "a/c/2", "a/d/e/1", "ab/1", "2"};
	struct store_seen file = {.root = 1, .dev = 1, .kind = 1, .uid = 1001, .first_seen = "2026"};
	struct store_told news;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(registrar_batch(&f.r), 0);
	for (size_t i = 0; i < array_n(paths); i++) {
		file.path = paths[i];
		file.ino = 100 + i;
		assert_int_equal(store_seen_put(f.r.store, &file, &news), 0);
	}
	for (int64_t page = 1; page < 10; page++) {
		static const char *const below[] = {"", "a", "a/c", "none"};
		static const int found[] = {9, 6, 2, 0};

		for (size_t i = 0; i < array_n(below); i++) {
			struct paged all = {.filter = {.root = 1, .below = below[i], .limit = STORE_NO_LIMIT}};
			struct paged p = {.filter = {.root = 1, .below = below[i], .limit = page}};
			int before = -1;

			assert_int_equal(store_seen_list(f.r.store, &all.filter, say_seen, &all), 0);
			assert_int_equal(all.n, found[i]);
			while (p.n > before) {
				before = p.n;
				assert_int_equal(store_seen_list(f.r.store, &p.filter, say_seen, &p), 0);
				assert_in_range(p.n - before, 0, page);
			}
			assert_string_equal(p.said, all.said);
		}
	}
	fixture_remove(&f);
}

static int note_path(const char *path, void *arg)
{
	char *said = arg;

	(void)snprintf(said + strlen(said), 100 - strlen(said), "%s;", path);
	return 0;
}

static void put_files(struct fixture *f, const char *folder, int from, int to)
{
	struct store_told news;

	for (int i = from; i < to; i++) {
		char path[64];
		struct store_seen file = {
		    .root = 1, .path = path, .dev = 1, .kind = 1, .first_seen = "2026", .nlink = 1};

		(void)snprintf(path, sizeof(path), "%s%s%d.txt", folder, *folder ? "/" : "", i);
		file.ino = strlen(folder) * 1000 + (uint64_t)i;
		assert_int_equal(store_seen_put(f->r.store, &file, &news), 0);
	}
}

static int64_t count_of(struct fixture *f)
{
	int64_t n = -1;

	assert_int_equal(store_seen_count(f->r.store, 1, false, &n), 0);
	return n;
}

/* Names are found by some bits of their hash: what has the same bits shares a place and nothing else. */
static void find_sharers(struct fixture *f, char a[64], char b[64])
{
	enum { BUCKETS = 1 << 20, NAMES = 200000 };
	uint32_t *by_bits = calloc(BUCKETS, sizeof(*by_bits));
	uint32_t *bits = calloc(NAMES, sizeof(*bits));

	assert_non_null(by_bits);
	assert_non_null(bits);
	for (uint32_t i = 1; i < NAMES; i++) {
		uint8_t hash[CELL_HASH];
		uint32_t *other;

		(void)snprintf(b, 64, "%u.txt", i);
		hash_keyed(f->r.meta_key, bytes_of_text(b), hash, sizeof(hash));
		bits[i] = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | (hash[3] & 0xf8);
		other = &by_bits[bits[i] >> 12];
		if (*other && bits[*other] == bits[i]) {
			(void)snprintf(a, 64, "%u.txt", *other);
			free(by_bits);
			free(bits);
			return;
		}
		*other = i;
	}
	fail();
}

static void put_one(struct fixture *f, const char *path, uint64_t ino, bool is_news)
{
	struct store_seen file = {
	    .root = 1, .path = path, .dev = 1, .ino = ino, .kind = 1, .first_seen = "2026", .nlink = 1};
	struct store_told told;

	assert_int_equal(store_seen_put(f->r.store, &file, &told), 0);
	assert_int_equal(told.is_news, is_news);
}

static void assert_ino(struct fixture *f, const char *path, uint64_t ino)
{
	struct store_seen back = {0};

	assert_int_equal(store_seen_find(f->r.store, 1, path, take_seen, &back), ino ? 0 : STORE_NOT_FOUND);
	assert_true(back.ino == ino);
}

static void test_names_that_share_a_place(void **state)
{
	char a[64], b[64], said[100] = "";
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	find_sharers(&f, a, b);
	assert_int_equal(registrar_batch(&f.r), 0);
	put_one(&f, a, 10, true);
	put_one(&f, b, 11, true);
	put_one(&f, a, 10, false);
	put_one(&f, b, 11, false);
	assert_ino(&f, a, 10);
	assert_ino(&f, b, 11);
	assert_int_equal(count_of(&f), 2);
	assert_int_equal(store_seen_remove(f.r.store, 1, a), 0); /* the second stays where it is */
	put_one(&f, b, 12, true);
	assert_ino(&f, a, 0);
	assert_ino(&f, b, 12);
	assert_int_equal(count_of(&f), 1);
	put_one(&f, a, 13, true);
	assert_int_equal(store_listing_begin(f.r.store, 1, ""), 0);
	put_one(&f, b, 12, false);
	assert_int_equal(store_listing_end(f.r.store, note_path, said), 0);
	assert_true(strncmp(said, a, strlen(a)) == 0 && said[strlen(a)] == ';' && !said[strlen(a) + 1]);
	fixture_remove(&f);
}

/* What is counted in memory counts as far as the rows do. */
static void test_the_count_follows_the_rows(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(registrar_batch(&f.r), 0);
	put_one(&f, "a", 10, true);
	put_one(&f, "b", 11, true);
	put_one(&f, "c", 11, true); /* it was renamed */
	assert_int_equal(registrar_settle(&f.r), 0);
	fixture_close(&f);
	fixture_open(&f, NULL);
	assert_int_equal(count_of(&f), 2);
	assert_int_equal(registrar_batch(&f.r), 0);
	put_one(&f, "d", 12, true);
	database_roll_back(store_database(f.r.store));
	assert_int_equal(count_of(&f), 2);
	assert_int_equal(database_begin(store_database(f.r.store)), 0);
	put_one(&f, "d", 12, true);
	assert_int_equal(count_of(&f), 3);
	assert_int_equal(store_seen_remove(f.r.store, 1, "d"), 0);
	assert_int_equal(count_of(&f), 2);
	fixture_remove(&f);
}

static bool is_plain(struct fixture *f, const char *path, uint64_t ino)
{
	struct store_seen file = {
	    .root = 1, .path = path, .dev = 1, .ino = ino, .kind = 1, .first_seen = "2026", .nlink = 1};
	struct store_told told;
	struct store_plain plain;

	file.size = ++f->watch.due_ms; /* something else each time */
	assert_int_equal(store_seen_put(f->r.store, &file, &told), 0);
	assert_true(told.is_news);
	assert_int_equal(store_seen_plain(f->r.store, 1, path, &plain), 0);
	assert_int_equal(plain.is_plain, told.plain.is_plain);
	assert_true(plain.id == told.plain.id && plain.inspected == told.plain.inspected);
	return plain.is_plain;
}

/* A file is plain until a record or a finding has to do with it, by its inode, its name or the name of its sealed form.
 */
static void test_plain_files(void **state)
{
	struct store_document d = {
	    .number = "2026-000001", .root = 1, .path = "a.docx", .dev = 1, .ino = 10, .plain = true};
	struct store_seen looked = {.root = 1, .path = "d", .dev = 1, .ino = 40, .sealed_args = "x"};
	struct json *finding;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_true(is_plain(&f, "a.docx", 20));
	assert_true(is_plain(&f, "b", 10));
	put_many(&f);
	assert_true(is_plain(&f, "a.docx", 20));
	change_document(&f, "document", &d);
	assert_false(is_plain(&f, "a.docx", 20));
	assert_false(is_plain(&f, "b", 10));
	assert_true(is_plain(&f, "c", 30));
	d.path = "c.age";
	d.ino = 31;
	d.sealed = true;
	change_document(&f, "sealed", &d);
	assert_false(is_plain(&f, "c", 30));
	assert_false(is_plain(&f, "b", 10)); /* the plaintext is not taken yet */
	assert_true(is_plain(&f, "a.docx", 20));
	finding = registrar_entry("finding", NULL, 0);
	json_set_text(finding, "code", "D01");
	json_set_text(finding, "severity", "low");
	json_set_text(finding, "owner", "office");
	json_set_int(finding, "root", 1);
	cell_set_path(finding, f.r.meta_key, "a.docx");
	json_set_text(finding, "since", "2026-01-01");
	assert_int_equal(registrar_change(&f.r, finding), 0);
	assert_false(is_plain(&f, "a.docx", 20));
	assert_true(is_plain(&f, "d", 40));
	looked.size = f.watch.due_ms;
	assert_int_equal(store_seen_inspected(f.r.store, &looked), 0);
	assert_false(is_plain(&f, "d", 40));
	fixture_remove(&f);
}

/* What a listing does not name is gone, and nothing else; what it names as it was costs nothing. */
static void test_a_listing(void **state)
{
	struct store_seen file = {
	    .root = 1, .path = "a/2.txt", .dev = 1, .ino = 1002, .kind = 1, .nlink = 1, .first_seen = "2026"};
	char said[100] = "";
	struct fixture f;
	struct store_told news;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	put_files(&f, "a", 0, 4);
	put_files(&f, "a/b", 0, 4);
	put_files(&f, "", 0, 4);
	assert_int_equal(count_of(&f), 12);
	assert_int_equal(store_listing_begin(f.r.store, 1, "a"), 0);
	assert_int_equal(store_seen_put(f.r.store, &file, &news), 0);
	assert_false(news.is_news);
	file.size = 7;
	assert_int_equal(store_seen_put(f.r.store, &file, &news), 0);
	assert_true(news.is_news);
	file.path = "a/new.txt";
	file.ino = 77;
	assert_int_equal(store_seen_put(f.r.store, &file, &news), 0);
	assert_true(news.is_news);
	/* Gone and there again as it was, while the listing goes on: its row must come back. */
	assert_int_equal(store_seen_remove(f.r.store, 1, "a/1.txt"), 0);
	put_files(&f, "a", 1, 2);
	assert_int_equal(store_listing_end(f.r.store, note_path, said), 0);
	assert_true(strstr(said, "a/0.txt;") && strstr(said, "a/3.txt;"));
	assert_int_equal(strlen(said), 16);
	assert_int_equal(count_of(&f), 13); /* it is the caller who removes */
	assert_int_equal(store_listing_end(f.r.store, note_path, said), STORE_NOT_FOUND);
	fixture_remove(&f);
}

static void list_folder(struct fixture *f, const char *folder, int to)
{
	char said[100] = "";

	assert_int_equal(store_listing_begin(f->r.store, 1, folder), 0);
	put_files(f, folder, 0, to);
	assert_int_equal(store_listing_end(f->r.store, note_path, said), 0);
	assert_string_equal(said, "");
}

/* Folders that a whole scan did not list are gone with all beneath them. */
static void test_a_whole_scan(void **state)
{
	struct fixture f;
	int64_t gone = 0;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	put_files(&f, "x/y/z", 0, 3);
	put_files(&f, "x/y", 0, 3);
	put_files(&f, "x", 0, 3);
	assert_int_equal(store_pass_end(f.r.store, 1, &gone), STORE_NOT_FOUND);
	assert_int_equal(store_pass_begin(f.r.store, 1), 0);
	list_folder(&f, "", 0);
	list_folder(&f, "x", 3);
	assert_int_equal(store_pass_end(f.r.store, 1, &gone), 0);
	assert_int_not_equal(gone, 0);
	assert_int_equal(store_folder_remove(f.r.store, gone), 0);
	assert_int_equal(count_of(&f), 3);
	assert_int_equal(store_pass_end(f.r.store, 1, &gone), 0);
	assert_int_equal(gone, 0);
	fixture_remove(&f);
}

/* What nobody could look at is not gone, neither by a listing nor by a scan. */
static void test_what_nobody_could_look_at(void **state)
{
	char said[100] = "";
	struct fixture f;
	int64_t gone = 0;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	put_files(&f, "x/y/z", 0, 3);
	put_files(&f, "x", 0, 3);
	put_files(&f, "ww", 0, 1);
	assert_int_equal(store_pass_begin(f.r.store, 1), 0);
	list_folder(&f, "", 0);
	assert_int_equal(store_listing_begin(f.r.store, 1, "x"), 0);
	assert_true(store_listing_is_bare(f.r.store));
	assert_int_equal(store_seen_keep(f.r.store, 1, "x/1.txt"), 0);
	assert_false(store_listing_is_bare(f.r.store));
	assert_int_equal(store_seen_keep(f.r.store, 1, "x/y"), 0);
	put_files(&f, "x", 2, 3);
	assert_int_equal(store_listing_end(f.r.store, note_path, said), 0);
	assert_string_equal(said, "x/0.txt;");
	assert_int_equal(store_pass_end(f.r.store, 1, &gone), 0);
	assert_int_equal(store_folder_remove(f.r.store, gone), 0);
	assert_int_equal(count_of(&f), 6); /* "ww" is gone, "x/y/z" is not */
	assert_int_equal(store_pass_end(f.r.store, 1, &gone), 0);
	assert_int_equal(gone, 0);
	fixture_remove(&f);
}

/* Ids that an undone transaction gave are given once more: nothing may be remembered of them. */
static void test_an_undone_transaction(void **state)
{
	struct fixture f;
	int64_t gone = 0, id = 0, other = 0;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(store_pass_begin(f.r.store, 1), 0);
	assert_int_equal(database_begin(store_database(f.r.store)), 0);
	put_files(&f, "a", 0, 2);
	assert_int_equal(store_listing_begin(f.r.store, 1, "a"), 0);
	database_roll_back(store_database(f.r.store));
	assert_int_equal(store_listing_end(f.r.store, note_path, &gone), STORE_NOT_FOUND);
	put_files(&f, "b", 0, 2);
	put_files(&f, "a", 0, 2);
	assert_int_equal(store_folder_find(f.r.store, 1, "a", &id), 0);
	assert_int_equal(store_folder_find(f.r.store, 1, "b", &other), 0);
	assert_int_not_equal(id, other);
	assert_int_equal(store_pass_end(f.r.store, 1, &gone), STORE_NOT_FOUND);
	fixture_remove(&f);
}

/* ---- oversight ---- */

static struct json *finding(struct fixture *f, const char *number, const char *path)
{
	struct json *entry = registrar_entry("finding", NULL, 0);

	json_set_text(entry, "code", "D18");
	json_set_text(entry, "severity", severity_name(SEVERITY_MAJOR));
	json_set_text(entry, "owner", owner_name(OWNER_OFFICE));
	json_set_text(entry, "number", number);
	if (path) {
		json_set_int(entry, "root", 1);
		cell_set_path(entry, f->r.meta_key, path);
	}
	cell_set(entry, "evidence", f->r.meta_key, CELL_EVIDENCE, "plaintext of 5 bytes");
	json_set_text(entry, "since", "2026-05-04");
	return entry;
}

static int take_evidence(const struct store_finding *found, void *arg)
{
	assert_string_equal(found->evidence, "plaintext of 5 bytes");
	assert_int_equal(found->code, FINDING_STORAGE);
	(*(int *)arg)++;
	return 0;
}

static void test_findings_open_and_close(void **state)
{
	struct store_finding_filter of_record = {.state = "open", .number = "2026-000001"};
	struct store_about path = {.root = 1, .path = "x/y"}, other = {.root = 2, .path = "x/y"};
	struct json *entry;
	struct fixture f;
	int64_t id = -1;
	int n = 0;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(registrar_change(&f.r, finding(&f, "2026-000001", NULL)), 0);
	assert_int_equal(registrar_change(&f.r, finding(&f, NULL, "x/y")), 0);
	assert_int_equal(store_finding_open_id(f.r.store, FINDING_STORAGE, &path, &id), 0);
	assert_int_equal(id, (int64_t)registrar_seq(&f.r));
	assert_int_equal(store_finding_open_id(f.r.store, FINDING_STORAGE, &other, &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(store_finding_list(f.r.store, &of_record, take_evidence, &n), 0);
	assert_int_equal(n, 1);
	entry = registrar_entry("finding-close", "sun", 2001);
	json_set_int(entry, "finding", (int64_t)registrar_seq(&f.r));
	json_set_text(entry, "how", "corrected");
	assert_int_equal(registrar_change(&f.r, json_copy(json_look(entry))), 0);
	assert_int_equal(registrar_change(&f.r, entry), REGISTRAR_REFUSED); /* once */
	assert_int_equal(store_finding_count(f.r.store, &id), 0);
	assert_int_equal(id, 1);
	fixture_remove(&f);
}

static int take_level(const struct store_defaults *d, void *arg)
{
	(void)snprintf(arg, 16, "%s", d->level);
	return 0;
}

static void set_defaults(struct fixture *f, const char *path, const char *level)
{
	struct json *entry = registrar_entry("root-defaults", "sun", 2001);

	json_set_text(entry, "what", level ? "set" : "unset");
	json_set_int(entry, "root", 1);
	cell_set_path(entry, f->r.meta_key, path);
	json_set_text(entry, "level", level);
	assert_int_equal(registrar_change(&f->r, entry), 0);
}

static void test_the_nearest_folder_gives_the_defaults(void **state)
{
	struct fixture f;
	char level[16];

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(store_defaults_for(f.r.store, 1, "a/b/c.txt", take_level, level), STORE_NOT_FOUND);
	set_defaults(&f, "", "L1");
	set_defaults(&f, "a/b", "L2");
	assert_int_equal(store_defaults_for(f.r.store, 1, "a/b/c.txt", take_level, level), 0);
	assert_string_equal(level, "L2");
	assert_int_equal(store_defaults_for(f.r.store, 1, "a/bc.txt", take_level, level), 0);
	assert_string_equal(level, "L1");
	set_defaults(&f, "a/b", NULL);
	assert_int_equal(store_defaults_for(f.r.store, 1, "a/b/c.txt", take_level, level), 0);
	assert_string_equal(level, "L1");
	assert_int_equal(store_defaults_for(f.r.store, 2, "a", take_level, level), STORE_NOT_FOUND);
	fixture_remove(&f);
}

/* ---- the file itself ---- */

static void test_columns_are_those_of_the_table(void **state)
{
	OWNED(statement) struct statement *row = NULL;
	struct store *s = NULL;
	size_t i = 0;

	(void)state;
	assert_int_equal(store_open(":memory:", &s), 0);
	assert_int_equal(
	    database_query(store_database(s), "SELECT name FROM pragma_table_info('records') WHERE name NOT IN ('due','seq')",
			   NO_VALUES, &row),
	    0);
	for (; statement_next(row) == 0 && i < record_column_n(); i++)
		assert_string_equal(column_text(row, 0), record_column(i));
	assert_int_equal(i, record_column_n());
	statement_done(steal(&row));
	store_close(s);
}

static void test_versions_of_the_store(void **state)
{
	OWNED(database) struct database *db = NULL;
	struct fixture f;
	struct store *s = NULL;
	char path[160], copy[180];

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	fixture_path(&f, "other.db", path);
	(void)snprintf(copy, sizeof(copy), "%s.before-2", path);
	/* Made by the first version: brought up to date, with a copy of what it was. */
	assert_int_equal(store_make_version(path, 1), 0);
	assert_int_equal(store_open(path, &s), 0);
	store_close(s);
	s = NULL;
	assert_int_equal(access(copy, F_OK), 0);
	assert_int_equal(database_open(path, &db), 0);
	assert_int_equal(database_script(db, "PRAGMA user_version=99"), 0);
	database_close(steal(&db));
	assert_int_equal(store_open(path, &s), STORE_NEWER);
	assert_null(s);
	fixture_remove(&f);
}

/* Another file has the name by now: its row stays. */
static void test_only_the_row_of_that_inode_is_taken(void **state)
{
	struct store_seen file = {.root = 1, .path = "a/1.txt", .dev = 3, .ino = 10, .first_seen = "2026"}, other = file;
	struct store_told told;
	struct fixture f;
	bool taken = true;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	assert_int_equal(registrar_batch(&f.r), 0);
	assert_int_equal(store_seen_take(f.r.store, &file, &taken), 0);
	assert_false(taken);
	assert_int_equal(store_seen_put(f.r.store, &file, &told), 0);
	other.ino = 11;
	assert_int_equal(store_seen_take(f.r.store, &other, &taken), 0);
	assert_false(taken);
	other = file;
	other.dev = 4;
	assert_int_equal(store_seen_take(f.r.store, &other, &taken), 0);
	assert_false(taken);
	assert_int_equal(store_seen_take(f.r.store, &file, &taken), 0);
	assert_true(taken);
	assert_int_equal(store_seen_take(f.r.store, &file, &taken), 0);
	assert_false(taken);
	fixture_remove(&f);
}

/* A header of an older version than the record's is stale, one of the present version is not. */
static void test_a_header_is_as_new_as_its_record_or_stale(void **state)
{
	struct store_document d = {
	    .root = 1, .path = "plans/report.docx.age", .dev = 7, .ino = 8, .size = 5, .sealed = true};
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_open(&f, NULL);
	for (uint32_t version = 1; version <= 3; version++) {
		struct record record = fixture_record("2026-000001", version);
		struct json *entry;
		bool stale = true;

		fixture_put(&f, &record, ACT_TAG, NULL);
		for (uint32_t header = 1; header <= version; header++) {
			entry = registrar_entry("sealed", NULL, 0);
			json_set_text(entry, "number", "2026-000001");
			json_set_int(entry, "version", header);
			json_set(entry, "document", store_document_json(f.r.store, &d));
			assert_int_equal(registrar_change(&f.r, entry), 0);
			assert_int_equal(store_document_is_stale(f.r.store, "2026-000001", &stale), 0);
			assert_int_equal(stale, header < version);
		}
	}
	fixture_remove(&f);
}

/* A store that is put aside twice in a second: both are kept, and nothing stands in the way of a new one. */
static void test_stores_put_aside_at_once_are_all_kept(void **state)
{
	struct fixture f;
	char path[512], aside[600];

	(void)state;
	fixture_make(&f);
	(void)snprintf(path, sizeof(path), "%s/aside.db", f.dir);
	for (int n = 0; n < 3; n++) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		(void)fputc('a' + n, file);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(store_quarantine(path, "20260302T090000Z"), 0);
		assert_int_not_equal(access(path, F_OK), 0);
	}
	for (int n = 0; n < 3; n++) {
		FILE *file;

		(void)snprintf(aside, sizeof(aside), n ? "%s.bad-20260302T090000Z.%d" : "%s.bad-20260302T090000Z", path, n);
		file = fopen(aside, "r");
		assert_non_null(file);
		assert_int_equal(fgetc(file), 'a' + n);
		(void)fclose(file);
	}
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lists_are_narrowed),
	    cmocka_unit_test(test_what_is_due_is_acted_on_once),
	    cmocka_unit_test(test_plain_and_sealed_file_are_one_document),
	    cmocka_unit_test(test_a_used_inode_is_not_the_draft),
	    cmocka_unit_test(test_files_seen),
	    cmocka_unit_test(test_files_in_pages),
	    cmocka_unit_test(test_names_that_share_a_place),
	    cmocka_unit_test(test_the_count_follows_the_rows),
	    cmocka_unit_test(test_plain_files),
	    cmocka_unit_test(test_a_listing),
	    cmocka_unit_test(test_a_whole_scan),
	    cmocka_unit_test(test_what_nobody_could_look_at),
	    cmocka_unit_test(test_an_undone_transaction),
	    cmocka_unit_test(test_findings_open_and_close),
	    cmocka_unit_test(test_the_nearest_folder_gives_the_defaults),
	    cmocka_unit_test(test_columns_are_those_of_the_table),
	    cmocka_unit_test(test_stores_put_aside_at_once_are_all_kept),
	    cmocka_unit_test(test_versions_of_the_store),
	    cmocka_unit_test(test_only_the_row_of_that_inode_is_taken),
	    cmocka_unit_test(test_a_header_is_as_new_as_its_record_or_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
