#include "registrar/store/store_custody.h"

#include "registrar/store/store_private.h"

struct passing {
	store_knower_fn each;
	void *arg;
};

static int pass_knower(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	const char *number = store_column_text(row, 1, a);
	struct store_knower k = {
	    .id = column_int(row, 0),
	    .number = number,
	    .person = store_column_text(row, 2, a),
	    .name = cell_text_of(a, s->meta, "knower", number, column_bytes(row, 3)),
	    .since = store_column_text(row, 4, a),
	    .how = store_column_text(row, 5, a),
	    .by = store_column_text(row, 6, a),
	    .note = cell_text_of(a, s->meta, "note", number, column_bytes(row, 7)),
	    .outside = column_int(row, 8) != 0,
	};

	TRY(arena_check(a));
	return store_from_callback(p->each(&k, p->arg));
}

#define KNOWERS "SELECT id,number,person,name,since,how,by,note,outside FROM knowers WHERE id>?1"
#define ONLY	" AND (NOT ?3 OR outside) AND (NOT ?4 OR how IN ('paper','meeting')) ORDER BY id LIMIT ?5"

/* One statement a question, each with its index. */
int store_knower_list(struct store *s, const struct store_knower_filter *f, store_knower_fn each, void *arg)
{
	struct passing p = {each, arg};
	const char *sql = f->number ? KNOWERS " AND number=?2" ONLY : KNOWERS " AND person=?2" ONLY;

	return store_each(s, sql,
			  VALUES(value_int(f->after), value_text(f->number ? f->number : f->person), value_int(f->outside),
				 value_int(f->told), value_int(f->limit ? f->limit : 1000)),
			  pass_knower, &p);
}

struct passing_carrier {
	store_carrier_fn each;
	void *arg;
	const char *number;
};

static int pass_carrier(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing_carrier *p = context;
	struct store_carrier c = {.place = cell_text_of(a, s->meta, "place", p->number, column_bytes(row, 0)),
				  .person = store_column_text(row, 1, a),
				  .name = cell_text_of(a, s->meta, "holder", p->number, column_bytes(row, 2)),
				  .since = store_column_text(row, 3, a)};

	TRY(arena_check(a));
	return store_from_callback(p->each(&c, p->arg));
}

int store_carrier_of(struct store *s, const char *number, store_carrier_fn each, void *arg)
{
	struct passing_carrier p = {each, arg, number};

	return store_first(s, "SELECT place,person,name,since FROM carriers WHERE number=?", VALUES(value_text(number)), pass_carrier,
			   &p);
}
