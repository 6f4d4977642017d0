/* A document as the list of its parts. Parts that nobody touches keep their bytes, though not their compression. */
#include "ctl/mark_parts.h"

#include "base/text.h"
#include "ctl/mark.h"
#include "library/archive.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

void parts_done(struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++) {
		free(parts->at[i].name);
		buffer_done(&parts->at[i].content);
	}
	free(parts->at);
	*parts = (struct parts){0};
}

struct part *parts_find(const struct parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->n; i++)
		if (strcmp(parts->at[i].name, name) == 0)
			return &parts->at[i];
	return NULL;
}

int parts_add(struct parts *parts, const char *name, struct part **ret)
{
	struct part *bigger = reallocarray(parts->at, parts->n + 1, sizeof(*bigger));
	char *copy = text_copy(name);

	if (bigger)
		parts->at = bigger;
	if (!bigger || !copy) {
		free(copy);
		return FAULT(ENOMEM, "read a document");
	}
	parts->at[parts->n] = (struct part){.name = copy};
	*ret = &parts->at[parts->n++];
	return 0;
}

int parts_edit(struct part *part, struct edits *edits)
{
	OWN_BUFFER struct buffer edited = {0};

	if (edits->n == 0 && !edits->failed)
		return 0;
	TRY(edits_apply(edits, buffer_bytes(&part->content), &edited));
	buffer_done(&part->content);
	part->content = edited;
	edited = (struct buffer){0};
	part->is_changed = true;
	return 0;
}

/* A compound file with a stream of that name (UTF-16): OOXML under a password ([MS-OFFCRYPTO] 2.3). */
static bool is_encrypted_package(struct bytes document)
{
	static const uint8_t compound[] = {0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};
	static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

	return document.n > sizeof(compound) && memcmp(document.at, compound, sizeof(compound)) == 0 &&
	       memmem(document.at, document.n, name, sizeof(name)) != NULL;
}

int parts_read(struct bytes document, struct parts *ret)
{
	OWNED(zip_reader) struct zip_reader *zip = NULL;
	struct part *part;
	const char *name;
	int r;

	if (document.n < 4 || memcmp(document.at, "PK\x03\x04", 4) != 0)
		return is_encrypted_package(document) ? MARK_WRITE_LOCKED : MARK_WRITE_NO_PLACE;
	r = zip_reader_new(document, &zip);
	while (r == 0 && (r = zip_next(zip, &name)) == 0) {
		if (!*name || parts_find(ret, name))
			return MARK_WRITE_UNSAFE; /* of two with one name one program would read this one, another the other */
		TRY(parts_add(ret, name, &part));
		r = zip_read_all(zip, &part->content);
	}
	TRY(r);
	if (r == ZIP_END)
		return 0;
	return r == ZIP_BROKEN ? MARK_WRITE_DAMAGED : r == ZIP_LOCKED ? MARK_WRITE_LOCKED : MARK_WRITE_LARGE;
}

static int read_back(int fd, struct buffer *ret)
{
	struct stat s;
	uint8_t *room;

	if (fstat(fd, &s) < 0)
		return FAULT(errno, "read the marked document");
	room = buffer_reserve(ret, (size_t)s.st_size);
	TRY(buffer_check(ret));
	if (pread(fd, room, (size_t)s.st_size, 0) != s.st_size)
		return FAULT(EIO, "read the marked document");
	ret->n += (size_t)s.st_size;
	return 0;
}

int parts_write(const struct parts *parts, struct buffer *ret)
{
	OWN_FD int fd = memfd_create("document", MFD_CLOEXEC);
	OWNED(zip_writer) struct zip_writer *zip = NULL;

	if (fd < 0)
		return FAULT(errno, "make room for the marked document");
	TRY(zip_writer_new(fd, &zip));
	for (size_t i = 0; i < parts->n; i++)
		TRY(zip_write(zip, parts->at[i].name, buffer_bytes(&parts->at[i].content),
			      strcmp(parts->at[i].name, "mimetype") == 0));
	TRY(zip_writer_end(zip));
	return read_back(fd, ret);
}
