/* Folder defaults, findings, intents, checkouts and sweeps. */
#include "registrar/store/store_private.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

struct passing {
	union {
		store_defaults_fn defaults;
		store_finding_fn finding;
		store_intent_fn intent;
		store_checkout_fn checkout;
	} each;
	void *arg;
};

/* ---- folder defaults ---- */

#define DEFAULTS "SELECT root,path,item,level,scope,responsible,type,set_by FROM root_defaults "

static int pass_defaults(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_defaults d = {
	    .root = (uint32_t)column_int(row, 0),
	    .path = store_column_sealed(s, row, 1, CELL_PATH, a),
	    .item = store_column_text(row, 2, a),
	    .level = store_column_text(row, 3, a),
	    .scope = store_column_lines(row, 4, a),
	    .responsible = store_column_text(row, 5, a),
	    .type = store_column_text(row, 6, a),
	    .set_by = store_column_text(row, 7, a),
	};

	TRY(arena_check(a));
	return store_from_callback(p->each.defaults(&d, p->arg));
}

int store_defaults_list(struct store *s, store_defaults_fn each, void *arg)
{
	struct passing p = {.each.defaults = each, .arg = arg};

	return store_each(s, DEFAULTS "ORDER BY root,path_hash", NO_VALUES, pass_defaults, &p);
}

/* Cuts the last name off; false: the root itself was the last. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (path[0] == '\0')
		return false;
	*(slash ? slash : path) = '\0';
	return true;
}

static int walk_up(struct store *s, uint32_t root, const char *path, struct passing *p, bool all)
{
	OWN_MEM char *at = strdup(path);
	char hash[2 * CELL_HASH + 1];
	int result;

	if (!at)
		return FAULT(ENOMEM, "defaults");
	do {
		store_path_hash(s, at, hash);
		result = store_first(s, DEFAULTS "WHERE root=? AND path_hash=?",
				     VALUES(value_int(root), value_text(hash)), pass_defaults, p);
		TRY(result);
	} while ((all || result == STORE_NOT_FOUND) && go_up(at));
	return result;
}

int store_defaults_for(struct store *s, uint32_t root, const char *path, store_defaults_fn each, void *arg)
{
	return walk_up(s, root, path, &(struct passing){.each.defaults = each, .arg = arg}, false);
}

int store_defaults_above(struct store *s, uint32_t root, const char *path, store_defaults_fn each, void *arg)
{
	TRY(walk_up(s, root, path, &(struct passing){.each.defaults = each, .arg = arg}, true));
	return 0;
}

/* ---- findings ---- */

#define FINDING                                                                                                        \
	"SELECT id,code,severity,owner,number,root,path,subject,person,evidence,since,due,state,closed_by,"            \
	"closed_note,closed_at FROM findings "

#define FINDING_REST                                                                                                   \
	"AND id>?1 AND (?2 IS NULL OR state=?2) AND (?3 IS NULL OR code=?3) AND (?4 IS NULL OR number=?4)"             \
	" ORDER BY id LIMIT ?5"

static int pass_finding(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	const char *number = store_column_text(row, 4, a);
	struct store_finding f = {
	    .id = column_int(row, 0),
	    .number = number,
	    .root = (uint32_t)column_int(row, 5),
	    .path = store_column_sealed(s, row, 6, CELL_PATH, a),
	    .subject = store_column_text(row, 7, a),
	    .person = store_column_text(row, 8, a),
	    .evidence = store_column_sealed(s, row, 9, CELL_EVIDENCE, a),
	    .since = store_column_date(row, 10),
	    .due = store_column_date(row, 11),
	    .state = store_column_text(row, 12, a),
	    .closed_by = store_column_text(row, 13, a),
	    .closed_at = store_column_text(row, 15, a),
	};
	OWN_MEM char *id = NULL;

	id = text_format("%lld", (long long)f.id);
	if (!id)
		return FAULT(ENOMEM, "finding");
	f.closed_note = cell_text_of(a, s->meta, "note", id, column_bytes(row, 14));
	if (!finding_code_find(column_text(row, 1), &f.code) || !severity_find(column_text(row, 2), &f.severity) ||
	    !owner_find(column_text(row, 3), &f.owner))
		return FAULT(EBADMSG, "finding %s in the store does not read", id);
	TRY(arena_check(a));
	return store_from_callback(p->each.finding(&f, p->arg));
}

static const char *code_text(enum finding_code code, char ret[4])
{
	if (code == FINDING_NONE)
		return NULL;
	finding_code_format(code, ret);
	return ret;
}

int store_finding_list(struct store *s, const struct store_finding_filter *f, store_finding_fn each, void *arg)
{
	struct passing p = {.each.finding = each, .arg = arg};
	char code[4];

	/* Of one record by its index; else in order of age. */
	return store_each(s, f->number ? FINDING "WHERE number=?4 " FINDING_REST : FINDING "WHERE id>?1 " FINDING_REST,
			  VALUES(value_int(f->after), value_text(f->state), value_text(code_text(f->code, code)),
				 value_text(f->number), value_int(f->limit ? f->limit : 100)),
			  pass_finding, &p);
}

static int pass_open(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_finding f = {.id = column_int(row, 0), .since = store_column_date(row, 2)};

	(void)s;
	(void)a;
	if (!finding_code_find(column_text(row, 1), &f.code))
		return FAULT(EBADMSG, "finding %lld in the store does not read", (long long)f.id);
	return store_from_callback(p->each.finding(&f, p->arg));
}

int store_finding_open_of(struct store *s, const char *number, store_finding_fn each, void *arg)
{
	struct passing p = {.each.finding = each, .arg = arg};

	return store_each(s,
			  "SELECT id,code,since FROM findings INDEXED BY findings_number"
			  " WHERE number=? AND state='open' ORDER BY id",
			  VALUES(value_text(number)), pass_open, &p);
}

int store_finding_load(struct store *s, int64_t id, store_finding_fn each, void *arg)
{
	struct passing p = {.each.finding = each, .arg = arg};

	return store_first(s, FINDING "WHERE id=?", VALUES(value_int(id)), pass_finding, &p);
}

int store_finding_any(struct store *s, enum finding_code code, int64_t *ret)
{
	char text[4];

	return store_answer(database_int(
	    s->db, "SELECT EXISTS(SELECT 1 FROM findings WHERE state='open' AND code=? AND number IS NOT NULL)",
	    VALUES(value_text(code_text(code, text))), 0, ret));
}

int store_finding_open_id(struct store *s, enum finding_code code, const struct store_about *about, int64_t *ret)
{
	char text[4], hash[2 * CELL_HASH + 1];
	struct value which = value_text(code_text(code, text));
	int result;

	if (about->number) {
		result = database_int(s->db, "SELECT id FROM findings WHERE state='open' AND code=? AND number=?",
				      VALUES(which, value_text(about->number)), 0, ret);
	} else if (about->path) {
		store_path_hash(s, about->path, hash);
		result = database_int(
		    s->db,
		    "SELECT id FROM findings INDEXED BY findings_path WHERE state='open' AND code=? AND path_hash=?"
		    " AND root=?",
		    VALUES(which, value_text(hash), value_int(about->root)), 0, ret);
	} else {
		result = database_int(
		    s->db,
		    "SELECT id FROM findings WHERE state='open' AND code=?1 AND number IS NULL AND subject IS ?2",
		    VALUES(which, value_text(about->subject)), 0, ret);
	}
	return store_answer(result);
}

int store_finding_any_at(struct store *s, uint32_t root, const char *path, bool *ret)
{
	char hash[2 * CELL_HASH + 1];
	int64_t n = 0;
	int result;

	store_path_hash(s, path, hash);
	result = database_int(s->db,
			      "SELECT count(*) FROM findings INDEXED BY findings_path WHERE state='open' AND path_hash=?"
			      " AND root=?",
			      VALUES(value_text(hash), value_int(root)), 0, &n);
	*ret = n > 0;
	return store_answer(result);
}

int store_finding_count(struct store *s, int64_t *ret_open)
{
	return store_answer(
	    database_int(s->db, "SELECT count(*) FROM findings WHERE state='open'", NO_VALUES, 0, ret_open));
}

/* ---- intents ---- */

#define INTENT "SELECT id,kind,number,body FROM intents "

static int pass_intent(struct store *s, struct statement *row, struct arena *a, void *context)
{
	OWNED(json) struct json *body = NULL;
	struct passing *p = context;
	struct store_intent i = {
	    .id = (uint64_t)column_int(row, 0),
	    .kind = store_column_text(row, 1, a),
	    .number = store_column_text(row, 2, a),
	};
	int result = json_parse(bytes_of_text(column_text(row, 3)), &body);

	(void)s;
	if (result)
		return result < 0 ? result : FAULT(EBADMSG, "an intent in the store does not read");
	i.body = json_look(body);
	TRY(arena_check(a));
	return store_from_callback(p->each.intent(&i, p->arg));
}

int store_intent_list(struct store *s, const char *number, store_intent_fn each, void *arg)
{
	struct passing p = {.each.intent = each, .arg = arg};

	return store_each(s, INTENT "WHERE ?1 IS NULL OR number=?1 ORDER BY id", VALUES(value_text(number)),
			  pass_intent, &p);
}

int store_intent_load(struct store *s, uint64_t id, store_intent_fn each, void *arg)
{
	struct passing p = {.each.intent = each, .arg = arg};

	return store_first(s, INTENT "WHERE id=?", VALUES(value_int((int64_t)id)), pass_intent, &p);
}

/* ---- checkouts and sweeps ---- */

static int pass_checkout(struct store *s, struct statement *row, struct arena *a, void *context)
{
	struct passing *p = context;
	struct store_checkout c = {
	    .id = column_int(row, 0),
	    .number = store_column_text(row, 1, a),
	    .version = (uint32_t)column_int(row, 2),
	    .root = (uint32_t)column_int(row, 3),
	    .path = store_column_sealed(s, row, 4, CELL_PATH, a),
	    .person = store_column_text(row, 5, a),
	    .since = store_column_text(row, 6, a),
	    .due = store_column_text(row, 7, a),
	};

	TRY(arena_check(a));
	return store_from_callback(p->each.checkout(&c, p->arg));
}

int store_checkout_list(struct store *s, const char *person, store_checkout_fn each, void *arg)
{
	struct passing p = {.each.checkout = each, .arg = arg};

	return store_each(s,
			  "SELECT id,number,version,root,path,person,since,due FROM checkouts"
			  " WHERE ?1 IS NULL OR person=?1 ORDER BY id",
			  VALUES(value_text(person)), pass_checkout, &p);
}

int store_last_sweep(struct store *s, struct date *ret)
{
	OWNED(statement) struct statement *row = NULL;
	int result = database_query(s->db, "SELECT as_of FROM sweeps ORDER BY id DESC LIMIT 1", NO_VALUES, &row);

	if (result == 0)
		result = statement_next(row);
	*ret = result == 0 ? store_column_date(row, 0) : (struct date){0};
	return result == DATABASE_END ? 0 : result ? store_answer(result) : 0;
}
