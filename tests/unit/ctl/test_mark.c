/* The mark goes into real documents and comes out of them: structure here, LibreOffice by hand. */
#include "ctl/mark_files.h"

#include <sys/xattr.h>

static void test_a_docx_carries_one_mark(void **state)
{
	(void)state;
	copy_fixture("plain-en.docx", "a.docx");
	mark("a.docx", "SECRET//A & B\nClassified By: Li <7>");
	assert_int_equal(count("a.docx", "word/document.xml", "SECRET//A &amp; B</w:t><w:br/>"), 1);
	assert_int_equal(count("a.docx", "word/document.xml", "Li &lt;7&gt;</w:t>"), 1);
	assert_int_equal(count("a.docx", "docProps/custom.xml", "name=\"classd_mark\""), 1);
	assert_int_equal(count("a.docx", "[Content_Types].xml", "/docProps/custom.xml"), 1);
	assert_int_equal(count("a.docx", "_rels/.rels", "docProps/custom.xml"), 1);
	mark("a.docx", "TOP SECRET");
	assert_int_equal(count("a.docx", "word/document.xml", "SECRET"), 1);
	assert_int_equal(count("a.docx", "word/document.xml", "TOP SECRET"), 1);
	assert_int_equal(count("a.docx", "docProps/custom.xml", "SECRET"), 1);
	assert_int_equal(count("a.docx", "word/document.xml", "Canteen menu"), 1);
	mark("a.docx", "");
	assert_int_equal(count("a.docx", "word/document.xml", "SECRET"), 0);
	assert_int_equal(count("a.docx", "word/document.xml", "classd_mark"), 0);
	assert_int_equal(count("a.docx", "docProps/custom.xml", "classd_mark"), 0);
}

static void test_an_odt_carries_one_mark(void **state)
{
	(void)state;
	copy_fixture("plain-zh.odt", "a.odt");
	mark("a.odt", "机密★10年");
	assert_int_equal(count("a.odt", "content.xml", ">机密★10年<"), 1);
	assert_int_equal(count("a.odt", "meta.xml", ">机密★10年<"), 1);
	assert_int_equal(count("a.odt", "content.xml", "style:name=\"classd_mark\""), 1);
	assert_int_equal(count("a.odt", "content.xml", "master-page-name"), 1);
	mark("a.odt", "绝密★20年");
	assert_int_equal(count("a.odt", "content.xml", "机密★"), 0);
	assert_int_equal(count("a.odt", "content.xml", ">绝密★20年<"), 1);
	assert_int_equal(count("a.odt", "meta.xml", "绝密★20年"), 1);
	mark("a.odt", "");
	assert_int_equal(count("a.odt", "content.xml", "绝密"), 0);
	assert_int_equal(count("a.odt", "meta.xml", "classd_mark"), 0);
	assert_int_equal(count("a.odt", "content.xml", "食堂菜单"), 1);
}

static void test_the_same_mark_leaves_the_bytes(void **state)
{
	static const char *const names[] = {"plain-en.docx", "plain-en.odt"};

	(void)state;
	for (size_t i = 0; i < array_n(names); i++) {
		OWN_BUFFER struct buffer first = {0};
		OWN_BUFFER struct buffer second = {0};
		struct stat before, after;

		copy_fixture(names[i], "same");
		mark("same", "SECRET\nReason: x");
		load(directory, "same", &first);
		assert_int_equal(fstatat(directory, "same", &before, 0), 0);
		mark("same", "SECRET\nReason: x");
		load(directory, "same", &second);
		assert_int_equal(fstatat(directory, "same", &after, 0), 0);
		assert_true(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
		assert_int_equal(before.st_ino, after.st_ino);
	}
}

/* Writes a document whose only part is this body. */
static void store_docx(const char *name, const char *body)
{
	__attribute__((cleanup(parts_done))) struct parts parts = {0};
	OWN_BUFFER struct buffer content = {0};
	struct part *part;

	assert_int_equal(parts_add(&parts, "word/document.xml", &part), 0);
	buffer_add_format(
	    &part->content,
	    "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>%s"
	    "</w:body></w:document>",
	    body);
	assert_int_equal(parts_write(&parts, &content), 0);
	store(name, buffer_bytes(&content));
}

static void test_what_somebody_typed_is_never_lost(void **state)
{
	(void)state;
	/* Typed behind the mark, in its paragraph. */
	store_docx("b.docx", "<w:p><w:bookmarkStart w:id=\"4\" w:name=\"classd_mark\"/><w:r><w:t>OLD</w:t></w:r>"
			     "<w:bookmarkEnd w:id=\"4\"/><w:r><w:t>mine</w:t></w:r></w:p><w:p/>");
	mark("b.docx", "NEW");
	assert_int_equal(count("b.docx", "word/document.xml", "mine"), 1);
	assert_int_equal(count("b.docx", "word/document.xml", "w:name=\"classd_mark\""), 1);
	assert_int_equal(count("b.docx", "word/document.xml", "w:id=\"5\""), 2);
	/* Typed into the mark. */
	mark("b.docx", "");
	store_docx("c.docx", "<w:p><w:r><w:t>text</w:t></w:r></w:p>");
	mark("c.docx", "FIRST");
	{
		OWN_BUFFER struct buffer content = {0};
		__attribute__((cleanup(parts_done))) struct parts parts = {0};
		OWN_BUFFER struct buffer changed = {0};
		struct part *part;
		uint8_t *at;

		load(directory, "c.docx", &content);
		assert_int_equal(parts_read(buffer_bytes(&content), &parts), 0);
		part = parts_find(&parts, "word/document.xml");
		at = memmem(part->content.at, part->content.n, "FIRST", 5);
		memcpy(at, "MINE!", 5);
		assert_int_equal(parts_write(&parts, &changed), 0);
		store("c.docx", buffer_bytes(&changed));
	}
	mark("c.docx", "SECOND");
	assert_int_equal(count("c.docx", "word/document.xml", "MINE!"), 1);
	assert_int_equal(count("c.docx", "word/document.xml", "SECOND"), 1);
	assert_int_equal(count("c.docx", "word/document.xml", "w:name=\"classd_mark\""), 1);
}

static void test_owner_mode_and_attributes_stay(void **state)
{
	char value[8] = "";
	struct stat s;

	(void)state;
	copy_fixture("plain-en.docx", "p.docx");
	assert_int_equal(fchmodat(directory, "p.docx", 0604, 0), 0);
	OWN_FD int fd = openat(directory, "p.docx", O_RDONLY | O_CLOEXEC);
	bool attributes = fsetxattr(fd, "user.kept", "yes", 3, 0) == 0;
	mark("p.docx", "SECRET");
	assert_int_equal(fstatat(directory, "p.docx", &s, 0), 0);
	assert_int_equal(s.st_mode & 07777, 0604);
	OWN_FD int after = openat(directory, "p.docx", O_RDONLY | O_CLOEXEC);
	if (attributes) {
		assert_int_equal(fgetxattr(after, "user.kept", value, sizeof(value)), 3);
		assert_string_equal(value, "yes");
	}
}

static void expect_outcome(const char *fixture, int outcome)
{
	OWN_BUFFER struct buffer before = {0};
	OWN_BUFFER struct buffer after = {0};

	copy_fixture(fixture, "x");
	load(directory, "x", &before);
	assert_int_equal(mark_write(directory, "x", &(struct mark_text){.text = "SECRET"}), outcome);
	load(directory, "x", &after);
	assert_true(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
}

static void test_other_formats_and_damage_are_outcomes(void **state)
{
	(void)state;
	expect_outcome("hostile/locked.pdf", MARK_WRITE_LOCKED);
	expect_outcome("hostile/truncated.pdf", MARK_WRITE_UNSAFE);
	expect_outcome("hostile/only-magic.pdf", MARK_WRITE_UNSAFE);
	expect_outcome("report-gb18030.txt", MARK_WRITE_NO_PLACE);
	expect_outcome("hostile/broken.docx", MARK_WRITE_DAMAGED);
	expect_outcome("hostile/entities.docx", MARK_WRITE_DAMAGED);
	expect_outcome("hostile/deep.docx", MARK_WRITE_DAMAGED);
	expect_outcome("hostile/flipped.odt", MARK_WRITE_DAMAGED);
	expect_outcome("hostile/truncated.docx", MARK_WRITE_DAMAGED);
	expect_outcome("hostile/only-magic.docx", MARK_WRITE_DAMAGED);
	expect_outcome("hostile/bomb.docx", MARK_WRITE_LARGE);
	expect_outcome("hostile/empty.docx", MARK_WRITE_NO_PLACE);
}

/* What the fixture carries in that part, or nothing. */
static void expect_in_pdf(const char *name, const char *mark_text, int n)
{
	OWN_BUFFER struct buffer content = {0};
	const uint8_t *at;
	int found = 0;

	load(directory, name, &content);
	for (at = content.at; (at = memmem(at, (size_t)(content.at + content.n - at), mark_text, strlen(mark_text)));
	     at++)
		found++;
	assert_int_equal(found, n);
	assert_int_equal(mark_look(buffer_bytes(&content), &(struct mark_text){.text = "SECRET//A & B\nReason: x"}),
			 n ? 0 : MARK_WRITE_MISSING);
}

static void test_a_pdf_carries_one_mark(void **state)
{
	static const char in_xmp[] = ">SECRET//A &amp; B\nReason: x</classd:classd_mark>";

	(void)state;
	copy_fixture("report-en.pdf", "a.pdf");
	expect_in_pdf("a.pdf", in_xmp, 0);
	mark("a.pdf", "CONFIDENTIAL");
	mark("a.pdf", "SECRET//A & B\nReason: x");
	expect_in_pdf("a.pdf", in_xmp, 1);
	assert_int_equal(mark_write(directory, "a.pdf", &(struct mark_text){.text = "SECRET//A & B\nReason: x"}), 0);
	expect_in_pdf("a.pdf", in_xmp, 1);
	mark("a.pdf", "");
	expect_in_pdf("a.pdf", in_xmp, 0);
}

static void test_tables_and_slides_carry_a_property(void **state)
{
	(void)state;
	copy_fixture("table-en.xlsx", "a.xlsx");
	mark("a.xlsx", "SECRET\nReason: x");
	assert_int_equal(count("a.xlsx", "docProps/custom.xml", ">SECRET\nReason: x<"), 1);
	mark("a.xlsx", "TOP SECRET");
	assert_int_equal(count("a.xlsx", "docProps/custom.xml", "SECRET"), 1);
	mark("a.xlsx", "");
	assert_int_equal(count("a.xlsx", "docProps/custom.xml", "classd_mark"), 0);
}

/* The fixture with one more part. */
static void add_part(const char *fixture, const char *name, const char *part_name, const char *text)
{
	__attribute__((cleanup(parts_done))) struct parts parts = {0};
	OWN_BUFFER struct buffer content = {0};
	OWN_BUFFER struct buffer changed = {0};
	struct part *part;

	copy_fixture(fixture, name);
	load(directory, name, &content);
	assert_int_equal(parts_read(buffer_bytes(&content), &parts), 0);
	part = parts_find(&parts, part_name);
	if (!part)
		assert_int_equal(parts_add(&parts, part_name, &part), 0);
	buffer_add_text(&part->content, text);
	assert_int_equal(parts_write(&parts, &changed), 0);
	store(name, buffer_bytes(&changed));
}

/* Somebody answers for the bytes, or hides them: they stay, and why is said. */
static void test_signed_and_encrypted_ones_stay(void **state)
{
	OWN_BUFFER struct buffer content = {0};

	(void)state;
	add_part("plain-en.docx", "x", "_xmlsignatures/sig1.xml", "<Signature/>");
	assert_int_equal(mark_write(directory, "x", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_SIGNED);
	add_part("plain-en.odt", "x", "META-INF/documentsignatures.xml", "<x/>");
	assert_int_equal(mark_write(directory, "x", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_SIGNED);
	add_part("plain-en.odt", "x", "META-INF/packagesignatures.xml", "<x/>");
	assert_int_equal(mark_write(directory, "x", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_SIGNED);
	add_part("plain-en.odt", "x", "META-INF/macrosignatures.xml", "<x/>");
	mark("x", "SECRET");
	add_part("slides-en.pptx", "x", "_xmlsignatures/sig1.xml", "<Signature/>");
	assert_int_equal(mark_write(directory, "x", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_SIGNED);
	add_part("plain-en.odt", "x", "META-INF/manifest.xml", "<!-- manifest:encryption-data -->");
	assert_int_equal(mark_write(directory, "x", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_LOCKED);
	buffer_add(&content, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", 42);
	store("x", buffer_bytes(&content));
	assert_int_equal(mark_write(directory, "x", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_LOCKED);
	store_parts("x", (const char *[]){"word/document.xml", "<a/>", "word/document.xml", "<b/>", NULL});
	assert_int_equal(mark_write(directory, "x", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_UNSAFE);
	buffer_clear(&content);
	load(AT_FDCWD, "tests/fixtures/report-en.pdf", &content);
	buffer_add_text(&content, "% /Type /Sig /ByteRange [0 1 2 3]\n");
	store("x", buffer_bytes(&content));
	assert_int_equal(mark_write(directory, "x", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_SIGNED);
	assert_string_equal(mark_outcome_word(MARK_WRITE_SIGNED), "signature");
}

/* A release strikes through what stands there, says so behind it, and does it once; a new mark takes the place of both.
 */
static void test_a_release_strikes_the_mark_through(void **state)
{
	static const struct {
		const char *fixture, *part, *property, *struck;
	} cases[] = {
	    {"plain-en.docx", "word/document.xml", "docProps/custom.xml",
	     "<w:strike/></w:rPr><w:t xml:space=\"preserve\">SECRET</w:t><w:br/>"},
	    {"plain-en.odt", "content.xml", "meta.xml",
	     "<text:span text:style-name=\"classd_mark_struck\">SECRET<text:line-break/>Reason: x</text:span>"},
	};
	const struct mark_text released = {.text = "Declassified 2026-03-02 by li", .strikes = true};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct stat before, after;

		copy_fixture(cases[i].fixture, "r");
		mark("r", "SECRET\nReason: x");
		assert_int_equal(mark_write(directory, "r", &released), 0);
		assert_int_equal(count("r", cases[i].part, cases[i].struck), 1);
		assert_int_equal(count("r", cases[i].part, "Declassified 2026-03-02 by li"), 1);
		assert_int_equal(count("r", cases[i].property, "SECRET"), 0);
		assert_int_equal(count("r", cases[i].property, ">Declassified 2026-03-02 by li<"), 1);
		assert_int_equal(fstatat(directory, "r", &before, 0), 0);
		assert_int_equal(mark_write(directory, "r", &released), 0);
		assert_int_equal(fstatat(directory, "r", &after, 0), 0);
		assert_int_equal(before.st_ino, after.st_ino);
		mark("r", "CONFIDENTIAL");
		assert_int_equal(count("r", cases[i].part, "SECRET"), 0);
		assert_int_equal(count("r", cases[i].part, "Declassified"), 0);
		assert_int_equal(count("r", cases[i].part, "CONFIDENTIAL"), 1);
		copy_fixture(cases[i].fixture, "r"); /* without a mark there is nothing to strike */
		assert_int_equal(mark_write(directory, "r", &released), 0);
		assert_int_equal(count("r", cases[i].part, "Declassified"), 1);
	}
}

/* Strict OOXML (ISO/IEC 29500-1) takes the mark in its text; a document with macros keeps them. */
static void test_strict_and_macros(void **state)
{
	(void)state;
	add_part("plain-en.docx", "x", "_rels/.rels", "<!-- http://purl.oclc.org/ooxml/officeDocument/ -->");
	mark("x", "SECRET");
	assert_int_equal(count("x", "word/document.xml", "SECRET"), 1);
	assert_int_equal(count("x", "[Content_Types].xml", "custom"), 0);
	add_part("plain-en.docx", "x", "word/vbaProject.bin", "macros");
	mark("x", "SECRET");
	assert_int_equal(count("x", "word/vbaProject.bin", "macros"), 1);
	assert_int_equal(count("x", "word/document.xml", "SECRET"), 1);
	add_part("table-en.xlsx", "x", "xl/vbaProject.bin", "macros");
	mark("x", "SECRET");
	assert_int_equal(count("x", "xl/vbaProject.bin", "macros"), 1);
	assert_int_equal(count("x", "xl/worksheets/sheet1.xml", "SECRET&amp;B"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_docx_carries_one_mark),
	    cmocka_unit_test(test_an_odt_carries_one_mark),
	    cmocka_unit_test(test_the_same_mark_leaves_the_bytes),
	    cmocka_unit_test(test_what_somebody_typed_is_never_lost),
	    cmocka_unit_test(test_owner_mode_and_attributes_stay),
	    cmocka_unit_test(test_a_pdf_carries_one_mark),
	    cmocka_unit_test(test_tables_and_slides_carry_a_property),
	    cmocka_unit_test(test_signed_and_encrypted_ones_stay),
	    cmocka_unit_test(test_a_release_strikes_the_mark_through),
	    cmocka_unit_test(test_strict_and_macros),
	    cmocka_unit_test(test_other_formats_and_damage_are_outcomes),
	};

	return cmocka_run_group_tests_name("mark", tests, set_up, tear_down);
}
