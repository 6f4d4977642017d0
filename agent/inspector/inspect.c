/* One file: read once, hashed on the way, then looked at in memory. */
#include "inspector/inspector.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK ((size_t)256 << 10)

void facts_done(struct facts *f)
{
	extract_done(&f->extract);
	buffer_done(&f->matches);
}

static bool is_as_told(int fd, const struct frame_inspect *job)
{
	struct stat s;

	return fstat(fd, &s) == 0 && (uint64_t)s.st_size == job->size &&
	       (uint64_t)s.st_mtim.tv_sec * 1000000000 + (uint64_t)s.st_mtim.tv_nsec == job->mtime_ns;
}

/* The file's bytes through the digest; `keep` gets them up to `room`. 0, an inspect_outcome or a fault. */
static int read_file(struct inspector *i, int fd, size_t room, struct buffer *keep)
{
	size_t size = room < BLOCK ? room + 1 : BLOCK; /* of a small file all at once, and its end */
	OWN_MEM uint8_t *block = bytes_block(size);
	uint64_t at = 0;

	if (!block)
		return FAULT(ENOMEM, "read a file");
	TRY(digest_start(i->digest));
	for (;;) {
		ssize_t n = pread(fd, block, size, (off_t)at);

		if (n == 0)
			return buffer_check(keep);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return INSPECT_UNREADABLE;
		TRY(digest_add(i->digest, bytes_of(block, (size_t)n)));
		if (keep->n < room)
			buffer_add(keep, block, (size_t)n < room - keep->n ? (size_t)n : room - keep->n);
		at += (uint64_t)n;
	}
}

static int look(struct inspector *i, struct bytes content, bool whole, struct facts *f)
{
	struct mark_seen beside = {.level = ""};

	TRY(extract(i->extractor, content, whole, &f->extract));
	if (!i->signals)
		return 0;
	TRY(signals_find_mark(i->signals, buffer_bytes(&f->extract.text), &f->mark));
	if (!f->mark.level[0]) /* what a reader sees counts before what only programs see */
		TRY(signals_find_mark(i->signals, buffer_bytes(&f->extract.property), &beside));
	if (beside.level[0] || !f->mark.mark[0])
		f->mark = beside.mark[0] ? beside : f->mark;
	signals_add_portion(i->signals, buffer_bytes(&f->extract.text), &f->mark);
	/* A mark that was struck through is none, but what it was about is still there. */
	buffer_add_bytes(&f->extract.text, buffer_bytes(&f->extract.struck));
	TRY(buffer_check(&f->extract.text));
	return f->extract.text.n == 0 ? 0 : signals_match(i->signals, buffer_bytes(&f->extract.text), &f->matches);
}

int inspect_file(struct inspector *i, int fd, const struct frame_inspect *job, struct facts *ret)
{
	static const uint8_t none[FRAME_HASH];
	bool whole = job->size <= EXTRACT_WHOLE_MAX;
	OWN_BUFFER struct buffer content = {0};
	int r;

	*ret = (struct facts){.outcome = INSPECT_CHANGED, .mark.level = ""};
	if (!is_as_told(fd, job))
		return 0;
	r = read_file(i, fd, whole ? (size_t)job->size : EXTRACT_START, &content);
	TRY(r);
	if (r) {
		ret->outcome = (enum inspect_outcome)r;
		return 0;
	}
	if (!is_as_told(fd, job))
		return 0;
	ret->outcome = INSPECT_DONE;
	TRY(digest_end(i->digest, ret->sha256));
	if (memcmp(job->known, none, sizeof(none)) != 0 && memcmp(job->known, ret->sha256, sizeof(none)) == 0) {
		ret->outcome = INSPECT_SAME;
		return 0;
	}
	return look(i, buffer_bytes(&content), whole, ret);
}
