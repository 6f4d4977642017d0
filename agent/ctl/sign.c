#include "ctl/sign.h"

#include "base/text.h"
#include "ctl/child.h"
#include "library/signature.h"
#include "library/ssh_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/mman.h>

/* At most room bytes of a file that belongs to the caller. -1: not readable. */
static ssize_t read_small(const char *path, uint8_t *ret, size_t room)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t n = 0;

	while (fd >= 0 && n < room) {
		ssize_t got = read(fd, ret + n, room - n);

		if (got < 0)
			return -1;
		if (got == 0)
			return (ssize_t)n;
		n += (size_t)got;
	}
	return -1;
}

char *sign_default_file(void)
{
	const char *home = getenv("HOME");
	const struct passwd *self = text_is_empty(home) ? getpwuid(getuid()) : NULL;

	if (self)
		home = self->pw_dir;
	return text_is_empty(home) ? NULL : text_format("%s/.ssh/id_ed25519", home);
}

static bool read_public(const char *path, struct ssh_public_key *ret)
{
	uint8_t at[8192];
	OWN_MEM char *name = text_ends(path, ".pub") ? text_copy(path) : text_format("%s.pub", path);
	ssize_t n = name ? read_small(name, at, sizeof(at)) : -1;

	return n > 0 && ssh_public_key_parse_line(bytes_of(at, (size_t)n), ret) == 0;
}

char *sign_public_line(const char *path)
{
	struct ssh_public_key key;
	OWN_BUFFER struct buffer line = {0};

	if (!read_public(path, &key))
		return NULL;
	ssh_public_key_write_line(&key, &line);
	return buffer_steal_text(&line);
}

static int armor(const struct sshsig *s, char **ret)
{
	OWN_BUFFER struct buffer text = {0};

	sshsig_write_armor(s, &text);
	*ret = buffer_steal_text(&text);
	return *ret ? 0 : FAULT(ENOMEM, "a signature");
}

static int say_not_signed(const char *where)
{
	OWN_MEM char *safe = say_safe(where);

	return say_error(CLASSD_EXIT_FAILED, safe, _("check the key and its passphrase or token, then try again"),
			 _("the text was not signed; nothing was changed"));
}

/* The text in memory that has a descriptor: no temporary file of a label ever lies on a disk. */
static int memory_of(const char *text, int *ret)
{
	OWN_FD int fd = memfd_create("classctl", MFD_CLOEXEC);

	if (fd < 0)
		return FAULT(errno, "memory for a text");
	if (text && (write(fd, text, strlen(text)) != (ssize_t)strlen(text) || lseek(fd, 0, SEEK_SET) != 0))
		return FAULT(errno ? errno : EIO, "write a text to memory");
	*ret = steal_fd(&fd);
	return 0;
}

static int sign_by_keygen(const char *path, const char *text, const char *space, char **ret)
{
	const char *const argv[] = {"ssh-keygen", "-q", "-Y", "sign", "-f", path, "-n", space, NULL};
	const struct signature_demand demand = {.space = space};
	OWN_FD int in = -1;
	OWN_FD int out = -1;
	char made[SSHSIG_ARMOR_MAX + 1];
	int status;

	DO(memory_of(text, &in));
	DO(memory_of(NULL, &out));
	DO(child_run(argv, in, out, &status));
	ssize_t n = pread(out, made, sizeof(made) - 1, 0);
	if (status != 0 || n <= 0)
		return say_not_signed(path);
	made[n] = 0;
	int outcome = signature_verify(bytes_of_text(text), bytes_of_text(made), &demand, NULL);
	TRY(outcome);
	if (outcome)
		return say_not_signed(path);
	*ret = text_copy(made);
	return *ret ? 0 : FAULT(ENOMEM, "a signature");
}

int sign_with_file(const char *path, const char *text, const char *space, char **ret)
{
	uint8_t file[SSH_KEY_FILE_MAX];
	OWNED(secret) struct secret *seed = NULL;
	struct ssh_public_key key;
	struct sshsig made;
	ssize_t n = read_small(path, file, sizeof(file));

	if (n < 0) {
		OWN_MEM char *where = say_safe(path);
		return say_error(CLASSD_EXIT_INPUT, where, _("name a private key file, or run: classctl identity"),
				 _("the key file cannot be read"));
	}
	TRY(sodium_start());
	int outcome = signature_key_load(bytes_of(file, (size_t)n), &key, &seed);
	wipe(file, sizeof(file));
	TRY(outcome);
	if (outcome) /* a passphrase, a token, or an agent behind a public key: ssh-keygen knows them all */
		return sign_by_keygen(path, text, space, ret);
	DO(signature_sign(bytes_of_text(text), space, seed, &made));
	return armor(&made, ret);
}

/* Is this key in the register as the caller's, and not revoked? */
static bool is_registered(struct json_view keys, const struct ssh_public_key *key)
{
	char fingerprint[FINGERPRINT_TEXT];

	signature_fingerprint(key, fingerprint);
	for (size_t i = 0; i < json_n(keys); i++) {
		struct json_view row = json_at(keys, i);

		if (text_equal(json_get_text(row, "fingerprint"), fingerprint) &&
		    !text_equal(json_get_text(row, "state"), "revoked"))
			return true;
	}
	return false;
}

/* ret: NULL when the agent holds none of the keys. */
static int sign_by_agent(struct json_view keys, const char *text, const char *space, char **ret)
{
	struct ssh_agent_key held[SSH_AGENT_KEYS_MAX];
	const char *path = getenv("SSH_AUTH_SOCK");
	OWN_FD int fd = -1;
	size_t n = 0;

	if (text_is_empty(path) || ssh_agent_open(path, &fd) != 0 || ssh_agent_list(fd, held, array_n(held), &n) != 0)
		return 0; /* no agent that helps: a key file may */
	for (size_t i = 0; i < n; i++) {
		struct sshsig made = {0};

		if (!is_registered(keys, &held[i].key))
			continue;
		int outcome = ssh_agent_sign(fd, &held[i].key, bytes_of_text(text), space, &made);
		TRY(outcome);
		return outcome ? say_not_signed(held[i].comment) : armor(&made, ret);
	}
	return 0;
}

static int keys_of_caller(struct ctl *ctl, struct reply *ret)
{
	OWN_REPLY struct reply self = {0};
	struct call who = {.method = "Agent.WhoAmI"};
	struct call show = {.method = "Persons.Show", .parameters = json_object()};

	DO(ctl_call(ctl, &who, &self));
	json_set_text(show.parameters, "id", json_get_text(self.at, "person"));
	return ctl_call(ctl, &show, ret);
}

int sign_text(struct ctl *ctl, const char *text, const char *space, char **ret)
{
	OWN_MEM char *file = sign_default_file();
	OWN_REPLY struct reply person = {0};
	struct ssh_public_key key;

	if (ctl_text(ctl, "key"))
		return sign_with_file(ctl_text(ctl, "key"), text, space, ret);
	DO(keys_of_caller(ctl, &person));
	struct json_view keys = json_get(json_get(person.at, "person"), "keys");
	*ret = NULL;
	DO(sign_by_agent(keys, text, space, ret));
	if (*ret)
		return 0;
	if (file && read_public(file, &key) && is_registered(keys, &key))
		return sign_with_file(file, text, space, ret);
	return say_error(CLASSD_EXIT_INPUT, NULL,
			 _("make and register one with classctl identity, or name a registered one with --key FILE"),
			 _("none of your registered keys is here: not in ssh-agent, not in ~/.ssh"));
}
