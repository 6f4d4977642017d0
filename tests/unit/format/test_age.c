#include "test.h"

#include <string.h>

#include "format/age.h"

#define MAGIC "age-encryption.org/v1\n"
#define MAC   "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define FULL  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"

static int parse(const char *text)
{
	struct age_header h;
	int r = age_header_parse(bytes_of_text(text), &h);

	age_header_done(&h);
	return r;
}

static void test_header_as_written(void **state)
{
	static const uint8_t mac[AGE_MAC] = {1};
	OWN_BUFFER struct buffer b = {0};
	uint8_t body[200];
	struct age_header h;

	(void)state;
	for (size_t n = 0; n < sizeof(body); n++) {
		memset(body, (int)n, sizeof(body));
		buffer_clear(&b);
		age_write_begin(&b);
		age_write_stanza(&b, bytes_of_text("-> one two three\n"), bytes_of(body, n));
		age_write_stanza(&b, bytes_of_text("-> x\n"), bytes_of(body, 1));
		age_write_end(&b);
		age_write_mac(&b, mac);
		buffer_add_text(&b, "payload");
		assert_int_equal(buffer_check(&b), 0);
		assert_int_equal(age_header_parse(buffer_bytes(&b), &h), 0);
		assert_int_equal(h.n_stanzas, 2);
		assert_int_equal(h.stanzas[0].n_args, 3);
		assert_true(bytes_equal_text(h.stanzas[0].args[2], "three"));
		assert_true(bytes_equal_text(h.stanzas[0].line, "-> one two three\n"));
		assert_true(bytes_equal(h.stanzas[0].body, bytes_of(body, n)));
		assert_int_equal(h.stanzas[1].body.n, 1);
		assert_memory_equal(h.mac, mac, sizeof(mac));
		assert_int_equal(h.length, b.n - strlen("payload"));
		assert_memory_equal(h.mac_input.at + h.mac_input.n - 3, "---", 3);
		age_header_done(&h);
	}
}

static void test_pad_ends_on_the_boundary(void **state)
{
	static const uint8_t mac[AGE_MAC] = {0};
	struct age_header h;

	(void)state;
	for (size_t n = 0; n < 4200; n++) { /* every remainder of 4096 */
		OWN_BUFFER struct buffer b = {0};

		age_write_begin(&b);
		buffer_add_text(&b, "-> ");
		for (size_t i = 0; i < 1 + n % 1000; i++)
			buffer_u8(&b, 'a');
		buffer_add_text(&b, "\n");
		for (size_t i = 0; i < n / 1000; i++)
			for (size_t k = 0; k < 15; k++)
				buffer_add_text(&b, FULL);
		buffer_add_text(&b, "\n");
		age_write_pad(&b, "classd/pad", 4096);
		age_write_end(&b);
		age_write_mac(&b, mac);
		assert_int_equal((b.n + AGE_NONCE) % 4096, 0);
		assert_int_equal(age_header_parse(buffer_bytes(&b), &h), 0);
		assert_int_equal(h.n_stanzas, 2);
		age_header_done(&h);
	}
}

static void test_grammar(void **state)
{
	static const struct {
		const char *text;
		int outcome;
	} cases[] = {
	    {MAGIC "-> a\n\n" MAC, 0},
	    {MAGIC "-> a\n" FULL "\n" MAC, 0},
	    {MAGIC "-> a\n" FULL MAC, AGE_MALFORMED}, /* the empty last line is missing */
	    {MAGIC MAC, AGE_MALFORMED},
	    {"age-encryption.org/v2\n-> a\n\n" MAC, AGE_NEWER},
	    {"%PDF-1.7\n", AGE_NOT_AGE},
	    {"", AGE_CUT},
	    {MAGIC "-> a\n\n---\n", AGE_MALFORMED},
	    {MAGIC "-> a\n\n--- AAAA\n", AGE_MALFORMED},
	    {MAGIC "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n", AGE_MALFORMED},
	    {MAGIC "-> a\n\n---  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", AGE_MALFORMED},
	    {MAGIC "-> a  b\n\n" MAC, AGE_MALFORMED},
	    {MAGIC "-> a \n\n" MAC, AGE_MALFORMED},
	    {MAGIC "->  a\n\n" MAC, AGE_MALFORMED},
	    {MAGIC "-> \n\n" MAC, AGE_MALFORMED},
	    {MAGIC "->\n\n" MAC, AGE_MALFORMED},
	    {MAGIC "-> \xc3\xa4\n\n" MAC, AGE_MALFORMED},
	    {MAGIC "-> a\r\n\n" MAC, AGE_MALFORMED},
	    {MAGIC "-> a\n=\n" MAC, AGE_MALFORMED},
	    {MAGIC "-> a\nAB\n" MAC, AGE_MALFORMED},
	    {MAGIC "-> a\nA" FULL "\n" MAC, AGE_MALFORMED},
	    {MAGIC "junk\n" MAC, AGE_MALFORMED},
	    {MAGIC "-> 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n\n" MAC, 0},
	    {MAGIC "-> 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n\n" MAC, AGE_TOO_LARGE},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++)
		if (parse(cases[i].text) != cases[i].outcome)
			fail_msg("case %zu: %d instead of %d", i, parse(cases[i].text), cases[i].outcome);
}

static void test_limits(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct age_header h;

	(void)state;
	age_write_begin(&b);
	for (size_t i = 0; i <= AGE_STANZAS_MAX; i++)
		buffer_add_text(&b, "-> a\n\n");
	buffer_add_text(&b, MAC);
	assert_int_equal(age_header_parse(buffer_bytes(&b), &h), AGE_TOO_LARGE);
	buffer_clear(&b);
	age_write_begin(&b);
	buffer_add_text(&b, "-> ");
	for (size_t i = 0; i <= AGE_ARG_MAX; i++)
		buffer_u8(&b, 'a');
	buffer_add_text(&b, "\n\n" MAC);
	assert_int_equal(age_header_parse(buffer_bytes(&b), &h), AGE_TOO_LARGE);
	buffer_clear(&b);
	age_write_begin(&b);
	buffer_add_text(&b, "-> a\n");
	while (b.n <= AGE_HEADER_MAX)
		buffer_add_text(&b, FULL);
	assert_int_equal(age_header_parse(buffer_bytes(&b), &h), AGE_TOO_LARGE);
	assert_int_equal(age_header_parse(bytes_of(b.at, AGE_HEADER_MAX), &h), AGE_CUT);
}

static void test_every_truncation_is_cut(void **state)
{
	static const char text[] = MAGIC "-> a bc\n" FULL "AAAA\n-> d\n\n" MAC;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		struct age_header h;

		assert_int_equal(age_header_parse(bytes_of(text, n), &h), AGE_CUT);
	}
	assert_int_equal(parse(text), 0);
}

static void test_payload_arithmetic(void **state)
{
	static const uint64_t plain[] = {0, 1, 65535, 65536, 65537, 131072, 131073, AGE_PAYLOAD_MAX};
	uint64_t back;
	uint8_t nonce[AGE_STREAM_NONCE];

	(void)state;
	for (size_t i = 0; i < array_n(plain); i++) {
		assert_true(age_plain_length(age_payload_length(plain[i]), &back));
		assert_true(back == plain[i]);
	}
	assert_true(age_payload_length(65536) == 65552 && age_payload_length(65537) == 65552 + 17);
	for (uint64_t n = 0; n < 16; n++) {
		assert_false(age_plain_length(n, &back));	      /* less than a tag */
		assert_false(age_plain_length(65552 + n + 1, &back)); /* last chunk cut inside its tag, or empty */
	}
	age_chunk_nonce(UINT64_C(0x0102030405), true, nonce);
	assert_memory_equal(nonce, "\0\0\0\0\0\0\1\2\3\4\5\1", 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header_as_written),
	    cmocka_unit_test(test_pad_ends_on_the_boundary),
	    cmocka_unit_test(test_grammar),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_every_truncation_is_cut),
	    cmocka_unit_test(test_payload_arithmetic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
