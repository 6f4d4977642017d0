/*
 * The page of one share: what it is, the share as lines and as a square, and
 * how documents are opened with Debian's own programs when nothing of ours is
 * left. What is to be typed stands in lines of its own, four spaces in; a test
 * does exactly that. Pages are secrets: they live in locked memory and leave
 * it to where the person wants them only.
 */
#ifndef CTL_ESCROW_PAGE_H
#define CTL_ESCROW_PAGE_H

#include "library/gfshare.h"
#include "library/qrcode.h"

struct escrow_page {
	const char *unit; /* "": none */
	const char *day;  /* when it was made */
	const char *key;  /* key id */
	const char *recipient;
	unsigned shares, threshold;
	struct share share;
};

#define ESCROW_PAGE_SQUARE '\001' /* a line with this alone: there the square stands */

/* Locked memory that is written once, from its beginning; what does not fit makes it full and is a mistake of ours. */
struct paper {
	uint8_t *at;
	size_t n, room;
	bool full;
};
void paper_add(struct paper *p, struct bytes b);
void paper_text(struct paper *p, const char *text);
void paper_format(struct paper *p, const char *format, ...) PRINTF_LIKE(2, 3);
/* A secret of what write() puts on a paper of that room. */
int paper_secret(size_t room, int (*write)(struct paper *p, void *context), void *context,
		 struct secret **ret) MUST_CHECK;

/* In the person's language, lines of at most 80 columns, the square as its mark. */
int escrow_page_lines(const struct escrow_page *page, struct secret **ret) MUST_CHECK;
int escrow_page_square(const struct escrow_page *page, struct qrcode *ret) MUST_CHECK;
/* The same with the square drawn in half blocks: dark on light paper; on_terminal: with colours that say so. */
int escrow_page_text(const struct secret *lines, const struct qrcode *square, bool on_terminal,
		     struct secret **ret) MUST_CHECK;
/* As one page of PDF, A4, with fonts that every reader has. */
int escrow_page_pdf(const struct secret *lines, const struct qrcode *square, struct secret **ret) MUST_CHECK;

#endif
