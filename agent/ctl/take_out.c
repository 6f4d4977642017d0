/* unseal, export, restore: documents that leave sealed storage, or come back to it. */
#include "base/text.h"
#include "ctl/content.h"
#include "ctl/marking.h"
#include "library/crypto.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define TEMPORARY_BYTES 48

/* A name that an editor's leftovers have, so that no watcher takes it for a document. */
static int temporary_name(char ret[TEMPORARY_BYTES])
{
	uint8_t random[8];
	char hex[17];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return FAULT(errno, "random bytes");
	text_hex(random, sizeof(random), hex);
	(void)snprintf(ret, TEMPORARY_BYTES, ".classctl-%s.swp", hex);
	return 0;
}

static int sync_folder(int folder)
{
	OWN_FD int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* folder is a mere place */

	return fd < 0 || fsync(fd) < 0 ? FAULT(errno, "write the folder") : 0;
}

/* What it was, durable, and then its name, durable too: never over another file. */
static int publish(int folder, int fd, const char *temporary, const struct content *c, struct json *lost)
{
	TRY(content_give_back(fd, c, lost));
	if (fsync(fd) < 0)
		return FAULT(errno, "write %s", c->name);
	if (renameat2(folder, temporary, folder, c->name, RENAME_NOREPLACE) == 0)
		return sync_folder(folder);
	if (errno != EEXIST)
		return FAULT(errno, "name the file %s", c->name);
	OWN_MEM char *where = say_safe(c->name);
	return say_error(CLASSD_EXIT_STATE, where, _("choose another folder, or move that file away"),
			 _("there is a file of this name already"));
}

struct taking {
	const char *purpose, *reason;
	struct content c;
	struct json *lost; /* of what it was, what did not come back */
};

static void taking_done(struct taking *t)
{
	content_done(&t->c);
	json_free(t->lost);
}
#define OWN_TAKING __attribute__((cleanup(taking_done)))

static int digest_of(struct bytes b, uint8_t ret[32])
{
	OWNED(digest) struct digest *digest = NULL;

	TRY(digest_new(&digest));
	TRY(digest_add(digest, b));
	return digest_end(digest, ret);
}

/* What was released or expired leaves with its mark struck through. Asked of the agent: it knows what the record is. */
static int strike_out(struct ctl *ctl, struct taking *t, int fd)
{
	OWN_WANTED struct wanted wanted = {0};
	OWN_BUFFER struct buffer plain = {0};
	OWN_BUFFER struct buffer marked = {0};
	int r;

	DO(marking_ask(ctl, t->c.number, &(struct mark_of){0}, &wanted));
	if (!wanted.mark.strikes || lseek(fd, 0, SEEK_SET) < 0)
		return 0;
	r = files_read_rest(&files_linux, fd, CONTENT_KEEP_MAX, &plain);
	r = r < 0 ? 1 : mark_bytes(buffer_bytes(&plain), &wanted.mark, &marked); /* a larger one stays as it is */
	TRY(r);
	if (r)
		return 0;
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return FAULT(errno, "write %s", t->c.name);
	TRY(content_write(fd, buffer_bytes(&marked)));
	TRY(digest_of(buffer_bytes(&marked), t->c.digest));
	say_note("%s: %s", t->c.name, _("its mark is struck through: it was released, or its term is over"));
	return 0;
}

static int write_out(struct ctl *ctl, const struct document *d, struct taking *t)
{
	struct content *c = &t->c;

	OWN_FD int folder = -1;
	char temporary[TEMPORARY_BYTES];

	DO(document_folder(ctl_text(ctl, "to"), &folder));
	DO(temporary_name(temporary));
	OWN_FD int fd = openat(folder, temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		OWN_MEM char *where = say_safe(ctl_text(ctl, "to"));
		return say_error(CLASSD_EXIT_INPUT, where, _("choose a folder that you may write to"),
				 _("no file can be made there: %s"), strerror(errno));
	}
	const struct content_order order = {.purpose = t->purpose, .reason = t->reason, .to = fd};
	int result = content_read(ctl, d, &order, c);
	if (result == 0 && strcmp(t->purpose, "unseal") == 0 && !ctl_flag(ctl, "as-it-is"))
		result = strike_out(ctl, t, fd);
	if (result == 0)
		result = publish(folder, fd, temporary, c, t->lost);
	if (result)
		(void)unlinkat(folder, temporary, 0); /* the error that matters was said */
	return result;
}

/* "owner, group": the document is whole, but somebody may count on them. */
static void say_lost(struct json_view lost)
{
	OWN_BUFFER struct buffer b = {0};

	for (size_t i = 0; i < json_n(lost); i++)
		buffer_add_format(&b, "%s%s", i ? ", " : "", words_of(json_as_text(json_at(lost, i))));
	OWN_MEM char *text = buffer_steal_text(&b);
	OWN_MEM char *safe = say_safe(text);
	if (json_n(lost))
		say_note(_("not as it was, for want of rights or because the file system has none: %s"),
			 safe ? safe : "");
}

static int say_written(const struct ctl *ctl, struct taking *t)
{
	const struct content *c = &t->c;
	OWNED(json) struct json *whole = json_object();
	OWN_MEM char *path = text_format("%s/%s", ctl_text(ctl, "to"), c->name);
	OWN_MEM char *safe = say_safe(path);
	char digest[65];

	if (!ctl->json) {
		say("%s", safe ? safe : "");
		say_lost(json_look(t->lost));
		return 0;
	}
	text_hex(c->digest, sizeof(c->digest), digest);
	json_set_text(whole, "record", c->number);
	json_set_int(whole, "version", c->version);
	json_set_text(whole, "path", path);
	json_set_text(whole, "digest", digest);
	json_set(whole, "lost", json_copy(json_look(t->lost)));
	return ctl_print_json(json_look(whole));
}

static int run_unseal(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_TAKING struct taking t = {.purpose = "unseal", .reason = ctl_text(ctl, "reason"), .lost = json_array()};

	if (!ctl_text(ctl, "to"))
		return ctl_missing(ctl, "--to FOLDER");
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(write_out(ctl, &d, &t));
	return say_written(ctl, &t);
}

static int run_export(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_TAKING struct taking t = {.purpose = "export", .lost = json_array()};
	OWN_MEM char *why = NULL;
	OWN_MEM char *for_whom = NULL;

	if (!ctl_text(ctl, "to"))
		return ctl_missing(ctl, "--to FOLDER");
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(ctl_need(ctl, "for", _("For whom"), &for_whom));
	DO(ctl_need(ctl, "reason", _("Reason"), &why));
	OWN_MEM char *reason = text_format("to %s for %s: %s", ctl_text(ctl, "to"), for_whom, why);
	t.reason = reason;
	DO(write_out(ctl, &d, &t));
	return say_written(ctl, &t);
}

static int run_restore(struct ctl *ctl)
{
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Documents.Restore"};

	DO(document_find(ctl_word(ctl, 0), &d));
	document_refer(&d, &call, "document");
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	OWN_MEM char *safe = say_safe(json_get_text(reply.at, "path"));
	say("%s", safe ? safe : "");
	return 0;
}

static const struct option_row unseal_options[] = {
    {"to", 0, OPTION_TEXT, "FOLDER", N_("where the plaintext goes; needed")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why, where the policy asks for it")},
    {"as-it-is", 0, OPTION_FLAG, NULL, N_("leave its mark as it is, not struck through")},
    {0},
};
static const struct option_row export_options[] = {
    {"to", 0, OPTION_TEXT, "FOLDER", N_("where the plaintext goes; needed")},
    {"for", 0, OPTION_TEXT, "WHO", N_("who gets it; needed")},
    {"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed")},
    {0},
};

const struct command take_out_commands[] = {
    {"unseal", GROUP_READ, 1, 1, N_("DOCUMENT"), N_("write a released or expired document in clear"), run_unseal,
     unseal_options,
     N_("Nothing is replaced: a file of that name in the folder is a refusal. Owner, mode, access list, attributes and "
	"time come back as far as your rights go; the rest is said. The mark in it is struck through, with the words of the\n"
	"policy for a release behind it, where that did not happen with the decision."),
     "unseal 2026-000123 --to ~/released"},
    {"export", GROUP_READ, 1, 1, N_("DOCUMENT"), N_("take a document out, with a record of who, why and where to"),
     run_export, export_options, NULL,
     "export 2026-000123 --to /media/carry --for 'the archive' --reason 'yearly transfer'"},
    {"restore", GROUP_READ, 1, 1, N_("DOCUMENT"), N_("bring a deleted, moved or overwritten sealed file back"),
     run_restore, NULL, NULL, "restore 2026-000123"},
    {0},
};
