/* Names that get no watch, announcement, record or finding (DESIGN 8, R16): editors' side files, and what the site's
 * configuration says. A side file that holds what the document holds is left alone only while it is new: one that
 * stays is a document in clear, as any other file (ADR 0040). */
#ifndef WATCHER_IGNORE_H
#define WATCHER_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

enum ignored { IGNORED_NOT, IGNORED_SIDE_FILE, IGNORED_WHILE_NEW, IGNORED_BY_SITE };

/* Rules of the site, as domain/ignore_rule.h; texts borrowed. {0}: none. */
struct ignore_rules {
	const char **at;
	size_t n;
};

/* By the name in its directory; is_dir: it is a directory. */
enum ignored ignore_name(const struct ignore_rules *site, const char *name, bool is_dir);

#endif
