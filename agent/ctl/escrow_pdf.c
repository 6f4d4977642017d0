/*
 * A page as PDF 1.4 (ISO 32000-1): text in Courier, which every reader brings,
 * lines with other than ASCII in STSong-Light of the Adobe-GB1 collection,
 * which is not embedded either: readers and printers take a Chinese font of
 * their own (9.7.5.2). What must be typed is ASCII. The square is drawn as
 * rectangles, so it is as sharp as the paper allows.
 */
#include "ctl/escrow_page.h"

#include <errno.h>
#include <string.h>

enum { LEFT = 54, TOP = 800, LEADING = 11, FONT_SIZE = 9, SQUARE_LEFT = 78, MODULE = 33, OBJECTS = 8 };
#define CONTENT_ROOM ((size_t)128 << 10)
#define PDF_ROOM     (CONTENT_ROOM + 4096)

struct drawing {
	const struct secret *lines;
	const struct qrcode *square;
	struct paper *paper;
};

/* One code point of valid UTF-8 as UTF-16BE in hexadecimal; beyond the first plane: a question mark. */
static size_t add_utf16(struct paper *p, const uint8_t *at)
{
	static const uint8_t first[] = {0x7f, 0x1f, 0x0f, 0x07};
	size_t more = at[0] < 0x80 ? 0 : at[0] < 0xe0 ? 1 : at[0] < 0xf0 ? 2 : 3;
	uint32_t c = at[0] & first[more];

	for (size_t i = 1; i <= more; i++)
		c = c << 6 | (at[i] & 0x3f);
	paper_format(p, "%04X", c > 0xffff ? '?' : (unsigned)c);
	return more + 1;
}

static bool is_ascii(struct bytes line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.at[i] >= 0x80)
			return false;
	return true;
}

static void add_line(struct paper *p, struct bytes line, int y)
{
	bool ascii = is_ascii(line);

	paper_format(p, "BT /%s %d Tf %d %d Td %s", ascii ? "F1" : "F2", FONT_SIZE, LEFT, y, ascii ? "(" : "<");
	for (size_t i = 0; i < line.n;) {
		if (!ascii) {
			i += add_utf16(p, line.at + i);
			continue;
		}
		if (strchr("()\\", line.at[i]))
			paper_text(p, "\\");
		paper_add(p, bytes_of(line.at + i++, 1));
	}
	paper_text(p, ascii ? ") Tj ET\n" : "> Tj ET\n");
}

/* Rows of dark modules in one stroke each. Gives the height. */
static int add_square(const struct drawing *d, int y)
{
	size_t side = d->square->side;

	paper_text(d->paper, "q 0.1 0 0 0.1 0 0 cm\n"); /* whole tenths of points: no locale writes them otherwise */
	for (size_t row = 0; row < side; row++)
		for (size_t column = 0; column < side; column++) {
			size_t n = 0;

			while (qrcode_is_dark(d->square, row, column + n))
				n++;
			if (n == 0)
				continue;
			paper_format(d->paper, "%zu %d %zu %d re\n", 10 * SQUARE_LEFT + column * MODULE,
				     10 * y - (int)(row + 1) * MODULE, n * MODULE, MODULE);
			column += n;
		}
	paper_text(d->paper, "f Q\n");
	return (int)(side * MODULE / 10);
}

static int add_lines(struct bytes text, void *context)
{
	const struct drawing *d = context;
	int y = TOP;

	while (text.n) {
		const uint8_t *end = memchr(text.at, '\n', text.n);
		struct bytes line = bytes_of(text.at, end ? (size_t)(end - text.at) : text.n);

		if (line.n == 1 && line.at[0] == ESCROW_PAGE_SQUARE)
			y -= add_square(d, y) + LEADING / 2;
		else if (line.n > 0)
			add_line(d->paper, line, y);
		y -= LEADING;
		text = bytes_of(text.at + line.n + (end != NULL), text.n - line.n - (end != NULL));
	}
	if (y < LEADING)
		d->paper->full = true;
	return 0;
}

static int write_content(struct paper *p, void *context)
{
	struct drawing *d = context;

	d->paper = p;
	return secret_lend(d->lines, add_lines, d);
}

/* ---- the file around it ---- */

static const char *const objects[OBJECTS + 1] = {
    [1] = "<< /Type /Catalog /Pages 2 0 R >>",
    [2] = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    [3] = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 8 0 R"
	  " /Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> >>",
    [4] = "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    [5] = "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UTF16-H /Encoding /UniGB-UTF16-H"
	  " /DescendantFonts [6 0 R] >>",
    [6] = "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light"
	  " /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 /W [1 95 500 814 907 500]"
	  " /FontDescriptor 7 0 R >>",
    [7] = "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
	  " /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
};

static int add_content(struct bytes content, void *context)
{
	paper_add(context, content);
	return 0;
}

static int write_file(struct paper *p, void *context)
{
	const struct secret *content = context;
	size_t places[OBJECTS + 1] = {0}, table;

	paper_text(p, "%PDF-1.4\n");
	for (unsigned i = 1; i < OBJECTS; i++) {
		places[i] = p->n;
		paper_format(p, "%u 0 obj\n%s\nendobj\n", i, objects[i]);
	}
	places[OBJECTS] = p->n;
	paper_format(p, "%u 0 obj\n<< /Length %zu >>\nstream\n", (unsigned)OBJECTS, secret_length(content));
	TRY(secret_lend(content, add_content, p));
	paper_text(p, "\nendstream\nendobj\n");
	table = p->n;
	paper_format(p, "xref\n0 %u\n0000000000 65535 f \n", (unsigned)OBJECTS + 1);
	for (unsigned i = 1; i <= OBJECTS; i++)
		paper_format(p, "%010zu 00000 n \n", places[i]);
	paper_format(p, "trailer\n<< /Size %u /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", (unsigned)OBJECTS + 1, table);
	return 0;
}

int escrow_page_pdf(const struct secret *lines, const struct qrcode *square, struct secret **ret)
{
	OWNED(secret) struct secret *content = NULL;

	TRY(paper_secret(CONTENT_ROOM, write_content, &(struct drawing){lines, square, NULL}, &content));
	return paper_secret(PDF_ROOM, write_file, content, ret);
}
