/* The end of a checkout: what is sealed goes, whatever is not stays. */
#include "world.h"

#define CHECKOUTS 9
#define FOLDER	  "checkouts/7-abc"
#define PLAIN	  FOLDER "/report.docx"

/* A document is sealed, and its plaintext lies in a checkout. */
static int setup(void **state)
{
	const struct wish wish = {
	    .intent = 1, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.1.age"};
	struct world *w;

	if (world_setup(state))
		return 1;
	w = *state;
	world_write(w, "report.docx", "text", 4);
	w->settle_at_once = true;
	world_ask_seal(w, &wish);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_published, 1)->outcome, SEAL_DONE);
	assert_int_equal(mkdirat(w->dir, "checkouts", 0755), 0);
	assert_int_equal(mkdirat(w->dir, FOLDER, 0700), 0);
	assert_int_equal(
	    sealer_add_root(&w->sealer, CHECKOUTS, ROOT_CHECKOUT, openat(w->dir, "checkouts", O_RDONLY | O_CLOEXEC)),
	    0);
	world_write(w, PLAIN, "text", 4);
	return 0;
}

static struct frame_discard order(struct world *w)
{
	const struct answer *sealed = world_answer(w, FRAME_TYPE_published, 1);
	struct frame_discard m = {.checkout = 5,
				  .root = CHECKOUTS,
				  .path = "7-abc/report.docx",
				  .sealed_root = 1,
				  .keep = "2026-000001.1.age"};
	struct stat stat;

	if (fstatat(w->dir, PLAIN, &stat, AT_SYMLINK_NOFOLLOW) == 0)
		m.ino = stat.st_ino;
	memcpy(m.sha256, sealed->sha256, sizeof(m.sha256));
	memcpy(m.header_mac, sealed->header_mac, sizeof(m.header_mac));
	return m;
}

static uint8_t discard(struct world *w, const struct frame_discard *m)
{
	size_t before = w->n_answers;

	world_send(w, &frame_type_discard, m, -1);
	world_run(w);
	assert_int_equal(w->n_answers, before + 1);
	return world_answer(w, FRAME_TYPE_discarded, m->checkout)->outcome;
}

/* Published, and then all were killed and the memory that checkouts lie in is gone: asked again it says so. */
static void test_a_version_whose_checkout_is_gone_was_published(void **state)
{
	struct world *w = *state;
	struct wish wish = {
	    .intent = 2, .path = PLAIN, .target = "report.docx.age", .keep = "2026-000001.2.age", .version = 2};
	struct asked asked;

	wish.replace_ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	world_write(w, PLAIN, "newer", 5);
	world_prepare_seal(w, &wish, &asked);
	asked.m.root = CHECKOUTS;
	asked.m.path = "7-abc/report.docx";
	asked.m.target_root = 1;
	w->settle_at_once = false;
	world_send(w, &frame_type_seal, &asked.m, -1);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_published, 2)->outcome, SEAL_DONE);

	world_restart(w);
	assert_int_equal(unlinkat(w->dir, PLAIN, 0), 0);
	assert_int_equal(unlinkat(w->dir, FOLDER, AT_REMOVEDIR), 0);
	assert_int_equal(
	    sealer_add_root(&w->sealer, CHECKOUTS, ROOT_CHECKOUT, openat(w->dir, "checkouts", O_RDONLY | O_CLOEXEC)),
	    0);
	world_send(w, &frame_type_seal, &asked.m, -1);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_published, 2)->outcome, SEAL_DONE);
	assert_true(world_age_opens(w, "report.docx.age", "newer", 5));

	asked.m.intent = 3; /* another one has published nothing */
	asked.m.args = WORLD_RECORD " 3 SECRET cn@2026.1";
	world_send(w, &frame_type_seal, &asked.m, -1);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_published, 3)->outcome, SEAL_GONE);
	asked_done(&asked);
}

static void test_what_is_sealed_goes(void **state)
{
	struct world *w = *state;
	struct frame_discard m = order(w);

	world_send(w, &frame_type_discard, &m, -1); /* asked twice: answered once */
	assert_int_equal(discard(w, &m), SEAL_DONE);
	assert_false(world_has(w, FOLDER));
	assert_true(world_has(w, "checkouts"));
	assert_true(world_age_opens(w, "report.docx.age", "text", 4));
	assert_int_equal(discard(w, &m), SEAL_GONE);
}

static void test_a_folder_with_more_stays(void **state)
{
	struct world *w = *state;
	struct frame_discard m = order(w);

	world_write(w, FOLDER "/other", "x", 1);
	assert_int_equal(discard(w, &m), SEAL_DONE);
	assert_false(world_has(w, PLAIN));
	assert_true(world_has(w, FOLDER "/other"));
}

static void test_an_unsealed_change_stays(void **state)
{
	struct world *w = *state;
	struct frame_discard m;

	world_write(w, PLAIN, "TEXT", 4);
	m = order(w);
	assert_int_equal(discard(w, &m), SEAL_CHANGED);
	assert_true(world_has(w, PLAIN));
	m.ino++; /* a save by rename since then */
	assert_int_equal(discard(w, &m), SEAL_CHANGED);
	assert_true(world_has(w, PLAIN));
}

static void test_a_writer_keeps_it(void **state)
{
	struct world *w = *state;
	struct frame_discard m = order(w);
	OWN_FD int fd = openat(w->dir, PLAIN, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(discard(w, &m), SEAL_STILL_OPEN);
	assert_true(world_has(w, PLAIN));
	close_fd(&fd);
	assert_int_equal(discard(w, &m), SEAL_DONE);
	assert_false(world_has(w, PLAIN));
}

/* Without its sealed form no plaintext goes, and from a folder of documents none at all. */
static void test_only_beside_its_sealed_form(void **state)
{
	struct world *w = *state;
	struct frame_discard m = order(w);

	m.header_mac[0] ^= 1;
	assert_int_equal(discard(w, &m), SEAL_CHANGED);
	m = order(w);
	m.keep = "../../etc/passwd";
	assert_int_equal(discard(w, &m), SEAL_REFUSED);
	m = order(w);
	m.sealed_root = 77;
	assert_int_equal(discard(w, &m), SEAL_REFUSED);
	m = order(w);
	m.path = "../report.docx.age";
	assert_int_equal(discard(w, &m), SEAL_REFUSED);
	m = order(w);
	m.root = 1;
	m.path = PLAIN;
	assert_int_equal(discard(w, &m), SEAL_REFUSED);
	m = order(w);
	assert_int_equal(unlinkat(w->dir, ".classd/keep/2026-000001.1.age", 0), 0);
	assert_int_equal(discard(w, &m), SEAL_FAILED);
	assert_true(world_has(w, PLAIN));
	assert_true(world_has(w, "report.docx.age"));
}

/* A sealer that was killed between taking and removing: the plaintext comes back to its name, and goes when asked. */
static void test_a_kill_in_between(void **state)
{
	struct world *w = *state;
	struct frame_discard m = order(w);

	assert_int_equal(renameat2(w->dir, PLAIN, w->dir, FOLDER "/.~0000000000000005.old", RENAME_NOREPLACE), 0);
	assert_int_equal(discard(w, &m), SEAL_DONE);
	assert_false(world_has(w, FOLDER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_version_whose_checkout_is_gone_was_published, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_what_is_sealed_goes, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_folder_with_more_stays, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_an_unsealed_change_stays, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_writer_keeps_it, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_only_beside_its_sealed_form, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_kill_in_between, setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
