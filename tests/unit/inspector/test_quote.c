/* What is quoted, from where, how much, and that a document cannot make the answer anything but lines. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "inspector/quote.h"
#include "library/archive.h"

static const char lines[] = "phrase\t1.4\t价格调整方案\n"
			    "phrase\t1.4\tradar\n"
			    "phrase\t1.4\tprocurement quantity\n"
			    "phrase\t1.4\treserve\n";

static struct extractor *extractor;
static struct signals *signals;

static char *quoted(struct bytes content)
{
	OWN_BUFFER struct buffer answer = {0};
	struct extract x;

	assert_int_equal(extract(extractor, content, true, &x), 0);
	assert_int_equal(quotes_find(signals, &x, &answer), 0);
	extract_done(&x);
	return buffer_steal_text(&answer);
}

static void expect(struct bytes content, const char *answer)
{
	OWN_MEM char *said = quoted(content);

	assert_string_equal(said, answer);
}

static void expect_text(const char *content, const char *answer)
{
	expect(bytes_of_text(content), answer);
}

static void expect_fixture(const char *name, const char *part)
{
	OWN_MEM char *path = text_format("tests/fixtures/%s", name);
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	static uint8_t room[1 << 20];
	ssize_t n = read(fd, room, sizeof(room));
	OWN_MEM char *said = NULL;

	assert_true(n > 0);
	said = quoted(bytes_of(room, (size_t)n));
	if (!strstr(said, part))
		print_error("%s: %s", name, said);
	assert_non_null(strstr(said, part));
}

static void test_places(void **state)
{
	(void)state;
	expect_text("no such thing\n", "found\t0\t0\n");
	expect_text("one\ntwo radar\n", "found\t1\t1\nquote\tline\t2\tradar\tone two radar\n");
	expect_text("one\n\ntwo radar\n\nthree\n", "found\t1\t1\nquote\tline\t3\tradar\ttwo radar\n");
	expect_text("价格\n调整 方案。\n", "found\t1\t1\nquote\tline\t1\t价格调整 方案\t价格调整 方案。\n");
	expect_fixture("report-en.docx", "quote\tparagraph\t5\tRadar\tRadar upgrade, second quarter\n");
	expect_fixture("report-en.odt", "quote\tparagraph\t5\tRadar\tRadar upgrade, second quarter\n");
	expect_fixture("report-en.pdf", "quote\tpage\t1\tRadar\t…");
	expect_fixture("table-en.xlsx", "quote\tsheet\t1\tprocurement quantity\tprocurement quantity\n");
}

static void put(struct zip_writer *zip, const char *name, const char *xml)
{
	assert_int_equal(zip_write(zip, name, bytes_of_text(xml), false), 0);
}

/* A workbook names its texts by number: the first sheet that has one is its place. What does not add up gives no sheet. */
static void test_sheets(void **state)
{
	OWN_FD int fd = memfd_create("book", MFD_CLOEXEC);
	OWNED(zip_writer) struct zip_writer *zip = NULL;
	static uint8_t room[1 << 16];
	ssize_t n;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(zip_writer_new(fd, &zip), 0);
	put(zip, "xl/workbook.xml", "<workbook/>");
	put(zip, "xl/worksheets/sheet2.xml",
	    "<worksheet><c r='A1' t='s'><v>1</v></c><c r='A2'><v>0</v></c><c r='A3' t='s'><v>99999999999</v></c>"
	    "<c r='A4' t='s'><v>-1</v></c><c r='A5' t='s'><v></v></c><c t='inlineStr'><is><t>a reserve</t></is></c></worksheet>");
	put(zip, "xl/sharedStrings.xml",
	    "<sst><si><t>no sheet has the radar</t></si><si><r><t>radar</t></r><r><t> two</t></r></si><si><t>radar three</t></si></sst>");
	put(zip, "xl/worksheets/sheet3.xml",
	    "<worksheet><c t='s'><v>2</v></c><c t='s'><v>1</v></c></worksheet>");
	assert_int_equal(zip_writer_end(zip), 0);
	n = pread(fd, room, sizeof(room), 0);
	assert_true(n > 0);
	expect(bytes_of(room, (size_t)n), "found\t2\t4\n"
					  "quote\tsheet\t2\treserve\ta reserve\n"
					  "quote\tcell\t0\tradar\tno sheet has the radar\n"
					  "quote\tsheet\t2\tradar\tradar two\n");
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text && *text != '\n'; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

/* Three passages, each phrase once before any twice, none longer than it may be, cut between characters. */
static void test_bounds(void **state)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_MEM char *said = NULL;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 300; i++)
		buffer_add_text(&text, "前radar后，情况说明");
	buffer_add_text(&text, "最后是procurement quantity和价格调整方案");
	said = quoted(buffer_bytes(&text));
	assert_true(text_starts(said, "found\t3\t302\n"));
	assert_true(text_is_utf8(bytes_of_text(said)));
	assert_non_null(strstr(said, "\tprocurement quantity\t…"));
	for (const char *at = said; (at = strstr(at, "quote\t")); at++, n++)
		assert_in_range(characters(at), 1, QUOTE_CHARS + 60); /* with place and phrase */
	assert_int_equal(n, QUOTES_MAX);
}

static void test_a_passage_is_no_longer_than_it_may_be(void **state)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_MEM char *said = NULL;
	const char *passage;

	(void)state;
	for (int i = 0; i < 200; i++)
		buffer_add_text(&text, "文字");
	buffer_add_text(&text, "价格调整方案");
	for (int i = 0; i < 200; i++)
		buffer_add_text(&text, "文字");
	said = quoted(buffer_bytes(&text));
	passage = strrchr(said, '\t') + 1;
	assert_int_equal(characters(passage), QUOTE_CHARS);
	assert_true(text_starts(passage, "…文字"));
	assert_true(text_ends(passage, "字…\n") || text_ends(passage, "文…\n"));
	assert_non_null(strstr(passage, "价格调整方案"));
}

/* Hits counted and bounded; the text of the document holds what the answer is made of. */
static void test_no_document_makes_lines(void **state)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_MEM char *said = NULL;

	(void)state;
	expect_text("radar\tquote\tpage\t9\tradar\tx\n",
		    "found\t1\t2\nquote\tline\t1\tradar\tradar quote page 9 radar x\n");
	expect_text("a\x1b[31mradar\b\n", "found\t0\t0\n"); /* "mradar" is another word */
	expect_text("a \x1b[31m radar\b.\n", "found\t1\t1\nquote\tline\t1\tradar\ta [31m radar .\n");
	for (int i = 0; i < 2000; i++)
		buffer_add_text(&text, "radar ");
	said = quoted(buffer_bytes(&text));
	assert_true(text_starts(said, "found\t1\t999\n"));
}

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(extractor_new(&extractor), 0);
	return signals_new(bytes_of_text(lines), &signals);
}

static int tear_down(void **state)
{
	(void)state;
	extractor_free(extractor);
	signals_free(signals);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_sheets),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_a_passage_is_no_longer_than_it_may_be),
	    cmocka_unit_test(test_no_document_makes_lines),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
