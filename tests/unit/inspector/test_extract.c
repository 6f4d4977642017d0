/* Real documents of LibreOffice in, type and text out; hostile ones in, no harm out. Fixtures: tests/fixtures/make. */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "format/label.h"
#include "inspector/extract.h"
#include "library/archive.h"

#define FIXTURES "tests/fixtures/"
#define DOCX	 "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#define XLSX	 "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#define ODT	 "application/vnd.oasis.opendocument.text"

static struct extractor *extractor;

static void read_fixture(const char *name, struct buffer *ret)
{
	OWN_MEM char *path = text_format(FIXTURES "%s", name);
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *room = buffer_reserve(ret, 1 << 20);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, room, 1 << 20);
	assert_true(n >= 0);
	ret->n = (size_t)n;
}

static void expect(const char *name, const char *type, const char *text)
{
	OWN_BUFFER struct buffer content = {0};
	struct extract x;
	bool has;

	read_fixture(name, &content);
	assert_int_equal(extract(extractor, buffer_bytes(&content), true, &x), 0);
	has = !*text ? x.text.n == 0 : memmem(x.text.at, x.text.n, text, strlen(text)) != NULL;
	if (strcmp(x.type, type) != 0 || !has)
		print_error("%s: %s, %zu bytes: %.*s\n", name, x.type, x.text.n, (int)x.text.n,
			    (const char *)x.text.at);
	assert_string_equal(x.type, type);
	assert_true(has);
	assert_true(text_is_utf8(buffer_bytes(&x.text)));
	extract_done(&x);
}

/* The mark in the properties of a document: of OOXML, of ODF, of XMP. */
static void test_a_mark_in_properties(void **state)
{
	static const struct {
		const char *xml, *mark;
	} cases[] = {
	    {"<Properties xmlns:vt=\"v\"><property name=\"a\"><vt:lpwstr>x</vt:lpwstr></property>"
	     "<property name=\"classd_mark\"><vt:lpwstr>SECRET\nReason: y</vt:lpwstr></property></Properties>",
	     "SECRET\nReason: y"},
	    {"<m:meta xmlns:m=\"m\"><m:user-defined m:name=\"classd_mark\">\xe6\x9c\xba\xe5\xaf\x86</m:user-defined></m:meta>",
	     "\xe6\x9c\xba\xe5\xaf\x86"},
	    {"<r:RDF xmlns:r=\"r\"><r:Description><c:classd_mark xmlns:c=\"c\">SECRET</c:classd_mark></r:Description></r:RDF>", "SECRET"},
	    {"<Properties><property name=\"other\">SECRET</property></Properties>", ""},
	    {"<Properties><property name=\"classd_mark\">SECRET", ""},
	    {"<!DOCTYPE a [<!ENTITY b 'c'>]><a><classd_mark>&b;</classd_mark></a>", ""},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct extract x = {0};

		assert_int_equal(properties_read(bytes_of_text(cases[i].xml), &x), 0);
		assert_true(bytes_equal_text(buffer_bytes(&x.property), cases[i].mark));
		extract_done(&x);
	}
}

/* A document with these parts: name, XML, …, NULL. */
static void extract_parts(const char *const *parts, struct extract *ret)
{
	OWN_FD int fd = memfd_create("document", MFD_CLOEXEC);
	OWNED(zip_writer) struct zip_writer *zip = NULL;
	OWN_BUFFER struct buffer content = {0};
	uint8_t *room = buffer_reserve(&content, 1 << 16);
	ssize_t n;

	assert_int_equal(zip_writer_new(fd, &zip), 0);
	for (; *parts; parts += 2)
		assert_int_equal(zip_write(zip, parts[0], bytes_of_text(parts[1]), false), 0);
	assert_int_equal(zip_writer_end(zip), 0);
	n = pread(fd, room, 1 << 16, 0);
	assert_true(n > 0);
	assert_int_equal(extract(extractor, bytes_of(room, (size_t)n), true, ret), 0);
}

static void extract_part(const char *part, const char *xml, struct extract *ret)
{
	extract_parts((const char *const[]){part, xml, NULL}, ret);
}

/* What stands above a page comes first, and once. */
static void test_what_stands_above_a_page(void **state)
{
	static const struct {
		const char *part, *xml, *text, *struck;
	} cases[] = {
	    {"xl/worksheets/any.xml",
	     "<w><sheetData><is><t>cell</t></is></sheetData><headerFooter><oddHeader>&amp;L&amp;SSECRET&amp;S\nopen&amp;C&amp;P</oddHeader>"
	     "<oddFooter>foot</oddFooter><firstHeader>&amp;LA &amp;&amp; B</firstHeader></headerFooter></w>",
	     "\n\nopen\n\nfoot\n\nA & B\ncell\n", "\nSECRET\n"},
	    {"ppt/slides/slide1.xml",
	     "<p:s xmlns:p=\"p\" xmlns:a=\"a\"><p:sp><p:cNvPr name=\"Title\"/><a:p><a:r><a:t>title</a:t></a:r></a:p></p:sp>"
	     "<p:sp><p:cNvPr name=\"classd_mark\"/><a:p><a:r><a:rPr strike=\"sngStrike\"/><a:t>SECRET</a:t></a:r></a:p>"
	     "<a:p><a:r><a:rPr strike=\"noStrike\"/><a:t>open</a:t></a:r></a:p></p:sp></p:s>",
	     "\nopen\ntitle\n", "SECRET\n"},
	    {"ppt/slideMasters/slideMaster1.xml", "<p:s xmlns:p=\"p\" xmlns:a=\"a\"><p:sp><a:p><a:t>SECRET</a:t></a:p></p:sp></p:s>", "SECRET\n", ""},
	    {"content.xml",
	     "<o xmlns:d=\"d\" xmlns:t=\"t\"><d:frame d:name=\"x\"><t:p>title</t:p></d:frame><d:frame d:name=\"classd_mark\"><t:p>"
	     "SECRET</t:p></d:frame><d:frame d:name=\"classd_mark\"><t:p>SECRET</t:p></d:frame></o>",
	     "SECRET\ntitle\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct extract x = {0};

		extract_part(cases[i].part, cases[i].xml, &x);
		assert_true(bytes_equal_text(buffer_bytes(&x.text), cases[i].text));
		assert_true(bytes_equal_text(buffer_bytes(&x.struck), cases[i].struck));
		extract_done(&x);
	}
}

/* Of an old document the mark may stand in the footer only, behind the text in its file and on the first page all the same. */
static void test_what_stands_below_a_page(void **state)
{
	OWN_MEM char *body = text_format("<w:d xmlns:w=\"w\"><w:p><w:r><w:t>%0*d</w:t></w:r></w:p></w:d>", 30000, 1);
	struct extract x = {0};

	(void)state;
	extract_parts((const char *const[]){"word/document.xml", body, "word/footer1.xml",
					    "<w:f xmlns:w=\"w\"><w:p><w:r><w:t>SECRET</w:t></w:r></w:p></w:f>", NULL},
		      &x);
	assert_true(x.text.n > 30000 && memcmp(x.text.at, "SECRET\n0000", 11) == 0);
	extract_done(&x);
}

/* A mark that a release struck through is not read as one; its words are still content. */
static void test_what_is_struck_through(void **state)
{
	static const struct {
		const char *part, *xml, *text, *struck;
	} cases[] = {
	    {"word/document.xml",
	     "<w:d xmlns:w=\"w\"><w:p><w:pPr><w:rPr><w:strike/></w:rPr></w:pPr><w:r><w:rPr><w:b/><w:strike/></w:rPr><w:t>SECRET</w:t>"
	     "</w:r><w:r><w:br/></w:r><w:r><w:rPr><w:strike w:val=\"false\"/></w:rPr><w:t>Declassified</w:t></w:r></w:p></w:d>",
	     "\nDeclassified\n", "SECRET\n"},
	    {"content.xml",
	     "<o xmlns:s=\"s\" xmlns:t=\"t\"><s:style s:name=\"T1\"><s:text-properties s:text-line-through-style=\"solid\"/></s:style>"
	     "<s:style s:name=\"T2\"><s:text-properties s:text-line-through-style=\"none\"/></s:style>"
	     "<t:p><t:span t:style-name=\"T1\">SEC<t:span>RET</t:span></t:span><t:span t:style-name=\"T2\">open</t:span></t:p></o>",
	     "open\n", "SECRET\n"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct extract x = {0};

		extract_part(cases[i].part, cases[i].xml, &x);
		assert_true(bytes_equal_text(buffer_bytes(&x.text), cases[i].text));
		assert_true(bytes_equal_text(buffer_bytes(&x.struck), cases[i].struck));
		extract_done(&x);
	}
}

static void test_documents_of_an_office(void **state)
{
	(void)state;
	expect("report-en.docx", DOCX, "SECRET//NOFORN\n");
	expect("report-en.docx", DOCX, "procurement quantity");
	expect("report-en.odt", ODT, "SECRET//NOFORN\n");
	expect("report-en.odt", ODT, "Radar upgrade, second quarter\n");
	expect("report-zh.docx", DOCX, "机密★10年\n");
	expect("report-zh.odt", ODT, "储备库库存");
	expect("table-en.xlsx", XLSX, "procurement quantity\n");
	expect("table-zh.xlsx", XLSX, "秘密★5年\n");
}

static void test_pdf_and_plain_text(void **state)
{
	(void)state;
	expect("report-en.pdf", TYPE_PDF, "lot size");
	expect("report-zh.pdf", TYPE_PDF, "机密★10");
	expect("report-gb18030.txt", TYPE_TEXT, "机密★10年\n储备库库存");
	expect("report-utf16.txt", TYPE_TEXT, "SECRET\r\nprocurement");
	expect("make", "text/x-shellscript", "set -eu");
}

static void test_hostile_documents_give_less_text_and_nothing_else(void **state)
{
	(void)state;
	expect("hostile/bomb.docx", DOCX, "AAAA");
	expect("hostile/entities.docx", DOCX, "");
	expect("hostile/external.docx", DOCX, "");
	expect("hostile/deep.docx", DOCX, "");
	expect("hostile/broken.docx", DOCX, "before\n");
	expect("hostile/truncated.docx", TYPE_ZIP, "");
	expect("hostile/truncated.pdf", TYPE_PDF, "");
	expect("hostile/locked.pdf", TYPE_PDF, "");
	expect("hostile/only-magic.pdf", TYPE_PDF, "");
	expect("hostile/only-magic.docx", TYPE_ZIP, "");
	expect("hostile/empty.docx", "application/x-empty", "");
	expect("hostile/age-cut.age", TYPE_AGE, "");
}

static void test_a_bomb_is_cut_at_its_limit(void **state)
{
	OWN_BUFFER struct buffer content = {0};
	struct extract x;

	(void)state;
	read_fixture("hostile/bomb.docx", &content);
	assert_int_equal(extract(extractor, buffer_bytes(&content), true, &x), 0);
	assert_true(x.text.n < ((size_t)5 << 20));
	extract_done(&x);
}

static void test_every_cut_of_a_document_is_harmless(void **state)
{
	static const char *const names[] = {"report-zh.docx", "report-en.odt", "report-en.pdf", "hostile/flipped.odt"};

	(void)state;
	for (size_t i = 0; i < array_n(names); i++) {
		OWN_BUFFER struct buffer content = {0};
		struct extract x;

		read_fixture(names[i], &content);
		for (size_t n = 0; n < content.n; n += 499) {
			assert_int_equal(extract(extractor, bytes_of(content.at, n), true, &x), 0);
			assert_true(strlen(x.type) > 0 && text_is_utf8(buffer_bytes(&x.text)));
			extract_done(&x);
		}
	}
}

static void test_our_sealed_form_tells_its_label_arguments(void **state)
{
	static const char file[] =
	    "age-encryption.org/v1\n"
	    "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n"
	    "EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n"
	    "-> " LABEL_STANZA " 01890a5d-ac96-774b-bcce-b302099a8057 3 SECRET us@2026.1 0a1b2c3d 1\n"
	    "\n"
	    "--- 1N2C/9Cl5NG5/JsJpXHTsPTQvUCPkVUZUkYO5YwEEHE\n";
	struct extract x;

	(void)state;
	assert_int_equal(extract(extractor, bytes_of_text(file), true, &x), 0);
	assert_string_equal(x.type, TYPE_SEALED);
	assert_true(bytes_equal_text(buffer_bytes(&x.sealed_args),
				     "01890a5d-ac96-774b-bcce-b302099a8057 3 SECRET us@2026.1 0a1b2c3d 1"));
	extract_done(&x);
}

static void test_other_files_are_left_to_libmagic(void **state)
{
	static const uint8_t png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0";
	struct extract x;

	(void)state;
	assert_int_equal(extract(extractor, bytes_of(png, sizeof(png) - 1), true, &x), 0);
	assert_string_equal(x.type, "image/png");
	assert_int_equal(x.text.n, 0);
	extract_done(&x);
}

static int set_up(void **state)
{
	(void)state;
	return extractor_new(&extractor);
}

static int tear_down(void **state)
{
	(void)state;
	extractor_free(extractor);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_documents_of_an_office),
	    cmocka_unit_test(test_a_mark_in_properties),
	    cmocka_unit_test(test_what_is_struck_through),
	    cmocka_unit_test(test_what_stands_above_a_page),
	    cmocka_unit_test(test_what_stands_below_a_page),
	    cmocka_unit_test(test_pdf_and_plain_text),
	    cmocka_unit_test(test_hostile_documents_give_less_text_and_nothing_else),
	    cmocka_unit_test(test_a_bomb_is_cut_at_its_limit),
	    cmocka_unit_test(test_every_cut_of_a_document_is_harmless),
	    cmocka_unit_test(test_our_sealed_form_tells_its_label_arguments),
	    cmocka_unit_test(test_other_files_are_left_to_libmagic),
	};

	return cmocka_run_group_tests_name("extract", tests, set_up, tear_down);
}
