/*
 * libarchive, zip and plain tar only: the other formats and filters have a
 * history of memory errors (security.md 6.4). Reading a zip has limits that
 * every zip bomb meets; entries are never unpacked to files.
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

/* tar (pax), as `tar x` reads it: a stream of regular files. Names are ASCII. */
struct tar_writer;

/* What is written is appended to `to`, which is borrowed and may be emptied between calls. */
int tar_writer_new(struct buffer *to, struct tar_writer **ret) MUST_CHECK;
void tar_writer_free(struct tar_writer *t);
DEFINE_OWNED(tar_writer, struct tar_writer, tar_writer_free);
/* A file of that many bytes begins; then exactly as many follow. */
int tar_begin(struct tar_writer *t, const char *name, uint64_t size) MUST_CHECK;
int tar_add(struct tar_writer *t, struct bytes b) MUST_CHECK;
int tar_writer_end(struct tar_writer *t) MUST_CHECK;

enum tar_outcome {
	TAR_END = 1, /* no further file; of tar_read: the file is read */
	TAR_BROKEN,  /* not a tar, or damaged */
	TAR_SOURCE,  /* the source refused: its result is kept by the source */
};

struct tar_reader;

/* Some more of the stream in *ret (until the next call); empty at its end. Other than 0: reading ends. */
typedef int (*tar_source_fn)(void *context, struct bytes *ret);

int tar_reader_new(tar_source_fn source, void *context, struct tar_reader **ret) MUST_CHECK;
void tar_reader_free(struct tar_reader *t);
DEFINE_OWNED(tar_reader, struct tar_reader, tar_reader_free);
/* The next regular file; anything else in the stream is TAR_BROKEN. ret_name until the next call. */
int tar_next(struct tar_reader *t, const char **ret_name, uint64_t *ret_size) MUST_CHECK;
/* Was it broken because something else than a regular file came: a folder, a link, a device? */
bool tar_is_odd(const struct tar_reader *t);
/* How many bytes of the source belong to what was read; after TAR_END also to the blocks that end the archive. */
uint64_t tar_position(const struct tar_reader *t);
int tar_read(struct tar_reader *t, struct bytes *ret) MUST_CHECK;

#endif
