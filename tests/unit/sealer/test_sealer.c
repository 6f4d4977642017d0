/* Seal, settle, unseal, rewrap, restore, list on a real directory; stock age reads what is written. */
#include "world.h"

static const struct wish simple = {
    .intent = 1, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.1.age"};

static void assert_outcome(const struct world *w, uint16_t type, uint64_t intent, uint8_t outcome)
{
	const struct answer *a = world_answer(w, type, intent);

	assert_non_null(a);
	if (a->outcome != outcome)
		fail_msg("outcome %u instead of %u: %s", a->outcome, outcome, a->detail);
}

static void seal_simple(struct world *w, const void *content, size_t n)
{
	world_write(w, "report.docx", content, n);
	w->settle_at_once = true;
	world_ask_seal(w, &simple);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 1, SEAL_DONE);
	assert_outcome(w, FRAME_TYPE_disposed, 1, SEAL_DONE);
}

static void test_sealed_files_open_with_age(void **state)
{
	static const size_t lengths[] = {0, 1, 65535, 65536, 65537, 200000, (1 << 20) + 5, (5 << 20) + 1};
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content((5 << 20) + 1);

	w->settle_at_once = true;
	for (size_t i = 0; i < array_n(lengths); i++) {
		OWN_MEM char *target = text_format("f%zu.age", i);
		OWN_MEM char *keep = text_format("2026-%06zu.1.age", i);
		const struct wish wish = {.intent = i + 1, .path = "f", .target = target, .keep = keep};
		OWN_BUFFER struct buffer back = {0};

		world_write(w, "f", content, lengths[i]);
		world_ask_seal(w, &wish);
		world_run(w);
		assert_outcome(w, FRAME_TYPE_published, i + 1, SEAL_DONE);
		assert_outcome(w, FRAME_TYPE_disposed, i + 1, SEAL_DONE);
		assert_false(world_has(w, "f"));
		assert_true(world_age_opens(w, target, content, lengths[i]));
		assert_int_equal(world_unseal(w, 1000 + i, target, &back), SEAL_DONE);
		assert_int_equal(back.n, lengths[i]);
		assert_memory_equal(back.at, content, lengths[i]);
	}
}

static void test_plaintext_stays_until_settled(void **state)
{
	struct world *w = *state;
	struct stat sealed, kept;

	world_write(w, "report.docx", "text", 4);
	world_ask_seal(w, &simple);
	world_ask_seal(w, &simple); /* asked twice: answered once */
	world_run(w);
	assert_int_equal(w->n_answers, 1);
	assert_outcome(w, FRAME_TYPE_published, 1, SEAL_DONE);
	assert_true(world_has(w, "report.docx"));
	assert_int_equal(fstatat(w->dir, "report.docx.age", &sealed, 0), 0);
	assert_int_equal(fstatat(w->dir, ".classd/keep/2026-000001.1.age", &kept, 0), 0);
	assert_int_equal(sealed.st_ino, kept.st_ino);
	assert_int_equal(world_answer(w, FRAME_TYPE_published, 1)->ino, sealed.st_ino);
	WORLD_SEND(w, settle, -1, .intent = 1, .dispose = 1);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_disposed, 1, SEAL_DONE);
	assert_false(world_has(w, "report.docx"));
	WORLD_SEND(w, settle, -1, .intent = 1, .dispose = 1); /* no longer known */
	world_run(w);
	assert_outcome(w, FRAME_TYPE_disposed, 1, SEAL_FAILED);
}

static void test_a_checkout_keeps_its_plaintext(void **state)
{
	struct world *w = *state;

	world_write(w, "report.docx", "text", 4);
	world_ask_seal(w, &simple);
	world_run(w);
	WORLD_SEND(w, settle, -1, .intent = 1, .dispose = 0);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_disposed, 1, SEAL_DONE);
	assert_true(world_has(w, "report.docx"));
}

static void test_a_writer_is_waited_for(void **state)
{
	struct world *w = *state;
	OWN_FD int fd = -1;

	world_write(w, "report.docx", "text", 4);
	fd = openat(w->dir, "report.docx", O_RDWR | O_CLOEXEC);
	world_ask_seal(w, &simple);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 1, SEAL_STILL_OPEN);
	assert_false(world_has(w, "report.docx.age"));
	close_fd(&fd);
	world_ask_seal(w, &simple);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 1, SEAL_DONE);
}

static void test_only_the_named_content_is_sealed(void **state)
{
	struct world *w = *state;

	world_write(w, "report.docx", "text", 4);
	world_ask_seal(w, &simple);
	world_write(w, "report.docx", "text and more", 13); /* after the inspector has seen it */
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 1, SEAL_CHANGED);
	assert_int_equal(symlinkat("report.docx", w->dir, "link"), 0);
	world_ask_seal(w, &(struct wish){.intent = 2, .path = "link", .target = "link.age", .keep = "k.age"});
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 2, SEAL_REFUSED);
	world_ask_seal(
	    w, &(struct wish){.intent = 3, .path = "report.docx", .target = "a.age", .keep = "b", .level = "NONE"});
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 3, SEAL_NO_KEY);
	world_write(w, "taken.age", "mine", 4);
	world_ask_seal(w, &(struct wish){.intent = 4, .path = "report.docx", .target = "taken.age", .keep = "b"});
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 4, SEAL_NAME_TAKEN);
	assert_false(world_has(w, ".classd/keep/b"));
	assert_true(world_has(w, "report.docx"));
	world_ask_seal(w, &(struct wish){.intent = 5, .path = "report.docx", .target = "../out.age", .keep = "b"});
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 5, SEAL_REFUSED);
}

static void test_a_newer_save_is_never_lost(void **state)
{
	struct world *w = *state;

	world_write(w, "report.docx", "first", 5);
	world_ask_seal(w, &simple);
	world_run(w);
	world_write(w, "new", "second", 6); /* saved by rename after publication */
	assert_int_equal(renameat2(w->dir, "new", w->dir, "report.docx", RENAME_EXCHANGE), 0);
	WORLD_SEND(w, settle, -1, .intent = 1, .dispose = 1);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_disposed, 1, SEAL_CHANGED);
	assert_true(world_has(w, "report.docx"));
	assert_true(world_age_opens(w, "report.docx.age", "first", 5));
}

static void test_a_new_version_replaces_the_old_one(void **state)
{
	struct world *w = *state;
	const struct wish next = {
	    .intent = 2, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.2.age", .version = 2};
	struct wish wrong = next, right = next;

	seal_simple(w, "first", 5);
	world_write(w, "report.docx", "second", 6);
	wrong.intent = 3;
	wrong.replace_ino = 1;
	world_ask_seal(w, &wrong);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 3, SEAL_NAME_TAKEN);
	right.replace_ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	world_ask_seal(w, &right);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 2, SEAL_DONE);
	assert_true(world_age_opens(w, "report.docx.age", "second", 6));
	assert_true(world_age_opens(w, ".classd/keep/2026-000001.1.age", "first", 5));
	assert_true(world_age_opens(w, ".classd/keep/2026-000001.2.age", "second", 6));
}

static void test_readers_keep_reading_the_ciphertext(void **state)
{
	struct world *w = *state;
	OWNED(acl) struct acl *acl = NULL;
	OWN_BUFFER struct buffer text = {0};
	OWN_FD int fd = -1;
	struct stat stat;

	world_write(w, "report.docx", "text", 4);
	assert_int_equal(fchownat(w->dir, "report.docx", 4242, 4343, 0), 0);
	world_ask_seal(w, &simple);
	world_run(w);
	fd = openat(w->dir, "report.docx.age", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_int_equal(stat.st_uid, geteuid());
	assert_int_equal(acl_of_file(fd, &acl), 0);
	assert_int_equal(acl_format(acl, &text), 0);
	buffer_u8(&text, 0);
	assert_non_null(strstr((char *)text.at, "user:4242:r--"));
	assert_non_null(strstr((char *)text.at, "group:4343:r--"));
	assert_non_null(strstr((char *)text.at, "other::---"));
}

static void read_header(struct world *w, uint64_t intent, struct sealed_record *ret)
{
	const struct answer *a;

	WORLD_SEND(w, header, -1, .intent = intent, .grant = 5, .root = 1, .path = "report.docx.age");
	world_run(w);
	assert_outcome(w, FRAME_TYPE_opened, intent, SEAL_DONE);
	a = world_answer(w, FRAME_TYPE_opened, intent);
	assert_int_equal(sealed_record_parse(bytes_of(a->record, a->n_record), ret), 0);
}

static void test_rewrap(void **state)
{
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(300000);
	OWN_BUFFER struct buffer record = {0};
	OWN_BUFFER struct buffer back = {0};
	struct sealed_record before, after;
	uint8_t digest[32];
	uint64_t ino;

	seal_simple(w, content, 300000);
	read_header(w, 50, &before);
	assert_true(before.has_facts);
	assert_int_equal(before.facts.mode, 0640);
	sha256_of(bytes_of(content, 300000), digest);
	ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	for (uint8_t again = 0; again < 2; again++) {
		OWN_MEM char *args = text_format(WORLD_RECORD " %d TOP cn@2026.1", 2 + again);
		const struct frame_rewrap m = {.intent = 10u + again,
					       .grant = 6,
					       .root = 1,
					       .path = "report.docx.age",
					       .ino = ino,
					       .keep = "2026-000001.1.age",
					       .level = "TOP",
					       .reencrypt = again,
					       .args = args};
		struct frame_rewrap ask = m;

		world_record(2u + again, "TOP", digest, 300000, &record);
		ask.record = buffer_bytes(&record);
		world_send(w, &frame_type_rewrap, &ask, -1);
		world_run(w);
		assert_outcome(w, FRAME_TYPE_published, 10u + again, SEAL_DONE);
		assert_int_not_equal(world_answer(w, FRAME_TYPE_published, 10u + again)->ino, ino);
		ino = world_answer(w, FRAME_TYPE_published, 10u + again)->ino;
		assert_true(world_age_opens(w, "report.docx.age", content, 300000));
		assert_int_equal(world_unseal(w, 20u + again, "report.docx.age", &back), SEAL_DONE);
		assert_memory_equal(back.at, content, 300000);
		world_send(w, &frame_type_rewrap, &ask, -1); /* once more: as if the answer had been lost */
		world_run(w);
		assert_outcome(w, FRAME_TYPE_published, 10u + again, SEAL_DONE);
		assert_int_equal(world_answer(w, FRAME_TYPE_published, 10u + again)->ino, ino);
	}
	read_header(w, 51, &after);
	assert_int_equal(after.facts.mode, 0640); /* carried over: the registrar did not know it */
}

static void test_damage_releases_nothing(void **state)
{
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(200000);
	OWN_BUFFER struct buffer back = {0};
	static const off_t places[] = {4096 + 10, 4096 + 65552 + 70, 4096 + 3 * 65552 + 20};
	OWN_FD int fd = -1;
	uint8_t byte;

	seal_simple(w, content, 200000);
	fd = openat(w->dir, "report.docx.age", O_RDWR | O_CLOEXEC);
	for (size_t i = 0; i < array_n(places); i++) {
		assert_int_equal(pread(fd, &byte, 1, places[i]), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, places[i]), 1);
		assert_int_equal(world_unseal(w, 100 + i, "report.docx.age", &back), SEAL_DAMAGED);
		assert_int_equal(back.n, 0);
		WORLD_SEND(w, header, -1, .intent = 200 + i, .grant = 5, .root = 1, .path = "report.docx.age",
			   .verify = 1);
		world_run(w);
		assert_outcome(w, FRAME_TYPE_opened, 200 + i, SEAL_DAMAGED); /* recovery looks at every chunk */
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, places[i]), 1);
	}
	assert_int_equal(ftruncate(fd, 4096 + 2 * 65552), 0);
	assert_int_equal(world_unseal(w, 110, "report.docx.age", &back), SEAL_DAMAGED);
	assert_int_equal(back.n, 0);
	w->refuse_grant = true;
	assert_int_equal(world_unseal(w, 111, "report.docx.age", &back), SEAL_NO_KEY);
	assert_int_equal(back.n, 0);
	world_write(w, "foreign.age", "age-encryption.org/v1\n-> X25519 a\nb\n--- c\n", 42);
	assert_int_not_equal(world_unseal(w, 112, "foreign.age", &back), SEAL_DONE);
	assert_int_equal(world_unseal(w, 113, "none.age", &back), SEAL_GONE);
}

static void test_a_slow_reader_stops_nobody(void **state)
{
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(2000000);
	int ends[2];

	seal_simple(w, content, 2000000);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	WORLD_SEND(w, unseal, ends[1], .intent = 30, .grant = 5, .root = 1, .path = "report.docx.age",
		   .timeout_ms = 700);
	world_run(w); /* nobody reads: time passes until the deadline */
	assert_outcome(w, FRAME_TYPE_unsealed, 30, SEAL_FAILED);
	assert_int_equal(close(ends[0]), 0);
	WORLD_SEND(w, unseal, openat(w->dir, "out", O_CREAT | O_WRONLY | O_CLOEXEC, 0600), .intent = 31, .grant = 5,
		   .root = 1, .path = "report.docx.age", .timeout_ms = 700);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_unsealed, 31, SEAL_REFUSED); /* a file is not a pipe */
}

/* A client's time begins with its request, however long the sealer had nothing to do before; and when the work waits,
 * neither key nor text of it lies in the buffers. */
static void test_a_reader_has_its_whole_time(void **state)
{
	static const uint8_t nothing[AGE_CHUNK];
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(2000000);
	OWN_MEM uint8_t *got = malloc(2000000);
	uint64_t wait_ms;
	size_t n = 0;
	int ends[2];

	seal_simple(w, content, 2000000);
	assert_memory_equal(w->sealer.plain, nothing, sizeof(nothing));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	WORLD_SEND(w, unseal, ends[1], .intent = 30, .grant = 5, .root = 1, .path = "report.docx.age",
		   .timeout_ms = 30000);
	w->now_ms += 3600000;
	for (int i = 0; i < 100; i++) { /* the pipe is full by then */
		assert_int_equal(sealer_turn(&w->sealer, w->now_ms, &wait_ms), 0);
		world_answer_all(w);
	}
	assert_in_range(wait_ms, 1, 30000);
	assert_memory_equal(w->sealer.plain, nothing, sizeof(nothing));
	for (ssize_t part; n < 2000000; n += (size_t)part) {
		part = read(ends[0], got + n, 2000000 - n);
		assert_true(part > 0);
		assert_int_equal(sealer_turn(&w->sealer, w->now_ms, &wait_ms), 0);
	}
	assert_memory_equal(got, content, n);
	assert_int_equal(close(ends[0]), 0);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_unsealed, 30, SEAL_DONE);
}

static void test_a_read_is_cut_off(void **state)
{
	struct world *w = *state;
	OWN_MEM uint8_t *content = world_content(3000000);
	OWN_BUFFER struct buffer back = {0};
	uint64_t wait_ms;
	size_t n = 0;
	ssize_t got;
	int ends[2];

	seal_simple(w, content, 3000000);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	WORLD_SEND(w, unseal, ends[1], .intent = 30, .grant = 5, .root = 1, .path = "report.docx.age",
		   .timeout_ms = 60000);
	for (int i = 0; i < 50; i++) { /* until the pipe is full */
		assert_int_equal(sealer_turn(&w->sealer, w->now_ms, &wait_ms), 0);
		world_answer_all(w);
	}
	WORLD_SEND(w, cancel, -1, .intent = 29); /* another's: nothing */
	assert_int_equal(sealer_turn(&w->sealer, w->now_ms, &wait_ms), 0);
	assert_null(world_answer(w, FRAME_TYPE_unsealed, 30));
	WORLD_SEND(w, cancel, -1, .intent = 30);
	assert_int_equal(sealer_turn(&w->sealer, w->now_ms, &wait_ms), 0);
	assert_outcome(w, FRAME_TYPE_unsealed, 30, SEAL_REFUSED);
	buffer_reserve(&back, 3000000);
	while ((got = read(ends[0], back.at, 3000000)) > 0) /* ends: nobody holds the other end any more */
		n += (size_t)got;
	assert_int_equal(got, 0);
	assert_in_range(n, 1, 2900000);
	(void)close(ends[0]);
	/* Whatever else is under way is nobody's to cut off like this. */
	WORLD_SEND(w, header, -1, .intent = 31, .grant = 5, .root = 1, .path = "report.docx.age", .verify = 1);
	WORLD_SEND(w, cancel, -1, .intent = 31);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_opened, 31, SEAL_DONE);
}

static void test_restore_and_list(void **state)
{
	struct world *w = *state;

	seal_simple(w, "text", 4);
	assert_int_equal(mkdirat(w->dir, "sub", 0755), 0);
	assert_int_equal(linkat(w->dir, "report.docx.age", w->dir, "sub/moved.age", 0), 0);
	assert_int_equal(unlinkat(w->dir, "report.docx.age", 0), 0);
	world_write(w, "sub/foreign.age", "nothing", 7);
	WORLD_SEND(w, list, -1, .intent = 40, .root = 1, .path = "");
	world_run(w);
	assert_outcome(w, FRAME_TYPE_listed, 40, SEAL_DONE);
	assert_int_equal(world_answer(w, FRAME_TYPE_listed, 40)->size, 2);
	for (size_t i = 0; i < w->n_answers; i++)
		if (w->answers[i].type == FRAME_TYPE_found) /* only ours has label arguments (detail here) */
			assert_int_equal(text_equal(w->answers[i].text, "sub/moved.age"),
					 text_starts(w->answers[i].detail, WORLD_RECORD));
	WORLD_SEND(w, restore, -1, .intent = 41, .root = 1, .keep = "2026-000001.1.age", .target = "report.docx.age");
	world_run(w);
	assert_outcome(w, FRAME_TYPE_restored, 41, SEAL_DONE);
	assert_true(world_age_opens(w, "report.docx.age", "text", 4));
	WORLD_SEND(w, restore, -1, .intent = 42, .root = 1, .keep = "2026-000001.1.age", .target = "sub/foreign.age");
	world_run(w);
	assert_outcome(w, FRAME_TYPE_restored, 42, SEAL_NAME_TAKEN);
	WORLD_SEND(w, restore, -1, .intent = 43, .root = 1, .keep = "../keep/x", .target = "a");
	world_run(w);
	assert_outcome(w, FRAME_TYPE_restored, 43, SEAL_REFUSED);
}

/* 1,000 files: what the sealer waits for the disk, of at most 20 with the journal's two for each group. */
static void test_groups_share_their_flushes(void **state)
{
	struct world *w = *state;

	w->settle_at_once = true;
	for (size_t i = 0; i < 1000; i++) {
		OWN_MEM char *path = text_format("f%zu", i);
		OWN_MEM char *target = text_format("f%zu.age", i);

		world_write(w, path, path, strlen(path));
		world_ask_seal(w, &(struct wish){.intent = i + 1, .path = path, .target = target, .keep = target});
	}
	world_run(w);
	assert_int_equal(w->n_answers, 2000);
	for (size_t i = 0; i < 1000; i++) {
		assert_outcome(w, FRAME_TYPE_published, i + 1, SEAL_DONE);
		assert_outcome(w, FRAME_TYPE_disposed, i + 1, SEAL_DONE);
	}
	assert_true(w->sealer.flushes > 0);
	if (w->sealer.in_flight_max == SEALER_IN_FLIGHT) /* else there are not descriptors enough for a whole group */
		assert_in_range(w->sealer.flushes, 1, 20 - 2 * 3);
	assert_true(world_age_opens(w, "f999.age", "f999", 4));
}

/* The checkout is another root, on a file system of its own; the sealed file that it came from is replaced. */
static void test_a_checkout_becomes_the_next_version(void **state)
{
	struct world *w = *state;
	struct wish wish = {
	    .intent = 2, .path = "out.docx", .target = "report.docx.age", .keep = "2026-000001.2.age", .version = 2};
	struct asked asked;

	seal_simple(w, "first", 5);
	wish.replace_ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	assert_int_equal(mkdirat(w->dir, "checkouts", 0755), 0);
	world_write(w, "out.docx", "second", 6);
	world_prepare_seal(w, &wish, &asked);
	assert_int_equal(renameat2(w->dir, "out.docx", w->dir, "checkouts/out.docx", RENAME_NOREPLACE), 0);
	assert_int_equal(
	    sealer_add_root(&w->sealer, 9, ROOT_CHECKOUT, openat(w->dir, "checkouts", O_RDONLY | O_CLOEXEC)), 0);
	asked.m.root = 9;
	asked.m.target_root = 1;
	world_send(w, &frame_type_seal, &asked.m, -1);
	world_run(w);
	asked_done(&asked);
	assert_outcome(w, FRAME_TYPE_published, 2, SEAL_DONE);
	assert_outcome(w, FRAME_TYPE_disposed, 2, SEAL_DONE);
	assert_true(world_has(w, "checkouts/out.docx"));
	assert_false(world_has(w, "checkouts/.classd"));
	assert_true(world_age_opens(w, "report.docx.age", "second", 6));
}

/* An editor that saves by rename while its file is sealed again and again: whatever it saved last is there, in clear or
 * sealed, and nothing that it saved and the sealer took is anywhere but in a sealed file or under a conflict name. */
static void test_a_racing_editor_loses_nothing(void **state)
{
	struct world *w = *state;
	OWN_MEM char *last = NULL;
	int status;
	pid_t editor;

	world_write(w, "report.docx", "0", 1);
	w->settle_at_once = true;
	editor = fork();
	assert_true(editor >= 0);
	for (int i = 1; editor == 0 && i <= 400; i++) {
		OWN_MEM char *text = text_format("%d", i);
		OWN_MEM char *from = text_format("%s/save", w->path);
		OWN_MEM char *to = text_format("%s/report.docx", w->path);

		world_write(w, "save", text, strlen(text));
		if (rename(from, to) != 0)
			_exit(1);
	}
	if (editor == 0)
		_exit(0);
	for (uint64_t i = 1; waitpid(editor, &status, WNOHANG) == 0 || world_has(w, "report.docx"); i++) {
		OWN_MEM char *target = text_format("%06llu.age", (unsigned long long)i);
		OWN_FD int fd = openat(w->dir, "report.docx", O_RDONLY | O_CLOEXEC);
		const struct answer *a;

		if (fd < 0)
			continue;
		world_ask_seal(w, &(struct wish){.intent = i, .path = "report.docx", .target = target, .keep = target});
		world_run(w);
		a = world_answer(w, FRAME_TYPE_disposed, i);
		if (a && a->outcome == SEAL_DONE) {
			free(last);
			last = text_copy(target);
		}
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_non_null(last); /* the editor has ended, so the last save was sealed last */
	assert_true(world_age_opens(w, last, "400", 3));
	assert_int_equal(w->degraded, 0);
}

static void test_a_keeper_that_comes_later(void **state)
{
	struct world *w = *state;

	w->keeper_away = true;
	world_write(w, "report.docx", "text", 4);
	world_ask_seal(w, &simple);
	world_run(w);
	assert_int_equal(w->n_answers, 0);
	w->keeper_away = false;
	assert_int_equal(sealer_keeper_up(&w->sealer), 0);
	world_answer_all(w);
	world_run(w);
	assert_outcome(w, FRAME_TYPE_published, 1, SEAL_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_sealed_files_open_with_age, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_plaintext_stays_until_settled, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_checkout_keeps_its_plaintext, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_writer_is_waited_for, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_only_the_named_content_is_sealed, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_newer_save_is_never_lost, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_new_version_replaces_the_old_one, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_readers_keep_reading_the_ciphertext, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_rewrap, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_damage_releases_nothing, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_slow_reader_stops_nobody, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_reader_has_its_whole_time, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_read_is_cut_off, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_restore_and_list, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_groups_share_their_flushes, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_checkout_becomes_the_next_version, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_racing_editor_loses_nothing, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_keeper_that_comes_later, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
