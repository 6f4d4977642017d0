#include "registrar/store/store_decision_sets.h"

#include "registrar/store/store_private.h"

#include <stdio.h>

struct passing {
	store_decision_set_fn each;
	void *arg;
};

static int pass_set(struct store *s, struct statement *row, struct arena *a, void *context)
{
	const struct passing *p = context;

	(void)s;
	(void)a;
	return p->each(column_text(row, 0), column_text(row, 1), p->arg);
}

int store_decision_set(struct store *s, uint64_t seq, store_decision_set_fn each, void *arg)
{
	struct passing p = {each, arg};

	return store_first(s, "SELECT text,signature FROM decision_sets WHERE seq=?", VALUES(value_u64(seq)), pass_set,
			   &p);
}

static int take_number(struct store *s, struct statement *row, struct arena *a, void *context)
{
	(void)s;
	(void)a;
	(void)snprintf(context, STORE_NUMBER_MAX, "%s", column_text(row, 0));
	return 0;
}

int store_last_like(struct store *s, const char *person, const char *item, char ret[STORE_NUMBER_MAX])
{
	int result;

	ret[0] = '\0';
	result = store_first(s,
			     "SELECT number FROM (SELECT number,decided_on,responsible,state FROM records INDEXED BY"
			     " records_item WHERE decided_item=?2 ORDER BY number DESC LIMIT 500)"
			     " WHERE responsible=?1 AND state IN ('classified','issued')"
			     " ORDER BY decided_on DESC, number DESC LIMIT 1",
			     VALUES(value_text(person), value_text(item)), take_number, ret);
	return result < 0 ? result : 0;
}
