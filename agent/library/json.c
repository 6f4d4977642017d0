/* jansson has functions of three of our names: here they go by others, and json.h gives ours symbols of their own. */
#define json_object jansson_object
#define json_array  jansson_array
#define json_copy   jansson_copy
#include <jansson.h>
#undef json_object
#undef json_array
#undef json_copy
#undef json_is_object
#undef json_is_array

json_t *jansson_object(void) __asm__("json_object");
json_t *jansson_array(void) __asm__("json_array");

#include "library/json.h"

#include "base/text.h"
#include "format/base64.h"

#include <errno.h>
#include <string.h>

#define ROOM_PER_BYTE ((size_t)64)
#define ROOM_AT_LEAST ((size_t)1024)

struct json {
	json_t *value;
	bool failed; /* a step ran out of memory, or was given text that is not UTF-8 */
};

/* Takes value. */
static struct json *wrap(json_t *value)
{
	struct json *made = value ? calloc(1, sizeof(*made)) : NULL;

	if (!made) {
		json_decref(value);
		return NULL;
	}
	made->value = value;
	return made;
}

struct json *json_object(void)
{
	return wrap(jansson_object());
}

struct json *json_array(void)
{
	return wrap(jansson_array());
}

void json_free(struct json *value)
{
	if (!value)
		return;
	json_decref(value->value);
	free(value);
}

/* Takes value, which may be NULL (memory ran out): then the object fails. */
static void set_raw(struct json *object, const char *key, json_t *value)
{
	if (!object) {
		json_decref(value);
		return;
	}
	if (json_object_set_new(object->value, key, value))
		object->failed = true;
}

static void append_raw(struct json *array, json_t *value)
{
	if (!array) {
		json_decref(value);
		return;
	}
	if (json_array_append_new(array->value, value))
		array->failed = true;
}

/* The inside of a value that is given away; NULL when a step of it failed. */
static json_t *unwrap(struct json *value)
{
	json_t *inside = value && !value->failed ? json_incref(value->value) : NULL;

	json_free(value);
	return inside;
}

void json_set(struct json *object, const char *key, struct json *value)
{
	set_raw(object, key, unwrap(value));
}

void json_set_text(struct json *object, const char *key, const char *text)
{
	if (text)
		set_raw(object, key, json_string(text));
}

void json_set_date(struct json *object, const char *key, struct date date)
{
	char text[11];

	date_format(date, text);
	json_set_text(object, key, text);
}

void json_set_int(struct json *object, const char *key, int64_t number)
{
	set_raw(object, key, json_integer(number));
}

void json_set_real(struct json *object, const char *key, double number)
{
	set_raw(object, key, json_real(number));
}

void json_set_bool(struct json *object, const char *key, bool value)
{
	set_raw(object, key, json_boolean(value));
}

void json_set_bytes(struct json *object, const char *key, struct bytes b)
{
	OWN_BUFFER struct buffer text = {0};

	base64_encode(b, BASE64_PADDED, &text);
	set_raw(object, key, text.failed ? NULL : json_stringn((const char *)text.at, text.n));
}

void json_append(struct json *array, struct json *value)
{
	append_raw(array, unwrap(value));
}

void json_append_text(struct json *array, const char *text)
{
	append_raw(array, text ? json_string(text) : NULL);
}

size_t json_members(struct json_view object, struct json_member *ret)
{
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)object.at, key, value) ret[n++] = (struct json_member){key, {value}};
	return n;
}

size_t json_scalar_text(struct json_view v, char ret[JSON_SCALAR_MAX])
{
	size_t n = json_dumpb(v.at, ret, JSON_SCALAR_MAX, JSON_COMPACT | JSON_ENCODE_ANY);

	return n <= JSON_SCALAR_MAX ? n : 0;
}

bool json_has_failed(const struct json *value)
{
	return !value || value->failed;
}

/* jansson recurses: a hostile nesting is refused before it sees it. */
static bool is_too_deep(struct bytes text)
{
	bool in_text = false;
	size_t depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.at[i];

		if (in_text) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_text = false;
		} else if (c == '"') {
			in_text = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_in_key_order(json_t *object)
{
	const char *key, *before = NULL;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (before && strcmp(before, key) > 0)
			return false;
		before = key;
	}
	return true;
}

static json_t *sorted(json_t *value);

/* A new object with the members in key order, so that walking it is canonical. NULL: no memory. */
static json_t *sorted_object(json_t *object)
{
	size_t n = json_object_size(object), i = 0;
	OWN_MEM const char **keys = calloc(n ? n : 1, sizeof(*keys));
	json_t *made = json_pack("{}");
	const char *key;
	json_t *value;

	if (!keys || !made) {
		json_decref(made);
		return NULL;
	}
	json_object_foreach(object, key, value) keys[i++] = key;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (i = 0; i < n; i++) {
		if (json_object_set_new(made, keys[i], sorted(json_object_get(object, keys[i])))) {
			json_decref(made);
			return NULL;
		}
	}
	return made;
}

static bool sort_array(json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (json_array_set_new(array, i, sorted(json_array_get(array, i))))
			return false;
	return true;
}

/* A new reference to the value with every object in it in key order; NULL: no memory. Depth is bounded before. */
static json_t *sorted(json_t *value)
{
	const char *key;
	json_t *member;

	if (json_typeof(value) == JSON_ARRAY)
		return sort_array(value) ? json_incref(value) : NULL;
	if (json_typeof(value) != JSON_OBJECT)
		return json_incref(value);
	if (!is_in_key_order(value))
		return sorted_object(value);
	json_object_foreach(value, key, member)
	{
		if (json_typeof(member) != JSON_OBJECT && json_typeof(member) != JSON_ARRAY)
			continue;
		if (json_object_set_new(value, key, sorted(member)))
			return NULL;
	}
	return json_incref(value);
}

/* Without memory jansson 2.14 may write behind the end of a text that it could not keep whole. So it is only let at a
 * text when there is plenty: more than any value takes that is written in so many bytes. */
static bool has_room_for(struct bytes text)
{
	void *room = text.n < SIZE_MAX / ROOM_PER_BYTE / 2 ? malloc(text.n * ROOM_PER_BYTE + ROOM_AT_LEAST) : NULL;

	free(room);
	return room;
}

int json_parse(struct bytes text, struct json **ret)
{
	json_error_t error;
	json_t *parsed, *in_order;
	struct json *made;

	if (is_too_deep(text))
		return JSON_TOO_DEEP;
	if (!has_room_for(text))
		return FAULT(ENOMEM, "json");
	errno = 0;
	parsed = json_loadb((const char *)text.at, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	/* jansson calls it an invalid token when it had no memory for one: malloc() says it. */
	if (!parsed && (errno == ENOMEM || json_error_code(&error) == json_error_out_of_memory))
		return FAULT(ENOMEM, "json");
	if (!parsed && json_error_code(&error) == json_error_duplicate_key)
		return JSON_DUPLICATE_KEY;
	if (!parsed)
		return JSON_MALFORMED;
	in_order = sorted(parsed);
	json_decref(parsed);
	made = wrap(in_order);
	if (!made)
		return FAULT(ENOMEM, "json");
	*ret = made;
	return 0;
}

static const json_t *inside(struct json_view v)
{
	return v.at;
}

struct json_view json_look(const struct json *value)
{
	return (struct json_view){value ? value->value : NULL};
}

struct json *json_copy(struct json_view view)
{
	return view.at ? wrap(json_deep_copy(view.at)) : NULL;
}

static bool is_a(struct json_view v, json_type type)
{
	return v.at && json_typeof(inside(v)) == type;
}

bool json_is_present(struct json_view v)
{
	return v.at && json_typeof(inside(v)) != JSON_NULL;
}

bool json_is_object(struct json_view v)
{
	return is_a(v, JSON_OBJECT);
}

bool json_is_array(struct json_view v)
{
	return is_a(v, JSON_ARRAY);
}

bool json_is_text(struct json_view v)
{
	return is_a(v, JSON_STRING);
}

bool json_is_int(struct json_view v)
{
	return is_a(v, JSON_INTEGER);
}

bool json_is_bool(struct json_view v)
{
	return is_a(v, JSON_TRUE) || is_a(v, JSON_FALSE);
}

struct json_view json_get(struct json_view object, const char *key)
{
	return (struct json_view){json_object_get(object.at, key)};
}

const char *json_get_text(struct json_view object, const char *key)
{
	return json_as_text(json_get(object, key));
}

int64_t json_get_int(struct json_view object, const char *key, int64_t otherwise)
{
	struct json_view v = json_get(object, key);

	return json_is_int(v) ? json_as_int(v) : otherwise;
}

bool json_get_bool(struct json_view object, const char *key)
{
	return is_a(json_get(object, key), JSON_TRUE);
}

bool json_get_bytes(struct json_view object, const char *key, struct buffer *b)
{
	struct json_view v = json_get(object, key);
	struct bytes text;
	uint8_t *room;
	size_t n;

	if (!json_is_text(v))
		return false;
	text = bytes_of(json_string_value(inside(v)), json_string_length(inside(v)));
	room = buffer_reserve(b, base64_decoded_room(text.n) + 1);
	if (!room || !base64_decode(text, BASE64_PADDED, room, &n))
		return false;
	b->n += n;
	return true;
}

size_t json_n(struct json_view array_or_object)
{
	if (json_is_array(array_or_object))
		return json_array_size(inside(array_or_object));
	return json_is_object(array_or_object) ? json_object_size(inside(array_or_object)) : 0;
}

struct json_view json_at(struct json_view array, size_t i)
{
	return (struct json_view){json_array_get(array.at, i)};
}

const char *json_key(struct json_view object, size_t i, struct json_view *ret_value)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return NULL;
	json_object_foreach((json_t *)(uintptr_t)object.at, key, value)
	{
		if (i-- > 0)
			continue;
		if (ret_value)
			ret_value->at = value;
		return key;
	}
	return NULL;
}

const char *json_as_text(struct json_view v)
{
	return v.at ? json_string_value(inside(v)) : NULL;
}

int64_t json_as_int(struct json_view v)
{
	return v.at ? json_integer_value(inside(v)) : 0;
}
