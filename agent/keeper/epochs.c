/* Marks beside the key files, and the removal of what a destroyed epoch leaves. */
#include "keeper/epochs.h"
#include "keeper/store.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RETIRED	  ".retired"
#define DESTROYED ".destroyed"
#define MARK_NAME (2 * KEEPER_TEXT + 16)

bool epochs_is_gone(const struct keeper *k, const char *level, const char *epoch)
{
	for (size_t i = 0; i < k->n_gone; i++)
		if (text_equal(k->gone[i].level, level) && text_equal(k->gone[i].epoch, epoch))
			return true;
	return false;
}

bool epochs_has_destroyed(const struct keeper *k, const char *key_id)
{
	for (size_t i = 0; i < k->n_gone; i++)
		if (text_equal(k->gone[i].key_id, key_id))
			return true;
	return false;
}

static struct keeper_key *find(struct keeper *k, const char *level, const char *epoch)
{
	for (size_t i = 0; i < k->n_keys; i++)
		if (text_equal(k->keys[i].level, level) && text_equal(k->keys[i].epoch, epoch))
			return &k->keys[i];
	return NULL;
}

/* "LEVEL.EPOCH" and the ending. */
static bool split(const char *name, const char *ending, struct keeper_gone *ret)
{
	const char *dot = strchr(name, '.'), *end = dot ? strchr(dot + 1, '.') : NULL;

	if (!end || !text_equal(end, ending) || dot - name >= KEEPER_TEXT || end - dot > KEEPER_TEXT)
		return false;
	*ret = (struct keeper_gone){0};
	memcpy(ret->level, name, (size_t)(dot - name));
	memcpy(ret->epoch, dot + 1, (size_t)(end - dot - 1));
	return store_is_word(ret->level) && store_is_word(ret->epoch);
}

static int remember_gone(struct keeper *k, const struct keeper_gone *gone)
{
	struct keeper_gone *more = reallocarray(k->gone, k->n_gone + 1, sizeof(*more));

	if (!more)
		return FAULT(ENOMEM, "destroyed epoch");
	k->gone = more;
	more[k->n_gone++] = *gone;
	return 0;
}

static int take_destroyed(const char *name, void *context)
{
	struct keeper *k = context;
	OWN_BUFFER struct buffer line = {0};
	struct keeper_gone gone;
	int r;

	if (!split(name, DESTROYED, &gone))
		return 0;
	r = store_read_file(k->files, k->store, name, &line);
	TRY(r);
	if (r == 0 && line.n >= sizeof(gone.key_id) - 1)
		memcpy(gone.key_id, line.at, sizeof(gone.key_id) - 1);
	return remember_gone(k, &gone);
}

struct removing {
	struct keeper *k;
	char start[MARK_NAME]; /* "LEVEL.EPOCH." */
	size_t n;
};

/* Every wrap, to whomever, and the public half; only the mark stays. */
static int remove_one(const char *name, void *context)
{
	struct removing *removing = context;
	const struct files *f = removing->k->files;
	int r;

	if (!text_starts(name, removing->start) || text_equal(name + strlen(removing->start), &DESTROYED[1]))
		return 0;
	r = f->unlink(f, removing->k->store, name);
	if (r != 0 && r != -ENOENT)
		return FAULT(-r, "remove %s", name);
	removing->n++;
	return 0;
}

/* Names that go while they are listed may hide others: until nothing is found. */
static int remove_wraps(struct keeper *k, const char *level, const char *epoch)
{
	struct removing removing = {.k = k};
	bool any = false;

	(void)snprintf(removing.start, sizeof(removing.start), "%s.%s.", level, epoch);
	do {
		removing.n = 0;
		TRY(store_each_name(k->files, k->store, remove_one, &removing));
		any = any || removing.n > 0;
	} while (removing.n > 0);
	return any ? store_sync(k->files, k->store) : 0;
}

int epochs_tidy(struct keeper *k)
{
	TRY(store_each_name(k->files, k->store, take_destroyed, k));
	for (size_t i = 0; i < k->n_gone; i++)
		TRY(remove_wraps(k, k->gone[i].level, k->gone[i].epoch));
	return 0;
}

static int take_retired(const char *name, void *context)
{
	struct keeper *k = context;
	struct keeper_gone mark;
	struct keeper_key *key = split(name, RETIRED, &mark) ? find(k, mark.level, mark.epoch) : NULL;

	if (key)
		key->is_retired = true;
	return 0;
}

int epochs_mark(struct keeper *k)
{
	return store_each_name(k->files, k->store, take_retired, k);
}

/* ---- changes ---- */

static int write_mark(const struct keeper *k, const struct keeper_key *key, const char *ending)
{
	char name[MARK_NAME], line[sizeof(key->key_id) + 1];
	int r;

	(void)snprintf(name, sizeof(name), "%s.%s%s", key->level, key->epoch, ending);
	(void)snprintf(line, sizeof(line), "%s\n", key->key_id);
	r = files_create_whole(k->files, k->store, name, 0600, bytes_of_text(line));
	return r == 0 || r == -EEXIST ? 0 : FAULT(-r, "write %s", name);
}

static int retire(struct keeper *k, struct keeper_key *key)
{
	TRY(write_mark(k, key, RETIRED));
	key->is_retired = true;
	return 0;
}

static int reopen(struct keeper *k, struct keeper_key *key)
{
	char name[MARK_NAME];
	int r;

	(void)snprintf(name, sizeof(name), "%s.%s" RETIRED, key->level, key->epoch);
	r = k->files->unlink(k->files, k->store, name);
	if (r != 0 && r != -ENOENT)
		return FAULT(-r, "remove %s", name);
	TRY(store_sync(k->files, k->store));
	key->is_retired = false;
	return 0;
}

/* The mark first: a removal that is cut short goes on at the next start. */
static int destroy(struct keeper *k, struct keeper_key *key)
{
	struct keeper_gone gone = {0};

	memcpy(gone.level, key->level, sizeof(gone.level));
	memcpy(gone.epoch, key->epoch, sizeof(gone.epoch));
	memcpy(gone.key_id, key->key_id, sizeof(gone.key_id));
	TRY(write_mark(k, key, DESTROYED));
	TRY(remember_gone(k, &gone));
	keeper_forget(k, key);
	return remove_wraps(k, gone.level, gone.epoch);
}

int epochs_set(struct keeper *k, const char *level, const char *epoch, enum epoch_state state, enum epoch_outcome *ret)
{
	struct keeper_key *key = find(k, level, epoch);

	*ret = EPOCH_DONE;
	if (!key) {
		*ret = !epochs_is_gone(k, level, epoch) ? EPOCH_UNKNOWN
		       : state == EPOCH_DESTROYED	? EPOCH_DONE
							: EPOCH_GONE;
		return *ret == EPOCH_DONE ? remove_wraps(k, level, epoch) : 0; /* a removal may have failed before */
	}
	if (state == EPOCH_OPEN)
		return key->is_retired ? reopen(k, key) : 0;
	if (key == keeper_level(k, level)) {
		*ret = EPOCH_NEWEST;
		return 0;
	}
	return state == EPOCH_DESTROYED ? destroy(k, key) : retire(k, key);
}

int epochs_each(const struct keeper *k, uint64_t id, epochs_fn fn, void *context)
{
	for (size_t i = 0; i < k->n_keys; i++) {
		const struct keeper_key *key = &k->keys[i];
		struct frame_epoch_is m = {.id = id,
					   .level = key->level,
					   .epoch = key->epoch,
					   .key_id = key->key_id,
					   .state = key->is_retired ? EPOCH_RETIRED : EPOCH_OPEN,
					   .readable = key->identity != NULL};

		TRY(fn(&m, context));
	}
	for (size_t i = 0; i < k->n_gone; i++) {
		const struct keeper_gone *gone = &k->gone[i];
		struct frame_epoch_is m = {.id = id,
					   .level = gone->level,
					   .epoch = gone->epoch,
					   .key_id = gone->key_id,
					   .state = EPOCH_DESTROYED};

		TRY(fn(&m, context));
	}
	return 0;
}
