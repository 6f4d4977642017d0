/* One table, read from top to bottom: who may do what. Everything is refused that no row names. */
#include "system/sandbox.h"

#include "system/capabilities.h"
#include "system/landlock.h"
#include "system/log.h"
#include "system/seccomp.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sanitizers make threads, read /proc and map terabytes. */
#ifdef CLASSD_SANITIZED
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

#define MIB	    ((rlim_t)1 << 20)
#define LIST(...)   ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})
#define CAPS(...)   ((const int[]){__VA_ARGS__ __VA_OPT__(, ) - 1})
#define LIMITS(...) ((const struct sandbox_limit[]){__VA_ARGS__, {-1, 0}})
#define NO_PROCESSES                                                                                                   \
	{                                                                                                              \
		RLIMIT_NPROC, 0                                                                                        \
	}

static const struct sandbox_row rows[] = {
    {
	.role = ROLE_WATCHER,
	.user = "classd-watcher",
	.capabilities = CAPS(CAP_DAC_READ_SEARCH, CAP_LEASE),
	.roots = SANDBOX_ROOTS_READ,
	.reads = LIST(),
	.blind = true,
	.syscalls = LIST("openat", "openat2", "getdents64", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
			 "statfs", "fstatfs", "readlinkat", "name_to_handle_at", "timerfd_create", "timerfd_settime"),
	.limits = LIMITS(NO_PROCESSES, {RLIMIT_NOFILE, 1024}),
	.libraries = LIST(),
    },
    {
	.role = ROLE_INSPECTOR,
	.user = "classd-inspector",
	.capabilities = CAPS(),
	.roots = SANDBOX_ROOTS_NONE,
	.reads = LIST(),
	.syscalls = LIST("setitimer", "timer_create", "timer_settime", "timer_delete", "getrusage", "fadvise64"),
	.limits = LIMITS(NO_PROCESSES, {RLIMIT_NOFILE, 64}, {RLIMIT_AS, 2048 * MIB}),
	.libraries = LIST("libcrypto", "libsodium", "libmagic", "libarchive", "libhs", "libexpat", "libpoppler-glib",
			  "libglib-2.0", "libgobject-2.0", "libgio-2.0", "libz", "libstdc++"),
    },
    {
	.role = ROLE_SEALER,
	.user = "classd-sealer",
	.capabilities = CAPS(CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_LEASE),
	.roots = SANDBOX_ROOTS_WRITE,
	.reads = LIST(),
	.syscalls = LIST("openat", "openat2", "getdents64", "pwrite64", "pwritev", "fsync", "fdatasync", "syncfs",
			 "sync_file_range", "ftruncate", "fallocate", "fadvise64", "linkat", "unlinkat", "unlink",
			 "renameat2", "mkdirat", "readlinkat", "fchmod", "fchmodat", "utimensat", "statfs", "fstatfs",
			 "getxattr", "fgetxattr", "lgetxattr", "setxattr", "fsetxattr", "removexattr", "fremovexattr",
			 "listxattr", "flistxattr", "copy_file_range", "sendfile", "splice", "umask", "memfd_create",
			 "name_to_handle_at", "flock", "faccessat", "faccessat2", "pipe2"),
	.limits = LIMITS(NO_PROCESSES, {RLIMIT_NOFILE, 4096}),
	.libraries = LIST("libcrypto", "libsodium", "libacl"),
    },
    {
	.role = ROLE_KEEPER,
	.user = "classd-keeper",
	.capabilities = CAPS(),
	.roots = SANDBOX_ROOTS_NONE,
	.state = "keys",
	.reads = LIST(),
	.syscalls = LIST("openat", "openat2", "getdents64", "pwrite64", "fsync", "fdatasync", "ftruncate", "linkat",
			 "unlinkat", "renameat2", "mkdirat", "readlinkat", "fchmod", "flock", "mlockall", "umask",
			 "faccessat", "faccessat2"),
	.limits = LIMITS(NO_PROCESSES, {RLIMIT_NOFILE, 64}),
	.libraries = LIST("libsodium"),
    },
    {
	.role = ROLE_REGISTRAR,
	.user = "classd-registrar",
	.capabilities = CAPS(),
	.roots = SANDBOX_ROOTS_NONE,
	.state = "registrar",
	.reads = LIST("policy_dir", "policy_overlay", "clock"),
	.syscalls =
	    LIST("openat", "openat2", "open", "getdents64", "pwrite64", "pwritev", "fsync", "fdatasync", "syncfs",
		 "ftruncate", "fallocate", "linkat", "unlink", "unlinkat", "renameat2", "rename", "mkdir", "mkdirat",
		 "rmdir", "readlink", "readlinkat", "stat", "lstat", "access", "faccessat", "faccessat2", "getcwd",
		 "fchmod", "flock", "utimensat", "statfs", "fstatfs", "umask", "memfd_create", "accept4", "getsockopt",
		 "setsockopt", "getsockname", "getpeername", "shutdown", "pipe2", "timerfd_create", "timerfd_settime",
		 "copy_file_range", "sendfile", "msync", "fadvise64",
		 "splice"), /* into a client's pipe, which may wait for its reader */
	.limits = LIMITS(NO_PROCESSES, {RLIMIT_NOFILE, 4096}),
	.libraries = LIST("libcrypto", "libsodium", "libsqlite3", "libjansson", "libyaml-0", "libarchive"),
    },
};

const struct sandbox_row *sandbox_row(enum role_id role)
{
	for (size_t i = 0; i < array_n(rows); i++)
		if (rows[i].role == role)
			return &rows[i];
	return NULL;
}

int sandbox_prepare(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return FAULT(errno, "die with the parent");
	if (getppid() != parent) /* it ended before we asked */
		return FAULT(ESRCH, "parent %d is gone", (int)parent);
	if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return FAULT(errno, "prepare the sandbox");
	(void)prctl(PR_SET_NAME, program_invocation_short_name); /* after fexecve it is a number; only for ps(1) */
	(void)umask(077);
	return 0;
}

static int set_limits(const struct sandbox_limit *limits)
{
	for (; limits->resource >= 0; limits++) {
		struct rlimit limit;

		/* Numbers, because the parameter's type differs between C libraries. */
		if (getrlimit((__rlimit_resource_t)limits->resource, &limit) < 0)
			return FAULT(errno, "read limit %d", limits->resource);
		if (limit.rlim_max > limits->value)
			limit.rlim_max = limits->value;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit((__rlimit_resource_t)limits->resource, &limit) < 0)
			return FAULT(errno, "set limit %d", limits->resource);
	}
	return 0;
}

/* Takes every low descriptor that is free, so that none can be had later. */
static int fill_low_descriptors(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		if (fd >= SECCOMP_LOW_FDS) {
			close_fd(&fd);
			return 0;
		}
	return FAULT(errno, "open /dev/null");
}

static int enter_filter(const struct sandbox_row *row, bool trace)
{
	struct seccomp_plan plan = {.allowed = row->syscalls, .blind = row->blind, .trace = trace};

	if (IS_SANITIZED) {
		log_say(LOG_WARNING, "sanitizer build: no limits and no system call filter");
		return 0;
	}
	TRY(set_limits(row->limits));
	return seccomp_enter(&plan);
}

int sandbox_enter(const struct sandbox_row *row, struct sandbox_paths paths, bool trace, const char **ret_missing)
{
	int abi = landlock_abi();
	bool all;

	*ret_missing = "";
	if (row->blind)
		TRY(fill_low_descriptors());
	TRY(capabilities_keep(row->capabilities, &all));
	if (!all)
		*ret_missing = "capabilities of this role are missing: only files that its user may read are seen";
	if (abi >= 1)
		TRY(landlock_enter(paths));
	if (abi < 2)
		*ret_missing = abi == 0 ? "no Landlock in this kernel: system call filter only"
					: "Landlock too old (ABI 2 is needed for links between directories)";
	return enter_filter(row, trace);
}
