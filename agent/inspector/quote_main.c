/* One document quoted for its reader: everything is read before the sandbox closes, and looked at in it. */
#include "inspector/inspector.h"
#include "inspector/quote.h"

#include "base/text.h"
#include "system/log.h"
#include "system/sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PHRASES_FD   3
#define PHRASES_MAX  ((size_t)1 << 20)

struct quoting {
	struct buffer content, phrases;
	struct digest *digest;
	struct extractor *extractor;
	struct signals *signals;
	struct extract extract;
	struct buffer answer;
};

static void quoting_done(struct quoting *q)
{
	buffer_done(&q->content);
	buffer_done(&q->phrases);
	digest_free(q->digest);
	extractor_free(q->extractor);
	signals_free(q->signals);
	extract_done(&q->extract);
	buffer_done(&q->answer);
}

static int read_all(int fd, size_t max, struct buffer *ret)
{
	struct stat s;
	uint8_t *room;
	ssize_t n;

	if (fstat(fd, &s) < 0 || !S_ISREG(s.st_mode) || s.st_size < 0 || (size_t)s.st_size > max)
		return FAULT(EFBIG, "read descriptor %d", fd);
	room = buffer_reserve(ret, (size_t)s.st_size + 1);
	TRY(buffer_check(ret));
	while (ret->n < (size_t)s.st_size &&
	       (n = pread(fd, room + ret->n, (size_t)s.st_size - ret->n, (off_t)ret->n)) != 0) {
		if (n < 0 && errno != EINTR)
			return FAULT(errno, "read descriptor %d", fd);
		ret->n += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int write_all(int fd, struct bytes b)
{
	while (b.n) {
		ssize_t n = write(fd, b.at, b.n);

		if (n < 0 && errno != EINTR)
			return FAULT(errno, "answer");
		b.at += n > 0 ? n : 0;
		b.n -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int prepare(struct quoting *q)
{
	const char *missing;

	TRY(sandbox_prepare(getppid()));
	TRY(read_all(STDIN_FILENO, EXTRACT_WHOLE_MAX, &q->content));
	TRY(read_all(PHRASES_FD, PHRASES_MAX, &q->phrases));
	if (setenv("TZ", "UTC0", 1) != 0) /* as in the role */
		return FAULT(errno, "set the time zone");
	TRY(digest_new(&q->digest));
	TRY(extractor_new(&q->extractor));
	return sandbox_enter(sandbox_row(ROLE_INSPECTOR), (struct sandbox_paths){0}, false, &missing);
}

static int look(struct quoting *q)
{
	struct extract *x = &q->extract;

	TRY(signals_new(buffer_bytes(&q->phrases), &q->signals));
	TRY(extract(q->extractor, buffer_bytes(&q->content), true, x));
	if (x->struck.n)
		extract_add_place(&x->places, x->text.n, PLACE_STRUCK, 0);
	buffer_add_bytes(&x->text, buffer_bytes(&x->struck));
	TRY(buffer_check(&x->places));
	return buffer_check(&x->text);
}

static int quote(struct quoting *q)
{
	uint8_t raw[FRAME_HASH];
	char hash[2 * FRAME_HASH + 1];

	TRY(prepare(q));
	TRY(digest_start(q->digest));
	TRY(digest_add(q->digest, buffer_bytes(&q->content)));
	TRY(digest_end(q->digest, raw));
	text_hex(raw, sizeof(raw), hash);
	inspector_limit_time(true);
	TRY(look(q));
	buffer_add_format(&q->answer, "content\t%s\t%s\t%zu\n", hash, q->extract.type, q->extract.text.n);
	TRY(quotes_find(q->signals, &q->extract, &q->answer));
	return write_all(STDOUT_FILENO, buffer_bytes(&q->answer));
}

int quote_main(void)
{
	__attribute__((cleanup(quoting_done))) struct quoting q = {0};

	log_start();
	return quote(&q) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
