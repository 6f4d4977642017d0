/*
 * JSON (jansson behind it). Building: struct json, owned; a step that runs out
 * of memory marks the value failed, and only json_text() tells. Reading:
 * struct json_view, a borrowed look at a part of a parsed or built value; an
 * absent part is a view that answers NULL, false or 0 to everything.
 */
#ifndef LIBRARY_JSON_H
#define LIBRARY_JSON_H

#include "base/bytes.h"
#include "base/date.h"

struct json;

/* jansson exports functions of three of these names; with symbols of their own they do not come before them. */
struct json *json_object(void) __asm__("classd_json_object"); /* NULL is accepted (as failed) by every function below */
struct json *json_array(void) __asm__("classd_json_array");
void json_free(struct json *value);
DEFINE_OWNED(json, struct json, json_free);

void json_set(struct json *object, const char *key, struct json *value); /* takes value */
void json_set_text(struct json *object, const char *key,
		   const char *text); /* NULL: the key is left out; text must be UTF-8 */
void json_set_date(struct json *object, const char *key, struct date date); /* "2026-03-01"; unset: "" */
void json_set_int(struct json *object, const char *key, int64_t number);
void json_set_real(struct json *object, const char *key, double number); /* answers only: journal entries have none */
void json_set_bool(struct json *object, const char *key, bool value);
void json_set_bytes(struct json *object, const char *key, struct bytes b); /* as base64 */
void json_append(struct json *array, struct json *value);		   /* takes value */
void json_append_text(struct json *array, const char *text);

/* Canonical: keys sorted, no spaces, UTF-8. malloc'ed. NULL: a step failed. */
char *json_text(const struct json *value);

enum json_outcome { JSON_MALFORMED = 1, JSON_TOO_DEEP, JSON_DUPLICATE_KEY };
#define JSON_DEPTH_MAX 8

/* One value and nothing after it. Depth and duplicate keys are checked. Outcomes above, or 0. */
int json_parse(struct bytes text, struct json **ret) MUST_CHECK;

struct json_view {
	const void *at;
};
struct json_view json_look(const struct json *value);
char *json_view_text(struct json_view view); /* as json_text(), of a part */
struct json *json_copy(struct json_view view) __asm__("classd_json_copy"); /* deep, owned */
bool json_is_present(struct json_view v);				   /* there, and not null */
bool json_is_object(struct json_view v);
bool json_is_array(struct json_view v);
bool json_is_text(struct json_view v);
bool json_is_int(struct json_view v);
bool json_is_bool(struct json_view v);

struct json_view json_get(struct json_view object, const char *key);
const char *json_get_text(struct json_view object, const char *key); /* NULL: absent or not text */
int64_t json_get_int(struct json_view object, const char *key, int64_t otherwise);
bool json_get_bool(struct json_view object, const char *key);
/* base64 into b; false: absent or not base64. */
bool json_get_bytes(struct json_view object, const char *key, struct buffer *b);
size_t json_n(struct json_view array_or_object);
struct json_view json_at(struct json_view array, size_t i);
const char *
json_key(struct json_view object, size_t i,
	 struct json_view *ret_value); /* NULL: no such member; in key order when parsed, as set when built */
const char *json_as_text(struct json_view v);
int64_t json_as_int(struct json_view v);

/* For json_write.c. ret has room for json_n(object). */
struct json_member {
	const char *key;
	struct json_view value;
};
size_t json_members(struct json_view object, struct json_member *ret);
#define JSON_SCALAR_MAX 64
/* Of what is neither text nor a collection, and its length; 0: it has no text. */
size_t json_scalar_text(struct json_view v, char ret[JSON_SCALAR_MAX]);
bool json_has_failed(const struct json *value);

#endif
