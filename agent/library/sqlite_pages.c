#include "library/sqlite_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define NAME	  "classd-pages"
#define PAGE	  4096
#define SUM	  8 /* bytes at the end of a page */
#define LANES	  ((size_t)4)
#define LOCK_BYTE 0x40000000 /* the page there is never written (SQLite's file format, 1.3.2) */

struct page_file {
	sqlite3_file base;
	bool is_database; /* else a log: it has checksums of its own */
	sqlite3_file *real;
	uint8_t copy[PAGE];
};

static struct page_file *of(sqlite3_file *file)
{
	return (struct page_file *)(void *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return of(file)->real;
}

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

/* Four lanes, so that one step need not wait for the one before. Each step is a bijection of its word: one word that
 * differs always shows, and so does a page that lies where another belongs. Against accidents, not against an attacker. */
static uint64_t sum_of(const uint8_t page[PAGE], uint64_t offset)
{
	const uint64_t first = UINT64_C(0x9e3779b185ebca87), second = UINT64_C(0xc2b2ae3d27d4eb4f);
	uint64_t lane[LANES], all = offset + first;

	for (size_t i = 0; i < LANES; i++)
		lane[i] = (i + 1) * second;
	for (size_t at = 0; at + SUM < PAGE; at += sizeof(uint64_t)) {
		uint64_t word;
		size_t i = at / sizeof(word) % LANES;

		memcpy(&word, page + at, sizeof(word));
		lane[i] = rotate((lane[i] ^ word) * first, 31) * second;
	}
	for (size_t i = 0; i < LANES; i++)
		all = rotate((all ^ lane[i]) * first, 27) * second;
	return all;
}

static bool has_sum(sqlite3_file *file, int n, sqlite3_int64 offset)
{
	return of(file)->is_database && n == PAGE && offset % PAGE == 0 && offset != LOCK_BYTE;
}

/* ---- what SQLite asks of a file ---- */

static int on_close(sqlite3_file *file)
{
	int result = real_of(file)->pMethods->xClose(real_of(file));

	sqlite3_free(of(file)->real);
	of(file)->real = NULL;
	return result;
}

static int on_read(sqlite3_file *file, void *at, int n, sqlite3_int64 offset)
{
	int result = real_of(file)->pMethods->xRead(real_of(file), at, n, offset);
	uint64_t sum;

	if (result != SQLITE_OK || !has_sum(file, n, offset))
		return result;
	memcpy(&sum, (const uint8_t *)at + PAGE - SUM, SUM);
	return sum == sum_of(at, (uint64_t)offset) ? SQLITE_OK : SQLITE_CORRUPT;
}

static int on_write(sqlite3_file *file, const void *at, int n, sqlite3_int64 offset)
{
	uint64_t sum;

	if (has_sum(file, n, offset)) {
		sum = sum_of(at, (uint64_t)offset);
		memcpy(of(file)->copy, at, PAGE - SUM);
		memcpy(of(file)->copy + PAGE - SUM, &sum, SUM);
		at = of(file)->copy;
	}
	return real_of(file)->pMethods->xWrite(real_of(file), at, n, offset);
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int on_sync(sqlite3_file *file, int flags)
{
	return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int on_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), ret);
}

static int on_lock(sqlite3_file *file, int lock)
{
	return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int on_unlock(sqlite3_file *file, int lock)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int on_reserved(sqlite3_file *file, int *ret)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int on_control(sqlite3_file *file, int op, void *arg)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int on_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int on_traits(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int on_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, ret);
}

static int on_map_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void on_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int on_unmap(sqlite3_file *file, int remove)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

/* Without the mapped reads of version 3, which would pass by the check. */
static const sqlite3_io_methods methods = {
    2,	      on_close, on_read,     on_write,	 on_truncate, on_sync,	 on_size, on_lock,    on_unlock, on_reserved,
    on_control, on_sector, on_traits, on_map, on_map_lock, on_barrier, on_unmap, NULL, NULL,
};

/* ---- the VFS: everything else is what the usual one does, which a test may have replaced ---- */

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);
	struct page_file *f = of(file);
	int result;

	(void)vfs;
	memset(f, 0, sizeof(*f));
	f->real = sqlite3_malloc(real->szOsFile);
	if (!f->real)
		return SQLITE_NOMEM;
	memset(f->real, 0, (size_t)real->szOsFile);
	f->is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
	result = real->xOpen(real, name, f->real, flags, ret_flags);
	if (result == SQLITE_OK) {
		f->base.pMethods = &methods;
		return SQLITE_OK;
	}
	if (f->real->pMethods)
		(void)f->real->pMethods->xClose(f->real); /* it did not open */
	sqlite3_free(f->real);
	f->real = NULL;
	return result;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);

	(void)vfs;
	return real->xDelete(real, name, sync);
}

static int on_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);

	(void)vfs;
	return real->xAccess(real, name, flags, ret);
}

static int on_path(sqlite3_vfs *vfs, const char *name, int n, char *ret)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);

	(void)vfs;
	return real->xFullPathname(real, name, n, ret);
}

const char *pages_vfs(void)
{
	sqlite3_vfs *usual = sqlite3_vfs_find(NULL), *own;

	if (sqlite3_vfs_find(NAME))
		return NAME;
	own = usual ? malloc(sizeof(*own)) : NULL; /* once, and SQLite keeps it */
	if (!own)
		return NULL;
	*own = *usual;
	own->szOsFile = (int)sizeof(struct page_file);
	own->pNext = NULL;
	own->zName = NAME;
	own->xOpen = on_open;
	own->xDelete = on_delete;
	own->xAccess = on_access;
	own->xFullPathname = on_path;
	if (sqlite3_vfs_register(own, 0) == SQLITE_OK)
		return NAME;
	free(own);
	return NULL;
}

bool pages_are_checked(const char *path)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t head[21]; /* SQLite's file format, 1.3.4: the byte at 20 says how many are left at the end of a page */
	ssize_t n = fd >= 0 ? pread(fd, head, sizeof(head), 0) : 0;

	return n == 0 || (n == (ssize_t)sizeof(head) && memcmp(head, "SQLite format 3", 16) == 0 && head[20] == SUM);
}

int pages_reserve(struct sqlite3 *handle)
{
	int n = SUM;

	return sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &n);
}

int pages_look(struct sqlite3 *handle, uint64_t first, uint32_t n)
{
	uint8_t page[PAGE];
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;
	int result = sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);

	if (result == SQLITE_OK)
		result = file->pMethods->xFileSize(file, &size);
	for (uint64_t i = first; result == SQLITE_OK && i < first + n; i++) {
		if (i >= (uint64_t)size / PAGE)
			return SQLITE_DONE;
		if (i * PAGE != LOCK_BYTE)
			result = file->pMethods->xRead(file, page, PAGE, (sqlite3_int64)(i * PAGE));
	}
	return result;
}
