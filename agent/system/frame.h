/*
 * Messages as C structs, made from the rows of classd/frames.h:
 *   struct frame_seen { uint32_t root; const char *path; ... };
 *   FRAME_TYPE_seen (its code) and frame_type_seen (its description).
 */
#ifndef SYSTEM_FRAME_H
#define SYSTEM_FRAME_H

#include "base/bytes.h"
#include "classd/frames.h"

#define FRAME_C_u8(field)    uint8_t field;
#define FRAME_C_u32(field)   uint32_t field;
#define FRAME_C_u64(field)   uint64_t field;
#define FRAME_C_text(field)  const char *field;
#define FRAME_C_bytes(field) struct bytes field;
#define FRAME_C_hash(field)  uint8_t field[FRAME_HASH];

#define FRAME_MEMBER_(self, kind, field) FRAME_C_##kind(field)
#define FRAME_STRUCT_(code, message)                                                                                   \
	struct frame_##message {                                                                                       \
		FRAME_##message(FRAME_MEMBER_, 0) uint8_t end_[0];                                                     \
	};
FRAMES(FRAME_STRUCT_)

#define FRAME_CODE_(code, message) FRAME_TYPE_##message = code,
enum frame_code { FRAMES(FRAME_CODE_) };

enum frame_kind { FRAME_KIND_u8, FRAME_KIND_u32, FRAME_KIND_u64, FRAME_KIND_text, FRAME_KIND_bytes, FRAME_KIND_hash };

struct frame_field {
	enum frame_kind kind;
	const char *name;
	size_t offset;
};

struct frame_type {
	uint16_t code;
	const char *name;
	const struct frame_field *fields;
	size_t n_fields;
	size_t size; /* of the struct */
};

#define FRAME_DECLARE_(code, message) extern const struct frame_type frame_type_##message;
FRAMES(FRAME_DECLARE_)

/* Storage for any message. */
#define FRAME_UNION_(code, message) struct frame_##message message;
union frame_any {
	FRAMES(FRAME_UNION_)
};

/* NULL: no such message. */
const struct frame_type *frame_type_find(uint16_t code);

/* Appends one message; NULL text is empty text. The buffer's failed flag tells of memory. */
void frame_encode(struct buffer *b, const struct frame_type *type, const void *message);

enum frame_outcome { FRAME_END = 1, FRAME_MALFORMED };

/*
 * Takes the next message of a received frame; its text and bytes point into
 * the frame. 0; FRAME_END when the frame is used up; FRAME_MALFORMED for an
 * unknown code, a wrong length, or text with a NUL inside: the rest of the
 * frame is then void.
 */
int frame_decode(struct cursor *c, const struct frame_type **ret_type, union frame_any *ret) MUST_CHECK;

#endif
