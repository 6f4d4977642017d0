/* Checks and conversions of text that may come from anybody. Locale-free: the same everywhere. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *text_format(const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

char *text_copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool text_starts(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool text_ends(const char *text, const char *end)
{
	size_t n = strlen(text);
	size_t m = strlen(end);

	return n >= m && memcmp(text + n - m, end, m) == 0;
}

bool text_is_empty(const char *text)
{
	return !text || !*text;
}

/* One code point from the front of [at, at+n): its length, or 0 when the bytes are not well formed. */
static size_t utf8_step(const uint8_t *at, size_t n, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length;
	uint32_t c;

	if (n == 0)
		return 0;
	if (at[0] < 0x80) {
		*ret = at[0];
		return 1;
	}
	length = at[0] >= 0xf0 && at[0] < 0xf8 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc2 ? 2 : 0;
	if (length == 0 || length > n || at[0] >= 0xf8)
		return 0;
	c = at[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3f);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return length;
}

/* Eight bytes of ASCII at once, none of them 0. */
static bool are_plain(const uint8_t *at)
{
	const uint64_t ones = 0x0101010101010101, tops = ones << 7;
	uint64_t w;

	memcpy(&w, at, sizeof(w));
	return ((w | ((w - ones) & ~w)) & tops) == 0;
}

bool text_is_utf8(struct bytes b)
{
	uint32_t c;

	for (size_t i = 0, step; i < b.n; i += step) {
		step = 8;
		if (b.n - i >= step && are_plain(b.at + i))
			continue;
		step = utf8_step(b.at + i, b.n - i, &c);
		if (step == 0 || c == 0)
			return false;
	}
	return true;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069); /* direction overrides can make a line read as another */
}

bool text_is_line(const char *text, size_t max)
{
	size_t n = strlen(text);
	uint32_t c;

	if (n > max)
		return false;
	for (size_t i = 0, step; i < n; i += step) {
		step = utf8_step((const uint8_t *)text + i, n - i, &c);
		if (step == 0 || is_control(c))
			return false;
	}
	return true;
}

/* Unicode 15 ranges, coarse: enough for names and titles in the languages of the packs. */
static size_t columns_of(uint32_t c)
{
	static const struct {
		uint32_t first, last;
		uint8_t columns;
	} ranges[] = {
	    {0x0300, 0x036f, 0},   {0x1100, 0x115f, 2},	  {0x200b, 0x200f, 0}, {0x20d0, 0x20ff, 0}, {0x2e80, 0x303e, 2},
	    {0x3041, 0x33ff, 2},   {0x3400, 0x4dbf, 2},	  {0x4e00, 0x9fff, 2}, {0xa000, 0xa4cf, 2}, {0xac00, 0xd7a3, 2},
	    {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},	  {0xfe30, 0xfe6f, 2}, {0xff00, 0xff60, 2}, {0xffe0, 0xffe6, 2},
	    {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
	};

	for (size_t i = 0; i < array_n(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].columns;
	return is_control(c) ? 0 : 1;
}

size_t text_columns(const char *text)
{
	size_t n = strlen(text);
	size_t columns = 0;
	uint32_t c;

	for (size_t i = 0, step; i < n; i += step) {
		step = utf8_step((const uint8_t *)text + i, n - i, &c);
		columns += step ? columns_of(c) : 1;
		step = step ? step : 1;
	}
	return columns;
}

char *text_escape(struct bytes b)
{
	OWN_BUFFER struct buffer out = {0};
	uint32_t c;

	for (size_t i = 0, step; i < b.n; i += step) {
		step = utf8_step(b.at + i, b.n - i, &c);
		if (step && !is_control(c)) {
			buffer_add(&out, b.at + i, step);
			continue;
		}
		step = step ? step : 1;
		for (size_t k = 0; k < step; k++)
			buffer_add_format(&out, "\\x%02x", b.at[i + k]);
	}
	return buffer_steal_text(&out);
}

bool text_to_u64(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (text_is_empty(text) || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*text - '0'), &v))
			return false;
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

void text_hex(const uint8_t *at, size_t n, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[at[i] >> 4];
		ret[2 * i + 1] = digits[at[i] & 15];
	}
	ret[2 * n] = 0;
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_from_hex(const char *text, uint8_t *ret, size_t n)
{
	if (strlen(text) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
