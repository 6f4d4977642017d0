/* One encoder and one decoder for all messages, driven by their field tables. The decoder owns every bound. */
#include "system/frame.h"

#include <string.h>

#define FRAME_ROW_(self, kind_, field) {FRAME_KIND_##kind_, #field, offsetof(struct self, field)},
#define FRAME_TABLE_(code_, message)                                                                                   \
	static const struct frame_field fields_##message[] = {FRAME_##message(FRAME_ROW_, frame_##message){0}};        \
	const struct frame_type frame_type_##message = {                                                               \
	    .code = code_,                                                                                             \
	    .name = #message,                                                                                          \
	    .fields = fields_##message,                                                                                \
	    .n_fields = array_n(fields_##message) - 1,                                                                 \
	    .size = sizeof(struct frame_##message),                                                                    \
	};
FRAMES(FRAME_TABLE_)

#define FRAME_LIST_(code_, message) &frame_type_##message,
static const struct frame_type *const frame_types[] = {FRAMES(FRAME_LIST_)};

const struct frame_type *frame_type_find(uint16_t code)
{
	for (size_t i = 0; i < array_n(frame_types); i++)
		if (frame_types[i]->code == code)
			return frame_types[i];
	return NULL;
}

static void encode_block(struct buffer *b, struct bytes block)
{
	buffer_u32(b, (uint32_t)block.n);
	buffer_add_bytes(b, block);
}

static void encode_field(struct buffer *b, const struct frame_field *field, const void *at)
{
	const char *text;

	switch (field->kind) {
	case FRAME_KIND_u8:
		buffer_u8(b, *(const uint8_t *)at);
		return;
	case FRAME_KIND_u32:
		buffer_u32(b, *(const uint32_t *)at);
		return;
	case FRAME_KIND_u64:
		buffer_u64(b, *(const uint64_t *)at);
		return;
	case FRAME_KIND_text:
		text = *(const char *const *)at;
		encode_block(b, bytes_of_text(text ? text : ""));
		buffer_u8(b, 0);
		return;
	case FRAME_KIND_bytes:
		encode_block(b, *(const struct bytes *)at);
		return;
	case FRAME_KIND_hash:
		buffer_add(b, at, FRAME_HASH);
		return;
	}
}

void frame_encode(struct buffer *b, const struct frame_type *type, const void *message)
{
	size_t start;
	uint32_t length;

	buffer_u16(b, type->code);
	start = b->n;
	buffer_u32(b, 0);
	for (size_t i = 0; i < type->n_fields; i++)
		encode_field(b, &type->fields[i], (const char *)message + type->fields[i].offset);
	if (b->failed)
		return;
	length = __builtin_bswap32((uint32_t)(b->n - start - sizeof(length)));
	memcpy(b->at + start, &length, sizeof(length));
}

static void decode_text(struct cursor *c, const char **ret)
{
	struct bytes text = cursor_take(c, cursor_u32(c));

	if (cursor_u8(c) != 0 || c->bad || memchr(text.at, 0, text.n))
		c->bad = true;
	else
		*ret = (const char *)text.at;
}

static void decode_field(struct cursor *c, const struct frame_field *field, void *at)
{
	switch (field->kind) {
	case FRAME_KIND_u8:
		*(uint8_t *)at = cursor_u8(c);
		return;
	case FRAME_KIND_u32:
		*(uint32_t *)at = cursor_u32(c);
		return;
	case FRAME_KIND_u64:
		*(uint64_t *)at = cursor_u64(c);
		return;
	case FRAME_KIND_text:
		decode_text(c, at);
		return;
	case FRAME_KIND_bytes:
		*(struct bytes *)at = cursor_take(c, cursor_u32(c));
		return;
	case FRAME_KIND_hash:
		cursor_copy(c, at, FRAME_HASH);
		return;
	}
}

int frame_decode(struct cursor *c, const struct frame_type **ret_type, union frame_any *ret)
{
	const struct frame_type *type;
	struct cursor fields;
	uint16_t code;

	if (cursor_at_end(c))
		return FRAME_END;
	code = cursor_u16(c);
	fields = cursor_of(cursor_take(c, cursor_u32(c)));
	type = frame_type_find(code);
	if (c->bad || !type)
		return FRAME_MALFORMED;
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < type->n_fields; i++)
		decode_field(&fields, &type->fields[i], (char *)ret + type->fields[i].offset);
	if (!cursor_at_end(&fields)) {
		c->bad = true;
		return FRAME_MALFORMED;
	}
	*ret_type = type;
	return 0;
}
