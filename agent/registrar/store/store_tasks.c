#include "registrar/store/store_tasks.h"

#include "base/text.h"
#include "registrar/store/store_private.h"

#include <errno.h>

#define TASK "SELECT id,kind,number,owner,opened,opened_by,due,note,outcome,closed,closed_by,reply,request,version FROM tasks "

struct passing {
	store_task_fn each;
	void *arg;
};

static int pass_task(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	const char *number = store_column_text(row, 2, a);
	struct store_task t = {
	    .task = {.id = column_int(row, 0),
		     .number = number,
		     .owner = store_column_text(row, 3, a),
		     .opened = store_column_date(row, 4),
		     .due = store_column_date(row, 6),
		     .closed = store_column_date(row, 9)},
	    .opened_by = store_column_text(row, 5, a),
	    .note = cell_text_of(a, s->meta, "note", number, column_bytes(row, 7)),
	    .outcome = store_column_text(row, 8, a),
	    .closed_by = store_column_text(row, 10, a),
	    .reply = cell_text_of(a, s->meta, "reply", number, column_bytes(row, 11)),
	    .request = store_column_text(row, 12, a),
	    .version = (uint32_t)column_int(row, 13),
	};

	t.task.is_open = !date_is_set(t.task.closed);
	if (!task_kind_find(column_text(row, 1), &t.task.kind))
		return FAULT(EBADMSG, "task %lld in the store does not read", (long long)t.task.id);
	TRY(arena_check(a));
	return store_from_callback(p->each(&t, p->arg));
}

#define TASK_REST                                                                                                      \
	" AND (?2 IS NULL OR number=?2) AND (?3 IS NULL OR owner=?3) AND (NOT ?4 OR closed IS NULL)"                  \
	" AND (?5='' OR (closed IS NULL AND due<?5)) ORDER BY id LIMIT ?6"

int store_task_list(struct store *s, const struct store_task_filter *f, store_task_fn each, void *arg)
{
	struct passing p = {each, arg};
	bool is_open = f->only_open || date_is_set(f->late);
	char late[11];

	date_format(f->late, late);
	/* By the index that narrows it most: a sweep asks for those of one record, a million times. */
	return store_each(s,
			  f->number		? TASK "INDEXED BY tasks_number WHERE number=?2 AND id>?1" TASK_REST
			  : f->owner && is_open ? TASK
				  "INDEXED BY tasks_owner WHERE owner=?3 AND closed IS NULL AND id>?1" TASK_REST
						: TASK "WHERE id>?1" TASK_REST,
			  VALUES(value_int(f->after), value_text(f->number), value_text(f->owner),
				 value_int(f->only_open), value_text(late), value_int(f->limit ? f->limit : 1000)),
			  pass_task, &p);
}

int store_task_late(struct store *s, const struct store_task_late *late, store_task_fn each, void *arg)
{
	struct passing p = {each, arg};
	char before[11];

	date_format(late->before, before);
	return store_each(s,
			  TASK "WHERE closed IS NULL AND due IS NOT NULL AND (due,id)>(?1,?2) AND due<?3"
			       " ORDER BY due,id LIMIT ?4",
			  VALUES(value_text(late->due), value_int(late->id), value_text(before), value_int(late->limit)),
			  pass_task, &p);
}

int store_task_load(struct store *s, int64_t id, store_task_fn each, void *arg)
{
	struct passing p = {each, arg};

	return store_first(s, TASK "WHERE id=?", VALUES(value_int(id)), pass_task, &p);
}

int store_task_open_id(struct store *s, const char *number, enum task_kind kind, int64_t *ret)
{
	*ret = 0;
	return store_answer(
	    /* Said, or each kind is planned anew: an index of another is for one kind alone. */
	    database_int(s->db,
			 "SELECT id FROM tasks INDEXED BY tasks_number WHERE number=? AND kind=? AND closed IS NULL",
			 VALUES(value_text(number), value_text(task_kind_name(kind))), 0, ret));
}

int store_has_read(struct store *s, const char *number, const char *person, int64_t after, bool *ret)
{
	int64_t n = 0;
	int result = store_answer(database_int(s->db,
					       "SELECT count(*) FROM events WHERE number=? AND person=? AND seq>?"
					       " AND act IN ('read','unseal') AND why IS NOT 'sign'",
					       VALUES(value_text(number), value_text(person), value_int(after)), 0, &n));

	*ret = n > 0;
	return result;
}

struct passing_notices {
	const char *number;
	store_notice_fn each;
	void *arg;
};

static int pass_notice(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing_notices *p = context;
	struct store_notice n = {
	    .whom = store_column_text(row, 0, a),
	    .given = store_column_date(row, 1),
	    .how = cell_text_of(a, s->meta, "note", p->number, column_bytes(row, 2)),
	    .person = store_column_text(row, 3, a),
	};

	TRY(arena_check(a));
	return store_from_callback(p->each(&n, p->arg));
}

int store_notice_list(struct store *s, int64_t task, const char *number, store_notice_fn each, void *arg)
{
	struct passing_notices p = {number, each, arg};

	return store_each(s, "SELECT whom,given,how,person FROM notices WHERE task=? ORDER BY id",
			  VALUES(value_int(task)), pass_notice, &p);
}
