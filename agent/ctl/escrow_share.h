/*
 * A share as people see it: six lines "a ABCD EFGH IJKL MNOP QRST kdff". The
 * letters are base32; the last word is a check that names a mistyped line: the
 * first four hexadecimal digits, with g to p for 0 to 9, of the SHA-256 of
 * "KEY NNN a ABCD EFGH IJKL MNOP QRST" LF (key id, number of the share in three
 * digits, the line). Letter of the line and check are small, so
 * `base32 -d -i` passes over them and opens the lines as they are typed.
 */
#ifndef CTL_ESCROW_SHARE_H
#define CTL_ESCROW_SHARE_H

#include "library/gfshare.h"
#include "library/identity.h"

#define SHARE_BYTES	((size_t)IDENTITY_TEXT) /* a share is as long as the identity's line: no padding in base32 */
#define SHARE_LETTERS	(SHARE_BYTES / 5 * 8)
#define SHARE_LINES	((size_t)6)
#define SHARE_IN_LINE	(SHARE_LETTERS / SHARE_LINES)
#define SHARE_LINE_TEXT 32 /* of a line, NUL included */

enum escrow_share_outcome {
	ESCROW_SHARE_MISTYPED = 1, /* the check does not fit */
	ESCROW_SHARE_INCOMPLETE,   /* too few or too many letters, or another character */
	ESCROW_SHARE_OTHER_LINE,   /* whole, but not the line that was asked for */
};

/* The letters of a share: SHARE_LETTERS of them. Its length must be SHARE_BYTES. */
int escrow_share_letters(const struct share *s, struct secret **ret) MUST_CHECK;
/* Line 0 to 5, without line end; key: key id of the escrow. ret of SHARE_LINE_TEXT. */
void escrow_share_line(const char *key, unsigned number, size_t line, struct bytes letters, uint8_t *ret);

/* Somebody enters a share, line by line: the letters that were right so far. */
struct share_entry {
	const char *key;
	unsigned number; /* 1 to SHARES_MAX */
	struct secret *letters;
	unsigned have; /* bits of the lines that are there */
};

int share_entry_new(const char *key, unsigned number, struct share_entry *ret) MUST_CHECK;
void share_entry_done(struct share_entry *e);
#define OWN_SHARE_ENTRY __attribute__((cleanup(share_entry_done)))
/* As typed: spaces, dashes and capitals or not do not matter. 0, or why it is not line `line` of this share. */
int share_entry_line(struct share_entry *e, size_t line, struct bytes typed) MUST_CHECK;
/* A file: the lines in any order among other text, or the bare letters of a square. Lines that do not fit are missing.
 */
int share_entry_file(struct share_entry *e, struct bytes text) MUST_CHECK;
/* The number that fits the most lines of that text; 0: none does. */
unsigned share_find_number(const char *key, struct bytes text);
/* The first line that is missing ('a'…), 0: none. */
char share_entry_missing(const struct share_entry *e);
/* When none is missing. */
int share_entry_end(const struct share_entry *e, struct share *ret) MUST_CHECK;

#endif
