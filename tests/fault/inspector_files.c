/* Documents of an office are looked into while memory runs out: all of what one says is seen, or it is said. */
#include "acts.h"

#include "inspector/inspector.h"
#include "inspector/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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

/* What is quoted of it is all of it, or nothing. */
static int act_quote(void)
{
	static const char lines[] = "phrase\t1\tprocurement quantity\nphrase\t1\tradar\n";
	OWN_FD int fd = open("tests/fixtures/report-en.docx", O_RDONLY | O_CLOEXEC);
	static uint8_t content[1 << 17];
	OWN_BUFFER struct buffer answer = {0};
	OWNED(signals) struct signals *signals = NULL;
	struct extract x = {0};
	ssize_t n = read(fd, content, sizeof(content));
	int r = signals_new(bytes_of_text(lines), &signals);

	assert_true(n > 0);
	if (r == 0)
		r = extract(inspector.extractor, bytes_of(content, (size_t)n), true, &x);
	if (r == 0)
		r = quotes_find(signals, &x, &answer);
	buffer_u8(&answer, 0);
	if (r == 0 && (answer.failed || !strstr((const char *)answer.at, "quote\tparagraph\t6\tprocurement quantity\t")))
		r = answer.failed ? -ENOMEM : 200;
	extract_done(&x);
	return r;
}

static struct scene scenes[] = {
    {"a docx", act_docx, 2},
    {"an odt", act_odt, 2},
    {"an xlsx", act_xlsx, 2},
    {"a text", act_text, 1},
    {"a quotation", act_quote, 2},
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
