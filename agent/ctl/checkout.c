#include "ctl/checkout.h"

#include "base/text.h"
#include "ctl/record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

void checkout_done(struct checkout *c)
{
	free(c->folder);
	free(c->path);
	content_done(&c->content);
	*c = (struct checkout){0};
}

/* The agent says where checkouts live. malloc'ed. */
static int checkout_root(struct ctl *ctl, char **ret)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Agent.GetStatus"};

	DO(ctl_call(ctl, &call, &reply));
	struct json_view roots = json_get(reply.at, "roots");
	for (size_t i = 0; i < json_n(roots); i++)
		if (text_equal(json_get_text(json_at(roots, i), "kind"), "checkout")) {
			*ret = text_copy(json_get_text(json_at(roots, i), "path"));
			return *ret ? 0 : FAULT(ENOMEM, "a path");
		}
	return say_error(CLASSD_EXIT_STATE, NULL, _("see classctl status: swap must be off or encrypted for checkouts"),
			 _("the agent has no place for checkouts on this machine"));
}

/* A folder nobody else can have made before us: a random name, and mkdir says no to one that exists. */
static int make_folder(const char *root, char **ret)
{
	uint8_t random[8];
	char hex[17];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return FAULT(errno, "random bytes");
	text_hex(random, sizeof(random), hex);
	OWN_MEM char *path = text_format("%s/%u-%s", root, (unsigned)getuid(), hex);
	if (!path)
		return FAULT(ENOMEM, "a path");
	if (mkdir(path, 0700) < 0)
		return FAULT(errno, "make the folder %s", path);
	*ret = steal(&path);
	return 0;
}

static int attach(struct ctl *ctl, const struct content *content, int fd)
{
	struct call call = {.method = "Documents.Attach", .parameters = json_object()};

	json_set_text(call.parameters, "number", content->number);
	json_set_int(call.parameters, "version", content->version);
	json_set_int(call.parameters, "descriptor", call_pass(&call, fd));
	return ctl_call(ctl, &call, NULL);
}

/* The content comes before its name is known, so it is written under a temporary one that no editor made. */
static int fill(struct ctl *ctl, const struct document *d, struct checkout *c)
{
	OWN_FD int folder = open(c->folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (folder < 0)
		return FAULT(errno, "open the folder %s", c->folder);
	OWN_FD int fd = openat(folder, ".classctl.swp", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return FAULT(errno, "make a file in %s", c->folder);
	const struct content_order order = {.purpose = "open", .to = fd};
	DO(content_read(ctl, d, &order, &c->content));
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, c->content.modified};
	if (c->content.modified.tv_sec)
		(void)futimens(fd, times); /* programs show it; nothing hangs on it */
	c->path = text_format("%s/%s", c->folder, c->content.name);
	if (!c->path)
		return FAULT(ENOMEM, "a path");
	if (renameat2(folder, ".classctl.swp", folder, c->content.name, RENAME_NOREPLACE) < 0)
		return FAULT(errno, "name the file %s", c->path);
	return attach(ctl, &c->content, fd);
}

static void remove_all(const struct checkout *c)
{
	OWN_MEM char *temporary = text_format("%s/.classctl.swp", c->folder);

	/* whatever of it is there; the idle limit takes the rest */
	if (temporary)
		(void)unlink(temporary);
	if (c->path)
		(void)unlink(c->path);
	(void)rmdir(c->folder);
}

int checkout_make(struct ctl *ctl, const struct document *d, struct checkout *ret)
{
	OWN_CHECKOUT struct checkout c = {0};
	OWN_MEM char *root = NULL;

	DO(checkout_root(ctl, &root));
	DO(make_folder(root, &c.folder));
	int result = fill(ctl, d, &c);
	if (result) {
		remove_all(&c);
		return result;
	}
	*ret = c;
	c = (struct checkout){0};
	return 0;
}

/* A read lease: given only while nobody has the file open for writing; whoever wants to write then waits for us.
 * false: a writer is there. Where leases do not exist it is taken as given. */
static bool lease(int fd)
{
	(void)signal(SIGIO, SIG_IGN); /* tells that somebody waits; we are quick */
	return fcntl(fd, F_SETLEASE, F_RDLCK) == 0 || errno != EAGAIN;
}

/* What lies there is what is sealed, and nobody writes: only then does the plaintext go. */
static int take_away(struct ctl *ctl, const char *number, const char *path)
{
	OWN_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	OWN_MEM char *folder = text_copy(path);
	uint8_t digest[32];
	char hex[65];

	if (fd < 0)
		return 0; /* somebody was quicker */
	if (!lease(fd))
		return say_error(CLASSD_EXIT_STATE, path, _("save and close it there, then close again"),
				 _("a program still has it open"));
	DO(document_digest(path, digest));
	text_hex(digest, sizeof(digest), hex);
	DO(record_wait_digest(ctl, number, hex));
	if (unlink(path) < 0)
		return FAULT(errno, "take %s away", path);
	if (folder && strrchr(folder, '/'))
		*strrchr(folder, '/') = 0;
	if (folder)
		(void)rmdir(folder); /* other files may lie in it: then it stays */
	return 0;
}

static bool is_open(const char *path)
{
	OWN_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && !lease(fd); /* the lease ends with the descriptor */
}

static int wait_sealed(struct ctl *ctl, const char *number, const char *path)
{
	uint8_t digest[32];
	char hex[65];

	if (access(path, F_OK) != 0)
		return 0;
	DO(document_digest(path, digest));
	text_hex(digest, sizeof(digest), hex);
	return record_wait_digest(ctl, number, hex);
}

static int close_one(struct ctl *ctl, const char *number, const char *path, struct json *closed, struct json *open)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Documents.Close"};

	if (is_open(path)) {
		json_append_text(open, path);
		return 0;
	}
	DO(wait_sealed(ctl, number, path));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", number);
	DO(ctl_call(ctl, &call, &reply));
	struct json_view still = json_get(reply.at, "open");
	for (size_t i = 0; i < json_n(still); i++)
		if (text_equal(json_as_text(json_at(still, i)), path)) {
			json_append_text(open, path);
			return 0;
		}
	DO(take_away(ctl, number, path));
	json_append_text(closed, path);
	return 0;
}

int checkout_standing(struct ctl *ctl, const char *number, char **ret)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Documents.Checkouts"};

	*ret = NULL;
	DO(ctl_call(ctl, &call, &reply));
	struct json_view list = json_get(reply.at, "checkouts");
	for (size_t i = 0; i < json_n(list) && !*ret; i++) {
		const char *path = reply_text(json_at(list, i), "path");

		if (text_equal(json_get_text(json_at(list, i), "record"), number) && access(path, R_OK) == 0)
			*ret = text_copy(path);
	}
	return 0;
}

int checkout_close(struct ctl *ctl, const char *number, struct json *closed, struct json *open)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Documents.Checkouts"};
	size_t found = 0;

	DO(ctl_call(ctl, &call, &reply));
	struct json_view list = json_get(reply.at, "checkouts");
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view c = json_at(list, i);

		if (number && !text_equal(json_get_text(c, "record"), number))
			continue;
		found++;
		DO(close_one(ctl, reply_text(c, "record"), reply_text(c, "path"), closed, open));
	}
	if (number && !found)
		return say_error(CLASSD_EXIT_STATE, number, "classctl checkouts", _("you do not have it open"));
	return json_n(json_look(open))
		   ? say_error(CLASSD_EXIT_STATE, json_as_text(json_at(json_look(open), 0)),
			       _("save and close it there, then close again"), _("a program still has it open"))
		   : 0;
}
