/* Editors' side files: they never get a watch, an announcement, a record or a finding (DESIGN 8, R16). */
#ifndef WATCHER_IGNORE_H
#define WATCHER_IGNORE_H

#include <stdbool.h>

/* By the name in its directory; is_dir: it is a directory. */
bool ignore_name(const char *name, bool is_dir);

#endif
