#include "supervisor/enrol.h"

#include "system/files.h"
#include "system/log.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DIRECTORY     "protectors"
#define FILE_MAX      ((size_t)65536)
#define KEY_FILE_SIZE 65
#define BIT(kind)     (1u << (kind))
#define ALL_KINDS     (BIT(PROTECTOR_KINDS) - 1)

static int refuse(const char *format, ...) PRINTF_LIKE(1, 2);

static int refuse(const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* a cut reason is still a reason */
	va_end(args);
	log_say(LOG_ERROR, "%s", text);
	return PLACE_REFUSED;
}

static unsigned present(const struct protectors *p)
{
	unsigned kinds = 0;

	for (enum protector_kind kind = 0; kind < PROTECTOR_KINDS; kind++)
		kinds |= protectors_has(p, kind) ? BIT(kind) : 0;
	return kinds;
}

/* What opens though the TPM is gone. */
static unsigned outliving(unsigned kinds)
{
	for (enum protector_kind kind = 0; kind < PROTECTOR_KINDS; kind++)
		if (!protector_row(kind)->outlives_tpm)
			kinds &= ~BIT(kind);
	return kinds;
}

/* Opening with what exists */

static int open_alone(const struct protectors *p, enum protector_kind kind, int *ret_key)
{
	OWN_FD int fd = protectors_open_file(p, kind);
	OWN_FD int word = protectors_open_word(kind);
	struct helper_answer answer = {0};

	if (protector_row(kind)->prompt && word < 0)
		return 0; /* asked for later, when nothing else opens */
	TRY(protectors_try(p, kind, fd, word, ret_key, &answer));
	if (answer.exit != PROTECTOR_DONE)
		log_say(LOG_WARNING, "the protector '%s' does not open: %s", protector_row(kind)->name, answer.why);
	return 0;
}

static int open_asking(const struct protectors *p, enum protector_kind kind, int *ret_key, struct helper_answer *ret)
{
	OWN_FD int fd = protectors_open_file(p, kind);
	OWN_FD int word = -1;

	TRY(protectors_ask(p, kind, false, &word, ret));
	return ret->exit == PROTECTOR_DONE ? protectors_try(p, kind, fd, word, ret_key, ret) : 0;
}

static int open_one_alone(const struct protectors *p, unsigned kinds, int *ret_key, enum protector_kind *ret_kind)
{
	for (enum protector_kind kind = 0; kind < PROTECTOR_KINDS && *ret_key < 0; kind++) {
		*ret_kind = kind;
		if (kinds & BIT(kind))
			TRY(open_alone(p, kind, ret_key));
	}
	return 0;
}

/* One after the other, the one that is to be replaced at last: a token may be away, a passphrase forgotten. */
static int open_one_asking(const struct protectors *p, unsigned kinds, enum protector_kind last, int *ret_key,
			   enum protector_kind *ret_kind)
{
	struct helper_answer answer = {.exit = PROTECTOR_SHUT};

	for (unsigned i = 0; i < 2 * PROTECTOR_KINDS && *ret_key < 0; i++) {
		enum protector_kind kind = i % PROTECTOR_KINDS;

		if (!(kinds & BIT(kind)) || !protector_row(kind)->prompt || (kind == last) != (i >= PROTECTOR_KINDS))
			continue;
		if (answer.why[0])
			log_say(LOG_WARNING, "the protector '%s' does not open: %s", protector_row(*ret_kind)->name,
				answer.why);
		*ret_kind = kind;
		TRY(open_asking(p, kind, ret_key, &answer));
	}
	if (*ret_key >= 0)
		return 0;
	return answer.why[0] ? refuse("the protector '%s' does not open: %s; nothing has changed",
				      protector_row(*ret_kind)->name, answer.why)
			     : refuse("no protector that could open does; nothing has changed");
}

/* With one of these kinds: first whoever can open alone, then whoever needs a word. */
static int open_with(const struct protectors *p, unsigned kinds, enum protector_kind last, int *ret_key,
		     enum protector_kind *ret_kind)
{
	*ret_key = -1;
	TRY(open_one_alone(p, kinds, ret_key, ret_kind));
	return *ret_key < 0 ? open_one_asking(p, kinds, last, ret_key, ret_kind) : 0;
}

/* Making one */

static int ask_word(const struct protectors *p, enum protector_kind kind, int *ret_word)
{
	struct helper_answer answer = {0};

	*ret_word = -1;
	if (!protector_row(kind)->prompt)
		return 0;
	TRY(protectors_ask(p, kind, kind == PROTECTED_BY_PASSPHRASE, ret_word, &answer));
	return answer.exit == PROTECTOR_DONE ? 0 : refuse("%s; nothing has changed", answer.why);
}

/* A new protector under way. */
struct making {
	const struct protectors *p;
	const struct protector_row *row;
	enum protector_kind kind;
	int key;  /* pipe; each use takes a copy */
	int word; /* pipe; -1: it needs none */
	int directory;
	const char *name; /* in directory */
	char *new;	  /* until it has been proved */
};

static int copy_word(const struct making *m, int *ret)
{
	*ret = -1;
	return m->word < 0 ? 0 : helper_copy(m->word, ret);
}

static int make_file(const struct making *m, const char *const *parameters, struct buffer *ret)
{
	OWN_FD int key = -1;
	OWN_FD int word = -1;
	OWN_FD int made = -1;
	struct helper helper = {.program = m->p->program, .trial = m->p->place->trial, .words = {"make", m->row->name}};
	struct helper_answer answer = {0};
	int r;

	for (size_t i = 0; parameters[i]; i++)
		helper.words[i + 2] = parameters[i];
	TRY(helper_copy(m->key, &key));
	TRY(copy_word(m, &word));
	helper.fds[PROTECTOR_KEY] = key;
	helper.fds[PROTECTOR_WORD] = word;
	TRY(helper_make(&helper, m->p->timeout_ms, &made, &answer));
	if (answer.exit != PROTECTOR_DONE)
		return refuse("the protector '%s' cannot be made: %s; nothing has changed", m->row->name, answer.why);
	r = files_read_rest(&files_linux, made, FILE_MAX, ret);
	return r ? FAULT(-r, "read the new protector") : 0;
}

static int is_same_key(const struct making *m, int other, struct helper_answer *ret)
{
	OWN_FD int key = -1;
	struct helper helper = {.program = m->p->program, .trial = m->p->place->trial, .words = {"same"}};

	TRY(helper_copy(m->key, &key));
	helper.fds[PROTECTOR_KEY] = key;
	helper.fds[PROTECTOR_FILE] = other;
	return helper_act(&helper, m->p->timeout_ms, ret);
}

/* Opens what lies on the disk, as the next start would. */
static int prove(const struct making *m)
{
	OWN_FD int fd = openat(m->directory, m->new, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	OWN_FD int word = -1;
	OWN_FD int opened = -1;
	struct helper_answer answer = {0};

	if (fd < 0)
		return FAULT(errno, "open %s", m->new);
	TRY(copy_word(m, &word));
	TRY(protectors_try(m->p, m->kind, fd, word, &opened, &answer));
	if (answer.exit == PROTECTOR_DONE)
		TRY(is_same_key(m, opened, &answer));
	if (answer.exit == PROTECTOR_DONE)
		return 0;
	(void)unlinkat(m->directory, m->new, 0); /* the next try removes it first */
	return refuse("the new protector '%s' was made, but does not open: %s; nothing has changed", m->row->name,
		      answer.why);
}

static int publish(const struct making *m)
{
	const struct files *f = &files_linux;
	int r = f->move(f, m->directory, m->new, m->directory, m->name, RENAME_NOREPLACE);

	if (r == -EEXIST) {
		r = f->move(f, m->directory, m->new, m->directory, m->name, RENAME_EXCHANGE);
		if (r == 0)
			r = f->sync(f, m->directory);
		if (r == 0)
			r = f->unlink(f, m->directory, m->new); /* the one before */
	}
	if (r == 0)
		r = f->sync(f, m->directory);
	return r ? FAULT(-r, "publish %s", m->name) : 0;
}

static int write_new(const struct making *m, struct bytes content)
{
	const struct files *f = &files_linux;
	int r = f->unlink(f, m->directory, m->new); /* of a run that did not come this far */

	if (r && r != -ENOENT)
		return FAULT(-r, "remove %s", m->new);
	r = files_create_whole(f, m->directory, m->new, 0400, content);
	return r ? FAULT(-r, "write %s", m->new) : 0;
}

/* From now on a protector that holds another key is passed over at start. */
static int keep_mark(const struct making *m)
{
	OWN_FD int key = -1;
	OWN_FD int made = -1;
	OWN_BUFFER struct buffer mark = {0};
	struct helper helper = {.program = m->p->program, .trial = m->p->place->trial, .words = {"mark"}};
	struct helper_answer answer = {0};
	int r;

	if (faccessat(m->p->place->state_fd, PROTECTORS_MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	TRY(helper_copy(m->key, &key));
	helper.fds[PROTECTOR_KEY] = key;
	TRY(helper_make(&helper, m->p->timeout_ms, &made, &answer));
	if (answer.exit != PROTECTOR_DONE)
		return FAULT(EIO, "mark the machine key");
	r = files_read_rest(&files_linux, made, FILE_MAX, &mark);
	if (r == 0)
		r = files_create_whole(&files_linux, m->p->place->state_fd, PROTECTORS_MARK, 0444, buffer_bytes(&mark));
	return r ? FAULT(-r, "write %s", PROTECTORS_MARK) : 0;
}

static int make(const struct making *m, const char *const *parameters)
{
	OWN_BUFFER struct buffer file = {0};
	int r = make_file(m, parameters, &file);

	if (r)
		return r;
	TRY(keep_mark(m));
	TRY(write_new(m, buffer_bytes(&file)));
	r = prove(m);
	return r ? r : publish(m);
}

static int check_kind(const struct protectors *p, enum protector_kind kind, const char *typed)
{
	if (kind == PROTECTOR_KINDS)
		return refuse("there is no kind of protector '%s': passphrase, tpm2 or pkcs11", typed);
	if (kind == PROTECTED_BY_CREDENTIAL)
		return refuse("a credential is made with systemd-creds, see classd(8)");
	if (kind == PROTECTED_BY_NOTHING)
		return refuse("a plain file protects nothing; it is what --init leaves until it is removed");
	if (kind == PROTECTED_BY_TPM && !(outliving(present(p)) & ~BIT(PROTECTED_BY_NOTHING)))
		return refuse("a TPM alone can be cleared, or die with its board, and every document with it: first "
			      "classd --protect passphrase (or pkcs11)");
	return 0;
}

static int say_made(const struct protectors *p, const struct making *m, enum protector_kind by)
{
	(void)printf(
	    "The machine key is protected by '%s' too; it was opened with it just now, and before with '%s'.\n",
	    m->row->name, protector_row(by)->name);
	if (protectors_has(p, PROTECTED_BY_NOTHING))
		(void)printf("It still lies in clear in %s/machine.key: classd --unprotect file\n",
			     p->place->state_dir);
	return 0;
}

int enrol_protect(const struct protectors *p, const struct enrolment *what)
{
	enum protector_kind kind = protector_kind_find(what->kind), by;
	OWN_FD int directory = openat(p->place->state_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	OWN_FD int key = -1;
	OWN_FD int word = -1;
	OWN_MEM char *new = NULL;
	struct making m = {.p = p, .kind = kind, .directory = directory};
	int r = check_kind(p, kind, what->kind);

	if (r)
		return r;
	if (directory < 0)
		return FAULT(errno, "open " DIRECTORY);
	/* The second protector of a TPM proves that it works by being the one that opens now. */
	r = open_with(p, kind == PROTECTED_BY_TPM ? outliving(present(p)) & ~BIT(PROTECTED_BY_NOTHING) : present(p),
		      kind, &key, &by);
	if (r == 0)
		r = ask_word(p, kind, &word);
	if (r)
		return r;
	m.row = protector_row(kind);
	m.name = m.row->file + strlen(DIRECTORY "/");
	m.new = new = text_format("%s.new", m.name);
	m.key = key;
	m.word = word;
	if (!new)
		return FAULT(ENOMEM, "name a protector");
	r = make(&m, what->parameters);
	return r ? r : say_made(p, &m, by);
}

/* Removing one */

/* One that stays must open now; beside a TPM, one that outlives it. */
static int check_rest(const struct protectors *p, enum protector_kind kind)
{
	unsigned rest = present(p) & ~BIT(kind);
	enum protector_kind by;
	OWN_FD int key = -1;
	int r;

	if (!rest)
		return refuse("'%s' is the last protector of the machine key: without it every document is lost; first "
			      "classd --protect passphrase",
			      protector_row(kind)->name);
	if ((rest & BIT(PROTECTED_BY_TPM)) && !outliving(rest))
		return refuse(
		    "that would leave the TPM alone, which can be cleared or die with its board: first classd "
		    "--protect passphrase (or pkcs11)");
	r = open_with(p, (rest & BIT(PROTECTED_BY_TPM)) ? outliving(rest) : rest, kind, &key, &by);
	if (r == 0)
		(void)printf("The machine key opens with '%s'.\n", protector_row(by)->name);
	return r;
}

/* The blocks of a key in clear are written over first: on a magnetic disk that is the end of them. */
static int write_over(const struct protectors *p, const char *file)
{
	static const uint8_t zeros[KEY_FILE_SIZE];
	OWN_FD int fd = -1;
	int r;

	if (fchmodat(p->place->state_fd, file, 0600, 0) == 0) /* it is nobody's to write */
		fd = openat(p->place->state_fd, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return FAULT(errno, "open %s", file);
	r = files_write_all(&files_linux, fd, zeros, sizeof(zeros));
	if (r == 0)
		r = files_linux.sync(&files_linux, fd);
	return r ? FAULT(-r, "write over %s", file) : 0;
}

static int remove_file(const struct protectors *p, enum protector_kind kind)
{
	const char *file = protector_row(kind)->file;
	OWN_FD int directory =
	    openat(p->place->state_fd, strchr(file, '/') ? DIRECTORY : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *name = strchr(file, '/') ? strchr(file, '/') + 1 : file;
	int r;

	if (directory < 0)
		return FAULT(errno, "open the directory of %s", file);
	if (kind == PROTECTED_BY_NOTHING)
		TRY(write_over(p, file));
	r = files_linux.unlink(&files_linux, directory, name);
	if (r == 0)
		r = files_linux.sync(&files_linux, directory);
	return r ? FAULT(-r, "remove %s", file) : 0;
}

int enrol_unprotect(const struct protectors *p, const struct enrolment *what)
{
	enum protector_kind kind = protector_kind_find(what->kind);
	int r;

	if (kind == PROTECTOR_KINDS || !(present(p) & BIT(kind)))
		return refuse("there is no protector '%s' here: classd --protectors", what->kind);
	if (kind == PROTECTED_BY_CREDENTIAL)
		return refuse("a credential is the service manager's: remove it from the unit and its file");
	r = check_rest(p, kind);
	if (r)
		return r;
	TRY(remove_file(p, kind));
	(void)printf("The protector '%s' is removed.\n", what->kind);
	if (kind == PROTECTED_BY_NOTHING)
		(void)printf(
		    "Old blocks of it may stay on an SSD, in a snapshot or a backup: whoever finds them has the "
		    "key. Where that matters, encrypt the disk, or begin with a new state.\n");
	if (kind != PROTECTED_BY_NOTHING)
		(void)printf("A copy of its file in a backup still opens with what it needed.\n");
	return 0;
}

/* The table */

static int show_one(const struct protectors *p, enum protector_kind kind, bool *all_work)
{
	const struct protector_row *row = protector_row(kind);
	OWN_FD int fd = protectors_open_file(p, kind);
	OWN_FD int word = protectors_open_word(kind);
	OWN_FD int key = -1;
	struct helper_answer answer = {0};
	char since[32];

	protectors_since(p, kind, since);
	TRY(protectors_try(p, kind, fd, word, &key, &answer));
	if (answer.exit != PROTECTOR_DONE && answer.exit != PROTECTOR_NEEDS_WORD)
		*all_work = false;
	(void)printf("%-12s %-22s %s%s%s\n%-12s a thief of the disk needs: %s\n", row->name, since[0] ? since : "-",
		     answer.exit == PROTECTOR_DONE	   ? "works"
		     : answer.exit == PROTECTOR_NEEDS_WORD ? "not tried"
							   : "does not work",
		     answer.exit == PROTECTOR_DONE ? "" : ": ", answer.why, "", row->thief);
	return 0;
}

int enrol_show(const struct protectors *p, bool *ret_all_work)
{
	unsigned kinds = present(p);

	*ret_all_work = kinds != 0;
	if (!kinds)
		(void)printf("There is no protector of a machine key in %s. One that the service manager has as a "
			     "credential is seen only by the service.\n",
			     p->place->state_dir);
	for (enum protector_kind kind = 0; kind < PROTECTOR_KINDS; kind++)
		if (kinds & BIT(kind))
			TRY(show_one(p, kind, ret_all_work));
	if (protectors_are_none(p))
		(void)printf(
		    "\nThe machine key lies in clear on a disk that is not encrypted: classd --protect passphrase, "
		    "then classd --unprotect file\n");
	if ((kinds & BIT(PROTECTED_BY_TPM)) && !(outliving(kinds) & ~BIT(PROTECTED_BY_NOTHING)))
		(void)printf(
		    "\nThe TPM is nearly alone: classd --protect passphrase before anything else is removed\n");
	return 0;
}
