/* Small shapes that every rule uses: a name in two languages and a borrowed list of texts. */
#ifndef DOMAIN_NAMES_H
#define DOMAIN_NAMES_H

#include "base/bytes.h"

/* Borrowed from the pack. english may equal official; neither is NULL in a loaded pack. */
struct names {
	const char *official;
	const char *english;
};

struct texts {
	const char *const *at;
	size_t n;
};

bool texts_has(struct texts list, const char *text);
/*
 * A name in a hierarchy: "3" covers "3" and "3.2", "ops" covers "ops" and "ops/radar", "*" covers all, nothing covers
 * the empty text. Used for matters (separator '.') and departments (separator '/').
 */
bool texts_cover(struct texts list, const char *text, char separator);
/* ASCII letters without case, everything else byte by byte. NULL equals nothing. */
bool names_equal_folded(const char *a, const char *b);

#endif
