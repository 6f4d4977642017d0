/* Keys of levels, and the rotations that move files from one to the next. */
#include "registrar/store/store_private.h"

#include "base/text.h"

struct passing {
	union {
		store_epoch_fn epoch;
		store_rotation_fn rotation;
	} each;
	void *arg;
};

#define EPOCH "SELECT key_id,level,epoch,since,state,changed,destroy_by,destroy_on,destroy_files FROM epochs "

static int pass_epoch(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_epoch e = {
	    .key_id = store_column_text(row, 0, a),
	    .level = store_column_text(row, 1, a),
	    .epoch = store_column_text(row, 2, a),
	    .since = store_column_text(row, 3, a),
	    .state = store_column_text(row, 4, a),
	    .changed = store_column_text(row, 5, a),
	    .destroy_by = store_column_text(row, 6, a),
	    .destroy_on = store_column_text(row, 7, a),
	    .destroy_files = column_int(row, 8),
	};

	(void)s;
	TRY(arena_check(a));
	return store_from_callback(p->each.epoch(&e, p->arg));
}

int store_epoch_list(struct store *s, store_epoch_fn each, void *arg)
{
	struct passing p = {.each.epoch = each, .arg = arg};

	return store_each(s, EPOCH "ORDER BY level,since,epoch", NO_VALUES, pass_epoch, &p);
}

int store_epoch_by_key(struct store *s, const char *key_id, store_epoch_fn each, void *arg)
{
	struct passing p = {.each.epoch = each, .arg = arg};

	return store_first(s, EPOCH "WHERE key_id=?", VALUES(value_text(key_id)), pass_epoch, &p);
}

static int see_state(const struct store_epoch *e, void *arg)
{
	*(bool *)arg = text_equal(e->state, "destroyed");
	return 0;
}

int store_key_is_destroyed(struct store *s, const char *key_id, bool *ret)
{
	int result;

	*ret = false;
	result = key_id ? store_epoch_by_key(s, key_id, see_state, ret) : 0;
	return result == STORE_NOT_FOUND ? 0 : result;
}

static int pass_rotation(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_rotation r = {
	    .id = (uint64_t)column_int(row, 0),
	    .level = store_column_text(row, 1, a),
	    .epoch = store_column_text(row, 2, a),
	    .mode = store_column_text(row, 3, a),
	    .begun = store_column_text(row, 4, a),
	    .person = store_column_text(row, 5, a),
	    .ended = store_column_text(row, 6, a),
	    .files = column_int(row, 7),
	};

	(void)s;
	TRY(arena_check(a));
	return store_from_callback(p->each.rotation(&r, p->arg));
}

int store_rotation_list(struct store *s, store_rotation_fn each, void *arg)
{
	struct passing p = {.each.rotation = each, .arg = arg};

	return store_each(s, "SELECT id,level,epoch,mode,begun,person,ended,files FROM rotations ORDER BY id DESC",
			  NO_VALUES, pass_rotation, &p);
}
