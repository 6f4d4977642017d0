#include "test.h"

#include "sample.h"

static const struct bytes content = {(const uint8_t *)"the document", 12};

/* One header with its keys. */
struct fixture {
	struct secret *level, *escrow, *stranger, *file_key;
	struct recipient to[2];
	struct buffer record, header;
};

static void write_header(struct fixture *f, const uint8_t *nonce)
{
	struct envelope_plan plan = {.file_key = f->file_key,
				     .record = buffer_bytes(&f->record),
				     .recipients = f->to,
				     .n_recipients = 2,
				     .nonce = nonce};

	buffer_clear(&f->header);
	assert_int_equal(envelope_write(&plan, &f->header), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(sodium_start(), 0);
	assert_int_equal(identity_new(&f->level), 0);
	assert_int_equal(identity_new(&f->escrow), 0);
	assert_int_equal(identity_new(&f->stranger), 0);
	assert_int_equal(envelope_new_file_key(&f->file_key), 0);
	assert_int_equal(identity_recipient(f->level, &f->to[0]), 0);
	assert_int_equal(identity_recipient(f->escrow, &f->to[1]), 0);
	assert_int_equal(sample_record(content, 1, "secret", &f->record), 0);
	write_header(f, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	secret_free(f->level);
	secret_free(f->escrow);
	secret_free(f->stranger);
	secret_free(f->file_key);
	buffer_done(&f->record);
	buffer_done(&f->header);
	free(f);
	return 0;
}

static int open_with(struct bytes header, const struct secret *identity, struct envelope_content *ret)
{
	OWNED(secret) struct secret *file_key = NULL;
	struct envelope e;
	int bad = envelope_parse(header, &e);

	if (bad)
		return bad;
	bad = envelope_unlock(&e, identity, &file_key);
	if (!bad)
		bad = envelope_open(&e, file_key, ret);
	envelope_done(&e);
	return bad;
}

static void test_both_keys_open_it(void **state)
{
	struct fixture *f = *state;
	const struct secret *keys[] = {f->level, f->escrow};
	struct envelope_content c = {0};

	assert_int_equal(f->header.n % ENVELOPE_ALIGN, 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(open_with(buffer_bytes(&f->header), keys[i], &c), 0);
		assert_string_equal(c.label.protection, "secret");
		assert_true(bytes_equal_text(c.record.name, "report.docx"));
		assert_int_equal(c.record.length, content.n);
		envelope_content_done(&c);
	}
	assert_int_equal(open_with(buffer_bytes(&f->header), f->stranger, &c), ENVELOPE_NO_KEY);
}

static void test_clear_line_and_key_id(void **state)
{
	struct fixture *f = *state;
	struct envelope e;
	char id[9];

	assert_int_equal(envelope_parse(buffer_bytes(&f->header), &e), 0);
	identity_key_id(&f->to[0], id);
	assert_string_equal(e.args.key_id, id);
	assert_string_equal(e.args.level, "secret");
	assert_string_equal(e.args.record, SAMPLE_UUID);
	assert_int_equal(e.payload_at, f->header.n);
	assert_null(memmem(f->header.at, f->header.n, "must not be read", 16));
	envelope_done(&e);
}

static void test_every_truncation_and_flip_is_refused(void **state)
{
	struct fixture *f = *state;
	size_t outcomes[ENVELOPE_LABEL_MISMATCH + 1] = {0};

	for (size_t n = 0; n < f->header.n; n++) {
		struct envelope e;

		assert_int_equal(envelope_parse(bytes_of(f->header.at, n), &e), ENVELOPE_CUT);
	}
	/* Behind the header lies the nonce, which the payload's tags guard. */
	for (size_t i = 0; i < f->header.n - AGE_NONCE; i++) {
		struct envelope_content c = {0};
		int bad;

		f->header.at[i] ^= (uint8_t)(1 << i % 8);
		bad = open_with(buffer_bytes(&f->header), f->level, &c);
		f->header.at[i] ^= (uint8_t)(1 << i % 8);
		if (bad <= 0)
			fail_msg("flip at byte %zu gave %d", i, bad);
		outcomes[bad]++;
	}
	assert_true(outcomes[ENVELOPE_HEADER_DAMAGED] > 100);
	assert_true(outcomes[ENVELOPE_MALFORMED] > 10);
	assert_true(outcomes[ENVELOPE_NO_KEY] > 10);
}

static void test_rewrap_keeps_the_payload_key(void **state)
{
	struct fixture *f = *state;
	OWNED(secret) struct secret *before = NULL;
	OWNED(secret) struct secret *after = NULL;
	OWNED(secret) struct secret *fresh = NULL;
	struct envelope_content c = {0};
	uint8_t nonce[AGE_NONCE];

	memcpy(nonce, f->header.at + f->header.n - AGE_NONCE, AGE_NONCE);
	assert_int_equal(envelope_payload_key_of(buffer_bytes(&f->header), f->file_key, &before), 0);
	buffer_clear(&f->record);
	assert_int_equal(sample_record(content, 2, "top", &f->record), 0);
	write_header(f, nonce);
	assert_int_equal(envelope_payload_key_of(buffer_bytes(&f->header), f->file_key, &after), 0);
	assert_true(secret_equal(before, after));
	assert_int_equal(open_with(buffer_bytes(&f->header), f->escrow, &c), 0);
	assert_int_equal(c.label.version, 2);
	envelope_content_done(&c);
	write_header(f, NULL);
	assert_int_equal(envelope_payload_key_of(buffer_bytes(&f->header), f->file_key, &fresh), 0);
	assert_false(secret_equal(before, fresh));
}

/* Somebody with the file key puts the record of one header under the clear line of another. */
static void test_record_cannot_move(void **state)
{
	struct fixture *f = *state;
	OWN_BUFFER struct buffer mixed = {0};
	struct envelope a, b;
	struct envelope_content c = {0};
	struct bytes line;

	OWN_BUFFER struct buffer first = {0};
	buffer_add_bytes(&first, buffer_bytes(&f->header));
	buffer_clear(&f->record);
	assert_int_equal(sample_record(content, 9, "secret", &f->record), 0);
	write_header(f, NULL);
	assert_int_equal(envelope_parse(buffer_bytes(&first), &a), 0);
	assert_int_equal(envelope_parse(buffer_bytes(&f->header), &b), 0);
	line = a.header.stanzas[0].line;
	age_write_begin(&mixed);
	age_write_stanza(&mixed, line, b.header.stanzas[0].body);
	assert_int_equal(identity_wrap(&f->to[0], f->file_key, &mixed), 0);
	age_write_pad(&mixed, LABEL_PAD, ENVELOPE_ALIGN);
	assert_int_equal(identity_finish_header(f->file_key, &mixed), 0);
	buffer_add(&mixed, a.nonce, AGE_NONCE);
	assert_int_equal(open_with(buffer_bytes(&mixed), f->level, &c), ENVELOPE_RECORD_DAMAGED);
	envelope_done(&a);
	envelope_done(&b);
}

/* A header with these stanza lines after the magic, rightly authenticated. */
static int parse_lines(struct fixture *f, const char *const *lines, size_t n, size_t align)
{
	OWN_BUFFER struct buffer b = {0};
	struct envelope e;
	int bad;

	age_write_begin(&b);
	for (size_t i = 0; i < n; i++)
		age_write_stanza(&b, bytes_of_text(lines[i]), bytes_of_text("body"));
	age_write_pad(&b, LABEL_PAD, align);
	assert_int_equal(identity_finish_header(f->file_key, &b), 0);
	buffer_add(&b, "sixteen bytes...", AGE_NONCE);
	bad = envelope_parse(buffer_bytes(&b), &e);
	envelope_done(&e);
	return bad;
}

#define LINE "-> classd/label/v1 " SAMPLE_UUID " 1 secret cn@2026.1 0badcafe 1\n"

static void test_stanza_rules(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse_lines(f, (const char *const[]){LINE, "-> other\n"}, 2, 4096), 0);
	assert_int_equal(parse_lines(f, (const char *const[]){LINE, LINE}, 2, 4096), ENVELOPE_MALFORMED);
	assert_int_equal(parse_lines(f, (const char *const[]){"-> other\n", LINE}, 2, 4096), ENVELOPE_MALFORMED);
	assert_int_equal(parse_lines(f, (const char *const[]){LINE, "-> classd/new\n"}, 2, 4096), ENVELOPE_NEWER);
	assert_int_equal(parse_lines(f, (const char *const[]){LINE, "-> classd/pad x\n"}, 2, 4096), ENVELOPE_MALFORMED);
	assert_int_equal(parse_lines(f, (const char *const[]){LINE, "-> classd/pad\n"}, 2, 4096), ENVELOPE_MALFORMED);
	assert_int_equal(parse_lines(f, (const char *const[]){"-> classd/label/v2 x\n"}, 1, 4096), ENVELOPE_NEWER);
	assert_int_equal(parse_lines(f, (const char *const[]){"-> classd/label/v1 x y\n"}, 1, 4096), ENVELOPE_NEWER);
	assert_int_equal(parse_lines(f, (const char *const[]){LINE}, 1, 512),
			 ENVELOPE_MALFORMED); /* off the boundary */
}

static void test_a_plain_age_file_is_foreign(void **state)
{
	struct fixture *f = *state;
	OWN_BUFFER struct buffer file = {0};
	struct envelope e;

	assert_int_equal(agefile_seal(f->stranger, f->to, 1, &file), 0);
	assert_int_equal(envelope_parse(buffer_bytes(&file), &e), ENVELOPE_FOREIGN);
	assert_int_equal(envelope_parse(bytes_of_text("PK\3\4 a document"), &e), ENVELOPE_NOT_AGE);
}

static void test_a_record_that_is_not_bound_is_not_written(void **state)
{
	struct fixture *f = *state;
	OWN_BUFFER struct buffer ret = {0};
	OWN_BUFFER struct buffer record = {0};
	struct envelope_plan plan = {.file_key = f->file_key, .recipients = f->to, .n_recipients = 1};
	struct sealed_record r;

	assert_int_equal(sealed_record_parse(buffer_bytes(&f->record), &r), 0);
	r.digest[0] ^= 1;
	assert_int_equal(sealed_record_format(&r, &record), 0);
	plan.record = buffer_bytes(&record);
	assert_int_equal(envelope_write(&plan, &ret), ENVELOPE_LABEL_MISMATCH);
	r.digest[0] ^= 1;
	r.n_scope = 0;
	buffer_clear(&record);
	assert_int_equal(sealed_record_format(&r, &record), 0);
	plan.record = buffer_bytes(&record);
	buffer_clear(&ret);
	assert_int_equal(envelope_write(&plan, &ret), ENVELOPE_LABEL_MISMATCH);
	plan.record = bytes_of_text("garbage");
	buffer_clear(&ret);
	assert_int_equal(envelope_write(&plan, &ret), ENVELOPE_RECORD_MALFORMED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_both_keys_open_it),
	    TEST(test_clear_line_and_key_id),
	    TEST(test_every_truncation_and_flip_is_refused),
	    TEST(test_rewrap_keeps_the_payload_key),
	    TEST(test_record_cannot_move),
	    TEST(test_stanza_rules),
	    TEST(test_a_plain_age_file_is_foreign),
	    TEST(test_a_record_that_is_not_bound_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
