#include "protector/record.h"

#include "base/text.h"

#include <string.h>

#define FIRST_LINE "classd-protector/v1"
#define LINE_MAX   ((size_t)8192)

/* Takes the next line off; false: no newline ends it, or it is no text for one. malloc'ed. */
static bool next_line(struct bytes *left, char **ret)
{
	const uint8_t *end = left->n ? memchr(left->at, '\n', left->n) : NULL;
	OWN_BUFFER struct buffer line = {0};

	if (!end)
		return false;
	buffer_add(&line, left->at, (size_t)(end - left->at));
	left->n -= (size_t)(end - left->at) + 1;
	left->at = end + 1;
	*ret = buffer_steal_text(&line);
	return *ret && text_is_line(*ret, LINE_MAX);
}

static bool next_is(struct bytes *left, const char *wanted)
{
	OWN_MEM char *line = NULL;

	return next_line(left, &line) && text_equal(line, wanted);
}

static bool next_value(struct bytes *left, const char *name, char **ret)
{
	OWN_MEM char *line = NULL;
	size_t n = strlen(name);

	if (!next_line(left, &line) || !text_starts(line, name) || line[n] != ' ' || line[n + 1] == 0)
		return false;
	*ret = text_copy(line + n + 1);
	return *ret != NULL;
}

bool record_parse(struct bytes file, struct record_text *ret)
{
	OWN_MEM char *kind = text_format("kind %s", ret->kind);
	bool is_good = kind && next_is(&file, FIRST_LINE) && next_is(&file, kind);

	for (size_t i = 0; is_good && ret->names[i]; i++)
		is_good = next_value(&file, ret->names[i], &ret->values[i]);
	return is_good && file.n == 0;
}

void record_write(const struct record_text *record, struct buffer *ret)
{
	buffer_add_format(ret, FIRST_LINE "\nkind %s\n", record->kind);
	for (size_t i = 0; record->names[i]; i++)
		buffer_add_format(ret, "%s %s\n", record->names[i], record->values[i]);
}

void record_done(struct record_text *record)
{
	for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
		free(record->values[i]);
}

bool record_bytes(const char *value, struct buffer *ret)
{
	size_t n = strlen(value) / 2;
	uint8_t *at = n ? buffer_reserve(ret, n) : NULL;

	if (!at || !text_from_hex(value, at, n))
		return false;
	ret->n += n;
	return true;
}

char *record_hex(struct bytes b)
{
	char *hex = malloc(2 * b.n + 1);

	if (hex)
		text_hex(b.at, b.n, hex);
	return hex;
}
