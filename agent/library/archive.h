/*
 * libarchive, zip only: the other formats and filters have a history of
 * memory errors (security.md 6.4). Reading has limits that every zip bomb
 * meets; entries are never unpacked to files.
 */
#ifndef LIBRARY_ARCHIVE_H
#define LIBRARY_ARCHIVE_H

#include "base/bytes.h"

enum zip_outcome {
	ZIP_END = 1, /* no further entry; of zip_read: the entry is read */
	ZIP_BROKEN,  /* not a zip file, or damaged from here on */
	ZIP_LIMIT,   /* more entries or bytes than a document has */
	ZIP_LOCKED,  /* this entry is encrypted */
};

#define ZIP_ENTRIES_MAX	 1000
#define ZIP_INFLATED_MAX ((uint64_t)64 << 20) /* of all that is read */
#define ZIP_RATIO_MAX	 100		      /* inflated to file size, beyond the first MiB */

struct zip_reader;

/* content must outlive the reader. 0, ZIP_BROKEN or a fault. */
int zip_reader_new(struct bytes content, struct zip_reader **ret) MUST_CHECK;
void zip_reader_free(struct zip_reader *z);
DEFINE_OWNED(zip_reader, struct zip_reader, zip_reader_free);
/* The next entry's name (until the next call), or an outcome. Directories are left out. */
int zip_next(struct zip_reader *z, const char **ret_name) MUST_CHECK;
/* Some of the entry: 0 and at least one byte in a buffer of the reader (until the next call), or an outcome. */
int zip_read(struct zip_reader *z, struct bytes *ret) MUST_CHECK;
/* All of it, appended. 0 (also when it is empty) or an outcome. */
int zip_read_all(struct zip_reader *z, struct buffer *ret) MUST_CHECK;

struct zip_writer;

/* Writes to fd (borrowed) from its start. */
int zip_writer_new(int fd, struct zip_writer **ret) MUST_CHECK;
void zip_writer_free(struct zip_writer *z);
DEFINE_OWNED(zip_writer, struct zip_writer, zip_writer_free);
/* stored: not compressed, as ODF wants its first entry. */
int zip_write(struct zip_writer *z, const char *name, struct bytes content, bool stored) MUST_CHECK;
int zip_writer_end(struct zip_writer *z) MUST_CHECK;

#endif
