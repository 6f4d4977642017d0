/* new: a document from a template of the unit, in its place, marked, and born as a draft. */
#include "base/text.h"
#include "ctl/document.h"
#include "ctl/fields.h"
#include "ctl/marking.h"
#include "ctl/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>

#define TEMPLATES_UNIT "/etc/classd/templates"
enum { TEMPLATE_MAX = 64 << 20, BUSY_TRIES = 40, BUSY_MS = 150 };

/* The unit's own templates first, then those beside an uninstalled program, then the installed ones. */
static int open_template(const char *name, int *ret)
{
	OWN_MEM char *folder = words_program_folder();
	OWN_MEM char *beside = folder ? text_format("%s/../../packaging/templates", folder) : NULL;
	const char *const folders[] = {getenv("CLASSD_TEMPLATES"), TEMPLATES_UNIT, beside,
				       CLASSD_PREFIX "/share/classd/templates"};

	for (size_t i = 0; i < array_n(folders); i++) {
		OWN_MEM char *path = folders[i] ? text_format("%s/%s", folders[i], name) : NULL;
		int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

		if (fd >= 0) {
			*ret = fd;
			return 0;
		}
	}
	OWN_MEM char *where = say_safe(name);
	return say_error(CLASSD_EXIT_NOT_FOUND, where,
			 _("put one into /etc/classd/templates, or name one with --template"),
			 _("there is no template for this kind of document"));
}

static int copy(int from, int to, const char *name)
{
	struct stat st;
	off_t at = 0;

	if (fstat(from, &st) < 0)
		return FAULT(errno, "look at the template");
	if (!S_ISREG(st.st_mode) || st.st_size > TEMPLATE_MAX)
		return say_error(CLASSD_EXIT_INPUT, name, NULL, _("the template is no file, or too large"));
	while (at < st.st_size) {
		ssize_t n = sendfile(to, from, &at, (size_t)(st.st_size - at)); /* across file systems, too */

		if (n <= 0)
			return FAULT(n < 0 ? errno : EIO, "copy the template to %s", name);
	}
	return fsync(to) < 0 ? FAULT(errno, "write %s", name) : 0;
}

static int make_file(struct ctl *ctl, const char *path)
{
	const char *dot = strrchr(path, '.');
	OWN_MEM char *name = ctl_text(ctl, "template")
				 ? text_copy(ctl_text(ctl, "template"))
				 : text_format("default%s", dot && !strchr(dot, '/') ? dot : ".odt");
	OWN_MEM char *where = say_safe(path);
	OWN_FD int from = -1;

	if (!name)
		return FAULT(ENOMEM, "a template");
	DO(open_template(name, &from));
	OWN_FD int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660);
	if (to < 0)
		return say_error(errno == EEXIST ? CLASSD_EXIT_STATE : CLASSD_EXIT_INPUT, where,
				 errno == EEXIST ? _("tag the file that is there, or choose another name")
						 : _("choose a folder that you may write to"),
				 _("the document cannot be made: %s"), strerror(errno));
	int result = copy(from, to, path);
	if (result)
		(void)unlink(path); /* nothing stays of what failed; the error was said */
	return result;
}

/* The agent may not have looked at a file that is this new: it says busy, and is asked again for a few seconds. */
static int patient_call(struct ctl *ctl, const struct document *d, bool declares, struct reply *ret)
{
	for (int i = 0;; i++) {
		struct timespec rest = {.tv_nsec = BUSY_MS * 1000000L};
		struct call call = {.method = declares ? "Records.Declare" : "Records.Tag",
				    .quiet = i < BUSY_TRIES ? "busy" : NULL};

		document_refer(d, &call, "document");
		if (declares) {
			ctl_set(ctl, call.parameters, "title", "title");
			ctl_set(ctl, call.parameters, "reason", "reason");
		} else
			json_set(call.parameters, "fields", fields_of(ctl));
		int result = ctl_call(ctl, &call, ret);
		if (result != CLASSD_EXIT_BUSY || !call.quiet)
			return result;
		(void)nanosleep(&rest, NULL); /* woken early only asks earlier */
	}
}

/* The record first: the agent may refuse, and then nothing may stay. Then the mark that the record calls for. */
static int make_record(struct ctl *ctl, const char *path, struct reply *ret)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_WANTED struct wanted wanted = {0};
	OWN_FD int held = -1;
	bool declares = ctl_flag(ctl, "not-secret"), looks = declares || fields_other_regime(ctl);
	int unmarked;

	DO(document_find(path, &d));
	/* What is held is not looked at, and only what was looked at is said to be no state secret. */
	if (!looks && !marking_hold(&d, &held))
		return say_error(CLASSD_EXIT_STATE, path, NULL, _("a program still has it open"));
	DO(patient_call(ctl, &d, declares, ret));
	if (declares)
		return 0;
	if (looks && !marking_hold(&d, &held))
		return say_error(CLASSD_EXIT_STATE, path, NULL, _("a program still has it open"));
	const char *number = json_get_text(json_get(ret->at, "record"), "number");
	DO(marking_ask(ctl, number ? number : "", &(struct mark_of){0}, &wanted));
	/* Where it cannot stand in the document the notice comes with the proposal. */
	return text_is_empty(wanted.words) ? 0 : marking_write(path, &wanted.mark, &unmarked);
}

static int run_new(struct ctl *ctl)
{
	const char *path = ctl_word(ctl, 0);
	OWN_REPLY struct reply reply = {0};
	int ways = ctl_flag(ctl, "item") + ctl_flag(ctl, "from") + ctl_flag(ctl, "not-secret");

	if (ways == 0 && !fields_other_regime(ctl))
		return say_error(CLASSD_EXIT_USAGE, "--item ID", _("or --from NUMBER, or --not-secret"),
				 _("an option is missing"));
	if (ctl_flag(ctl, "not-secret") && ctl_flag(ctl, "regime"))
		return say_error(CLASSD_EXIT_USAGE, "--regime --not-secret", _("give one of the two"),
				 _("these exclude each other"));
	if (ways > 1)
		return say_error(CLASSD_EXIT_USAGE, "--item --from --not-secret", _("give one of the three"),
				 _("these exclude each other"));
	DO(make_file(ctl, path));
	int result = make_record(ctl, path, &reply);
	if (result && !reply.message)
		(void)unlink(path); /* refused: the file that only we made goes again */
	DO(result);
	return ctl_flag(ctl, "not-secret") ? record_print_declared(ctl, &reply) : record_print(ctl, &reply);
}

static const struct option_row new_options[] = {
    FIELD_VALUES,
    FIELD_DRAFTING,
    {"not-secret", 0, OPTION_FLAG, NULL, N_("the document will hold nothing that needs protection")},
    {"template", 0, OPTION_TEXT, "NAME", N_("file of the template folder (else default and the ending of the name)")},
    {0},
};

const struct command new_commands[] = {
    {"new", GROUP_DOCUMENT, 1, 1, N_("NAME"), N_("make a document from a template, marked, with its draft"), run_new,
     new_options,
     N_("Templates lie in /etc/classd/templates ($CLASSD_TEMPLATES first). The record is a draft: protected, freely\n"
	"edited, asking nobody for anything until classctl submit."),
     "new --item 3.2 report.docx\nnew --from 2026-000123 answer.odt\nnew --not-secret menu.odt"},
    {0},
};
