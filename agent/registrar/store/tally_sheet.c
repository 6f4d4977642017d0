/*
 * What entries change about the counts, gathered: a sweep or an import changes few rows many times, and each is written
 * once before the commit. What a transaction gathered is forgotten with it.
 */
#include "registrar/store/tallies.h"

#include "registrar/store/store_private.h"

#include <errno.h>
#include <string.h>

#define ROOM	   128
#define HELD	   ((size_t)5) /* texts that name a row of holdings … */
#define ACTS	   ((size_t)8) /* … and of acts */
#define TEXTS_MAX  ACTS

struct tally_row {
	uint64_t hash;
	size_t texts; /* HELD or ACTS */
	size_t n;
	char *key; /* the texts, each with its NUL */
	int64_t by;
};

struct tally_sheet {
	struct tally_row at[ROOM];
	size_t n;
};

void tally_sheet_forget(struct tally_sheet *sheet)
{
	for (size_t i = 0; sheet && i < sheet->n; i++)
		free(sheet->at[i].key);
	if (sheet)
		sheet->n = 0;
}

void tally_sheet_free(struct tally_sheet *sheet)
{
	tally_sheet_forget(sheet);
	free(sheet);
}

/* ---- writing ---- */

/* Mostly the row is there and stays. One that comes to nothing goes. */
#define HELD_ROW "day=?1 AND regime=?2 AND level=?3 AND state=?4 AND until=?5"
static const char *const held_ways[] = {"UPDATE holdings SET n=n+?6 WHERE " HELD_ROW " AND n<>-?6",
					"DELETE FROM holdings WHERE " HELD_ROW " AND n=-?6",
					"INSERT INTO holdings VALUES(?1,?2,?3,?4,?5,?6)", NULL};
static const char *const act_ways[] = {"UPDATE acts SET n=n+?9 WHERE year=?1 AND act=?2 AND regime=?3 AND level=?4"
				       " AND kind=?5 AND term=?6 AND approver=?7 AND department=?8",
				       "INSERT INTO acts VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)", NULL};

static int write_row(struct database *db, const struct tally_row *row)
{
	const char *const *ways = row->texts == HELD ? held_ways : act_ways;
	struct value values[TEXTS_MAX + 1];
	const char *at = row->key;
	int result = 0;

	for (size_t i = 0; i < row->texts; i++) {
		values[i] = value_text(at);
		at += values[i].bytes.n + 1;
	}
	values[row->texts] = value_int(row->by);
	for (size_t i = 0; row->by != 0 && ways[i]; i++) {
		result = database_run(db, ways[i], values, row->texts + 1);
		if (result || database_changes(db) == 1)
			break;
	}
	return result;
}

int tally_sheet_write(struct store *s)
{
	int result = 0;

	for (size_t i = 0; s->sheet && i < s->sheet->n && result == 0; i++)
		result = write_row(s->db, &s->sheet->at[i]);
	tally_sheet_forget(s->sheet);
	return result;
}

/* ---- gathering ---- */

static uint64_t hash_of(struct bytes key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < key.n; i++)
		hash = (hash ^ key.at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static struct tally_row *find_row(struct tally_sheet *sheet, size_t texts, struct bytes key, uint64_t hash)
{
	for (size_t i = 0; i < sheet->n; i++) {
		struct tally_row *row = &sheet->at[i];

		if (row->hash == hash && row->texts == texts && bytes_equal(bytes_of(row->key, row->n), key))
			return row;
	}
	return NULL;
}

static int add_row(struct store *s, const char *const *texts, size_t n, int by)
{
	OWN_BUFFER struct buffer b = {0};
	struct tally_row *row;
	uint64_t hash;
	int result = 0;

	for (size_t i = 0; i < n; i++)
		buffer_add(&b, texts[i], strlen(texts[i]) + 1);
	TRY(buffer_check(&b));
	hash = hash_of(buffer_bytes(&b));
	row = find_row(s->sheet, n, buffer_bytes(&b), hash);
	if (!row) {
		if (s->sheet->n == ROOM)
			result = tally_sheet_write(s);
		row = &s->sheet->at[s->sheet->n++];
		*row = (struct tally_row){.hash = hash, .texts = n, .n = b.n, .key = (char *)b.at};
		b = (struct buffer){0};
	}
	row->by += by;
	return result;
}

static bool is_same_group(const struct tally *a, const struct tally *b)
{
	return strcmp(a->regime, b->regime) == 0 && strcmp(a->level, b->level) == 0 && strcmp(a->state, b->state) == 0 &&
	       strcmp(a->until, b->until) == 0;
}

static int move(struct store *s, const char *day, const struct tally *t, int by)
{
	const char *const texts[HELD] = {day, t->regime, t->level, t->state, t->until};

	return t->version ? add_row(s, texts, HELD, by) : 0;
}

int tally_count(struct store *s, const struct tally_change *c)
{
	char year[5] = "";
	const char *const act[ACTS] = {year,	c->act,	 c->after.regime, c->after.level,
				       c->kind, c->term, c->approver,	  c->department};
	int result = 0;

	if (!c->kind)
		return 0;
	store_check_undone(s);
	if (!s->sheet)
		s->sheet = calloc(1, sizeof(*s->sheet));
	if (!s->sheet)
		return FAULT(ENOMEM, "counts");
	if (!c->before.version || !is_same_group(&c->before, &c->after)) {
		result = move(s, c->day, &c->before, -1);
		if (result == 0)
			result = move(s, c->day, &c->after, 1);
	}
	memcpy(year, c->day, strnlen(c->day, sizeof(year) - 1));
	return result == 0 ? add_row(s, act, ACTS, 1) : result;
}
