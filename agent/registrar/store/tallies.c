#include "registrar/store/tallies.h"

#include "base/text.h"
#include "registrar/store/store_private.h"

#include <stdio.h>

int tally_take(struct database *db, const char *number, struct tally *ret)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(db, "SELECT " TALLY_GROUP " FROM records WHERE number=?",
				    VALUES(value_text(number)), &row);

	*ret = (struct tally){0};
	if (result == 0)
		result = statement_next(row);
	if (result)
		return result == DATABASE_END ? 0 : result;
	ret->is_known = true;
	(void)snprintf(ret->regime, sizeof(ret->regime), "%s", column_text(row, 0));
	(void)snprintf(ret->level, sizeof(ret->level), "%s", column_text(row, 1));
	(void)snprintf(ret->state, sizeof(ret->state), "%s", column_text(row, 2));
	(void)snprintf(ret->until, sizeof(ret->until), "%s", column_text(row, 3));
	return 0;
}

/* Mostly the row is there and stays. One that comes to nothing goes. */
static int add(struct database *db, const char *day, const struct tally *t, int by)
{
#define ROW "day=?1 AND regime=?2 AND level=?3 AND state=?4 AND until=?5"
	static const char *const ways[] = {"UPDATE holdings SET n=n+?6 WHERE " ROW " AND n<>-?6",
					   "DELETE FROM holdings WHERE " ROW " AND n=-?6",
					   "INSERT INTO holdings VALUES(?1,?2,?3,?4,?5,?6)"};
#undef ROW
	const struct value row[] = {value_text(day),	  value_text(t->regime), value_text(t->level),
				    value_text(t->state), value_text(t->until),	 value_int(by)};
	int result = 0;

	for (size_t i = 0; t->is_known && i < array_n(ways); i++) {
		result = database_run(db, ways[i], row, array_n(row));
		if (result || database_changes(db) == 1)
			break;
	}
	return result;
}

int tally_move(struct database *db, const char *day, const struct tally *from, const struct tally *to)
{
	int result;

	if (from->is_known == to->is_known && text_equal(from->regime, to->regime) &&
	    text_equal(from->level, to->level) && text_equal(from->state, to->state) &&
	    text_equal(from->until, to->until))
		return 0;
	result = add(db, day, from, -1);
	return result == 0 ? add(db, day, to, 1) : result;
}

int tally_act(struct database *db, const char *day, const char *act, const char *number)
{
	static const char more[] = "UPDATE acts SET n=n+1 WHERE year=?1 AND act=?2 AND regime=?3 AND level=?4"
				   " AND kind=?5 AND term=?6 AND approver=?7 AND department=?8";
	OWNED(statement) struct statement *row = NULL;
	struct value key[8] = {[1] = value_text(act)};
	int result = database_query(db, "SELECT substr(?1,1,4)," TALLY_ACT " FROM records WHERE number=?2",
				    VALUES(value_text(day), value_text(number)), &row);

	if (result == 0)
		result = statement_next(row);
	if (result)
		return result == DATABASE_END ? 0 : result;
	key[0] = value_text(column_text(row, 0));
	for (int i = 2; i < (int)array_n(key); i++)
		key[i] = value_text(column_text(row, i - 1));
	result = database_run(db, more, key, array_n(key));
	if (result || database_changes(db) == 1)
		return result;
	return database_run(db, "INSERT INTO acts VALUES(?1,?2,?3,?4,?5,?6,?7,?8,1)", key, array_n(key));
}

int store_tallies_make(struct store *s)
{
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
	return store_each(s, "SELECT act,regime,level,kind,term,approver,department,n FROM acts WHERE year=?",
			  VALUES(value_text(text)), pass_act, &p);
}

/* Of another regime than state secrets: not counted. */
#define NOT_OTHER(table)                                                                                               \
	"NOT EXISTS(SELECT 1 FROM records r WHERE r.number=" table ".number AND r.regime<>'state-secret')"

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
