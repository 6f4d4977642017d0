/*
 * The evidence for a proposal: the passages of the very content that is read here in which phrases of its item stand. The
 * text is found by an inspector that this program starts for its reader (inspector/quote.h): what is quoted goes to nobody
 * else, and nothing of it is kept. A quotation is no look: it does not replace opening a document.
 */
#ifndef CTL_QUOTE_H
#define CTL_QUOTE_H

#include "ctl/command.h"

#define QUOTES_MAX 3

enum quotes_state {
	QUOTES_NOT_ASKED,
	QUOTES_DONE,
	QUOTES_NO_PHRASES, /* the item has none */
	QUOTES_TOO_LARGE,  /* larger than what is read into memory */
	QUOTES_NOT_HERE,   /* no inspector beside this program */
	QUOTES_BROKEN,	   /* it ended without an answer: the document may be hostile */
	QUOTES_OTHER,	   /* the content became another one since: its mark was written */
};

struct quote {
	char *place; /* in words: "paragraph 5" */
	char *phrase, *passage;
};

struct quotes {
	enum quotes_state state;
	char digest[65]; /* of the content that was quoted */
	char *type;
	size_t text_bytes, item_phrases, phrases, places;
	struct quote at[QUOTES_MAX];
	size_t n;
};

/* digest: of the content as the caller computed it; an answer about other bytes is broken. item: an id of the catalogue. */
int quotes_of(struct ctl *ctl, struct bytes content, const char *digest, const char *item, struct quotes *ret) MUST_CHECK;
/* On lines of their own behind `indent` blanks, no wider than the terminal. */
void quotes_say(const struct quotes *q, size_t indent, void (*line)(const char *format, ...));
void quotes_done(struct quotes *q);
#define OWN_QUOTES __attribute__((cleanup(quotes_done)))

#endif
