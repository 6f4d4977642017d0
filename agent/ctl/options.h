/*
 * Command lines by table: GNU-style long options ("--name value", "--name=value"), a letter for some, words in any
 * order, "--" ends the options. An option that is not in the table is refused with the nearest one that is.
 */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include "base/bytes.h"

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_LIST,   /* may be repeated, and commas separate */
	OPTION_NUMBER, /* decimal, not negative */
	OPTION_DATE,   /* 2030-06-30 */
};

struct option_row {
	const char *name; /* without the dashes; NULL ends a table */
	char letter;	  /* 0: none */
	enum option_kind kind;
	const char *value; /* what help calls the value; NULL for a flag */
	const char *help;
};

#define OPTIONS_MAX 128 /* given on one command line */

struct option_given {
	const struct option_row *row;
	const char *value;
};

/* Borrows argv. */
struct options {
	const struct option_row *tables[2]; /* the command's, then those of every command; either may be NULL */
	struct option_given given[OPTIONS_MAX];
	size_t n_given;
	const char *words[OPTIONS_MAX]; /* what is not an option */
	size_t n_words;
	const char *bad;  /* the refused argument */
	const char *hint; /* nearest known option, or NULL */
};

enum options_outcome {
	OPTIONS_UNKNOWN = 1,
	OPTIONS_NO_VALUE,   /* an option that wants one stands last */
	OPTIONS_WITH_VALUE, /* a flag was given one */
	OPTIONS_BAD_NUMBER,
	OPTIONS_BAD_DATE,
	OPTIONS_TWICE, /* only lists repeat */
	OPTIONS_TOO_MANY,
};

/* tables must be set. Everything after argv[0] of n arguments. */
int options_parse(struct options *o, int n, char *const *argv) MUST_CHECK;

bool options_flag(const struct options *o, const char *name);
const char *options_text(const struct options *o, const char *name); /* NULL: not given */
uint64_t options_number(const struct options *o, const char *name, uint64_t otherwise);
/* The i-th part of a list, copied, or NULL after the last. */
char *options_part(const struct options *o, const char *name, size_t i);

/* How many single-character edits lie between two words (bytes), at most `most` + 1. For "did you mean". */
size_t options_distance(const char *a, const char *b, size_t most);

#endif
