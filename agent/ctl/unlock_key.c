#include "ctl/unlock_key.h"

#include "base/text.h"
#include "ctl/ask.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define DEFAULT_FILE "classd/unlock.age"
#define FILE_MAX     ((size_t)64 * 1024)

/* From here on the process holds a key: none of it in a core file, and no debugger of the same user. */
static int begin_secrets(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0); /* cannot fail with this value */
	return sodium_start();
}

static char *default_file(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (!text_is_empty(config))
		return text_format("%s/%s", config, DEFAULT_FILE);
	return text_format("%s/.config/%s", home ? home : "", DEFAULT_FILE);
}

/* The folders above the file that are missing, for their owner alone. */
static int make_folders(const char *file)
{
	OWN_MEM char *path = text_copy(file);

	if (!path)
		return FAULT(ENOMEM, "a path");
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = 0;
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return FAULT(errno, "make the folder %s", path);
		*at = '/';
	}
	return 0;
}

/* Whole and on the disk before its recipient is registered; never over another file. */
static int write_file(const char *path, struct bytes content)
{
	OWN_MEM char *folder = text_format("%.*s", (int)(strrchr(path, '/') - path + 1), path);
	OWN_FD int dir = -1;
	int result;

	DO(make_folders(path));
	dir = folder ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir < 0)
		return FAULT(errno, "open the folder %s", folder ? folder : "");
	result = files_create_whole(&files_linux, dir, strrchr(path, '/') + 1, 0600, content);
	if (result == -EEXIST) {
		OWN_MEM char *where = say_safe(path);
		return say_error(CLASSD_EXIT_STATE, where, _("name another file with --new FILE"),
				 _("there is an unlock key already"));
	}
	return result == 0 ? 0 : FAULT(-result, "write %s", path);
}

/* With its folder: a bare name is one of the present folder. */
static char *path_of(const char *file)
{
	if (!file)
		return default_file();
	return strchr(file, '/') ? text_copy(file) : text_format("./%s", file);
}

static int make_file(const char *path, char ret_recipient[RECIPIENT_TEXT])
{
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *text = NULL;
	OWNED(secret) struct secret *passphrase = NULL;
	OWN_BUFFER struct buffer file = {0};
	struct recipient recipient;
	int result;

	if (access(path, F_OK) == 0)
		return write_file(path, (struct bytes){0}); /* says that it is there, before anything is asked */
	DO(ask_new_secret(_("Passphrase of the new unlock key"), _("The same again"), &passphrase));
	TRY(identity_new(&identity));
	TRY(identity_recipient(identity, &recipient));
	recipient_to_text(&recipient, ret_recipient);
	TRY(identity_to_text(identity, &text));
	result = agefile_seal_passphrase(text, passphrase, PASSPHRASE_LOG_N, &file);
	TRY(result);
	if (result > 0)
		return say_error(CLASSD_EXIT_FAILED, NULL, NULL, _("the unlock key could not be protected: %s"),
				 identity_outcome_text(result));
	return write_file(path, buffer_bytes(&file));
}

static int enroll(struct ctl *ctl, const char *recipient, const char *person)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Unlock.Enroll", .parameters = json_object()};

	json_set_text(call.parameters, "recipient", recipient);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	say_field(_("key"), recipient);
	say_field(_("state"), words_of(json_get_text(reply.at, "state")));
	say_note(_("Read the key to a security administrator, who runs:\n  classctl person confirm %s --key %s"),
		 person, recipient);
	return 0;
}

int unlock_key_enroll(struct ctl *ctl, const char *person)
{
	OWN_MEM char *path = path_of(ctl_text(ctl, "new"));
	char recipient[RECIPIENT_TEXT];

	if (!path)
		return FAULT(ENOMEM, "a path");
	TRY(begin_secrets());
	DO(make_file(path, recipient));
	say_note(_("The unlock key is in %s. Keep a copy: without it and its passphrase you unlock nothing."), path);
	return enroll(ctl, recipient, person);
}

/* Opening */

static int read_file(const char *path, struct buffer *ret)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int result;

	if (fd < 0) {
		OWN_MEM char *where = say_safe(path);
		return say_error(CLASSD_EXIT_NOT_FOUND, where, _("make one: classctl identity --unlock-key"),
				 _("your unlock key is not there: %s"), strerror(errno));
	}
	result = files_read_rest(&files_linux, fd, FILE_MAX, ret);
	return result == 0 ? 0 : FAULT(-result, "read %s", path);
}

static int say_outcome(const char *path, int outcome)
{
	OWN_MEM char *where = say_safe(path);

	if (outcome == IDENTITY_WRONG_PASSPHRASE)
		return say_error(CLASSD_EXIT_INPUT, where, _("try again"), _("the passphrase is wrong"));
	return say_error(CLASSD_EXIT_INPUT, where, _("name the file with --identity FILE"),
			 _("this is no age identity under a passphrase: %s"), identity_outcome_text(outcome));
}

static int parse(struct bytes text, void *context)
{
	return identity_from_text(text, context);
}

int unlock_key_open(const char *file, struct secret **ret_text, char ret_recipient[RECIPIENT_TEXT])
{
	OWN_MEM char *path = path_of(file);
	OWN_BUFFER struct buffer content = {0};
	OWNED(secret) struct secret *passphrase = NULL;
	OWNED(secret) struct secret *text = NULL;
	OWNED(secret) struct secret *identity = NULL;
	struct recipient recipient;
	int result;

	if (!path)
		return FAULT(ENOMEM, "a path");
	TRY(begin_secrets());
	DO(read_file(path, &content));
	DO(ask_secret(_("Passphrase of your unlock key"), &passphrase));
	result = agefile_open_passphrase(buffer_bytes(&content), passphrase, &text);
	if (result == 0)
		result = secret_lend(text, parse, &identity);
	TRY(result);
	if (result > 0)
		return say_outcome(path, result);
	TRY(identity_recipient(identity, &recipient));
	recipient_to_text(&recipient, ret_recipient);
	*ret_text = steal(&text);
	return 0;
}
