/* Keys at rest: the machine key's file, one age file for each level and epoch, the escrow's public half. */
#include "keeper/store.h"

#include "base/text.h"
#include "library/machine_key.h"
#include "system/safe_open.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define KEY_FILE_MAX ((size_t)65536)

/* Becomes part of a file name: letters, digits, "-" and "_"; no dot, which ends the level in LEVEL.EPOCH.age. */
bool store_is_word(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		      c == '_'))
			return false;
	}
	return n > 0 && n < KEEPER_TEXT - 16;
}

struct writing {
	const struct files *f;
	int fd;
};

static int write_all(struct bytes at, void *context)
{
	const struct writing *w = context;
	int r = files_write_all(w->f, w->fd, at.at, at.n);

	if (r == 0)
		r = w->f->sync(w->f, w->fd);
	return r == 0 ? 0 : FAULT(-r, "write a key");
}

/* One line of hexadecimal. */
static int make_machine_key(const struct files *f, int fd)
{
	OWNED(secret) struct secret *key = NULL;

	TRY(machine_key_new(&key));
	return machine_key_write(f, fd, key);
}

struct looking {
	const struct files *f;
	int fd;
	bool blank;
};

static int look_for_zeros(uint8_t *at, size_t *n, void *context)
{
	struct looking *l = context;
	int r = files_pread_all(l->f, l->fd, at, *n, 0);

	if (r != 0)
		return FAULT(-r, "read the machine key");
	l->blank = true;
	for (size_t i = 0; i < *n; i++)
		l->blank = l->blank && at[i] == 0;
	return 0;
}

/* A power cut may leave the length of a key and no byte of it. Such a file, and no other, is as good as an empty one.
 */
static int is_blank(const struct files *f, int fd, uint64_t size, bool *ret)
{
	OWNED(secret) struct secret *looked_at = NULL;
	struct looking l = {f, fd, size == 0};

	if (size > 0 && size <= MACHINE_KEY_LINE)
		TRY(secret_new_filled((size_t)size, look_for_zeros, &l, &looked_at));
	*ret = l.blank;
	return 0;
}

/* Who wrote it may have been killed before it was durable, and all keys will hang on it. */
static int sync_machine_key(const struct files *f, int fd)
{
	int r = f->sync(f, fd);

	return r == 0 || r == -EINVAL ? 0 : FAULT(-r, "sync the machine key"); /* EINVAL: a pipe has no disk */
}

int store_read_machine_key(const struct files *f, int fd, struct secret **ret)
{
	int r = machine_key_read(f, fd, ret);

	return r == MACHINE_KEY_NONE ? KEEPER_UNINITIALISED : r;
}

struct identity_file {
	const struct files *f;
	int fd;
	char public[RECIPIENT_TEXT];
};

static int write_identity(struct bytes text, void *context)
{
	const struct identity_file *file = context;
	struct writing w = {file->f, file->fd};
	OWN_BUFFER struct buffer head = {0};
	int r;

	buffer_add_format(&head, "# classd escrow identity: keep it away from this machine\n# public key: %s\n",
			  file->public);
	TRY(buffer_check(&head));
	r = files_write_all(file->f, file->fd, head.at, head.n);
	if (r != 0)
		return FAULT(-r, "write the escrow identity");
	return write_all(text, &w);
}

/* The identity reaches the disk before the store names its public half: without it no file could be recovered. */
static int make_escrow(const struct files *f, int store, int escrow_fd)
{
	OWNED(secret) struct secret *identity = NULL;
	OWNED(secret) struct secret *text = NULL;
	struct identity_file file = {f, escrow_fd, ""};
	OWN_BUFFER struct buffer line = {0};
	struct recipient public;
	int r;

	TRY(identity_new(&identity));
	TRY(identity_recipient(identity, &public));
	recipient_to_text(&public, file.public);
	TRY(identity_to_text(identity, &text));
	TRY(secret_lend(text, write_identity, &file));
	buffer_add_format(&line, "%s\n", file.public);
	TRY(buffer_check(&line));
	r = files_create_whole(f, store, ESCROW_FILE, 0600, buffer_bytes(&line));
	return r == 0 ? 0 : FAULT(-r, "write %s", ESCROW_FILE);
}

/* An earlier first start did not come to its end, and its identity went with it: nobody could ever use that escrow.
 * Keys that were made meanwhile follow the new one. */
static int give_way(const struct files *f, int store)
{
	int r = files_create_whole(f, store, ESCROW_MARK, 0600, (struct bytes){0});

	if (r == 0 || r == -EEXIST)
		r = f->unlink(f, store, ESCROW_FILE);
	return r == 0 ? store_sync(f, store) : FAULT(-r, "an escrow of an earlier start");
}

/* What a failing disk left of a machine key while it was written: shorter than any. */
static bool is_cut_short(const struct files *f, int fd, const struct stat *stat)
{
	return stat->st_size < (off_t)(2 * MACHINE_KEY_BYTES) && f->truncate(f, fd, 0) == 0;
}

int keeper_initialise(const struct files *f, int store, int machine_fd, int escrow_fd)
{
	struct stat stat, out;
	bool blank;
	int r = f->stat(f, machine_fd, &stat);

	if (r != 0)
		return FAULT(-r, "machine key");
	TRY(is_blank(f, machine_fd, (uint64_t)stat.st_size, &blank));
	if (blank || is_cut_short(f, machine_fd, &stat))
		TRY(make_machine_key(f, machine_fd));
	else
		TRY(sync_machine_key(f, machine_fd));
	r = f->stat_at(f, store, ESCROW_FILE, &stat);
	if (r != 0 && r != -ENOENT)
		return FAULT(-r, "%s", ESCROW_FILE);
	if (escrow_fd < 0)
		return r == 0 ? 0 : KEEPER_UNINITIALISED;
	if (r == 0) {
		r = f->stat(f, escrow_fd, &out);
		if (r != 0 || out.st_size > 0) /* it has its identity already */
			return r == 0 ? 0 : FAULT(-r, "the escrow identity");
		TRY(give_way(f, store));
	}
	return make_escrow(f, store, escrow_fd);
}

int store_sync(const struct files *f, int store)
{
	struct open_how here = {.flags = O_RDONLY | O_DIRECTORY};
	int dir = f->open(f, store, ".", &here), r;

	if (dir < 0)
		return FAULT(-dir, "open the key directory");
	r = f->sync(f, dir);
	(void)f->close(f, dir); /* only synced */
	return r == 0 ? 0 : FAULT(-r, "sync the key directory");
}

int store_read_file(const struct files *f, int store, const char *name, struct buffer *ret)
{
	struct stat stat;
	int fd, r = safe_open_regular(f, store, name, O_RDONLY, &fd, &stat);

	if (r == SAFE_OPEN_GONE)
		return KEEPER_UNINITIALISED;
	if (r != 0)
		return FAULT(errno, "open %s", name);
	r = files_read_rest(f, fd, KEY_FILE_MAX, ret);
	(void)f->close(f, fd); /* only read */
	return r == 0 ? 0 : FAULT(-r, "read %s", name);
}

int store_read_escrow(const struct files *f, int store, struct recipient *ret)
{
	OWN_BUFFER struct buffer line = {0};
	int r = store_read_file(f, store, ESCROW_FILE, &line);

	if (r != 0)
		return r;
	while (line.n > 0 && line.at[line.n - 1] == '\n')
		line.n--;
	r = recipient_from_text(buffer_bytes(&line), ret);
	return r > 0 ? KEEPER_UNINITIALISED : r;
}

/* "LEVEL.EPOCH.age" */
static bool split_name(const char *name, struct keeper_key *ret)
{
	const char *dot = strchr(name, '.'), *end = dot ? strchr(dot + 1, '.') : NULL;

	if (!end || !text_equal(end, ".age") || dot - name >= KEEPER_TEXT || end - dot > KEEPER_TEXT)
		return false;
	memcpy(ret->level, name, (size_t)(dot - name));
	ret->level[dot - name] = 0;
	memcpy(ret->epoch, dot + 1, (size_t)(end - dot - 1));
	ret->epoch[end - dot - 1] = 0;
	return store_is_word(ret->level) && store_is_word(ret->epoch);
}

int store_each_name(const struct files *f, int store, store_name_fn fn, void *context)
{
	_Alignas(struct dirent64) uint8_t raw[4096];
	ssize_t n = 0;
	int dir, r = safe_open_directory(f, store, "", &dir);

	if (r != 0)
		return FAULT(errno, "open the key directory");
	while (r == 0 && (n = f->entries(f, dir, raw, sizeof(raw))) > 0)
		for (ssize_t at = 0; r == 0 && at < n;) {
			const struct dirent64 *entry = (const void *)(raw + at);

			at += entry->d_reclen;
			r = fn(entry->d_name, context);
		}
	(void)f->close(f, dir); /* only read */
	return r == 0 && n < 0 ? FAULT((int)-n, "list the key directory") : r;
}

struct each_key {
	store_key_fn fn;
	void *context;
};

static int each_key(const char *name, void *context)
{
	const struct each_key *each = context;
	struct keeper_key key = {0};

	return split_name(name, &key) ? each->fn(&key, each->context) : 0;
}

int store_each_key(const struct files *f, int store, store_key_fn fn, void *context)
{
	return store_each_name(f, store, each_key, &(struct each_key){fn, context});
}
