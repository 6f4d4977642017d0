#include "vfs.h"

#include "base/own.h"

#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct watched_file {
	sqlite3_file base;
	sqlite3_io_methods methods;
	bool is_new_log; /* unix VFS: the first sync of a new journal or WAL syncs its directory, too */
	int fd;		 /* O_PATH: closing it drops no lock */
	char path[400];
	sqlite3_file real[]; /* of the VFS behind */
};

static struct {
	struct model *m;
	char root[200];
	sqlite3_vfs *real;
	sqlite3_vfs own;
} watch;

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct watched_file *)(void *)file)->real;
}

static struct watched_file *of(sqlite3_file *file)
{
	return (struct watched_file *)(void *)file;
}

static bool is_watched(const char *path)
{
	return watch.m && path && strncmp(path, watch.root, strlen(watch.root)) == 0;
}

static int open_parent(const char *path)
{
	char copy[400];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	return open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static const char *name_in(const char *path)
{
	return strrchr(path, '/') + 1;
}

static int on_close(sqlite3_file *file)
{
	int result = real_of(file)->pMethods->xClose(real_of(file));

	if (of(file)->fd >= 0)
		(void)close(of(file)->fd);
	return result;
}

static int on_read(sqlite3_file *file, void *at, int n, sqlite3_int64 offset)
{
	return real_of(file)->pMethods->xRead(real_of(file), at, n, offset);
}

static int on_write(sqlite3_file *file, const void *at, int n, sqlite3_int64 offset)
{
	int result = real_of(file)->pMethods->xWrite(real_of(file), at, n, offset);

	if (result == SQLITE_OK && of(file)->fd >= 0)
		model_note_write(watch.m, of(file)->fd, at, (size_t)n, (uint64_t)offset);
	return result;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int result = real_of(file)->pMethods->xTruncate(real_of(file), size);

	if (result == SQLITE_OK && of(file)->fd >= 0)
		model_note_size(watch.m, of(file)->fd, (uint64_t)size, true);
	return result;
}

static int on_sync(sqlite3_file *file, int flags)
{
	OWN_FD int parent = -1;

	(void)flags; /* on Linux the unix VFS always calls fdatasync */
	if (of(file)->fd < 0)
		return SQLITE_OK;
	model_note_sync(watch.m, SYNC_DATA, of(file)->fd);
	if (!of(file)->is_new_log)
		return SQLITE_OK;
	of(file)->is_new_log = false;
	parent = open_parent(of(file)->path);
	model_note_sync(watch.m, SYNC_FILE, parent);
	return SQLITE_OK;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), ret);
}

static int on_lock(sqlite3_file *file, int kind)
{
	return real_of(file)->pMethods->xLock(real_of(file), kind);
}

static int on_unlock(sqlite3_file *file, int kind)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), kind);
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

/* No shared memory and no mapping: the store is opened by one connection (locking_mode=EXCLUSIVE). */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector,
    .xDeviceCharacteristics = on_traits,
};

static void note_new(struct watched_file *f, int flags)
{
	OWN_FD int parent = open_parent(f->path);

	model_note_create(watch.m, parent, name_in(f->path), f->fd);
	f->is_new_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL)) != 0;
}

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct watched_file *f = of(file);
	bool is_new = is_watched(name) && access(name, F_OK) != 0;
	int result = watch.real->xOpen(watch.real, name, f->real, flags, ret_flags);

	(void)vfs;
	f->base.pMethods = result == SQLITE_OK ? &methods : NULL;
	f->fd = -1;
	f->is_new_log = false;
	if (result != SQLITE_OK || !is_watched(name))
		return result;
	(void)snprintf(f->path, sizeof(f->path), "%s", name);
	f->fd = open(name, O_PATH | O_CLOEXEC);
	if (is_new)
		note_new(f, flags);
	return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int is_synced)
{
	int result = watch.real->xDelete(watch.real, name, is_synced);
	OWN_FD int parent = -1;

	(void)vfs;
	if (result != SQLITE_OK || !is_watched(name))
		return result;
	parent = open_parent(name);
	model_note_unlink(watch.m, parent, name_in(name));
	if (is_synced)
		model_note_sync(watch.m, SYNC_FILE, parent);
	return SQLITE_OK;
}

void vfs_watch(struct model *m, const char *root)
{
	watch.m = m;
	(void)snprintf(watch.root, sizeof(watch.root), "%s", root ? root : "");
	if (watch.real)
		return;
	watch.real = sqlite3_vfs_find(NULL);
	watch.own = *watch.real; /* what is not ours it does itself; its own data go with it */
	watch.own.zName = "watched";
	watch.own.szOsFile = (int)sizeof(struct watched_file) + watch.real->szOsFile;
	watch.own.xOpen = on_open;
	watch.own.xDelete = on_delete;
	if (sqlite3_vfs_register(&watch.own, 1) != SQLITE_OK)
		abort();
}
