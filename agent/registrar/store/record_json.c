#include "registrar/store/record_json.h"

#include "base/text.h"

#include <assert.h>
#include <string.h>

enum kind {
	TEXT,
	SEALED, /* text, sealed */
	LINES,	/* list of texts; in the row one a line */
	SEALED_LINES,
	NUMBER, /* uint32_t; 0 is unset */
	FLAG,
	DATE,
	TERM, /* its rule */
	NAMED /* an enum by its name */
};

struct names_of {
	const char *(*name)(unsigned value);
	bool (*find)(const char *name, unsigned *ret);
};

struct field {
	const char *key; /* in JSON, and the column */
	enum kind kind;
	size_t at;
	const struct names_of *names;
};

/* The enums of the domain have functions of their own types; here they are one shape. */
#define NAMES(noun, type)                                                                                              \
	static const char *noun##_word(unsigned value)                                                                 \
	{                                                                                                              \
		return noun##_name((enum type)value);                                                                  \
	}                                                                                                              \
	static bool noun##_read(const char *name, unsigned *ret)                                                       \
	{                                                                                                              \
		enum type found;                                                                                       \
                                                                                                                       \
		if (!noun##_find(name, &found))                                                                        \
			return false;                                                                                  \
		*ret = found;                                                                                          \
		return true;                                                                                           \
	}                                                                                                              \
	static const struct names_of noun##_names = {noun##_word, noun##_read}

static const char *const entry_words[ENTRY_KINDS] = {"decided-here", "imported", "ordered"};

static const char *entry_kind_name(enum entry_kind kind)
{
	return kind < ENTRY_KINDS ? entry_words[kind] : NULL;
}

static bool entry_kind_find(const char *name, enum entry_kind *ret)
{
	for (unsigned i = 0; i < ENTRY_KINDS; i++) {
		if (!text_equal(name, entry_words[i]))
			continue;
		*ret = (enum entry_kind)i;
		return true;
	}
	return false;
}

NAMES(record_state, record_state);
NAMES(regime, regime);
NAMES(entry_kind, entry_kind);
NAMES(basis_kind, basis_kind);
NAMES(appointment_kind, appointment_kind);
NAMES(act, act);

#define F(field_kind, name)                                                                                            \
	{                                                                                                              \
#name, field_kind, offsetof(struct record, name), NULL                                                 \
	}
#define E(name, list)                                                                                                  \
	{                                                                                                              \
#name, NAMED, offsetof(struct record, name), &list##_names                                             \
	}
#define C(field_kind, part, name, key)                                                                                 \
	{                                                                                                              \
#part "_" key, field_kind, offsetof(struct record, part.name), NULL                                    \
	}
#define CLASSIFICATION(part)                                                                                           \
	C(TEXT, part, level, "level"), C(TERM, part, term, "term"),                                                    \
	    {#part "_basis", NAMED, offsetof(struct record, part.basis), &basis_kind_names},                           \
	    C(TEXT, part, item, "item"), C(SEALED_LINES, part, sources, "sources"), C(LINES, part, scope, "scope"),    \
	    C(SEALED_LINES, part, secret_points, "points"), C(SEALED, part, reason, "reason")

/* Proposal and decision stand side by side, field by field. The order is that of the columns (schema.c). */
static const struct field fields[] = {
    F(TEXT, number),
    F(TEXT, id),
    F(NUMBER, version),
    E(state, record_state),
    E(regime, regime),
    E(entry, entry_kind),
    F(TEXT, pack),
    F(TEXT, pack_version),
    F(TEXT, root),
    F(SEALED, path),
    F(TEXT, carrier),
    F(SEALED, title),
    F(TEXT, type),
    F(TEXT, department),
    F(TEXT, originator),
    F(TEXT, drafter),
    F(TEXT, drafter_role),
    F(TEXT, drafter_key),
    F(NUMBER, drafter_uid),
    F(DATE, drafted),
    F(DATE, proposed_on),
    CLASSIFICATION(proposed),
    F(FLAG, is_prohibited),
    F(TEXT, responsible),
    F(TEXT, decider_role),
    F(TEXT, decider_key),
    F(NUMBER, decider_uid),
    F(DATE, decided_on),
    F(DATE, entered_on),
    CLASSIFICATION(decided),
    E(decided_as, appointment_kind),
    F(TEXT, document_number),
    F(DATE, issued_on),
    F(NUMBER, copies),
    F(DATE, start),
    F(DATE, declassify_on),
    F(DATE, next_review),
    F(DATE, last_review),
    F(DATE, referred_on),
    F(DATE, disputed_on),
    F(SEALED, mark),
    E(request, act),
    F(DATE, requested_on),
    F(TEXT, requester),
    F(NUMBER, requester_uid),
    F(DATE, changed_on),
    F(TEXT, claimed),
    F(TEXT, floor),
    E(decision, act),
    F(TEXT, referred_to),
    F(DATE, reported_on),
    F(DATE, check_on),
    F(LINES, admissions),
    F(TERM, claimed_term),
    F(TEXT, holder),
    F(TEXT, asked_regime),
    F(SEALED_LINES, claims),
    C(LINES, proposed, categories, "categories"),
    C(LINES, decided, categories, "categories"),
};
static_assert(array_n(fields) <= RECORD_COLUMNS, "columns");

size_t record_column_n(void)
{
	return array_n(fields);
}

const char *record_column(size_t i)
{
	return fields[i].key;
}

bool record_column_is_sealed(size_t i)
{
	return fields[i].kind == SEALED || fields[i].kind == SEALED_LINES;
}

#define PLACE_MAX 96

/* A sealed cell belongs to this column of this record and opens nowhere else. */
static const char *place_of(const struct field *f, const char *number, char ret[PLACE_MAX])
{
	const char *const parts[] = {"record.", f->key, "/", number ? number : ""};
	size_t at = 0;

	for (size_t i = 0; i < array_n(parts); i++) {
		size_t n = strnlen(parts[i], PLACE_MAX - 1 - at);

		memcpy(ret + at, parts[i], n);
		at += n;
	}
	ret[at] = '\0';
	return ret;
}

/* ---- struct to JSON ---- */

static void set_lines(struct json *object, const char *key, struct texts lines)
{
	struct json *list;

	if (lines.n == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < lines.n; i++)
		json_append_text(list, lines.at[i]);
	json_set(object, key, list);
}

static void set_sealed_lines(struct json *object, const struct field *f, const struct secret *meta, const char *place,
			     struct texts lines)
{
	OWN_BUFFER struct buffer joined = {0};

	if (lines.n == 0)
		return;
	for (size_t i = 0; i < lines.n; i++) {
		buffer_add_text(&joined, i ? "\n" : "");
		buffer_add_text(&joined, lines.at[i]);
	}
	buffer_u8(&joined, 0);
	cell_set(object, f->key, meta, place, joined.failed ? "" : (const char *)joined.at);
}

static void set_field(struct json *object, const struct field *f, const struct record *record,
		      const struct secret *meta)
{
	const void *at = (const char *)record + f->at;
	char text[TERM_TEXT_MAX], place[PLACE_MAX];

	switch (f->kind) {
	case TEXT:
		json_set_text(object, f->key, *(const char *const *)at);
		break;
	case SEALED:
		cell_set(object, f->key, meta, place_of(f, record->number, place), *(const char *const *)at);
		break;
	case LINES:
		set_lines(object, f->key, *(const struct texts *)at);
		break;
	case SEALED_LINES:
		set_sealed_lines(object, f, meta, place_of(f, record->number, place), *(const struct texts *)at);
		break;
	case NUMBER:
		if (*(const uint32_t *)at)
			json_set_int(object, f->key, *(const uint32_t *)at);
		break;
	case FLAG:
		if (*(const bool *)at)
			json_set_bool(object, f->key, true);
		break;
	case DATE:
		date_format(*(const struct date *)at, text);
		json_set_text(object, f->key, text[0] ? text : NULL);
		break;
	case TERM:
		term_format_rule(at, text);
		json_set_text(object, f->key, ((const struct term *)at)->kind == TERM_NONE ? NULL : text);
		break;
	case NAMED:
		json_set_text(object, f->key, f->names->name(*(const unsigned *)at));
		break;
	}
}

struct json *record_to_json(const struct record *record, const struct secret *meta)
{
	struct json *object = json_object();

	assert(!record->is_bare); /* it would lose its texts */
	for (size_t i = 0; i < array_n(fields); i++)
		set_field(object, &fields[i], record, meta);
	return object;
}

/* ---- JSON to parameters ---- */

static bool bind_lines(struct json_view list, struct arena *a, struct value *ret)
{
	OWN_BUFFER struct buffer joined = {0};

	if (!json_is_array(list))
		return false;
	for (size_t i = 0; i < json_n(list); i++) {
		const char *line = json_as_text(json_at(list, i));

		if (!line || strchr(line, '\n'))
			return false;
		buffer_add_text(&joined, i ? "\n" : "");
		buffer_add_text(&joined, line);
	}
	*ret = value_text(arena_bytes(a, buffer_bytes(&joined)));
	return !joined.failed;
}

static bool bind_sealed(struct json_view object, const char *key, struct arena *a, struct value *ret)
{
	OWN_BUFFER struct buffer sealed = {0};
	uint8_t *kept;

	if (!json_get_bytes(object, key, &sealed))
		return false;
	kept = arena_alloc(a, sealed.n + 1);
	if (!kept)
		return false;
	memcpy(kept, sealed.at, sealed.n);
	*ret = value_bytes(bytes_of(kept, sealed.n));
	return true;
}

/* A text that the field's own reader accepts: nothing else gets into a row. */
static bool is_readable(const struct field *f, const char *text)
{
	struct term term;
	struct date date;
	unsigned number;

	if (f->kind == DATE)
		return date_parse(text, &date);
	if (f->kind == TERM)
		return term_parse_rule(text, &term);
	return f->kind != NAMED || f->names->find(text, &number);
}

static bool bind_field(struct json_view object, const struct field *f, struct arena *a, struct value *ret)
{
	struct json_view v = json_get(object, f->key);

	*ret = value_null();
	if (!json_is_present(v))
		return true;
	switch (f->kind) {
	case SEALED:
	case SEALED_LINES:
		return bind_sealed(object, f->key, a, ret);
	case LINES:
		return bind_lines(v, a, ret);
	case NUMBER:
		*ret = value_int(json_as_int(v));
		return json_is_int(v) && ret->number >= 0 && ret->number <= UINT32_MAX;
	case FLAG:
		*ret = value_int(json_get_bool(object, f->key));
		return json_is_bool(v);
	case TEXT:
	case DATE:
	case TERM:
	case NAMED:
	default:
		*ret = value_text(json_as_text(v));
		return json_is_text(v) && is_readable(f, json_as_text(v));
	}
}

bool record_bind(struct json_view object, struct arena *a, struct value ret[RECORD_COLUMNS])
{
	for (size_t i = 0; i < array_n(fields); i++)
		if (!bind_field(object, &fields[i], a, &ret[i]))
			return false;
	return json_get_text(object, "number") && json_get_text(object, "id") && json_get_int(object, "version", 0) > 0;
}

/* ---- parameters to struct ---- */

struct reading {
	const struct secret *meta;
	struct arena *arena;
	struct record *record;
};

static const char *const unopened[] = {"(sealed)"};

/* Rules ask a sweep's thousands of records what they were derived from, who claims what, and whether a reason is there. */
static bool stays_sealed(const struct reading *to, const struct field *f)
{
	return to->record->is_bare && f->at != offsetof(struct record, proposed.sources) &&
	       f->at != offsetof(struct record, decided.sources) && f->at != offsetof(struct record, claims);
}

/* value_text() of arena memory and column texts are NUL-terminated. */
static const char *as_text(const struct value *v)
{
	return (const char *)v->bytes.at;
}

static bool read_field(const struct reading *to, const struct field *f, const struct value *v)
{
	void *at = (char *)to->record + f->at;
	char place[PLACE_MAX];
	const char *text;

	if (v->kind == VALUE_NULL)
		return true;
	switch (f->kind) {
	case TEXT:
		*(const char **)at = arena_text(to->arena, as_text(v));
		return true;
	case SEALED:
		if (stays_sealed(to, f)) {
			*(const char **)at = unopened[0];
			return true;
		}
		*(const char **)at = cell_text(to->arena, to->meta, place_of(f, to->record->number, place), v->bytes);
		return true;
	case LINES:
		*(struct texts *)at = arena_lines(to->arena, v->bytes);
		return true;
	case SEALED_LINES:
		if (stays_sealed(to, f)) {
			*(struct texts *)at = (struct texts){unopened, array_n(unopened)};
			return true;
		}
		text = cell_text(to->arena, to->meta, place_of(f, to->record->number, place), v->bytes);
		*(struct texts *)at = arena_lines(to->arena, bytes_of_text(text));
		return true;
	case NUMBER:
		*(uint32_t *)at = (uint32_t)v->number;
		return true;
	case FLAG:
		*(bool *)at = v->number != 0;
		return true;
	case DATE:
		return date_parse(as_text(v), at);
	case TERM:
		return term_parse_rule(as_text(v), at);
	case NAMED:
	default:
		return f->names->find(as_text(v), at);
	}
}

bool record_from_json(struct json_view object, const struct secret *meta, struct arena *a, struct record *ret)
{
	struct reading to = {meta, a, ret};
	struct value values[RECORD_COLUMNS];

	*ret = (struct record){0};
	if (!record_bind(object, a, values))
		return false;
	for (size_t i = 0; i < array_n(fields); i++)
		if (!read_field(&to, &fields[i], &values[i]))
			return false;
	return true;
}

static bool read_row(struct statement *s, int first, const struct reading *to)
{
	for (size_t i = 0; i < array_n(fields); i++) {
		struct value v = column_value(s, first + (int)i);

		if (!read_field(to, &fields[i], &v))
			return false;
	}
	return true;
}

bool record_from_row(struct statement *s, int first, const struct secret *meta, struct arena *a, struct record *ret)
{
	*ret = (struct record){0};
	return read_row(s, first, &(struct reading){meta, a, ret});
}

bool record_from_row_bare(struct statement *s, int first, const struct secret *meta, struct arena *a, struct record *ret)
{
	*ret = (struct record){.is_bare = true};
	return read_row(s, first, &(struct reading){meta, a, ret});
}
