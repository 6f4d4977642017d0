/* The rows of tests/unit/domain/dates.tsv: "what TAB given TAB expected TAB source". */
#ifndef TESTS_DATES_H
#define TESTS_DATES_H

#include "test.h"

#include <stdio.h>
#include <string.h>

#define DATE_WORDS 4

struct date_row {
	char line[400];
	const char *what, *expected;
	char *word[DATE_WORDS]; /* of what is given; "" where there are fewer */
	unsigned number;	/* of the line */
};

/* Calls each for the rows of that kind; how many there were. */
static inline unsigned date_rows(const char *what, void (*each)(const struct date_row *row))
{
	FILE *file = fopen("tests/unit/domain/dates.tsv", "re");
	struct date_row row = {.number = 0};
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(row.line, sizeof(row.line), file)) {
		char *rest = row.line, *given;

		row.number++;
		if (row.line[0] == '#' || row.line[0] == '\n')
			continue;
		row.what = strsep(&rest, "\t");
		given = strsep(&rest, "\t");
		row.expected = strsep(&rest, "\t");
		if (!rest || strlen(rest) < 3)
			fail_msg("dates.tsv:%u: a row without its source", row.number);
		for (size_t i = 0; i < DATE_WORDS; i++) {
			char *word = strsep(&given, " ");

			row.word[i] = word ? word : row.line + strlen(row.line);
		}
		if (strcmp(row.what, what) == 0 && ++n)
			each(&row);
	}
	(void)fclose(file);
	return n;
}

static inline void date_row_is(const struct date_row *row, const char *got, const char *expected)
{
	if (strcmp(got, expected) != 0)
		fail_msg("dates.tsv:%u: %s %s %s %s: got %s, expected %s", row->number, row->what, row->word[0],
			 row->word[1], row->word[2], got, expected);
}

#endif
