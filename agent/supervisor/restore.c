#include "supervisor/restore.h"

#include "system/log.h"

#include "classd/exit.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORK	    "restoring" /* in the state directory, until it is done */
#define MACHINE_KEY "machine.key"
#define DEPTH_MAX   8
#define CHILD_FD    3 /* the backup; the identity is the next */

bool restore_was_cut(const struct place *place)
{
	return faccessat(place->state_fd, WORK, F_OK, AT_SYMLINK_NOFOLLOW) == 0 && !place_is_initialised(place);
}

/* What a restore that was cut short, or a start that came to nothing, leaves behind; nothing of it was ever in force.
 */
static bool is_ours(const char *name)
{
	static const char *const names[] = {".",	   "..",	 "lock",       WORK,	    "keys",
					    "registrar",   "roots",	 "trial",      MACHINE_KEY, "lost+found",
					    "from-backup", "protectors", "machine.mark"};

	for (size_t i = 0; i < array_n(names); i++)
		if (text_equal(name, names[i]))
			return true;
	return false;
}

/* Folders without anything in them, and the numbers of roots, are there as soon as anybody tried to start. */
static bool is_empty(int dir, const char *name)
{
	static const char *const harmless[] = {".", "..", "lock", "trial", "roots", "lost+found"};
	OWN_FD int fd = -1;
	const struct dirent *entry;
	bool is_empty = true;
	DIR *list;

	for (size_t i = 0; i < array_n(harmless); i++)
		if (text_equal(name, harmless[i]))
			return true;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	list = fd >= 0 ? fdopendir(fd) : NULL;
	if (!list)
		return false;
	(void)steal_fd(&fd);
	while ((entry = readdir(list)))
		is_empty = is_empty && (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."));
	(void)closedir(list); /* only read */
	return is_empty;
}

static int refuse(const char *dir, const char *what, const char *name)
{
	log_say(LOG_ERROR, "%s %s%s; a backup is only restored where there is no state", dir, what, name);
	return PLACE_REFUSED;
}

int restore_check(const struct config *config)
{
	const char *path = config_text(config, "state_dir");
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool is_begun = false, is_used = false;
	char other[256] = "";

	if (!dir)
		return errno == ENOENT ? 0 : FAULT(errno, "open %s", path);
	while ((entry = readdir(dir))) {
		is_begun = is_begun || text_equal(entry->d_name, WORK);
		is_used = is_used || (is_ours(entry->d_name) && !is_empty(dirfd(dir), entry->d_name));
		if (!is_ours(entry->d_name))
			(void)snprintf(other, sizeof(other), "%s", entry->d_name);
	}
	(void)closedir(dir); /* only read */
	if (other[0])
		return refuse(path, "has ", other);
	return is_used && !is_begun ? refuse(path, "is in use", "") : 0;
}

/* ---- taking away ---- */

static int remove_tree(int parent, const char *name, unsigned depth);

static int remove_inside(int dir, unsigned depth)
{
	DIR *list = fdopendir(dir);
	const struct dirent *entry;
	int r = 0;

	if (!list) {
		close_fd(&dir);
		return FAULT(errno, "list a folder of a restore");
	}
	while (r == 0 && (entry = readdir(list)))
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
			r = remove_tree(dirfd(list), entry->d_name, depth);
	(void)closedir(list); /* only read */
	return r;
}

static int remove_tree(int parent, const char *name, unsigned depth)
{
	int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir >= 0 && depth < DEPTH_MAX)
		TRY(remove_inside(dir, depth + 1));
	else
		close_fd(&dir);
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if ((errno == EISDIR || errno == EPERM) && unlinkat(parent, name, AT_REMOVEDIR) == 0)
		return 0;
	return FAULT(errno, "remove %s of a restore that was cut short", name);
}

/* From the beginning: `restoring` goes last, it says that all of this is nobody's. */
static int clear(struct place *place)
{
	static const char *const names[] = {"keys",	   "registrar",	 "roots",	MACHINE_KEY,
					    "from-backup", "protectors", "machine.mark", WORK};

	for (size_t i = 0; i < array_n(names); i++)
		TRY(remove_tree(place->state_fd, names[i], 0));
	return 0;
}

/* ---- unpacking ---- */

/* Whoever will hold the machine key anyhow opens it; root only looks on. */
static void become(const struct place *place, const struct identity *who)
{
	if (place->is_root && (setgroups(0, NULL) < 0 || setresgid(who->gid, who->gid, who->gid) < 0 ||
			       setresuid(who->uid, who->uid, who->uid) < 0))
		_exit(CLASSD_EXIT_FAILED);
	/* After the change of user, which forgets it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) < 0)
		_exit(CLASSD_EXIT_FAILED);
}

static void run_child(const struct place *place, const char *program, int backup, int identity, int work)
{
	static const char *const arguments[] = {"classctl", "backup", "restore", "fd:3", "--identity",
						"fd:4",	    "--into", ".",	 NULL};
	static const char *const environment[] = {"LC_ALL=C.UTF-8", NULL};

	if (fchdir(work) < 0 || dup2(backup, CHILD_FD) < 0 || dup2(identity, CHILD_FD + 1) < 0)
		_exit(CLASSD_EXIT_FAILED);
	become(place, &place->users[ROLE_KEEPER]);
	/* execve(2) takes both as non-const and does not write to them. */
	(void)execve(program, (char *const *)(uintptr_t)arguments, (char *const *)(uintptr_t)environment);
	_exit(CLASSD_EXIT_FAILED);
}

static char *find_classctl(const char *own)
{
	static const char *const places[] = {"classctl", "../bin/classctl"};

	for (size_t i = 0; i < array_n(places); i++) {
		OWN_MEM char *path = text_format("%s/%s", own, places[i]);

		if (path && access(path, X_OK) == 0)
			return steal(&path);
	}
	return NULL;
}

static int open_high(const char *path, const char *option, int *ret)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		log_say(LOG_ERROR, "%s %s: %s", option, path, strerror(errno));
		return PLACE_REFUSED;
	}
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, 16);
	return *ret < 0 ? FAULT(errno, "keep %s", path) : 0;
}

static int make_work(struct place *place, int *ret)
{
	const struct identity *keeper = &place->users[ROLE_KEEPER];

	if (mkdirat(place->state_fd, WORK, 0700) < 0 || fsync(place->state_fd) < 0)
		return FAULT(errno, "make a folder for restoring");
	*ret = openat(place->state_fd, WORK, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret < 0 || (place->is_root && fchown(*ret, keeper->uid, keeper->gid) < 0))
		return FAULT(errno, "make a folder for restoring");
	return 0;
}

static int unpack(struct place *place, const struct restore *restore, int work, int *ret_status)
{
	OWN_MEM char *program = find_classctl(restore->own);
	OWN_FD int backup = -1;
	OWN_FD int identity = -1;
	int status, r = open_high(restore->backup, "--restore", &backup);
	pid_t pid;

	if (r == 0)
		r = open_high(restore->identity, "--identity", &identity);
	if (r)
		return r;
	if (!program)
		return FAULT(ENOENT, "find classctl beside %s", restore->own);
	pid = fork();
	if (pid < 0)
		return FAULT(errno, "start classctl");
	if (pid == 0)
		run_child(place, program, backup, identity, work);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return FAULT(errno, "wait for classctl");
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : CLASSD_EXIT_FAILED;
	return *ret_status == CLASSD_EXIT_OK ? 0 : PLACE_REFUSED; /* it has said why */
}

/* ---- putting it in its place ---- */

static int give_tree(int parent, const char *name, const struct identity *to, unsigned depth);

static int give_inside(int dir, const struct identity *to, unsigned depth)
{
	DIR *list = fdopendir(fcntl(dir, F_DUPFD_CLOEXEC, 3));
	const struct dirent *entry;
	int r = list ? 0 : FAULT(errno, "list what was restored");

	while (r == 0 && (entry = readdir(list)))
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
			r = give_tree(dir, entry->d_name, to, depth);
	if (list)
		(void)closedir(list); /* only read */
	return r;
}

/* Files and folders only; the child made nothing else, and what it is now is looked at through the descriptor. */
static int give_tree(int parent, const char *name, const struct identity *to, unsigned depth)
{
	OWN_FD int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return FAULT(errno, "open %s of a restore", name);
	if ((!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) || (S_ISREG(st.st_mode) && st.st_nlink != 1) ||
	    depth > DEPTH_MAX)
		return FAULT(EINVAL, "%s of a restore is no file", name);
	if (S_ISDIR(st.st_mode))
		TRY(give_inside(fd, to, depth + 1));
	return fchown(fd, to->uid, to->gid) < 0 || fsync(fd) < 0 ? FAULT(errno, "give away %s of a restore", name) : 0;
}

/* The empty one that place_take() made gives way; nothing else would. */
static int move(const struct place *place, int work, const char *name)
{
	if (unlinkat(place->state_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT && errno != ENOTDIR)
		return FAULT(errno, "put %s in its place", name);
	if (renameat2(work, name, place->state_fd, name, RENAME_NOREPLACE) < 0)
		return FAULT(errno, "put %s in its place", name);
	return 0;
}

static int put(const struct place *place, int work, const char *name, const struct identity *to)
{
	if (place->is_root)
		TRY(give_tree(work, name, to, 0));
	return move(place, work, name);
}

static int check_trial(const struct place *place, int work)
{
	bool is_trial = faccessat(work, "trial", F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (is_trial == place->trial)
		return 0;
	log_say(LOG_ERROR, is_trial ? "the backup is of a trial and can only be restored with --trial"
				    : "the backup is of an agent in service, not of a trial");
	return PLACE_REFUSED;
}

static int put_all(struct place *place, int work)
{
	const struct identity root = {0, 0};
	OWN_FD int key = openat(work, MACHINE_KEY, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (key < 0 || fchmod(key, 0400) < 0)
		return FAULT(errno, "the restored machine key");
	TRY(put(place, work, "keys", &place->users[ROLE_KEEPER]));
	TRY(put(place, work, "registrar", &place->users[ROLE_REGISTRAR]));
	TRY(put(place, work, "roots", &root));
	TRY(put(place, work, MACHINE_KEY, &root));
	if (faccessat(work, "from-backup", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		TRY(put(place, work, "from-backup", &root));
	return fsync(place->state_fd) < 0 ? FAULT(errno, "write %s", place->state_dir) : 0;
}

int restore_run(struct place *place, const struct restore *restore, int *ret_status)
{
	OWN_FD int work = -1;
	int r;

	*ret_status = CLASSD_EXIT_STATE;
	TRY(clear(place));
	TRY(make_work(place, &work));
	r = unpack(place, restore, work, ret_status);
	if (r == 0)
		r = check_trial(place, work);
	if (r == 0)
		r = put_all(place, work);
	if (r) {
		TRY(clear(place));
		return r;
	}
	TRY(place_set_initialised(place));
	return remove_tree(place->state_fd, WORK, 0);
}
