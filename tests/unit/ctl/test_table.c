/* Tables: wide characters align, untrusted text is safe, narrow terminals get lines. */
#include "test.h"

#include "ctl/table.h"

#include <string.h>

static char *print(struct table *t, size_t width)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	assert_non_null(to);
	assert_int_equal(table_print(t, width, to), 0);
	(void)fclose(to);
	return text;
}

static void fill(struct table *t)
{
	table_init(t, (const char *[]){"record", "title", "level", NULL});
	table_cell(t, "2026-000001");
	table_cell(t, "运输计划");
	table_cell(t, "机密");
	table_cell(t, "2026-000002");
	table_cell(t, "plan");
	table_cell(t, NULL);
}

static void test_columns(void **state)
{
	OWN_TABLE struct table t;
	(void)state;

	fill(&t);
	OWN_MEM char *text = print(&t, 0);
	assert_string_equal(text, "record       title     level\n"
				  "2026-000001  运输计划  机密\n"
				  "2026-000002  plan\n");
}

static void test_narrow(void **state)
{
	OWN_TABLE struct table t;
	(void)state;

	fill(&t);
	OWN_MEM char *text = print(&t, 20);
	assert_string_equal(text, "record  2026-000001\ntitle   运输计划\nlevel   机密\n\n"
				  "record  2026-000002\ntitle   plan\n");
}

/* Printed while it comes: the head once, columns that only become wider. */
static void test_in_pages(void **state)
{
	OWN_TABLE struct table t;
	(void)state;

	fill(&t);
	OWN_MEM char *first = print(&t, 0);
	assert_int_equal(t.n_cells, 0);
	OWN_MEM char *none = print(&t, 0);
	assert_string_equal(none, "");
	table_cell(&t, "1");
	table_cell(&t, "a plan that is long");
	table_cell(&t, "x");
	OWN_MEM char *wider = print(&t, 0);
	assert_string_equal(wider, "1            a plan that is long  x\n");
	table_cell(&t, "2");
	table_cell(&t, "b");
	table_cell(&t, "y");
	OWN_MEM char *stays = print(&t, 20);
	assert_string_equal(stays, "2            b                    y\n");
}

static void test_narrow_in_pages(void **state)
{
	OWN_TABLE struct table t;
	(void)state;

	fill(&t);
	OWN_MEM char *first = print(&t, 20);
	table_cell(&t, "1");
	table_cell(&t, "b");
	table_cell(&t, "y");
	OWN_MEM char *next = print(&t, 20);
	assert_string_equal(next, "\nrecord  1\ntitle   b\nlevel   y\n");
}

static void test_safe(void **state)
{
	OWN_TABLE struct table t;
	(void)state;

	table_init(&t, (const char *[]){"title", NULL});
	table_cell(&t, "a\033[31mb\nc");
	OWN_MEM char *text = print(&t, 0);
	assert_null(strchr(text, '\033'));
	assert_string_equal(strchr(text, '\n'), "\na\\x1b[31mb\\x0ac\n");
}

static void test_empty(void **state)
{
	OWN_TABLE struct table t;
	(void)state;

	table_init(&t, (const char *[]){"title", NULL});
	OWN_MEM char *text = print(&t, 0);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_columns),
	    cmocka_unit_test(test_narrow),
	    cmocka_unit_test(test_in_pages),
	    cmocka_unit_test(test_narrow_in_pages),
	    cmocka_unit_test(test_safe),
	    cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
