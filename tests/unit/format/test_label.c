#include "test.h"

#include <string.h>

#include "base/text.h"
#include "format/label.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_0 "0000000000000000000000000000000000000000000000000000000000000000"
#define UUID   "0192f0c4-1a2b-7c3d-8e4f-0123456789ab"

/* The canonical text itself, so that a change of order or spelling cannot go unnoticed. */
static const char whole[] = "classd-label/v1\n"
			    "record " UUID "\n"
			    "version 2\n"
			    "content 1\n"
			    "previous " HASH_0 "\n"
			    "state decided\n"
			    "regime state-secret\n"
			    "level secret\n"
			    "protection secret\n"
			    "term P10Y from issue\n"
			    "basis 3.2@2026\n"
			    "scope " HASH_A "\n"
			    "type report\n"
			    "responsible li\n"
			    "role designated\n"
			    "drafter wang\n"
			    "pack cn@2026.1\n"
			    "decided 2026-03-01T08:30:00Z\n"
			    "commit " HASH_A "\n";

static struct label sample(void)
{
	return (struct label){.record = UUID,
			      .version = 2,
			      .content = 1,
			      .previous = HASH_0,
			      .state = "decided",
			      .regime = "state-secret",
			      .level = "secret",
			      .protection = "secret",
			      .term = "P10Y from issue",
			      .basis = "3.2@2026",
			      .scope = HASH_A,
			      .type = "report",
			      .responsible = "li",
			      .role = "designated",
			      .drafter = "wang",
			      .pack = "cn@2026.1",
			      .decided = "2026-03-01T08:30:00Z",
			      .commit = HASH_A};
}

static void test_text_is_exact_and_comes_back(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	OWN_BUFFER struct buffer again = {0};
	struct label l = sample(), back;

	(void)state;
	assert_int_equal(label_format(&l, &b), 0);
	assert_true(bytes_equal_text(buffer_bytes(&b), whole));
	assert_int_equal(label_parse(buffer_bytes(&b), &back), 0);
	assert_string_equal(back.term, "P10Y from issue");
	assert_int_equal(back.version, 2);
	assert_int_equal(label_format(&back, &again), 0);
	assert_true(bytes_equal(buffer_bytes(&b), buffer_bytes(&again)));
	label_done(&back);
}

static void test_unknown_is_a_dash(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct label l = {
	    .record = UUID, .version = 1, .content = 1, .state = "draft", .protection = "secret", .commit = HASH_A};
	struct label back;

	(void)state;
	assert_null(label_first_wrong(&l));
	assert_int_equal(label_format(&l, &b), 0);
	assert_int_equal(label_parse(buffer_bytes(&b), &back), 0);
	assert_null(back.level);
	assert_null(back.previous);
	label_done(&back);
	l.term = "-";
	assert_string_equal(label_first_wrong(&l), "term");
	assert_int_equal(label_format(&l, &b), LABEL_MALFORMED);
}

static void test_values_obey_their_rules(void **state)
{
	static const struct {
		size_t offset;
		const char *bad;
	} cases[] = {
	    {offsetof(struct label, record), "0192F0C4-1a2b-7c3d-8e4f-0123456789ab"},
	    {offsetof(struct label, record), NULL},
	    {offsetof(struct label, previous), "abc"},
	    {offsetof(struct label, state), "released"},
	    {offsetof(struct label, regime), "secret"},
	    {offsetof(struct label, level), "two words"},
	    {offsetof(struct label, level), ""},
	    {offsetof(struct label, protection), NULL},
	    {offsetof(struct label, term), "P10Y\nlevel none"},
	    {offsetof(struct label, term), " P10Y"},
	    {offsetof(struct label, term), "a\xff"},
	    {offsetof(struct label, decided), "2026-02-30"},
	    {offsetof(struct label, decided), "2026-03-01T24:00:00Z"},
	    {offsetof(struct label, decided), "2026-03-01 08:30:00Z"},
	    {offsetof(struct label, commit), NULL},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWN_BUFFER struct buffer b = {0};
		struct label l = sample();

		*(const char **)(void *)((char *)&l + cases[i].offset) = cases[i].bad;
		if (label_format(&l, &b) != LABEL_MALFORMED || b.n)
			fail_msg("case %zu was accepted", i);
	}
}

/* Every line left out, doubled, swapped with the next; every byte flipped: refused, or another label, never the same.
 */
static void test_strict_parsing(void **state)
{
	const char *lines[32];
	size_t n = 0;
	struct label l;

	(void)state;
	for (const char *at = whole; *at; at = strchr(at, '\n') + 1)
		lines[n++] = at;
	lines[n] = whole + strlen(whole);
	for (size_t i = 0; i < n; i++) {
		OWN_BUFFER struct buffer without = {0};
		OWN_BUFFER struct buffer twice = {0};
		size_t line = (size_t)(lines[i + 1] - lines[i]);

		buffer_add(&without, whole, (size_t)(lines[i] - whole));
		buffer_add_text(&without, lines[i + 1]);
		assert_int_not_equal(label_parse(buffer_bytes(&without), &l), 0);
		buffer_add(&twice, whole, (size_t)(lines[i + 1] - whole));
		buffer_add(&twice, lines[i], line);
		buffer_add_text(&twice, lines[i + 1]);
		assert_int_not_equal(label_parse(buffer_bytes(&twice), &l), 0);
	}
	for (size_t i = 0; i < strlen(whole); i++)
		assert_int_not_equal(label_parse(bytes_of(whole, i), &l), 0);
	for (size_t i = 0; i < strlen(whole) * 8; i++) {
		OWN_BUFFER struct buffer again = {0};
		char text[sizeof(whole)];

		memcpy(text, whole, sizeof(whole));
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
		if (label_parse(bytes_of(text, strlen(whole)), &l))
			continue;
		assert_int_equal(label_format(&l, &again), 0); /* canonical: the text it came from */
		assert_true(bytes_equal(buffer_bytes(&again), bytes_of(text, strlen(whole))));
		label_done(&l);
	}
	assert_int_equal(label_parse(bytes_of_text("classd-label/v2\n"), &l), LABEL_NEWER);
	assert_int_equal(label_parse(bytes_of(whole, LABEL_TEXT_MAX + 1), &l), LABEL_TOO_LARGE);
}

static void test_issue_text(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct issue_text i = {.label = HASH_A, .number = "局机〔2026〕12号", .date = "2026-03-01", .copies = 5}, back;

	(void)state;
	assert_int_equal(issue_format(&i, &b), 0);
	assert_true(bytes_equal_text(buffer_bytes(&b), "classd-issue/v1\nlabel " HASH_A "\nnumber 局机〔2026〕12号\n"
						       "date 2026-03-01\ncopies 5\n"));
	assert_int_equal(issue_parse(buffer_bytes(&b), &back), 0);
	assert_int_equal(back.copies, 5);
	issue_done(&back);
	i.copies = 0;
	assert_int_equal(issue_format(&i, &b), LABEL_MALFORMED);
}

static int parse_line(const char *line, struct label_args *ret)
{
	OWN_BUFFER struct buffer b = {0};
	struct age_header h;
	int r;

	age_write_begin(&b);
	age_write_stanza(&b, bytes_of_text(line), bytes_of_text("body"));
	age_write_end(&b);
	age_write_mac(&b, (const uint8_t[AGE_MAC]){0});
	assert_int_equal(age_header_parse(buffer_bytes(&b), &h), 0);
	r = label_args_parse(&h.stanzas[0], ret);
	age_header_done(&h);
	return r;
}

static void test_clear_line(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	OWN_MEM char *line = NULL;
	struct label l = sample();
	struct label_args a, back;

	(void)state;
	label_args_from(&l, "0badcafe", false, &a);
	assert_int_equal(label_args_format(&a, &b), 0);
	line = buffer_steal_text(&b);
	assert_string_equal(line, "-> classd/label/v1 " UUID " 2 secret cn@2026.1 0badcafe 1\n");
	assert_int_equal(parse_line(line, &back), 0);
	assert_true(label_args_match(&back, &l));
	l.protection = "top";
	assert_false(label_args_match(&back, &l));
	label_args_from(&l, "0badcafe", true, &a);
	assert_string_equal(a.level, "-");
	assert_true(label_args_match(&a, &l));
	l.version = 3;
	assert_false(label_args_match(&a, &l));
	assert_int_equal(parse_line("-> classd/label/v1 " UUID " 2 secret cn@2026.1 0badcafe 2\n", &a), LABEL_NEWER);
	assert_int_equal(parse_line("-> classd/label/v1 " UUID " 02 secret cn@2026.1 0badcafe 1\n", &a),
			 LABEL_MALFORMED);
	assert_int_equal(parse_line("-> classd/label/v1 " UUID " 2 secret cn@2026.1 0BADCAFE 1\n", &a),
			 LABEL_MALFORMED);
	assert_int_equal(parse_line("-> classd/label/v1 " UUID " 2 secret cn@2026.1 1\n", &a), LABEL_MALFORMED);
	assert_int_equal(parse_line("-> classd/label/v1\n", &a), LABEL_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_is_exact_and_comes_back),
	    cmocka_unit_test(test_unknown_is_a_dash),
	    cmocka_unit_test(test_values_obey_their_rules),
	    cmocka_unit_test(test_strict_parsing),
	    cmocka_unit_test(test_issue_text),
	    cmocka_unit_test(test_clear_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
