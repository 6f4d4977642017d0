#include "supervisor/protectors.h"

#include "system/log.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#define PASSPHRASE_AT "12" /* characters, at least */
#define TRIES	      3
#define SLAVES_DEEP   4

static const struct protector_row rows[PROTECTOR_KINDS] = {
    [PROTECTED_BY_CREDENTIAL] =
	{"credential", NULL, "classd.machine-key", NULL,
	 "what the service manager sealed it with (systemd-creds): this machine's TPM, or nothing "
	 "more than the same disk",
	 false},
    [PROTECTED_BY_TPM] = {"tpm2", "protectors/tpm2", NULL, NULL, "this machine's TPM, running", false},
    [PROTECTED_BY_TOKEN] = {"pkcs11", "protectors/pkcs11", "classd.pkcs11-pin", "PIN of the token",
			    "the token and its PIN", true},
    [PROTECTED_BY_PASSPHRASE] = {"passphrase", "protectors/passphrase.age", "classd.passphrase", "Passphrase",
				 "the passphrase; each guess costs 256 MiB and a second", true},
    [PROTECTED_BY_NOTHING] = {"file", "machine.key", NULL, NULL, "nothing: it lies in clear", true},
};

const struct protector_row *protector_row(enum protector_kind kind)
{
	return &rows[kind];
}

enum protector_kind protector_kind_find(const char *name)
{
	for (enum protector_kind kind = 0; kind < PROTECTOR_KINDS; kind++)
		if (text_equal(rows[kind].name, name))
			return kind;
	return PROTECTOR_KINDS;
}

/* Files */

static int open_credential(const char *name)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	OWN_MEM char *path = directory ? text_format("%s/%s", directory, name) : NULL;

	errno = ENOENT;
	return path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
}

int protectors_open_file(const struct protectors *p, enum protector_kind kind)
{
	const struct protector_row *row = &rows[kind];

	return row->file ? openat(p->place->state_fd, row->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
			 : open_credential(row->credential);
}

bool protectors_has(const struct protectors *p, enum protector_kind kind)
{
	OWN_FD int fd = protectors_open_file(p, kind);

	return fd >= 0;
}

int protectors_open_word(enum protector_kind kind)
{
	return rows[kind].file && rows[kind].credential ? open_credential(rows[kind].credential) : -1;
}

void protectors_since(const struct protectors *p, enum protector_kind kind, char ret[32])
{
	OWN_FD int fd = protectors_open_file(p, kind);
	struct stat st;
	struct tm utc;

	ret[0] = 0;
	if (rows[kind].file && fd >= 0 && fstat(fd, &st) == 0 && gmtime_r(&st.st_mtime, &utc))
		(void)strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &utc); /* it fits */
}

void protectors_list(const struct protectors *p, struct buffer *ret)
{
	for (enum protector_kind kind = 0; kind < PROTECTOR_KINDS; kind++) {
		char since[32];

		if (!protectors_has(p, kind))
			continue;
		protectors_since(p, kind, since);
		buffer_add_format(ret, "%s %s\n", rows[kind].name, since[0] ? since : "-");
	}
}

/* A device mapper target of dm-crypt, or one that lies on nothing but such. */
static bool is_crypt(const char *device, unsigned deep)
{
	OWN_MEM char *uuid = text_format("%s/dm/uuid", device);
	OWN_MEM char *slaves = text_format("%s/slaves", device);
	OWN_FD int fd = uuid ? open(uuid, O_RDONLY | O_CLOEXEC) : -1;
	char start[6] = "";
	DIR *dir;
	bool all = false;

	if (fd >= 0 && read(fd, start, sizeof(start)) == (ssize_t)sizeof(start) && memcmp(start, "CRYPT-", 6) == 0)
		return true;
	dir = slaves && deep > 0 ? opendir(slaves) : NULL;
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		OWN_MEM char *below = text_format("%s/%s", slaves, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		all = below && is_crypt(below, deep - 1);
		if (!all)
			break;
	}
	if (dir)
		(void)closedir(dir); /* only read */
	return all;
}

static bool is_on_encrypted_disk(int fd)
{
	struct stat st;
	OWN_MEM char *device =
	    fstat(fd, &st) == 0 ? text_format("/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev)) : NULL;

	return device && is_crypt(device, SLAVES_DEEP);
}

bool protectors_are_none(const struct protectors *p)
{
	return protectors_has(p, PROTECTED_BY_NOTHING) && !is_on_encrypted_disk(p->place->state_fd);
}

/* Acts */

static struct helper opening(const struct protectors *p, enum protector_kind kind, const int fds[3])
{
	return (struct helper){
	    .program = p->program,
	    .trial = p->place->trial,
	    .words = {"open", rows[kind].name},
	    .fds = {[PROTECTOR_FILE] = fds[0], [PROTECTOR_WORD] = fds[1], [PROTECTOR_MARK] = fds[2]}};
}

static int open_mark(const struct protectors *p)
{
	return openat(p->place->state_fd, PROTECTORS_MARK, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

int protectors_try(const struct protectors *p, enum protector_kind kind, int fd, int word, int *ret_key,
		   struct helper_answer *ret)
{
	OWN_FD int mark = open_mark(p);
	struct helper helper = opening(p, kind, (const int[3]){fd, word, mark});

	return helper_make(&helper, p->timeout_ms, ret_key, ret);
}

int protectors_start(const struct protectors *p, enum protector_kind kind, const int file_and_word[2],
		     struct helper_run *ret, int *ret_key)
{
	OWN_FD int mark = open_mark(p);
	struct helper helper = opening(p, kind, (const int[3]){file_and_word[0], file_and_word[1], mark});

	return helper_start_making(&helper, ret, ret_key);
}

int protectors_ask(const struct protectors *p, enum protector_kind kind, bool is_new, int *ret_word,
		   struct helper_answer *ret)
{
	OWN_MEM char *prompt = text_format("prompt=%s%s", is_new ? "New passphrase" : rows[kind].prompt,
					   is_new ? " (at least " PASSPHRASE_AT " characters)" : "");
	struct helper helper = {.program = p->program,
				.trial = p->place->trial,
				.words = {"ask", prompt, is_new ? "least=" PASSPHRASE_AT : NULL, "twice=Once more"}};

	return prompt ? helper_make(&helper, 0, ret_word, ret) : FAULT(ENOMEM, "ask for a passphrase");
}

/* At start */

static int say_shut(struct protectors_opened *o, enum protector_kind kind, const struct helper_answer *answer)
{
	char *longer =
	    text_format("%s%s%s: %s", o->why ? o->why : "", o->why ? "; " : "", rows[kind].name, answer->why);

	log_say(answer->exit == PROTECTOR_NEEDS_WORD ? LOG_NOTICE : LOG_WARNING,
		"the protector '%s' of the machine key does not open: %s", rows[kind].name, answer->why);
	free(o->why);
	o->why = longer;
	return longer ? 0 : FAULT(ENOMEM, "keep why a protector does not open");
}

/* Without a person at hand. */
static int try_alone(const struct protectors *p, enum protector_kind kind, int fd, struct protectors_opened *o)
{
	OWN_FD int word = protectors_open_word(kind);
	struct helper_answer answer = {0};

	TRY(protectors_try(p, kind, fd, word, &o->key, &answer));
	if (answer.exit == PROTECTOR_DONE)
		o->kind = kind;
	return answer.exit == PROTECTOR_DONE ? 0 : say_shut(o, kind, &answer);
}

/* A few tries where somebody types, one where a program does. */
static int try_asking(const struct protectors *p, enum protector_kind kind, int fd, struct protectors_opened *o)
{
	struct helper_answer answer = {.exit = PROTECTOR_WRONG_WORD};
	unsigned tries = isatty(STDIN_FILENO) ? TRIES : 1;

	for (unsigned i = 0; i < tries && answer.exit == PROTECTOR_WRONG_WORD; i++) {
		OWN_FD int word = -1;

		if (lseek(fd, 0, SEEK_SET) < 0)
			return FAULT(errno, "read %s again", rows[kind].file);
		TRY(protectors_ask(p, kind, false, &word, &answer));
		if (answer.exit == PROTECTOR_DONE)
			TRY(protectors_try(p, kind, fd, word, &o->key, &answer));
		if (answer.exit == PROTECTOR_WRONG_WORD)
			log_say(LOG_ERROR, "%s; nothing has changed", answer.why);
	}
	if (answer.exit == PROTECTOR_DONE) {
		o->kind = kind;
		return 0;
	}
	if (answer.exit != PROTECTOR_WRONG_WORD)
		log_say(LOG_ERROR, "the protector '%s' does not open: %s", rows[kind].name, answer.why);
	return PLACE_REFUSED;
}

int protectors_open(const struct protectors *p, unsigned ask, struct protectors_opened *ret)
{
	struct protectors_opened o = {.key = -1, .kind = PROTECTOR_KINDS};

	for (enum protector_kind kind = 0; kind < PROTECTOR_KINDS && o.key < 0; kind++) {
		OWN_FD int fd = protectors_open_file(p, kind);
		bool asks = ask & (1u << kind);
		int r;

		if (fd < 0 && asks)
			log_say(LOG_ERROR, "there is no protector '%s': classd --protectors", rows[kind].name);
		if (fd < 0 && !asks)
			continue;
		r = fd < 0 ? PLACE_REFUSED : asks ? try_asking(p, kind, fd, &o) : try_alone(p, kind, fd, &o);
		if (r) {
			close_fd(&o.key);
			free(o.why);
			return r;
		}
	}
	*ret = o;
	return 0;
}
