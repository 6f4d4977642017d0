/* classd: see classd(8). Parses its command line and its root-owned configuration, and nothing else. */
#include "supervisor/supervise.h"

#include "system/log.h"

#include "base/text.h"
#include "classd/exit.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HIGH_FD 16 /* programs lie above the descriptors that a child arranges for itself */

struct options {
	const char *config;
	const char *escrow_out;
	bool trial, init, check_config, mount_checkouts, help, version;
};

static const char usage[] =
    "usage: classd [--config FILE] [--trial]\n"
    "       classd --init --escrow-out PATH [--config FILE] [--trial]\n"
    "       classd --check-config [--config FILE] [--trial]\n"
    "\n"
    "Watches folders, keeps the classification record of every file there and the files encrypted.\n"
    "\n"
    "  --config FILE        configuration (default /etc/classd/classd.yaml)\n"
    "  --trial              for trials: a state of its own, file clocks, one user for all roles where need be\n"
    "  --init               first start: make the keys, write the escrow identity once, end\n"
    "  --escrow-out PATH    where --init writes it; the file must not exist; move it off this machine\n"
    "  --check-config       check the configuration and end\n"
    "  --mount-checkouts    mount the memory file system for opened documents and end (for the service manager)\n"
    "  --version, --help\n"
    "\n"
    "See classd(8), classd.yaml(5).\n";

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"escrow-out", required_argument, NULL, 'e'},
	    {"trial", no_argument, NULL, 't'},
	    {"init", no_argument, NULL, 'i'},
	    {"check-config", no_argument, NULL, 'C'},
	    {"mount-checkouts", no_argument, NULL, 'm'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		o->config = c == 'c' ? optarg : o->config;
		o->escrow_out = c == 'e' ? optarg : o->escrow_out;
		o->trial |= c == 't';
		o->init |= c == 'i';
		o->check_config |= c == 'C';
		o->mount_checkouts |= c == 'm';
		o->help |= c == 'h';
		o->version |= c == 'V';
		if (c == '?')
			return CLASSD_EXIT_USAGE;
	}
	if (optind < argc) {
		(void)fprintf(stderr, "classd: unexpected '%s'\n", argv[optind]);
		return CLASSD_EXIT_USAGE;
	}
	if (o->init != (o->escrow_out != NULL)) {
		(void)fprintf(stderr, "classd: --init and --escrow-out PATH go together\n");
		return CLASSD_EXIT_USAGE;
	}
	return CLASSD_EXIT_OK;
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
static int open_program(const struct supervisor *s, const char *own, enum role_id role, int *ret)
{
	static const char *const places[] = {"libexec", "../libexec"};

	*ret = -1;
	for (size_t i = 0; i < array_n(places); i++) {
		OWN_MEM char *path = text_format("%s/%s/classd/classd-%s", own, places[i], role_name(role));
		OWN_FD int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

		if (fd < 0)
			continue;
		*ret = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
		return *ret < 0 ? FAULT(errno, "keep %s", path) : 0;
	}
	if (!s->place.trial)
		return FAULT(ENOENT, "find libexec/classd/classd-%s beside %s", role_name(role), own);
	log_say(LOG_WARNING, "trial: no libexec/classd/classd-%s beside %s; it runs without", role_name(role), own);
	return 0;
}

static int open_programs(struct supervisor *s, const char *own)
{
	for (enum role_id role = ROLE_WATCHER; role < ROLE_COUNT; role++)
		TRY(open_program(s, own, role, &s->programs[role]));
	return 0;
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
	if (s->init || place_is_initialised(&s->place))
		return 0;
	log_say(LOG_ERROR, "%s is new; first run: classd --init --escrow-out PATH", s->place.state_dir);
	return PLACE_REFUSED;
}

static int open_all(struct supervisor *s, const struct options *o, const char *own)
{
	int r;

	TRY(place_number_roots(&s->place, &s->config));
	r = open_escrow(s, o);
	if (r == 0)
		r = check_initialised(s);
	if (r)
		return r;
	TRY(open_programs(s, own));
	TRY(place_open_key(&s->place, s->init, &s->key_fd));
	if (s->init)
		return 0;
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
		     "document.\nThen start classd.\n",
		     s->place.state_dir, o->escrow_out);
	return CLASSD_EXIT_OK;
}

static int run(struct supervisor *s, const struct options *o, const char *own)
{
	int r = place_take(&s->place, &s->config, o->trial);

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
	return run(s, o, own);
}

int main(int argc, char **argv)
{
	static struct supervisor supervisor = {
	    .place = {.lock_fd = -1, .state_fd = -1},
	    .programs = {-1, -1, -1, -1, -1, -1},
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
