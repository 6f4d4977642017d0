#include "ctl/child.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>

enum { KILLED = 128, EXTRA = 3 };

static int set_ends(posix_spawn_file_actions_t *actions, const struct child_ends *ends)
{
	const struct {
		int from, to;
	} rows[] = {{ends->in, STDIN_FILENO}, {ends->out, STDOUT_FILENO}, {ends->extra, EXTRA}};

	for (size_t i = 0; i < array_n(rows); i++) {
		int error = rows[i].from >= 0 ? posix_spawn_file_actions_adddup2(actions, rows[i].from, rows[i].to) : 0;

		if (error)
			return error;
	}
	return 0;
}

static int spawn(const char *const *argv, const struct child_ends *ends, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int error;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	error = set_ends(&actions, ends);
	if (!error)
		error = posix_spawnp(ret, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions); /* cannot fail */
	return error;
}

int child_start(const char *const *argv, const struct child_ends *ends, struct child *ret)
{
	int error = spawn(argv, ends, &ret->pid);

	ret->name = argv[0];
	ret->is_missing = error == ENOENT || error == EACCES;
	return !error || ret->is_missing ? 0 : FAULT(error, "start %s", argv[0]);
}

int child_wait(struct child *child, int *ret_status)
{
	int status;

	*ret_status = CHILD_NOT_FOUND;
	if (child->is_missing)
		return 0;
	while (waitpid(child->pid, &status, 0) < 0)
		if (errno != EINTR)
			return FAULT(errno, "wait for %s", child->name);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
	return 0;
}

int child_run(const char *const *argv, int in, int out, int *ret_status)
{
	struct child child;

	TRY(child_start(argv, &(struct child_ends){in, out, -1}, &child));
	return child_wait(&child, ret_status);
}
