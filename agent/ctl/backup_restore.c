/*
 * backup restore: unpacks a backup into an empty folder, in the form of a state directory. Nothing of a name in the
 * backup is trusted: a file is written where its kind belongs, or not at all.
 */
#include "ctl/backup.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MACHINE_KEY "machine.key"
#define MACHINE_MAX ((size_t)65536)

struct restoring {
	const struct secret *identity;
	struct opened_backup backup;
	int into;
	bool has_journal, has_machine;
};

static void restoring_done(struct restoring *r)
{
	opened_backup_done(&r->backup);
	close_fd(&r->into);
}

static int cannot_write(const char *name, int error)
{
	return say_error(CLASSD_EXIT_FAILED, name, _("empty the folder, and try again"), _("it cannot be written: %s"),
			 strerror(error));
}

/* A new file of that name, in a folder of its own where it has one. */
static int make(const struct restoring *r, const char *name, int *ret)
{
	OWN_MEM char *copy = text_copy(name);

	if (!copy)
		return FAULT(ENOMEM, "a name");
	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(r->into, copy, 0700) < 0 && errno != EEXIST)
			return cannot_write(copy, errno);
		*slash = '/';
	}
	*ret = openat(r->into, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return *ret < 0 ? cannot_write(name, errno) : 0;
}

static int write_all(int fd, const char *name, struct bytes b)
{
	while (b.n > 0) {
		ssize_t n = write(fd, b.at, b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot_write(name, errno);
		b = bytes_of(b.at + n, b.n - (size_t)n);
	}
	return 0;
}

static int write_file(struct restoring *r, const char *name)
{
	struct bytes some;
	OWN_FD int fd = -1;
	int result;

	DO(make(r, name, &fd));
	while ((result = backup_read(r->backup.reader, &some)) == 0)
		DO(write_all(fd, name, some));
	if (result != BACKUP_END)
		return result < 0 ? result : backup_say_outcome(&r->backup, result);
	return fsync(fd) < 0 ? cannot_write(name, errno) : 0;
}

/* ---- the machine key ---- */

struct writing {
	int fd;
};

static int write_secret(struct bytes text, void *context)
{
	const struct writing *w = context;

	return write_all(w->fd, MACHINE_KEY, text);
}

static int read_small(struct restoring *r, struct buffer *ret)
{
	struct bytes some;
	int result;

	while ((result = backup_read(r->backup.reader, &some)) == 0) {
		buffer_add(ret, some.at, ret->n + some.n <= MACHINE_MAX ? some.n : 0);
		TRY(buffer_check(ret));
	}
	return result == BACKUP_END ? 0 : result < 0 ? result : backup_say_outcome(&r->backup, result);
}

/* In clear, as it lies in a state directory: who may open the backup may have it. */
static int restore_machine_key(struct restoring *r)
{
	OWN_BUFFER struct buffer sealed = {0};
	OWNED(secret) struct secret *text = NULL;
	struct writing w = {-1};
	int result;

	DO(read_small(r, &sealed));
	result = agefile_open(buffer_bytes(&sealed), r->identity, &text);
	TRY(result);
	if (result)
		return say_error(CLASSD_EXIT_FINDINGS, BACKUP_MACHINE, _("use another copy or an earlier backup"),
				 _("damaged: the machine key in it does not open"));
	DO(make(r, MACHINE_KEY, &w.fd));
	result = secret_lend(text, write_secret, &w);
	if (result == 0 && fsync(w.fd) < 0)
		result = cannot_write(MACHINE_KEY, errno);
	close_fd(&w.fd);
	r->has_machine = result == 0;
	return result;
}

/* ---- where what belongs ---- */

/* NULL: nowhere; it is read for its sum only. */
static char *place_of(const char *name)
{
	if (text_equal(name, BACKUP_JOURNAL) || text_equal(name, BACKUP_STORE))
		return text_format("registrar/%s", name);
	if (text_starts(name, BACKUP_KEYS) || text_equal(name, BACKUP_ROOTS))
		return text_copy(name);
	if (text_starts(name, BACKUP_SETS) && !strchr(name + strlen(BACKUP_SETS), '/'))
		return text_format("registrar/policy/%s", name + strlen(BACKUP_SETS));
	if (text_starts(name, "policy") || text_equal(name, "settings"))
		return text_format("from-backup/%s", name);
	return NULL;
}

static int skip(struct restoring *r)
{
	struct bytes some;
	int result;

	while ((result = backup_read(r->backup.reader, &some)) == 0)
		;
	return result == BACKUP_END ? 0 : result < 0 ? result : backup_say_outcome(&r->backup, result);
}

static int restore_file(struct restoring *r, const char *name)
{
	OWN_MEM char *place = place_of(name);

	if (text_equal(name, BACKUP_MACHINE))
		return restore_machine_key(r);
	r->has_journal = r->has_journal || text_equal(name, BACKUP_JOURNAL);
	return place ? write_file(r, place) : skip(r);
}

static int restore_files(struct restoring *r)
{
	const char *name = NULL;
	uint64_t size;
	int result;

	while ((result = backup_next(r->backup.reader, &name, &size)) == 0) {
		OWN_MEM char *own = text_copy(name);

		DO(own ? restore_file(r, own) : FAULT(ENOMEM, "a name"));
	}
	if (result != BACKUP_END)
		return result < 0 ? result : backup_say_outcome(&r->backup, result);
	if (r->has_journal && r->has_machine)
		return 0;
	return say_error(CLASSD_EXIT_FINDINGS, r->backup.path, _("use another copy or an earlier backup"),
			 _("damaged: journal or machine key is missing"));
}

/* With it the agent knows that it was restored, and of when. */
static int leave_note(const struct restoring *r)
{
	const struct backup_manifest *m = r->backup.manifest;
	OWNED(json) struct json *note = json_object();
	OWN_FD int fd = -1;

	json_set_text(note, "made", m->made);
	json_set_text(note, "unit", m->unit);
	json_set_text(note, "machine", m->machine);
	json_set_int(note, "entries", (int64_t)m->entries);
	json_set_text(note, "hash", m->hash);
	OWN_MEM char *text = json_text(note);
	if (!text)
		return FAULT(ENOMEM, "a note");
	DO(make(r, "registrar/restored.json", &fd));
	DO(write_all(fd, "restored.json", bytes_of_text(text)));
	if (fsync(fd) < 0)
		return cannot_write("restored.json", errno);
	if (!m->is_trial)
		return 0;
	close_fd(&fd);
	return make(r, "trial", &fd);
}

static int open_empty(const char *path, int *ret)
{
	OWN_MEM char *where = say_safe(path);
	const struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret < 0)
		return say_error(CLASSD_EXIT_INPUT, where, _("make an empty folder and name it"),
				 _("the folder cannot be opened: %s"), strerror(errno));
	dir = fdopendir(fcntl(*ret, F_DUPFD_CLOEXEC, 3));
	while (dir && (entry = readdir(dir)))
		n += !text_equal(entry->d_name, ".") && !text_equal(entry->d_name, "..");
	if (dir)
		(void)closedir(dir); /* only read */
	return n == 0 && dir ? 0
			     : say_error(CLASSD_EXIT_STATE, where, _("make an empty folder and name it"),
					 _("the folder is not empty; nothing is ever put over what is there"));
}

int backup_run_restore(struct ctl *ctl)
{
	OWNED(secret) struct secret *identity = NULL;
	__attribute__((cleanup(restoring_done))) struct restoring r = {.into = -1, .backup = {.fd = -1}};

	if (!ctl_text(ctl, "into"))
		return ctl_missing(ctl, "--into FOLDER");
	DO(backup_identity(ctl, &identity));
	r.identity = identity;
	DO(open_empty(ctl_text(ctl, "into"), &r.into));
	DO(backup_open(ctl_word(ctl, 0), identity, &r.backup));
	DO(restore_files(&r));
	DO(leave_note(&r));
	if (syncfs(r.into) < 0)
		return FAULT(errno, "the folder");
	say(_("unpacked: backup of %s, %s, the journal up to entry %llu"), r.backup.manifest->unit,
	    r.backup.manifest->made, (unsigned long long)r.backup.manifest->entries);
	return 0;
}
