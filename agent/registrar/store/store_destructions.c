#include "registrar/store/store_custody.h"
#include "registrar/store/store_private.h"

struct passing {
	store_destruction_fn each;
	void *arg;
};

static int pass(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	const char *number = store_column_text(row, 1, a);
	struct store_destruction d = {
	    .id = column_int(row, 0),
	    .number = number,
	    .n = column_int(row, 2),
	    .method = store_column_text(row, 3, a),
	    .note = cell_text_of(a, s->meta, "note", number, column_bytes(row, 4)),
	    .witness = cell_text_of(a, s->meta, "witness", number, column_bytes(row, 5)),
	    .by = store_column_text(row, 6, a),
	    .proposed = store_column_text(row, 7, a),
	    .confirmed_by = store_column_text(row, 8, a),
	    .confirmed = store_column_text(row, 9, a),
	    .withdrawn = store_column_text(row, 10, a),
	    .done = store_column_text(row, 11, a),
	    .version = column_int(row, 12),
	};

	TRY(arena_check(a));
	return store_from_callback(p->each(&d, p->arg));
}

#define SELECT                                                                                                         \
	"SELECT id,number,n,method,note,witness,by,proposed,confirmed_by,confirmed,withdrawn,done,"                     \
	"(SELECT version FROM events WHERE seq=destructions.id) FROM destructions "
#define REST " ORDER BY id LIMIT ?2"

int store_destruction_list(struct store *s, const struct store_destruction_filter *f, store_destruction_fn each, void *arg)
{
	struct passing p = {each, arg};
	struct value after = value_int(f->after), limit = value_int(f->limit ? f->limit : 1000);

	if (f->number)
		return store_each(s, SELECT "WHERE id>?1 AND number=?3" REST, VALUES(after, limit, value_text(f->number)), pass, &p);
	if (f->undone)
		return store_each(s, SELECT "WHERE id>?1 AND confirmed IS NOT NULL AND done IS NULL" REST, VALUES(after, limit), pass,
				  &p);
	return store_each(s, SELECT "WHERE id>?1" REST, VALUES(after, limit), pass, &p);
}
