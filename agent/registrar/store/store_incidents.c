#include "registrar/store/store_incidents.h"

#include "registrar/store/store_private.h"

#define PLACE "note", "incident"

struct passing {
	store_incident_fn each;
	store_incident_kind_fn kind;
	void *arg;
};

static int pass_incident(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_incident i = {
	    .id = column_int(row, 0),
	    .kind = store_column_text(row, 1, a),
	    .numbers = store_column_lines(row, 2, a),
	    .note = cell_text_of(a, s->meta, PLACE, column_bytes(row, 3)),
	    .by = store_column_text(row, 4, a),
	    .discovered = column_int(row, 5),
	    .due = column_int(row, 6),
	    .reported = column_int(row, 7),
	    .document = cell_text_of(a, s->meta, PLACE, column_bytes(row, 8)),
	    .closed = store_column_date(row, 9),
	    .closed_by = store_column_text(row, 10, a),
	    .outcome = cell_text_of(a, s->meta, PLACE, column_bytes(row, 11)),
	};

	TRY(arena_check(a));
	return store_from_callback(p->each(&i, p->arg));
}

int store_incident_list(struct store *s, const struct store_incident_filter *filter, store_incident_fn each, void *arg)
{
	struct passing p = {.each = each, .arg = arg};

	return store_each(s,
			  "SELECT id,kind,numbers,note,by,discovered,due,reported,document,closed,closed_by,outcome FROM incidents"
			  " WHERE (?1=0 OR id=?1) AND (NOT ?2 OR closed IS NULL) ORDER BY id DESC LIMIT ?3",
			  VALUES(value_int(filter->id), value_int(filter->only_open), value_int(INCIDENTS_MAX)), pass_incident,
			  &p);
}

int store_incident_count(struct store *s, int64_t now, int64_t *ret_open, int64_t *ret_late)
{
	int result = database_int(s->db, "SELECT count(*) FROM incidents WHERE closed IS NULL", NO_VALUES, 0, ret_open);

	if (result == 0)
		result = database_int(s->db,
				      "SELECT count(*) FROM incidents WHERE closed IS NULL AND reported IS NULL AND due<?",
				      VALUES(value_int(now)), 0, ret_late);
	return store_answer(result);
}

static int pass_kind(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;

	(void)s;
	(void)a;
	return store_from_callback(p->kind(column_text(row, 0), column_int(row, 1), p->arg));
}

int store_incident_kinds(struct store *s, int year, store_incident_kind_fn each, void *arg)
{
	struct passing p = {.kind = each, .arg = arg};

	return store_each(s,
			  "SELECT kind,count(*) FROM incidents WHERE day BETWEEN ?1||'-01-01' AND ?1||'-12-31' GROUP BY kind"
			  " ORDER BY kind",
			  VALUES(value_int(year)), pass_kind, &p);
}
