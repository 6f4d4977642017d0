/*
 * The marked document takes the place of the old one in one step: written
 * beside it without a name, synced, named, exchanged. What comes out of the
 * exchange must be what was read; a newer save goes back and is read again.
 */
#include "ctl/mark.h"

#include "base/text.h"
#include "ctl/mark_office.h"
#include "ctl/mark_pdf.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DOCUMENT_MAX ((size_t)64 << 20)
#define TRIES	     3

enum outcome_here { CHANGED_MEANWHILE = 2000 };

static int read_document(int directory, const char *name, struct stat *ret_stat, int *ret_fd, struct buffer *ret)
{
	OWN_FD int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int r;

	if (fd < 0)
		return FAULT(errno, "open the document");
	if (fstat(fd, ret_stat) < 0)
		return FAULT(errno, "look at the document");
	if (!S_ISREG(ret_stat->st_mode))
		return MARK_WRITE_NO_PLACE;
	if ((uint64_t)ret_stat->st_size > DOCUMENT_MAX)
		return MARK_WRITE_LARGE;
	r = files_read_rest(&files_linux, fd, DOCUMENT_MAX, ret);
	if (r < 0)
		return FAULT(-r, "read the document");
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* Owner, mode and extended attributes, access lists among them. What may not be copied is left to the file system. */
static int copy_properties(int from, int to, const struct stat *s)
{
	char names[4096], value[65536];
	ssize_t n = flistxattr(from, names, sizeof(names));

	if (fchown(to, s->st_uid, s->st_gid) < 0 && errno != EPERM)
		return FAULT(errno, "keep the owner of the document");
	if (fchmod(to, s->st_mode & 07777) < 0)
		return FAULT(errno, "keep the mode of the document");
	for (const char *at = names; n > 0 && at < names + n; at += strlen(at) + 1) {
		ssize_t size = fgetxattr(from, at, value, sizeof(value));

		if (size >= 0 && fsetxattr(to, at, value, (size_t)size, 0) < 0 && errno != EPERM && errno != EOPNOTSUPP)
			return FAULT(errno, "keep the attributes of the document");
	}
	return 0;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int exchange(int directory, const char *temporary, const char *name, const struct stat *read)
{
	struct stat out;

	if (renameat2(directory, temporary, directory, name, RENAME_EXCHANGE) < 0)
		return FAULT(errno, "put the marked document in its place");
	if (fstatat(directory, temporary, &out, AT_SYMLINK_NOFOLLOW) == 0 && is_same_file(&out, read))
		return 0;
	if (renameat2(directory, temporary, directory, name, RENAME_EXCHANGE) < 0)
		return FAULT(errno, "put the newer document back; it is in %s", temporary);
	return CHANGED_MEANWHILE;
}

static int replace(int directory, const char *name, int old, const struct stat *s, struct bytes content)
{
	OWN_FD int fd = openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char path[32], temporary[64];
	int r;

	if (fd < 0)
		return FAULT(errno, "write beside the document");
	r = files_write_all(&files_linux, fd, content.at, content.n);
	if (r < 0)
		return FAULT(-r, "write the marked document");
	TRY(copy_properties(old, fd, s));
	if (fsync(fd) < 0)
		return FAULT(errno, "write the marked document");
	/* A name that the watcher knows as a side file. */
	(void)snprintf(temporary, sizeof(temporary), ".~classd-mark-%d", (int)getpid());
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, directory, temporary, AT_SYMLINK_FOLLOW) < 0)
		return FAULT(errno, "name the marked document");
	r = exchange(directory, temporary, name, s);
	if (r >= 0 && unlinkat(directory, temporary, 0) < 0)
		return FAULT(errno, "take %s away", temporary);
	return r;
}

int mark_bytes(struct bytes document, const struct mark_text *mark, struct buffer *ret)
{
	return mark_is_pdf(document) ? mark_pdf(document, mark, ret) : mark_office(document, mark, ret);
}

static int edit_once(int directory, const char *name, document_edit_fn edit, const void *own)
{
	OWN_BUFFER struct buffer content = {0};
	OWN_BUFFER struct buffer edited = {0};
	OWN_FD int fd = -1;
	struct stat s;
	int r = read_document(directory, name, &s, &fd, &content);

	if (r)
		return r;
	r = edit(buffer_bytes(&content), own, &edited);
	if (r == MARK_WRITE_SAME)
		return 0;
	return r ? r : replace(directory, name, fd, &s, buffer_bytes(&edited));
}

int document_edit(int directory, const char *name, document_edit_fn edit, const void *own)
{
	for (int i = 0; i < TRIES; i++) {
		int r = edit_once(directory, name, edit, own);

		if (r != CHANGED_MEANWHILE)
			return r;
	}
	return FAULT(EBUSY, "the document is being saved again and again");
}

static int write_mark(struct bytes document, const void *own, struct buffer *ret)
{
	return mark_bytes(document, own, ret);
}

int mark_write(int directory, const char *name, const struct mark_text *mark)
{
	return document_edit(directory, name, write_mark, mark);
}

int mark_look(struct bytes document, const struct mark_text *mark)
{
	OWN_BUFFER struct buffer marked = {0};
	int r = mark_bytes(document, mark, &marked);

	return r == 0 ? MARK_WRITE_MISSING : r == MARK_WRITE_SAME ? 0 : r;
}

const char *mark_outcome_word(int outcome)
{
	static const char *const words[MARK_WRITE_OUTCOMES] = {
	    [MARK_WRITE_NO_PLACE] = "format",	[MARK_WRITE_LARGE] = "size",
	    [MARK_WRITE_LOCKED] = "encryption", [MARK_WRITE_SIGNED] = "signature",
	    [MARK_WRITE_UNSAFE] = "structure",	[MARK_WRITE_DAMAGED] = "damage",
	};

	return outcome > 0 && outcome < MARK_WRITE_OUTCOMES ? words[outcome] : NULL;
}
