/* The recording half: each operation, and the atoms it leaves. */
#include "model.h"

#include "base/own.h"
#include "base/text.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL_NAME "system.posix_acl_access"

#define MODEL_OF(f) container_of((struct files *)(uintptr_t)(f), struct model, table)

/* A test has no use for half a model. */
static void must(bool is_so, const char *what)
{
	if (is_so)
		return;
	(void)fprintf(stderr, "model: %s: %s\n", what, strerror(errno));
	abort();
}

static void *grown(void *at, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return at;
	at = reallocarray(at, n ? 2 * n : 1, size);
	must(at, "memory");
	return at;
}

static struct blob blob_of(const void *at, size_t n)
{
	struct blob b = {n ? malloc(n) : NULL, n};

	must(!n || b.at, "memory");
	if (n)
		memcpy(b.at, at, n);
	return b;
}

static char *name_copy(const char *name)
{
	char *copy = strdup(name);

	must(copy, "memory");
	return copy;
}

/* ---- nodes ---- */

size_t model_node(const struct model *m, dev_t dev, ino_t ino)
{
	for (size_t i = m->n_nodes; i > 0; i--)
		if (m->nodes[i - 1].ino == ino && m->nodes[i - 1].dev == dev && !m->nodes[i - 1].is_dead)
			return i - 1;
	return MODEL_NEVER;
}

static struct blob acl_of(int fd)
{
	uint8_t raw[4096];
	ssize_t n = fgetxattr(fd, ACL_NAME, raw, sizeof(raw));

	return n > 0 ? blob_of(raw, (size_t)n) : (struct blob){0};
}

static size_t add_node(struct model *m, const struct stat *st)
{
	size_t before = model_node(m, st->st_dev, st->st_ino);

	if (before != MODEL_NEVER) /* the number is used again */
		m->nodes[before].is_dead = true;
	m->nodes = grown(m->nodes, m->n_nodes, sizeof(*m->nodes));
	m->nodes[m->n_nodes] = (struct node){.is_dir = S_ISDIR(st->st_mode),
					     .dev = st->st_dev,
					     .ino = st->st_ino,
					     .mode = st->st_mode & 07777,
					     .uid = st->st_uid,
					     .gid = st->st_gid,
					     .mtime = st->st_mtim};
	return m->n_nodes++;
}

static size_t node_of_fd(const struct model *m, int fd)
{
	struct stat st;

	must(fstat(fd, &st) == 0, "fstat");
	return model_node(m, st.st_dev, st.st_ino);
}

static size_t node_at(const struct model *m, int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? model_node(m, st.st_dev, st.st_ino) : MODEL_NEVER;
}

/* ---- atoms ---- */

static struct atom *add_atom(struct model *m, enum atom_kind kind, size_t node)
{
	struct atom *a;

	m->atoms = grown(m->atoms, m->n_atoms, sizeof(*m->atoms));
	a = &m->atoms[m->n_atoms++];
	*a = (struct atom){.kind = kind,
			   .op = m->n_ops,
			   .durable = MODEL_NEVER,
			   .node = node,
			   .other = MODEL_NEVER,
			   .dir = MODEL_NEVER,
			   .dir2 = MODEL_NEVER};
	return a;
}

static void PRINTF_LIKE(2, 3) begin_op(struct model *m, const char *format, ...)
{
	va_list list;

	m->ops = grown(m->ops, m->n_ops + 1, sizeof(*m->ops));
	m->n_ops++;
	va_start(list, format);
	(void)vsnprintf(m->ops[m->n_ops], sizeof(*m->ops), format, list);
	va_end(list);
}

static void note_name(struct model *m, enum atom_kind kind, int dir, const char *name, size_t node)
{
	struct atom *a = add_atom(m, kind, node);

	a->dir = node_of_fd(m, dir);
	a->name = name_copy(name);
	must(a->dir != MODEL_NEVER, "directory outside of the model");
}

void model_note_write(struct model *m, int fd, const void *at, size_t n, uint64_t offset)
{
	size_t node = node_of_fd(m, fd), piece = n <= 32768 ? 512 : n <= 131072 ? 4096 : 32768;
	struct stat st;

	if (node == MODEL_NEVER || m->is_paused)
		return;
	must(fstat(fd, &st) == 0, "fstat");
	begin_op(m, "write of %zu at %llu", n, (unsigned long long)offset);
	for (size_t done = 0; done < n;) {
		size_t part = piece - (size_t)((offset + done) % piece);
		struct atom *a = add_atom(m, ATOM_BYTES, node);

		part = part < n - done ? part : n - done;
		a->offset = offset + done;
		a->bytes = blob_of((const uint8_t *)at + done, part);
		done += part;
	}
	add_atom(m, ATOM_SIZE, node)->offset = offset + n;
	m->nodes[node].mtime = st.st_mtim;
}

void model_note_size(struct model *m, int fd, uint64_t size, bool is_cut)
{
	size_t node = node_of_fd(m, fd);

	if (node == MODEL_NEVER || m->is_paused)
		return;
	begin_op(m, "length %llu", (unsigned long long)size);
	add_atom(m, is_cut ? ATOM_CUT : ATOM_SIZE, node)->offset = size;
}

void model_note_create(struct model *m, int dir, const char *name, int fd)
{
	struct stat st;
	size_t node;

	if (m->is_paused)
		return;
	must(fstat(fd, &st) == 0, "fstat");
	begin_op(m, "create %s", name ? name : "a temporary");
	node = add_node(m, &st);
	if (name)
		note_name(m, ATOM_LINK, dir, name, node);
}

void model_note_unlink(struct model *m, int dir, const char *name)
{
	if (m->is_paused)
		return;
	begin_op(m, "unlink %s", name);
	note_name(m, ATOM_UNLINK, dir, name, MODEL_NEVER);
}

void model_note_sync(struct model *m, enum sync_kind kind, int fd)
{
	size_t node = node_of_fd(m, fd);

	if (m->is_paused || node == MODEL_NEVER)
		return;
	begin_op(m, "%s", kind == SYNC_ALL ? "syncfs" : kind == SYNC_DATA ? "fdatasync" : "fsync");
	m->syncs = grown(m->syncs, m->n_syncs, sizeof(*m->syncs));
	m->syncs[m->n_syncs++] = (struct sync){kind, m->n_ops, node};
}

/* ---- the table ---- */

bool model_is_killed(const struct model *m)
{
	return m->n_ops >= m->kill_after;
}

static int model_open(const struct files *f, int dir, const char *path, const struct open_how *how)
{
	struct model *m = MODEL_OF(f);
	bool is_nameless = (how->flags & O_TMPFILE) == O_TMPFILE;
	struct stat st;
	bool is_new = is_nameless || ((how->flags & O_CREAT) && fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0);
	int fd = is_new && model_is_killed(m) ? -EIO : m->real.open(&m->real, dir, path, how);

	if (fd < 0)
		return fd;
	if (is_new) {
		must(is_nameless || !strchr(path, '/'), "a file made through a path");
		model_note_create(m, dir, is_nameless ? NULL : path, fd);
	} else if (how->flags & O_TRUNC) {
		model_note_size(m, fd, 0, true);
	}
	return fd;
}

static ssize_t model_write(const struct files *f, int fd, const void *at, size_t n)
{
	struct model *m = MODEL_OF(f);
	off_t offset = lseek(fd, 0, SEEK_CUR);
	ssize_t done = model_is_killed(m) ? -EIO : m->real.write(&m->real, fd, at, n);

	if (done > 0 && offset >= 0)
		model_note_write(m, fd, at, (size_t)done, (uint64_t)offset);
	return done;
}

static ssize_t model_pwrite(const struct files *f, int fd, const void *at, size_t n, uint64_t offset)
{
	struct model *m = MODEL_OF(f);
	ssize_t done = model_is_killed(m) ? -EIO : m->real.pwrite(&m->real, fd, at, n, offset);

	if (done > 0)
		model_note_write(m, fd, at, (size_t)done, offset);
	return done;
}

static ssize_t model_copy(const struct files *f, int from, uint64_t a, int to, uint64_t b, size_t n)
{
	struct model *m = MODEL_OF(f);
	ssize_t done = model_is_killed(m) ? -EIO : m->real.copy(&m->real, from, a, to, b, n);

	if (done > 0) {
		uint8_t *at = malloc((size_t)done);

		must(at && pread(to, at, (size_t)done, (off_t)b) == done, "reading what was copied");
		model_note_write(m, to, at, (size_t)done, b);
		free(at);
	}
	return done;
}

static int model_reserve(const struct files *f, int fd, uint64_t n)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.reserve(&m->real, fd, n);

	if (r == 0)
		model_note_size(m, fd, n, false);
	return r;
}

static int model_truncate(const struct files *f, int fd, uint64_t n)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.truncate(&m->real, fd, n);

	if (r == 0)
		model_note_size(m, fd, n, true);
	return r;
}

static int model_set_mode(const struct files *f, int fd, mode_t mode)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.set_mode(&m->real, fd, mode);
	size_t node = node_of_fd(m, fd);

	if (r == 0 && node != MODEL_NEVER && !m->is_paused) {
		begin_op(m, "mode %o", (unsigned)mode);
		add_atom(m, ATOM_MODE, node)->offset = mode & 07777;
	}
	return r;
}

static int model_set_acl(const struct files *f, int fd, const struct acl *acl)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.set_acl(&m->real, fd, acl);
	size_t node = node_of_fd(m, fd);
	struct stat st;

	if (r == 0 && node != MODEL_NEVER && !m->is_paused) {
		must(fstat(fd, &st) == 0, "fstat");
		begin_op(m, "access list");
		add_atom(m, ATOM_ACL, node)->bytes = acl_of(fd);
		add_atom(m, ATOM_MODE, node)->offset = st.st_mode & 07777;
	}
	return r;
}

static int model_sync(const struct files *f, int fd)
{
	if (model_is_killed(MODEL_OF(f)))
		return -EIO;
	model_note_sync(MODEL_OF(f), SYNC_FILE, fd);
	return 0; /* the directory is in memory, or may as well be */
}

static int model_sync_data(const struct files *f, int fd)
{
	if (model_is_killed(MODEL_OF(f)))
		return -EIO;
	model_note_sync(MODEL_OF(f), SYNC_DATA, fd);
	return 0;
}

static int model_sync_all(const struct files *f, int fd)
{
	if (model_is_killed(MODEL_OF(f)))
		return -EIO;
	model_note_sync(MODEL_OF(f), SYNC_ALL, fd);
	return 0;
}

static int model_make_dir(const struct files *f, int dir, const char *name, mode_t mode)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.make_dir(&m->real, dir, name, mode);
	struct stat st;

	if (r == 0 && !m->is_paused) {
		must(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0, "fstatat");
		begin_op(m, "mkdir %s", name);
		note_name(m, ATOM_LINK, dir, name, add_node(m, &st));
	}
	return r;
}

static void note_link(struct model *m, int dir, const char *name)
{
	if (m->is_paused)
		return;
	begin_op(m, "link %s", name);
	note_name(m, ATOM_LINK, dir, name, node_at(m, dir, name));
}

static int model_link_fd(const struct files *f, int fd, int dir, const char *name)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.link_fd(&m->real, fd, dir, name);

	if (r == 0)
		note_link(m, dir, name);
	return r;
}

static int model_link(const struct files *f, int from_dir, const char *from, int dir, const char *name)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.link(&m->real, from_dir, from, dir, name);

	if (r == 0)
		note_link(m, dir, name);
	return r;
}

static void note_move(struct model *m, int from_dir, const char *from, int dir, const char *name, bool is_exchange)
{
	struct atom *a;

	begin_op(m, "%s %s %s", is_exchange ? "exchange" : "move", from, name);
	a = add_atom(m, ATOM_MOVE, node_at(m, dir, name));
	a->is_exchange = is_exchange;
	a->other = is_exchange ? node_at(m, from_dir, from) : MODEL_NEVER;
	a->dir = node_of_fd(m, from_dir);
	a->name = name_copy(from);
	a->dir2 = node_of_fd(m, dir);
	a->name2 = name_copy(name);
	must(a->node != MODEL_NEVER && a->dir != MODEL_NEVER && a->dir2 != MODEL_NEVER, "move outside of the model");
}

static int model_move(const struct files *f, int from_dir, const char *from, int dir, const char *name, unsigned flags)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.move(&m->real, from_dir, from, dir, name, flags);

	if (r == 0 && !m->is_paused)
		note_move(m, from_dir, from, dir, name, flags == RENAME_EXCHANGE);
	return r;
}

static int model_unlink(const struct files *f, int dir, const char *name)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.unlink(&m->real, dir, name);

	if (r == 0)
		model_note_unlink(m, dir, name);
	return r;
}

static int model_remove_dir(const struct files *f, int dir, const char *name)
{
	struct model *m = MODEL_OF(f);
	int r = model_is_killed(m) ? -EIO : m->real.remove_dir(&m->real, dir, name);

	if (r == 0)
		model_note_unlink(m, dir, name);
	return r;
}

/* ---- what others do ---- */

static int write_file(struct model *m, const char *name, const void *at, size_t n)
{
	struct open_how how = {.flags = O_CREAT | O_EXCL | O_RDWR, .mode = 0640};
	int fd = m->table.open(&m->table, m->dir, name, &how);

	must(fd >= 0 && files_write_all(&m->table, fd, at, n) == 0, name);
	return fd;
}

void model_save_by_rename(struct model *m, const char *name, const void *at, size_t n)
{
	int fd = write_file(m, ".save.swp", at, n);

	must(m->table.sync(&m->table, fd) == 0, name);
	must(renameat(m->dir, ".save.swp", m->dir, name) == 0, name);
	if (!m->is_paused)
		note_move(m, m->dir, ".save.swp", m->dir, name, false);
	must(m->table.sync(&m->table, m->dir) == 0, name);
	(void)close(fd);
}

/* ---- beginning and end ---- */

static size_t take_down(struct model *m, int dir, const char *name)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t node, got = 0;
	ssize_t n;

	must(fd >= 0 && fstat(fd, &st) == 0, name);
	node = model_node(m, st.st_dev, st.st_ino);
	if (node == MODEL_NEVER && S_ISREG(st.st_mode)) {
		struct blob base = {malloc((size_t)st.st_size + 1), (size_t)st.st_size};

		node = add_node(m, &st);
		while (got < base.n && (n = read(fd, base.at + got, base.n - got)) > 0)
			got += (size_t)n;
		must(got == base.n, name);
		m->nodes[node].base = base;
		m->nodes[node].acl = acl_of(fd);
	} else if (node == MODEL_NEVER) {
		node = add_node(m, &st);
	}
	(void)close(fd);
	return node;
}

static void take_down_all(struct model *m, int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	must(list, "directory");
	while ((entry = readdir(list))) {
		size_t node;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		node = take_down(m, dir, entry->d_name);
		note_name(m, ATOM_LINK, dir, entry->d_name, node);
		m->atoms[m->n_atoms - 1].durable = 0;
		if (m->nodes[node].is_dir) {
			OWN_FD int below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			take_down_all(m, below);
		}
	}
	(void)closedir(list);
}

void model_start(struct model *m, const struct files *real, int dir)
{
	struct stat st;

	*m = (struct model){
	    .table = *real, .real = *real, .dir = dir, .dropped = MODEL_NEVER, .kill_after = MODEL_NEVER};
	m->table.open = model_open;
	m->table.write = model_write;
	m->table.pwrite = model_pwrite;
	m->table.copy = model_copy;
	m->table.reserve = model_reserve;
	m->table.truncate = model_truncate;
	m->table.set_mode = model_set_mode;
	m->table.set_acl = model_set_acl;
	m->table.sync = model_sync;
	m->table.sync_data = model_sync_data;
	m->table.sync_all = model_sync_all;
	m->table.make_dir = model_make_dir;
	m->table.link_fd = model_link_fd;
	m->table.link = model_link;
	m->table.move = model_move;
	m->table.unlink = model_unlink;
	m->table.remove_dir = model_remove_dir;
	m->ops = grown(m->ops, 0, sizeof(*m->ops));
	(void)snprintf(m->ops[0], sizeof(*m->ops), "nothing");
	must(fstat(dir, &st) == 0, "fstat");
	(void)add_node(m, &st);
	take_down_all(m, dir);
}

void model_done(struct model *m)
{
	for (size_t i = 0; i < m->n_nodes; i++) {
		free(m->nodes[i].base.at);
		free(m->nodes[i].acl.at);
	}
	for (size_t i = 0; i < m->n_atoms; i++) {
		free(m->atoms[i].bytes.at);
		free(m->atoms[i].name);
		free(m->atoms[i].name2);
	}
	free(m->nodes);
	free(m->atoms);
	free(m->syncs);
	free(m->ops);
	*m = (struct model){0};
}

/* By the newest name that the node has had. */
static void node_name(const struct model *m, size_t node, char ret[100])
{
	(void)snprintf(ret, 100, "%s", node == 0 ? "the folder" : "a nameless file");
	for (size_t i = m->n_atoms; i > 0; i--) {
		const struct atom *a = &m->atoms[i - 1];

		if (a->kind == ATOM_LINK && a->node == node) {
			(void)snprintf(ret, 100, "%s", a->name);
			return;
		}
	}
}

/* The newest operation before it that was no sync. */
static const char *last_change(const struct model *m, size_t op)
{
	while (op > 0 && (text_starts(m->ops[op], "fsync") || text_starts(m->ops[op], "fdatasync") ||
			  text_starts(m->ops[op], "syncfs")))
		op--;
	return m->ops[op];
}

void model_sync_name(const struct model *m, size_t sync, char ret[300])
{
	static const char *const kinds[] = {"fsync", "fdatasync", "syncfs"};
	const struct sync *s = &m->syncs[sync];
	char name[100];

	node_name(m, s->node, name);
	(void)snprintf(ret, 300, "%s%s%s after %s", kinds[s->kind], s->kind == SYNC_ALL ? "" : " of ",
		       s->kind == SYNC_ALL ? "" : name, last_change(m, s->op));
}
