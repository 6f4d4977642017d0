/* Shared by the files of the adapter only. */
#ifndef LIBRARY_SQLITE_PRIVATE_H
#define LIBRARY_SQLITE_PRIVATE_H

#include "library/sqlite.h"

#include <sqlite3.h>

#define HINTS 64

struct database {
	sqlite3 *handle;
	struct statement **cache;
	size_t n, room;
	struct statement *hints[HINTS]; /* of the cache, by address of the text: what is asked often is found at once */
	uint64_t undone;
	bool is_checked; /* its pages carry checksums */
	char *mark;	 /* NULL, or the file that says that it is damaged */
};

/* What SQLite answered, as ours. SQLITE_OK, _ROW and _DONE are the caller's. */
int database_answer(struct database *db, int code, const char *what) MUST_CHECK;
/* By the VFS that db was opened with. An answer of SQLite. */
int database_open_handle(const struct database *db, const char *path, int flags, sqlite3 **ret) MUST_CHECK;

#endif
