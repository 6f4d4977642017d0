#include "registrar/journal/apply_steps.h"

#include "base/date.h"
#include "base/text.h"
#include "registrar/store/record_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PARAMETERS_MAX 24
#define DAY	       ((size_t)10) /* of a time: "2026-03-01" */

static int from_database(int result)
{
	if (result == DATABASE_REFUSED)
		return APPLY_CONFLICT;
	return result == DATABASE_FULL || result == DATABASE_BAD ? APPLY_STORE_FAILS : result;
}

static const char *op_of(struct json_view entry)
{
	const char *op = json_get_text(entry, "op");

	return op ? op : "";
}

/* ---- parameters ---- */

static struct value number_of_record(const struct change *c)
{
	const char *number = json_get_text(c->entry, "number");

	return value_text(number ? number : json_get_text(json_get(c->entry, "record"), "number"));
}

static const char *value_as_text(struct value v)
{
	return v.kind == VALUE_TEXT ? (const char *)v.bytes.at : ""; /* of JSON: a NUL follows */
}

static struct value version_of_record(const struct change *c)
{
	struct json_view record = json_get(c->entry, "record");
	int64_t version = json_get_int(json_is_object(record) ? record : c->entry, "version", 0);

	return version > 0 ? value_int(version) : value_null();
}

static bool take_sealed(struct change *c, const char *key, struct value *ret)
{
	OWN_BUFFER struct buffer b = {0};
	const char *kept;

	if (!json_get_bytes(c->in, key, &b))
		return false;
	kept = arena_bytes(&c->arena, buffer_bytes(&b));
	*ret = value_bytes(bytes_of(kept, kept ? b.n : 0));
	return true;
}

static bool take_lines(struct change *c, struct json_view list, struct value *ret)
{
	OWN_BUFFER struct buffer b = {0};

	if (!json_is_array(list))
		return false;
	for (size_t i = 0; i < json_n(list); i++) {
		const char *line = json_as_text(json_at(list, i));

		if (!line || strchr(line, '\n'))
			return false;
		buffer_add_text(&b, i ? "\n" : "");
		buffer_add_text(&b, line);
	}
	*ret = value_text(arena_bytes(&c->arena, buffer_bytes(&b)));
	return !b.failed;
}

static bool take_object(struct change *c, struct json_view v, struct value *ret)
{
	OWN_MEM char *text = json_view_text(v);

	*ret = value_text(arena_text(&c->arena, text));
	return text && json_is_object(v);
}

static bool take_text(struct json_view v, bool is_date, struct value *ret)
{
	const char *text = json_as_text(v);
	struct date date;

	*ret = value_text(text);
	return text && (!is_date || text[0] == '\0' || date_parse(text, &date));
}

static bool take_field(struct change *c, char kind, const char *key, struct value *ret)
{
	struct json_view v = json_get(c->in, key);

	switch (kind) {
	case 'i':
		*ret = value_int(json_is_bool(v) ? json_get_bool(c->in, key) : json_as_int(v));
		return json_is_int(v) || json_is_bool(v);
	case 'b':
		*ret = value_int(json_get_bool(c->in, key));
		return json_is_bool(v);
	case 's':
		return take_sealed(c, key, ret);
	case 'l':
		return take_lines(c, v, ret);
	case 'j':
		return take_object(c, v, ret);
	default:
		return take_text(v, kind == 'd', ret);
	}
}

/* One word of a step's parameters. */
static bool take(struct change *c, const char *word, size_t n, struct value *ret)
{
	char key[32];
	bool needed = word[n - 1] == '!';

	switch (word[0]) {
	case '#':
		*ret = value_int(json_get_int(c->entry, "seq", 0));
		return true;
	case '@':
		*ret = value_text(json_get_text(c->entry, "t"));
		return true;
	case '$':
		*ret = value_text(json_get_text(c->entry, "actor"));
		return true;
	case 'N':
		*ret = number_of_record(c);
		return true;
	case 'V':
		*ret = version_of_record(c);
		return true;
	case '\'':
		*ret = value_text(arena_bytes(&c->arena, bytes_of(word + 1, n - 1)));
		return true;
	default:
		break;
	}
	n -= needed ? 3u : 2u;
	if (n >= sizeof(key))
		return false;
	memcpy(key, word + 2, n);
	key[n] = '\0';
	*ret = word[0] == 'b' ? value_int(0) : value_null();
	if (!json_is_present(json_get(c->in, key)))
		return !needed;
	return take_field(c, word[0], key, ret);
}

static bool take_all(struct change *c, const char *parameters, struct value ret[PARAMETERS_MAX], size_t *ret_n)
{
	const char *at = parameters;
	size_t n = 0;

	while (*at) {
		size_t length = strcspn(at, " ");

		if (n == PARAMETERS_MAX || !take(c, at, length, &ret[n++]))
			return false;
		at += length;
		at += *at == ' ';
	}
	*ret_n = n;
	return true;
}

static int run_statement(struct change *c, const struct step *step)
{
	struct value values[PARAMETERS_MAX];
	size_t n;
	int result;

	if (!take_all(c, step->parameters, values, &n))
		return APPLY_MALFORMED;
	result = from_database(database_run(c->db, step->sql, values, n));
	if (result == 0 && step->must_change && database_changes(c->db) != 1)
		return APPLY_CONFLICT;
	return result;
}

/* ---- records ---- */

/* "2026-000123" takes that number of that year. Numbers of another form (imported ones) count nothing. */
static int count_number(struct change *c, const char *number)
{
	uint64_t year, last;
	char text[8] = "";

	if (strlen(number) < 6 || number[4] != '-')
		return 0;
	memcpy(text, number, 4);
	number += 5 + strspn(number + 5, "0");
	if (!text_to_u64(text, 9999, &year) || !text_to_u64(number, INT32_MAX, &last))
		return 0;
	return database_run(c->db,
			    "INSERT INTO counters VALUES(?,?) ON CONFLICT(year) DO UPDATE SET last=excluded.last "
			    "WHERE excluded.last>last",
			    VALUES(value_int((int64_t)year), value_int((int64_t)last)));
}

int apply_record(struct change *c)
{
	struct value values[RECORD_COLUMNS + 2];
	struct json_view record = json_get(c->entry, "record");
	size_t n = record_column_n();
	struct json_view due = json_get(c->entry, "due");
	int result = 0;

	values[n] = value_null();
	if (!record_bind(record, &c->arena, values) || (json_is_present(due) && !take_text(due, true, &values[n])))
		return APPLY_MALFORMED;
	values[n + 1] = value_int(json_get_int(c->entry, "seq", 0));
	/* A new version: the one before moves among the versions and stays there. */
	if (json_get_int(record, "version", 0) > 1)
		result = database_run(c->db, apply_copy_version, VALUES(number_of_record(c), version_of_record(c)));
	if (result == 0)
		result = count_number(c, json_get_text(record, "number"));
	if (result == 0)
		result = database_run(c->db, c->store->record_put, values, n + 2);
	if (result == 0 && database_changes(c->db) != 1)
		return APPLY_CONFLICT; /* an older version than the present one */
	return from_database(result);
}

int apply_sources(struct change *c)
{
	struct json_view from = json_get(c->entry, "from");
	struct value number = number_of_record(c);
	int result = database_run(c->db, "DELETE FROM derivations WHERE number=?", &number, 1);

	for (size_t i = 0; result == 0 && i < json_n(from); i++)
		result = database_run(c->db, "INSERT INTO derivations VALUES(?,?) ON CONFLICT DO NOTHING",
				      VALUES(value_text(json_as_text(json_at(from, i))), number));
	return from_database(result);
}

int apply_count_before(struct change *c)
{
	return from_database(tally_before(c->db, value_as_text(number_of_record(c)), &c->counted));
}

/* On the day that the entry says, in the agent's zone; of older entries: of their time, in UTC. */
int apply_count_after(struct change *c)
{
	const char *day = json_get_text(c->entry, "day"), *act = json_get_text(c->entry, "act");
	const char *time = json_get_text(c->entry, "t");

	c->counted.act = act ? act : op_of(c->entry);
	c->counted.day = day;
	if (text_is_empty(day))
		c->counted.day = arena_bytes(&c->arena, bytes_of(time, time ? strnlen(time, DAY) : 0));
	if (!c->counted.day)
		return arena_check(&c->arena);
	return from_database(tally_after(c->db, value_as_text(number_of_record(c)), &c->arena, &c->counted));
}

/* values: those of the event, n of them, and the first day on which anything is due. */
static int write_expired(struct change *c, const struct value *values, size_t n)
{
	const struct value seq = values[0], number = values[1], version = values[2], due = values[n];
	int result = database_run(c->db, apply_copy_version, VALUES(number, version));

	if (result == 0)
		result = database_run(c->db,
				      "UPDATE records SET version=?1,state='expired',request='new',next_review=NULL,due=?2,"
				      "seq=?3 WHERE number=?4",
				      VALUES(version, due, seq, number));
	if (result == 0)
		result = database_run(c->db, apply_change_event, values, n);
	return result == 0 ? database_run(c->db, apply_unfollowed, VALUES(number)) : result;
}

/* Whether it may is seen before anything is written: so an entry that does not fit leaves no trace without a mark to
 * return to, for which every page would be copied that a sweep changes. */
int apply_expire(struct change *c)
{
	struct value values[PARAMETERS_MAX];
	size_t n;
	int result;

	if (!take_all(c, apply_expire_parameters, values, &n))
		return APPLY_MALFORMED;
	result = apply_count_before(c);
	if (result)
		return result;
	if (c->counted.before.version == 0 || c->counted.before.version + 1 != values[2].number)
		return APPLY_CONFLICT;
	result = write_expired(c, values, n - 1);
	if (result == DATABASE_REFUSED) /* the store is at odds with itself */
		return APPLY_STORE_FAILS;
	return result ? from_database(result) : apply_count_after(c);
}

/* A sweep looks for the steps of many thousands of entries: the first letter passes most rows over. */
static bool is_step_of(const struct step *step, const char *op, const char *what)
{
	return op[0] == step->op[0] && text_equal(op, step->op) && (!step->what || text_equal(step->what, what));
}

bool apply_needs_no_mark(struct json_view entry)
{
	const char *op = op_of(entry), *what = json_get_text(entry, "what");
	const struct step *only = NULL;

	for (size_t i = 0; i < apply_steps_n; i++) {
		if (!is_step_of(&apply_steps[i], op, what))
			continue;
		if (only)
			return false;
		only = &apply_steps[i];
	}
	if (!only || !only->sql)
		return only && only->run == apply_expire;
	return strncmp(only->sql, "INSERT INTO ", strlen("INSERT INTO ")) == 0 && strstr(only->sql, " VALUES(");
}

int apply_entry(struct store *store, struct json_view entry)
{
	struct change c = {.store = store, .db = store->db, .entry = entry};
	const char *op = op_of(entry), *what = json_get_text(entry, "what");
	int result = APPLY_UNKNOWN_OP;

	for (size_t i = 0; i < apply_steps_n; i++) {
		const struct step *step = &apply_steps[i];

		if (!is_step_of(step, op, what))
			continue;
		c.in = step->within ? json_get(entry, step->within) : entry;
		result = 0;
		if (step->within && !json_is_object(c.in))
			continue;
		result = step->run ? step->run(&c) : run_statement(&c, step);
		if (result)
			break;
	}
	if (result == 0)
		result = from_database(tally_count(store, &c.counted));
	arena_done(&c.arena);
	store_speaks(store);
	return result;
}
