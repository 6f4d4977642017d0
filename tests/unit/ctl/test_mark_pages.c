/* The mark on the pages of tables, slides and drawings: structure here, LibreOffice by hand. */
#include "ctl/mark_files.h"

/* What stands on the first page of what is no text, and where; each page of a document has one. */
static const struct {
	const char *fixture, *part, *property, *begin, *end, *struck, *kept;
} paged[] = {
    {"table-en.xlsx", "xl/worksheets/sheet1.xml", "docProps/custom.xml", "<oddHeader>&amp;L&amp;B", "&amp;B&amp;C",
     "<oddHeader>&amp;L&amp;S&amp;BSECRET", "&amp;12&amp;A"},
    {"table-en.ods", "styles.xml", "meta.xml", "<text:span text:style-name=\"classd_mark_text\">", "</text:span>",
     "<text:span text:style-name=\"classd_mark_struck\">SECRET", "<text:sheet-name>"},
    {"slides-en.odp", "content.xml", "meta.xml", "<text:span text:style-name=\"classd_mark_text\">", "</text:span>",
     "<text:span text:style-name=\"classd_mark_struck\">SECRET", "Radar plan"},
    {"slides-en.pptx", "ppt/slides/slide2.xml", "docProps/custom.xml", "<a:rPr sz=\"1200\" b=\"1\"/><a:t>", "</a:t>",
     "strike=\"sngStrike\"/><a:t>SECRET", "Second"},
};

static int count_line(const char *document, size_t i, const char *line)
{
	OWN_MEM char *one = text_format("%s%s%s", paged[i].begin, line, paged[i].end);

	return count(document, paged[i].part, one);
}

static void test_pages_of_tables_and_slides_show_the_mark(void **state)
{
	const struct mark_text released = {.text = "Declassified", .strikes = true};

	(void)state;
	for (size_t i = 0; i < array_n(paged); i++) {
		int pages = text_equal(paged[i].fixture, "slides-en.odp") ? 2 : 1; /* both are in one part */
		struct stat before, after;

		copy_fixture(paged[i].fixture, "r");
		int kept = count("r", paged[i].part, paged[i].kept);
		mark("r", "SECRET");
		assert_int_equal(count_line("r", i, "SECRET"), pages);
		mark("r", "TOP SECRET");
		assert_int_equal(count_line("r", i, "SECRET"), 0);
		assert_int_equal(count_line("r", i, "TOP SECRET"), pages);
		assert_int_equal(count("r", paged[i].property, ">TOP SECRET<"), 1);
		mark("r", "SECRET//A & B");
		assert_int_equal(fstatat(directory, "r", &before, 0), 0);
		mark("r", "SECRET//A & B");
		assert_int_equal(fstatat(directory, "r", &after, 0), 0);
		assert_int_equal(before.st_ino, after.st_ino);
		assert_int_equal(mark_write(directory, "r", &released), 0);
		assert_int_equal(count("r", paged[i].part, paged[i].struck), pages);
		assert_int_equal(count("r", paged[i].part, "Declassified"), pages);
		assert_int_equal(fstatat(directory, "r", &before, 0), 0);
		assert_int_equal(mark_write(directory, "r", &released), 0);
		assert_int_equal(fstatat(directory, "r", &after, 0), 0);
		assert_int_equal(before.st_ino, after.st_ino);
		mark("r", "CONFIDENTIAL");
		assert_int_equal(count("r", paged[i].part, "SECRET"), 0);
		assert_int_equal(count("r", paged[i].part, "Declassified"), 0);
		mark("r", "");
		assert_int_equal(count("r", paged[i].part, "CONFIDENTIAL"), 0);
		assert_int_equal(count("r", paged[i].part, paged[i].kept), kept);
	}
}

#define SHEET(body) "<x:worksheet xmlns:x=\"s\">" body "</x:worksheet>"
#define BOOK(sheet)                                                                                                    \
	(const char *[])                                                                                               \
	{                                                                                                              \
		"xl/workbook.xml", "<w/>", "_rels/.rels", "<R></R>", "[Content_Types].xml", "<Types></Types>",         \
		    "xl/worksheets/a.xml", sheet, NULL                                                                 \
	}

/* Where a sheet has no header, has others for its first and even pages, or too long a one. */
static void test_headers_of_sheets(void **state)
{
	static const struct {
		const char *sheet, *marked;
	} cases[] = {
	    {SHEET("<x:sheetData/>"), "<x:sheetData/><x:headerFooter><x:oddHeader>&amp;L&amp;BSECRET&amp;B</"
				      "x:oddHeader></x:headerFooter></x:worksheet>"},
	    {SHEET("<x:sheetData/><x:drawing/><x:extLst/>"), "</x:headerFooter><x:drawing/>"},
	    {SHEET("<x:headerFooter differentFirst=\"1\" differentOddEven=\"1\"/>"),
	     "<x:oddHeader>&amp;L&amp;BSECRET&amp;B</x:oddHeader><x:evenHeader>&amp;L&amp;BSECRET&amp;B</x:evenHeader>"
	     "<x:firstHeader>&amp;L&amp;BSECRET&amp;B</x:firstHeader></x:headerFooter>"},
	    {SHEET(
		 "<x:headerFooter><x:oddHeader>&amp;Lmine</x:oddHeader><x:oddFooter>f</x:oddFooter></x:headerFooter>"),
	     "<x:oddHeader>&amp;L&amp;BSECRET&amp;B\nmine</x:oddHeader><x:oddFooter>f</x:oddFooter>"},
	    {SHEET("<x:pageMargins top=\"0.5\" header=\"0.4\"/>"), "top=\"0.90\""},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		store_parts("r", BOOK(cases[i].sheet));
		mark("r", "SECRET");
		assert_int_equal(count("r", "xl/worksheets/a.xml", cases[i].marked), 1);
	}
	char full[400] = "<worksheet><headerFooter><oddHeader>&amp;L";
	memset(full + strlen(full), 'x', 252);
	OWN_MEM char *sheet = text_format("%s</oddHeader></headerFooter></worksheet>", full);
	store_parts("r", BOOK(sheet));
	assert_int_equal(mark_write(directory, "r", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_NO_PLACE);
	store_parts("r", BOOK("<worksheet>"));
	assert_int_equal(mark_write(directory, "r", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_DAMAGED);
	store_parts("r", BOOK("<!DOCTYPE a [<!ENTITY e 'x'>]><worksheet>&e;</worksheet>"));
	assert_int_equal(mark_write(directory, "r", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_DAMAGED);
	store_parts("r", (const char *[]){"xl/workbook.xml", "<w/>", NULL});
	assert_int_equal(mark_write(directory, "r", &(struct mark_text){.text = "SECRET"}), MARK_WRITE_NO_PLACE);
}

#define ODS(body)                                                                                                      \
	(const char *[])                                                                                               \
	{                                                                                                              \
		"content.xml", "<office:document-content><office:spreadsheet/></office:document-content>", "meta.xml", \
		    "<m><office:meta></office:meta></m>", "styles.xml",                                                \
		    "<s xmlns:style=\"s\"><office:automatic-styles/><style:master-page>" body                          \
		    "</style:master-page></s>",                                                                        \
		    NULL                                                                                               \
	}

static void test_headers_of_an_opendocument_table(void **state)
{
#define LEFT "<style:region-left xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\"><text:p"
	const struct {
		const char *const *parts;
		const char *marked;
	} cases[] = {
	    {ODS(""), "<style:master-page><style:header xmlns:style"},
	    {ODS("<style:header/>"), "<style:header>" LEFT},
	    {ODS("<style:header style:display=\"false\"/>"), "<style:header >" LEFT},
	    {ODS("<style:header><style:region-right/></style:header>"), "<style:header>" LEFT},
	    {ODS("<style:header><style:region-left/></style:header>"), "<style:header><style:region-left><text:p"},
	    {ODS("<style:header><style:region-left><text:p>a</text:p></style:region-left></style:header>"),
	     "SECRET</text:span></text:p><text:p>a</text:p>"},
	    {ODS("<style:header><text:p>a</text:p></style:header>"),
	     "<text:p>a</text:p></style:region-center></style:header>"},
	    {ODS("<style:header-left style:display=\"false\"/>"), "<style:header-left style:display=\"false\"/>"},
	    {ODS("<style:header-first/>"), "<style:header-first>" LEFT},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		store_parts("r", cases[i].parts);
		mark("r", "SECRET");
		assert_int_equal(count("r", "styles.xml", cases[i].marked), 1);
		assert_in_range(count("r", "styles.xml", ">SECRET<"), 1, 2);
		mark("r", "NATO SECRET");
		assert_int_equal(count("r", "styles.xml", ">SECRET<"), 0);
	}
}

/* A box that somebody wrote into is his; what stands behind all shapes stays behind. */
static void test_boxes_on_slides(void **state)
{
#define DECK(shapes)                                                                                                   \
	(const char *[]){"ppt/presentation.xml",                                                                       \
			 "<p/>",                                                                                       \
			 "_rels/.rels",                                                                                \
			 "<R></R>",                                                                                    \
			 "[Content_Types].xml",                                                                        \
			 "<Types></Types>",                                                                            \
			 "ppt/slides/slide1.xml",                                                                      \
			 "<p:sld xmlns:p=\"p\"><p:cSld><p:spTree>" shapes "</p:spTree></p:cSld></p:sld>",              \
			 NULL}
	(void)state;
	store_parts("r", DECK("<p:sp><p:cNvPr id=\"7\" name=\"x\"/></p:sp><p:extLst/>"));
	mark("r", "SECRET");
	assert_int_equal(count("r", "ppt/slides/slide1.xml", "<p:cNvPr id=\"8\" name=\"classd_mark\"/>"), 1);
	assert_int_equal(count("r", "ppt/slides/slide1.xml", "</p:sp><p:extLst/>"), 1);
	store_parts(
	    "r", (const char *[]){"ppt/presentation.xml", "<p/>", "_rels/.rels", "<R></R>", "[Content_Types].xml",
				  "<Types></Types>", "docProps/custom.xml",
				  "<Properties xmlns:v=\"v\"><property pid=\"2\" "
				  "name=\"classd_mark\"><v:l>OLD</v:l></property></Properties>",
				  "ppt/slides/slide1.xml",
				  "<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><p:cSld><p:spTree><p:sp><p:cNvPr id=\"7\" "
				  "name=\"classd_mark\"/><a:p><a:t>mine</a:t></a:p></p:sp></p:spTree></p:cSld></p:sld>",
				  NULL});
	mark("r", "SECRET");
	assert_int_equal(count("r", "ppt/slides/slide1.xml", "name=\"classd_mark_kept\""), 1);
	assert_int_equal(count("r", "ppt/slides/slide1.xml", "<a:t>mine</a:t>"), 1);
	assert_int_equal(count("r", "ppt/slides/slide1.xml", "name=\"classd_mark\""), 1);
	store_parts("r", (const char *[]){"content.xml",
					  "<office:document-content xmlns:office=\"o\" "
					  "xmlns:draw=\"d\"><office:automatic-styles/><office:drawing>"
					  "<draw:page/></office:drawing></office:document-content>",
					  "meta.xml", "<m xmlns:office=\"o\"><office:meta></office:meta></m>", NULL});
	mark("r", "SECRET");
	assert_int_equal(count("r", "content.xml", "</draw:frame></draw:page>"), 1);
	assert_int_equal(count("r", "content.xml", "style:name=\"classd_mark\""), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pages_of_tables_and_slides_show_the_mark),
	    cmocka_unit_test(test_headers_of_sheets),
	    cmocka_unit_test(test_headers_of_an_opendocument_table),
	    cmocka_unit_test(test_boxes_on_slides),
	};

	return cmocka_run_group_tests_name("mark_pages", tests, set_up, tear_down);
}
