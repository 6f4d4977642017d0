#include "ctl/marking.h"

#include "base/text.h"
#include "ctl/checkout.h"
#include "ctl/record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

void wanted_done(struct wanted *w)
{
	free(w->words);
	*w = (struct wanted){0};
}

int marking_ask(struct ctl *ctl, const char *number, const struct mark_of *of, struct wanted *ret)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Mark", .parameters = json_object()};

	json_set_text(call.parameters, "number", number);
	if (of->fields)
		json_set(call.parameters, "fields", of->fields);
	if (of->releases)
		json_set_bool(call.parameters, "releases", true);
	if (of->copy)
		json_set_int(call.parameters, "copy", of->copy);
	DO(ctl_call(ctl, &call, &reply));
	const char *mark = json_get_text(reply.at, "mark");
	ret->words = text_copy(mark ? mark : "");
	ret->mark = (struct mark_text){ret->words, json_get_bool(reply.at, "strikes")};
	return ret->words ? 0 : FAULT(ENOMEM, "a mark");
}

static int open_beside(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	OWN_MEM char *folder =
	    slash ? text_format("%.*s", slash == path ? 1 : (int)(slash - path), path) : text_copy(".");

	*ret_name = slash ? slash + 1 : path;
	return folder ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static const struct {
	int outcome;
	const char *why;
} reasons[] = {
    {MARK_WRITE_NO_PLACE, N_("this format cannot carry the mark")},
    {MARK_WRITE_LARGE, N_("it is too large to be marked")},
    {MARK_WRITE_LOCKED, N_("it is encrypted with a password of its own, so the mark cannot be put in")},
    {MARK_WRITE_SIGNED, N_("it is signed, and the mark would break the signature")},
    {MARK_WRITE_UNSAFE, N_("its structure is damaged or unusual, and it stays as it is")},
    {MARK_WRITE_DAMAGED, N_("it is damaged, or not what its name says; its application may save it anew")},
};

static void say_unmarked(const char *where, int outcome)
{
	for (size_t i = 0; i < array_n(reasons); i++)
		if (reasons[i].outcome == outcome)
			say_note("%s: %s; %s", where, _(reasons[i].why), _("put the mark on what you print of it"));
}

int marking_write(const char *path, const struct mark_text *mark, int *ret_unmarked)
{
	const char *name;
	OWN_MEM char *where = say_safe(path);
	OWN_FD int folder = open_beside(path, &name);
	int outcome;

	*ret_unmarked = 0;
	if (folder < 0)
		return say_error(CLASSD_EXIT_INPUT, where, NULL, _("the folder of the document cannot be opened"));
	outcome = mark_write(folder, name, mark);
	TRY(outcome);
	if (outcome && *mark->text) {
		say_unmarked(where ? where : "", outcome);
		*ret_unmarked = outcome;
	}
	return 0;
}

int marking_notice(struct ctl *ctl, const char *number, int unmarked)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.MarkNotice"};

	if (!unmarked)
		return 0;
	call.parameters = json_object();
	json_set_text(call.parameters, "number", number);
	json_set_text(call.parameters, "why", mark_outcome_word(unmarked));
	DO(ctl_call(ctl, &call, &reply));
	OWN_MEM char *safe = say_safe(json_get_text(reply.at, "notice"));
	say_note("%s: %s %s", number, _("a written notice stands for the mark:"), safe ? safe : "");
	return 0;
}

static int digest_of(const char *path, char ret[65])
{
	uint8_t digest[32];

	DO(document_digest(path, digest));
	text_hex(digest, sizeof(digest), ret);
	return 0;
}

static int through_checkout(struct ctl *ctl, const struct document *d, const struct mark_text *mark, struct marked *ret)
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
	DO(marking_write(checkout.path, mark, &ret->unmarked));
	DO(digest_of(checkout.path, ret->digest));
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

int marking_apply(struct ctl *ctl, const struct document *d, const struct mark_text *mark, struct marked *ret)
{
	/* A draft of a high level is sealed at once; its plaintext may go while we look at it. */
	DO(record_wait_quiet(ctl, d->number));
	if (!document_is_own_clear(d) || access(d->path, F_OK) != 0)
		return through_checkout(ctl, d, mark, ret);
	DO(marking_write(d->path, mark, &ret->unmarked));
	return digest_of(d->path, ret->digest);
}
