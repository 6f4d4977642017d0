/* What classctl makes of answers and writes into documents while memory runs out: all of it, or a word that it cannot.
 */
#include "acts.h"

#include "ctl/mark.h"
#include "ctl/mark_parts.h"
#include "ctl/table.h"

#include <fcntl.h>

static FILE *nowhere;

static int act_table(void)
{
	OWN_TABLE struct table t;

	table_init(&t, (const char *[]){"record", "title", "level", NULL});
	for (int i = 0; i < 5; i++) {
		table_cell(&t, "2026-000001");
		table_cell(&t, "运输计划");
		table_number(&t, i);
	}
	return t.failed ? FAULT(ENOMEM, "table") : table_print(&t, 0, nowhere);
}

static int act_narrow_table(void)
{
	OWN_TABLE struct table t;

	table_init(&t, (const char *[]){"record", "title", NULL});
	table_cell(&t, "2026-000001");
	table_cell(&t, "a title that is wider than the terminal is");
	return t.failed ? FAULT(ENOMEM, "table") : table_print(&t, 20, nowhere);
}

static struct buffer document;

static int act_parts(void)
{
	struct parts parts = {0};
	OWN_BUFFER struct buffer again = {0};
	int r = parts_read(buffer_bytes(&document), &parts);

	if (r == 0)
		r = parts_write(&parts, &again);
	parts_done(&parts);
	return r;
}

static struct scene scenes[] = {
    {"a table", act_table, 1},
    {"a narrow table", act_narrow_table, 1},
    {"the parts of a document", act_parts, 1},
};

int main(int argc, char **argv)
{
	OWN_FD int fd = open("tests/fixtures/report-en.docx", O_RDONLY | O_CLOEXEC);

	faults_begin(argc, argv);
	memory.ours_only = true; /* libarchive ends the process, in whose place another one starts */
	assert_int_equal(files_read_rest(&files_linux, fd, 1 << 20, &document), 0);
	nowhere = fopen("/dev/null", "w");
	assert_non_null(nowhere);
	acts_all(scenes, array_n(scenes));
	buffer_done(&document);
	(void)fclose(nowhere);
	return faults_end();
}
