/*
 * Flipped, cut and mutated sealed files, each read whole by the sealer's own code: every one is refused, no byte comes
 * out, and the untouched file still opens. Each test says how many it tried. CLASSD_LONG=1 flips every single bit;
 * without it every bit of header and nonce, and every PAYLOAD_STEP-th of the content.
 */
#include "attack.h"

#define PAYLOAD_STEP 127
#define MUTATIONS    6000

/* ---- single bits ---- */

static void test_every_flipped_bit(void **state)
{
	struct world *w = *state;
	struct sealed a = {0};
	size_t step = getenv("CLASSD_LONG") ? 1 : PAYLOAD_STEP, tried = 0;
	size_t outcomes[64] = {0};
	OWN_FD int fd = -1;

	seal(w, "a", 1, &a);
	fd = openat(w->dir, "a.txt.age", O_RDWR | O_CLOEXEC);
	for (size_t bit = 0; bit < a.file.n * 8; bit += bit < a.e.payload_at * 8 ? 1 : step, tried++) {
		uint8_t byte = a.file.at[bit / 8] ^ (uint8_t)(1 << bit % 8);
		enum seal_outcome outcome;

		assert_int_equal(pwrite(fd, &byte, 1, (off_t)(bit / 8)), 1);
		expect_refused(w, "a.txt.age", &outcome);
		outcomes[outcome]++;
		assert_int_equal(pwrite(fd, &a.file.at[bit / 8], 1, (off_t)(bit / 8)), 1);
	}
	expect_opens(w, "a.txt.age");
	assert_int_equal(tried, outcomes[SEAL_DAMAGED] + outcomes[SEAL_FOREIGN] + outcomes[SEAL_NEWER] +
				    outcomes[SEAL_WRONG_KEY]);
	print_message("# %zu single bits of %zu flipped, all refused without output: %zu damaged, %zu not ours, "
		      "%zu newer, %zu no key; 0 let through\n",
		      tried, a.file.n * 8, outcomes[SEAL_DAMAGED], outcomes[SEAL_FOREIGN], outcomes[SEAL_NEWER],
		      outcomes[SEAL_WRONG_KEY]);
	sealed_done(&a);
}

/* ---- cuts and additions ---- */

static void test_every_cut(void **state)
{
	struct world *w = *state;
	struct sealed a = {0};
	size_t tried = 0;

	seal(w, "a", 1, &a);
	for (size_t n = 0; n < a.e.payload_at; n++, tried++)
		try_file(w, bytes_of(a.file.at, n));
	for (size_t i = 0; i < 3; i++)
		for (size_t n = chunk_at(&a, i); n < chunk_at(&a, i) + 34 && n < a.file.n; n++, tried++)
			try_file(w, bytes_of(a.file.at, n));
	for (size_t i = 1; i <= 3; i++)
		for (size_t d = 1; d < 34; d++, tried++)
			try_file(w, bytes_of(a.file.at, (i < 3 ? chunk_at(&a, i) : a.file.n) - d));
	for (size_t n = 1; n < 40; n++, tried++) {
		buffer_u8(&a.file, 0);
		try_file(w, buffer_bytes(&a.file));
	}
	expect_opens(w, "a.txt.age");
	print_message("# %zu cuts and additions, all refused without output\n", tried);
	sealed_done(&a);
}

/* ---- mutated headers ---- */

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static size_t pick(size_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)(random_state % below);
}

/* A line of the header from its first byte to its LF. */
static struct bytes some_line(struct bytes header)
{
	size_t at = pick(header.n), end = at;

	while (at && header.at[at - 1] != '\n')
		at--;
	while (end < header.n && header.at[end] != '\n')
		end++;
	return bytes_of(header.at + at, end + (end < header.n) - at);
}

static void add_around(struct buffer *to, struct bytes header, struct bytes gone, struct bytes come)
{
	size_t at = (size_t)(gone.at - header.at);

	buffer_add(to, header.at, at);
	buffer_add_bytes(to, come);
	buffer_add(to, gone.at + gone.n, header.n - at - gone.n);
}

static void mutate_byte(struct bytes h, struct bytes other, struct buffer *to)
{
	static const char likely[] = " \n\r\0-> +/=Aa0x~\x7f\x80\xff";
	size_t at = pick(h.n);

	(void)other;
	add_around(to, h, bytes_of(h.at + at, pick(2)), bytes_of(likely + pick(sizeof(likely)), 1));
}

static void mutate_drop(struct bytes h, struct bytes other, struct buffer *to)
{
	size_t at = pick(h.n), n = 1 + pick(h.n - at < 80 ? h.n - at : 80);

	(void)other;
	add_around(to, h, bytes_of(h.at + at, n), (struct bytes){0});
}

static void mutate_drop_line(struct bytes h, struct bytes other, struct buffer *to)
{
	(void)other;
	add_around(to, h, some_line(h), (struct bytes){0});
}

static void mutate_double_line(struct bytes h, struct bytes other, struct buffer *to)
{
	struct bytes line = some_line(h);

	(void)other;
	add_around(to, h, bytes_of(line.at, 0), line);
}

static void mutate_swap_lines(struct bytes h, struct bytes other, struct buffer *to)
{
	(void)other;
	add_around(to, h, some_line(h), some_line(h));
}

/* A line of another sealed file's header instead of, or before, one of ours. */
static void mutate_foreign_line(struct bytes h, struct bytes other, struct buffer *to)
{
	struct bytes line = some_line(h);

	add_around(to, h, bytes_of(line.at, pick(2) ? line.n : 0), some_line(other));
}

static void mutate_stanza(struct bytes h, struct bytes other, struct buffer *to)
{
	static const char *const stanzas[] = {
	    "-> classd/label/v1 0192f0c4-1111-7222-8333-444455556666 1 PUBLIC cn@2026.1 00000000 1\nAA\n",
	    "-> classd/label/v2 x\n\n",
	    "-> classd/new\n\n",
	    "-> classd/pad x\n\n",
	    "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
	    "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 18\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
	    "-> grease\n\n",
	};
	struct bytes line = some_line(h);

	(void)other;
	add_around(to, h, bytes_of(line.at, 0), bytes_of_text(stanzas[pick(array_n(stanzas))]));
}

static void (*const mutations[])(struct bytes h, struct bytes other, struct buffer *to) = {
    mutate_byte,       mutate_drop,	    mutate_drop_line, mutate_double_line,
    mutate_swap_lines, mutate_foreign_line, mutate_stanza,
};

/* One to three mutations; false: they gave the header that was. */
static bool mutate(struct bytes header, struct bytes other, struct buffer *ret)
{
	buffer_clear(ret);
	buffer_add_bytes(ret, header);
	for (size_t n = 1 + pick(3); n && ret->n; n--) {
		OWN_BUFFER struct buffer was = *ret;

		*ret = (struct buffer){0};
		mutations[pick(array_n(mutations))](buffer_bytes(&was), other, ret);
	}
	return !bytes_equal(buffer_bytes(ret), header);
}

static void test_mutated_headers(void **state)
{
	struct world *w = *state;
	struct sealed a = {0}, b = {0};
	OWN_BUFFER struct buffer file = {0};
	size_t tried = 0;

	seal(w, "a", 1, &a);
	seal(w, "b", 2, &b);
	while (tried < MUTATIONS) {
		struct bytes header = bytes_of(a.file.at, a.e.payload_at - AGE_NONCE);

		if (!mutate(header, bytes_of(b.file.at, b.e.payload_at - AGE_NONCE), &file))
			continue;
		buffer_add(&file, a.file.at + header.n, a.file.n - header.n);
		try_file(w, buffer_bytes(&file));
		tried++;
	}
	expect_opens(w, "a.txt.age");
	print_message("# %zu mutated headers, all refused without output\n", tried);
	sealed_done(&a);
	sealed_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_every_flipped_bit, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_every_cut, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_mutated_headers, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
