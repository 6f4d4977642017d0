#include "system/notify.h"

#include "base/own.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LISTEN_FDS_START 3

void notify_send(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	OWN_FD int fd = -1;
	char text[512];
	va_list args;
	size_t n;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* a cut status is still a status */
	va_end(args);
	n = strlen(path);
	memcpy(to.sun_path, path, n);
	if (path[0] == '@')
		to.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

static bool is_for_us(const char *variable)
{
	const char *text = getenv(variable);
	uint64_t pid;

	return text && text_to_u64(text, INT32_MAX, &pid) && (pid_t)pid == getpid();
}

uint64_t notify_watchdog_ms(void)
{
	const char *text = getenv("WATCHDOG_USEC");
	uint64_t us;

	if (!text || !text_to_u64(text, UINT64_MAX / 2, &us) || (getenv("WATCHDOG_PID") && !is_for_us("WATCHDOG_PID")))
		return 0;
	return us / 2000;
}

int notify_listen_fd(void)
{
	const char *text = getenv("LISTEN_FDS");

	if (!text || !text_equal(text, "1") || !is_for_us("LISTEN_PID") ||
	    fcntl(LISTEN_FDS_START, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return LISTEN_FDS_START;
}
