/* One role process: made, told, watched, ended. */
#include "supervisor/marks.h"
#include "supervisor/supervise.h"

#include "system/capabilities.h"
#include "system/log.h"
#include "system/sandbox.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define BACK_OFF_LEAST_MS 100
#define BACK_OFF_MOST_MS  30000
#define DEATHS_WITHIN_MS  60000
#define STOP_WITHIN_MS	  10000
#define EXIT_NO_EXEC	  126
#define ENVIRONMENT_MAX	  8

const char *role_name(enum role_id id)
{
	static const char *const names[] = {"supervisor", "watcher", "inspector", "sealer", "keeper", "registrar"};

	return id < ROLE_COUNT ? names[id] : "?";
}

/* The new process, between fork and exec */

/* A role gets nothing of our environment but what a trial or a sanitizer needs. */
static void make_environment(char **ret, bool trial)
{
	static const char *const passed[] = {"CLASSD_SANDBOX_TRACE=", "ASAN_OPTIONS=", "UBSAN_OPTIONS="};
	static char locale[] = "LC_ALL=C.UTF-8";
	size_t n = 0;

	ret[n++] = locale;
	for (char **at = environ; trial && *at && n < ENVIRONMENT_MAX; at++)
		for (size_t i = 0; i < array_n(passed) && n < ENVIRONMENT_MAX; i++)
			if (text_starts(*at, passed[i]))
				ret[n++] = *at;
	ret[n] = NULL;
}

static int become_role(const struct process *p)
{
	const struct place *place = &p->supervisor->place;
	const struct sandbox_row *row = sandbox_row(p->role);
	sigset_t none;

	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		return FAULT(errno, "set up signals");
	if (setpgid(0, 0) < 0) /* a Ctrl-C is for the supervisor, which ends the roles in order */
		return FAULT(errno, "leave the process group");
	return place->is_root
		   ? capabilities_hand_over(row->capabilities, place->users[p->role].uid, place->users[p->role].gid)
		   : 0;
}

static int set_descriptors(int control)
{
	OWN_FD int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
	    dup2(control, ROLE_CONTROL_FD) < 0 || close_range(ROLE_CONTROL_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return FAULT(errno, "set up descriptors"); /* whoever started us may have left some open */
	/* Without a duplicate (it was 3 already) it would close at the exec. */
	return fcntl(ROLE_CONTROL_FD, F_SETFD, 0) < 0 ? FAULT(errno, "keep the control channel") : 0;
}

/* ends: ours and the role's of the control channel. */
static _Noreturn void run_role(const struct process *p, const int ends[2])
{
	char *environment[ENVIRONMENT_MAX + 1];
	char name[32];
	char *arguments[] = {name, NULL};

	(void)snprintf(name, sizeof(name), "classd-%s", role_name(p->role));
	make_environment(environment, p->supervisor->place.trial);
	if (p->role == ROLE_WATCHER && marks_make(p, ends[0], ends[1]))
		_exit(EXIT_NO_EXEC);
	if (become_role(p) == 0 && set_descriptors(ends[1]) == 0) {
		(void)fexecve(p->supervisor->programs[p->role], arguments, environment);
		(void)FAULT(errno, "run %s", name);
	}
	_exit(EXIT_NO_EXEC);
}

/* What it is told */

static int send_resource(struct process *p, enum resource_kind kind, int borrowed)
{
	int fd = fcntl(borrowed, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return FAULT(errno, "pass a resource");
	return CHANNEL_SEND(&p->control, resource, fd, .kind = (uint8_t)kind);
}

/* Each keeper gets a copy; the pipe itself stays full for the next one. */
static int send_key(struct process *p)
{
	int fd = -1;

	if (p->supervisor->init)
		return send_resource(p, RESOURCE_MACHINE_KEY, p->supervisor->key_fd);
	if (p->supervisor->key_fd < 0)
		return 0; /* locked */
	TRY(helper_copy(p->supervisor->key_fd, &fd));
	return CHANNEL_SEND(&p->control, resource, fd, .kind = RESOURCE_MACHINE_KEY);
}

static int send_resources(struct process *p)
{
	struct supervisor *s = p->supervisor;

	if (sandbox_row(p->role)->state) {
		int fd = -1;

		TRY(place_open_state(&s->place, p->role, &fd));
		TRY(CHANNEL_SEND(&p->control, resource, fd, .kind = RESOURCE_STATE));
	}
	if (p->role == ROLE_REGISTRAR && s->socket_fd >= 0)
		TRY(send_resource(p, RESOURCE_API_SOCKET, s->socket_fd));
	if (p->role == ROLE_KEEPER)
		TRY(send_key(p));
	if (p->role == ROLE_KEEPER && s->escrow_fd >= 0)
		TRY(send_resource(p, RESOURCE_ESCROW_OUT, s->escrow_fd));
	return 0;
}

static int send_roots(struct process *p)
{
	const struct supervisor *s = p->supervisor;

	for (size_t i = 0; i < s->config.n_roots; i++) {
		const struct role_root *root = &s->config.roots[i];

		TRY(CHANNEL_SEND(&p->control, root, -1, .id = root->id, .kind = (uint8_t)root->kind,
				 .mode = (uint8_t)root->mode, .path = root->path, .floor = root->floor,
				 .department = root->department));
	}
	if (!s->place.has_checkouts)
		return 0;
	return CHANNEL_SEND(&p->control, root, -1, .id = ROOT_ID_CHECKOUTS, .kind = ROOT_CHECKOUT, .mode = ROOT_OBSERVE,
			    .path = s->place.checkout_dir);
}

static int send_configuration(struct process *p)
{
	const struct supervisor *s = p->supervisor;

	TRY(CHANNEL_SEND(&p->control, start, -1, .role = (uint8_t)p->role, .index = p->index, .trial = s->place.trial,
			 .init = s->init, .sealer_uid = s->place.users[ROLE_SEALER].uid,
			 .state_dir = s->place.state_dir, .runtime_dir = s->place.runtime_dir));
	for (size_t i = 0; i < s->config.n_settings; i++)
		TRY(CHANNEL_SEND(&p->control, setting, -1, .key = s->config.settings[i].key,
				 .value = s->config.settings[i].value));
	return send_roots(p);
}

static bool is_edge(enum role_id a, enum role_id b)
{
#define IS_EDGE(x, y) ((a == (x) && b == (y)) || (a == (y) && b == (x))) ||
	return ROLE_EDGES(IS_EDGE) false;
#undef IS_EDGE
}

static int tie(struct process *a, struct process *b)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return FAULT(errno, "make a channel");
	TRY(CHANNEL_SEND(&a->control, peer, ends[0], .role = (uint8_t)b->role, .index = b->index));
	return CHANNEL_SEND(&b->control, peer, ends[1], .role = (uint8_t)a->role, .index = a->index);
}

static int tie_to_living(struct process *p)
{
	struct supervisor *s = p->supervisor;

	for (size_t i = 0; i < s->n_processes; i++) {
		struct process *other = &s->processes[i];

		if (other != p && channel_is_open(&other->control) && is_edge(p->role, other->role))
			TRY(tie(p, other));
	}
	return 0;
}

static int on_control_lost(struct channel *control)
{
	channel_close(control); /* its end is told by SIGCHLD */
	return 0;
}

static int on_start_again(struct loop_timer *timer)
{
	return process_start(container_of(timer, struct process, timer));
}

/* A start after a death waits: 0.1 s, then twice as long each time, up to 30 s. */
static int start_later(struct process *p)
{
	uint64_t wait = p->back_off_ms ? p->back_off_ms : BACK_OFF_LEAST_MS;

	p->back_off_ms = wait * 2 < BACK_OFF_MOST_MS ? wait * 2 : BACK_OFF_MOST_MS;
	return loop_arm(&p->supervisor->loop, &p->timer, wait, on_start_again);
}

int process_start(struct process *p)
{
	struct supervisor *s = p->supervisor;
	int ends[2];

	if (s->programs[p->role] < 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return FAULT(errno, "make a control channel");
	p->pid = fork();
	if (p->pid == 0)
		run_role(p, ends);
	close_fd(&ends[1]);
	if (p->pid < 0) {
		log_say(LOG_ERROR, "%s.%u cannot be started: %s", role_name(p->role), p->index, strerror(errno));
		p->pid = 0;
		close_fd(&ends[0]);
		return start_later(p); /* the machine is short of processes or memory: not for ever */
	}
	p->state = PROCESS_STARTING;
	p->is_wanted = false;
	p->control = (struct channel){.fd = -1,
				      .peer_role = (uint8_t)p->role,
				      .peer_index = p->index,
				      .owner = p,
				      .message = supervise_message,
				      .lost = on_control_lost};
	TRY(channel_open(&p->control, &s->loop, ends[0]));
	TRY(send_configuration(p));
	TRY(send_resources(p));
	TRY(tie_to_living(p));
	/* The watcher's own process tells first what it could mark; then it sends `prepared`. */
	return p->role == ROLE_WATCHER ? 0 : CHANNEL_SEND(&p->control, go, -1);
}

/* Its end */

static int on_too_slow(struct loop_timer *timer)
{
	struct process *p = container_of(timer, struct process, timer);

	log_say(LOG_WARNING, "%s.%u does not end: killed", role_name(p->role), p->index);
	if (p->pid > 0)
		(void)kill(p->pid, SIGKILL); /* gone already: SIGCHLD is on its way */
	return 0;
}

int process_stop(struct process *p)
{
	if (p->pid == 0 || p->state == PROCESS_ENDING)
		return 0;
	p->state = PROCESS_ENDING;
	TRY(CHANNEL_SEND(&p->control, stop, -1));
	return loop_arm(&p->supervisor->loop, &p->timer, STOP_WITHIN_MS, on_too_slow);
}

static void log_end(const struct process *p, int status)
{
	if (WIFSIGNALED(status))
		log_say(LOG_WARNING, "%s.%u was killed by signal %d%s", role_name(p->role), p->index, WTERMSIG(status),
			WTERMSIG(status) == SIGSYS ? ": a forbidden system call" : "");
	else
		log_say(LOG_WARNING, "%s.%u ended with status %d", role_name(p->role), p->index, WEXITSTATUS(status));
}

static int count_death(struct process *p)
{
	uint64_t now = loop_now_ms();

	memmove(&p->deaths[1], &p->deaths[0], sizeof(p->deaths) - sizeof(p->deaths[0]));
	p->deaths[0] = now;
	if (p->deaths[DEATHS_MANY - 1] && now - p->deaths[DEATHS_MANY - 1] < DEATHS_WITHIN_MS)
		return supervise_set_code(p, "dies", "five times within a minute; it is started again ever later");
	return 0;
}

int process_ended(struct process *p, int wait_status)
{
	bool is_idle = p->role == ROLE_INSPECTOR && wait_status == 0;
	bool was_told = p->state == PROCESS_ENDING;

	loop_disarm(&p->timer);
	channel_close(&p->control);
	p->pid = 0;
	p->state = PROCESS_AWAY;
	TRY(supervise_clear_code(p, NULL));
	if (p->supervisor->is_ending)
		return 0;
	if (was_told)
		return process_start(p);
	if (is_idle)
		return p->is_wanted ? process_start(p) : 0;
	log_end(p, wait_status);
	TRY(count_death(p));
	return start_later(p);
}
