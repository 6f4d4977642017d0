/*
 * After each operation: nothing of what is pending reached the disk, all of it, each single atom alone, all but each
 * single one, what belongs to one file or one directory, names without content and content without names, lengths
 * without bytes; then subsets by chance. States that are equal are tried once.
 */
#include "states.h"

#include "base/own.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

struct explorer {
	struct model *m;
	struct exploring *e;
	struct file_state *base;
	size_t *room; /* longest that each node's content was */
	struct crash_state s;
	size_t *pending;
	bool *chosen;
	size_t n_pending;
	uint64_t *seen;
	size_t n_seen, seen_room;
	uint64_t random;
};

static void must(bool is_so, const char *what)
{
	if (is_so)
		return;
	(void)fprintf(stderr, "states: %s: %s\n", what, strerror(errno));
	abort();
}

static void *zeros(size_t n, size_t size)
{
	void *at = calloc(n ? n : 1, size);

	must(at, "memory");
	return at;
}

/* ---- hashing ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * 0x9e3779b97f4a7c15u;
	a ^= a >> 29;
	a *= 0xbf58476d1ce4e5b9u;
	return a ^ a >> 32;
}

uint64_t state_hash(const void *at, size_t n)
{
	const uint8_t *p = at;
	uint64_t h = mix(n, 7), word;

	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = mix(h, word);
	}
	word = 0;
	if (n)
		memcpy(&word, p, n);
	return mix(h, word);
}

static void walk_names(const struct crash_state *s, size_t dir, uint64_t path, uint64_t *names)
{
	for (size_t i = 0; i < s->n_entries; i++) {
		const struct entry *e = &s->entries[i];
		uint64_t h = mix(path, state_hash(e->name, strlen(e->name)));

		if (e->dir != dir)
			continue;
		names[e->node] += h;
		if (s->m->nodes[e->node].is_dir)
			walk_names(s, e->node, h, names);
	}
}

/* names: what each node is called, hashed; 0: it has no name. */
static void hash_tree(struct crash_state *s, const uint64_t *names)
{
	s->hash = 0;
	for (size_t i = 0; i < s->m->n_nodes; i++) {
		const struct file_state *f = &s->files[i];

		if (names[i])
			s->hash += mix(mix(names[i], f->owned || !f->hash ? state_hash(f->at, f->n) : f->hash),
				       mix(f->mode, state_hash(f->acl.at, f->acl.n)));
	}
}

/* False when it is there already. */
static bool see(struct explorer *x, uint64_t hash)
{
	hash += hash == 0;
	if (2 * x->n_seen >= x->seen_room) {
		uint64_t *old = x->seen;
		size_t n = x->seen_room;

		x->seen_room = n ? 2 * n : 1024;
		x->seen = zeros(x->seen_room, sizeof(*x->seen));
		x->n_seen = 0;
		for (size_t i = 0; i < n; i++)
			if (old[i])
				(void)see(x, old[i]);
		free(old);
	}
	for (size_t i = (size_t)hash & (x->seen_room - 1);; i = (i + 1) & (x->seen_room - 1)) {
		if (x->seen[i] == hash)
			return false;
		if (x->seen[i])
			continue;
		x->seen[i] = hash;
		x->n_seen++;
		return true;
	}
}

/* ---- what is durable ---- */

static bool sync_covers(const struct model *m, const struct sync *s, const struct atom *a)
{
	bool is_name = a->kind == ATOM_LINK || a->kind == ATOM_UNLINK || a->kind == ATOM_MOVE;

	if (a->op > s->op)
		return false;
	if (s->kind == SYNC_ALL)
		return true;
	if (m->nodes[s->node].is_dir)
		return is_name && (a->dir == s->node || a->dir2 == s->node);
	if (is_name || a->node != s->node)
		return false;
	return s->kind == SYNC_FILE || (a->kind != ATOM_MODE && a->kind != ATOM_ACL);
}

static void find_durable(struct model *m)
{
	for (size_t i = 0; i < m->n_atoms; i++)
		m->atoms[i].durable = m->atoms[i].op == 0 ? 0 : MODEL_NEVER;
	for (size_t k = 0; k < m->n_syncs; k++)
		for (size_t i = 0; k != m->dropped && i < m->n_atoms; i++)
			if (m->atoms[i].durable == MODEL_NEVER && sync_covers(m, &m->syncs[k], &m->atoms[i]))
				m->atoms[i].durable = m->syncs[k].op;
}

/* ---- applying atoms ---- */

static void own_content(struct explorer *x, struct file_state *f, size_t node)
{
	uint8_t *at;

	if (f->owned)
		return;
	at = zeros(x->room[node] + 1, 1);
	if (f->n)
		memcpy(at, f->at, f->n);
	f->owned = at;
	f->at = at;
}

static void apply_content(struct explorer *x, struct file_state *f, const struct atom *a)
{
	own_content(x, f, a->node);
	if (a->kind == ATOM_BYTES) {
		memcpy(f->owned + a->offset, a->bytes.at, a->bytes.n);
	} else if (a->kind == ATOM_SIZE) {
		f->n = a->offset > f->n ? (size_t)a->offset : f->n;
	} else {
		if (a->offset < x->room[a->node])
			memset(f->owned + a->offset, 0, x->room[a->node] - (size_t)a->offset);
		f->n = (size_t)a->offset;
	}
}

static void set_entry(struct crash_state *s, size_t dir, const char *name, size_t node)
{
	for (size_t i = 0; i < s->n_entries; i++) {
		struct entry *e = &s->entries[i];

		if (e->dir != dir || strcmp(e->name, name) != 0)
			continue;
		if (node == MODEL_NEVER)
			*e = s->entries[--s->n_entries];
		else
			e->node = node;
		return;
	}
	if (node != MODEL_NEVER)
		s->entries[s->n_entries++] = (struct entry){dir, name, node};
}

static void apply_name(struct crash_state *s, const struct atom *a)
{
	if (a->kind != ATOM_MOVE) {
		set_entry(s, a->dir, a->name, a->node);
		return;
	}
	set_entry(s, a->dir, a->name, a->other);
	set_entry(s, a->dir2, a->name2, a->node);
}

static void apply(struct explorer *x, struct file_state *files, const struct atom *a)
{
	switch (a->kind) {
	case ATOM_BYTES:
	case ATOM_SIZE:
	case ATOM_CUT:
		apply_content(x, &files[a->node], a);
		break;
	case ATOM_MODE:
		files[a->node].mode = (mode_t)a->offset;
		break;
	case ATOM_ACL:
		files[a->node].acl = a->bytes;
		break;
	case ATOM_LINK:
	case ATOM_UNLINK:
	case ATOM_MOVE:
		break; /* names in their order, apart */
	}
}

static void drop_owned(struct explorer *x, struct file_state *files)
{
	for (size_t i = 0; i < x->m->n_nodes; i++)
		free(files[i].owned);
}

/* What is durable after operation k, and the list of what is pending. */
static void set_base(struct explorer *x, size_t k)
{
	struct model *m = x->m;

	drop_owned(x, x->base);
	for (size_t i = 0; i < m->n_nodes; i++)
		x->base[i] = (struct file_state){.at = m->nodes[i].base.at,
						 .n = m->nodes[i].base.n,
						 .mode = m->nodes[i].mode,
						 .acl = m->nodes[i].acl};
	x->n_pending = 0;
	for (size_t i = 0; i < m->n_atoms && m->atoms[i].op <= k; i++)
		if (m->atoms[i].durable <= k)
			apply(x, x->base, &m->atoms[i]);
		else
			x->pending[x->n_pending++] = i;
	for (size_t i = 0; i < m->n_nodes; i++)
		x->base[i].hash = state_hash(x->base[i].at, x->base[i].n);
}

/* Names first: what has none needs no content. */
static void make_state(struct explorer *x, size_t k)
{
	struct model *m = x->m;
	struct crash_state *s = &x->s;
	OWN_MEM uint64_t *names = zeros(m->n_nodes, sizeof(*names));
	size_t at = 0;

	s->op = k;
	s->n_entries = 0;
	s->pending = x->pending;
	s->n_pending = x->n_pending;
	s->chosen = x->chosen;
	for (size_t i = 0; i < m->n_atoms && m->atoms[i].op <= k; i++) {
		bool is_there = true;

		if (at < x->n_pending && x->pending[at] == i)
			is_there = x->chosen[at++];
		if (is_there && m->atoms[i].kind >= ATOM_LINK)
			apply_name(s, &m->atoms[i]);
	}
	walk_names(s, 0, 1, names);
	drop_owned(x, s->files);
	for (size_t i = 0; i < m->n_nodes; i++) {
		s->files[i] = x->base[i];
		s->files[i].owned = NULL;
	}
	for (size_t i = 0; i < x->n_pending; i++) {
		const struct atom *a = &m->atoms[x->pending[i]];

		if (x->chosen[i] && a->kind < ATOM_LINK && names[a->node])
			apply(x, s->files, a);
	}
	hash_tree(s, names);
}

/* ---- the state as a directory ---- */

void remove_tree(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	while (list && (entry = readdir(list)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlinkat(fd, entry->d_name, 0) != 0)
			remove_tree(fd, entry->d_name);
	if (list)
		(void)closedir(list);
	(void)unlinkat(dir, name, AT_REMOVEDIR);
}

static void make_file(struct crash_state *s, int dir, const struct entry *e)
{
	const struct node *node = &s->m->nodes[e->node];
	const struct file_state *f = &s->files[e->node];
	const struct timespec times[2] = {node->mtime, node->mtime};
	OWN_FD int fd = openat(dir, e->name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	struct stat st;

	must(fd >= 0 && files_write_all(&files_linux, fd, f->at, f->n) == 0 && fstat(fd, &st) == 0, e->name);
	if (geteuid() == 0)
		must(fchown(fd, node->uid, node->gid) == 0, e->name);
	must(fchmod(fd, f->mode) == 0, e->name);
	if (f->acl.n)
		must(fsetxattr(fd, "system.posix_acl_access", f->acl.at, f->acl.n, 0) == 0, e->name);
	must(futimens(fd, times) == 0, e->name);
	s->inos[e->node] = st.st_ino;
}

static void make_directory(struct crash_state *s, size_t node, int dir);

static void make_entry(struct crash_state *s, int dir, const struct entry *e)
{
	char first[32];
	struct stat st;

	(void)snprintf(first, sizeof(first), "/proc/self/fd/%d", dir);
	if (s->m->nodes[e->node].is_dir) {
		must(mkdirat(dir, e->name, s->m->nodes[e->node].mode) == 0, e->name);
		OWN_FD int fd = openat(dir, e->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		must(fd >= 0 && fstat(fd, &st) == 0, e->name);
		s->inos[e->node] = st.st_ino;
		make_directory(s, e->node, fd);
	} else {
		make_file(s, dir, e);
	}
}

/* A second name of a file that was made before: found by walking to it again. */
static void link_entry(struct crash_state *s, int dir, const struct entry *e, const char *first)
{
	must(linkat(s->dir, first, dir, e->name, 0) == 0, e->name);
	(void)s;
}

static void path_of(const struct crash_state *s, const struct entry *e, char ret[500])
{
	char above[500] = "", name[500];

	for (size_t i = 0; e->dir != 0 && i < s->n_entries; i++)
		if (s->entries[i].node == e->dir) {
			path_of(s, &s->entries[i], above);
			break;
		}
	(void)snprintf(name, sizeof(name), "%.240s%s%.240s", above, above[0] ? "/" : "", e->name);
	memcpy(ret, name, sizeof(name));
}

static const struct entry *made_entry(const struct crash_state *s, const struct entry *of)
{
	char path[500];
	struct stat st;

	for (size_t i = 0; i < s->n_entries; i++) {
		const struct entry *e = &s->entries[i];

		if (e->node != of->node || e == of)
			continue;
		path_of(s, e, path);
		if (fstatat(s->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == s->inos[e->node])
			return e;
	}
	return NULL;
}

static void make_directory(struct crash_state *s, size_t node, int dir)
{
	for (size_t i = 0; i < s->n_entries; i++) {
		const struct entry *e = &s->entries[i];
		const struct entry *made;
		char path[500];

		if (e->dir != node)
			continue;
		made = s->inos[e->node] ? made_entry(s, e) : NULL;
		if (!made) {
			make_entry(s, dir, e);
			continue;
		}
		path_of(s, made, path);
		link_entry(s, dir, e, path);
	}
}

static void make_real(struct crash_state *s)
{
	memset(s->inos, 0, s->m->n_nodes * sizeof(*s->inos));
	must(mkdir(s->path, 0755) == 0, s->path);
	s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(s->dir >= 0, s->path);
	s->inos[0] = 1;
	make_directory(s, 0, s->dir);
}

ino_t state_ino(const struct crash_state *s, size_t node)
{
	return node < s->m->n_nodes ? s->inos[node] : 0;
}

/* ---- trying ---- */

static uint64_t chance(struct explorer *x)
{
	x->random ^= x->random << 13;
	x->random ^= x->random >> 7;
	x->random ^= x->random << 17;
	return x->random >> 11;
}

static void try_chosen(struct explorer *x, size_t k)
{
	struct exploring *e = x->e;
	unsigned n;

	make_state(x, k);
	if (!see(x, mix(x->s.hash, e->knowledge ? e->knowledge(e->arg, k) : 0)))
		return;
	e->distinct++;
	n = e->variants ? e->variants(e->arg, k) : 1;
	for (x->s.variant = 0; x->s.variant < n; x->s.variant++) {
		make_real(&x->s);
		e->check(&x->s, e->arg);
		(void)close(x->s.dir);
		remove_tree(AT_FDCWD, x->s.path);
	}
}

static void choose_all(struct explorer *x, bool is_there)
{
	for (size_t i = 0; i < x->n_pending; i++)
		x->chosen[i] = is_there;
}

/* Which of the pending atoms a whole class of states has. */
enum class { CLASS_NAMES, CLASS_CONTENT, CLASS_LENGTHS, CLASS_BYTES, CLASSES };

static bool is_in_class(const struct atom *a, enum class class)
{
	bool is_name = a->kind >= ATOM_LINK, is_length = a->kind == ATOM_SIZE || a->kind == ATOM_CUT;

	switch (class) {
	case CLASS_NAMES:
		return is_name;
	case CLASS_CONTENT:
		return !is_name;
	case CLASS_LENGTHS:
		return is_name || is_length;
	case CLASS_BYTES:
	case CLASSES:
		break;
	}
	return is_name || !is_length;
}

static void try_classes(struct explorer *x, size_t k)
{
	for (enum class class = 0; class < CLASSES; class ++) {
		for (size_t i = 0; i < x->n_pending; i++)
			x->chosen[i] = is_in_class(&x->m->atoms[x->pending[i]], class);
		try_chosen(x, k);
	}
}

static bool is_about(const struct atom *a, size_t node)
{
	return a->kind < ATOM_LINK ? a->node == node : a->dir == node || a->dir2 == node;
}

/* All that one file or directory waits for is there, or is not. */
static void try_nodes(struct explorer *x, size_t k, size_t until)
{
	for (size_t node = 0; node < x->m->n_nodes; node++) {
		size_t n = 0;

		for (size_t i = 0; i < x->n_pending; i++)
			n += is_about(&x->m->atoms[x->pending[i]], node);
		for (int there = 0; n > 1 && there < 2 && x->e->distinct < until; there++) {
			for (size_t i = 0; i < x->n_pending; i++)
				x->chosen[i] = is_about(&x->m->atoms[x->pending[i]], node) == (there == 1);
			try_chosen(x, k);
		}
	}
}

/* Each alone, and all but each; from a place chosen by chance on, for there may be more than there is room for. */
static void try_singles(struct explorer *x, size_t k, size_t until)
{
	size_t first = x->n_pending ? (size_t)(chance(x) % x->n_pending) : 0;

	for (size_t n = 0; n < x->n_pending && x->e->distinct < until; n++) {
		size_t i = (first + n) % x->n_pending;

		for (int there = 0; there < 2; there++) {
			choose_all(x, there == 0);
			x->chosen[i] = there == 1;
			try_chosen(x, k);
		}
	}
}

static void try_by_chance(struct explorer *x, size_t k, size_t until)
{
	static const unsigned percent[] = {10, 30, 50, 70, 90};
	size_t tries = 3 * (until > x->e->distinct ? until - x->e->distinct : 0);

	while (x->n_pending > 2 && x->e->distinct < until && tries-- > 0) {
		unsigned names = percent[chance(x) % 5], content = percent[chance(x) % 5];

		for (size_t i = 0; i < x->n_pending; i++)
			x->chosen[i] =
			    chance(x) % 100 < (x->m->atoms[x->pending[i]].kind >= ATOM_LINK ? names : content);
		try_chosen(x, k);
	}
}

static void try_point(struct explorer *x, size_t k)
{
	struct exploring *e = x->e;
	size_t left = e->most > e->distinct ? e->most - e->distinct : 0;
	size_t to_come = x->m->n_ops - k + 1, until = e->distinct + left / to_come;

	if (left < to_come && chance(x) % to_come >= left)
		return; /* more operations than there is room for: as many as there is, by chance */
	set_base(x, k);
	for (int there = 0; there < 2; there++) { /* where there is no room for both, each in turn */
		choose_all(x, there == 1);
		if (e->distinct < until || k % 2 == (size_t)there)
			try_chosen(x, k);
	}
	if (x->n_pending > 1 && e->distinct < until)
		try_classes(x, k);
	try_singles(x, k, e->distinct + (until > e->distinct ? (until - e->distinct) / 2 : 0));
	try_nodes(x, k, until);
	try_by_chance(x, k, until);
}

void states_explore(struct model *m, struct exploring *e)
{
	struct explorer x = {.m = m, .e = e, .random = e->seed * 2 + 88172645463325253u};

	find_durable(m);
	e->distinct = 0;
	x.base = zeros(m->n_nodes, sizeof(*x.base));
	x.s = (struct crash_state){.m = m};
	x.s.files = zeros(m->n_nodes, sizeof(*x.s.files));
	x.s.inos = zeros(m->n_nodes, sizeof(*x.s.inos));
	x.s.entries = zeros(2 * m->n_atoms + 2, sizeof(*x.s.entries));
	(void)snprintf(x.s.path, sizeof(x.s.path), "%.100s/state", e->scratch);
	x.room = zeros(m->n_nodes, sizeof(*x.room));
	x.pending = zeros(m->n_atoms, sizeof(*x.pending));
	x.chosen = zeros(m->n_atoms, sizeof(*x.chosen));
	for (size_t i = 0; i < m->n_nodes; i++)
		x.room[i] = m->nodes[i].base.n;
	for (size_t i = 0; i < m->n_atoms; i++) {
		const struct atom *a = &m->atoms[i];
		size_t end = a->kind == ATOM_ACL || a->kind == ATOM_MODE ? 0 : (size_t)a->offset + a->bytes.n;

		if (a->kind < ATOM_MODE && end > x.room[a->node])
			x.room[a->node] = end;
	}
	for (size_t k = e->first; k <= m->n_ops; k++)
		try_point(&x, k);
	drop_owned(&x, x.base);
	drop_owned(&x, x.s.files);
	free(x.base);
	free(x.s.files);
	free(x.s.inos);
	free(x.s.entries);
	free(x.room);
	free(x.pending);
	free(x.chosen);
	free(x.seen);
}

/* ---- telling ---- */

static void tell_atom(const struct model *m, const struct atom *a, bool is_there)
{
	static const char *const kinds[] = {"bytes", "length", "cut", "mode", "list", "name", "removal", "move"};

	printf("#     %s %s of \"%s\" (operation %zu)", is_there ? "there:" : "lost: ", kinds[a->kind], m->ops[a->op],
	       a->op);
	if (a->kind == ATOM_BYTES)
		printf(" at %llu", (unsigned long long)a->offset);
	printf("\n");
}

void state_tell(const struct crash_state *s)
{
	size_t lost = 0, told = 0;

	printf("#   after operation %zu of %zu, \"%s\"\n", s->op, s->m->n_ops, s->m->ops[s->op]);
	for (size_t i = 0; i < s->n_pending; i++)
		lost += !s->chosen[i];
	for (size_t i = 0; i < s->n_pending && told < 12; i++)
		if (s->chosen[i] == (2 * lost > s->n_pending)) {
			tell_atom(s->m, &s->m->atoms[s->pending[i]], s->chosen[i]);
			told++;
		}
	for (size_t i = 0; i < s->n_entries; i++) {
		char path[500];

		path_of(s, &s->entries[i], path);
		printf("#     %s (%zu bytes, node %zu)\n", path, s->files[s->entries[i].node].n, s->entries[i].node);
	}
}
