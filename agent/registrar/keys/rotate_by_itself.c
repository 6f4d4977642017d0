/* Where the pack says so, files follow to a new epoch without being told: once for each epoch. */
#include "registrar/keys/rotate_private.h"

#include "base/text.h"

struct seeking {
	const struct epoch *newest;
	bool is_there; /* a rotation to it, or one of the level that is under way */
};

static int see_rotation(const struct store_rotation *rotation, void *arg)
{
	struct seeking *s = arg;

	if (text_equal(rotation->level, s->newest->level) &&
	    (!rotation->ended || text_equal(rotation->epoch, s->newest->epoch)))
		s->is_there = true;
	return 0;
}

static int count_older(struct registrar *r, const struct epoch *newest, int64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < epochs_n(r); i++) {
		const struct epoch *e = epochs_at(r, i);
		int64_t n = 0;

		if (e->state != EPOCH_OPEN || e->is_newest || !text_equal(e->level, newest->level))
			continue;
		TRY(store_document_count_of_key(r->store, e->key_id, &n));
		*ret += n;
	}
	return 0;
}

static int begin(struct registrar *r, const struct epoch *newest)
{
	struct seeking s = {.newest = newest};
	struct json *entry;
	int64_t n = 0;
	int result;

	TRY(store_rotation_list(r->store, see_rotation, &s));
	if (!s.is_there)
		TRY(count_older(r, newest, &n));
	if (n == 0)
		return 0;
	entry = registrar_entry("rotation", NULL, 0);
	json_set_text(entry, "what", "begun");
	json_set_text(entry, "level", newest->level);
	json_set_text(entry, "epoch", newest->epoch);
	json_set_text(entry, "mode", "rewrap");
	result = registrar_change(r, entry);
	return result < 0 ? result : 0;
}

int rotate_by_itself(struct registrar *r)
{
	if (!r->policy || !r->policy->rewrap_by_itself || r->read_only)
		return 0;
	for (size_t i = 0; i < epochs_n(r); i++)
		if (epochs_at(r, i)->is_newest)
			TRY(begin(r, epochs_at(r, i)));
	return 0;
}
