/*
 * Documents in clear live in memory only: one tmpfs that never goes to swap. Kernels before 6.4 cannot promise that
 * for one file system, so there it is only made when no plain swap is on.
 */
#include "supervisor/place.h"

#include "system/log.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Memory or an encrypted mapping: what is written there cannot be read after power-off. */
static bool is_safe_swap(const char *device)
{
	OWN_MEM char *path = NULL;
	OWN_FD int fd = -1;
	char uuid[16] = "";

	if (text_starts(device, "/dev/zram"))
		return true;
	if (!text_starts(device, "/dev/dm-"))
		return false;
	path = text_format("/sys/block/%s/dm/uuid", device + strlen("/dev/"));
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	return fd >= 0 && read(fd, uuid, sizeof(uuid) - 1) > 0 && text_starts(uuid, "CRYPT-");
}

static bool is_swap_safe(void)
{
	FILE *swaps = fopen("/proc/swaps", "re");
	char line[512], device[256];
	bool safe = true;

	if (!swaps)
		return false;
	if (!fgets(line, sizeof(line), swaps)) /* the heading */
		safe = false;
	while (fgets(line, sizeof(line), swaps))
		safe = safe && sscanf(line, "%255s", device) == 1 && is_safe_swap(device);
	(void)fclose(swaps);
	return safe;
}

static bool is_mounted(const struct place *place)
{
	struct statfs fs;
	struct stat here, above;

	return statfs(place->checkout_dir, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
	       stat(place->checkout_dir, &here) == 0 && stat(place->runtime_dir, &above) == 0 &&
	       here.st_dev != above.st_dev;
}

static bool mount_tmpfs(const char *at)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount("tmpfs", at, "tmpfs", flags, "mode=1777,noswap") == 0)
		return true;
	return errno == EINVAL && is_swap_safe() && mount("tmpfs", at, "tmpfs", flags, "mode=1777") == 0;
}

int place_mount_checkouts(struct place *place)
{
	if (mkdir(place->checkout_dir, 0700) < 0 && errno != EEXIST)
		return FAULT(errno, "make %s", place->checkout_dir);
	place->has_checkouts = is_mounted(place) || (place->is_root && mount_tmpfs(place->checkout_dir));
	place->has_safe_checkouts = place->has_checkouts;
	if (place->has_checkouts)
		return 0;
	if (!place->trial) {
		log_say(LOG_WARNING,
			"no checkouts: %s cannot be a file system without swap; turn swap off or encrypt it",
			place->checkout_dir);
		return 0;
	}
	log_say(LOG_WARNING, "trial: checkouts lie in a plain directory, their contents REACH THE DISK");
	if (chmod(place->checkout_dir, place->is_root ? 01777 : 0700) < 0)
		return FAULT(errno, "set the mode of %s", place->checkout_dir);
	place->has_checkouts = true;
	return 0;
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	if (!dir)
		return false;
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n == 2; /* . and .. */
}

/* What somebody still has open stays: it may hold a change that is not sealed yet. */
void place_leave(struct place *place)
{
	if (place->checkout_dir && place->lock_fd >= 0 && is_empty(place->checkout_dir)) {
		if (is_mounted(place))
			(void)umount2(place->checkout_dir, UMOUNT_NOFOLLOW); /* in use: stays for the next start */
		(void)rmdir(place->checkout_dir);
	}
	if (place->socket_path)
		(void)unlink(place->socket_path);
	free(place->socket_path);
	free(place->checkout_dir);
	place->socket_path = place->checkout_dir = NULL;
	close_fd(&place->state_fd);
	close_fd(&place->lock_fd);
}
