/*
 * Files made of parts of two sealed files, labels of another record put on by somebody who has the file key, an older
 * version put back, and everything beyond a limit: refused without output. Limits are exact: what is just within opens.
 */
#include "attack.h"

/* Where each part of a file comes from: A or B. */
struct mix {
	const struct sealed *line, *body, *rest, *nonce, *payload;
	const struct sealed *mac;     /* its MAC as it stands … */
	const struct secret *mac_key; /* … or computed anew with this file key */
};

static void put_stanza(struct buffer *to, const struct sealed *line, const struct sealed *body, size_t i)
{
	age_write_stanza(to, line->e.header.stanzas[i].line, body->e.header.stanzas[i].body);
}

static void compose(const struct mix *m, struct buffer *ret)
{
	buffer_clear(ret);
	age_write_begin(ret);
	put_stanza(ret, m->line, m->body, 0);
	for (size_t i = 1; i < m->rest->e.header.n_stanzas; i++)
		put_stanza(ret, m->rest, m->rest, i);
	if (m->mac_key) {
		assert_int_equal(identity_finish_header(m->mac_key, ret), 0);
	} else {
		age_write_end(ret);
		age_write_mac(ret, m->mac->e.header.mac);
	}
	buffer_add(ret, m->nonce->e.nonce, AGE_NONCE);
	buffer_add(ret, m->payload->file.at + m->payload->e.payload_at, m->payload->file.n - m->payload->e.payload_at);
}

static bool is_one_of(struct bytes file, const struct sealed *a, const struct sealed *b)
{
	return bytes_equal(file, buffer_bytes(&a->file)) || bytes_equal(file, buffer_bytes(&b->file));
}

/* Clear line, sealed record, recipients, nonce and body from either file; the MAC of either, or made by a thief. */
static void test_parts_of_two_files(void **state)
{
	struct world *w = *state;
	struct sealed a = {0}, b = {0};
	const struct sealed *from[2] = {&a, &b};
	OWN_BUFFER struct buffer file = {0};
	size_t tried = 0, whole = 0;

	seal(w, "a", 1, &a);
	seal(w, "b", 2, &b);
	for (unsigned parts = 0; parts < 1u << 7; parts++) {
		struct mix m = {.line = from[parts & 1],
				.body = from[parts >> 1 & 1],
				.rest = from[parts >> 2 & 1],
				.nonce = from[parts >> 3 & 1],
				.payload = from[parts >> 4 & 1],
				.mac = from[parts >> 5 & 1]};

		m.mac_key = parts >> 6 ? m.mac->file_key : NULL;
		compose(&m, &file);
		if (is_one_of(buffer_bytes(&file), &a, &b)) {
			whole++;
			continue;
		}
		try_file(w, buffer_bytes(&file));
		tried++;
	}
	assert_int_equal(whole, 4); /* A and B, with their MAC and with the same one made anew */
	expect_opens(w, "a.txt.age");
	expect_opens(w, "b.txt.age");
	print_message("# %zu files of parts of two, all refused without output\n", tried);
	sealed_done(&a);
	sealed_done(&b);
}

static struct bytes chunk(const struct sealed *s, size_t i)
{
	size_t at = chunk_at(s, i);

	return bytes_of(s->file.at + at, i < 2 ? AGE_SEALED_CHUNK : s->file.n - at);
}

/* A file with A's header and these chunks. */
static void try_chunks(struct world *w, const struct sealed *a, const struct bytes *chunks, size_t n)
{
	OWN_BUFFER struct buffer file = {0};

	buffer_add(&file, a->file.at, a->e.payload_at);
	for (size_t i = 0; i < n; i++)
		buffer_add_bytes(&file, chunks[i]);
	try_file(w, buffer_bytes(&file));
}

static void test_chunks_in_other_places(void **state)
{
	struct world *w = *state;
	struct sealed a = {0}, b = {0};
	size_t tried = 0;

	seal(w, "a", 1, &a);
	seal(w, "b", 2, &b);
	for (unsigned i = 0; i < 6 * 6 * 6; i++) {
		/* Each place has any chunk of A or B. */
		const unsigned places[] = {i % 6, i / 6 % 6, i / 36};
		struct bytes chunks[3];

		for (size_t k = 0; k < 3; k++)
			chunks[k] = chunk(places[k] < 3 ? &a : &b, places[k] % 3);
		if (places[0] == 0 && places[1] == 1 && places[2] == 2)
			continue; /* A itself */
		try_chunks(w, &a, chunks, 3);
		try_chunks(w, &a, chunks, 2);
		try_chunks(w, &a, (const struct bytes[]){chunk(&a, 0), chunks[0], chunks[1], chunks[2]}, 4);
		tried += 3;
	}
	for (size_t i = 0; i < 3; i++, tried++)
		try_chunks(w, &a, (const struct bytes[]){chunk(&a, i)}, 1);
	expect_opens(w, "a.txt.age");
	print_message("# %zu files with chunks swapped, moved, dropped or doubled, all refused without output\n",
		      tried);
	sealed_done(&a);
	sealed_done(&b);
}

static void record_of(const struct sealed *s, struct buffer *ret)
{
	struct envelope_content content = {0};

	assert_int_equal(envelope_open(&s->e, s->file_key, &content), 0);
	buffer_add_bytes(ret, buffer_bytes(&content.list));
	envelope_content_done(&content);
}

/* Whoever has A's file key writes a flawless header with B's label for it: the label does not commit to A's content. */
static void test_a_label_of_another_record(void **state)
{
	struct world *w = *state;
	struct sealed a = {0}, b = {0};
	OWN_BUFFER struct buffer record = {0};
	OWN_BUFFER struct buffer file = {0};
	OWN_BUFFER struct buffer back = {0};
	struct recipient to;
	struct envelope_plan plan = {.recipients = &to, .n_recipients = 1};

	seal(w, "a", 1, &a);
	seal(w, "b", 2, &b);
	assert_int_equal(identity_recipient(w->level, &to), 0);
	plan.file_key = a.file_key;
	plan.nonce = a.e.nonce;
	for (int i = 0; i < 2; i++) {
		buffer_clear(&record);
		buffer_clear(&file);
		record_of(i == 0 ? &b : &a, &record);
		plan.record = buffer_bytes(&record);
		assert_int_equal(envelope_write(&plan, &file), 0);
		buffer_add(&file, a.file.at + a.e.payload_at, a.file.n - a.e.payload_at);
		if (i == 0) {
			try_file(w, buffer_bytes(&file));
			continue;
		}
		/* The same with A's own label opens: it is the label that was refused. */
		world_write(w, NAME, file.at, file.n);
		expect_opens(w, NAME);
	}
	assert_int_equal(world_unseal(w, 77, "a.txt.age", &back), SEAL_DONE);
	sealed_done(&a);
	sealed_done(&b);
}

/* The registrar says which header is the newest; an older file of the record, itself flawless, is not it. */
static void test_an_old_version_put_back(void **state)
{
	struct world *w = *state;
	struct sealed old = {0}, new = {0};
	int ends[2];
	struct frame_unseal m = {.intent = 50, .grant = 7, .root = 1, .path = "new.txt.age", .timeout_ms = 1000};
	uint8_t byte;

	seal(w, "old", 1, &old);
	seal(w, "new", 2, &new);
	world_write(w, "new.txt.age", old.file.at, old.file.n);
	memcpy(m.header_mac, new.e.header.mac, sizeof(m.header_mac));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	world_send(w, &frame_type_unseal, &m, ends[1]);
	world_run(w);
	assert_int_equal(world_answer(w, FRAME_TYPE_unsealed, 50)->outcome, SEAL_CHANGED);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
	sealed_done(&old);
	sealed_done(&new);
}

/* ---- limits ---- */

/* A's header with more stanzas in it, whole and with a right MAC. */
static void oversize(const struct sealed *a, struct bytes stanzas, struct buffer *ret)
{
	buffer_clear(ret);
	age_write_begin(ret);
	for (size_t i = 0; i < 3; i++) /* label, level, escrow */
		put_stanza(ret, a, a, i);
	buffer_add_bytes(ret, stanzas);
	age_write_pad(ret, LABEL_PAD, ENVELOPE_ALIGN);
	assert_int_equal(identity_finish_header(a->file_key, ret), 0);
	buffer_add(ret, a->e.nonce, AGE_NONCE);
	buffer_add(ret, a->file.at + a->e.payload_at, a->file.n - a->e.payload_at);
}

/* n stanzas of that many arguments, each so long, and a body of so many bytes. */
struct extra {
	size_t stanzas, args, length, body;
};

static void write_extra(const struct extra *x, struct buffer *ret)
{
	OWN_MEM uint8_t *zero = calloc(1, x->body + 1);
	OWN_BUFFER struct buffer line = {0};

	buffer_add_text(&line, "->");
	for (size_t i = 0; i < x->args; i++) {
		buffer_u8(&line, ' ');
		for (size_t k = 0; k < x->length; k++)
			buffer_u8(&line, 'g');
	}
	buffer_u8(&line, '\n');
	for (size_t i = 0; i < x->stanzas; i++)
		age_write_stanza(ret, buffer_bytes(&line), bytes_of(zero, x->body));
}

static void test_limits_are_exact(void **state)
{
	static const struct {
		struct extra within, beyond;
	} rows[] = {
	    {{60, 1, 6, 0}, {61, 1, 6, 0}},		/* 64 stanzas with label, two recipients, pad */
	    {{1, 16, 6, 0}, {1, 17, 6, 0}},		/* arguments */
	    {{1, 1, 1024, 0}, {1, 1, 1025, 0}},		/* bytes of one */
	    {{1, 1, 6, 189000}, {1, 1, 6, 195000}},	/* 256 KiB of header */
	    {{0, 0, 0, 0}, {1, 1, 6, (size_t)1 << 23}}, /* far beyond */
	    {{0, 0, 0, 0}, {5000, 1, 6, 0}},
	    {{0, 0, 0, 0}, {1, 5000, 6, 0}},
	    {{0, 0, 0, 0}, {1, 1, 500000, 0}},
	};
	struct world *w = *state;
	struct sealed a = {0};
	OWN_BUFFER struct buffer file = {0};

	seal(w, "a", 1, &a);
	for (size_t i = 0; i < array_n(rows); i++) {
		OWN_BUFFER struct buffer within = {0};
		OWN_BUFFER struct buffer beyond = {0};

		write_extra(&rows[i].within, &within);
		oversize(&a, buffer_bytes(&within), &file);
		world_write(w, NAME, file.at, file.n);
		expect_opens(w, NAME);
		write_extra(&rows[i].beyond, &beyond);
		oversize(&a, buffer_bytes(&beyond), &file);
		try_file(w, buffer_bytes(&file));
	}
	print_message("# %zu kinds of oversized headers, all refused without output\n", array_n(rows));
	sealed_done(&a);
}

/* Under a right MAC: a passphrase that somebody added, whoever knows which could forge documents, and an innocent
 * stranger. */
static void test_a_passphrase_beside(void **state)
{
	struct world *w = *state;
	struct sealed a = {0};
	OWN_BUFFER struct buffer file = {0};
	OWN_BUFFER struct buffer stanza = {0};
	OWNED(secret) struct secret *passphrase = NULL;
	uint8_t text[] = {'x'};

	seal(w, "a", 1, &a);
	assert_int_equal(secret_new_from(text, sizeof(text), &passphrase), 0);
	oversize(&a, bytes_of_text("-> stranger\n\n"), &file);
	world_write(w, NAME, file.at, file.n);
	expect_opens(w, NAME);
	assert_int_equal(passphrase_wrap(passphrase, 1, a.file_key, &stanza), 0);
	oversize(&a, buffer_bytes(&stanza), &file);
	try_file(w, buffer_bytes(&file));
	sealed_done(&a);
}

/* A frame of more than 64 KiB under a right MAC, and a content beyond 1 TiB, which nobody starts to read. */
static void test_too_large_frame_and_content(void **state)
{
	struct world *w = *state;
	struct sealed a = {0};
	OWN_BUFFER struct buffer file = {0};
	OWN_MEM uint8_t *frame = calloc(1, 65537);
	OWN_FD int fd = -1;

	seal(w, "a", 1, &a);
	frame[0] = 1;
	age_write_begin(&file);
	age_write_stanza(&file, a.e.header.stanzas[0].line, bytes_of(frame, 65537));
	put_stanza(&file, &a, &a, 1);
	age_write_pad(&file, LABEL_PAD, ENVELOPE_ALIGN);
	assert_int_equal(identity_finish_header(a.file_key, &file), 0);
	buffer_add(&file, a.e.nonce, AGE_NONCE);
	try_file(w, buffer_bytes(&file));
	world_write(w, NAME, a.file.at, a.e.payload_at);
	fd = openat(w->dir, NAME, O_RDWR | O_CLOEXEC);
	if (ftruncate(fd, (off_t)(a.e.payload_at + age_payload_length(AGE_PAYLOAD_MAX + 1))) == 0) {
		enum seal_outcome outcome;

		expect_refused(w, NAME, &outcome);
		assert_int_equal(outcome, SEAL_DAMAGED);
		assert_true(strstr(w->answers[(w->n_answers - 1) % WORLD_ANSWERS].detail, "larger than we accept"));
	} else {
		print_message("# this file system has no file of 1 TiB\n");
	}
	sealed_done(&a);
}

/* A's file with another type of its label stanza, under a right MAC. */
static void write_label_type(const struct sealed *a, const char *type, struct buffer *ret)
{
	OWN_BUFFER struct buffer line = {0};
	struct bytes was = a->e.header.stanzas[0].line;
	size_t skip = strlen("-> " LABEL_STANZA);

	buffer_clear(ret);
	age_write_begin(ret);
	buffer_add_format(&line, "-> %s", type);
	buffer_add(&line, was.at + skip, was.n - skip);
	age_write_stanza(ret, buffer_bytes(&line), a->e.header.stanzas[0].body);
	put_stanza(ret, a, a, 1);
	age_write_pad(ret, LABEL_PAD, ENVELOPE_ALIGN);
	assert_int_equal(identity_finish_header(a->file_key, ret), 0);
	buffer_add(ret, a->e.nonce, AGE_NONCE);
	buffer_add(ret, a->file.at + a->e.payload_at, a->file.n - a->e.payload_at);
}

static enum seal_outcome outcome_of(struct world *w, struct bytes file)
{
	enum seal_outcome outcome;

	world_write(w, NAME, file.at, file.n);
	expect_refused(w, NAME, &outcome);
	return outcome;
}

static ssize_t broken_pread(const struct files *f, int fd, void *at, size_t n, uint64_t offset)
{
	(void)f;
	(void)fd;
	(void)at;
	(void)n;
	(void)offset;
	return -EIO;
}

/* Another key, damage, a disk that does not read, a newer format, a file that is none of ours: five answers. */
static void test_refusals_are_told_apart(void **state)
{
	struct world *w = *state;
	struct sealed a = {0};
	OWN_BUFFER struct buffer file = {0};
	struct secret *level = w->level;
	OWNED(secret) struct secret *other = NULL;

	seal(w, "a", 1, &a);
	write_label_type(&a, LABEL_STANZA, &file);
	world_write(w, NAME, file.at, file.n);
	expect_opens(w, NAME); /* so it is the type that the next is refused for */
	write_label_type(&a, "classd/label/v2", &file);
	assert_int_equal(outcome_of(w, buffer_bytes(&file)), SEAL_NEWER);
	buffer_clear(&file);
	age_write_begin(&file);
	put_stanza(&file, &a, &a, 1); /* an age file to the level key, and nothing of ours */
	assert_int_equal(identity_finish_header(a.file_key, &file), 0);
	buffer_add(&file, a.file.at + a.e.payload_at - AGE_NONCE, a.file.n - a.e.payload_at + AGE_NONCE);
	assert_int_equal(outcome_of(w, buffer_bytes(&file)), SEAL_FOREIGN);
	assert_int_equal(outcome_of(w, bytes_of_text("no age file\n")), SEAL_FOREIGN);
	assert_int_equal(outcome_of(w, bytes_of(a.file.at, a.file.n - 1)), SEAL_DAMAGED);
	assert_int_equal(identity_new(&other), 0);
	w->level = other;
	assert_int_equal(outcome_of(w, buffer_bytes(&a.file)), SEAL_WRONG_KEY);
	w->level = level;
	w->files.pread = broken_pread;
	assert_int_equal(outcome_of(w, buffer_bytes(&a.file)), SEAL_UNREADABLE);
	w->files.pread = files_linux.pread;
	assert_int_equal(world_unseal(w, 78, NAME, &file), SEAL_DONE);
	sealed_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_parts_of_two_files, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_chunks_in_other_places, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_label_of_another_record, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_an_old_version_put_back, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_limits_are_exact, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_a_passphrase_beside, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_refusals_are_told_apart, world_setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_too_large_frame_and_content, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
