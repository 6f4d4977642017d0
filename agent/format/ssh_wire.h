/* The data types of RFC 4251 section 5 that keys and signatures are made of: strings with a 32-bit length. */
#ifndef FORMAT_SSH_WIRE_H
#define FORMAT_SSH_WIRE_H

#include "base/bytes.h"

static inline struct bytes ssh_take(struct cursor *c)
{
	uint32_t n = cursor_u32(c);

	return cursor_take(c, n);
}

static inline void ssh_put(struct buffer *to, struct bytes b)
{
	buffer_u32(to, (uint32_t)b.n);
	buffer_add_bytes(to, b);
}

static inline void ssh_put_text(struct buffer *to, const char *text)
{
	ssh_put(to, bytes_of_text(text));
}

#endif
