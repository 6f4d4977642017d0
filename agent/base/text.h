/* Text: UTF-8, NUL-terminated, and what must be true of it before it is printed, stored or compared. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/bytes.h"

/* malloc'ed; NULL when memory ran out. */
char *text_format(const char *format, ...) PRINTF_LIKE(1, 2);
char *text_copy(const char *text); /* NULL gives NULL */

bool text_equal(const char *a, const char *b); /* NULL equals only NULL */
bool text_starts(const char *text, const char *start);
/* "%d day%s": the ending of what is counted. What classctl itself counts goes through its translations instead. */
#define TEXT_S(n) ((n) == 1 ? "" : "s")
bool text_ends(const char *text, const char *end);
bool text_is_empty(const char *text); /* NULL or "" */

/* Well-formed UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF), no NUL. */
bool text_is_utf8(struct bytes b);
/* One line that is safe on a terminal and in a label: UTF-8 without control characters, at most max bytes. */
bool text_is_line(const char *text, size_t max);
/* Columns on a terminal: 2 for wide East Asian characters, 0 for combining ones. Bytes that are not UTF-8 count 1. */
size_t text_columns(const char *text);
/* Untrusted bytes as printable text: control characters and broken UTF-8 become \xNN. malloc'ed, NULL without memory.
 */
char *text_escape(struct bytes b);

/* Decimal without sign, space or leading zeros ("0" is fine). false: not such a number or above max. */
bool text_to_u64(const char *text, uint64_t max, uint64_t *ret);

/* Lower-case hexadecimal. */
void text_hex(const uint8_t *at, size_t n, char *ret /* 2n+1 */);
bool text_from_hex(const char *text, uint8_t *ret, size_t n); /* exactly 2n digits */

#endif
