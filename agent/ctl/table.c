/* Tables without lines or boxes: two spaces between columns, the last one free to be long. */
#include "ctl/table.h"

#include "base/text.h"
#include "ctl/say.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

enum { GAP = 2 };

void table_init(struct table *t, const char *const *heads)
{
	*t = (struct table){0};
	while (t->n_columns < TABLE_COLUMNS && heads[t->n_columns]) {
		t->heads[t->n_columns] = heads[t->n_columns];
		t->n_columns++;
	}
}

static void forget_rows(struct table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	t->n_cells = 0;
}

void table_done(struct table *t)
{
	forget_rows(t);
	free(t->cells);
	*t = (struct table){0};
}

void table_cell(struct table *t, const char *text)
{
	if (t->n_cells == t->room) {
		size_t room = t->room ? t->room * 2 : 64;
		char **cells = reallocarray(t->cells, room, sizeof(*cells));

		if (!cells) {
			t->failed = true;
			return;
		}
		t->cells = cells;
		t->room = room;
	}
	char *safe = text_escape(bytes_of_text(text));
	if (!safe)
		t->failed = true;
	else
		t->cells[t->n_cells++] = safe;
}

void table_number(struct table *t, int64_t n)
{
	OWN_MEM char *text = text_format("%lld", (long long)n);

	table_cell(t, text);
}

size_t table_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};
	uint64_t n;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (columns && text_to_u64(columns, 10000, &n) && n)
		return (size_t)n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
	return 80;
}

static void measure(struct table *t)
{
	for (size_t c = 0; c < t->n_columns && !t->is_begun; c++)
		t->widths[c] = text_columns(t->heads[c]);
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t n = text_columns(t->cells[i]);

		if (n > t->widths[i % t->n_columns])
			t->widths[i % t->n_columns] = n;
	}
}

static void print_row(const struct table *t, const char *const *cells, FILE *to)
{
	size_t last = t->n_columns - 1;

	while (last > 0 && text_is_empty(cells[last]))
		last--; /* no spaces at the end of a line */
	for (size_t c = 0; c <= last; c++) {
		size_t used = text_columns(cells[c]);

		(void)fprintf(to, "%s%*s", cells[c], c == last ? 0 : (int)(t->widths[c] - used) + GAP, "");
	}
	(void)fputc('\n', to);
}

/* Head and value on one line each, an empty line between rows. */
static void print_narrow(const struct table *t, FILE *to)
{
	size_t widest = 0;

	for (size_t c = 0; c < t->n_columns; c++)
		if (text_columns(t->heads[c]) > widest)
			widest = text_columns(t->heads[c]);
	for (size_t i = 0; i < t->n_cells; i++) {
		const char *head = t->heads[i % t->n_columns];

		if ((i || t->is_begun) && i % t->n_columns == 0)
			(void)fputc('\n', to);
		if (*t->cells[i])
			(void)fprintf(to, "%s%*s%s\n", head, (int)(widest - text_columns(head)) + GAP, "", t->cells[i]);
	}
}

static bool fits(const struct table *t, size_t width)
{
	size_t total = 0;

	for (size_t c = 0; c < t->n_columns; c++)
		total += t->widths[c] + (c ? GAP : 0);
	return width == 0 || total <= width;
}

static void print_wide(const struct table *t, FILE *to)
{
	if (!t->is_begun)
		print_row(t, t->heads, to);
	for (size_t i = 0; i + t->n_columns <= t->n_cells; i += t->n_columns)
		print_row(t, (const char *const *)(t->cells + i), to);
}

int table_print(struct table *t, size_t width, FILE *to)
{
	if (t->failed)
		return FAULT(ENOMEM, "print a table");
	if (!t->n_cells)
		return 0;
	measure(t);
	if (!t->is_begun)
		t->is_narrow = !fits(t, width);
	if (t->is_narrow)
		print_narrow(t, to);
	else
		print_wide(t, to);
	t->is_begun = true;
	forget_rows(t);
	return 0;
}

int table_end(struct table *t, const char *none)
{
	if (!t->n_cells && !t->is_begun && !t->failed)
		say_note("%s", none);
	return table_print(t, table_width(), stdout);
}
