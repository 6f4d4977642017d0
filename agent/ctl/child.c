#include "ctl/child.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>

enum { NOT_FOUND = 127, KILLED = 128 };

static int spawn(const char *const *argv, int in, int out, pid_t *ret)
{
	posix_spawn_file_actions_t actions;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	int error = in >= 0 ? posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) : 0;
	if (!error && out >= 0)
		error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!error)
		error = posix_spawnp(ret, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions); /* cannot fail */
	return error;
}

int child_run(const char *const *argv, int in, int out, int *ret_status)
{
	pid_t pid;
	int status;
	int error = spawn(argv, in, out, &pid);

	if (error == ENOENT || error == EACCES) {
		*ret_status = NOT_FOUND;
		return 0;
	}
	if (error)
		return FAULT(error, "start %s", argv[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return FAULT(errno, "wait for %s", argv[0]);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
	return 0;
}
