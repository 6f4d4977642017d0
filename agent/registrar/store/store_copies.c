#include "base/text.h"
#include "registrar/store/store_custody.h"
#include "registrar/store/store_private.h"

#include <string.h>

#define COPY_OUT "state IN ('sent','held','lost','printing')"

struct passing {
	store_copy_fn copy;
	store_consent_fn consent;
	store_number_fn number;
	void *arg;
};

bool store_copy_is_out(const struct store_copy *c)
{
	return text_equal(c->state, "sent") || text_equal(c->state, "held") || text_equal(c->state, "lost") ||
	       text_equal(c->state, "printing");
}

/* Days are ISO and sort as texts. */
static bool is_over(const char *day, const char *today)
{
	return !text_is_empty(day) && strcmp(day, today) < 0;
}

bool store_copy_is_late(const struct store_copy *c, const char *today)
{
	if (text_equal(c->state, "lost"))
		return true;
	if (!store_copy_is_out(c))
		return false;
	return is_over(c->due, today) || (!text_equal(c->state, "held") && is_over(c->receipt_due, today));
}

static int pass_copy(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	const char *number = store_column_text(row, 1, a);
	struct store_copy c = {
	    .id = column_int(row, 0),
	    .number = number,
	    .n = column_int(row, 2),
	    .total = column_int(row, 3),
	    .person = store_column_text(row, 4, a),
	    .name = cell_text_of(a, s->meta, "holder", number, column_bytes(row, 5)),
	    .how = store_column_text(row, 6, a),
	    .state = store_column_text(row, 7, a),
	    .made = store_column_text(row, 8, a),
	    .by = store_column_text(row, 9, a),
	    .receipt_due = store_column_text(row, 10, a),
	    .received = store_column_text(row, 11, a),
	    .due = store_column_text(row, 12, a),
	    .ended = store_column_text(row, 13, a),
	};

	TRY(arena_check(a));
	return store_from_callback(p->copy(&c, p->arg));
}

#define COPIES "SELECT id,number,n,total,person,name,how,state,made,by,receipt_due,received,due,ended FROM copies "

int store_copy_list(struct store *s, const char *number, const char *person, store_copy_fn each, void *arg)
{
	struct passing p = {.copy = each, .arg = arg};

	return number ? store_each(s, COPIES "WHERE number=? ORDER BY n", VALUES(value_text(number)), pass_copy, &p)
		      : store_each(s, COPIES "WHERE person=? ORDER BY number,n", VALUES(value_text(person)), pass_copy, &p);
}

static int pass_number(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	const char *number = store_column_text(row, 0, a);

	(void)s;
	TRY(arena_check(a));
	return store_from_callback(p->number(number, p->arg));
}

int store_copy_late(struct store *s, const struct store_copy_late *late, store_number_fn each, void *arg)
{
	struct passing p = {.number = each, .arg = arg};

	return store_each(s,
			  "SELECT DISTINCT number FROM copies WHERE " COPY_OUT " AND number>?2"
			  " AND (state='lost' OR due<?1 OR (state<>'held' AND receipt_due<?1)) ORDER BY number LIMIT ?3",
			  VALUES(value_text(late->today), value_text(late->after), value_int(late->limit)), pass_number, &p);
}

static int pass_consent(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	const char *number = store_column_text(row, 1, a);
	struct store_consent c = {
	    .id = column_int(row, 0),
	    .number = number,
	    .purpose = store_column_text(row, 2, a),
	    .person = store_column_text(row, 3, a),
	    .count = column_int(row, 4),
	    .until = store_column_text(row, 5, a),
	    .by = store_column_text(row, 6, a),
	    .given = store_column_text(row, 7, a),
	    .note = cell_text_of(a, s->meta, "note", number, column_bytes(row, 8)),
	    .used = store_column_text(row, 9, a),
	    .withdrawn = store_column_text(row, 10, a),
	    .version = column_int(row, 11),
	};

	TRY(arena_check(a));
	return store_from_callback(p->consent(&c, p->arg));
}

int store_consent_list(struct store *s, const char *number, store_consent_fn each, void *arg)
{
	struct passing p = {.consent = each, .arg = arg};

	return store_each(s,
			  "SELECT id,number,purpose,person,count,until,by,given,note,used,withdrawn,"
			  "(SELECT version FROM events WHERE seq=consents.id) FROM consents"
			  " WHERE number=? ORDER BY id",
			  VALUES(value_text(number)), pass_consent, &p);
}
