/* Words and square of a page. */
#include "ctl/escrow_page.h"

#include "base/text.h"
#include "ctl/escrow_share.h"
#include "ctl/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PAGE_ROOM ((size_t)16 << 10)
#define TEXT_ROOM ((size_t)64 << 10)

void paper_add(struct paper *p, struct bytes b)
{
	if (b.n > p->room - p->n)
		p->full = true;
	else if (b.n > 0) {
		memcpy(p->at + p->n, b.at, b.n);
		p->n += b.n;
	}
}

void paper_text(struct paper *p, const char *text)
{
	paper_add(p, bytes_of_text(text));
}

void paper_format(struct paper *p, const char *format, ...)
{
	char line[2048];
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	if (n < 0 || (size_t)n >= sizeof(line))
		p->full = true;
	else
		paper_add(p, bytes_of(line, (size_t)n));
	wipe(line, sizeof(line)); /* where dark modules are says what they mean */
}

struct writing {
	int (*write)(struct paper *p, void *context);
	void *context;
};

static int write_paper(uint8_t *at, size_t *n, void *context)
{
	const struct writing *w = context;
	struct paper p = {at, 0, *n, false};

	TRY(w->write(&p, w->context));
	*n = p.n;
	return p.full ? FAULT(EMSGSIZE, "a page of the escrow") : 0;
}

int paper_secret(size_t room, int (*write)(struct paper *p, void *context), void *context, struct secret **ret)
{
	return secret_new_filled(room, write_paper, &(struct writing){write, context}, ret);
}

/* ---- lines ---- */

struct lines {
	const struct escrow_page *page;
	struct paper *paper;
};

static int add_share(struct bytes letters, void *context)
{
	const struct lines *l = context;
	uint8_t *line;

	for (size_t i = 0; i < SHARE_LINES; i++) {
		paper_text(l->paper, "    ");
		if (l->paper->room - l->paper->n < SHARE_LINE_TEXT) {
			l->paper->full = true;
			return 0;
		}
		line = l->paper->at + l->paper->n; /* written where it stays */
		escrow_share_line(l->page->key, l->page->share.number, i, letters, line);
		l->paper->n += strlen((char *)line);
		paper_text(l->paper, "\n");
	}
	return 0;
}

static void add_head(const struct escrow_page *page, struct paper *p)
{
	paper_format(p, _("ESCROW: share %u of %u. Any %u of them open everything."), page->share.number, page->shares,
		     page->threshold);
	paper_text(p, "\n\n");
	paper_format(p, _("Unit: %s"), page->unit);
	paper_text(p, "\n");
	paper_format(p, _("Key: %s    made on %s    holder: ______________________"), page->key, page->day);
	paper_text(p, "\n");
	paper_format(p, "%s\n\n", page->recipient);
	paper_format(p,
		     _("Alone this page is worth nothing. With %u others it opens every document that\n"
		       "was sealed to this key, without the program that sealed it. Keep it in a closed\n"
		       "envelope, away from the others and from every computer. If it is lost or was\n"
		       "seen, have a new escrow made: classctl key escrow create"),
		     page->threshold - 1);
	paper_text(p, "\n\n");
}

static void add_typing(const struct escrow_page *page, struct paper *p)
{
	paper_format(p,
		     _("TO OPEN DOCUMENTS take %u of these pages and a Linux computer without a network,\n"
		       "with Debian's packages age and libgfshare-bin (and zbar-tools for squares).\n"
		       "Nothing else is needed. Type the lines that stand further in, as they are:"),
		     page->threshold);
	paper_text(p, "\n\n    mkdir -m 700 /dev/shm/escrow && cd /dev/shm/escrow\n\n");
	paper_format(p,
		     _("1. For each page write its six lines, a to f, into a file named after the number\n"
		       "   of its share; for this page: lines.%03u. Or scan the square into it\n"
		       "   (zbarimg --raw -q PICTURE); then point 2 does not apply to it.\n"
		       "2. Look for typing errors: each line that is wrong is named."),
		     page->share.number);
	paper_format(p,
		     "\n\n    for f in lines.*; do while read -r l a b c d e k; do\n"
		     "    s=$(echo %s ${f#lines.} $l $a $b $c $d $e | sha256sum | cut -c1-4)\n"
		     "    [ \"$(echo $s | tr 0-9 g-p)\" = \"$k\" ] || echo \"$f: $l\"; done <$f; done\n\n",
		     page->key);
}

static void add_opening(struct paper *p)
{
	paper_text(p, _("3. Make the key:"));
	paper_text(p, "\n\n    for f in lines.*; do base32 -d -i $f >share.${f#lines.}; done\n"
		      "    gfcombine -o escrow.key share.*\n\n");
	paper_text(p, _("4. Open documents; their names end in .age:"));
	paper_text(p, "\n\n    age -d -i escrow.key FILE.age >FILE\n\n");
	paper_text(p, _("   Keys of levels (LEVEL.YEAR.age in a backup of the agent) open the same way;\n"
			"   what comes out opens the documents of that level and year: age -d -i LEVEL."));
	paper_text(p, "\n");
	paper_text(p, _("5. In the end remove what was in memory, and switch the computer off:"));
	paper_text(p, "\n\n    cd / && rm -r /dev/shm/escrow\n");
}

static int write_lines(struct paper *p, void *context)
{
	const struct escrow_page *page = context;
	OWNED(secret) struct secret *letters = NULL;
	static const char square[] = {ESCROW_PAGE_SQUARE, '\n', '\n', 0};
	struct lines l = {page, p};

	TRY(escrow_share_letters(&page->share, &letters));
	add_head(page, p);
	paper_text(p, _("THE SHARE, as six lines and as a square with the same letters:"));
	paper_text(p, "\n\n");
	TRY(secret_lend(letters, add_share, &l));
	paper_text(p, "\n");
	paper_text(p, square);
	add_typing(page, p);
	add_opening(p);
	return 0;
}

int escrow_page_lines(const struct escrow_page *page, struct secret **ret)
{
	return paper_secret(PAGE_ROOM, write_lines, (void *)(uintptr_t)page, ret);
}

static int make_square(struct bytes letters, void *context)
{
	return qrcode_new(letters, context);
}

int escrow_page_square(const struct escrow_page *page, struct qrcode *ret)
{
	OWNED(secret) struct secret *letters = NULL;
	int r;

	TRY(escrow_share_letters(&page->share, &letters));
	r = secret_lend(letters, make_square, ret);
	return r > 0 ? FAULT(EINVAL, "the square of a share") : r; /* 120 capitals and digits always fit */
}

/* ---- text ---- */

struct text {
	const struct secret *lines;
	const struct qrcode *square;
	bool on_terminal;
	struct paper *paper;
};

/* Two rows in one line. The quiet zone is drawn, too: a terminal's own background may be dark. */
static void add_rows(const struct text *t, size_t row)
{
	static const char *const blocks[] = {" ", "▀", "▄", "█"};
	size_t side = t->square->side + QRCODE_QUIET;

	paper_text(t->paper, t->on_terminal ? "    \033[30;107m" : "    ");
	for (size_t column = 0; column < side + QRCODE_QUIET; column++) {
		bool above = qrcode_is_dark(t->square, row - QRCODE_QUIET, column - QRCODE_QUIET);
		bool below = qrcode_is_dark(t->square, row + 1 - QRCODE_QUIET, column - QRCODE_QUIET);

		paper_text(t->paper, blocks[above + 2 * below]);
	}
	paper_text(t->paper, t->on_terminal ? "\033[0m\n" : "\n");
}

static int add_text(struct bytes lines, void *context)
{
	const struct text *t = context;
	const uint8_t *mark = memchr(lines.at, ESCROW_PAGE_SQUARE, lines.n);
	size_t before = mark ? (size_t)(mark - lines.at) : lines.n;

	paper_add(t->paper, bytes_of(lines.at, before));
	for (size_t row = 0; mark && row < t->square->side + (size_t)2 * QRCODE_QUIET; row += 2)
		add_rows(t, row);
	if (mark)
		paper_add(t->paper, bytes_of(mark + 2, lines.n - before - 2)); /* behind the mark's own line end */
	return 0;
}

static int write_text(struct paper *p, void *context)
{
	struct text *t = context;

	t->paper = p;
	return secret_lend(t->lines, add_text, t);
}

int escrow_page_text(const struct secret *lines, const struct qrcode *square, bool on_terminal, struct secret **ret)
{
	return paper_secret(TEXT_ROOM, write_text, &(struct text){lines, square, on_terminal, NULL}, ret);
}
