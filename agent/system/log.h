/*
 * One line on stderr for what happened, in logfmt; with a "<N>" priority in front when stderr is not a terminal, as
 * journald reads it. Values are escaped. Never content of documents, titles, keys, or text that somebody typed.
 */
#ifndef SYSTEM_LOG_H
#define SYSTEM_LOG_H

#include "base/err.h"

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

/* Installs the report hook of faults. The process is named by the last part of its argv[0]. */
void log_start(void);
void log_set_level(enum log_level most); /* lines above it are not written; LOG_INFO at start */

void log_say(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
