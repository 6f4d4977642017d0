/* The reading end of Documents.Read. */
#include "ctl/content.h"

#include "base/date.h"
#include "base/text.h"
#include "library/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

enum { BUSY_TRIES = 40, BUSY_MS = 150 };

struct content_sink {
	struct sink sink; /* first */
	struct digest *digest;
	int to;
	struct buffer *keep; /* NULL: no, or no more */
};

void content_done(struct content *c)
{
	free(c->number);
	free(c->name);
	free(c->acl);
	json_free(c->attributes);
	*c = (struct content){0};
}

int content_write(int fd, struct bytes b)
{
	while (b.n) {
		ssize_t n = write(fd, b.at, b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAULT(errno, "write the content");
		b.at += n;
		b.n -= (size_t)n;
	}
	return 0;
}

static int keep(struct content_sink *c, struct bytes b)
{
	if (c->keep->n + b.n > CONTENT_KEEP_MAX) {
		buffer_done(c->keep);
		c->keep = NULL;
		return 0;
	}
	buffer_add_bytes(c->keep, b);
	return buffer_check(c->keep);
}

static int take(struct sink *s, struct bytes b)
{
	struct content_sink *c = (struct content_sink *)(void *)s;

	TRY(digest_add(c->digest, b));
	if (c->keep)
		TRY(keep(c, b));
	return c->to >= 0 ? content_write(c->to, b) : 0;
}

/* "2026-03-01T08:30:00Z"; zero when it is not one. */
static struct timespec moment(const char *text)
{
	struct tm tm = {0};
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	return (struct timespec){.tv_sec = end && *end == 'Z' ? timegm(&tm) : 0};
}

/* A name from elsewhere becomes a file's name: no folder, no hidden trick. */
static bool is_name(const char *name)
{
	return text_is_line(name, 255) && *name && !strchr(name, '/') && !text_equal(name, ".") &&
	       !text_equal(name, "..");
}

/* What the document was besides its content; an older agent tells less. */
static void take_file(struct json_view at, struct content *ret)
{
	struct json_view attributes = json_get(at, "attributes");
	int64_t uid = json_get_int(at, "uid", -1), gid = json_get_int(at, "gid", -1);
	int64_t ns = json_get_int(at, "nanoseconds", 0);

	ret->mode = (mode_t)json_get_int(at, "mode", 0600) & 0777;
	ret->modified = moment(json_get_text(at, "modified"));
	ret->modified.tv_nsec = ns >= 0 && ns < 1000000000 ? (long)ns : 0;
	ret->has_owner = uid >= 0 && uid < UINT32_MAX && gid >= 0 && gid < UINT32_MAX;
	ret->uid = (uid_t)uid;
	ret->gid = (gid_t)gid;
	ret->acl = text_copy(json_get_text(at, "acl"));
	ret->attributes = json_n(attributes) ? json_copy(attributes) : NULL;
}

static int take_reply(const struct reply *reply, const uint8_t digest[32], struct content *ret)
{
	char hex[65];
	const char *name = json_get_text(reply->at, "name");

	text_hex(digest, 32, hex);
	if (!text_equal(hex, json_get_text(reply->at, "digest")))
		return say_error(CLASSD_EXIT_FAILED, json_get_text(reply->at, "record"),
				 _("try again, then run classctl verify"),
				 _("the content that came is not what the record names"));
	if (!name || !is_name(name))
		return say_error(CLASSD_EXIT_FAILED, json_get_text(reply->at, "record"), NULL,
				 _("the document has no usable name"));
	memcpy(ret->digest, digest, 32);
	ret->number = text_copy(json_get_text(reply->at, "record"));
	ret->name = text_copy(name);
	ret->version = json_get_int(reply->at, "version", 0);
	take_file(reply->at, ret);
	return ret->number && ret->name ? 0 : FAULT(ENOMEM, "a document");
}

static int read_once(struct ctl *ctl, const struct document *d, const struct content_order *order, struct content *ret,
		     bool *is_busy)
{
	OWNED(digest) struct digest *digest = NULL;
	OWN_REPLY struct reply reply = {0};
	uint8_t seen[32];
	int ends[2];

	TRY(digest_new(&digest));
	if (pipe2(ends, O_CLOEXEC) < 0)
		return FAULT(errno, "make a pipe");
	struct content_sink sink = {
	    .sink = {.fd = ends[0], .take = take}, .digest = digest, .to = order->to, .keep = order->keep};
	struct call call = {.method = "Documents.Read", .sink = &sink.sink, .closes = true};
	document_refer(d, &call, "document");
	json_set_int(call.parameters, "pipe", call_pass(&call, ends[1]));
	json_set_text(call.parameters, "purpose", order->purpose);
	json_set_text(call.parameters, "reason", order->reason);
	call.quiet = *is_busy ? NULL : "being-sealed";
	int result = ctl_call(ctl, &call, &reply);
	*is_busy = call.hushed;
	if (call.closes)
		(void)close(ends[1]); /* not sent */
	if (sink.sink.fd >= 0)
		close_fd(&sink.sink.fd);
	DO(result);
	TRY(digest_end(digest, seen));
	return take_reply(&reply, seen, ret);
}

/* A document that is being sealed anew is there again in a moment. */
int content_read(struct ctl *ctl, const struct document *d, const struct content_order *order, struct content *ret)
{
	struct timespec rest = {.tv_nsec = BUSY_MS * 1000000L};

	for (int i = 0;; i++) {
		bool is_busy = i == BUSY_TRIES; /* then it is said */
		int result = read_once(ctl, d, order, ret, &is_busy);

		if (!is_busy)
			return result;
		(void)nanosleep(&rest, NULL); /* woken early only asks earlier */
	}
}
