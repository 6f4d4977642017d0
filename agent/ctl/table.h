/* Columns on a terminal or in a pipe. Wide characters count two; a terminal too narrow gets one line a value. */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include "base/bytes.h"

#include <stdio.h>

#define TABLE_COLUMNS 10

struct table {
	const char *heads[TABLE_COLUMNS]; /* translated; NULL ends */
	size_t n_columns;
	char **cells; /* row by row */
	size_t n_cells;
	size_t room;
	bool failed;		      /* memory ran out */
	size_t widths[TABLE_COLUMNS]; /* of what was printed already */
	bool is_begun, is_narrow;
};

/* heads end with NULL. */
void table_init(struct table *t, const char *const *heads);
void table_done(struct table *t);
/* The next cell, made safe to print; NULL is an empty one. */
void table_cell(struct table *t, const char *text);
void table_number(struct table *t, int64_t n);
/*
 * Prints the rows there are and forgets them, so a table can be printed while it comes: its head comes once, its
 * columns become wider and never narrower, and its form is that of the first rows. width: of the terminal; 0: no limit.
 * Nothing for a table without rows.
 */
int table_print(struct table *t, size_t width, FILE *to) MUST_CHECK;
/* The last rows, on stdout; where there were none at all, `none` as a remark. */
int table_end(struct table *t, const char *none) MUST_CHECK;
/* Columns of the terminal that stdout is ($COLUMNS first); 0: it is none. */
size_t table_width(void);

static inline void table_own_(struct table *t)
{
	table_done(t);
}
#define OWN_TABLE __attribute__((cleanup(table_own_)))

#endif
