/* Escrows, drills, and which documents open with which. */
#include "registrar/store/store_private.h"

#include "base/text.h"
#include "library/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *store_escrow_key(const char *recipient, char ret[9])
{
	struct recipient r;

	if (!recipient || strlen(recipient) >= STORE_RECIPIENT_MAX || recipient_from_text(bytes_of_text(recipient), &r))
		return NULL;
	identity_key_id(&r, ret);
	return ret;
}

bool store_escrow_is_same(const char *a, const char *b)
{
	struct recipient one, other;

	return recipient_from_text(bytes_of_text(a), &one) == 0 && recipient_from_text(bytes_of_text(b), &other) == 0 &&
	       bytes_equal_constant(one.point, other.point, sizeof(one.point));
}

static void take(char *to, size_t n, struct statement *row, int column)
{
	const char *text = column_text(row, column);

	(void)snprintf(to, n, "%s", text ? text : "");
}

#define ESCROW                                                                                                         \
	"SELECT recipient,key_id,shares,threshold,proposed_by,proposed,coalesce(confirmed,''),moved IS NOT NULL,"      \
	"installed IS NOT NULL FROM escrows "

static int pass_escrow(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct store_escrow *e = context;

	(void)s;
	(void)a;
	*e = (struct store_escrow){.shares = (uint32_t)column_int(row, 2),
				   .threshold = (uint32_t)column_int(row, 3),
				   .moved = column_int(row, 7) != 0,
				   .installed = column_int(row, 8) != 0};
	take(e->recipient, sizeof(e->recipient), row, 0);
	take(e->key, sizeof(e->key), row, 1);
	take(e->by, sizeof(e->by), row, 4);
	take(e->proposed, sizeof(e->proposed), row, 5);
	take(e->since, sizeof(e->since), row, 6);
	return 0;
}

int store_escrow_present(struct store *s, struct store_escrow *ret)
{
	return store_first(s, ESCROW "WHERE since IS NOT NULL ORDER BY since DESC LIMIT 1", NO_VALUES, pass_escrow,
			   ret);
}

int store_escrow_proposed(struct store *s, struct store_escrow *ret)
{
	return store_first(s, ESCROW "WHERE since IS NULL ORDER BY id DESC LIMIT 1", NO_VALUES, pass_escrow, ret);
}

int store_escrow_is_known(struct store *s, const char *recipient)
{
	struct store_escrow known;

	return store_first(s, ESCROW "WHERE recipient=?", VALUES(value_text(recipient)), pass_escrow, &known);
}

static int pass_drill(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct store_drill *d = context;

	(void)s;
	(void)a;
	*d = (struct store_drill){.id = column_int(row, 0)};
	take(d->time, sizeof(d->time), row, 1);
	take(d->step, sizeof(d->step), row, 2);
	return 0;
}

int store_drill_last(struct store *s, const char *recipient, bool good, struct store_drill *ret)
{
	int status = store_first(s,
				 "SELECT id,time,coalesce(step,'') FROM drills WHERE recipient=?1"
				 " AND (NOT ?2 OR outcome='good') ORDER BY id DESC LIMIT 1",
				 VALUES(value_text(recipient), value_int(good)), pass_drill, ret);

	return status == STORE_NOT_FOUND ? 0 : status;
}

/* ---- documents ---- */

static int count(struct store *s, const char *sql, const char *key, int64_t *ret)
{
	return store_answer(database_int(s->db, sql, VALUES(value_text(key)), 0, ret));
}

int store_escrow_documents(struct store *s, const char *key, struct store_escrow_documents *ret)
{
	TRY(count(s, "SELECT count(*) FROM documents WHERE sealed AND escrow=?1", key, &ret->present));
	TRY(count(s, "SELECT count(*) FROM documents WHERE sealed AND escrow<>?1", key, &ret->earlier));
	return count(s, "SELECT count(*) FROM documents WHERE sealed AND escrow IS NULL AND ?1 IS NOT NULL", key,
		     &ret->unknown);
}

static int pass_number(struct store *s, struct statement *row, struct arena *a, void *context)
{
	(void)s;
	(void)a;
	take(context, STORE_NUMBER_MAX, row, 0);
	return 0;
}

int store_escrow_document(struct store *s, const char *key, int64_t skip, char ret[STORE_NUMBER_MAX])
{
	return store_first(s, "SELECT number FROM documents WHERE sealed AND escrow=? ORDER BY rowid LIMIT 1 OFFSET ?",
			   VALUES(value_text(key), value_int(skip)), pass_number, ret);
}
