/* identity: a person makes a key, proves that it is theirs, and has it registered. */
#include "base/text.h"
#include "ctl/ask.h"
#include "ctl/child.h"
#include "ctl/sign.h"
#include "ctl/unlock_key.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* ssh-keygen asks for the passphrase itself: it never passes through here. */
static int make_key(const char *path)
{
	const char *const argv[] = {"ssh-keygen", "-t", "ed25519", "-f", path, NULL};
	OWN_MEM char *folder = text_format("%.*s", (int)(strrchr(path, '/') ? strrchr(path, '/') - path : 0), path);
	int status;

	if (!text_is_empty(folder) && mkdir(folder, 0700) < 0 && errno != EEXIST)
		return FAULT(errno, "make the folder %s", folder);
	DO(child_run(argv, -1, STDERR_FILENO, &status));
	if (status == 0)
		return 0;
	OWN_MEM char *where = say_safe(path);
	return say_error(CLASSD_EXIT_FAILED, where, _("install openssh-client, or name another file with --new FILE"),
			 _("ssh-keygen made no key"));
}

/* The file to register: named, made now, or the default one. */
static int choose_file(struct ctl *ctl, char **ret)
{
	OWN_MEM char *path = NULL;

	if (ctl_text(ctl, "key"))
		path = text_copy(ctl_text(ctl, "key"));
	else if (ctl_text(ctl, "new"))
		path = text_copy(ctl_text(ctl, "new"));
	else
		path = sign_default_file();
	if (!path)
		return FAULT(ENOMEM, "a path");
	OWN_MEM char *public = text_format("%s.pub", path);
	bool exists = public && access(public, F_OK) == 0;
	if (ctl_text(ctl, "new") && exists)
		return say_error(CLASSD_EXIT_STATE, ctl_text(ctl, "new"),
				 _("name another file, or register it with --key"), _("there is a key already"));
	if (!exists && ctl_text(ctl, "key"))
		return say_error(CLASSD_EXIT_NOT_FOUND, public, NULL, _("the public key of this file is not there"));
	if (!exists) {
		if (!ctl_text(ctl, "new") && !ask_is_possible())
			return say_error(CLASSD_EXIT_USAGE, "--new FILE", _("or --key FILE for one that you have"),
					 _("you have no key in ~/.ssh/id_ed25519"));
		say_note(_("You have no key yet. ssh-keygen makes one now in %s and asks for a passphrase."), path);
		DO(make_key(path));
	}
	*ret = steal(&path);
	return 0;
}

/* By an earlier key when there is one that counts, else by the key itself. */
static int prove(struct ctl *ctl, struct json_view keys, const char *path, const char *line, char **ret)
{
	bool has_earlier = false;

	for (size_t i = 0; i < json_n(keys); i++) {
		const char *state = json_get_text(json_at(keys, i), "state");

		if (text_equal(json_get_text(json_at(keys, i), "kind"), "unlock"))
			continue; /* signs nothing */
		has_earlier |= !text_equal(state, "revoked") && !text_equal(state, "pending");
	}
	if (!has_earlier)
		return sign_with_file(path, line, KEY_NAMESPACE, ret);
	if (ctl_text(ctl, "with"))
		return sign_with_file(ctl_text(ctl, "with"), line, KEY_NAMESPACE, ret);
	return say_error(CLASSD_EXIT_USAGE, "--with FILE", _("a later key is signed with an earlier one"),
			 _("you have registered a key before"));
}

static int register_key(struct ctl *ctl, const char *line, const char *proof, const char *person)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Persons.RegisterKey", .parameters = json_object()};

	json_set_text(call.parameters, "key", line);
	json_set_text(call.parameters, "proof", proof);
	DO(ctl_call(ctl, &call, &reply));
	if (ctl->json)
		return ctl_print_json(reply.at);
	const char *fingerprint = json_get_text(reply.at, "fingerprint");
	const char *state = json_get_text(reply.at, "state");
	say_field(_("key"), fingerprint);
	say_field(_("state"), words_of(state));
	if (text_equal(state, "pending"))
		say_note(_("Read the fingerprint to a security administrator, who runs:\n  classctl person confirm %s "
			   "--key %s"),
			 person, fingerprint);
	return 0;
}

static int run_identity(struct ctl *ctl)
{
	OWN_REPLY struct reply self = {0};
	OWN_REPLY struct reply person = {0};
	OWN_MEM char *path = NULL;
	OWN_MEM char *proof = NULL;
	struct call who = {.method = "Agent.WhoAmI"};
	struct call show = {.method = "Persons.Show"};

	DO(ctl_call(ctl, &who, &self));
	const char *id = json_get_text(self.at, "person");
	if (!id)
		return say_error(CLASSD_EXIT_AUTHORITY, json_get_text(self.at, "login"),
				 _("ask a security administrator to enter you (classctl person add)"),
				 _("you are not in the register of persons"));
	if (ctl_flag(ctl, "unlock-key"))
		return unlock_key_enroll(ctl, id);
	show.parameters = json_object();
	json_set_text(show.parameters, "id", id);
	DO(ctl_call(ctl, &show, &person));
	DO(choose_file(ctl, &path));
	OWN_MEM char *line = sign_public_line(path);
	if (!line)
		return say_error(CLASSD_EXIT_INPUT, path, _("make one with: ssh-keygen -t ed25519"),
				 _("this is no Ed25519 key; only these are taken, plain or on a token"));
	DO(prove(ctl, json_get(json_get(person.at, "person"), "keys"), path, line, &proof));
	return register_key(ctl, line, proof, id);
}

static const struct option_row identity_options[] = {
    {"key", 'k', OPTION_TEXT, "FILE", N_("register this key file (FILE.pub beside it)")},
    {"new", 0, OPTION_TEXT, "FILE", N_("make a key in this file first, with ssh-keygen")},
    {"unlock-key", 0, OPTION_FLAG, NULL, N_("make and register a key that unlocks levels, protected by a passphrase")},
    {"with", 0, OPTION_TEXT, "FILE", N_("an earlier registered key that signs for the new one")},
    {0},
};

const struct command identity_commands[] = {
    {"identity", GROUP_REGISTER, 0, 0, NULL, N_("make and register the key that your decisions are signed with"),
     run_identity, identity_options,
     N_("A first key waits until a security administrator confirms its fingerprint; later keys are signed by an "
	"earlier\n"
	"one. A key on a FIDO2 token is made with: ssh-keygen -t ed25519-sk -f FILE\n"
	"An unlock key is an age identity under a passphrase, in ~/.config/classd/unlock.age or the file of --new; it\n"
	"opens the levels that the policy has persons unlock, once an administrator has confirmed it."),
     "identity\nidentity --unlock-key\nidentity --key ~/.ssh/id_ed25519_sk\nidentity --new ~/.ssh/id_work --with "
     "~/.ssh/id_ed25519"},
    {0},
};
