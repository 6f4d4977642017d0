/* classd-protector: one act, see classd/protector.h. */
#include "protector/protector.h"

#include "base/text.h"
#include "library/machine_key.h"
#include "protector/record.h"
#include "system/capabilities.h"
#include "system/log.h"
#include "system/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define EXIT_NOT_STARTED_BY_CLASSD 64

const char *act_parameter(const struct act *act, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; act->parameters[i]; i++)
		if (text_starts(act->parameters[i], name) && act->parameters[i][n] == '=')
			return act->parameters[i] + n + 1;
	return "";
}

int act_say(struct act *act, enum protector_exit exit, const char *format, ...)
{
	OWN_MEM char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL; /* the exit status says the most important */
	va_end(args);
	free(act->why);
	act->why = steal(&text);
	return exit;
}

/* Descriptors */

static int fill_word(uint8_t *at, size_t *n, void *context)
{
	int *error = context;
	size_t got = 0;
	ssize_t more = 1;

	while (got < *n && more > 0) {
		more = read(PROTECTOR_WORD, at + got, *n - got);
		if (more < 0 && errno == EINTR)
			more = 1;
		else if (more > 0)
			got += (size_t)more;
	}
	*error = more < 0 ? errno : 0;
	*n = got > 0 && at[got - 1] == '\n' ? got - 1 : got; /* of a credential that was made with an editor */
	return 0;
}

static int read_word(struct act *act)
{
	OWNED(secret) struct secret *word = NULL;
	int error;

	TRY(secret_new_filled(PROTECTOR_WORD_MAX, fill_word, &error, &word));
	if (error)
		return FAULT(error, "read the passphrase or PIN");
	if (secret_length(word) > 0)
		act->word = steal(&word);
	return 0;
}

static int write_out(struct bytes bytes, void *context)
{
	int r = files_write_all(&files_linux, PROTECTOR_OUT, bytes.at, bytes.n);

	(void)context;
	return r ? FAULT(-r, "write what was made") : 0;
}

/* A key of another machine, or an older one of this, would open none of the keeper's keys. */
static int check_mark(struct act *act, const struct secret *key)
{
	OWNED(secret) struct secret *mark = NULL;
	OWNED(secret) struct secret *wanted = NULL;
	OWN_BUFFER struct buffer line = {0};
	int r = files_read_rest(&files_linux, PROTECTOR_MARK, MACHINE_KEY_LINE, &line);

	if (r)
		return FAULT(-r, "read the machine's mark");
	if (line.n == 0)
		return 0;
	r = machine_key_from_text(buffer_bytes(&line), &wanted);
	TRY(r);
	TRY(machine_key_mark(key, &mark));
	return r == 0 && secret_equal(mark, wanted)
		   ? 0
		   : act_say(act, PROTECTOR_DIFFERS, "it holds the key of another machine or of an earlier time");
}

/* Acts */

static int say_no_key(struct act *act, int r)
{
	return r == MACHINE_KEY_NONE ? act_say(act, PROTECTOR_SHUT, "what it holds is no machine key") : r;
}

static int parse_line(struct bytes line, void *context)
{
	return machine_key_from_text(line, context);
}

static int open_kind(struct act *act, const struct kind *kind, struct secret **ret)
{
	OWNED(secret) struct secret *line = NULL;
	int r;

	if (!kind->open)
		return say_no_key(act, machine_key_read(&files_linux, PROTECTOR_FILE, ret));
	r = files_read_rest(&files_linux, PROTECTOR_FILE, RECORD_FILE_MAX, &act->file);
	if (r == -EFBIG)
		return act_say(act, PROTECTOR_SHUT, "the file is damaged");
	if (r)
		return FAULT(-r, "read a protector");
	TRY(read_word(act));
	r = kind->open(act, &line);
	return r ? r : say_no_key(act, secret_lend(line, parse_line, ret));
}

static int act_open(struct act *act, const struct kind *kind)
{
	OWNED(secret) struct secret *key = NULL;
	int r = open_kind(act, kind, &key);

	if (r == 0)
		r = check_mark(act, key);
	return r ? r : machine_key_write(&files_linux, PROTECTOR_OUT, key);
}

static int read_key(int fd, struct secret **ret)
{
	int r = machine_key_read(&files_linux, fd, ret);

	return r > 0 ? FAULT(EINVAL, "no machine key was handed over") : r;
}

static int act_make(struct act *act, const struct kind *kind)
{
	OWNED(secret) struct secret *key = NULL;
	OWNED(secret) struct secret *line = NULL;
	OWN_BUFFER struct buffer file = {0};
	int r;

	if (!kind->make)
		return act_say(act, PROTECTOR_SHUT, "it is not made by classd");
	TRY(read_key(PROTECTOR_KEY, &key));
	TRY(machine_key_to_text(key, &line));
	TRY(read_word(act));
	r = kind->make(act, line, &file);
	return r ? r : write_out(buffer_bytes(&file), NULL);
}

static int act_same(struct act *act, const struct kind *kind)
{
	OWNED(secret) struct secret *a = NULL;
	OWNED(secret) struct secret *b = NULL;

	(void)kind;
	TRY(read_key(PROTECTOR_KEY, &a));
	TRY(read_key(PROTECTOR_FILE, &b));
	return secret_equal(a, b) ? 0 : act_say(act, PROTECTOR_DIFFERS, "it opens another key");
}

static int act_mark(struct act *act, const struct kind *kind)
{
	OWNED(secret) struct secret *key = NULL;
	OWNED(secret) struct secret *mark = NULL;

	(void)act;
	(void)kind;
	TRY(read_key(PROTECTOR_KEY, &key));
	TRY(machine_key_mark(key, &mark));
	return machine_key_write(&files_linux, PROTECTOR_OUT, mark);
}

static int act_ask(struct act *act, const struct kind *kind)
{
	OWNED(secret) struct secret *word = NULL;
	int r = ask(act, &word);

	(void)kind;
	return r ? r : secret_lend(word, write_out, NULL);
}

static const struct operation {
	const char *name;
	bool has_kind;
	int (*run)(struct act *act, const struct kind *kind);
} operations[] = {
    {"open", true, act_open},  {"make", true, act_make}, {"same", false, act_same},
    {"mark", false, act_mark}, {"ask", false, act_ask},
};

static const struct operation *operation_find(const char *name)
{
	for (size_t i = 0; i < array_n(operations); i++)
		if (text_equal(operations[i].name, name))
			return &operations[i];
	return NULL;
}

/* The process */

/* Devices and tokens are often not root's own; nothing else of root's powers is needed. */
static int drop_powers(void)
{
	static const int kept[] = {CAP_DAC_OVERRIDE, CAP_IPC_LOCK, -1};
	bool has_all = true;

	TRY(sandbox_prepare(getppid()));
	TRY(capabilities_keep(kept, &has_all));
	/* What foreign libraries keep of the key is not in our locked memory. Without the capability a limit would make
	 * them fail instead. */
	if (has_all && mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		return FAULT(errno, "lock the memory");
	return 0;
}

static int run(struct act *act, int argc, char **argv)
{
	const struct operation *operation = argc > 1 ? operation_find(argv[1]) : NULL;
	const struct kind *kind = argc > 2 ? kind_find(argv[2]) : NULL;
	int first = operation && operation->has_kind ? 3 : 2;
	struct stat out;

	if (!operation || (operation->has_kind && !kind) || argc - first > PARAMETERS_MAX ||
	    fstat(PROTECTOR_MARK, &out)) {
		(void)fprintf(stderr, "%s: a part of classd, started by it alone; see classd(8)\n", argv[0]);
		return EXIT_NOT_STARTED_BY_CLASSD;
	}
	for (int i = first; i < argc; i++)
		act->parameters[i - first] = argv[i];
	TRY(drop_powers());
	TRY(sodium_start());
	return operation->run(act, kind);
}

int main(int argc, char **argv)
{
	struct act act = {0};
	int r;

	log_start();
	r = run(&act, argc, argv);
	if (act.why)
		(void)printf("%s\n", act.why);
	secret_free(act.word);
	wipe(act.file.at, act.file.n);
	buffer_done(&act.file);
	free(act.why);
	return r < 0 ? PROTECTOR_BROKEN : r;
}
