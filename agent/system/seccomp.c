#include "system/seccomp.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>

DEFINE_OWNED(filter, void, seccomp_release);

/* Memory, time, the loop, channels, the orderly end. Nothing here opens, makes or changes a file. */
static const char *const everybody[] = {"brk",
					"munmap",
					"madvise",
					"mremap",
					"mlock",
					"mlock2",
					"munlock",
					"futex",
					"futex_time64",
					"rt_sigaction",
					"rt_sigprocmask",
					"rt_sigreturn",
					"sigaltstack",
					"restart_syscall",
					"clock_gettime",
					"clock_getres",
					"clock_nanosleep",
					"nanosleep",
					"gettimeofday",
					"time",
					"getrandom",
					"getpid",
					"getppid",
					"gettid",
					"getuid",
					"geteuid",
					"getgid",
					"getegid",
					"uname",
					"sysinfo",
					"sched_yield",
					"sched_getaffinity",
					"getcpu",
					"getrlimit",
					"epoll_wait",
					"epoll_pwait",
					"epoll_pwait2",
					"epoll_ctl",
					"epoll_create1",
					"poll",
					"ppoll",
					"sendmsg",
					"sendto",
					"recvmsg",
					"write",
					"fstat",
					"newfstatat",
					"statx",
					"rseq",
					"set_robust_list",
					"exit",
					"exit_group",
					"tgkill",
					NULL};

static const char *const sighted[] = {"read",	"readv", "pread64", "preadv", "lseek", "close",	   "close_range",
				      "writev", "dup",	 "dup2",    "dup3",   "fcntl", "recvfrom", NULL};

/* Nobody does these by mistake. */
static const char *const hostile[] = {"execve",
				      "execveat",
				      "ptrace",
				      "process_vm_readv",
				      "process_vm_writev",
				      "process_madvise",
				      "pidfd_getfd",
				      "kcmp",
				      "socket",
				      "connect",
				      "bind",
				      "listen",
				      "mount",
				      "umount2",
				      "pivot_root",
				      "chroot",
				      "move_mount",
				      "open_tree",
				      "fsopen",
				      "fsmount",
				      "fspick",
				      "mount_setattr",
				      "unshare",
				      "setns",
				      "bpf",
				      "perf_event_open",
				      "userfaultfd",
				      "io_uring_setup",
				      "io_uring_enter",
				      "io_uring_register",
				      "init_module",
				      "finit_module",
				      "delete_module",
				      "kexec_load",
				      "kexec_file_load",
				      "reboot",
				      "swapon",
				      "swapoff",
				      "acct",
				      "quotactl",
				      "add_key",
				      "request_key",
				      "keyctl",
				      "setuid",
				      "setgid",
				      "setreuid",
				      "setregid",
				      "setresuid",
				      "setresgid",
				      "setgroups",
				      "setfsuid",
				      "setfsgid",
				      "capset",
				      "open_by_handle_at",
				      "fanotify_init",
				      "fanotify_mark",
				      "personality",
				      "iopl",
				      "ioperm",
				      "modify_ldt",
				      "clock_settime",
				      "settimeofday",
				      "adjtimex",
				      "clock_adjtime",
				      "sethostname",
				      "setdomainname",
				      "syslog",
				      "mknod",
				      "mknodat",
				      NULL};

/* One rule: the call is allowed when argument `at` (and with `at2` also that) compares so. */
struct condition {
	const char *name;
	struct scmp_arg_cmp a;
	struct scmp_arg_cmp b;
	unsigned n;
};

#define WHEN(call, at, op, ...)                                                                                        \
	{                                                                                                              \
		call, {at, SCMP_CMP_##op, __VA_ARGS__}, {0, 0, 0, 0}, 1                                                \
	}
#define WHEN2(call, cmp_a, cmp_b)                                                                                      \
	{                                                                                                              \
		call, cmp_a, cmp_b, 2                                                                                  \
	}
#define CMP(at, op, ...)                                                                                               \
	{                                                                                                              \
		at, SCMP_CMP_##op, __VA_ARGS__                                                                         \
	}

static const struct condition everybody_when[] = {
    WHEN("ioctl", 1, EQ, FIONREAD, 0),
    WHEN("ioctl", 1, EQ, FS_IOC_GETVERSION, 0),
    WHEN("mprotect", 2, MASKED_EQ, PROT_EXEC, 0),
    WHEN("prlimit64", 2, EQ, 0, 0), /* reading only */
    WHEN("prctl", 0, EQ, PR_SET_NAME, 0),
};

static const struct condition sighted_when[] = {
    WHEN("mmap", 2, MASKED_EQ, PROT_EXEC, 0),
};

/* A new descriptor can neither be read nor take the place of one that can. */
static const struct condition blind_when[] = {
    WHEN("read", 0, LT, SECCOMP_LOW_FDS, 0),
    WHEN("close", 0, GE, SECCOMP_LOW_FDS, 0),
    WHEN2("mmap", CMP(2, MASKED_EQ, PROT_EXEC, 0), CMP(3, MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)),
    WHEN2("fcntl", CMP(1, EQ, F_DUPFD_CLOEXEC, 0), CMP(2, GE, SECCOMP_LOW_FDS, 0)),
    WHEN("fcntl", 1, EQ, F_GETFL, 0),
    WHEN("fcntl", 1, EQ, F_SETFL, 0),
    WHEN("fcntl", 1, EQ, F_GETFD, 0),
    WHEN("fcntl", 1, EQ, F_SETFD, 0),
    WHEN("fcntl", 1, EQ, F_GETLEASE, 0),
    WHEN("fcntl", 1, EQ, F_SETLEASE, 0),
};

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names)
{
	for (; *names; names++) {
		int number = seccomp_syscall_resolve_name(*names);
		int r;

		if (number < 0)
			continue; /* this processor has no such call */
		r = seccomp_rule_add(filter, action, number, 0);
		if (r < 0)
			return FAULT(-r, "filter rule for %s", *names);
	}
	return 0;
}

static int add_conditions(scmp_filter_ctx filter, const struct condition *conditions, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct scmp_arg_cmp compare[] = {conditions[i].a, conditions[i].b};
		int number = seccomp_syscall_resolve_name(conditions[i].name);
		int r =
		    number < 0 ? 0 : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, conditions[i].n, compare);

		if (r < 0)
			return FAULT(-r, "filter rule for %s", conditions[i].name);
	}
	return 0;
}

static int add_rules(scmp_filter_ctx filter, const struct seccomp_plan *plan)
{
	if (!plan->trace)
		TRY(add_names(filter, SCMP_ACT_KILL_PROCESS, hostile));
	TRY(add_names(filter, SCMP_ACT_ALLOW, everybody));
	TRY(add_names(filter, SCMP_ACT_ALLOW, plan->allowed));
	TRY(add_conditions(filter, everybody_when, array_n(everybody_when)));
	if (plan->blind)
		return add_conditions(filter, blind_when, array_n(blind_when));
	TRY(add_names(filter, SCMP_ACT_ALLOW, sighted));
	return add_conditions(filter, sighted_when, array_n(sighted_when));
}

/* Trials only: says which call was forbidden and answers EPERM in its place. */
static void on_forbidden(int signal, siginfo_t *info, void *context)
{
	char *name = seccomp_syscall_resolve_num_arch(info->si_arch, info->si_syscall);
	char line[128];
	int n = snprintf(line, sizeof(line), "sandbox: %s refused %s (%d)\n", program_invocation_short_name,
			 name ? name : "?", info->si_syscall);
	ucontext_t *at = context;

	(void)signal;
	free(name);
	(void)!write(STDERR_FILENO, line, (size_t)n);
#if defined(__x86_64__)
	at->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
	at->uc_mcontext.regs[0] = (unsigned long long)-EPERM;
#else
	(void)at;
#endif
}

int seccomp_enter(const struct seccomp_plan *plan)
{
	struct sigaction trap = {.sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO | SA_NODEFER};
	OWNED(filter) scmp_filter_ctx filter = NULL;
	int r;

	if (plan->trace && sigaction(SIGSYS, &trap, NULL) < 0)
		return FAULT(errno, "trace the filter");
	filter = seccomp_init(plan->trace ? SCMP_ACT_TRAP : SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return FAULT(ENOMEM, "make a filter");
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree; without it the filter is only slower */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);	     /* the audit log names what was killed */
	r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r < 0)
		return FAULT(-r, "set up the filter");
	TRY(add_rules(filter, plan));
	r = seccomp_load(filter);
	return r < 0 ? FAULT(-r, "load the filter") : 0;
}
