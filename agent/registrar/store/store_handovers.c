#include "registrar/store/store_handovers.h"

#include "registrar/store/store_private.h"

struct passing {
	store_handover_fn each;
	void *arg;
};

static int pass_handover(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_handover h = {
	    .id = column_int(row, 0),
	    .kind = store_column_text(row, 1, a),
	    .to = cell_text_of(a, s->meta, "note", "handover", column_bytes(row, 2)),
	    .numbers = store_column_lines(row, 3, a),
	    .opened = store_column_date(row, 4),
	    .by = store_column_text(row, 5, a),
	    .receipt = cell_text_of(a, s->meta, "note", "handover", column_bytes(row, 6)),
	    .closed = store_column_date(row, 7),
	};

	TRY(arena_check(a));
	return store_from_callback(p->each(&h, p->arg));
}

int store_handover_list(struct store *s, int64_t id, bool only_open, store_handover_fn each, void *arg)
{
	struct passing p = {each, arg};

	return store_each(s,
			  "SELECT id,kind,whom,numbers,opened,by,receipt,closed FROM handovers"
			  " WHERE (?1=0 OR id=?1) AND (NOT ?2 OR closed IS NULL) ORDER BY id DESC LIMIT 1000",
			  VALUES(value_int(id), value_int(only_open)), pass_handover, &p);
}
