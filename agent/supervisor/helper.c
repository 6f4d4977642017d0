#include "supervisor/helper.h"

#include "base/own.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define HIGH_FD		32 /* above all that the child arranges */
#define EXIT_NO_EXEC	126
#define ENVIRONMENT_MAX 8
#define PIPE_MOST	65536

/* The child, between fork and exec */

static void make_environment(char **ret, bool trial)
{
	static const char *const passed[] = {"SOFTHSM2_CONF=", "ASAN_OPTIONS=", "UBSAN_OPTIONS="};
	static char locale[] = "LC_ALL=C.UTF-8";
	size_t n = 0;

	ret[n++] = locale;
	for (char **at = environ; trial && *at && n < ENVIRONMENT_MAX; at++)
		for (size_t i = 0; i < array_n(passed) && n < ENVIRONMENT_MAX; i++)
			if (text_starts(*at, passed[i]))
				ret[n++] = *at;
	ret[n] = NULL;
}

/* Up out of the way first: one may lie where another one belongs. */
static int set_descriptors(const struct helper *helper, int said)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), high[PROTECTOR_FDS] = {0};

	for (int fd = PROTECTOR_FILE; fd < PROTECTOR_FDS; fd++) {
		high[fd] = fcntl(helper->fds[fd] > 0 ? helper->fds[fd] : null, F_DUPFD_CLOEXEC, HIGH_FD);
		if (high[fd] < 0)
			return FAULT(errno, "set up descriptors");
	}
	if (dup2(said, STDOUT_FILENO) < 0)
		return FAULT(errno, "set up descriptors");
	for (int fd = PROTECTOR_FILE; fd < PROTECTOR_FDS; fd++)
		if (dup2(high[fd], fd) < 0)
			return FAULT(errno, "set up descriptors");
	return close_range(PROTECTOR_FDS, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? FAULT(errno, "set up descriptors") : 0;
}

static _Noreturn void run(const struct helper *helper, int said)
{
	static char name[] = "classd-protector";
	char *environment[ENVIRONMENT_MAX + 1], *arguments[HELPER_WORDS + 2] = {name};
	int program = fcntl(helper->program, F_DUPFD_CLOEXEC, HIGH_FD);
	sigset_t none;

	for (size_t i = 0; i < HELPER_WORDS && helper->words[i]; i++)
		arguments[i + 1] = (char *)(uintptr_t)helper->words[i];
	make_environment(environment, helper->trial);
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == 0 && signal(SIGPIPE, SIG_DFL) != SIG_ERR && chdir("/") == 0 &&
	    set_descriptors(helper, said) == 0)
		(void)fexecve(program, arguments, environment);
	(void)FAULT(errno, "run %s", name);
	_exit(EXIT_NO_EXEC);
}

/* The parent */

int helper_start(const struct helper *helper, struct helper_run *ret)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return FAULT(errno, "make a pipe");
	pid = fork();
	if (pid == 0)
		run(helper, ends[1]);
	close_fd(&ends[1]);
	if (pid < 0) {
		close_fd(&ends[0]);
		return FAULT(errno, "start classd-protector");
	}
	*ret = (struct helper_run){pid, ends[0]};
	return 0;
}

void helper_ended(struct helper_run *run, int wait_status, struct helper_answer *ret)
{
	OWN_MEM char *safe = NULL;
	uint8_t text[200];
	ssize_t n = read(run->said, text, sizeof(text)); /* it ended: nothing is to be waited for */

	close_fd(&run->said);
	run->pid = 0;
	while (n > 0 && text[n - 1] == '\n')
		n--;
	safe = n > 0 ? text_escape(bytes_of(text, (size_t)n)) : NULL;
	*ret = (struct helper_answer){WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : HELPER_HUNG, ""};
	(void)snprintf(ret->why, sizeof(ret->why), "%s", safe ? safe : ""); /* a cut reason is still a reason */
	if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) != SIGKILL)
		(void)snprintf(ret->why, sizeof(ret->why), "it died of signal %d", WTERMSIG(wait_status));
	else if (ret->exit == HELPER_HUNG)
		(void)snprintf(ret->why, sizeof(ret->why), "no answer in time");
	else if (ret->exit != PROTECTOR_DONE && !ret->why[0])
		(void)snprintf(ret->why, sizeof(ret->why), "it broke; see the log");
}

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail on Linux */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Until it ends; killed when its time is over. */
static int wait_for(const struct helper_run *run, unsigned timeout_ms, int *ret_status)
{
	OWN_FD int pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	uint64_t end = now_ms() + timeout_ms;
	int r = -1;

	if (pidfd < 0)
		return FAULT(errno, "watch classd-protector");
	while (timeout_ms) {
		uint64_t now = now_ms();

		r = poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, now < end ? (int)(end - now) : 0);
		if (r >= 0 || errno != EINTR)
			break;
	}
	if (timeout_ms && r <= 0)
		(void)kill(run->pid, SIGKILL); /* ended by itself meanwhile: that is fine too */
	while (waitpid(run->pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return FAULT(errno, "wait for classd-protector");
	return 0;
}

int helper_act(const struct helper *helper, unsigned timeout_ms, struct helper_answer *ret)
{
	struct helper_run run;
	int status = 0, r;

	TRY(helper_start(helper, &run));
	r = wait_for(&run, timeout_ms, &status);
	helper_ended(&run, status, ret);
	return r;
}

int helper_start_making(struct helper *helper, struct helper_run *ret, int *ret_made)
{
	OWN_FD int made = -1;
	OWN_FD int out = -1;
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return FAULT(errno, "make a pipe");
	made = ends[0];
	out = ends[1];
	helper->fds[PROTECTOR_OUT] = out;
	r = helper_start(helper, ret);
	helper->fds[PROTECTOR_OUT] = -1;
	TRY(r);
	*ret_made = steal_fd(&made);
	return 0;
}

int helper_make(struct helper *helper, unsigned timeout_ms, int *ret_made, struct helper_answer *ret)
{
	OWN_FD int made = -1;
	struct helper_run run;
	int status = 0, r;

	*ret_made = -1;
	TRY(helper_start_making(helper, &run, &made));
	r = wait_for(&run, timeout_ms, &status);
	helper_ended(&run, status, ret);
	TRY(r);
	if (ret->exit == PROTECTOR_DONE)
		*ret_made = steal_fd(&made);
	return 0;
}

int helper_copy(int pipe, int *ret)
{
	OWN_FD int from = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return FAULT(errno, "make a pipe");
	from = ends[0];
	if (tee(pipe, ends[1], PIPE_MOST, SPLICE_F_NONBLOCK) < 0) {
		close_fd(&ends[1]);
		return FAULT(errno, "copy a key that is not looked at");
	}
	close_fd(&ends[1]);
	*ret = steal_fd(&from);
	return 0;
}
