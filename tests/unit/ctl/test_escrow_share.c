/* A share on paper and back: typed in any manner, mistakes named, files, and the check as the page explains it. */
#include "test.h"

#include "base/text.h"
#include "ctl/escrow_share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY "3f2a91bc"

struct paper {
	struct share share;
	char lines[SHARE_LINES][SHARE_LINE_TEXT];
	char letters[SHARE_LETTERS + 1];
};

static int write_lines(struct bytes letters, void *context)
{
	struct paper *p = context;

	memcpy(p->letters, letters.at, letters.n);
	for (size_t i = 0; i < SHARE_LINES; i++)
		escrow_share_line(KEY, p->share.number, i, letters, (uint8_t *)p->lines[i]);
	return 0;
}

static void make(struct paper *p)
{
	OWNED(secret) struct secret *letters = NULL;

	*p = (struct paper){.share.number = 2};
	assert_int_equal(secret_new_random(SHARE_BYTES, &p->share.bytes), 0);
	assert_int_equal(escrow_share_letters(&p->share, &letters), 0);
	assert_int_equal(secret_length(letters), SHARE_LETTERS);
	assert_int_equal(secret_lend(letters, write_lines, p), 0);
}

static void check_whole(const struct share_entry *e, const struct paper *p)
{
	struct share got;

	assert_int_equal(share_entry_missing(e), 0);
	assert_int_equal(share_entry_end(e, &got), 0);
	assert_int_equal(got.number, 2);
	assert_true(secret_equal(got.bytes, p->share.bytes));
	secret_free(got.bytes);
}

static void test_typed(void **state)
{
	OWN_SHARE_ENTRY struct share_entry e = {0};
	struct paper p;
	(void)state;

	make(&p);
	assert_int_equal(share_entry_new(KEY, 2, &e), 0);
	for (size_t i = 0; i < SHARE_LINES; i++) {
		char typed[100] = "";
		size_t n = 0;

		/* Small letters, other spaces, and what looks alike. */
		assert_int_equal(share_entry_missing(&e), 'a' + i);
		for (const char *c = p.lines[i]; *c; c++) {
			bool letter = c > p.lines[i] && c < p.lines[i] + strlen(p.lines[i]) - 4;

			if (*c == ' ' && i % 2)
				continue;
			typed[n++] = !letter			       ? *c
				     : *c == 'O'		       ? '0'
				     : *c == 'I'		       ? '1'
				     : *c == 'B'		       ? '8'
				     : *c >= 'A' && *c <= 'Z' && i > 2 ? (char)(*c + 32)
								       : *c;
		}
		assert_int_equal(share_entry_line(&e, i, bytes_of(typed, n)), 0);
	}
	check_whole(&e, &p);
	secret_free(p.share.bytes);
}

static void test_mistakes_are_named(void **state)
{
	OWN_SHARE_ENTRY struct share_entry e = {0}, other = {0}, older = {0};
	struct paper p;
	char wrong[SHARE_LINE_TEXT];
	(void)state;

	make(&p);
	assert_int_equal(share_entry_new(KEY, 2, &e), 0);
	/* Every single letter of a line, and every swap of neighbours. */
	for (size_t at = 2; at < strlen(p.lines[1]); at++) {
		memcpy(wrong, p.lines[1], sizeof(wrong));
		if (wrong[at] == ' ')
			continue;
		wrong[at] = wrong[at] == 'k' ? 'l' : wrong[at] >= 'a' ? 'k' : wrong[at] == 'X' ? 'Y' : 'X';
		assert_int_equal(share_entry_line(&e, 1, bytes_of_text(wrong)), ESCROW_SHARE_MISTYPED);
		memcpy(wrong, p.lines[1], sizeof(wrong));
		if (at + 1 < strlen(wrong) && wrong[at + 1] != ' ' && wrong[at] != wrong[at + 1]) {
			wrong[at] = p.lines[1][at + 1];
			wrong[at + 1] = p.lines[1][at];
			assert_int_equal(share_entry_line(&e, 1, bytes_of_text(wrong)), ESCROW_SHARE_MISTYPED);
		}
	}
	assert_int_equal(share_entry_line(&e, 1, bytes_of_text(p.lines[2])), ESCROW_SHARE_OTHER_LINE);
	assert_int_equal(share_entry_line(&e, 1, bytes_of(p.lines[1], strlen(p.lines[1]) - 1)),
			 ESCROW_SHARE_INCOMPLETE);
	assert_int_equal(share_entry_line(&e, 1, bytes_of_text("")), ESCROW_SHARE_INCOMPLETE);
	assert_int_equal(share_entry_line(&e, 1, bytes_of_text("b ABCD EFGH IJKL MNOP QR9T abcd")),
			 ESCROW_SHARE_INCOMPLETE);
	assert_int_equal(share_entry_missing(&e), 'a');
	/* The line of this page is none of another share or of another escrow. */
	assert_int_equal(share_entry_new(KEY, 3, &other), 0);
	assert_int_equal(share_entry_line(&other, 1, bytes_of_text(p.lines[1])), ESCROW_SHARE_MISTYPED);
	assert_int_equal(share_entry_new("00000000", 2, &older), 0);
	assert_int_equal(share_entry_line(&older, 1, bytes_of_text(p.lines[1])), ESCROW_SHARE_MISTYPED);
	secret_free(p.share.bytes);
}

static void test_files(void **state)
{
	OWN_BUFFER struct buffer file = {0};
	struct paper p;
	(void)state;

	make(&p);
	buffer_add_text(&file, "a page with words before the share\n\n");
	for (size_t i = SHARE_LINES; i-- > 0;)
		buffer_add_format(&file, "    %s\n", p.lines[i]);
	buffer_add_text(&file, "d and after it, too\n");
	assert_int_equal(share_find_number(KEY, buffer_bytes(&file)), 2);
	assert_int_equal(share_find_number("00000000", buffer_bytes(&file)), 0);
	OWN_SHARE_ENTRY struct share_entry e = {0};
	assert_int_equal(share_entry_new(KEY, 2, &e), 0);
	assert_int_equal(share_entry_file(&e, buffer_bytes(&file)), 0);
	check_whole(&e, &p);
	/* One letter wrong: that line is the one that is missing. */
	char *at = strstr((char *)file.at, p.lines[3]);
	at[5] = at[5] == 'X' ? 'Y' : 'X';
	OWN_SHARE_ENTRY struct share_entry again = {0};
	assert_int_equal(share_find_number(KEY, buffer_bytes(&file)), 2);
	assert_int_equal(share_entry_new(KEY, 2, &again), 0);
	assert_int_equal(share_entry_file(&again, buffer_bytes(&file)), 0);
	assert_int_equal(share_entry_missing(&again), 'd');
	/* The square. */
	OWN_SHARE_ENTRY struct share_entry bare = {0};
	OWN_MEM char *broken = text_format("%.60s\n%s\n", p.letters, p.letters + 60);
	assert_int_equal(share_entry_new(KEY, 2, &bare), 0);
	assert_int_equal(share_entry_file(&bare, bytes_of_text(broken)), 0);
	check_whole(&bare, &p);
	OWN_SHARE_ENTRY struct share_entry cut = {0};
	assert_int_equal(share_entry_new(KEY, 2, &cut), 0);
	assert_int_equal(share_entry_file(&cut, bytes_of(p.letters, SHARE_LETTERS - 1)), 0);
	assert_int_equal(share_entry_missing(&cut), 'a');
	secret_free(p.share.bytes);
}

/* What the page says about the check, done by the shell; and the lines as they are through base32 -d -i. */
static void test_stock_programs(void **state)
{
	char said[200] = "";
	struct paper p;
	(void)state;

	make(&p);
	OWN_MEM char *check =
	    text_format("set -- %s; [ \"$(echo " KEY " 002 $1 $2 $3 $4 $5 $6 | sha256sum | cut -c1-4 | tr "
			"0-9 g-p)\" = \"$7\" ]",
			p.lines[4]);
	assert_int_equal(system(check), 0);
	OWN_MEM char *decode = text_format("printf '%%s\\n' '%s' '%s' '%s' '%s' '%s' '%s' | base32 -d -i | base32 -w0",
					   p.lines[0], p.lines[1], p.lines[2], p.lines[3], p.lines[4], p.lines[5]);
	FILE *from = popen(decode, "re");
	assert_non_null(from);
	assert_non_null(fgets(said, sizeof(said), from));
	assert_int_equal(pclose(from), 0);
	assert_string_equal(said, p.letters);
	secret_free(p.share.bytes);
}

static int start(void **state)
{
	(void)state;
	return sodium_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_typed),
	    cmocka_unit_test(test_mistakes_are_named),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_stock_programs),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
