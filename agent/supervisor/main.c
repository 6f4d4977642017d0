/* classd: see classd(8). Parses its command line and its root-owned configuration, and nothing else. */
#include "supervisor/enrol.h"
#include "supervisor/restore.h"
#include "supervisor/supervise.h"

#include "system/log.h"

#include "base/text.h"
#include "classd/exit.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HIGH_FD 16 /* programs lie above the descriptors that a child arranges for itself */

struct options {
	const char *config;
	const char *escrow_out;
	const char *protect, *unprotect;
	const char *restore, *identity;
	const char *tcti, *pcrs, *module, *token, *key;
	bool trial, init, check_config, mount_checkouts, protectors, ask_passphrase, ask_pin, help, version;
};

static const char usage[] =
    "usage: classd [--ask-passphrase] [--ask-pin] [--config FILE] [--trial]\n"
    "       classd --init --escrow-out PATH [--config FILE] [--trial]\n"
    "       classd --protect KIND [OPTION]... | --unprotect KIND | --protectors [--config FILE] [--trial]\n"
    "       classd --restore FILE --identity FILE [--config FILE] [--trial]\n"
    "       classd --check-config [--config FILE] [--trial]\n"
    "\n"
    "Watches folders, keeps the classification record of every file there and the files encrypted.\n"
    "\n"
    "  --config FILE        configuration (default /etc/classd/classd.yaml)\n"
    "  --trial              for trials: a state of its own, file clocks, one user for all roles where need be\n"
    "  --ask-passphrase     ask for the passphrase of the machine key: at the terminal, or a line of standard input\n"
    "  --ask-pin            the same for the PIN of its token\n"
    "  --init               first start: make the keys, write the escrow identity once, end\n"
    "  --escrow-out PATH    where --init writes it; the file must not exist; move it off this machine\n"
    "  --restore FILE       make the state from a backup where there is none, end; see classctl backup\n"
    "  --identity FILE      the escrow identity that opens it\n"
    "  --check-config       check the configuration and end\n"
    "  --mount-checkouts    mount the memory file system for opened documents and end (for the service manager)\n"
    "  --version, --help\n"
    "\n"
    "The machine key, while the agent is stopped:\n"
    "  --protect KIND       protect it by one more: passphrase, tpm2 or pkcs11\n"
    "  --unprotect KIND     remove a protector, 'file' too, after another one has proved that it works\n"
    "  --protectors         what protects it, whether that works, and what a thief of the disk needs\n"
    "  --tcti NAME          tpm2: the way to it (default device:/dev/tpmrm0)\n"
    "  --pcrs LIST          tpm2: only while these PCRs are as now, as 7 or 0,7 (default none)\n"
    "  --module PATH        pkcs11: the module\n"
    "  --token LABEL        pkcs11: the token\n"
    "  --key ID             pkcs11: its RSA key, in hexadecimal (default the only one)\n"
    "\n"
    "See classd(8), classd.yaml(5).\n";

#define TEXT(name, member)                                                                                             \
	{                                                                                                              \
		{name, required_argument, NULL, 0}, offsetof(struct options, member)                                   \
	}
#define FLAG(name, member)                                                                                             \
	{                                                                                                              \
		{name, no_argument, NULL, 0}, offsetof(struct options, member)                                         \
	}

static const struct option_row {
	struct option option;
	size_t place; /* in struct options */
} option_rows[] = {
    TEXT("config", config),
    TEXT("escrow-out", escrow_out),
    TEXT("restore", restore),
    TEXT("identity", identity),
    TEXT("protect", protect),
    TEXT("unprotect", unprotect),
    TEXT("tcti", tcti),
    TEXT("pcrs", pcrs),
    TEXT("module", module),
    TEXT("token", token),
    TEXT("key", key),
    FLAG("trial", trial),
    FLAG("init", init),
    FLAG("check-config", check_config),
    FLAG("mount-checkouts", mount_checkouts),
    FLAG("protectors", protectors),
    FLAG("ask-passphrase", ask_passphrase),
    FLAG("ask-pin", ask_pin),
    FLAG("help", help),
    FLAG("version", version),
};

static int wrong_options(const char *what)
{
	(void)fprintf(stderr, "classd: %s\n", what);
	return CLASSD_EXIT_USAGE;
}

static int check_options(const struct options *o)
{
	int acts = o->init + o->check_config + o->mount_checkouts + o->protectors + (o->protect != NULL) +
		   (o->unprotect != NULL) + (o->restore != NULL);

	if (o->init != (o->escrow_out != NULL))
		return wrong_options("--init and --escrow-out PATH go together");
	if ((o->restore != NULL) != (o->identity != NULL))
		return wrong_options("--restore FILE and --identity FILE go together");
	if (acts > 1 || (acts == 1 && (o->ask_passphrase || o->ask_pin)))
		return wrong_options("one thing at a time: see classd --help");
	if ((o->tcti || o->pcrs) && !text_equal(o->protect, "tpm2"))
		return wrong_options("--tcti and --pcrs belong to --protect tpm2");
	if ((o->module || o->token || o->key) && !text_equal(o->protect, "pkcs11"))
		return wrong_options("--module, --token and --key belong to --protect pkcs11");
	if (text_equal(o->protect, "pkcs11") && (!o->module || !o->token))
		return wrong_options("--protect pkcs11 needs --module PATH and --token LABEL");
	return CLASSD_EXIT_OK;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	struct option table[array_n(option_rows) + 1] = {0};
	int c, at;

	for (size_t i = 0; i < array_n(option_rows); i++)
		table[i] = option_rows[i].option;
	while ((c = getopt_long(argc, argv, "", table, &at)) != -1) {
		char *place;

		if (c == '?')
			return CLASSD_EXIT_USAGE;
		place = (char *)o + option_rows[at].place;
		if (table[at].has_arg)
			*(const char **)(void *)place = optarg;
		else
			*(bool *)(void *)place = true;
	}
	if (optind < argc) {
		(void)fprintf(stderr, "classd: unexpected '%s'\n", argv[optind]);
		return CLASSD_EXIT_USAGE;
	}
	return check_options(o);
}

/* Where this program lies; what belongs to it lies beside it or below the same prefix. malloc'ed, NULL on failure. */
static char *own_directory(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	path[n] = 0;
	*strrchr(path, '/') = 0;
	return text_copy(path);
}

static char *find_policy(const char *own)
{
	static const char *const places[] = {"../share/classd/policy", "../../policy"};

	for (size_t i = 0; i < array_n(places); i++) {
		OWN_MEM char *path = text_format("%s/%s", own, places[i]);
		char *real = path ? realpath(path, NULL) : NULL;

		if (real)
			return real;
	}
	return text_copy(CLASSD_PREFIX "/share/classd/policy");
}

/* A missing part ends it; in a trial the rest runs without it. */
static int open_program(const struct supervisor *s, const char *own, const char *name, int *ret)
{
	static const char *const places[] = {"libexec", "../libexec"};

	*ret = -1;
	for (size_t i = 0; i < array_n(places); i++) {
		OWN_MEM char *path = text_format("%s/%s/classd/classd-%s", own, places[i], name);
		OWN_FD int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

		if (fd < 0)
			continue;
		*ret = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
		return *ret < 0 ? FAULT(errno, "keep %s", path) : 0;
	}
	if (!s->place.trial)
		return FAULT(ENOENT, "find libexec/classd/classd-%s beside %s", name, own);
	log_say(LOG_WARNING, "trial: no libexec/classd/classd-%s beside %s; it runs without", name, own);
	return 0;
}

static int open_programs(struct supervisor *s, const char *own)
{
	for (enum role_id role = ROLE_WATCHER; role < ROLE_COUNT; role++)
		TRY(open_program(s, own, role_name(role), &s->programs[role]));
	return 0;
}

static int open_protector(struct supervisor *s, const char *own)
{
	s->protectors = (struct protectors){
	    .place = &s->place, .timeout_ms = 1000u * (unsigned)config_number(&s->config, "protector_timeout_s")};
	TRY(open_program(s, own, "protector", &s->protectors.program));
	return s->protectors.program < 0 ? FAULT(ENOENT, "do without classd-protector") : 0;
}

/* The machine key; s->key_fd stays -1 when no protector opens. */
static int open_key(struct supervisor *s, const struct options *o, const char *own)
{
	const unsigned ask =
	    (o->ask_passphrase ? 1u << PROTECTED_BY_PASSPHRASE : 0) | (o->ask_pin ? 1u << PROTECTED_BY_TOKEN : 0);
	int r;

	if (s->init)
		return place_open_key(&s->place, &s->key_fd);
	TRY(open_protector(s, own));
	r = protectors_open(&s->protectors, ask, &s->opened);
	if (r == 0)
		s->key_fd = s->opened.key;
	return r;
}

static int open_escrow(struct supervisor *s, const struct options *o)
{
	if (!o->init)
		return 0;
	if (place_is_initialised(&s->place)) {
		log_say(LOG_ERROR, "%s is initialised already; its keys stay as they are", s->place.state_dir);
		return PLACE_REFUSED;
	}
	s->escrow_fd = open(o->escrow_out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->escrow_fd >= 0)
		return 0;
	log_say(LOG_ERROR, "--escrow-out %s: %s", o->escrow_out, strerror(errno));
	return PLACE_REFUSED;
}

static int check_initialised(const struct supervisor *s)
{
	if (restore_was_cut(&s->place)) {
		log_say(LOG_ERROR, "%s: a restore was cut short; run classd --restore again", s->place.state_dir);
		return PLACE_REFUSED;
	}
	if (s->init || place_is_initialised(&s->place))
		return 0;
	log_say(LOG_ERROR, "%s is new; first run: classd --init --escrow-out PATH", s->place.state_dir);
	return PLACE_REFUSED;
}

static int open_all(struct supervisor *s, const struct options *o, const char *own)
{
	int r;

	TRY(place_number_roots(&s->place, &s->config));
	r = check_initialised(s);
	if (r == 0)
		r = open_escrow(s, o);
	if (r)
		return r;
	TRY(open_programs(s, own));
	r = open_key(s, o, own);
	if (r || s->init)
		return r;
	TRY(place_mount_checkouts(&s->place));
	return place_open_socket(&s->place, &s->socket_fd);
}

static int tell_init(const struct supervisor *s, const struct options *o)
{
	if (s->status != CLASSD_EXIT_OK) {
		(void)unlink(o->escrow_out); /* it opens nothing: no key was kept */
		log_say(LOG_ERROR, "not initialised; nothing was kept but empty directories");
		return s->status;
	}
	(void)printf("Initialised %s.\nThe escrow identity is in %s: move it off this machine now, it opens every "
		     "document.\n",
		     s->place.state_dir, o->escrow_out);
	if (faccessat(s->place.state_fd, protector_row(PROTECTED_BY_NOTHING)->file, F_OK, 0) == 0)
		(void)printf("The machine key lies in clear in %s/machine.key: classd --protect passphrase, then classd "
			     "--unprotect file.\n",
			     s->place.state_dir);
	(void)printf("Then start classd.\n");
	return CLASSD_EXIT_OK;
}

/* --protect, --unprotect, --protectors. Looking is fine while the agent runs. */
static int run_enrolment(struct supervisor *s, const struct options *o, const char *own)
{
	struct enrolment what = {.kind = o->protect ? o->protect : o->unprotect};
	const struct {
		const char *name, *value;
	} given[] = {{"tcti", o->tcti}, {"pcrs", o->pcrs}, {"module", o->module}, {"token", o->token}, {"key", o->key}};
	char *parameters[ENROL_PARAMETERS] = {0};
	bool all_work = true;
	size_t n = 0;
	int r = open_protector(s, own);

	for (size_t i = 0; i < array_n(given); i++)
		if (given[i].value)
			what.parameters[n] = parameters[n] = text_format("%s=%s", given[i].name, given[i].value), n++;
	if (r == 0)
		r = o->protectors ? enrol_show(&s->protectors, &all_work)
		    : o->protect  ? enrol_protect(&s->protectors, &what)
				  : enrol_unprotect(&s->protectors, &what);
	for (size_t i = 0; i < n; i++)
		free(parameters[i]);
	return r == 0 && !all_work ? PLACE_REFUSED : r;
}

static int run_act(struct supervisor *s, const struct options *o, const char *own)
{
	int r =
	    o->protectors ? place_look(&s->place, &s->config, o->trial) : place_take(&s->place, &s->config, o->trial);

	if (r == 0 && !o->protectors)
		r = check_initialised(s);
	if (r == 0)
		r = run_enrolment(s, o, own);
	return r == PLACE_REFUSED ? CLASSD_EXIT_STATE : r ? CLASSD_EXIT_FAILED : CLASSD_EXIT_OK;
}

static int run_restore(struct supervisor *s, const struct options *o, const char *own)
{
	const struct restore restore = {.backup = o->restore, .identity = o->identity, .own = own};
	int status = CLASSD_EXIT_STATE, r = restore_check(&s->config);

	if (r == 0)
		r = place_take(&s->place, &s->config, o->trial);
	if (r == 0)
		r = restore_run(&s->place, &restore, &status);
	if (r)
		return r == PLACE_REFUSED ? status : CLASSD_EXIT_FAILED;
	(void)printf(
	    "Restored %s.\nPut the documents back, then start classd. It only reads until two security "
	    "administrators have\naccepted it: classctl backup accept. Then: classctl recover --from FOLDER.\n",
	    s->place.state_dir);
	return CLASSD_EXIT_OK;
}

static int run(struct supervisor *s, const struct options *o, const char *own)
{
	int r;

	if (o->protect || o->unprotect || o->protectors)
		return run_act(s, o, own);
	r = place_take(&s->place, &s->config, o->trial);
	if (r == 0 && o->mount_checkouts) {
		r = place_mount_checkouts(&s->place);
		close_fd(&s->place.lock_fd); /* without it place_leave() leaves the mount alone */
		return r == 0 ? CLASSD_EXIT_OK : CLASSD_EXIT_FAILED;
	}
	if (r == 0)
		r = open_all(s, o, own);
	if (r == 0)
		r = supervise(s);
	if (s->init && s->escrow_fd >= 0) {
		s->status = r ? CLASSD_EXIT_FAILED : s->status;
		return tell_init(s, o);
	}
	return r == PLACE_REFUSED ? CLASSD_EXIT_STATE : r ? CLASSD_EXIT_FAILED : s->status;
}

static void supervisor_done(struct supervisor *s)
{
	for (size_t i = 0; i < array_n(s->programs); i++)
		close_fd(&s->programs[i]);
	close_fd(&s->socket_fd);
	close_fd(&s->key_fd);
	close_fd(&s->escrow_fd);
	close_fd(&s->protectors.program);
	free(s->opened.why);
	place_leave(&s->place);
	config_done(&s->config);
}

static int load_and_run(struct supervisor *s, const struct options *o)
{
	OWN_MEM char *own = own_directory();
	OWN_MEM char *policy = own ? find_policy(own) : NULL;
	OWN_MEM char *reason = NULL;
	int r;

	if (!policy)
		return CLASSD_EXIT_FAILED;
	s->source = (struct config_source){.path = o->config, .trial = o->trial, .default_policy = policy};
	r = config_load(&s->source, &s->config, &reason);
	if (r == CONFIG_BAD)
		(void)fprintf(stderr, "%s\n", reason);
	if (r)
		return r == CONFIG_BAD ? CLASSD_EXIT_INPUT : CLASSD_EXIT_FAILED;
	if (o->check_config) {
		(void)printf("%s: ok, %zu folders\n", o->config, s->config.n_roots);
		return CLASSD_EXIT_OK;
	}
	return o->restore ? run_restore(s, o, own) : run(s, o, own);
}

int main(int argc, char **argv)
{
	static struct supervisor supervisor = {
	    .place = {.lock_fd = -1, .state_fd = -1},
	    .programs = {-1, -1, -1, -1, -1, -1},
	    .protectors.program = -1,
	    .socket_fd = -1,
	    .key_fd = -1,
	    .escrow_fd = -1,
	};
	struct options options = {.config = "/etc/classd/classd.yaml"};
	int status;

	log_start();
	(void)umask(077);
	status = parse_options(argc, argv, &options);
	if (status || options.help) {
		(void)fputs(usage, status ? stderr : stdout);
		return status;
	}
	if (options.version) {
		(void)puts("classd " CLASSD_VERSION);
		return CLASSD_EXIT_OK;
	}
	supervisor.init = options.init;
	status = load_and_run(&supervisor, &options);
	supervisor_done(&supervisor);
	return status;
}
