/*
 * Bytes: a borrowed view, a growing buffer, and a cursor that cannot read past
 * its end. Buffer and cursor remember failure, so a sequence of steps is
 * checked once, at its end. Numbers are big-endian.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/err.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed: somebody else keeps the memory alive. */
struct bytes {
	const uint8_t *at;
	size_t n;
};

struct bytes bytes_of(const void *at, size_t n);
struct bytes bytes_of_text(const char *text); /* without the NUL; NULL is empty */
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);
/* Memory for n bytes that files are read into, for free(): it begins on a page. The kernel copies five times as fast to
 * such a place as to the 16 bytes behind one that malloc gives. NULL when memory ran out. */
uint8_t *bytes_block(size_t n);

/* Owned and growing. {0} is an empty buffer. failed: memory ran out, content is void. */
struct buffer {
	uint8_t *at;
	size_t n;
	size_t room;
	bool failed;
};

void buffer_done(struct buffer *b); /* frees; the buffer is empty again */
void buffer_clear(struct buffer *b);
void buffer_add(struct buffer *b, const void *at, size_t n);
void buffer_add_bytes(struct buffer *b, struct bytes more);
void buffer_add_text(struct buffer *b, const char *text);
void buffer_add_format(struct buffer *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buffer_u8(struct buffer *b, uint8_t v);
void buffer_u16(struct buffer *b, uint16_t v);
void buffer_u32(struct buffer *b, uint32_t v);
void buffer_u64(struct buffer *b, uint64_t v);
/* Room for n bytes to be written by the caller, who then adds to b->n; NULL when memory ran out. */
uint8_t *buffer_reserve(struct buffer *b, size_t n);
void buffer_drop_front(struct buffer *b, size_t n); /* forgets the first n bytes */
/* NUL-terminated content as malloc'ed text; the buffer becomes empty. NULL when it failed. */
char *buffer_steal_text(struct buffer *b);
/* 0, or the fault ENOMEM when the buffer failed. */
int buffer_check(const struct buffer *b) MUST_CHECK;
static inline struct bytes buffer_bytes(const struct buffer *b)
{
	return (struct bytes){b->at, b->n};
}

static inline void buffer_own_(struct buffer *b)
{
	buffer_done(b);
}
#define OWN_BUFFER __attribute__((cleanup(buffer_own_)))

/* Reads untrusted bytes. After the first step too far `bad` is set and every read answers 0 or empty. */
struct cursor {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct cursor cursor_of(struct bytes b);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
struct bytes cursor_take(struct cursor *c, size_t n);
/* Copies exactly n bytes, or sets bad and leaves ret untouched. */
void cursor_copy(struct cursor *c, void *ret, size_t n);
static inline bool cursor_at_end(const struct cursor *c)
{
	return !c->bad && c->left == 0;
}

#endif
