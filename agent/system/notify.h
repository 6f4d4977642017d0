/* What a service manager is told and what it hands over: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3), by
 * their documented environment. Without a manager nothing happens. */
#ifndef SYSTEM_NOTIFY_H
#define SYSTEM_NOTIFY_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* "READY=1", "STATUS=…", lines joined by newlines. Best effort: nobody listening is no error. */
void notify_send(const char *format, ...) PRINTF_LIKE(1, 2);
/* How often to send "WATCHDOG=1": half of what the manager allows; 0: no watchdog. */
uint64_t notify_watchdog_ms(void);
/* The one descriptor that the manager opened for this process, close-on-exec; -1: none or not exactly one. */
int notify_listen_fd(void);

#endif
