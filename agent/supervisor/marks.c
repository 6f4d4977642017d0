#include "supervisor/marks.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* What the watcher asks of inotify, for every directory at once; and changes of owner and mode. Not FAN_MODIFY: each
 * write of every program on the file system would cost something, and a close tells the same. */
#define MASK (FAN_CREATE | FAN_CLOSE_WRITE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_DELETE | FAN_ATTRIB | FAN_ONDIR)

/* Where a directory keeps its handle for as long as it exists and all changes are local. Not overlay: a directory may
 * get another one when it is copied up. */
static const unsigned long usable[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
				       TMPFS_MAGIC};

#define ROOTS_MAX 256 /* what is told of so many fits into one frame; further ones are watched by inotify */

struct marking {
	int group;
	const char *none; /* why there is no group */
	struct frame_fs_mark at[ROOTS_MAX];
	size_t n, n_marked;
	struct buffer told;
};

bool marks_is_choice(const char *text)
{
	return text_equal(text, "auto") || text_equal(text, "inotify") || text_equal(text, "fanotify");
}

static int send_frame(int to, struct bytes frame, int fd)
{
	struct iovec part = {(uint8_t *)(uintptr_t)frame.at, frame.n};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control.room);
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	return sendmsg(to, &m, MSG_NOSIGNAL) < 0 ? FAULT(errno, "tell of marks") : 0;
}

static int send_one(int to, const struct frame_type *type, const void *message, int fd)
{
	OWN_BUFFER struct buffer b = {0};

	frame_encode(&b, type, message);
	TRY(buffer_check(&b));
	return send_frame(to, buffer_bytes(&b), fd);
}

static int open_group(const char **ret_none)
{
	int fd =
	    fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		*ret_none = errno == EMFILE   ? "too many fanotify groups: raise fs.fanotify.max_user_groups"
			    : errno == EPERM  ? "the agent has not the right to use fanotify"
			    : errno == ENOMEM ? "no memory for fanotify"
					      : "this kernel has no fanotify that names directories";
	return fd;
}

static const char *why_not(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return "the folder was not there when the watcher began";
	case EPERM:
	case EACCES:
		return "the agent has not the right to mark a file system";
	case EXDEV:
		return "this part of the file system has no identity of its own";
	case ENODEV:
	case EOPNOTSUPP:
		return "this file system does not tell which directory changed";
	case ENOSPC:
		return "too many fanotify marks: raise fs.fanotify.max_user_marks";
	default:
		return "the file system could not be marked";
	}
}

static bool is_usable(const struct statfs *s)
{
	for (size_t i = 0; i < array_n(usable); i++)
		if (usable[i] == (unsigned long)s->f_type)
			return true;
	return false;
}

/* Copies of one file system, mounted side by side, would be taken for each other. */
static bool is_twin(const struct marking *marking, const struct frame_fs_mark *m)
{
	for (size_t i = 0; i < marking->n; i++)
		if (!marking->at[i].reason[0] && marking->at[i].fsid == m->fsid && marking->at[i].dev != m->dev)
			return true;
	return false;
}

/* NULL: it is marked. */
static const char *mark(const struct marking *marking, const char *path, struct frame_fs_mark *m)
{
	OWN_FD int fd = -1;
	struct statfs fs;
	struct stat s;

	if (marking->group < 0)
		return marking->none;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &s) != 0 || fstatfs(fd, &fs) != 0)
		return why_not(errno);
	if (!is_usable(&fs))
		return "fanotify is not used on this kind of file system";
	static_assert(sizeof(m->fsid) == sizeof(fs.f_fsid), "an identity has 64 bits");
	memcpy(&m->fsid, &fs.f_fsid, sizeof(m->fsid));
	m->dev = s.st_dev;
	if (is_twin(marking, m))
		return "another folder's file system has the same identity";
	if (fanotify_mark(marking->group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, MASK, fd, ".") != 0)
		return why_not(errno);
	return NULL;
}

static void mark_root(struct marking *marking, uint32_t id, const char *path)
{
	struct frame_fs_mark m = {.root = id, .reason = ""};
	const char *why;

	if (marking->n == array_n(marking->at))
		return;
	why = mark(marking, path, &m);
	m.reason = why ? why : "";
	marking->n_marked += !why;
	marking->at[marking->n++] = m;
	frame_encode(&marking->told, &frame_type_fs_mark, &m);
}

static int tell(const struct marking *marking, int to_role)
{
	TRY(buffer_check(&marking->told));
	if (marking->told.n > 0)
		TRY(send_frame(to_role, buffer_bytes(&marking->told), -1));
	if (marking->n_marked == 0)
		return 0;
	return send_one(to_role, &frame_type_resource, &(struct frame_resource){.kind = RESOURCE_FILE_EVENTS},
			marking->group);
}

int marks_make(const struct process *p, int to_role, int to_supervisor)
{
	const struct supervisor *s = p->supervisor;
	struct marking marking = {.group = -1, .none = "as configured"};
	OWN_FD int group = -1;
	int r;

	if (!text_equal(config_text(&s->config, "watch"), "inotify"))
		group = marking.group = open_group(&marking.none);
	for (size_t i = 0; i < s->config.n_roots; i++)
		mark_root(&marking, s->config.roots[i].id, s->config.roots[i].path);
	if (s->place.has_checkouts)
		mark_root(&marking, ROOT_ID_CHECKOUTS, s->place.checkout_dir);
	r = tell(&marking, to_role);
	buffer_done(&marking.told);
	TRY(r);
	return send_one(to_supervisor, &frame_type_prepared, &(struct frame_prepared){}, -1);
}
