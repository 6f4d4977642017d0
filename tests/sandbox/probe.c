/*
 * Puts itself into the sandbox row of a role, as role_main() does, and tries one act.
 *   probe ROLE ACT ROOT STATE OUTSIDE    prints "refused", "killed" or "done"
 *   probe --acts ROLE                    each act and what must come of it, one a line
 *   probe --libraries ROLE               the libraries of the row
 *   probe --landlock                     the ABI of this kernel
 * As root it first becomes nobody with the capabilities of the row, over an exec, as the supervisor does it.
 */
#include "system/capabilities.h"
#include "system/landlock.h"
#include "system/log.h"
#include "system/sandbox.h"

#include "base/own.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define NOBODY		  65534
#define GROUP_NOT_ALLOWED (-2)
#define PASSED		  100 /* exit status of the inner process: the act went through */

struct places {
	const char *root, *state, *outside;
	int held;  /* a descriptor of a file that was opened before the sandbox, above the low ones */
	int group; /* of fanotify, with a mark on the root's file system; -1: none is given to this role */
};

/* Each act answers 0 when it went through. */
static int try_open(const char *dir, const char *name, int flags)
{
	OWN_MEM char *path = text_format("%s/%s", dir, name);
	OWN_FD int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : 0;
}

static int open_shadow(const struct places *p)
{
	(void)p;
	return try_open("/etc", "shadow", O_RDONLY);
}

static int open_passwd(const struct places *p)
{
	(void)p;
	return try_open("/etc", "passwd", O_RDONLY);
}

static int open_outside(const struct places *p)
{
	return try_open(p->outside, "file", O_RDONLY);
}

static int write_outside(const struct places *p)
{
	return try_open(p->outside, "new", O_WRONLY | O_CREAT);
}

static int open_root_file(const struct places *p)
{
	return try_open(p->root, "file", O_RDONLY);
}

static int read_root_file(const struct places *p)
{
	OWN_MEM char *path = text_format("%s/file", p->root);
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 1 ? 0 : -1;
}

static int read_by_another_name(const struct places *p)
{
	OWN_MEM char *path = text_format("%s/file", p->root);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;

	(void)close(0);
	return fd >= 0 && (dup2(fd, 0) == 0 || fcntl(fd, F_DUPFD, 0) == 0 || syscall(SYS_dup3, fd, 0, 0) == 0) &&
		       read(0, &byte, 1) == 1
		   ? 0
		   : -1;
}

static int map_root_file(const struct places *p)
{
	OWN_MEM char *path = text_format("%s/file", p->root);
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED ? 0 : -1;
}

static int pread_root_file(const struct places *p)
{
	OWN_MEM char *path = text_format("%s/file", p->root);
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;

	return fd >= 0 && pread(fd, &byte, 1, 0) == 1 ? 0 : -1;
}

static int read_held(const struct places *p)
{
	char byte;

	return pread(p->held, &byte, 1, 0) == 1 ? 0 : -1;
}

static int write_root(const struct places *p)
{
	return try_open(p->root, "new", O_WRONLY | O_CREAT);
}

static int write_state(const struct places *p)
{
	return try_open(p->state, "new", O_WRONLY | O_CREAT);
}

static int link_root(const struct places *p)
{
	OWN_MEM char *path = text_format("%s/link", p->root);

	return symlink("/etc/shadow", path);
}

static int device_root(const struct places *p)
{
	OWN_MEM char *path = text_format("%s/device", p->root);

	return mknod(path, S_IFCHR | 0600, 0x0103);
}

static int give_away(const struct places *p)
{
	OWN_MEM char *path = text_format("%s/file", p->root);

	return chown(path, 0, 0);
}

static int socket_inet(const struct places *p)
{
	(void)p;
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int socket_unix(const struct places *p)
{
	(void)p;
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int run_program(const struct places *p)
{
	static char name[] = "true";
	char *const arguments[] = {name, NULL};

	(void)p;
	return execv("/bin/true", arguments);
}

static int make_process(const struct places *p)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	(void)p;
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int trace(const struct places *p)
{
	(void)p;
	return (int)ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

static int read_memory(const struct places *p)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	(void)p;
	return (int)process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static int end_parent(const struct places *p)
{
	(void)p;
	return kill(getppid(), 0);
}

static int mount_something(const struct places *p)
{
	return mount("tmpfs", p->root, "tmpfs", 0, NULL);
}

static int load_bpf(const struct places *p)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	(void)p;
	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int set_up_io_uring(const struct places *p)
{
	char parameters[256] = {0};

	(void)p;
	return (int)syscall(SYS_io_uring_setup, 1, parameters);
}

static int new_namespace(const struct places *p)
{
	(void)p;
	return unshare(CLONE_NEWUSER);
}

static int load_module(const struct places *p)
{
	return (int)syscall(SYS_finit_module, p->held, "", 0);
}

static int use_keyring(const struct places *p)
{
	(void)p;
	return (int)syscall(SYS_keyctl, 0, -3, 1); /* KEYCTL_GET_KEYRING_ID, session */
}

static int open_by_handle(const struct places *p)
{
	char handle[128] = {0};

	return (int)syscall(SYS_open_by_handle_at, p->held, handle, O_RDONLY);
}

static int mark_more(const struct places *p)
{
	return fanotify_mark(p->group, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, p->root);
}

static int make_group(const struct places *p)
{
	(void)p;
	return fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME, O_RDONLY);
}

/* Names are heard, and no event carries a descriptor, which would be a way to read. */
static int hear_names(const struct places *p)
{
	_Alignas(struct fanotify_event_metadata) char raw[4096];
	const struct fanotify_event_metadata *e = (const void *)raw;
	ssize_t n;
	int heard = -1;

	if (p->group == GROUP_NOT_ALLOWED)
		return 0;
	(void)try_open(p->root, "file", O_RDONLY);
	n = read(p->group, raw, sizeof(raw));
	for (; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n)) {
		if (e->fd != FAN_NOFD)
			return -1;
		heard = 0;
	}
	return heard;
}

static int become_root(const struct places *p)
{
	(void)p;
	return setuid(0);
}

static int take_capability(const struct places *p)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = ~0U, .permitted = ~0U, .inheritable = 0}};

	(void)p;
	return (int)syscall(SYS_capset, &header, data);
}

static int become_dumpable(const struct places *p)
{
	(void)p;
	return prctl(PR_SET_DUMPABLE, 1);
}

static int make_code(const struct places *p)
{
	(void)p;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		   ? -1
		   : 0;
}

static int turn_data_to_code(const struct places *p)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)p;
	return mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

static int raise_limit(const struct places *p)
{
	(void)p;
	return setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1});
}

static int work(const struct places *p)
{
	struct stat st;
	void *at = malloc(1 << 20);

	free(at);
	return fstat(p->held, &st) == 0 && getrandom(&st, 1, 0) == 1 ? 0 : -1;
}

#define W (1 << ROLE_WATCHER)
#define I (1 << ROLE_INSPECTOR)
#define S (1 << ROLE_SEALER)
#define K (1 << ROLE_KEEPER)
#define R (1 << ROLE_REGISTRAR)

static const struct act {
	const char *name;
	int (*try)(const struct places *p);
	int done;	     /* roles that can */
	bool needs_landlock; /* refused by nothing else: files anybody may read, and a role with CAP_DAC_* reads all */
} acts[] = {
    {"work", work, W | I | S | K | R, false},
    {"open-shadow", open_shadow, 0, true},
    {"open-passwd", open_passwd, 0, true},
    {"open-outside", open_outside, 0, true},
    {"write-outside", write_outside, 0, true},
    {"open-root-file", open_root_file, W | S, true},
    {"read-root-file", read_root_file, S, true},
    {"read-by-another-name", read_by_another_name, S, true},
    {"map-root-file", map_root_file, S, true},
    {"pread-root-file", pread_root_file, S, true},
    {"read-held", read_held, I | S | K | R, false},
    {"write-root", write_root, S, true},
    {"write-state", write_state, K | R, true},
    {"link-root", link_root, 0, false},
    {"device-root", device_root, 0, false},
    {"give-away", give_away, 0, false},
    {"socket-inet", socket_inet, 0, false},
    {"socket-unix", socket_unix, 0, false},
    {"exec", run_program, 0, false},
    {"fork", make_process, 0, false},
    {"ptrace", trace, 0, false},
    {"read-memory", read_memory, 0, false},
    {"kill-parent", end_parent, 0, false},
    {"mount", mount_something, 0, false},
    {"bpf", load_bpf, 0, false},
    {"io-uring", set_up_io_uring, 0, false},
    {"namespace", new_namespace, 0, false},
    {"module", load_module, 0, false},
    {"keyring", use_keyring, 0, false},
    {"open-by-handle", open_by_handle, 0, false},
    {"mark-more", mark_more, 0, false},
    {"make-group", make_group, 0, false},
    {"hear-names", hear_names, W, false},
    {"setuid", become_root, 0, false},
    {"capset", take_capability, 0, false},
    {"dumpable", become_dumpable, 0, false},
    {"make-code", make_code, 0, false},
    {"data-to-code", turn_data_to_code, 0, false},
    {"raise-limit", raise_limit, 0, false},
};

static const struct sandbox_row *row_of(const char *role)
{
	for (enum role_id id = ROLE_WATCHER; id < ROLE_COUNT; id++)
		if (text_ends(sandbox_row(id)->user, role))
			return sandbox_row(id);
	return NULL;
}

static const struct act *act_of(const char *name)
{
	for (size_t i = 0; i < array_n(acts); i++)
		if (text_equal(acts[i].name, name))
			return &acts[i];
	return NULL;
}

/* Opened before the sandbox, as a descriptor that another role passed would be. */
static int hold(const char *root)
{
	OWN_MEM char *path = text_format("%s/file", root);
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fcntl(fd, F_DUPFD_CLOEXEC, 100);
}

/* The group that the supervisor's child makes for the watcher. */
static int hold_group(const char *root)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_NONBLOCK, O_RDONLY);

	if (fd < 0 || fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN | FAN_ONDIR, AT_FDCWD, root) != 0)
		return GROUP_NOT_ALLOWED;
	return fd;
}

static int inner(char **argv)
{
	const struct sandbox_row *row = row_of(argv[2]);
	struct places places = {argv[4], argv[5], argv[6], hold(argv[4]), atoi(argv[7])};
	struct sandbox_path paths[2];
	size_t n = 0;
	const char *missing;

	if (row->roots != SANDBOX_ROOTS_NONE)
		paths[n++] = (struct sandbox_path){places.root, row->roots == SANDBOX_ROOTS_WRITE};
	if (row->state)
		paths[n++] = (struct sandbox_path){places.state, true};
	if (sandbox_prepare(getppid()) || sandbox_enter(row, (struct sandbox_paths){paths, n}, false, &missing))
		return 2;
	return act_of(argv[3])->try(&places) >= 0 ? PASSED : 0;
}

static _Noreturn void outer(char **argv)
{
	static char mark[] = "--inner";
	char group[16];
	char *arguments[] = {argv[0], mark, argv[1], argv[2], argv[3], argv[4], argv[5], group, NULL};
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC); /* before it belongs to somebody else */

	/* As the supervisor's child does it: while it still may. Only the watcher gets one. */
	(void)snprintf(group, sizeof(group), "%d", row_of(argv[1])->role == ROLE_WATCHER ? hold_group(argv[3]) : -1);
	if (geteuid() == 0 && capabilities_hand_over(row_of(argv[1])->capabilities, NOBODY, NOBODY))
		_exit(2);
	(void)fexecve(self, arguments, environ);
	_exit(2);
}

static int report(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		outer(argv);
	if (waitpid(pid, &status, 0) != pid)
		return 2;
	if (WIFSIGNALED(status) && !WCOREDUMP(status))
		(void)puts("killed");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		/* /bin/true ends with 0 too: then the act "exec" went through */
		(void)puts(text_equal(argv[2], "exec") ? "done" : "refused");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == PASSED)
		(void)puts("done");
	else
		(void)printf("broken %d\n", status);
	return 0;
}

static int list_acts(const struct sandbox_row *row)
{
	for (size_t i = 0; i < array_n(acts); i++)
		(void)printf("%s %s %s\n", acts[i].name, acts[i].done & 1 << row->role ? "done" : "refused",
			     acts[i].needs_landlock ? "landlock" : "-");
	return 0;
}

int main(int argc, char **argv)
{
	log_start();
	if (argc == 2 && text_equal(argv[1], "--landlock"))
		return printf("%d\n", landlock_abi()) < 0;
	if (argc == 3 && text_equal(argv[1], "--acts") && row_of(argv[2]))
		return list_acts(row_of(argv[2]));
	if (argc == 3 && text_equal(argv[1], "--libraries") && row_of(argv[2])) {
		for (const char *const *at = row_of(argv[2])->libraries; *at; at++)
			(void)puts(*at);
		return 0;
	}
	if (argc == 8 && text_equal(argv[1], "--inner"))
		return inner(argv);
	if (argc == 6 && row_of(argv[1]) && act_of(argv[2]))
		return report(argv);
	return 2;
}
