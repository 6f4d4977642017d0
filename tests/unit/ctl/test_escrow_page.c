/* The page of a share: everything that must be on it, lines that fit, and a PDF that other programs read. */
#include "test.h"

#include "base/text.h"
#include "ctl/escrow_page.h"
#include "ctl/escrow_share.h"
#include "ctl/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECIPIENT "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z"

struct made {
	struct secret *lines, *text, *pdf;
	struct qrcode square;
	struct share share;
};

static void make(struct made *m, const char *unit)
{
	struct escrow_page page = {
	    .unit = unit, .day = "2026-03-02", .key = "3f2a91bc", .recipient = RECIPIENT, .shares = 5, .threshold = 3};

	*m = (struct made){.share.number = 2};
	assert_int_equal(secret_new_random(SHARE_BYTES, &m->share.bytes), 0);
	page.share = m->share;
	assert_int_equal(escrow_page_lines(&page, &m->lines), 0);
	assert_int_equal(escrow_page_square(&page, &m->square), 0);
	assert_int_equal(escrow_page_text(m->lines, &m->square, false, &m->text), 0);
	assert_int_equal(escrow_page_pdf(m->lines, &m->square, &m->pdf), 0);
}

static void done(struct made *m)
{
	secret_free(m->lines);
	secret_free(m->text);
	secret_free(m->pdf);
	secret_free(m->share.bytes);
	qrcode_done(&m->square);
}

static int copy(struct bytes at, void *ret)
{
	char *text = calloc(at.n + 1, 1);

	assert_non_null(text);
	memcpy(text, at.at, at.n);
	*(char **)ret = text;
	return 0;
}

static void test_what_is_on_it(void **state)
{
	static const char *const needed[] = {"3f2a91bc",
					     RECIPIENT,
					     "2026-03-02",
					     "Prüfstelle",
					     "lines.002",
					     "base32 -d -i",
					     "gfcombine -o escrow.key share.*",
					     "age -d -i escrow.key"};
	struct made m;
	OWN_MEM char *text = NULL;
	(void)state;

	make(&m, "Prüfstelle");
	assert_int_equal(secret_lend(m.text, copy, &text), 0);
	for (size_t i = 0; i < array_n(needed); i++)
		assert_non_null(strstr(text, needed[i]));
	/* Lines of a page fit, and no mark of ours is left in it. */
	assert_null(strchr(text, ESCROW_PAGE_SQUARE));
	for (char *at = text; *at;) {
		size_t n = strcspn(at, "\n");

		at[n] = 0;
		assert_in_range(text_columns(at), 0, 80);
		at += n + 1;
	}
	done(&m);
}

static int save(struct bytes at, void *file)
{
	return fwrite(at.at, 1, at.n, file) == at.n ? 0 : 1;
}

static char *output_of(const char *command)
{
	OWN_BUFFER struct buffer all = {0};
	char some[512];
	FILE *from = popen(command, "re");

	assert_non_null(from);
	while (fgets(some, sizeof(some), from))
		buffer_add_text(&all, some);
	assert_int_equal(pclose(from), 0);
	return buffer_steal_text(&all);
}

static void save_pdf(const struct made *m, char *path)
{
	FILE *file = fdopen(mkstemp(path), "w");

	assert_non_null(file);
	assert_int_equal(secret_lend(m->pdf, save, file), 0);
	assert_int_equal(fclose(file), 0);
}

static void test_pdf(void **state)
{
	char path[] = "/tmp/test_escrow_page.XXXXXX";
	struct made m;
	(void)state;

	if (system("command -v pdftotext pdfinfo >/dev/null") != 0)
		skip();
	make(&m, "Test (unit) \\ 三处");
	save_pdf(&m, path);
	OWN_MEM char *info = text_format("pdfinfo %s 2>&1", path);
	OWN_MEM char *words = text_format("pdftotext -layout %s - 2>&1", path);
	OWN_MEM char *facts = output_of(info);
	OWN_MEM char *text = output_of(words);
	/* No complaint about the file, one page of A4, and all of its text with brackets and backslash. */
	assert_null(strstr(facts, "rror"));
	assert_non_null(strstr(facts, "Pages:           1\n"));
	assert_non_null(strstr(facts, "(A4)"));
	assert_non_null(strstr(text, "Test (unit) \\ 三处"));
	assert_non_null(strstr(text, "gfcombine -o escrow.key share.*"));
	assert_non_null(strstr(text, "cd / && rm -r /dev/shm/escrow"));
	assert_int_equal(unlink(path), 0);
	done(&m);
}

static void test_terminal(void **state)
{
	OWNED(secret) struct secret *terminal = NULL;
	OWN_MEM char *text = NULL;
	struct made m;
	(void)state;

	make(&m, "");
	assert_int_equal(escrow_page_text(m.lines, &m.square, true, &terminal), 0);
	assert_int_equal(secret_lend(terminal, copy, &text), 0);
	assert_non_null(strstr(text, "\033[30;107m")); /* dark on light, whatever the terminal is */
	done(&m);
}

static int start(void **state)
{
	(void)state;
	words_start();
	return sodium_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_on_it),
	    cmocka_unit_test(test_pdf),
	    cmocka_unit_test(test_terminal),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
