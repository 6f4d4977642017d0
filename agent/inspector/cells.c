#include "inspector/cells.h"

#include "base/text.h"

#include <string.h>

#define TEXTS_MAX 1000000u /* of which it is remembered where they stand */

void cells_done(struct cells *c)
{
	buffer_done(&c->sheets);
	buffer_done(&c->value);
}

void cells_begin(struct cells *c, const char *local, const char *type)
{
	if (strcmp(local, "c") == 0)
		c->is_shared = text_equal(type, "s");
	c->is_open = c->is_shared && strcmp(local, "v") == 0;
	if (c->is_open)
		buffer_clear(&c->value);
}

void cells_text(struct cells *c, struct bytes text)
{
	if (c->is_open && c->value.n + text.n < 16)
		buffer_add_bytes(&c->value, text);
}

static void use(struct cells *c, uint32_t text, uint32_t sheet)
{
	size_t at = (size_t)text * sizeof(sheet), end = at + sizeof(sheet), had = c->sheets.n;
	uint32_t first = 0;

	if (had < end) {
		uint8_t *room = buffer_reserve(&c->sheets, end - had);

		if (!room)
			return;
		memset(room, 0, end - had);
		c->sheets.n = end;
	}
	memcpy(&first, c->sheets.at + at, sizeof(first));
	if (!first)
		memcpy(c->sheets.at + at, &sheet, sizeof(sheet));
}

void cells_end(struct cells *c, const char *local, uint32_t sheet)
{
	uint64_t text = 0;

	if (!c->is_open || strcmp(local, "v") != 0)
		return;
	c->is_open = false;
	buffer_u8(&c->value, 0);
	if (!c->value.failed && text_to_u64((const char *)c->value.at, TEXTS_MAX - 1, &text))
		use(c, (uint32_t)text, sheet);
}

bool cells_next(struct cells *c)
{
	c->texts += c->texts < TEXTS_MAX;
	return c->texts < TEXTS_MAX;
}

void cells_settle(const struct cells *c, struct extract_place *place)
{
	size_t at = (size_t)(place->number - 1) * sizeof(uint32_t);
	uint32_t sheet = 0;

	if (place->kind != PLACE_CELL)
		return;
	if (place->number && at + sizeof(sheet) <= c->sheets.n)
		memcpy(&sheet, c->sheets.at + at, sizeof(sheet));
	place->kind = sheet ? PLACE_SHEET : PLACE_CELL;
	place->number = sheet;
}
