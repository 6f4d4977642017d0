/* What a file is besides its content goes into its sealed form, through every new header, and out with the content. */
#include "world.h"

static const struct wish simple = {
    .intent = 1, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.1.age"};

/* A file system that answers as we say; ALL: two attributes of users. */
#define ALL 1
static ssize_t list_answer, get_answer;

static ssize_t list_attributes(const struct files *f, int fd, char *names, size_t n)
{
	static const char all[] = "user.b\0security.selinux\0user.a";

	(void)f;
	(void)fd;
	if (list_answer < 0)
		return list_answer;
	if (n >= sizeof(all))
		memcpy(names, all, sizeof(all));
	return sizeof(all);
}

static ssize_t get_attribute(const struct files *f, int fd, const char *name, void *at, size_t n)
{
	(void)f;
	(void)fd;
	assert_true(strncmp(name, "user.", 5) == 0);
	if (list_answer == ALL) {
		memcpy(at, "1\0\xff", 3);
		return strcmp(name, "user.a") == 0 ? 3 : 0;
	}
	if (get_answer < 0 || (size_t)get_answer > n)
		return get_answer < 0 ? get_answer : -ERANGE;
	memset(at, 'x', (size_t)get_answer);
	return get_answer;
}

static void facts_of(struct world *w, uint16_t type, uint64_t intent, struct sealed_record *ret)
{
	const struct answer *a = world_answer(w, type, intent);

	assert_non_null(a);
	assert_int_equal(a->outcome, SEAL_DONE);
	assert_int_equal(sealed_record_parse_file(bytes_of(a->record, a->n_record), ret), 0);
}

static void assert_as_made(const struct sealed_record *r)
{
	struct cursor c = cursor_of(r->attributes);
	struct bytes name, value;

	assert_true(r->has_facts);
	assert_int_equal(r->facts.mode, 0604);
	assert_int_equal(r->facts.uid, geteuid() == 0 ? 4242 : geteuid());
	assert_int_equal(r->facts.gid, geteuid() == 0 ? 4343 : getegid());
	assert_true(r->facts.mtime_s == 1500000000 && r->facts.mtime_ns == 123456789);
	assert_true(sealed_attribute_next(&c, &name, &value));
	assert_true(bytes_equal_text(name, "user.a") && value.n == 3 && value.at[1] == 0);
	assert_true(sealed_attribute_next(&c, &name, &value));
	assert_true(bytes_equal_text(name, "user.b") && value.n == 0);
	assert_false(sealed_attribute_next(&c, &name, &value));
}

static void make(struct world *w)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {1500000000, 123456789}};

	world_write(w, "report.docx", "text", 4);
	w->files.list_attributes = list_attributes;
	w->files.get_attribute = get_attribute;
	list_answer = ALL;
	if (geteuid() == 0)
		assert_int_equal(fchownat(w->dir, "report.docx", 4242, 4343, 0), 0);
	assert_int_equal(fchmodat(w->dir, "report.docx", 0604, 0), 0);
	assert_int_equal(utimensat(w->dir, "report.docx", times, 0), 0);
}

static void test_it_is_kept_through_every_header(void **state)
{
	struct world *w = *state;
	OWN_BUFFER struct buffer record = {0}, back = {0};
	struct sealed_record r;
	uint8_t digest[32];

	make(w);
	world_ask_seal(w, &simple);
	world_run(w);
	facts_of(w, FRAME_TYPE_published, 1, &r);
	assert_as_made(&r);
	sha256_of(bytes_of("text", 4), digest);
	for (uint8_t again = 0; again < 2; again++) {
		OWN_MEM char *args = text_format(WORLD_RECORD " %d TOP cn@2026.1", 2 + again);
		struct frame_rewrap m = {.intent = 10u + again,
					 .grant = 6,
					 .root = 1,
					 .path = "report.docx.age",
					 .ino = world_answer(w, FRAME_TYPE_published, again ? 10 : 1)->ino,
					 .keep = "2026-000001.1.age",
					 .level = "TOP",
					 .reencrypt = again,
					 .args = args};

		world_record(2u + again, "TOP", digest, 4, &record);
		m.record = buffer_bytes(&record);
		world_send(w, &frame_type_rewrap, &m, -1);
		world_run(w);
		facts_of(w, FRAME_TYPE_published, 10u + again, &r);
		assert_as_made(&r);
	}
	assert_int_equal(world_unseal(w, 20, "report.docx.age", &back), SEAL_DONE);
	facts_of(w, FRAME_TYPE_unsealed, 20, &r);
	assert_as_made(&r);
	assert_int_equal(world_unseal(w, 21, "report.docx.age", &back), SEAL_DONE); /* the second time it is known */
	facts_of(w, FRAME_TYPE_unsealed, 21, &r);
	assert_as_made(&r);
}

static void test_every_answer(void **state)
{
	static const struct {
		ssize_t list, get;
		enum seal_outcome outcome;
	} cases[] = {
	    {-EOPNOTSUPP, 0, SEAL_DONE}, /* there are none here */
	    {-EIO, 0, SEAL_UNREADABLE},	 /* … and there they are, but cannot be had: they would be lost */
	    {-E2BIG, 0, SEAL_REFUSED},	 {0, -ENODATA, SEAL_DONE}, /* gone meanwhile */
	    {0, -EIO, SEAL_UNREADABLE},	 {0, 3000, SEAL_DONE},	   {0, 3100, SEAL_REFUSED}, {0, 7000, SEAL_REFUSED},
	};
	struct world *w = *state;

	w->files.list_attributes = list_attributes;
	w->files.get_attribute = get_attribute;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWN_MEM char *name = text_format("file-%zu", i);
		OWN_MEM char *target = text_format("file-%zu.age", i);
		OWN_MEM char *keep = text_format("2026-%06zu.1.age", i);

		list_answer = cases[i].list;
		get_answer = cases[i].get;
		world_write(w, name, "text", 4);
		world_ask_seal(w, &(struct wish){.intent = 100 + i, .path = name, .target = target, .keep = keep});
		world_run(w);
		assert_int_equal(world_answer(w, FRAME_TYPE_published, 100 + i)->outcome, cases[i].outcome);
		assert_true(world_has(w, name));
		assert_int_equal(world_has(w, target), cases[i].outcome == SEAL_DONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_it_is_kept_through_every_header, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_every_answer, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
