/*
 * What the sealer does, as scenes that can be played again and again in one
 * directory: what lies there before, what is asked, and what must hold at every
 * moment and at the end. Whether a call of the file system or of memory fails
 * meanwhile is the business of who plays them.
 */
#ifndef TESTS_FAULT_SCENES_H
#define TESTS_FAULT_SCENES_H

#include "faulty.h"
#include "sealer/world.h"

#include <dirent.h>

#define SCENE_CONTENTS 8
#define SCENE_WANTED   16
#define CHECKOUTS      9

/* A version of a document. */
struct content {
	uint8_t *at;
	size_t n;
	bool is_needed;	   /* a complete copy must exist (I2) */
	bool is_sealed;	   /* at the end: in a sealed file */
	bool is_clear_too; /* at the end: also, or only, in clear: an alias, a file of somebody else */
	bool is_gone;	   /* two persons had it destroyed: needed no more, and at the end nowhere */
};

struct scene {
	const char *name;
	void (*prepare)(struct world *w, struct scene *s);
	int (*act)(struct world *w, struct scene *s);	 /* 0; negative: the role ends by a fault */
	int (*finish)(struct world *w, struct scene *s); /* what follows once all is well again; or NULL */
	size_t length;
	unsigned every; /* of its faults, one of so many is enough; 0 and 1: all */

	struct content contents[SCENE_CONTENTS];
	size_t n_contents;
	struct asked asked[SCENE_CONTENTS];
	size_t n_asked;
	struct wanted {
		uint16_t type;
		uint64_t intent;
		uint8_t outcome;
	} wanted[SCENE_WANTED];
	size_t n_wanted;
	struct frame_rewrap rewrap;
	struct frame_rekey rekey;
	struct frame_discard discard;
	struct buffer record;
	struct buffer piped; /* what a reader got */
	struct opened {	     /* sealed files that were opened in this run: the same bytes have the same content */
		struct buffer bytes;
		int content;
	} opened[12];
	size_t n_opened;
	unsigned moves;
	bool races;
	uint64_t ino; /* of the file that is destroyed */
};

/* ---- what lies there ---- */

static inline struct content *scene_add(struct scene *s, size_t n, uint8_t tint)
{
	struct content *c = &s->contents[s->n_contents++];

	assert_true(s->n_contents <= SCENE_CONTENTS);
	*c = (struct content){.at = world_content(n), .n = n, .is_needed = true, .is_sealed = true};
	for (size_t i = 0; i < n; i += 997)
		c->at[i] ^= tint;
	return c;
}

static inline void scene_want(struct scene *s, uint16_t type, uint64_t intent, uint8_t outcome)
{
	assert_true(s->n_wanted < SCENE_WANTED);
	s->wanted[s->n_wanted++] = (struct wanted){type, intent, outcome};
}

static inline void scene_clear(struct scene *s)
{
	for (size_t i = 0; i < s->n_contents; i++)
		free(s->contents[i].at);
	for (size_t i = 0; i < s->n_asked; i++)
		asked_done(&s->asked[i]);
	buffer_done(&s->record);
	buffer_done(&s->piped);
	for (size_t i = 0; i < s->n_opened; i++)
		buffer_done(&s->opened[i].bytes);
	s->n_opened = 0;
	s->n_contents = s->n_asked = s->n_wanted = 0;
	s->moves = 0;
	s->races = false;
}

/* A new process, as far as anything can tell: only the ciphers, whose fetching would take most of the time, are those
 * of the old one. */
static inline void scene_restart(struct world *w, const struct sealer_ports *ports)
{
	struct sealer *s = &w->sealer;
	struct job_queue *const queues[] = {&s->ready,	   &s->starting, &s->for_digest, &s->for_key, &s->written,
					    &s->published, &s->settled,	 &s->for_pipe,	 &s->for_room};

	sealer_registrar_lost(s);
	assert_int_equal(s->n_digests, SEALER_DIGESTS); /* none was lost with a job */
	assert_int_equal(s->in_flight, 0);
	for (size_t i = 0; i < s->n_roots; i++) {
		close_fd(&s->roots[i].fd);
		close_fd(&s->roots[i].classd);
		close_fd(&s->roots[i].keep);
	}
	free(steal(&s->roots));
	bulk_forget(s->bulk);
	s->files = &w->files;
	s->ports = *ports;
	s->n_roots = s->n_keys = s->next_known = 0;
	s->no_lease_said = false;
	s->next_request = s->flushes = s->group_since_ms = s->group_last_ms = s->settle_since_ms = 0;
	memset(s->known, 0, sizeof(s->known));
	for (size_t i = 0; i < array_n(queues); i++)
		assert_true(TAILQ_EMPTY(queues[i]));
	w->n_answers = w->n_requests = w->n_answered = 0;
	assert_int_equal(sealer_add_root(s, 1, ROOT_DOCUMENTS, openat(w->dir, ".", O_RDONLY | O_CLOEXEC)), 0);
	if (world_has(w, "checkouts"))
		assert_int_equal(
		    sealer_add_root(s, CHECKOUTS, ROOT_CHECKOUT, openat(w->dir, "checkouts", O_RDONLY | O_CLOEXEC)), 0);
}

/* ---- asking ---- */

static inline int scene_send_(struct world *w, const struct frame_type *type, const void *message, int fd)
{
	union frame_any m;
	int r;

	memcpy(&m, message, type->size);
	r = sealer_message(&w->sealer, type, &m, &fd);
	close_fd(&fd);
	return r;
}
#define SCENE_SEND(w, name, fd, ...) scene_send_(w, &frame_type_##name, &(struct frame_##name){__VA_ARGS__}, fd)

static inline int scene_settle(struct world *w, size_t from)
{
	int r = 0;

	for (size_t i = from; r == 0 && i < w->n_answers; i++) {
		const struct answer *a = &w->answers[i % WORLD_ANSWERS];

		if (a->type == FRAME_TYPE_published && a->outcome == SEAL_DONE)
			r = SCENE_SEND(w, settle, -1, .intent = a->intent, .dispose = 1);
	}
	return r;
}

/* One turn; ret_idle: nothing more happens by itself. */
static inline int scene_turn(struct world *w, bool *ret_idle)
{
	size_t answers = w->n_answers, requests = w->n_answered;
	uint64_t wait_ms;
	int r = sealer_turn(&w->sealer, w->now_ms, &wait_ms);

	if (r != 0)
		return r;
	memory.paused++;
	world_answer_all(w);
	memory.paused--;
	r = scene_settle(w, answers);
	*ret_idle = wait_ms == UINT64_MAX && answers == w->n_answers && requests == w->n_answered;
	if (wait_ms != UINT64_MAX)
		w->now_ms += wait_ms;
	return r;
}

static inline int scene_run(struct world *w)
{
	bool idle = false;
	int r = 0;

	for (unsigned turns = 0; r == 0 && !idle; turns++) {
		r = scene_turn(w, &idle);
		if (turns > 20000) {
			broken("the sealer does not come to an end");
			return -ELOOP;
		}
	}
	return r;
}

/* Reads a pipe while the sealer fills it. */
static inline int scene_read(struct world *w, struct scene *s, const struct frame_type *type, const void *message)
{
	bool idle = false;
	int ends[2], r;

	buffer_clear(&s->piped);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	r = scene_send_(w, type, message, ends[1]);
	for (int end = -1, turns = 0; r == 0 && (end != 0 || !idle); turns++) {
		uint8_t *room = MEMORY_PAUSED(buffer_reserve(&s->piped, 1 << 16));

		r = scene_turn(w, &idle);
		end = (int)read(ends[0], room, 1 << 16);
		s->piped.n += end > 0 ? (size_t)end : 0;
		if (turns > 20000) {
			broken("the reader waits for ever");
			r = -ELOOP;
		}
	}
	(void)close(ends[0]);
	return r;
}

static inline int act_ask(struct world *w, struct scene *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n_asked; i++)
		r = scene_send_(w, &frame_type_seal, &s->asked[i].m, -1);
	return r == 0 ? scene_run(w) : r;
}

/* ---- the scenes ---- */

static inline void scene_ask(struct world *w, struct scene *s, const struct wish *wish)
{
	world_prepare_seal(w, wish, &s->asked[s->n_asked++]);
	scene_want(s, FRAME_TYPE_disposed, wish->intent, SEAL_DONE);
}

static inline void scene_write(struct world *w, const char *name, const struct content *c)
{
	world_write(w, name, c->at, c->n);
}

static inline void prepare_seal(struct world *w, struct scene *s)
{
	const struct wish wish = {.intent = 1, .path = "doc", .target = "doc.age", .keep = "1.1.age"};

	scene_write(w, "doc", scene_add(s, s->length, 0));
	scene_ask(w, s, &wish);
}

/* Done before the faults begin; what was asked is forgotten. */
static inline void prepare_sealed(struct world *w, struct scene *s)
{
	prepare_seal(w, s);
	assert_int_equal(act_ask(w, s), 0);
	assert_int_equal(world_answer(w, FRAME_TYPE_disposed, 1)->outcome, SEAL_DONE);
	s->n_wanted = 0;
	asked_done(&s->asked[0]);
	s->n_asked = 0;
}

static inline void prepare_group(struct world *w, struct scene *s)
{
	static const char *const names[][3] = {{"a", "a.age", "1.1.age"},
					       {"b", "b.age", "2.1.age"},
					       {"c", "c.age", "3.1.age"},
					       {"d", "d.age", "4.1.age"},
					       {"e", "e.age", "5.1.age"}};

	for (size_t i = 0; i < array_n(names); i++) {
		const struct wish wish = {
		    .intent = i + 1, .path = names[i][0], .target = names[i][1], .keep = names[i][2]};

		scene_write(w, names[i][0], scene_add(s, 100 + i * 1000, (uint8_t)(i + 1)));
		scene_ask(w, s, &wish);
	}
}

static inline void prepare_version(struct world *w, struct scene *s)
{
	struct wish second = {.intent = 2, .path = "doc", .target = "doc.age", .keep = "1.2.age", .version = 2};

	prepare_sealed(w, s);
	second.replace_ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	scene_write(w, "doc", scene_add(s, s->length + 20, 77));
	scene_ask(w, s, &second);
}

static inline void prepare_folders(struct world *w, struct scene *s)
{
	const struct wish wish = {
	    .intent = 1, .path = "one/two/doc", .target = "three/doc.age", .keep = "1.1.age", .level = "TOP"};

	assert_int_equal(mkdirat(w->dir, "one", 0755), 0);
	assert_int_equal(mkdirat(w->dir, "one/two", 0755), 0);
	assert_int_equal(mkdirat(w->dir, "three", 0755), 0);
	scene_write(w, "one/two/doc", scene_add(s, s->length, 0));
	scene_ask(w, s, &wish);
}

/* .classd is somebody else's: it is set aside, and nothing of it is lost. */
static inline void prepare_foreign_place(struct world *w, struct scene *s)
{
	struct content *other;

	prepare_seal(w, s);
	assert_int_equal(mkdirat(w->dir, ".classd", 0777), 0);
	assert_int_equal(fchmodat(w->dir, ".classd", 0777, 0), 0);
	other = scene_add(s, 30, 5);
	other->is_sealed = false;
	other->is_clear_too = true;
	scene_write(w, ".classd/theirs", other);
}

static inline void prepare_alias(struct world *w, struct scene *s)
{
	prepare_seal(w, s);
	assert_int_equal(linkat(w->dir, "doc", w->dir, "alias", 0), 0);
	s->contents[0].is_clear_too = true;
}

static inline void prepare_taken_name(struct world *w, struct scene *s)
{
	struct content *other;

	prepare_seal(w, s);
	s->contents[0].is_sealed = false;
	s->contents[0].is_clear_too = true;
	other = scene_add(s, 30, 5);
	other->is_sealed = false;
	other->is_clear_too = true;
	scene_write(w, "doc.age", other);
	s->n_wanted = 0;
	scene_want(s, FRAME_TYPE_published, 1, SEAL_NAME_TAKEN);
}

/* A kill after the plaintext was taken; its owner has saved a newer one since. */
static inline void prepare_taken(struct world *w, struct scene *s)
{
	OWN_MEM char *taken = text_format(".classd/%016llx.old", 2ull);

	prepare_version(w, s);
	assert_int_equal(renameat2(w->dir, "doc", w->dir, taken, RENAME_NOREPLACE), 0);
}

static inline void prepare_taken_and_newer(struct world *w, struct scene *s)
{
	prepare_taken(w, s);
	scene_write(w, "doc", scene_add(s, 500, 9));
	s->contents[1].is_sealed = s->contents[2].is_sealed = false; /* they are jobs of their own */
	s->contents[1].is_clear_too = s->contents[2].is_clear_too = true;
	s->n_wanted = 0;
	scene_want(s, FRAME_TYPE_published, 2, SEAL_CHANGED);
}

static inline void prepare_rewrap(struct world *w, struct scene *s)
{
	uint8_t digest[32];

	prepare_sealed(w, s);
	sha256_of(bytes_of(s->contents[0].at, s->contents[0].n), digest);
	world_record(2, "TOP", digest, s->contents[0].n, &s->record);
	s->rewrap = (struct frame_rewrap){.intent = 3,
					  .grant = 4,
					  .root = 1,
					  .path = "doc.age",
					  .ino = world_answer(w, FRAME_TYPE_published, 1)->ino,
					  .keep = "1.1.age",
					  .level = "TOP",
					  .args = WORLD_RECORD " 2 TOP cn@2026.1",
					  .record = buffer_bytes(&s->record)};
	scene_want(s, FRAME_TYPE_published, 3, SEAL_DONE);
}

static inline void prepare_reencrypt(struct world *w, struct scene *s)
{
	prepare_rewrap(w, s);
	s->rewrap.reencrypt = 1;
}

static inline int act_rewrap(struct world *w, struct scene *s)
{
	int r = scene_send_(w, &frame_type_rewrap, &s->rewrap, -1);

	return r == 0 ? scene_run(w) : r;
}

static inline void prepare_rekey(struct world *w, struct scene *s)
{
	prepare_sealed(w, s);
	s->rekey = (struct frame_rekey){.intent = 3,
					.grant = 4,
					.root = 1,
					.path = "doc.age",
					.ino = world_answer(w, FRAME_TYPE_published, 1)->ino,
					.keep = "1.1.age",
					.level = "SECRET",
					.record = WORLD_RECORD};
	scene_want(s, FRAME_TYPE_published, 3, SEAL_DONE);
}

static inline void prepare_rekey_kept(struct world *w, struct scene *s)
{
	prepare_rekey(w, s);
	assert_int_equal(unlinkat(w->dir, "doc.age", 0), 0);
	s->rekey.path = ".classd/keep/1.1.age";
	s->rekey.keep = "";
	s->rekey.reencrypt = 1;
}

/* A copy that somebody made under a name of his own becomes ours. */
static inline void prepare_rekey_copy(struct world *w, struct scene *s)
{
	OWN_BUFFER struct buffer all = {0};
	OWN_FD int fd = -1;
	struct stat stat;

	prepare_rekey(w, s);
	fd = openat(w->dir, "doc.age", O_RDONLY | O_CLOEXEC);
	assert_int_equal(files_read_rest(&files_linux, fd, SIZE_MAX / 2, &all), 0);
	world_write(w, "copy.age", all.at, all.n);
	if (geteuid() == 0)
		assert_int_equal(fchownat(w->dir, "copy.age", 4242, (gid_t)-1, 0), 0);
	assert_int_equal(fstatat(w->dir, "copy.age", &stat, 0), 0);
	s->rekey.path = "copy.age";
	s->rekey.ino = stat.st_ino;
	s->rekey.keep = "";
}

static inline int act_rekey(struct world *w, struct scene *s)
{
	int r = scene_send_(w, &frame_type_rekey, &s->rekey, -1);

	return r == 0 ? scene_run(w) : r;
}

static inline void check_piped(struct world *w, struct scene *s, uint16_t type, struct bytes whole)
{
	const struct answer *a = world_answer(w, type, 9);

	if (!a || a->outcome != SEAL_DONE)
		return;
	if (!bytes_equal(buffer_bytes(&s->piped), whole))
		broken("the reader was told DONE and has %zu bytes of %zu", s->piped.n, whole.n);
}

static inline void prepare_unseal(struct world *w, struct scene *s)
{
	prepare_sealed(w, s);
	scene_want(s, FRAME_TYPE_unsealed, 9, SEAL_DONE);
}

static inline int act_unseal(struct world *w, struct scene *s)
{
	const struct frame_unseal m = {.intent = 9, .grant = 77, .root = 1, .path = "doc.age", .timeout_ms = 1000};
	int r;

	w->n_answers = 0;
	r = scene_read(w, s, &frame_type_unseal, &m);
	if (r == 0)
		check_piped(w, s, FRAME_TYPE_unsealed, bytes_of(s->contents[0].at, s->contents[0].n));
	return r;
}

static inline int act_unseal_twice(struct world *w, struct scene *s)
{
	int r = act_unseal(w, s);

	return r == 0 ? act_unseal(w, s) : r;
}

static inline void prepare_carry(struct world *w, struct scene *s)
{
	OWN_FD int fd = -1;

	prepare_sealed(w, s);
	fd = openat(w->dir, "doc.age", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(files_read_rest(&files_linux, fd, SIZE_MAX / 2, &s->record), 0);
	scene_want(s, FRAME_TYPE_carried, 9, SEAL_DONE);
}

static inline int act_carry(struct world *w, struct scene *s)
{
	const struct frame_carry m = {.intent = 9, .root = 1, .path = "doc.age", .timeout_ms = 1000};
	int r = scene_read(w, s, &frame_type_carry, &m);

	if (r == 0)
		check_piped(w, s, FRAME_TYPE_carried, buffer_bytes(&s->record));
	return r;
}

static inline void prepare_verify(struct world *w, struct scene *s)
{
	prepare_sealed(w, s);
	scene_want(s, FRAME_TYPE_opened, 9, SEAL_DONE);
	scene_want(s, FRAME_TYPE_opened, 10, SEAL_DONE);
}

static inline int act_verify(struct world *w, struct scene *s)
{
	int r = SCENE_SEND(w, header, -1, .intent = 9, .grant = 5, .root = 1, .path = "doc.age");

	(void)s;
	if (r == 0)
		r = SCENE_SEND(w, header, -1, .intent = 10, .grant = 6, .root = 1, .path = "doc.age", .verify = 1);
	return r == 0 ? scene_run(w) : r;
}

static inline void prepare_restore(struct world *w, struct scene *s)
{
	prepare_sealed(w, s);
	assert_int_equal(unlinkat(w->dir, "doc.age", 0), 0);
	scene_want(s, FRAME_TYPE_restored, 9, SEAL_DONE);
}

static inline int act_restore(struct world *w, struct scene *s)
{
	int r = SCENE_SEND(w, restore, -1, .intent = 9, .root = 1, .keep = "1.1.age", .target = "doc.age");

	(void)s;
	return r == 0 ? scene_run(w) : r;
}

/* Of two versions, both of which go; another document stays. */
static inline void prepare_destroy(struct world *w, struct scene *s)
{
	prepare_version(w, s);
	assert_int_equal(act_ask(w, s), 0);
	s->ino = world_answer(w, FRAME_TYPE_published, 2)->ino;
	asked_done(&s->asked[0]);
	s->n_asked = s->n_wanted = 0;
	s->contents[0].is_gone = s->contents[1].is_gone = true;
	scene_write(w, "other", scene_add(s, 40, 9));
	world_ask_seal(w, &(struct wish){.intent = 3, .path = "other", .target = "other.age", .keep = "2.1.age"});
	w->settle_at_once = true;
	world_run(w);
	w->settle_at_once = false;
	assert_true(world_has(w, "other.age"));
	scene_want(s, FRAME_TYPE_destroyed, 9, SEAL_DONE);
}

static inline int act_destroy(struct world *w, struct scene *s)
{
	int r = SCENE_SEND(w, destroy, -1, .intent = 9, .root = 1, .path = "doc.age", .ino = s->ino, .keep = "1.2.age",
			   .versions = 2);

	return r == 0 ? scene_run(w) : r;
}

/* Another file stands at the name: it stays. */
static inline void prepare_restore_taken(struct world *w, struct scene *s)
{
	struct content *other;

	prepare_restore(w, s);
	other = scene_add(s, 30, 5);
	other->is_sealed = false;
	other->is_clear_too = true;
	scene_write(w, "doc.age", other);
	s->wanted[0].outcome = SEAL_NAME_TAKEN;
}

static inline void prepare_list(struct world *w, struct scene *s)
{
	prepare_version(w, s);
	assert_int_equal(act_ask(w, s), 0);
	s->n_wanted = 0;
	asked_done(&s->asked[0]);
	s->n_asked = 0;
	scene_want(s, FRAME_TYPE_listed, 9, SEAL_DONE);
}

/* Folders in folders, other files among the sealed ones. */
static inline void prepare_deep_list(struct world *w, struct scene *s)
{
	static const char *const folders[] = {"a", "a/b", "a/b/c", "d"};
	struct content *other;

	prepare_list(w, s);
	other = scene_add(s, 40, 1);
	other->is_sealed = false;
	other->is_clear_too = true;
	for (size_t i = 0; i < array_n(folders); i++) {
		OWN_MEM char *copy = text_format("%s/copy.age", folders[i]);
		OWN_MEM char *clear = text_format("%s/clear.txt", folders[i]);

		assert_int_equal(mkdirat(w->dir, folders[i], 0755), 0);
		assert_int_equal(linkat(w->dir, "doc.age", w->dir, copy, 0), 0);
		scene_write(w, clear, other);
	}
}

static inline int act_list(struct world *w, struct scene *s)
{
	int r = SCENE_SEND(w, list, -1, .intent = 9, .root = 1, .path = "");

	(void)s;
	return r == 0 ? scene_run(w) : r;
}

static inline void prepare_checkout(struct world *w, struct scene *s)
{
	prepare_sealed(w, s);
	assert_int_equal(mkdirat(w->dir, "checkouts", 0755), 0);
	assert_int_equal(mkdirat(w->dir, "checkouts/7-abc", 0700), 0);
}

static inline void prepare_discard(struct world *w, struct scene *s)
{
	const struct answer *sealed;
	struct stat stat;

	prepare_checkout(w, s);
	sealed = world_answer(w, FRAME_TYPE_published, 1);
	scene_write(w, "checkouts/7-abc/doc", &s->contents[0]);
	assert_int_equal(fstatat(w->dir, "checkouts/7-abc/doc", &stat, 0), 0);
	s->discard = (struct frame_discard){.checkout = 5,
					    .root = CHECKOUTS,
					    .path = "7-abc/doc",
					    .ino = stat.st_ino,
					    .sealed_root = 1,
					    .keep = "1.1.age"};
	memcpy(s->discard.sha256, sealed->sha256, sizeof(s->discard.sha256));
	memcpy(s->discard.header_mac, sealed->header_mac, sizeof(s->discard.header_mac));
}

static inline int act_discard(struct world *w, struct scene *s)
{
	int r = scene_send_(w, &frame_type_discard, &s->discard, -1);

	return r == 0 ? scene_run(w) : r;
}

/* A change in it that nobody has sealed: it stays. */
static inline void prepare_discard_changed(struct world *w, struct scene *s)
{
	struct content *changed;
	struct stat stat;

	prepare_discard(w, s);
	changed = scene_add(s, s->length + 3, 8);
	changed->is_sealed = false;
	changed->is_clear_too = true;
	scene_write(w, "checkouts/7-abc/doc", changed);
	assert_int_equal(fstatat(w->dir, "checkouts/7-abc/doc", &stat, 0), 0);
	s->discard.ino = stat.st_ino;
	scene_want(s, FRAME_TYPE_discarded, 5, SEAL_CHANGED);
}

/* Somebody saves in a checkout: the new version is sealed, the plaintext stays there. */
static inline void prepare_save(struct world *w, struct scene *s)
{
	struct wish wish = {
	    .intent = 2, .path = "checkouts/7-abc/doc", .target = "doc.age", .keep = "1.2.age", .version = 2};

	prepare_checkout(w, s);
	wish.replace_ino = world_answer(w, FRAME_TYPE_published, 1)->ino;
	scene_write(w, "checkouts/7-abc/doc", scene_add(s, s->length + 20, 77));
	s->contents[1].is_clear_too = true;
	scene_ask(w, s, &wish);
	s->asked[0].m.root = CHECKOUTS;
	s->asked[0].m.path = "7-abc/doc";
	s->asked[0].m.target_root = 1;
}

/* ---- a save that races in: right when the plaintext is taken, and right when it is put back ---- */

static struct scene *racing;
static struct world *racing_in;

static inline void race_save(const struct content *c)
{
	scene_write(racing_in, "saving", c);
	assert_int_equal(renameat(racing_in->dir, "saving", racing_in->dir, "doc"), 0);
}

static inline int racing_move(const struct files *f, int from_dir, const char *from, int dir, const char *name,
			      unsigned flags)
{
	struct scene *s = racing;
	bool takes = strcmp(from, "doc") == 0, gives = strcmp(name, "doc") == 0;

	(void)f;
	if (s->races && takes && s->moves == 0 && ++s->moves)
		race_save(&s->contents[1]);
	else if (s->races && gives && s->moves == 1 && s->n_contents > 2 && ++s->moves)
		race_save(&s->contents[2]);
	return files_linux.move(&files_linux, from_dir, from, dir, name, flags);
}

static inline void prepare_race(struct world *w, struct scene *s)
{
	prepare_seal(w, s);
	s->n_wanted = 0;
	scene_add(s, 900, 3);
	s->contents[1].is_needed = false; /* nobody has saved it yet */
	racing = s;
	racing_in = w;
	s->races = true;
	w->files.move = racing_move;
}

static inline void prepare_second_race(struct world *w, struct scene *s)
{
	prepare_race(w, s);
	scene_add(s, 800, 4);
	s->contents[2].is_needed = false;
}

/* Its owner removes the other name: then the witness goes as well. */
static inline int finish_alias(struct world *w, struct scene *s)
{
	int r;

	(void)unlinkat(w->dir, "alias", 0);
	s->contents[0].is_clear_too = false;
	scene_want(s, FRAME_TYPE_aliased, 1, SEAL_DONE);
	r = SCENE_SEND(w, alias, -1, .intent = 1, .root = 1);
	return r == 0 ? scene_run(w) : r;
}

/* What was saved meanwhile is work of its own: here it is done. */
static inline int finish_race(struct world *w, struct scene *s)
{
	struct wish next = {.intent = 2, .path = "doc", .target = "doc.age", .keep = "1.2.age", .version = 2};
	DIR *list = opendir(w->path);
	const struct dirent *entry;
	char other[300] = "";
	struct stat stat;

	s->races = false;
	while ((entry = readdir(list)))
		if (strstr(entry->d_name, ".conflict-"))
			(void)snprintf(other, sizeof(other), "%s", entry->d_name);
	(void)closedir(list);
	for (size_t i = 0; i < s->n_asked; i++)
		asked_done(&s->asked[i]);
	s->n_asked = 0;
	if (fstatat(w->dir, "doc.age", &stat, 0) == 0)
		next.replace_ino = stat.st_ino;
	if (world_has(w, "doc"))
		scene_ask(w, s, &next);
	if (other[0])
		scene_ask(w, s, &(struct wish){.intent = 3, .path = other, .target = "other.age", .keep = "2.1.age"});
	return act_ask(w, s);
}

static struct scene scenes[] = {
    {"seal", prepare_seal, act_ask, .length = 70000},
    {"seal of an empty file", prepare_seal, act_ask, .length = 0},
    {"seal of a large file", prepare_seal, act_ask, .length = (4 << 20) + 3, .every = 20},
    {"seal into another folder", prepare_folders, act_ask, .length = 300},
    {"seal of five", prepare_group, act_ask, .length = 0},
    {"new version", prepare_version, act_ask, .length = 100},
    {"seal of an aliased file", prepare_alias, act_ask, finish_alias, .length = 100},
    {"seal where .classd is another's", prepare_foreign_place, act_ask, .length = 100},
    {"the name is another's", prepare_taken_name, act_ask, .length = 100},
    {"taken before a kill", prepare_taken, act_ask, .length = 100},
    {"taken before a kill, saved since", prepare_taken_and_newer, act_ask, .length = 100},
    {"a save races in", prepare_race, act_ask, finish_race, .length = 1000},
    {"two saves race in", prepare_second_race, act_ask, finish_race, .length = 1000},
    {"rewrap", prepare_rewrap, act_rewrap, .length = 70000},
    {"re-encrypt", prepare_reencrypt, act_rewrap, .length = 100},
    {"rekey", prepare_rekey, act_rekey, .length = 70000},
    {"rekey of a kept version", prepare_rekey_kept, act_rekey, .length = 100},
    {"rekey of a copy", prepare_rekey_copy, act_rekey, .length = 100},
    {"unseal", prepare_unseal, act_unseal, .length = 70000},
    {"unseal again", prepare_unseal, act_unseal_twice, .length = 300},
    {"carry", prepare_carry, act_carry, .length = 70000},
    {"header and verify", prepare_verify, act_verify, .length = 70000},
    {"restore", prepare_restore, act_restore, .length = 100},
    {"destroy", prepare_destroy, act_destroy, .length = 100},
    {"restore where another file is", prepare_restore_taken, act_restore, .length = 100},
    {"list", prepare_list, act_list, .length = 100},
    {"list of folders", prepare_deep_list, act_list, .length = 100},
    {"end of a checkout", prepare_discard, act_discard, .length = 70000},
    {"end of a checkout with a change", prepare_discard_changed, act_discard, .length = 300},
    {"save in a checkout", prepare_save, act_ask, .length = 100},
};

#endif
