/*
 * Vectorscan: many phrases at once in one pass. Phrases and text are compared
 * byte by byte: who wants less difference folds both before.
 */
#ifndef LIBRARY_PATTERNS_H
#define LIBRARY_PATTERNS_H

#include "base/bytes.h"

#define PATTERNS_MAX	 50000
#define PATTERN_SIZE_MAX 256 /* bytes of one phrase */

struct patterns;

/* Phrases are copied. Empty, overlong and surplus ones are left out. No phrase at all is fine and matches nothing. */
int patterns_new(const struct bytes *phrases, size_t n, struct patterns **ret) MUST_CHECK;
void patterns_free(struct patterns *p);
DEFINE_OWNED(patterns, struct patterns, patterns_free);
/* Calls found(own, index of the phrase, offset of its first byte) for every occurrence, until found says true. */
int patterns_scan(const struct patterns *p, struct bytes text, bool (*found)(void *own, size_t phrase, size_t at),
		  void *own) MUST_CHECK;

#endif
