/* How often what happened to the records of each item of the catalogue. */
#include "registrar/store/store_private.h"

struct passing {
	store_item_count_fn each;
	void *arg;
};

static int pass_row(struct store *s, struct statement *row, struct arena *a, void *context)
{
	const struct passing *p = context;

	(void)s;
	(void)a;
	return store_from_callback(p->each(column_text(row, 0), column_text(row, 1), column_int(row, 2), p->arg));
}

int store_item_counts(struct store *s, store_item_count_fn each, void *arg)
{
	struct passing p = {each, arg};

	return store_each(
	    s,
	    "SELECT CASE WHEN decided_item<>'' THEN decided_item ELSE proposed_item END AS item,act,count(*)"
	    " FROM events JOIN records USING(number) WHERE act IN"
	    "('approve','correct','return','refer-unclear','refer-authority','dispute') AND item<>'' GROUP BY item,act",
	    NULL, 0, pass_row, &p);
}

int store_item_whys(struct store *s, store_item_count_fn each, void *arg)
{
	struct passing p = {each, arg};

	return store_each(
	    s,
	    "SELECT CASE WHEN decided_item<>'' THEN decided_item ELSE proposed_item END AS item,why,count(*)"
	    " FROM events INDEXED BY events_why JOIN records USING(number) WHERE why IS NOT NULL AND act='return' AND item<>''"
	    " GROUP BY item,why ORDER BY item,count(*) DESC,why",
	    NULL, 0, pass_row, &p);
}
