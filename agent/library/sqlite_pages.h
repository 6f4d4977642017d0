/*
 * Pages of a database that carry their own checksum, in the eight bytes that SQLite leaves at the end of each: what a
 * disk gives back changed, or at another place, is found whenever a page is read, and a whole file is looked through
 * without regard to what is in it (adr/0044). Shared by the files of the adapter only.
 */
#ifndef LIBRARY_SQLITE_PAGES_H
#define LIBRARY_SQLITE_PAGES_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>

struct sqlite3;

/* The name of the VFS that writes and checks them: every database file that is opened by it has them. NULL: no memory. */
const char *pages_vfs(void);
/* Whether the file has them, or has nothing yet. */
bool pages_are_checked(const char *path);
/* Leaves room for them in a database that is being made, and was opened by that VFS. An answer of SQLite. */
int pages_reserve(struct sqlite3 *handle);
/* Reads n pages from the first-th on (0: the first) of a database that was opened by that VFS. SQLITE_OK: they are right;
 * SQLITE_DONE: so are they, and there are no more; SQLITE_CORRUPT: one is not. */
int pages_look(struct sqlite3 *handle, uint64_t first, uint32_t n);

#endif
