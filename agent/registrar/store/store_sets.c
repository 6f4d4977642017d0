#include "registrar/store/store_sets.h"

#include "registrar/store/store_private.h"

#define SET                                                                                                            \
	"SELECT id,drops,digest,pack,version,issuer,approved_by,reason,effective,starts,proposed_by,proposed,"         \
	"confirmed_by,confirmed,dropped_by,proposed_uid FROM policy_sets "

struct passing {
	store_set_fn each;
	void *arg;
};

static int pass_set(struct store *s, struct statement *row, struct arena *a, void *context)
{
	const struct passing *p = context;
	const struct store_set set = {
	    .id = column_int(row, 0),
	    .drops = column_int(row, 1),
	    .digest = store_column_text(row, 2, a),
	    .pack = store_column_text(row, 3, a),
	    .version = store_column_text(row, 4, a),
	    .issuer = store_column_text(row, 5, a),
	    .approved_by = store_column_text(row, 6, a),
	    .reason = cell_text_of(a, s->meta, "reason", SETS_PLACE, column_bytes(row, 7)),
	    .effective = store_column_date(row, 8),
	    .starts = store_column_date(row, 9),
	    .proposed_by = store_column_text(row, 10, a),
	    .proposed = store_column_text(row, 11, a),
	    .confirmed_by = store_column_text(row, 12, a),
	    .confirmed = store_column_text(row, 13, a),
	    .dropped_by = store_column_text(row, 14, a),
	    .proposed_uid = (uint32_t)column_int(row, 15),
	};

	TRY(arena_check(a));
	return store_from_callback(p->each(&set, p->arg));
}

int store_set_list(struct store *s, store_set_fn each, void *arg)
{
	struct passing p = {each, arg};

	return store_each(s, SET "ORDER BY id DESC", NO_VALUES, pass_set, &p);
}

int store_set_load(struct store *s, int64_t id, store_set_fn each, void *arg)
{
	struct passing p = {each, arg};

	return store_first(s, SET "WHERE id=?", VALUES(value_int(id)), pass_set, &p);
}

static int first_id(struct store *s, const char *sql, const struct value *values, size_t n, int64_t *ret)
{
	*ret = 0;
	return store_answer(database_int(s->db, sql, values, n, 0, ret));
}

int store_set_ruling(struct store *s, const char *pack, struct date on, int64_t but, int64_t *ret)
{
	char day[11];

	date_format(on, day);
	return first_id(s,
			"SELECT id FROM policy_sets WHERE pack=? AND drops=0 AND confirmed IS NOT NULL AND dropped_by IS NULL"
			" AND starts<=? AND id<>? ORDER BY starts DESC,agreed DESC LIMIT 1",
			VALUES(value_text(pack), value_text(day), value_int(but)), ret);
}

int store_set_next(struct store *s, const char *pack, struct date after, int64_t *ret)
{
	char day[11];

	date_format(after, day);
	return first_id(s,
			"SELECT id FROM policy_sets WHERE pack=? AND drops=0 AND confirmed IS NOT NULL AND dropped_by IS NULL"
			" AND starts>? ORDER BY starts,agreed DESC LIMIT 1",
			VALUES(value_text(pack), value_text(day)), ret);
}

int store_set_waiting(struct store *s, int64_t *ret)
{
	return first_id(s, "SELECT id FROM policy_sets WHERE confirmed IS NULL ORDER BY id DESC LIMIT 1", NO_VALUES, ret);
}
