/* Documents of an office are looked into while memory runs out: all of what one says is seen, or it is said. */
#include "acts.h"

#include "inspector/inspector.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static struct inspector inspector;

/* Which is inspected now. */
static const char *path;

static int inspect(void)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct frame_inspect job = {0};
	struct facts facts = {0};
	struct stat stat;
	int r;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &stat), 0);
	job.size = (uint64_t)stat.st_size;
	job.mtime_ns = (uint64_t)stat.st_mtim.tv_sec * 1000000000u + (uint64_t)stat.st_mtim.tv_nsec;
	r = inspect_file(&inspector, fd, &job, &facts);
	if (r == 0 && facts.outcome != INSPECT_DONE)
		r = 100 + (int)facts.outcome;
	else if (r == 0 && facts.extract.text.n == 0)
		r = 200; /* nothing was seen of a document that has text */
	facts_done(&facts);
	return r;
}

#define INSPECTS(name, file)                                                                                           \
	static int name(void)                                                                                          \
	{                                                                                                              \
		path = "tests/fixtures/" file;                                                                         \
		return inspect();                                                                                      \
	}
INSPECTS(act_docx, "report-zh.docx")
INSPECTS(act_odt, "report-en.odt")
INSPECTS(act_xlsx, "table-en.xlsx")
INSPECTS(act_text, "report-gb18030.txt")

static struct scene scenes[] = {
    {"a docx", act_docx, 2},
    {"an odt", act_odt, 2},
    {"an xlsx", act_xlsx, 2},
    {"a text", act_text, 1},
};

int main(int argc, char **argv)
{
	faults_begin(argc, argv);
	memory.ours_only = true; /* libarchive ends the process, in whose place another one starts */
	assert_int_equal(extractor_new(&inspector.extractor), 0);
	assert_int_equal(digest_new(&inspector.digest), 0);
	acts_all(scenes, array_n(scenes));
	extractor_free(inspector.extractor);
	digest_free(inspector.digest);
	return faults_end();
}
