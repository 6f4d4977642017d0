#include "registrar/store/tallies.h"

#include "base/text.h"
#include "registrar/store/store_private.h"

#include <stdio.h>

static void take_group(struct statement *row, int64_t version, struct tally *ret)
{
	*ret = (struct tally){.version = version};
	(void)snprintf(ret->regime, sizeof(ret->regime), "%s", column_text(row, 1));
	(void)snprintf(ret->level, sizeof(ret->level), "%s", column_text(row, 2));
	(void)snprintf(ret->state, sizeof(ret->state), "%s", column_text(row, 3));
	(void)snprintf(ret->until, sizeof(ret->until), "%s", column_text(row, 4));
}

int tally_before(struct database *db, const char *number, struct tally_change *ret)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(db, "SELECT version," TALLY_GROUP " FROM records WHERE number=?",
				    VALUES(value_text(number)), &row);

	ret->before = (struct tally){0};
	if (result == 0)
		result = statement_next(row);
	if (result)
		return result == DATABASE_END ? 0 : result;
	take_group(row, column_int(row, 0), &ret->before);
	return 0;
}

int tally_after(struct database *db, const char *number, struct arena *a, struct tally_change *ret)
{
	OWNED(statement) struct statement *row = NULL;
	int result =
	    database_query(db, "SELECT version," TALLY_GROUP "," TALLY_OF_ACT " FROM records WHERE number=?",
			   VALUES(value_text(number)), &row);

	ret->kind = NULL;
	if (result == 0)
		result = statement_next(row);
	if (result)
		return result == DATABASE_END ? 0 : result;
	take_group(row, column_int(row, 0), &ret->after);
	ret->kind = arena_text(a, column_text(row, 5));
	ret->term = arena_text(a, column_text(row, 6));
	ret->approver = arena_text(a, column_text(row, 7));
	ret->department = arena_text(a, column_text(row, 8));
	return arena_check(a);
}

int store_tallies_make(struct store *s)
{
	tally_sheet_forget(s->sheet); /* it is in the rows that are counted now */
	return store_answer(database_script(s->db, "DELETE FROM holdings;DELETE FROM acts;" TALLIES_MAKE));
}

struct passing {
	union {
		store_holding_fn holding;
		store_act_fn act;
	} each;
	void *arg;
};

static int pass_holding(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	const struct store_holding h = {column_text(row, 0), column_text(row, 1), column_text(row, 2),
					column_text(row, 3), column_int(row, 4)};

	(void)s;
	(void)a;
	return store_from_callback(p->each.holding(&h, p->arg));
}

int store_holdings(struct store *s, struct date at, store_holding_fn each, void *arg)
{
	struct passing p = {.each.holding = each, .arg = arg};
	char day[11];

	date_format(at, day);
	TRY(store_counts_write(s));
	return store_each(s,
			  "SELECT regime,level,state,until,sum(n) FROM holdings WHERE day<=? GROUP BY 1,2,3,4"
			  " HAVING sum(n)<>0 ORDER BY 1,2,3,4",
			  VALUES(value_text(day)), pass_holding, &p);
}

static int pass_act(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	const struct store_act act = {column_text(row, 0), column_text(row, 1), column_text(row, 2),
				      column_text(row, 3), column_text(row, 4), column_text(row, 5),
				      column_text(row, 6), column_int(row, 7)};

	(void)s;
	(void)a;
	return store_from_callback(p->each.act(&act, p->arg));
}

int store_acts(struct store *s, int year, store_act_fn each, void *arg)
{
	struct passing p = {.each.act = each, .arg = arg};
	char text[8];

	(void)snprintf(text, sizeof(text), "%04d", year % 10000);
	TRY(store_counts_write(s));
	return store_each(s, "SELECT act,regime,level,kind,term,approver,department,n FROM acts WHERE year=?",
			  VALUES(value_text(text)), pass_act, &p);
}

/* Of another regime than state secrets: not counted. What is called no secret is: that it is one is what was found. */
#define NOT_OTHER(table)                                                                                               \
	"NOT EXISTS(SELECT 1 FROM records r WHERE r.number=" table ".number"                                           \
	" AND r.regime NOT IN('state-secret','none'))"

struct found_pass {
	store_found_fn each;
	void *arg;
};

static int pass_found(struct store *s, struct statement *row, struct arena *a, void *context)
{
	const struct found_pass *p = context;
	const struct store_found f = {column_text(row, 0), column_int(row, 1), column_int(row, 2), column_int(row, 3),
				      column_int(row, 4)};

	(void)s;
	(void)a;
	return store_from_callback(p->each(&f, p->arg));
}

int store_found(struct store *s, int year, store_found_fn each, void *arg)
{
	struct found_pass p = {each, arg};

	return store_each(s,
			  "SELECT code,count(*),sum(state='open'),sum(state='corrected'),sum(state='dismissed')"
			  " FROM findings f WHERE since BETWEEN ?1||'-01-01' AND ?1||'-12-31' AND " NOT_OTHER("f")
			  " GROUP BY code ORDER BY code",
			  VALUES(value_int(year)), pass_found, &p);
}

int store_challenges(struct store *s, int year, int64_t *ret)
{
	return store_answer(
	    database_int(s->db,
			 "SELECT count(*) FROM tasks t WHERE kind='challenge'"
			 " AND opened BETWEEN ?1||'-01-01' AND ?1||'-12-31' AND " NOT_OTHER("t"),
			 VALUES(value_int(year)), 0, ret));
}
