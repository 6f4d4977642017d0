/* Buffers and cursors: the only place that moves bytes by computed lengths. */
#include "base/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct bytes bytes_of(const void *at, size_t n)
{
	return (struct bytes){at, n};
}

struct bytes bytes_of_text(const char *text)
{
	return (struct bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

bool bytes_equal_text(struct bytes a, const char *text)
{
	return bytes_equal(a, bytes_of_text(text));
}

uint8_t *bytes_block(size_t n)
{
	const size_t page = 4096;

	return n > SIZE_MAX - page ? NULL : aligned_alloc(page, (n + page - 1) / page * page);
}

void buffer_done(struct buffer *b)
{
	free(b->at);
	*b = (struct buffer){0};
}

void buffer_clear(struct buffer *b)
{
	b->n = 0;
	b->failed = false;
}

uint8_t *buffer_reserve(struct buffer *b, size_t n)
{
	size_t room;
	uint8_t *at;

	if (b->failed)
		return NULL;
	if (b->room - b->n >= n && b->at)
		return b->at + b->n;
	if (__builtin_add_overflow(b->n, n, &room) || room > SIZE_MAX / 2) {
		b->failed = true;
		return NULL;
	}
	room = room < 64 ? 128 : room < 4096 ? 2 * room : room + room / 2;
	at = realloc(b->at, room);
	if (!at) {
		b->failed = true;
		return NULL;
	}
	b->at = at;
	b->room = room;
	return b->at + b->n;
}

void buffer_add(struct buffer *b, const void *at, size_t n)
{
	uint8_t *to = buffer_reserve(b, n);

	if (!to || n == 0)
		return;
	memcpy(to, at, n);
	b->n += n;
}

void buffer_add_bytes(struct buffer *b, struct bytes more)
{
	buffer_add(b, more.at, more.n);
}

void buffer_add_text(struct buffer *b, const char *text)
{
	buffer_add(b, text, strlen(text));
}

void buffer_add_format(struct buffer *b, const char *format, ...)
{
	va_list args;
	uint8_t *to;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	to = n < 0 ? NULL : buffer_reserve(b, (size_t)n + 1);
	if (!to) {
		b->failed = true;
		return;
	}
	va_start(args, format);
	(void)vsnprintf((char *)to, (size_t)n + 1, format, args); /* measured above */
	va_end(args);
	b->n += (size_t)n;
}

void buffer_u8(struct buffer *b, uint8_t v)
{
	buffer_add(b, &v, 1);
}

void buffer_u16(struct buffer *b, uint16_t v)
{
	v = __builtin_bswap16(v);
	buffer_add(b, &v, sizeof(v));
}

void buffer_u32(struct buffer *b, uint32_t v)
{
	v = __builtin_bswap32(v);
	buffer_add(b, &v, sizeof(v));
}

void buffer_u64(struct buffer *b, uint64_t v)
{
	v = __builtin_bswap64(v);
	buffer_add(b, &v, sizeof(v));
}

void buffer_drop_front(struct buffer *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->at, b->at + n, b->n - n);
	b->n -= n;
}

char *buffer_steal_text(struct buffer *b)
{
	char *text;

	buffer_u8(b, 0);
	if (b->failed) {
		buffer_done(b);
		return NULL;
	}
	text = (char *)b->at;
	*b = (struct buffer){0};
	return text;
}

int buffer_check(const struct buffer *b)
{
	return b->failed ? FAULT(ENOMEM, "buffer of %zu bytes", b->n) : 0;
}

struct cursor cursor_of(struct bytes b)
{
	return (struct cursor){b.at, b.n, false};
}

struct bytes cursor_take(struct cursor *c, size_t n)
{
	struct bytes taken = {c->at, n};

	if (c->bad || c->left < n) {
		c->bad = true;
		return (struct bytes){NULL, 0};
	}
	c->at += n;
	c->left -= n;
	return taken;
}

void cursor_copy(struct cursor *c, void *ret, size_t n)
{
	struct bytes taken = cursor_take(c, n);

	if (taken.n)
		memcpy(ret, taken.at, n);
}

uint8_t cursor_u8(struct cursor *c)
{
	uint8_t v = 0;

	cursor_copy(c, &v, sizeof(v));
	return v;
}

uint16_t cursor_u16(struct cursor *c)
{
	uint16_t v = 0;

	cursor_copy(c, &v, sizeof(v));
	return __builtin_bswap16(v);
}

uint32_t cursor_u32(struct cursor *c)
{
	uint32_t v = 0;

	cursor_copy(c, &v, sizeof(v));
	return __builtin_bswap32(v);
}

uint64_t cursor_u64(struct cursor *c)
{
	uint64_t v = 0;

	cursor_copy(c, &v, sizeof(v));
	return __builtin_bswap64(v);
}
