#include "ctl/marking.h"

#include "base/text.h"
#include "ctl/checkout.h"
#include "ctl/mark.h"
#include "ctl/record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

int marking_ask(struct ctl *ctl, const char *number, struct json *fields, char **ret)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Mark", .parameters = json_object()};

	json_set_text(call.parameters, "number", number);
	if (fields)
		json_set(call.parameters, "fields", fields);
	DO(ctl_call(ctl, &call, &reply));
	const char *mark = json_get_text(reply.at, "mark");
	*ret = text_copy(mark ? mark : "");
	return *ret ? 0 : FAULT(ENOMEM, "a mark");
}

static int open_beside(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	OWN_MEM char *folder =
	    slash ? text_format("%.*s", slash == path ? 1 : (int)(slash - path), path) : text_copy(".");

	*ret_name = slash ? slash + 1 : path;
	return folder ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

int marking_write(const char *path, const char *mark)
{
	const char *name;
	OWN_MEM char *where = say_safe(path);
	OWN_FD int folder = open_beside(path, &name);
	int outcome;

	if (folder < 0)
		return say_error(CLASSD_EXIT_INPUT, where, NULL, _("the folder of the document cannot be opened"));
	outcome = mark_write(folder, name, mark);
	TRY(outcome);
	if (outcome == MARK_WRITE_DAMAGED)
		return say_error(CLASSD_EXIT_INPUT, where, _("open it with its application and save it anew"),
				 _("the document is damaged and cannot be marked"));
	if (outcome == MARK_WRITE_NO_PLACE && *mark)
		say_note("%s: %s", where ? where : "",
			 _("this format cannot carry the mark; put it on the document yourself"));
	return 0;
}

static int digest_of(const char *path, char ret[65])
{
	uint8_t digest[32];

	DO(document_digest(path, digest));
	text_hex(digest, sizeof(digest), ret);
	return 0;
}

static int through_checkout(struct ctl *ctl, const struct document *d, const char *mark, char ret_digest[65])
{
	OWN_CHECKOUT struct checkout checkout = {0};
	OWNED(json) struct json *closed = json_array();
	OWNED(json) struct json *open_there = json_array();
	OWN_MEM char *standing = NULL;

	DO(checkout_standing(ctl, d->number, &standing));
	if (standing) /* two checkouts of one person would compete for the next version */
		return say_error(CLASSD_EXIT_STATE, standing, _("close it first: classctl close"),
				 _("you have this document open, and it must be marked"));
	DO(checkout_make(ctl, d, &checkout));
	DO(marking_write(checkout.path, mark));
	DO(digest_of(checkout.path, ret_digest));
	return checkout_close(ctl, d->number, closed, open_there);
}

/* A read lease is given only while nobody has the file open for writing (fcntl(2)); where leases do not exist the
 * answer is no. */
static bool has_writer(int fd)
{
	(void)signal(SIGIO, SIG_IGN); /* told so when somebody wants to write meanwhile; it is given back at once */
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK); /* closing would do it, too */
	return false;
}

bool marking_hold(const struct document *d, int *ret_fd)
{
	OWN_FD int fd = -1;

	*ret_fd = -1;
	if (!document_is_own_clear(d))
		return true;
	fd = open(d->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return true; /* marking it will say why */
	if (has_writer(fd))
		return false;
	*ret_fd = open(d->path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return true;
}

int marking_apply(struct ctl *ctl, const struct document *d, const char *mark, char ret_digest[65])
{
	/* A draft of a high level is sealed at once; its plaintext may go while we look at it. */
	DO(record_wait_quiet(ctl, d->number));
	if (!document_is_own_clear(d) || access(d->path, F_OK) != 0)
		return through_checkout(ctl, d, mark, ret_digest);
	DO(marking_write(d->path, mark));
	return digest_of(d->path, ret_digest);
}
