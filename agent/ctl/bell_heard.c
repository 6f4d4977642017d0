#include "ctl/bell_heard.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEARD_MAX ((size_t)1 << 20)

static int make_folder(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : FAULT(errno, "make %s", path);
}

/* As the XDG base directories say. */
static int state_file(char **ret)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	OWN_MEM char *local = text_format("%s/.local", home ? home : "");
	OWN_MEM char *base = text_is_empty(state) ? text_format("%s/.local/state", home ? home : "") : text_copy(state);
	OWN_MEM char *ours = text_format("%s/classd", base ? base : "");

	if (text_is_empty(state) && text_is_empty(home))
		return say_error(CLASSD_EXIT_FAILED, NULL, _("set HOME or XDG_STATE_HOME"), _("you have no home directory"));
	if (!local || !base || !ours)
		return FAULT(ENOMEM, "a path");
	if (text_is_empty(state))
		DO(make_folder(local));
	DO(make_folder(base));
	DO(make_folder(ours));
	*ret = text_format("%s/bell", ours);
	return *ret ? 0 : FAULT(ENOMEM, "a path");
}

static int read_keys(struct heard *h, const char *path)
{
	for (;;) {
		uint8_t *room = buffer_reserve(&h->keys, 65536);
		ssize_t n = room ? read(h->fd, room, 65536) : -1;

		if (n < 0 && room && errno == EINTR)
			continue;
		if (n < 0)
			return FAULT(room ? errno : ENOMEM, "read %s", path);
		h->keys.n += (size_t)n;
		if (n == 0)
			return 0;
		if (h->keys.n > HEARD_MAX) /* nothing of ours is so large: it all rings once more */
			return heard_set(h, (struct bytes){0});
	}
}

int heard_open(struct heard *h)
{
	OWN_MEM char *path = NULL;

	DO(state_file(&path));
	h->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (h->fd < 0)
		return FAULT(errno, "open %s", path);
	if (flock(h->fd, LOCK_EX | LOCK_NB) < 0)
		return say_error(CLASSD_EXIT_BUSY, path, _("end the other one first"),
				 _("another classctl bell --follow of yours listens already"));
	buffer_add_text(&h->keys, "\n");
	return read_keys(h, path);
}

void heard_done(struct heard *h)
{
	close_fd(&h->fd);
	buffer_done(&h->keys);
}

bool heard_has(const struct heard *h, const char *key)
{
	OWN_MEM char *line = text_format("\n%s\n", key);

	return line && h->keys.n && memmem(h->keys.at, h->keys.n, line, strlen(line)) != NULL;
}

static int append(struct heard *h, struct bytes b)
{
	while (b.n > 0) {
		ssize_t n = write(h->fd, b.at, b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAULT(errno, "note what rang");
		b = bytes_of(b.at + n, b.n - (size_t)n);
	}
	return 0;
}

int heard_add(struct heard *h, const char *key)
{
	size_t before = h->keys.n;

	buffer_add_text(&h->keys, key);
	buffer_add_text(&h->keys, "\n");
	if (h->keys.failed)
		return FAULT(ENOMEM, "note what rang");
	return append(h, bytes_of(h->keys.at + before, h->keys.n - before));
}

int heard_set(struct heard *h, struct bytes lines)
{
	buffer_clear(&h->keys);
	buffer_add_text(&h->keys, "\n");
	buffer_add_bytes(&h->keys, lines);
	if (h->keys.failed)
		return FAULT(ENOMEM, "note what rang");
	if (ftruncate(h->fd, 0) < 0)
		return FAULT(errno, "note what rang");
	return append(h, lines);
}
