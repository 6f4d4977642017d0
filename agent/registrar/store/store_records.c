#include "registrar/store/store_private.h"
#include "registrar/store/store_derivations.h"

#include "registrar/store/record_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A record and the memory of its texts. */
struct loaded {
	struct record record; /* first: that is what callers hold */
	struct arena arena;
};

void store_record_free(struct record *record)
{
	struct loaded *l = (struct loaded *)(void *)record;

	if (!l)
		return;
	arena_done(&l->arena);
	free(l);
}

typedef bool (*reader_fn)(struct statement *s, int first, const struct secret *meta, struct arena *a,
			  struct record *ret);

static int keep_with(struct store *s, struct statement *row, reader_fn read, struct record **ret)
{
	struct loaded *l = calloc(1, sizeof(*l));

	if (!l)
		return FAULT(ENOMEM, "record");
	if (!read(row, 0, s->meta, &l->arena, &l->record) || l->arena.failed) {
		store_record_free(&l->record);
		return FAULT(EBADMSG, "a record in the store does not read: %s", column_text(row, 0));
	}
	*ret = &l->record;
	return 0;
}

static int keep_row(struct store *s, struct statement *row, struct arena *unused, void *context)
{
	(void)unused;
	return keep_with(s, row, record_from_row, context);
}

static int keep_bare(struct store *s, struct statement *row, struct arena *unused, void *context)
{
	(void)unused;
	return keep_with(s, row, record_from_row_bare, context);
}

int store_record_load_bare(struct store *s, const char *number, struct record **ret)
{
	return store_first(s, s->record_get, VALUES(value_text(number)), keep_bare, ret);
}

int store_record_load(struct store *s, const char *number, struct record **ret)
{
	return store_first(s, s->record_get, VALUES(value_text(number)), keep_row, ret);
}

int store_record_load_version(struct store *s, const char *number, uint32_t version, struct record **ret)
{
	OWNED(record) struct record *present = NULL;
	int result = store_record_load(s, number, &present);

	if (result)
		return result;
	if (present->version == version) {
		*ret = steal(&present);
		return 0;
	}
	return store_first(s, s->record_get_version, VALUES(value_text(number), value_int(version)), keep_row, ret);
}

int store_record_by_id(struct store *s, const char *uuid, struct record **ret)
{
	return store_first(s, s->record_get_id, VALUES(value_text(uuid)), keep_row, ret);
}

int store_record_by_file(struct store *s, uint64_t dev, uint64_t ino, struct record **ret)
{
	return store_first(s, s->record_file, VALUES(value_int((int64_t)ino), value_int((int64_t)dev)), keep_row, ret);
}

int store_record_by_path(struct store *s, uint32_t root, const char *path, struct record **ret)
{
	char hash[2 * CELL_HASH + 1];

	store_path_hash(s, path, hash);
	return store_first(s, s->record_path, VALUES(value_text(hash), value_int(root)), keep_row, ret);
}

int store_next_number(struct store *s, int year, char ret[STORE_NUMBER_MAX])
{
	int64_t last = 0;
	int result = database_int(s->db, "SELECT last FROM counters WHERE year=?", VALUES(value_int(year)), 0, &last);

	if (result)
		return store_answer(result);
	(void)snprintf(ret, STORE_NUMBER_MAX, "%04d-%06lld", year % 10000, (long long)(last + 1) % 100000000);
	return 0;
}

int store_record_count(struct store *s, int64_t *ret)
{
	return store_answer(database_int(s->db, "SELECT count(*) FROM records", NO_VALUES, 0, ret));
}

/* ---- lists ---- */

struct listing {
	store_record_fn each;
	void *arg;
};

static int pass_row(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct listing *l = context;
	struct record record;

	if (!record_from_row(row, 0, s->meta, a, &record) || a->failed)
		return FAULT(EBADMSG, "a record in the store does not read: %s", column_text(row, 0));
	return store_from_callback(l->each(&record, l->arg));
}

/* The wanted states as a JSON list; NULL: all. */
static char *states_text(uint32_t states)
{
	OWNED(json) struct json *list = json_array();

	for (unsigned i = 0; i < RECORD_STATES; i++)
		if (states & 1u << i)
			json_append_text(list, record_state_name((enum record_state)i));
	return states ? json_text(list) : NULL;
}

int store_record_list(struct store *s, const struct store_record_filter *f, store_record_fn each, void *arg)
{
	struct listing l = {each, arg};
	OWN_MEM char *states = states_text(f->states);
	size_t by = f->drafter	     ? STORE_LIST_DRAFTER
		    : f->responsible ? STORE_LIST_RESPONSIBLE
		    : states	     ? STORE_LIST_STATE
				     : STORE_LIST_ALL;

	if (f->states && !states)
		return FAULT(ENOMEM, "records");
	return store_each(s, s->record_list[by],
			  VALUES(value_text(f->after ? f->after : ""), value_text(f->drafter),
				 value_text(f->responsible), value_text(states), value_int(f->requested),
				 value_int(f->limit ? f->limit : 100)),
			  pass_row, &l);
}

/* ---- what is due ---- */

#define GROUP 200

/* Numbers are read ahead, so that the callback may change the rows it is called for. */
struct group {
	char number[GROUP][STORE_NUMBER_MAX + 16];
	char due[GROUP][11];
	size_t n;
};

static int note_number(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct group *g = context;

	(void)s;
	(void)a;
	(void)snprintf(g->number[g->n], sizeof(g->number[0]), "%s", column_text(row, 0));
	(void)snprintf(g->due[g->n], sizeof(g->due[0]), "%s", column_text(row, 1));
	g->n++;
	return 0;
}

static int next_group(struct store *s, const char *until, struct store_due_at *at, struct group *g, int64_t limit)
{
	int result = store_each(s,
				"SELECT number,due FROM records WHERE due IS NOT NULL AND (due,number)>(?1,?2) AND due<=?3"
				" ORDER BY due,number LIMIT ?4",
				VALUES(value_text(at->due), value_text(at->number), value_text(until), value_int(limit)),
				note_number, g);

	if (result == 0 && g->n > 0) {
		memcpy(at->due, g->due[g->n - 1], sizeof(at->due));
		(void)snprintf(at->number, sizeof(at->number), "%s", g->number[g->n - 1]);
	}
	return result;
}

static int pass_due(struct store *s, const struct group *g, store_record_fn each, void *arg)
{
	for (size_t i = 0; i < g->n; i++) {
		OWNED(record) struct record *record = NULL;
		int result = store_record_load_bare(s, g->number[i], &record);

		if (result == 0)
			result = store_from_callback(each(record, arg));
		if (result && result != STORE_NOT_FOUND)
			return result;
	}
	return 0;
}

int store_due_go(struct store *s, struct date until, struct store_due_at *at, int64_t limit, store_record_fn each,
		 void *arg)
{
	OWN_MEM struct group *g = calloc(1, sizeof(*g));
	char day[11];
	int result = 0;

	if (!g)
		return FAULT(ENOMEM, "due");
	date_format(until, day);
	while (result == 0 && limit > 0 && !at->is_over) {
		int64_t wanted = limit < GROUP ? limit : GROUP;

		g->n = 0;
		result = next_group(s, day, at, g, wanted);
		limit -= (int64_t)g->n;
		at->is_over = result == 0 && (int64_t)g->n < wanted;
		if (result == 0)
			result = pass_due(s, g, each, arg);
	}
	return result;
}

int store_due(struct store *s, struct date until, int64_t limit, store_record_fn each, void *arg)
{
	struct store_due_at at = {0};

	return store_due_go(s, until, &at, limit, each, arg);
}

int store_derived(struct store *s, const char *after, int64_t limit, store_record_fn each, void *arg)
{
	OWN_MEM struct group *g = calloc(1, sizeof(*g));
	char from[STORE_NUMBER_MAX];
	int result = 0;

	if (!g)
		return FAULT(ENOMEM, "derived");
	(void)snprintf(from, sizeof(from), "%s", after);
	do {
		g->n = 0;
		result = store_each(s,
				    "SELECT number,'' FROM records WHERE decided_basis='derived' AND number>?"
				    " ORDER BY number LIMIT ?",
				    VALUES(value_text(from), value_int(limit < GROUP ? limit : GROUP)), note_number, g);
		if (result == 0 && g->n > 0) {
			(void)snprintf(from, sizeof(from), "%.15s", g->number[g->n - 1]);
			limit -= (int64_t)g->n;
			result = pass_due(s, g, each, arg);
		}
	} while (result == 0 && g->n == GROUP && limit > 0);
	return result;
}

int store_children(struct store *s, const char *source, struct store_children_at *at, store_record_fn each, void *arg)
{
	OWN_MEM struct group *g = calloc(1, sizeof(*g));
	int result = 0;

	if (!g)
		return FAULT(ENOMEM, "derived");
	do {
		int64_t wanted = at->left < GROUP ? at->left : GROUP;

		g->n = 0;
		result = store_each(s, "SELECT number,'' FROM derivations WHERE source=? AND number>? ORDER BY number LIMIT ?",
				    VALUES(value_text(source), value_text(at->number), value_int(wanted)), note_number, g);
		at->is_over = result == 0 && (int64_t)g->n < wanted;
		at->left -= (int64_t)g->n;
		if (result == 0 && g->n > 0) {
			(void)snprintf(at->number, sizeof(at->number), "%.15s", g->number[g->n - 1]);
			result = pass_due(s, g, each, arg);
		}
	} while (result == 0 && !at->is_over && at->left > 0);
	return result;
}

static int take_source(struct store *s, struct statement *row, struct arena *a, void *context)
{
	(void)s;
	(void)a;
	(void)snprintf(context, STORE_NUMBER_MAX, "%.15s", column_text(row, 0));
	return 0;
}

int store_followed_next(struct store *s, char ret[STORE_NUMBER_MAX])
{
	ret[0] = '\0';
	return store_each(s, "SELECT source FROM unfollowed ORDER BY source LIMIT 1", NO_VALUES, take_source, ret);
}

int store_child_put(struct store *s, const char *source, const char *number)
{
	return store_answer(database_run(s->db, "INSERT INTO derivations VALUES(?,?) ON CONFLICT DO NOTHING",
					 VALUES(value_text(source), value_text(number))));
}

int store_due_count(struct store *s, struct date until, int64_t *ret)
{
	char day[11];

	date_format(until, day);
	return store_answer(database_int(s->db, "SELECT count(*) FROM records WHERE due IS NOT NULL AND due<=?",
					 VALUES(value_text(day)), 0, ret));
}

int store_due_next(struct store *s, struct date *ret)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(s->db, "SELECT min(due) FROM records WHERE due IS NOT NULL", NO_VALUES, &row);

	if (result == 0)
		result = statement_next(row);
	if (result == 0)
		*ret = store_column_date(row, 0);
	return result ? store_answer(result) : 0;
}

/* ---- labels and events ---- */

struct passing {
	union {
		store_label_fn label;
		store_event_fn event;
	} each;
	void *arg;
	const char *number; /* or the person */
};

static int pass_label(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_label label = {
	    .number = p->number,
	    .seq = (uint64_t)column_int(row, 0),
	    .version = (uint32_t)column_int(row, 1),
	    .kind = store_column_text(row, 2, a),
	    .text = store_column_text(row, 3, a),
	    .signature = store_column_text(row, 4, a),
	    .salt = store_column_text(row, 5, a),
	    .digest = store_column_text(row, 6, a),
	    .space = store_column_text(row, 7, a),
	    .time = store_column_text(row, 8, a),
	    .person = store_column_text(row, 9, a),
	};

	(void)s;
	TRY(arena_check(a));
	return store_from_callback(p->each.label(&label, p->arg));
}

int store_label_list(struct store *s, const char *number, const char *kind, store_label_fn each, void *arg)
{
	struct passing p = {.each.label = each, .arg = arg, .number = number};

	return store_each(s,
			  "SELECT seq,version,kind,text,signature,salt,digest,space,time,person FROM labels"
			  " WHERE number=?1 AND (?2 IS NULL OR kind=?2) ORDER BY seq DESC",
			  VALUES(value_text(number), value_text(kind)), pass_label, &p);
}

static int pass_event(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_event event = {
	    .number = p->number,
	    .seq = (uint64_t)column_int(row, 0),
	    .version = (uint32_t)column_int(row, 1),
	    .time = store_column_text(row, 2, a),
	    .person = store_column_text(row, 3, a),
	    .act = store_column_text(row, 4, a),
	};

	event.note = cell_text_of(a, s->meta, "note", p->number, column_bytes(row, 5));
	TRY(arena_check(a));
	return store_from_callback(p->each.event(&event, p->arg));
}

int store_event_list(struct store *s, const char *number, store_event_fn each, void *arg)
{
	struct passing p = {.each.event = each, .arg = arg, .number = number};

	return store_each(s, "SELECT seq,version,time,person,act,note FROM events WHERE number=? ORDER BY seq",
			  VALUES(value_text(number)), pass_event, &p);
}

static int pass_reading(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_event event = {
	    .seq = (uint64_t)column_int(row, 0),
	    .number = store_column_text(row, 1, a),
	    .time = store_column_text(row, 2, a),
	    .person = p->number,
	    .act = store_column_text(row, 3, a),
	};

	(void)s;
	TRY(arena_check(a));
	return store_from_callback(p->each.event(&event, p->arg));
}

int store_reading_list(struct store *s, const struct store_reading_filter *f, store_event_fn each, void *arg)
{
	struct passing p = {.each.event = each, .arg = arg, .number = f->person};

	return store_each(
	    s,
	    "SELECT seq,number,time,act FROM events"
	    " WHERE person=? AND seq>? AND act IN ('read','unseal') ORDER BY seq LIMIT ?",
	    VALUES(value_text(f->person), value_int((int64_t)f->after), value_int(f->limit ? f->limit : 100)),
	    pass_reading, &p);
}
