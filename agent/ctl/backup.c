/* backup create and what its siblings share. */
#include "ctl/backup.h"
#include "ctl/escrow_given.h"

#include "base/text.h"
#include "ctl/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MIB ((uint64_t)1 << 20)

/* ---- the identity ---- */

static int read_identity(uint8_t *at, size_t *n, void *context)
{
	const int *fd = context;
	size_t room = *n;

	for (*n = 0; *n < room;) {
		ssize_t got = read(*fd, at + *n, room - *n);

		if (got < 0 && errno != EINTR)
			return errno;
		if (got == 0)
			return 0;
		*n += got > 0 ? (size_t)got : 0;
	}
	return EFBIG;
}

static int parse_identity(struct bytes text, void *context)
{
	return identity_from_text(text, context);
}

/* A path, "-", or "fd:N", a descriptor that was handed down: classd opens as root and lets somebody lesser read. */
static int open_word(const char *word)
{
	uint64_t fd;

	if (text_equal(word, "-"))
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (text_starts(word, "fd:") && text_to_u64(word + 3, 1023, &fd))
		return fcntl((int)fd, F_DUPFD_CLOEXEC, 3);
	return open(word, O_RDONLY | O_CLOEXEC);
}

int backup_identity(struct ctl *ctl, struct secret **ret)
{
	const char *path = ctl_text(ctl, "identity");
	OWNED(secret) struct secret *text = NULL;
	OWN_MEM char *where = say_safe(path);

	if (path && ctl_flag(ctl, "share"))
		return say_error(CLASSD_EXIT_USAGE, "--identity", NULL, _("either shares or an identity file"));
	if (ctl_flag(ctl, "share"))
		return escrow_identity_of_shares(ctl, ret);
	if (!path)
		return ctl_missing(ctl, "--identity FILE");
	TRY(sodium_start());
	OWN_FD int fd = open_word(path);
	int error = fd < 0 ? errno : secret_new_filled(IDENTITY_FILE_MAX, read_identity, &fd, &text);
	TRY(error);
	if (error)
		return say_error(CLASSD_EXIT_FAILED, where, _("name a file that you may read, or - for standard input"),
				 _("the identity cannot be read: %s"), strerror(error));
	int outcome = secret_lend(text, parse_identity, ret);
	TRY(outcome);
	if (outcome == IDENTITY_MISTYPED)
		return say_error(CLASSD_EXIT_INPUT, where, _("compare it with the paper it was typed from"),
				 _("the identity has a mistake: its checksum is wrong"));
	return outcome ? say_error(CLASSD_EXIT_INPUT, where,
				   _("give the escrow identity, a line that begins with "
				     "AGE-SECRET-KEY-1"),
				   _("there is no identity in this file"))
		       : 0;
}

/* ---- opening ---- */

int backup_say_outcome(const struct opened_backup *b, int outcome)
{
	const char *detail = backup_reader_detail(b->reader);

	switch (outcome) {
	case BACKUP_WRONG_KEY:
		return say_error(CLASSD_EXIT_INPUT, b->path, _("use the escrow identity of the agent that made it"),
				 _("wrong key: it is not encrypted to this identity"));
	case BACKUP_DAMAGED:
		return say_error(CLASSD_EXIT_FINDINGS, b->path, _("use another copy or an earlier backup"),
				 _("damaged: %s"), words_of(detail));
	case BACKUP_UNREADABLE:
		return say_error(CLASSD_EXIT_FAILED, b->path, _("look at the medium, then try again"),
				 _("cannot read: %s"), strerror(backup_reader_error(b->reader)));
	case BACKUP_NEWER:
		return say_error(CLASSD_EXIT_STATE, b->path,
				 _("use the classctl of the version that made it, or a later one"),
				 _("newer format: this version does not know it"));
	default:
		return say_error(CLASSD_EXIT_INPUT, b->path, _("name a file that classctl backup create made"),
				 _("not a backup"));
	}
}

int backup_open(const char *file, const struct secret *identity, struct opened_backup *ret)
{
	int outcome;

	*ret = (struct opened_backup){.fd = -1, .path = say_safe(file)};
	ret->fd = open_word(file);
	if (ret->fd < 0)
		return say_error(CLASSD_EXIT_FAILED, ret->path, NULL, _("cannot read: %s"), strerror(errno));
	outcome = backup_reader_new(ret->fd, identity, &ret->reader);
	TRY(outcome);
	ret->manifest = backup_reader_manifest(ret->reader);
	return outcome ? backup_say_outcome(ret, outcome) : 0;
}

void opened_backup_done(struct opened_backup *b)
{
	backup_reader_free(b->reader);
	free(b->path);
	close_fd(&b->fd);
}

/* ---- create ---- */

/* The file as it grows has another name: under its own name there is a whole backup or none. */
struct target {
	struct sink sink; /* first */
	struct progress progress;
	char *path, *part, *shown;
	int fd;
	uint64_t n;
};

static int take(struct sink *sink, struct bytes b)
{
	struct target *t = (struct target *)(void *)sink;

	t->n += b.n;
	while (b.n > 0) {
		ssize_t n = write(t->fd, b.at, b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return say_error(CLASSD_EXIT_FAILED, t->shown, _("nothing is left of it; choose another place"),
					 _("the backup cannot be written: %s"), strerror(errno));
		b = bytes_of(b.at + n, b.n - (size_t)n);
	}
	if (t->n / MIB != (t->n - b.n) / MIB || t->n < MIB)
		progress_show(&t->progress, _("%llu MiB"), (unsigned long long)(t->n / MIB));
	return 0;
}

static void target_done(struct target *t)
{
	if (t->part && t->fd >= 0)
		(void)unlink(t->part);
	if (t->path)
		close_fd(&t->fd);
	free(t->path);
	free(t->part);
	free(t->shown);
	if (t->sink.fd >= 0)
		(void)close(t->sink.fd);
}

static int open_target(const char *file, struct target *t)
{
	struct stat st;

	t->shown = say_safe(file);
	if (text_equal(file, "-")) {
		t->fd = STDOUT_FILENO;
		return isatty(t->fd) ? say_error(CLASSD_EXIT_USAGE, "-", _("name a file, or a pipe"),
						 _("a backup is not for a terminal"))
				     : 0;
	}
	if (lstat(file, &st) == 0)
		return say_error(CLASSD_EXIT_STATE, t->shown, _("choose another name, or move that file away"),
				 _("there is a file of this name already"));
	t->path = text_copy(file);
	t->part = text_format("%s.part", file);
	if (!t->path || !t->part)
		return FAULT(ENOMEM, "a name");
	t->fd = open(t->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->fd >= 0)
		return 0;
	if (errno == EEXIST)
		return say_error(CLASSD_EXIT_STATE, t->shown,
				 _("remove FILE.part, unless another backup is being made"),
				 _("a part of an earlier backup lies there"));
	return say_error(CLASSD_EXIT_INPUT, t->shown, _("choose a folder that you may write to"),
			 _("no file can be made there: %s"), strerror(errno));
}

static int sync_folder(const char *path)
{
	OWN_MEM char *copy = text_copy(path);
	OWN_FD int folder = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return folder < 0 || fsync(folder) < 0 ? FAULT(errno, "the folder of %s", path) : 0;
}

/* Durable, and then its name. */
static int publish(struct target *t)
{
	if (!t->path)
		return 0;
	if (fsync(t->fd) < 0)
		return say_error(CLASSD_EXIT_FAILED, t->shown, _("nothing is left of it; choose another place"),
				 _("the backup cannot be written: %s"), strerror(errno));
	if (renameat2(AT_FDCWD, t->part, AT_FDCWD, t->path, RENAME_NOREPLACE) < 0)
		return say_error(CLASSD_EXIT_STATE, t->shown, _("choose another name, or move that file away"),
				 _("the backup cannot get its name: %s"), strerror(errno));
	free(steal(&t->part));
	return sync_folder(t->path);
}

static int fetch(struct ctl *ctl, struct target *t, struct reply *reply)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return FAULT(errno, "make a pipe");
	t->sink.fd = ends[0];
	t->sink.take = take;
	struct call call = {.method = "Backup.Create", .sink = &t->sink, .closes = true, .parameters = json_object()};
	json_set_int(call.parameters, "pipe", call_pass(&call, ends[1]));
	progress_start(&t->progress, !ctl->json);
	int result = ctl_call(ctl, &call, reply);
	progress_end(&t->progress);
	if (call.closes)
		(void)close(ends[1]); /* not sent */
	return result;
}

static int say_created(const struct ctl *ctl, const struct target *t, struct json_view at)
{
	if ((uint64_t)json_get_int(at, "size", -1) != t->n)
		return say_error(CLASSD_EXIT_FAILED, t->shown, _("try again"), _("the backup that came is not whole"));
	if (!t->path) /* stdout is the backup */
		return 0;
	if (ctl->json)
		return ctl_print_json(at);
	say(_n("%s: %lld byte, the journal up to entry %lld", "%s: %lld bytes, the journal up to entry %lld", t->n),
	    t->shown, (long long)t->n, (long long)json_get_int(at, "entries", 0));
	say_field("sha256", json_get_text(at, "sha256"));
	return 0;
}

static int run_create(struct ctl *ctl)
{
	__attribute__((cleanup(target_done))) struct target t = {.fd = -1, .sink = {.fd = -1}};
	OWN_REPLY struct reply reply = {0};

	DO(open_target(ctl_word(ctl, 0), &t));
	DO(fetch(ctl, &t, &reply));
	if ((uint64_t)json_get_int(reply.at, "size", -1) == t.n)
		DO(publish(&t));
	return say_created(ctl, &t, reply.at);
}

/* ---- accept ---- */

static void say_accepted(struct json_view at)
{
	struct json_view files = json_get(at, "files");
	const char *phase = json_get_text(at, "phase");

	say(_n("%s: the journal has %lld entries, it had %lld; %lld sealed file is newer than its record",
	       "%s: the journal has %lld entries, it had %lld; %lld sealed files are newer than their record",
	       json_get_int(at, "newer", 0)),
	    words_of(phase), (long long)json_get_int(at, "entries", 0), (long long)json_get_int(at, "had", 0),
	    (long long)json_get_int(at, "newer", 0));
	say_field(_("why"), json_get_text(at, "why"));
	for (size_t i = 0; i < json_n(files); i++)
		say_field(i ? "" : _("newer"), json_as_text(json_at(files, i)));
	say_field(_("next"), text_equal(phase, "opened")
				 ? _("a second security administrator runs it with the same command, today or tomorrow")
				 : _("classctl recover --from FOLDER, for every watched folder"));
}

static int run_accept(struct ctl *ctl)
{
	OWN_REPLY struct reply reply = {0};
	OWN_MEM char *reason = NULL;
	struct call call = {.method = "Backup.Accept"};

	DO(ctl_need(ctl, "reason", _("Reason"), &reason));
	call.parameters = json_object();
	json_set_text(call.parameters, "reason", reason);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_accepted(reply.at);
	return 0;
}

static const struct option_row accept_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {0},
};
static const struct option_row restore_options[] = {
    {"identity", 'i', OPTION_TEXT, "FILE", N_("the escrow identity; needed")},
    {"into", 0, OPTION_TEXT, "FOLDER", N_("an empty folder; needed")},
    {0},
};
static const struct option_row verify_options[] = {
    {"identity", 'i', OPTION_TEXT, "FILE", N_("the escrow identity; this or shares are needed")},
    {"share", 0, OPTION_LIST, "FILE", N_("a share as typed or scanned from its page")},
    {"key", 0, OPTION_TEXT, "ID", N_("the escrow of the shares, when no file says it as the pages do")},
    {"sample", 0, OPTION_TEXT, "FOLDER", N_("open sealed documents below this folder with the keys of the backup")},
    {"count", 'n', OPTION_NUMBER, "N", N_("so many of them, taken at random (5)")},
    {0},
};

const struct command backup_commands[] = {
    {"backup create", GROUP_KEYS, 1, 1, "FILE", N_("keys, journal and store in one file, encrypted to the escrow"),
     run_create, NULL,
     N_("For a system administrator or a security administrator, and for root. The agent goes on working meanwhile.\n"
	"FILE must not exist; - is standard output. It opens with the escrow identity only: classctl backup verify, "
	"or\n"
	"age -d -i escrow.key FILE | tar x. Keep the sha256: whoever knows the escrow's public half can make such a "
	"file."),
     "backup create /media/safe/classd-2026-03-01.age"},
    {"backup verify", GROUP_KEYS, 1, 1, "FILE", N_("prove what a backup holds"), backup_run_verify, verify_options,
     N_("Needs no running agent, but the escrow identity: do it on a machine that may see it.\n"
	"Exit codes: 3 wrong key or not a backup, 10 damaged, 1 cannot read, 5 newer format."),
     "backup verify classd-2026-03-01.age --identity escrow.key --sample /srv/documents\n"
     "backup verify classd-2026-03-01.age --share page-1.txt --share page-4.txt --share page-5.txt"},
    {"backup restore", GROUP_KEYS, 1, 1, "FILE", N_("unpack a backup into the form of a state directory"),
     backup_run_restore, restore_options,
     N_("classd --restore does this and puts it in its place; it is for root, on a machine without a state. What lies\n"
	"in FOLDER afterwards has the machine key in clear. Exit codes are those of backup verify."),
     "backup restore classd-2026-03-01.age --identity escrow.key --into unpacked"},
    {"backup accept", GROUP_KEYS, 0, 0, NULL, N_("take a restored or older state as it is"), run_accept,
     accept_options,
     N_("Two security administrators: the first opens it with this command, the second accepts with the same.\n"
	"Until then the agent only reads. Then recover what the sealed files have more: classctl recover."),
     "backup accept --reason 'disk replaced, backup of 1 March'"},
    {0},
};
