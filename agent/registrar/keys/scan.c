#include "registrar/keys/scan.h"

#include "base/text.h"
#include "registrar/keys/epochs.h"
#include "registrar/keys/rotate.h"
#include "registrar/oversight/recover.h"
#include "registrar/store/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CLASSD	   ".classd"
#define KEEP	   CLASSD "/keep/"
#define INTENT_BIT ((uint64_t)1 << 62) /* no journal has so many entries: these lists are no intents of it */

struct waiter {
	struct waiter *next;
	scan_done_fn then;
	void *arg;
};

struct scan {
	struct scan_result last;
	struct scan_result now;
	size_t key_room, file_room;
	bool is_running;
	size_t step; /* root by root: its folders, then its .classd */
	int sealer;
	uint64_t intent;
	struct waiter *waiters; /* of the one that runs */
	struct waiter *of_next;
};

int scan_new(struct registrar *r)
{
	r->scan = calloc(1, sizeof(*r->scan));
	return r->scan ? 0 : FAULT(ENOMEM, "scan");
}

static void result_done(struct scan_result *result)
{
	free(result->keys);
	free(result->files);
	arena_done(&result->texts);
	*result = (struct scan_result){0};
}

static void forget_waiters(struct waiter **list)
{
	while (*list) {
		struct waiter *first = *list;

		*list = first->next;
		free(first);
	}
}

void scan_free(struct registrar *r)
{
	if (!r->scan)
		return;
	result_done(&r->scan->last);
	result_done(&r->scan->now);
	forget_waiters(&r->scan->waiters);
	forget_waiters(&r->scan->of_next);
	free(r->scan);
	r->scan = NULL;
}

const struct scan_result *scan_last(const struct registrar *r)
{
	return &r->scan->last;
}

static const struct scan_key *find_key(const struct scan_result *result, const char *key_id)
{
	for (size_t i = 0; i < result->n_keys; i++)
		if (text_equal(result->keys[i].key_id, key_id))
			return &result->keys[i];
	return NULL;
}

uint64_t scan_count(const struct scan_result *result, const char *key_id, enum scan_kind kind)
{
	const struct scan_key *key = find_key(result, key_id);

	return key ? key->files[kind] : 0;
}

uint64_t scan_total(const struct scan_result *result, const char *key_id)
{
	uint64_t n = 0;

	for (int kind = 0; kind < SCAN_KINDS; kind++)
		n += scan_count(result, key_id, (enum scan_kind)kind);
	return n;
}

/* ---- the run ---- */

static int tell(struct registrar *r, struct waiter *waiters, const struct scan_result *result)
{
	int failed = 0;

	while (waiters) {
		struct waiter *next = waiters->next;

		if (failed == 0)
			failed = waiters->then(r, result, waiters->arg);
		free(waiters);
		waiters = next;
	}
	return failed;
}

static int begin(struct registrar *r);

static int end(struct registrar *r, bool is_done)
{
	struct scan *s = r->scan;
	struct waiter *waiters = steal(&s->waiters);

	s->is_running = false;
	if (is_done) {
		registrar_now(r, s->now.when);
		result_done(&s->last);
		s->last = s->now;
		s->now = (struct scan_result){0};
	}
	result_done(&s->now);
	TRY(tell(r, waiters, is_done ? &s->last : NULL));
	return s->of_next && !s->is_running ? begin(r) : 0;
}

static const struct role_root *root_of(const struct registrar *r, size_t step)
{
	return &r->role.roots[step / 2];
}

/* The next list, or the end. */
static int next(struct registrar *r)
{
	struct scan *s = r->scan;
	struct frame_list m = {.path = ""};

	while (s->step / 2 < r->role.n_roots && root_of(r, s->step)->kind != ROOT_DOCUMENTS)
		s->step += 2;
	if (s->step / 2 >= r->role.n_roots)
		return end(r, true);
	m.intent = ++s->intent | INTENT_BIT;
	m.root = root_of(r, s->step)->id;
	if (s->step % 2)
		m.path = CLASSD;
	return registrar_send(r, ROLE_SEALER, s->sealer, &frame_type_list, &m, -1);
}

static int begin(struct registrar *r)
{
	struct scan *s = r->scan;
	struct channel *sealer = role_peer(&r->role, ROLE_SEALER, -1);

	s->waiters = steal(&s->of_next);
	s->is_running = true;
	s->step = 0;
	s->key_room = s->file_room = 0;
	s->now.begun_at = registrar_seq(r);
	if (!sealer || !r->meta_key)
		return end(r, false);
	s->sealer = sealer->peer_index;
	return next(r);
}

int scan_start(struct registrar *r, scan_done_fn then, void *arg)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	if (!waiter)
		return FAULT(ENOMEM, "scan");
	*waiter = (struct waiter){r->scan->of_next, then, arg};
	r->scan->of_next = waiter;
	return r->scan->is_running ? 0 : begin(r);
}

int scan_lost_sealer(struct registrar *r, int index)
{
	return r->scan->is_running && r->scan->sealer == index ? end(r, false) : 0;
}

/* ---- what is found ---- */

static struct scan_key *key_of(struct scan *s, const char *key_id)
{
	struct scan_key *key = (struct scan_key *)(uintptr_t)find_key(&s->now, key_id);

	if (key)
		return key;
	if (s->now.n_keys == s->key_room) {
		struct scan_key *more = reallocarray(s->now.keys, s->key_room + 64, sizeof(*more));

		if (!more)
			return NULL;
		s->now.keys = more;
		s->key_room += 64;
	}
	key = &s->now.keys[s->now.n_keys++];
	*key = (struct scan_key){0};
	memcpy(key->key_id, key_id, sizeof(key->key_id));
	return key;
}

static int hold(struct scan *s, struct scan_key *key, const struct scan_file *file)
{
	if (s->now.n_files == s->file_room) {
		struct scan_file *more = reallocarray(s->now.files, s->file_room + 256, sizeof(*more));

		if (!more)
			return FAULT(ENOMEM, "scan");
		s->now.files = more;
		s->file_room += 256;
	}
	s->now.files[s->now.n_files] = *file;
	s->now.files[s->now.n_files++].path = arena_text(&s->now.texts, file->path);
	key->n_held++;
	return arena_check(&s->now.texts);
}

/* The store learns of which key the file is: it was sealed before that was written down, or put back since. */
static int learn(struct registrar *r, const struct store_document *d, const struct scan_file *file)
{
	struct json *entry;
	int result;

	if (text_equal(d->key_id, file->args.key_id) || rotate_holds(r, d->number))
		return 0;
	entry = registrar_entry("key-of", NULL, 0);
	json_set_text(entry, "number", d->number);
	json_set_text(entry, "key_id", file->args.key_id);
	result = registrar_change(r, entry);
	r->scan->now.n_learned++;
	return result < 0 ? result : 0;
}

static int name_record(struct registrar *r, struct scan_file *file)
{
	OWNED(record) struct record *record = NULL;

	if (file->number[0])
		return 0;
	TRY(store_record_by_id(r->store, file->args.record, &record));
	if (record)
		(void)snprintf(file->number, sizeof(file->number), "%s", record->number);
	return 0;
}

/* false: it is the second name of a file that is counted by its first. */
static int sort_in(struct registrar *r, const struct frame_found *m, struct scan_file *file, bool *ret_counts)
{
	OWN_ARENA struct arena a = {0};
	struct store_document d = {0};
	int result;

	*ret_counts = true;
	file->kind = SCAN_KEPT;
	if (text_starts(m->path, CLASSD "/")) {
		*ret_counts = m->nlink < 2 || !text_starts(m->path, KEEP);
		return 0;
	}
	result = look_document_by_file(r->store, m->dev, m->ino, &a, &d);
	TRY(result);
	file->kind = result == STORE_NOT_FOUND ? SCAN_COPY : SCAN_DOCUMENT;
	if (result == STORE_NOT_FOUND)
		return 0;
	(void)snprintf(file->number, sizeof(file->number), "%s", d.number);
	return learn(r, &d, file);
}

static int take(struct registrar *r, const struct frame_found *m)
{
	struct scan *s = r->scan;
	struct scan_file file = {.path = m->path, .root = root_of(r, s->step)->id, .dev = m->dev, .ino = m->ino};
	const struct epoch *epoch;
	struct scan_key *key;
	bool counts;

	if (!recover_read_args(m->args, &file.args))
		return 0; /* none of ours, or none that reads: recovery's and the watcher's business */
	TRY(sort_in(r, m, &file, &counts));
	if (!counts)
		return 0;
	key = key_of(s, file.args.key_id);
	if (!key)
		return FAULT(ENOMEM, "scan");
	key->files[file.kind]++;
	epoch = epochs_by_key(r, file.args.key_id);
	if (!epoch || epoch->is_newest || key->n_held >= SCAN_HELD)
		return 0;
	TRY(name_record(r, &file));
	return hold(s, key, &file);
}

static bool is_mine(const struct scan *s, const struct channel *from, uint64_t intent)
{
	return s->is_running && s->sealer == from->peer_index && intent == (s->intent | INTENT_BIT);
}

int scan_on_found(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);

	if (!is_mine(r->scan, from, any->found.intent))
		return recover_on_found(role, from, any, fd);
	return take(r, &any->found);
}

int scan_on_listed(struct role *role, struct channel *from, const union frame_any *any, int *fd)
{
	struct registrar *r = registrar_of(role);
	const struct frame_listed *m = &any->listed;

	if (!is_mine(r->scan, from, m->intent))
		return recover_on_listed(role, from, any, fd);
	if (m->outcome != SEAL_DONE || m->detail[0])
		r->scan->now.is_incomplete = true;
	r->scan->step++;
	return next(r);
}
