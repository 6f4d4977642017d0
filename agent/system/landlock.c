#include "system/landlock.h"

#include "system/log.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Newer than Debian 12's kernel headers. */
#define ACCESS_TRUNCATE	 (1ULL << 14) /* ABI 3 */
#define ACCESS_IOCTL_DEV (1ULL << 15) /* ABI 5 */

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILES                                                                                                          \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_TRUNCATE | \
	 ACCESS_IOCTL_DEV)
/* Neither devices nor programs are ever made or run, also where writing is allowed. */
#define WRITES                                                                                                         \
	(READS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |      \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | ACCESS_TRUNCATE)
#define ALL_OF_ABI_1 (((uint64_t)LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

static uint64_t handled(int abi)
{
	return ALL_OF_ABI_1 | (abi >= 2 ? (uint64_t)LANDLOCK_ACCESS_FS_REFER : 0) | (abi >= 3 ? ACCESS_TRUNCATE : 0) |
	       (abi >= 5 ? ACCESS_IOCTL_DEV : 0);
}

static int add_rule(int rules, const struct sandbox_path *path, uint64_t of_kernel)
{
	OWN_FD int fd = open(path->path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {.allowed_access = (path->writable ? WRITES : READS) & of_kernel,
						  .parent_fd = fd};
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == EACCES || errno == ENOTDIR)) {
		log_say(LOG_NOTICE, "not in the sandbox: %s: %s", path->path, strerror(errno));
		return 0;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return FAULT(errno, "open %s for the sandbox", path->path);
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FILES;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return FAULT(errno, "allow %s in the sandbox", path->path);
	return 0;
}

int landlock_enter(struct sandbox_paths paths)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = handled(landlock_abi())};
	OWN_FD int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (rules < 0)
		return FAULT(errno, "make a Landlock ruleset");
	for (size_t i = 0; i < paths.n; i++)
		TRY(add_rule(rules, &paths.at[i], attr.handled_access_fs));
	if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return FAULT(errno, "enter the Landlock sandbox");
	return 0;
}
