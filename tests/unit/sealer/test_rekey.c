/* Another key for what is sealed: documents, kept versions and copies. */
#include "world.h"

static void assert_outcome(const struct world *w, uint16_t type, uint64_t intent, uint8_t outcome)
{
	const struct answer *a = world_answer(w, type, intent);

	assert_non_null(a);
	if (a->outcome != outcome)
		fail_msg("outcome %u instead of %u: %s", a->outcome, outcome, a->detail);
}

static void seal_simple(struct world *w, const void *content, size_t n)
{
	const struct wish wish = {
	    .intent = 1, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.1.age"};

	world_write(w, "report.docx", content, n);
	w->settle_at_once = true;
	world_ask_seal(w, &wish);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_disposed, 1, SEAL_DONE);
}

/* The sealed record, as it stands in the header. */
static size_t read_record(struct world *w, uint64_t intent, uint8_t ret[4096])
{
	const struct answer *a;

	WORLD_SEND(w, header, -1, .intent = intent, .grant = 5, .root = 1, .path = "report.docx.age");
	world_run(w);
	assert_outcome(w, FRAME_TYPE_opened, intent, SEAL_DONE);
	a = world_answer(w, FRAME_TYPE_opened, intent);
	memcpy(ret, a->record, a->n_record);
	return a->n_record;
}

/* From now on the level's key is another one; the keeper tells the sealer, which remembers the old one. */
static void new_epoch(struct world *w)
{
	struct request unasked = {.level = "SECRET"};

	secret_free(w->older);
	w->older = steal(&w->level);
	assert_int_equal(identity_new(&w->level), 0);
	world_answer_level(w, &unasked);
}

static void newest_key_id(const struct world *w, char ret[9])
{
	struct recipient newest;

	assert_int_equal(identity_recipient(w->level, &newest), 0);
	identity_key_id(&newest, ret);
}

/* header_n: of the header and nonce, which end on a page. */
static void read_sealed(struct world *w, const char *name, struct buffer *ret, size_t *header_n)
{
	OWN_FD int fd = openat(w->dir, name, O_RDONLY | O_CLOEXEC);
	struct envelope e;

	assert_true(fd >= 0);
	buffer_clear(ret);
	assert_int_equal(files_read_rest(&files_linux, fd, SIZE_MAX / 2, ret), 0);
	assert_int_equal(envelope_parse(buffer_bytes(ret), &e), 0);
	*header_n = e.payload_at;
	envelope_done(&e);
}

static uint64_t rekey(struct world *w, struct frame_rekey m, enum seal_outcome wanted)
{
	struct stat stat;

	m.root = 1;
	m.grant = m.intent;
	m.record = m.record ? m.record : WORLD_RECORD;
	m.level = "SECRET";
	if (!m.ino) {
		assert_int_equal(fstatat(w->dir, m.path, &stat, 0), 0);
		m.ino = stat.st_ino;
	}
	for (int i = 0; i < 2; i++) { /* once more: as if the answer had been lost */
		world_send(w, &frame_type_rekey, &m, -1);
		world_run(w);
		assert_outcome(w, FRAME_TYPE_published, m.intent, (uint8_t)wanted);
	}
	return world_answer(w, FRAME_TYPE_published, m.intent)->ino;
}

static void test_rekey_changes_the_header_and_nothing_else(void **state)
{
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(300000);
	OWN_BUFFER struct buffer before = {0};
	OWN_BUFFER struct buffer after = {0};
	OWN_BUFFER struct buffer back = {0};
	struct stat kept, named;
	char old[9], id[9];
	uint8_t was[4096], is[4096];
	size_t n, m, n_record;

	seal_simple(w, content, 300000);
	newest_key_id(w, old);
	assert_string_equal(world_answer(w, FRAME_TYPE_published, 1)->key_id, old);
	n_record = read_record(w, 50, was);
	read_sealed(w, "report.docx.age", &before, &n);
	new_epoch(w);
	newest_key_id(w, id);
	assert_string_not_equal(old, id);
	rekey(w, (struct frame_rekey){.intent = 10, .path = "report.docx.age", .keep = "2026-000001.1.age"}, SEAL_DONE);
	assert_string_equal(world_answer(w, FRAME_TYPE_published, 10)->key_id, id);
	read_sealed(w, "report.docx.age", &after, &m);
	assert_int_equal(before.n - n, after.n - m);
	assert_memory_equal(before.at + n, after.at + m, before.n - n);
	assert_memory_not_equal(before.at, after.at, n < m ? n : m);
	assert_int_equal(read_record(w, 51, is), n_record); /* label, record, signatures */
	assert_memory_equal(is, was, n_record);
	assert_int_equal(fstatat(w->dir, ".classd/keep/2026-000001.1.age", &kept, 0), 0);
	assert_int_equal(fstatat(w->dir, "report.docx.age", &named, 0), 0);
	assert_int_equal(kept.st_ino, named.st_ino);
	/* The old epoch is not needed any more. */
	secret_free(steal(&w->older));
	assert_true(world_age_opens(w, "report.docx.age", content, 300000));
	assert_int_equal(world_unseal(w, 20, "report.docx.age", &back), SEAL_DONE);
	assert_memory_equal(back.at, content, 300000);
}

static void test_rekey_with_a_new_file_key_writes_all_anew(void **state)
{
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(200000);
	OWN_BUFFER struct buffer before = {0};
	OWN_BUFFER struct buffer after = {0};
	size_t n, m, same = 0;

	seal_simple(w, content, 200000);
	read_sealed(w, "report.docx.age", &before, &n);
	new_epoch(w);
	rekey(
	    w,
	    (struct frame_rekey){.intent = 10, .path = "report.docx.age", .keep = "2026-000001.1.age", .reencrypt = 1},
	    SEAL_DONE);
	read_sealed(w, "report.docx.age", &after, &m);
	assert_int_equal(before.n - n, after.n - m);
	for (size_t i = 0; i < before.n - n; i++)
		same += before.at[n + i] == after.at[m + i];
	assert_true(same < (before.n - n) / 64); /* chance: one in 256 */
	assert_true(world_age_opens(w, "report.docx.age", content, 200000));
}

static void test_rekey_of_what_has_one_name(void **state)
{
	struct world *w = *state;
	const struct wish next = {
	    .intent = 2, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.2.age", .version = 2};
	struct wish right = next;
	OWN_MEM char *copy = text_format("cp '%s/report.docx.age' '%s/a copy.age' && chown 4242 '%s/a copy.age'",
					 w->path, w->path, w->path);
	const char *const names[] = {".classd/keep/2026-000001.1.age", "a copy.age"};
	OWN_MEM char *count = text_format("test \"$(find '%s' -type f | wc -l)\" = 5", w->path);
	OWNED(acl) struct acl *acl = NULL;
	OWN_BUFFER struct buffer text = {0};
	OWN_FD int fd = -1;
	char id[9];

	seal_simple(w, "first", 5);
	assert_int_equal(system(copy), 0);
	world_write(w, "report.docx", "second", 6);
	right.replace_ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	world_ask_seal(w, &right);
	world_run(w);
	new_epoch(w);
	newest_key_id(w, id);
	for (uint64_t i = 0; i < array_n(names); i++) {
		rekey(w, (struct frame_rekey){.intent = 10 + i, .path = names[i], .keep = ""}, SEAL_DONE);
		assert_string_equal(world_answer(w, FRAME_TYPE_published, 10 + i)->key_id, id);
		assert_true(world_age_opens(w, names[i], "first", 5));
	}
	assert_true(world_age_opens(w, "report.docx.age", "second", 6));
	/* Nothing is left of what was replaced: the new version (twice named), the old one, the copy, and age's
	 * identity. */
	assert_int_equal(system(count), 0);
	fd = openat(w->dir, "a copy.age", O_RDONLY | O_CLOEXEC);
	assert_int_equal(acl_of_file(fd, &acl), 0);
	assert_int_equal(acl_format(acl, &text), 0);
	buffer_u8(&text, 0);
	assert_non_null(strstr((char *)text.at, "user:4242:r--")); /* who made the copy can still read it */
}

static void test_rekey_refuses(void **state)
{
	struct world *w = *state;
	const char *other = "0192f0c4-1111-7222-8333-444455556667";
	OWN_FD int fd = -1;
	char was;

	seal_simple(w, "first", 5);
	new_epoch(w);
	rekey(w, (struct frame_rekey){.intent = 10, .path = "report.docx.age", .keep = "none.age", .ino = 1},
	      SEAL_CHANGED);
	rekey(w, (struct frame_rekey){.intent = 11, .path = "report.docx.age", .keep = "", .record = other},
	      SEAL_CHANGED);
	rekey(w, (struct frame_rekey){.intent = 12, .path = "gone.age", .keep = "", .ino = 1}, SEAL_GONE);
	w->refuse_grant = true;
	rekey(w, (struct frame_rekey){.intent = 13, .path = "report.docx.age", .keep = ""}, SEAL_NO_KEY);
	w->refuse_grant = false;
	fd = openat(w->dir, "report.docx.age", O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &was, 1, 4096 + 3), 1);
	was ^= 1;
	assert_int_equal(pwrite(fd, &was, 1, 4096 + 3), 1);
	rekey(w, (struct frame_rekey){.intent = 14, .path = "report.docx.age", .keep = "2026-000001.1.age"},
	      SEAL_DAMAGED);
	rekey(w, (struct frame_rekey){.intent = 15, .path = "report.docx.age", .keep = "", .reencrypt = 1},
	      SEAL_DAMAGED);
	assert_false(world_has(w, ".classd/000000000000000e.name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_rekey_changes_the_header_and_nothing_else, world_setup,
					    world_teardown),
	    cmocka_unit_test_setup_teardown(test_rekey_with_a_new_file_key_writes_all_anew, world_setup,
					    world_teardown),
	    cmocka_unit_test_setup_teardown(test_rekey_of_what_has_one_name, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_rekey_refuses, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
