/* A sealed file as it is through a pipe: every byte of it, no key asked for, and only the file that is meant. */
#include "world.h"

static void seal(struct world *w, size_t n)
{
	OWN_MEM uint8_t *content = world_content(n);

	world_write(w, "report.docx", content, n);
	w->settle_at_once = true;
	world_ask_seal(
	    w, &(struct wish){
		   .intent = 1, .path = "report.docx", .target = "report.docx.age", .keep = "2026-000001.1.age"});
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_published, 1)->outcome, SEAL_DONE);
}

/* What came through the pipe, and the outcome. */
static uint8_t carry(struct world *w, uint64_t intent, const uint8_t *mac, struct buffer *ret)
{
	struct frame_carry m = {.intent = intent, .root = 1, .path = "report.docx.age", .timeout_ms = 1000};
	uint64_t wait_ms;
	int ends[2];

	buffer_clear(ret);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	if (mac)
		memcpy(m.header_mac, mac, sizeof(m.header_mac));
	world_send(w, &frame_type_carry, &m, ends[1]);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	for (int end = -1; end != 0;) {
		uint8_t *room = buffer_reserve(ret, 1 << 16);

		assert_int_equal(sealer_turn(&w->sealer, w->now_ms, &wait_ms), 0);
		end = (int)read(ends[0], room, 1 << 16);
		if (end > 0)
			ret->n += (size_t)end;
	}
	assert_int_equal(close(ends[0]), 0);
	world_run(w);
	return world_answer(w, FRAME_TYPE_carried, intent)->outcome;
}

static void test_every_byte(void **state)
{
	struct world *w = *state;
	OWN_BUFFER struct buffer got = {0};
	OWN_BUFFER struct buffer file = {0};
	struct recipient escrow;
	OWN_FD int fd = -1;
	char id[9];

	seal(w, 300000);
	fd = openat(w->dir, "report.docx.age", O_RDONLY | O_CLOEXEC);
	assert_int_equal(files_read_rest(&files_linux, fd, 1 << 20, &file), 0);
	/* The answer to sealing said which escrow opens it. */
	assert_int_equal(identity_recipient(w->escrow, &escrow), 0);
	identity_key_id(&escrow, id);
	assert_string_equal(world_answer(w, FRAME_TYPE_published, 1)->escrow, id);
	w->refuse_grant = true; /* it asks for none */
	assert_int_equal(carry(w, 40, NULL, &got), SEAL_DONE);
	assert_true(bytes_equal(buffer_bytes(&got), buffer_bytes(&file)));
	assert_int_equal(carry(w, 41, world_answer(w, FRAME_TYPE_published, 1)->header_mac, &got), SEAL_DONE);
	assert_true(bytes_equal(buffer_bytes(&got), buffer_bytes(&file)));
}

static void test_refused(void **state)
{
	struct world *w = *state;
	OWN_BUFFER struct buffer got = {0};
	uint8_t other[32] = {1};

	seal(w, 1000);
	assert_int_equal(carry(w, 42, other, &got), SEAL_CHANGED);
	assert_int_equal(got.n, 0);
	WORLD_SEND(w, carry, openat(w->dir, "out", O_CREAT | O_WRONLY | O_CLOEXEC, 0600), .intent = 43, .root = 1,
		   .path = "report.docx.age", .timeout_ms = 700);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_carried, 43)->outcome, SEAL_REFUSED);
	world_write(w, "report.docx.age", "not a sealed file", 17);
	assert_int_equal(carry(w, 44, NULL, &got), SEAL_FOREIGN);
	assert_int_equal(got.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_every_byte, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_refused, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
