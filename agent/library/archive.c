#include "library/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define FREE_BYTES ((uint64_t)1 << 20) /* small files may compress well */
#define BLOCK	   ((size_t)64 << 10)

struct zip_reader {
	struct archive *archive;
	uint64_t file_bytes;
	uint64_t inflated;
	size_t entries;
	uint8_t block[BLOCK];
};

int zip_reader_new(struct bytes content, struct zip_reader **ret)
{
	OWNED(zip_reader) struct zip_reader *z = calloc(1, sizeof(*z));

	if (!z)
		return FAULT(ENOMEM, "read a zip file");
	z->file_bytes = content.n;
	z->archive = archive_read_new();
	if (!z->archive || archive_read_support_format_zip_seekable(z->archive) != ARCHIVE_OK)
		return FAULT(ENOMEM, "read a zip file");
	/* libarchive takes memory as non-const and does not write to it. */
	if (archive_read_open_memory(z->archive, (void *)(uintptr_t)content.at, content.n) != ARCHIVE_OK)
		return ZIP_BROKEN;
	*ret = steal(&z);
	return 0;
}

void zip_reader_free(struct zip_reader *z)
{
	if (!z)
		return;
	(void)archive_read_free(z->archive);
	free(z);
}

int zip_next(struct zip_reader *z, const char **ret_name)
{
	struct archive_entry *entry;
	const char *name;

	do {
		int r = archive_read_next_header(z->archive, &entry);

		if (r == ARCHIVE_EOF)
			return ZIP_END;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return ZIP_BROKEN;
		if (++z->entries > ZIP_ENTRIES_MAX)
			return ZIP_LIMIT;
		name = archive_entry_pathname_utf8(entry);
		if (!name)
			name = archive_entry_pathname(entry);
	} while (!name || archive_entry_filetype(entry) == AE_IFDIR);
	*ret_name = name;
	return archive_entry_is_encrypted(entry) ? ZIP_LOCKED : 0;
}

int zip_read(struct zip_reader *z, struct bytes *ret)
{
	la_ssize_t n = archive_read_data(z->archive, z->block, sizeof(z->block));

	if (n == 0)
		return ZIP_END;
	if (n < 0)
		return ZIP_BROKEN;
	z->inflated += (uint64_t)n;
	if (z->inflated > ZIP_INFLATED_MAX || z->inflated > FREE_BYTES + z->file_bytes * ZIP_RATIO_MAX)
		return ZIP_LIMIT;
	*ret = bytes_of(z->block, (size_t)n);
	return 0;
}

int zip_read_all(struct zip_reader *z, struct buffer *ret)
{
	struct bytes some;
	int r;

	while ((r = zip_read(z, &some)) == 0)
		buffer_add_bytes(ret, some);
	if (r != ZIP_END)
		return r;
	return buffer_check(ret);
}

struct zip_writer {
	struct archive *archive;
};

int zip_writer_new(int fd, struct zip_writer **ret)
{
	OWNED(zip_writer) struct zip_writer *z = calloc(1, sizeof(*z));

	if (!z)
		return FAULT(ENOMEM, "write a zip file");
	z->archive = archive_write_new();
	if (!z->archive || archive_write_set_format_zip(z->archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(z->archive, 1) != ARCHIVE_OK)
		return FAULT(ENOMEM, "write a zip file");
	if (archive_write_open_fd(z->archive, fd) != ARCHIVE_OK)
		return FAULT(EIO, "write a zip file: %s", archive_error_string(z->archive));
	*ret = steal(&z);
	return 0;
}

void zip_writer_free(struct zip_writer *z)
{
	if (!z)
		return;
	(void)archive_write_free(z->archive);
	free(z);
}

static int write_entry(struct zip_writer *z, struct archive_entry *entry, struct bytes content)
{
	int error;

	if (archive_write_header(z->archive, entry) == ARCHIVE_OK &&
	    archive_write_data(z->archive, content.at, content.n) == (la_ssize_t)content.n &&
	    archive_write_finish_entry(z->archive) == ARCHIVE_OK)
		return 0;
	error = archive_errno(z->archive);
	return FAULT(error > 0 ? error : EIO, "write a zip entry: %s", archive_error_string(z->archive));
}

int zip_write(struct zip_writer *z, const char *name, struct bytes content, bool stored)
{
	struct archive_entry *entry = archive_entry_new();
	int r;

	if (!entry)
		return FAULT(ENOMEM, "write a zip entry");
	archive_entry_set_pathname_utf8(entry, name);
	archive_entry_set_size(entry, (la_int64_t)content.n);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	if (stored)
		(void)archive_write_zip_set_compression_store(z->archive);
	else
		(void)archive_write_zip_set_compression_deflate(z->archive);
	r = write_entry(z, entry, content);
	archive_entry_free(entry);
	return r;
}

int zip_writer_end(struct zip_writer *z)
{
	if (archive_write_close(z->archive) != ARCHIVE_OK)
		return FAULT(EIO, "end a zip file: %s", archive_error_string(z->archive));
	return 0;
}

/* ---- tar ---- */

struct tar_writer {
	struct archive *archive;
	struct buffer *to;
};

/* Never an error: after one libarchive does not free what it holds. The buffer is looked at instead. */
static la_ssize_t append(struct archive *a, void *context, const void *at, size_t n)
{
	(void)a;
	buffer_add(context, at, n);
	return (la_ssize_t)n;
}

int tar_writer_new(struct buffer *to, struct tar_writer **ret)
{
	OWNED(tar_writer) struct tar_writer *t = calloc(1, sizeof(*t));

	if (!t)
		return FAULT(ENOMEM, "write a tar file");
	t->to = to;
	t->archive = archive_write_new();
	if (!t->archive || archive_write_set_format_pax_restricted(t->archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(t->archive, 0) != ARCHIVE_OK ||
	    archive_write_open(t->archive, to, NULL, append, NULL) != ARCHIVE_OK)
		return FAULT(ENOMEM, "write a tar file");
	*ret = steal(&t);
	return 0;
}

void tar_writer_free(struct tar_writer *t)
{
	if (!t)
		return;
	(void)archive_write_free(t->archive);
	free(t);
}

static int tar_fault(struct tar_writer *t)
{
	int error = archive_errno(t->archive);

	return FAULT(error > 0 ? error : EIO, "write a tar file: %s", archive_error_string(t->archive));
}

int tar_begin(struct tar_writer *t, const char *name, uint64_t size)
{
	struct archive_entry *entry = archive_entry_new();
	int r;

	if (!entry)
		return FAULT(ENOMEM, "write a tar entry");
	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_mtime(entry, 0, 0); /* the same content makes the same tar */
	r = archive_write_header(t->archive, entry);
	archive_entry_free(entry);
	return r == ARCHIVE_OK ? buffer_check(t->to) : tar_fault(t);
}

int tar_add(struct tar_writer *t, struct bytes b)
{
	return archive_write_data(t->archive, b.at, b.n) == (la_ssize_t)b.n ? buffer_check(t->to) : tar_fault(t);
}

int tar_writer_end(struct tar_writer *t)
{
	return archive_write_close(t->archive) == ARCHIVE_OK ? buffer_check(t->to) : tar_fault(t);
}

struct tar_reader {
	struct archive *archive;
	tar_source_fn source;
	void *context;
	bool source_refused;
	bool is_odd;
	uint8_t block[BLOCK];
};

static la_ssize_t pull(struct archive *a, void *context, const void **ret)
{
	struct tar_reader *t = context;
	struct bytes some = {0};

	(void)a;
	t->source_refused = t->source(t->context, &some) != 0;
	*ret = some.at;
	return t->source_refused ? -1 : (la_ssize_t)some.n;
}

int tar_reader_new(tar_source_fn source, void *context, struct tar_reader **ret)
{
	OWNED(tar_reader) struct tar_reader *t = calloc(1, sizeof(*t));

	if (!t)
		return FAULT(ENOMEM, "read a tar file");
	t->source = source;
	t->context = context;
	t->archive = archive_read_new();
	if (!t->archive || archive_read_support_format_tar(t->archive) != ARCHIVE_OK)
		return FAULT(ENOMEM, "read a tar file");
	if (archive_read_open(t->archive, t, NULL, pull, NULL) != ARCHIVE_OK)
		return t->source_refused ? TAR_SOURCE : TAR_BROKEN;
	*ret = steal(&t);
	return 0;
}

void tar_reader_free(struct tar_reader *t)
{
	if (!t)
		return;
	(void)archive_read_free(t->archive);
	free(t);
}

int tar_next(struct tar_reader *t, const char **ret_name, uint64_t *ret_size)
{
	struct archive_entry *entry;
	int r = archive_read_next_header(t->archive, &entry);

	if (r == ARCHIVE_EOF)
		return TAR_END;
	if (r != ARCHIVE_OK)
		return t->source_refused ? TAR_SOURCE : TAR_BROKEN;
	*ret_name = archive_entry_pathname(entry);
	t->is_odd = !*ret_name || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
		    !archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0;
	if (t->is_odd)
		return TAR_BROKEN;
	*ret_size = (uint64_t)archive_entry_size(entry);
	return 0;
}

bool tar_is_odd(const struct tar_reader *t)
{
	return t->is_odd;
}

uint64_t tar_position(const struct tar_reader *t)
{
	return (uint64_t)archive_filter_bytes(t->archive, 0);
}

int tar_read(struct tar_reader *t, struct bytes *ret)
{
	la_ssize_t n = archive_read_data(t->archive, t->block, sizeof(t->block));

	if (n == 0)
		return TAR_END;
	if (n < 0)
		return t->source_refused ? TAR_SOURCE : TAR_BROKEN;
	*ret = bytes_of(t->block, (size_t)n);
	return 0;
}
