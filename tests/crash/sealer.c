/*
 * The sealer before every power cut. The registrar is what it would be: it has journalled each intent before it sent
 * it, and asks again for all that it does not know the end of.
 */
#include "sealer/world.h"

#include "report.h"

#include <dirent.h>

#define DOCS	 6
#define CONTENTS 24
#define NOBODY	 SIZE_MAX
#define GONE	 (SIZE_MAX - 1) /* a node that is not there any more */
#define SECOND	 60		/* states after a second power cut */

/* One document of a scene, and what is asked of the sealer. */
struct doc {
	char plain[40], target[40], keep[40];
	struct asked asked;	    /* seal */
	struct frame_rewrap rewrap; /* or rewrap, or rekey */
	struct frame_rekey rekey;
	struct frame_restore restore;
	struct frame_destroy destroy; /* or to go for good: intent set */
	struct buffer record;
	uint64_t intent;
	size_t source, replaced; /* nodes */
	uint64_t version;	 /* of the label, in the end */
	size_t content;		 /* index of the newest that is durable, … */
	struct {
		size_t op, content;
	} saves[4]; /* … from these operations on */
	size_t n_saves;
	size_t published, disposed; /* operation at whose end the sealer said so; NOBODY: never */
	uint8_t published_as, disposed_as;
};

struct crash {
	struct world *w;
	const struct scene *scene;
	struct model *model; /* that is recorded: of the scene, or of a start after it */
	struct model scene_model;
	bool is_nested;
	size_t n_nested;	     /* states of second power cuts */
	size_t second_every, n_ways; /* every so many-th state has one; 0: none has */
	char second_scratch[120];
	struct files real;
	struct doc docs[DOCS];
	size_t n_docs;
	struct {
		uint8_t *at;
		size_t n;
	} contents[CONTENTS];
	size_t n_contents;
	struct bulk *bulk;
	struct report report;
	uint64_t known[4096][2]; /* what a content by its hash is: see what_is() */
	bool is_recording;
};

struct scene {
	const char *name;
	size_t most;
	void (*prepare)(struct crash *c);
	void (*ask)(struct crash *c, struct doc *d);
	const char *const *spare; /* syncs that it does not need */
	void (*on_published)(struct crash *c, struct doc *d);
	bool saves_in_between;
	void (*before)(struct crash *c); /* recorded, too */
	size_t second_every;
	size_t kill_step; /* killed after each so-many-th operation; 0: not */
};

static struct crash *crash; /* the one: callbacks of the world have no room for it */

/* ---- what a file is ---- */

struct what {
	size_t content; /* NOBODY: nothing whole */
	bool is_sealed;
	uint64_t version;
};

static bool opens_as(struct crash *c, struct bytes file, const struct envelope *e, struct buffer *ret)
{
	OWNED(secret) struct secret *file_key = NULL;
	OWNED(secret) struct secret *key = NULL;
	uint64_t length, at = 0, index = 0;

	if (!age_plain_length(file.n - e->payload_at, &length) || envelope_unlock(e, c->w->escrow, &file_key) != 0 ||
	    envelope_payload_key(e, file_key, &key) != 0 || bulk_set_key(c->bulk, key) != 0)
		return false;
	do {
		size_t n = length - at < AGE_CHUNK ? (size_t)(length - at) : AGE_CHUNK;
		struct bytes sealed = {file.at + e->payload_at + index * AGE_SEALED_CHUNK, n + AGE_TAG};
		uint8_t *room = buffer_reserve(ret, n + 1);

		if (bulk_open_chunk(c->bulk, index, at + n == length, sealed, room) != 0)
			return false;
		ret->n += n;
		at += n;
		index++;
	} while (at < length);
	return true;
}

static size_t content_of(const struct crash *c, struct bytes b)
{
	for (size_t i = 0; i < c->n_contents; i++)
		if (c->contents[i].n == b.n && memcmp(c->contents[i].at, b.at, b.n) == 0)
			return i;
	return NOBODY;
}

static struct what look(struct crash *c, struct bytes file)
{
	struct what what = {.content = content_of(c, file)};
	OWN_BUFFER struct buffer plain = {0};
	struct envelope e;

	if (what.content != NOBODY || file.n == 0 || envelope_parse(file, &e) != 0)
		return what;
	what.is_sealed = true;
	if (e.payload_at <= file.n && opens_as(c, file, &e, &plain)) {
		what.content = content_of(c, buffer_bytes(&plain));
		what.version = e.args.version;
	}
	envelope_done(&e);
	return what;
}

/* The same bytes come again and again. */
static struct what what_is(struct crash *c, struct bytes file)
{
	uint64_t hash = state_hash(file.at, file.n), *slot = c->known[hash % array_n(c->known)];
	struct what what;

	if (slot[0] != hash || slot[1] == 0) {
		what = look(c, file);
		slot[0] = hash;
		slot[1] =
		    1 + (what.content == NOBODY ? CONTENTS : what.content) * 2 + what.is_sealed + what.version * 1000;
	}
	what.version = slot[1] / 1000;
	what.is_sealed = (slot[1] % 1000 - 1) & 1;
	what.content = (slot[1] % 1000 - 1) / 2;
	what.content = what.content == CONTENTS ? NOBODY : what.content;
	return what;
}

/* ---- what a directory holds ---- */

struct found {
	char path[120];
	ino_t ino;
	struct what what;
};

struct finding {
	struct found files[100];
	size_t n;
};

static void find_all(struct crash *c, int dir, const char *above, struct finding *ret)
{
	int fd = openat(dir, above[0] ? above : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	while (list && (entry = readdir(list))) {
		struct found *f = &ret->files[ret->n];
		OWN_BUFFER struct buffer bytes = {0};
		OWN_FD int file = -1;
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(f->path, sizeof(f->path), "%.60s%s%.58s", above, above[0] ? "/" : "", entry->d_name);
		file = openat(dir, f->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		assert_true(file >= 0 && fstat(file, &st) == 0);
		if (S_ISDIR(st.st_mode)) {
			char below[120];

			memcpy(below, f->path, sizeof(below));
			find_all(c, dir, below, ret);
			continue;
		}
		assert_true(ret->n + 1 < array_n(ret->files));
		assert_int_equal(pread(file, buffer_reserve(&bytes, (size_t)st.st_size + 1), (size_t)st.st_size, 0),
				 st.st_size);
		bytes.n = (size_t)st.st_size;
		f->ino = st.st_ino;
		f->what = what_is(c, buffer_bytes(&bytes));
		ret->n++;
	}
	if (list)
		(void)closedir(list);
}

static const struct found *found_at(const struct finding *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->files[i].path, path) == 0)
			return &f->files[i];
	return NULL;
}

static bool is_hidden(const struct found *f)
{
	return text_starts(f->path, ".classd") || f->path[0] == '.';
}

/* ---- checks ---- */

/* Which of a document's contents count after that operation: the newest that was durable, or any later one. */
static size_t newest(const struct doc *d, size_t op, bool *later, size_t n_contents)
{
	size_t content = d->content;

	memset(later, 0, n_contents * sizeof(*later));
	for (size_t i = 0; i < d->n_saves; i++)
		if (d->saves[i].op <= op)
			content = d->saves[i].content;
	later[content] = true;
	for (size_t i = 0; i < d->n_saves; i++)
		if (d->saves[i].op > op)
			later[d->saves[i].content] = true;
	return content;
}

/* What two persons had destroyed: once that was said, and in the end, nothing of it is anywhere. */
static bool is_destroyed(const struct doc *d)
{
	return d->destroy.intent != 0;
}

static void check_gone(struct crash *c, const struct finding *f, enum broken kind)
{
	for (size_t i = 0; i < f->n; i++) {
		bool is_anothers = false;

		for (size_t k = 0; k < c->n_docs; k++)
			is_anothers = is_anothers ||
				      (!is_destroyed(&c->docs[k]) && f->files[i].what.content == c->docs[k].content);
		if (!is_anothers)
			breach(&c->report, kind, f->files[i].path);
	}
}

static void check_copy(struct crash *c, const struct doc *d, const struct finding *f, bool visible)
{
	bool counts[CONTENTS], is_there = is_destroyed(d);
	char why[200];

	(void)newest(d, c->report.state->op, counts, c->n_contents);
	for (size_t i = 0; i < f->n; i++)
		if (f->files[i].what.content != NOBODY && counts[f->files[i].what.content] &&
		    (!visible || !is_hidden(&f->files[i]) || text_starts(f->files[i].path, ".classd/keep/")))
			is_there = true;
	(void)snprintf(why, sizeof(why), "no copy of %s%s", d->plain, visible ? " where it may be found" : "");
	if (!is_there)
		breach(&c->report, BROKEN_I2, why);
}

static void check_names(struct crash *c, const struct finding *f, bool after)
{
	char why[200];

	for (size_t i = 0; i < f->n; i++)
		if ((after || !is_hidden(&f->files[i])) && f->files[i].what.content == NOBODY &&
		    !text_starts(f->files[i].path, ".save")) {
			(void)snprintf(why, sizeof(why), "%s is not whole", f->files[i].path);
			breach(&c->report, BROKEN_NAME, why);
		}
}

/* What the sealer has said must be so on the disk. */
static void check_said(struct crash *c, const struct doc *d, const struct finding *f)
{
	const struct found *target = found_at(f, d->target);
	OWN_MEM char *keep = text_format(".classd/keep/%s", d->keep);
	const struct found *kept = found_at(f, keep);
	size_t op = c->report.state->op;
	char why[200];

	if (d->published > op || d->published_as != SEAL_DONE)
		return;
	if (is_destroyed(d)) {
		check_gone(c, f, BROKEN_ACK);
		return;
	}
	(void)snprintf(why, sizeof(why), "%s was said to be published", d->target);
	if (!target || !target->what.is_sealed || target->what.version < d->version)
		breach(&c->report, BROKEN_ACK, why);
	if (d->keep[0] && (!kept || !kept->what.is_sealed || kept->what.content == NOBODY))
		breach(&c->report, BROKEN_ACK, "what is kept is not there");
	if (d->disposed > op || d->disposed_as != SEAL_DONE || d->n_saves > 0)
		return;
	for (size_t i = 0; i < f->n; i++)
		if (!f->files[i].what.is_sealed && f->files[i].what.content == d->content)
			breach(&c->report, BROKEN_I1, f->files[i].path);
}

static void check_end(struct crash *c, const struct finding *f)
{
	char why[200];

	for (size_t i = 0; i < f->n; i++) {
		const struct found *at = &f->files[i];
		bool is_kept = text_starts(at->path, ".classd/keep/");

		if (text_starts(at->path, ".classd/") &&
		    (!is_kept || text_starts(at->path, ".classd/keep/displaced"))) {
			(void)snprintf(why, sizeof(why), "%s is left", at->path);
			breach(&c->report, BROKEN_NAME, why);
		}
		if (!at->what.is_sealed && at->what.content != NOBODY && !text_starts(at->path, ".save"))
			breach(&c->report, BROKEN_I1, at->path);
	}
	for (size_t i = 0; i < c->n_docs; i++) {
		const struct doc *d = &c->docs[i];
		const struct found *target = found_at(f, d->target);
		OWN_MEM char *keep = text_format(".classd/keep/%s", d->keep);
		const struct found *kept = found_at(f, keep);

		if (is_destroyed(d)) {
			check_gone(c, f, BROKEN_WORK);
			continue;
		}
		check_copy(c, d, f, true);
		(void)snprintf(why, sizeof(why), "%s is not what was asked for", d->target);
		if (!target || !target->what.is_sealed || target->what.version < d->version)
			breach(&c->report, BROKEN_WORK, why);
		(void)snprintf(why, sizeof(why), "%s is not kept", d->target);
		if (!kept || !kept->what.is_sealed || (d->n_saves == 0 && target && kept->ino != target->ino))
			breach(&c->report, BROKEN_WORK, why);
	}
}

/* ---- starting again ---- */

/* As world_restart(): nothing is remembered. Only ciphers and digests, which know nothing, are not fetched anew. */
static void start_again(struct world *w)
{
	struct sealer *s = &w->sealer;

	sealer_registrar_lost(s);
	for (size_t i = 0; i < s->n_roots; i++) {
		close_fd(&s->roots[i].fd);
		close_fd(&s->roots[i].classd);
		close_fd(&s->roots[i].keep);
	}
	free(steal(&s->roots));
	s->n_roots = s->n_keys = s->in_flight = s->next_known = 0;
	s->next_request = 0;
	s->no_lease_said = false;
	memset(s->known, 0, sizeof(s->known));
	w->n_answers = w->n_requests = w->n_answered = 0;
	assert_int_equal(sealer_add_root(s, 1, ROOT_DOCUMENTS, openat(w->dir, ".", O_RDONLY | O_CLOEXEC)), 0);
}

static ino_t ino_of(const struct crash_state *s, size_t node)
{
	ino_t ino = node == NOBODY ? 0 : state_ino(s, node);

	return node != NOBODY && ino == 0 ? (ino_t)INT64_MAX : ino; /* gone: like no other */
}

static void ask_again_as(struct crash *c, const struct doc *d, ino_t source, ino_t replaced)
{
	struct doc same = *d;

	same.asked.m.ino = source;
	same.asked.m.replace_ino = replaced;
	same.rewrap.ino = same.rekey.ino = same.destroy.ino = source;
	c->scene->ask(c, &same);
}

static void ask_again(struct crash *c, const struct doc *d, const struct crash_state *s)
{
	ask_again_as(c, d, ino_of(s, d->source), ino_of(s, d->replaced));
}

static bool is_over(const struct doc *d, size_t op)
{
	bool has_failed = d->published <= op && d->published_as != SEAL_DONE;

	return has_failed || d->disposed <= op;
}

/* The registrar sees what lies there by now, as after a scan: plaintext is a new version. */
static void seal_what_is_left(struct crash *c)
{
	struct finding f = {0};
	uint64_t intent = 1000;

	find_all(c, c->w->dir, "", &f);
	for (size_t i = 0; i < f.n; i++) {
		const struct found *at = &f.files[i];
		OWN_MEM char *target = NULL;
		OWN_MEM char *keep = NULL;
		const struct found *sealed;

		if (is_hidden(at) || at->what.is_sealed)
			continue;
		target = text_format("%s.age", at->path);
		keep = text_format("%zu.left.age", i);
		sealed = found_at(&f, target);
		world_ask_seal(c->w, &(struct wish){.intent = intent++,
						    .path = at->path,
						    .target = target,
						    .keep = keep,
						    .replace_ino = sealed ? sealed->ino : 0,
						    .version = 9});
	}
	world_run(c->w);
}

static void recover(struct crash *c, const struct crash_state *s)
{
	bool is_told = s->variant == 1; /* the registrar had journalled the last answer, or not */

	for (size_t i = 0; i < c->n_docs; i++)
		if (!is_told || !is_over(&c->docs[i], s->op))
			ask_again(c, &c->docs[i], s);
	world_run(c->w);
	if (c->scene->on_published)
		seal_what_is_left(c);
}

static void check_state(struct crash *c, const struct crash_state *s)
{
	struct finding before = {0}, after = {0};
	int dir = c->w->dir;

	c->report.state = s;
	find_all(c, s->dir, "", &before);
	check_names(c, &before, false);
	for (size_t i = 0; i < c->n_docs; i++) {
		check_copy(c, &c->docs[i], &before, false);
		check_said(c, &c->docs[i], &before);
	}
	c->w->dir = s->dir;
	start_again(c->w);
	c->w->settle_at_once = true;
	recover(c, s);
	find_all(c, s->dir, "", &after);
	check_names(c, &after, true);
	check_end(c, &after);
	c->w->dir = dir;
}

static unsigned variants(void *arg, size_t op)
{
	const struct crash *c = arg;

	for (size_t i = 0; i < c->n_docs; i++)
		if (is_over(&c->docs[i], op))
			return 2;
	return 1;
}

static uint64_t knowledge(void *arg, size_t op)
{
	const struct crash *c = arg;
	uint64_t all = 0;

	for (size_t i = 0; i < c->n_docs; i++)
		all = all * 7 + (c->docs[i].published <= op ? 1u : 0) + (c->docs[i].disposed <= op ? 2u : 0);
	return all;
}

static int on_answer(void *context, const struct frame_type *type, const void *message, int fd);

static void check_second(const struct crash_state *s, void *arg)
{
	check_state(arg, s);
}

static size_t carry_node(const struct crash *c, dev_t dev, size_t node, ino_t ino)
{
	size_t now = model_node(c->model, dev, ino);

	if (node == NOBODY)
		return NOBODY;
	return now == MODEL_NEVER ? GONE : now;
}

/* What was so at the first power cut holds from the start on. */
static void carry_over(struct crash *c, const struct crash_state *s)
{
	struct stat st;

	assert_int_equal(fstat(s->dir, &st), 0);
	for (size_t i = 0; i < c->n_docs; i++) {
		struct doc *d = &c->docs[i];

		d->published = d->published <= s->op ? 0 : NOBODY;
		d->disposed = d->disposed <= s->op ? 0 : NOBODY;
		for (size_t k = 0; k < d->n_saves; k++)
			d->saves[k].op = d->saves[k].op <= s->op ? 0 : NOBODY;
		d->source = carry_node(c, st.st_dev, d->source, ino_of(s, d->source));
		d->replaced = carry_node(c, st.st_dev, d->replaced, ino_of(s, d->replaced));
	}
}

/* The power goes a second time, after each operation of the work that follows the first. */
static void cut_again(struct crash *c, const struct crash_state *s)
{
	struct doc docs[DOCS];
	struct model second, *first = c->model;
	struct exploring e = {.most = SECOND,
			      .seed = s->hash | 1,
			      .variants = variants,
			      .knowledge = knowledge,
			      .check = check_second,
			      .arg = c,
			      .scratch = c->second_scratch};
	int dir = c->w->dir;

	memcpy(docs, c->docs, sizeof(docs));
	model_start(&second, &c->w->files, s->dir);
	c->model = &second;
	carry_over(c, s);
	c->is_nested = c->is_recording = true;
	c->w->dir = s->dir;
	start_again(c->w);
	c->w->sealer.files = &second.table;
	c->w->sealer.ports.to_registrar = on_answer;
	c->w->settle_at_once = true;
	for (size_t i = 0; i < c->n_docs; i++)
		ask_again_as(c, &c->docs[i], ino_of(s, docs[i].source), ino_of(s, docs[i].replaced));
	world_run(c->w);
	c->is_recording = false;
	c->w->sealer.files = &c->w->files;
	c->w->sealer.ports.to_registrar = world_registrar;
	c->w->dir = dir;
	states_explore(&second, &e);
	c->n_nested += e.distinct;
	model_done(&second);
	c->model = first;
	c->is_nested = false;
	memcpy(c->docs, docs, sizeof(docs));
}

static void check(const struct crash_state *s, void *arg)
{
	struct crash *c = arg;

	if (s->variant < variants(c, s->op))
		check_state(c, s);
	else
		cut_again(c, s);
}

/* One way more, for some of them: the power goes again. */
static unsigned ways(void *arg, size_t op)
{
	struct crash *c = arg;
	bool again = c->second_every && c->n_ways++ % c->second_every == 0;

	return variants(c, op) + (again ? 1 : 0);
}

/* ---- recording ---- */

static int on_answer(void *context, const struct frame_type *type, const void *message, int fd)
{
	const union frame_any *m = message;
	struct crash *c = crash;

	for (size_t i = 0; c->is_recording && !model_is_killed(c->model) && i < c->n_docs; i++) {
		struct doc *d = &c->docs[i];

		if (type->code == FRAME_TYPE_published && m->published.intent == d->intent && d->published == NOBODY) {
			d->published = c->model->n_ops;
			d->published_as = m->published.outcome;
			if (c->scene->on_published)
				c->scene->on_published(c, d);
		}
		if (type->code == FRAME_TYPE_restored && m->restored.intent == d->intent) {
			d->published = c->model->n_ops;
			d->published_as = m->restored.outcome;
		}
		if (type->code == FRAME_TYPE_destroyed && m->destroyed.intent == d->intent) {
			d->published = d->disposed = c->model->n_ops;
			d->published_as = d->disposed_as = m->destroyed.outcome;
		}
		if (type->code == FRAME_TYPE_disposed && m->disposed.intent == d->intent) {
			d->disposed = c->model->n_ops;
			d->disposed_as = m->disposed.outcome;
		}
	}
	return world_registrar(context, type, message, fd);
}

static size_t add_content(struct crash *c, size_t n)
{
	uint8_t *at = world_content(n);

	for (size_t i = 0; i < n; i++)
		at[i] ^= (uint8_t)(c->n_contents * 37);
	c->contents[c->n_contents].at = at;
	c->contents[c->n_contents].n = n;
	return c->n_contents++;
}

static struct doc *add_doc(struct crash *c, const char *plain, size_t n)
{
	struct doc *d = &c->docs[c->n_docs++];

	*d = (struct doc){.intent = c->n_docs,
			  .source = NOBODY,
			  .replaced = NOBODY,
			  .version = 1,
			  .published = NOBODY,
			  .disposed = NOBODY};
	(void)snprintf(d->plain, sizeof(d->plain), "%s", plain);
	(void)snprintf(d->target, sizeof(d->target), "%.30s.age", plain);
	(void)snprintf(d->keep, sizeof(d->keep), "%zu.1.age", c->n_docs);
	d->content = add_content(c, n);
	world_write(c->w, d->plain, c->contents[d->content].at, n);
	return d;
}

static size_t node_named(const struct crash *c, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(c->w->dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return model_node(c->model, st.st_dev, st.st_ino);
}

static void wish_for(struct crash *c, struct doc *d, uint64_t replace_ino)
{
	world_prepare_seal(c->w,
			   &(struct wish){.intent = d->intent,
					  .path = d->plain,
					  .target = d->target,
					  .keep = d->keep,
					  .replace_ino = replace_ino,
					  .version = d->version},
			   &d->asked);
}

static void ask_seal(struct crash *c, struct doc *d)
{
	world_send(c->w, &frame_type_seal, &d->asked.m, -1);
}

static void ask_rewrap(struct crash *c, struct doc *d)
{
	world_send(c->w, &frame_type_rewrap, &d->rewrap, -1);
}

static void ask_rekey(struct crash *c, struct doc *d)
{
	world_send(c->w, &frame_type_rekey, &d->rekey, -1);
}

static void ask_restore(struct crash *c, struct doc *d)
{
	world_send(c->w, &frame_type_restore, &d->restore, -1);
}

static void ask_destroy(struct crash *c, struct doc *d)
{
	if (is_destroyed(d))
		world_send(c->w, &frame_type_destroy, &d->destroy, -1);
}

/* ---- scenes ---- */

static void prepare_first(struct crash *c)
{
	wish_for(c, add_doc(c, "doc", 3000), 0);
}

static void prepare_below(struct crash *c)
{
	assert_int_equal(mkdirat(c->w->dir, "sub", 0755), 0);
	wish_for(c, add_doc(c, "sub/doc", 3000), 0);
}

/* A process that was killed has made the place, and synced nothing. */
static void make_unsynced(struct crash *c)
{
	const struct files *f = &c->model->table;
	OWN_FD int classd = -1;

	assert_int_equal(f->make_dir(f, c->w->dir, ".classd", 0700), 0);
	classd = openat(c->w->dir, ".classd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(f->make_dir(f, classd, "keep", 0700), 0);
}

/* .classd is there already. */
static void make_place(struct crash *c)
{
	assert_int_equal(mkdirat(c->w->dir, ".classd", 0700), 0);
	assert_int_equal(mkdirat(c->w->dir, ".classd/keep", 0700), 0);
}

static void prepare_small(struct crash *c)
{
	make_place(c);
	wish_for(c, add_doc(c, "doc", 70000), 0);
}

static void prepare_large(struct crash *c)
{
	make_place(c);
	wish_for(c, add_doc(c, "doc", (4 << 20) + 3), 0);
}

static void prepare_group(struct crash *c)
{
	make_place(c);
	assert_int_equal(mkdirat(c->w->dir, "sub", 0755), 0);
	for (size_t i = 0; i < DOCS; i++) {
		char name[20];

		(void)snprintf(name, sizeof(name), "%sdoc%zu", i % 3 == 2 ? "sub/" : "", i);
		wish_for(c, add_doc(c, name, 500 + 700 * i), 0);
	}
}

/* An older version stands at each name. */
static void make_older(struct crash *c)
{
	c->w->settle_at_once = true;
	for (size_t i = 0; i < c->n_docs; i++)
		ask_seal(c, &c->docs[i]);
	world_run(c->w);
}

static void make_newer(struct crash *c, struct doc *d, size_t n)
{
	uint64_t ino = world_answer(c->w, FRAME_TYPE_published, d->intent)->ino;

	asked_done(&d->asked);
	d->content = add_content(c, n);
	world_write(c->w, d->plain, c->contents[d->content].at, n);
	d->intent += 100;
	d->version = 2;
	(void)snprintf(d->keep, sizeof(d->keep), "%zu.2.age", (size_t)(d - c->docs) + 1);
	wish_for(c, d, ino);
}

static void prepare_version(struct crash *c)
{
	prepare_small(c);
	make_older(c);
	make_newer(c, &c->docs[0], 5000);
}

static void prepare_versions(struct crash *c)
{
	prepare_group(c);
	make_older(c);
	for (size_t i = 0; i < c->n_docs; i++)
		make_newer(c, &c->docs[i], 300 + 900 * i);
}

/* A careful program saves: its content and its name are durable when it is done. */
static void save_newer(struct crash *c, struct doc *d)
{
	size_t content = d->n_saves == 0 ? 1 : 2;

	model_save_by_rename(c->model, d->plain, c->contents[content].at, c->contents[content].n);
	d->saves[d->n_saves].op = c->model->n_ops;
	d->saves[d->n_saves++].content = content;
}

static void on_published_save(struct crash *c, struct doc *d)
{
	if (d->n_saves == 0)
		save_newer(c, d);
}

static void prepare_newer(struct crash *c)
{
	prepare_small(c);
	(void)add_content(c, 2000);
	(void)add_content(c, 2600);
}

static void prepare_rewrap(struct crash *c)
{
	struct doc *d;

	prepare_small(c);
	make_older(c);
	d = &c->docs[0];
	world_record(2, "TOP", d->asked.m.sha256, c->contents[d->content].n, &d->record);
	d->intent = 101;
	d->version = 2;
	d->rewrap = (struct frame_rewrap){.intent = d->intent,
					  .grant = 4,
					  .root = 1,
					  .path = d->target,
					  .keep = d->keep,
					  .level = "TOP",
					  .args = WORLD_RECORD " 2 TOP cn@2026.1",
					  .record = buffer_bytes(&d->record)};
}

static void prepare_reencrypt(struct crash *c)
{
	prepare_rewrap(c);
	c->docs[0].rewrap.reencrypt = 1;
}

static void prepare_rekey(struct crash *c)
{
	struct doc *d;

	prepare_small(c);
	make_older(c);
	d = &c->docs[0];
	d->intent = 101;
	d->rekey = (struct frame_rekey){.intent = d->intent,
					.grant = 4,
					.root = 1,
					.path = d->target,
					.keep = d->keep,
					.level = "SECRET",
					.record = WORLD_RECORD};
	c->w->older = steal(&c->w->level);
	assert_int_equal(identity_new(&c->w->level), 0);
}

static void prepare_sealed(struct crash *c)
{
	prepare_small(c);
	make_older(c);
	c->docs[0].intent = 101;
}

/* Content leaves and nothing on the disk changes: there is no operation after which the power could go. */
static void ask_unseal(struct crash *c, struct doc *d)
{
	OWN_BUFFER struct buffer back = {0};

	assert_int_equal(world_unseal(c->w, 900, d->target, &back), SEAL_DONE);
	assert_int_equal(content_of(c, buffer_bytes(&back)), d->content);
	assert_int_equal(c->model->n_ops, 0);
}

/* Somebody deleted the name. */
static void prepare_restore(struct crash *c)
{
	struct doc *d;

	prepare_small(c);
	make_older(c);
	d = &c->docs[0];
	assert_int_equal(unlinkat(c->w->dir, d->target, 0), 0);
	d->intent = 101;
	d->restore = (struct frame_restore){.intent = d->intent, .root = 1, .keep = d->keep, .target = d->target};
}

/* A document of two versions goes, another one stays. */
static void prepare_destroy(struct crash *c)
{
	struct doc *d;

	prepare_small(c);
	wish_for(c, add_doc(c, "other", 900), 0);
	make_older(c);
	d = &c->docs[0];
	make_newer(c, d, 5000);
	ask_seal(c, d);
	world_run(c->w);
	c->docs[1].intent = 202; /* nothing is asked of it */
	d->intent = 201;
	d->destroy = (struct frame_destroy){
	    .intent = d->intent, .root = 1, .path = d->target, .keep = d->keep, .versions = 2};
}

/* A third save comes while the second one is taken away, looked at, and to be put back. */
static int watched_stat_at(const struct files *f, int dir, const char *name, struct stat *ret)
{
	struct crash *c = crash;
	struct doc *d = &c->docs[0];
	size_t n = strlen(name);

	(void)f;
	if (c->is_recording && d->n_saves == 1 && n > 4 && strcmp(name + n - 4, ".old") == 0 &&
	    c->real.stat_at(&c->real, dir, name, ret) == 0)
		save_newer(c, d);
	return c->real.stat_at(&c->real, dir, name, ret);
}

/* Needed after a kill (scene "killed"), not where the place has been durable for long. */
#define PLACE_IS_OLD "fsync of .classd after nothing", "fsync of the folder after nothing"

static const char *const spare_place[] = {PLACE_IS_OLD, NULL};
/* The folder itself is synced once more, for the sealed file's name; with a file below it is not. */
static const char *const spare_folder[] = {"fsync of the folder after mkdir keep", NULL};
/* The saving program's own, which the sealer's syncfs makes up for. */
static const char *const spare_newer[] = {PLACE_IS_OLD, "fsync of the folder after move .save.swp doc", NULL};
/* An exchange between the folder and .classd is one step, and .classd is synced right after it. */
static const char *const spare_rewrap[] = {PLACE_IS_OLD, "fsync of the folder after exchange", NULL};

#define SCENE(its_name, states, prepares, asks, spares, ...)                                                           \
	{                                                                                                              \
		.name = its_name, .most = states, .prepare = prepares, .ask = asks, .spare = spares, ##__VA_ARGS__     \
	}

static const struct scene scenes[] = {
    SCENE("first", 1000, prepare_first, ask_seal, spare_folder, .second_every = 1, .kill_step = 1),
    SCENE("below", 1000, prepare_below, ask_seal, NULL, .second_every = 1, .kill_step = 1),
    SCENE("killed", 1000, prepare_below, ask_seal, NULL, .before = make_unsynced, .second_every = 1, .kill_step = 1),
    SCENE("small", 1500, prepare_small, ask_seal, spare_place, .second_every = 1, .kill_step = 1),
    SCENE("large", 150, prepare_large, ask_seal, spare_place),
    SCENE("group", 2500, prepare_group, ask_seal, spare_place, .second_every = 150, .kill_step = 13),
    SCENE("version", 1500, prepare_version, ask_seal, spare_place, .second_every = 1, .kill_step = 1),
    SCENE("versions", 1500, prepare_versions, ask_seal, spare_place, .second_every = 150, .kill_step = 13),
    SCENE("newer", 1000, prepare_newer, ask_seal, spare_newer, .on_published = on_published_save),
    SCENE("conflict", 1000, prepare_newer, ask_seal, spare_newer, .on_published = on_published_save,
	  .saves_in_between = true),
    SCENE("rewrap", 1500, prepare_rewrap, ask_rewrap, spare_rewrap, .second_every = 1, .kill_step = 1),
    SCENE("reencrypt", 1500, prepare_reencrypt, ask_rewrap, spare_rewrap, .second_every = 1, .kill_step = 1),
    SCENE("rekey", 1500, prepare_rekey, ask_rekey, spare_rewrap, .second_every = 1, .kill_step = 1),
    SCENE("unseal", 10, prepare_sealed, ask_unseal, NULL),
    SCENE("destroy", 500, prepare_destroy, ask_destroy, spare_place, .second_every = 1, .kill_step = 1),
    SCENE("restore", 200, prepare_restore, ask_restore, spare_place, .second_every = 1, .kill_step = 1),
};

static void note_nodes(struct crash *c)
{
	for (size_t i = 0; i < c->n_docs; i++) {
		struct doc *d = &c->docs[i];
		bool is_seal = d->asked.m.intent == d->intent;
		struct stat st;

		if (d->asked.m.replace_ino && is_seal)
			d->replaced = node_named(c, d->target);
		if (d->restore.intent)
			continue;
		d->source = node_named(c, is_seal ? d->plain : d->target);
		assert_int_equal(fstatat(c->w->dir, is_seal ? d->plain : d->target, &st, 0), 0);
		d->rewrap.ino = d->rekey.ino = d->destroy.ino = st.st_ino;
	}
}

static void ask_all(struct crash *c)
{
	c->w->sealer.files = &c->model->table;
	c->w->sealer.ports.to_registrar = on_answer;
	c->w->settle_at_once = true;
	for (size_t i = 0; i < c->n_docs; i++)
		c->scene->ask(c, &c->docs[i]);
	world_run(c->w);
}

/* kill_after: the sealer is killed after that operation and starts again, with nothing lost but what it had in memory.
 */
static void record(struct crash *c, size_t kill_after)
{
	struct world *w = c->w;

	c->scene->prepare(c);
	world_restart(w);
	c->real = w->files;
	if (c->scene->saves_in_between)
		c->real.stat_at = watched_stat_at;
	model_start(c->model, &c->real, w->dir);
	c->real.stat_at = w->files.stat_at;
	if (c->scene->before)
		c->scene->before(c);
	note_nodes(c);
	c->is_recording = true;
	c->model->kill_after = kill_after;
	ask_all(c);
	if (model_is_killed(c->model)) {
		c->model->kill_after = MODEL_NEVER;
		start_again(w);
		ask_all(c);
	}
	c->is_recording = false;
	w->sealer.files = &w->files;
	w->sealer.ports.to_registrar = world_registrar;
}

static struct crash *crash_new(const struct scene *scene, const char *scratch)
{
	struct crash *c = calloc(1, sizeof(*c));
	void *state;

	assert_non_null(c);
	crash = c;
	c->model = &c->scene_model;
	c->scene = scene;
	(void)snprintf(c->second_scratch, sizeof(c->second_scratch), "%.90s/second", scratch);
	assert_int_equal(world_setup(&state), 0);
	c->w = state;
	assert_int_equal(bulk_new(&c->bulk), 0);
	return c;
}

static void crash_free(struct crash *c)
{
	void *state = c->w;

	assert_int_equal(world_teardown(&state), 0);
	model_done(&c->scene_model);
	bulk_free(c->bulk);
	for (size_t i = 0; i < c->n_docs; i++) {
		asked_done(&c->docs[i].asked);
		buffer_done(&c->docs[i].record);
	}
	for (size_t i = 0; i < c->n_contents; i++)
		free(c->contents[i].at);
	free(c);
}

static struct exploring exploring_of(struct crash *c, const char *scratch, size_t most)
{
	return (struct exploring){.most = most,
				  .seed = report_seed(),
				  .scratch = scratch,
				  .knowledge = knowledge,
				  .variants = ways,
				  .check = check,
				  .arg = c};
}

static bool run_drops(const struct scene *scene, const char *scratch)
{
	struct crash *c = crash_new(scene, scratch);
	struct exploring e = exploring_of(c, scratch, DROPPED);
	struct dropping d = {c->model, &e, &c->report, scene->spare};
	size_t needed = 0;
	bool is_ok;

	record(c, MODEL_NEVER);
	is_ok = report_drop_each(&d, scene->name, &needed) && needed > 0;
	printf("%s - sealer %s: each of %zu syncs is needed, or known to be spare\n", is_ok ? "ok" : "not ok",
	       scene->name, c->model->n_syncs);
	crash_free(c);
	return is_ok;
}

/* Killed after each operation, and then the power goes. */
static size_t run_kills(const struct scene *scene, const char *scratch, struct report *sum)
{
	size_t distinct = 0;

	for (size_t k = 1;; k += scene->kill_step) {
		struct crash *c = crash_new(scene, scratch);
		struct exploring e = exploring_of(c, scratch, report_most(SECOND));
		bool is_over;

		record(c, k);
		e.first = k;
		is_over = c->model->n_ops <= k;
		if (!is_over)
			states_explore(c->model, &e);
		distinct += e.distinct;
		for (size_t i = 0; i < BROKEN_KINDS; i++)
			sum->broken[i] += c->report.broken[i];
		if (report_sum(&c->report) > 0)
			printf("# killed after operation %zu\n", k);
		crash_free(c);
		if (is_over)
			return distinct;
	}
}

static bool run_scene(const struct scene *scene, const char *scratch)
{
	struct crash *c = crash_new(scene, scratch);
	struct exploring e = exploring_of(c, scratch, report_most(scene->most));
	size_t killed;
	bool is_ok;

	record(c, MODEL_NEVER);
	c->second_every = scene->second_every;
	states_explore(c->model, &e);
	killed = scene->kill_step ? run_kills(scene, scratch, &c->report) : 0;
	is_ok = report_sum(&c->report) == 0 && e.distinct > 0;
	report_line(scene->name, c->model, e.distinct + c->n_nested + killed, &c->report);
	printf("# %s: %zu of them after a second power cut, %zu after a kill and a start\n", scene->name, c->n_nested,
	       killed);
	printf("%s - sealer %s\n", is_ok ? "ok" : "not ok", scene->name);
	crash_free(c);
	return is_ok;
}

int main(int argc, char **argv)
{
	bool drops = argc > 2 && strcmp(argv[2], "drop") == 0;
	char scratch[100], second[120];
	bool is_ok = argc < 2;

	for (size_t i = 0; argc < 2 && i < array_n(scenes); i++)
		printf("%s\n", scenes[i].name);
	if (argc < 2)
		return 0;
	report_scratch(scratch);
	(void)snprintf(second, sizeof(second), "%.90s/second", scratch);
	assert_int_equal(mkdir(second, 0700), 0);
	for (size_t i = 0; i < array_n(scenes); i++)
		if (strcmp(argv[1], scenes[i].name) == 0)
			is_ok = drops ? run_drops(&scenes[i], scratch) : run_scene(&scenes[i], scratch);
	remove_tree(AT_FDCWD, scratch);
	return is_ok ? 0 : 1;
}
