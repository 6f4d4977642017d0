#include "library/magic.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define UNKNOWN "application/octet-stream"

struct filetype {
	int fd; /* of the compiled table; -1: none */
	void *table;
	size_t n;
	magic_t magic;
};

/* The first compiled table of libmagic's own search path "a:b". */
static int open_table(const char *list)
{
	while (list && *list) {
		size_t n = strcspn(list, ":");
		OWN_MEM char *path =
		    text_format("%.*s%s", (int)n, list, n > 4 && memcmp(list + n - 4, ".mgc", 4) == 0 ? "" : ".mgc");
		int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

		if (fd >= 0)
			return fd;
		list += n + (list[n] == ':');
	}
	return -1;
}

int filetype_new(struct filetype **ret)
{
	struct filetype *f = calloc(1, sizeof(*f));

	if (!f)
		return FAULT(ENOMEM, "recognise files");
	f->table = MAP_FAILED;
	f->fd = open_table(magic_getpath(NULL, 0));
	*ret = f;
	return 0;
}

void filetype_free(struct filetype *f)
{
	if (!f)
		return;
	if (f->magic)
		magic_close(f->magic);
	if (f->table != MAP_FAILED)
		(void)munmap(f->table, f->n); /* cannot fail for what was mapped */
	close_fd(&f->fd);
	free(f);
}

static void load(struct filetype *f)
{
	struct stat s;

	if (f->fd < 0 || fstat(f->fd, &s) < 0 || s.st_size <= 0)
		return;
	f->n = (size_t)s.st_size;
	/* Private and writable, because libmagic turns bytes round in it on foreign machines. */
	f->table = mmap(NULL, f->n, PROT_READ | PROT_WRITE, MAP_PRIVATE, f->fd, 0);
	close_fd(&f->fd);
	if (f->table == MAP_FAILED)
		return;
	f->magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF |
			      MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_ENCODING);
	if (f->magic && magic_load_buffers(f->magic, &f->table, &f->n, 1) != 0) {
		magic_close(f->magic);
		f->magic = NULL;
	}
}

const char *filetype_of(struct filetype *f, struct bytes start)
{
	const char *type;

	if (start.n == 0)
		return "application/x-empty";
	if (!f->magic)
		load(f);
	type = f->magic ? magic_buffer(f->magic, start.at, start.n < FILETYPE_LOOKS_AT ? start.n : FILETYPE_LOOKS_AT)
			: NULL;
	return type ? type : UNKNOWN;
}
