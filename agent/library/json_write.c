/* Canonical JSON: what jansson writes with sorted keys and no spaces, byte for byte, at a third of the price; the
 * journal's entries are hashed as they are written here. */
#include "library/json.h"

#include "base/text.h"

#include <string.h>

#define FEW  ((size_t)24)
#define ROOM ((size_t)4000) /* of most entries: a text that grows by and by is moved each time */

static void write_escape(struct buffer *to, uint8_t c)
{
	static const char escapes[] = "\bb\ff\nn\rr\tt\"\"\\\\"; /* each with its letter behind it */

	for (size_t i = 0; escapes[i]; i += 2) {
		if (c != (uint8_t)escapes[i])
			continue;
		buffer_u8(to, '\\');
		buffer_u8(to, (uint8_t)escapes[i + 1]);
		return;
	}
	buffer_add_format(to, "\\u%04X", c);
}

/* How much of it is written as it is: base64 and words are, whole, and are passed over eight bytes at a time. */
static size_t length_plain(const char *text)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	size_t n = strlen(text), at = 0;

	for (; at + sizeof(uint64_t) <= n; at += sizeof(uint64_t)) {
		uint64_t word, quote, slash;

		memcpy(&word, text + at, sizeof(word));
		quote = word ^ ones * '"';
		slash = word ^ ones * '\\';
		if (((word - ones * 0x20) | (quote - ones) | (slash - ones)) & ~word & highs)
			break;
	}
	return at;
}

static void write_text(struct buffer *to, const char *text)
{
	const char *from = text, *at = text + length_plain(text);

	buffer_u8(to, '"');
	for (; *at; at++) {
		uint8_t c = (uint8_t)*at;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buffer_add(to, from, (size_t)(at - from));
		write_escape(to, c);
		from = at + 1;
	}
	buffer_add(to, from, (size_t)(at - from));
	buffer_u8(to, '"');
}

static int compare_members(const void *a, const void *b)
{
	return strcmp(((const struct json_member *)a)->key, ((const struct json_member *)b)->key);
}

/* An entry has some twenty: then this is a third of what qsort() takes. */
static void sort_few(struct json_member *members, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct json_member moved = members[i];
		size_t at = i;

		for (; at > 0 && strcmp(members[at - 1].key, moved.key) > 0; at--)
			members[at] = members[at - 1];
		members[at] = moved;
	}
}

static void write_value(struct buffer *to, struct json_view v);

static void write_object(struct buffer *to, struct json_view object)
{
	OWN_MEM struct json_member *members = calloc(json_n(object) + 1, sizeof(*members));
	size_t n;

	if (!members) {
		to->failed = true;
		return;
	}
	n = json_members(object, members);
	if (n <= FEW)
		sort_few(members, n);
	else
		qsort(members, n, sizeof(*members), compare_members);
	buffer_u8(to, '{');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buffer_u8(to, ',');
		write_text(to, members[i].key);
		buffer_u8(to, ':');
		write_value(to, members[i].value);
	}
	buffer_u8(to, '}');
}

static void write_int(struct buffer *to, int64_t number)
{
	char digits[24], *at = digits + sizeof(digits);
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do
		*--at = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (number < 0)
		*--at = '-';
	buffer_add(to, at, (size_t)(digits + sizeof(digits) - at));
}

static void write_array(struct buffer *to, struct json_view array)
{
	buffer_u8(to, '[');
	for (size_t i = 0; i < json_n(array); i++) {
		if (i > 0)
			buffer_u8(to, ',');
		write_value(to, json_at(array, i));
	}
	buffer_u8(to, ']');
}

static void write_scalar(struct buffer *to, struct json_view v)
{
	char text[JSON_SCALAR_MAX];
	size_t n = json_scalar_text(v, text);

	buffer_add(to, text, n);
	to->failed = to->failed || n == 0;
}

static void write_value(struct buffer *to, struct json_view v)
{
	if (json_is_text(v))
		write_text(to, json_as_text(v));
	else if (json_is_int(v))
		write_int(to, json_as_int(v));
	else if (json_is_object(v))
		write_object(to, v);
	else if (json_is_array(v))
		write_array(to, v);
	else
		write_scalar(to, v);
}

char *json_view_text(struct json_view view)
{
	OWN_BUFFER struct buffer text = {0};

	if (!view.at || !buffer_reserve(&text, ROOM))
		return NULL;
	write_value(&text, view);
	return buffer_steal_text(&text);
}

char *json_text(const struct json *value)
{
	return json_has_failed(value) ? NULL : json_view_text(json_look(value));
}
