/* What counts of each record that has not ended, without the rest of its row: for a look at all of them. */
#include "registrar/store/store_private.h"

struct passing {
	store_classified_fn each;
	void *arg;
};

static int pass_row(struct store *s, struct statement *row, struct arena *a, void *context)
{
	const struct passing *p = context;
	const struct store_classified c = {
	    .row = column_int(row, 0),
	    .number = column_text(row, 1),
	    .pack = column_text(row, 2),
	    .level = column_text(row, 3),
	    .item = column_text(row, 4),
	    .term = column_text(row, 5),
	    .start = store_column_date(row, 6),
	};

	(void)s;
	(void)a;
	return store_from_callback(p->each(&c, p->arg));
}

/* In the order of rows, which is that of the pages on disk. */
#define COUNTS(what) "CASE WHEN decided_level<>'' THEN decided_" what " ELSE proposed_" what " END"

int store_classified(struct store *s, int64_t after, int64_t limit, store_classified_fn each, void *arg)
{
	struct passing p = {each, arg};

	return store_each(s,
			  "SELECT rowid,number,pack," COUNTS("level") "," COUNTS("item") "," COUNTS(
			      "term") ",start FROM records WHERE rowid>?1 AND state NOT IN"
				      "('expired','released','published','archived','transferred','destroyed') ORDER "
				      "BY rowid LIMIT ?2",
			  VALUES(value_int(after), value_int(limit)), pass_row, &p);
}
