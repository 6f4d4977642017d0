#include "inspector/fold.h"

#include <string.h>

struct step {
	uint32_t at;
	uint32_t source;
};

/* One character, at least one byte. *ret_n bytes; a broken one counts as itself. */
static uint32_t next_character(struct bytes b, size_t *ret_n)
{
	static const uint8_t lead[] = {0x80, 0xe0, 0xf0, 0xf8}, mark[] = {0, 0xc0, 0xe0, 0xf0};
	uint32_t c;

	*ret_n = 1;
	for (size_t n = 1; n <= 4; n++) {
		if ((b.at[0] & lead[n - 1]) != mark[n - 1])
			continue;
		if (n > b.n)
			break;
		c = b.at[0] & (uint8_t)~lead[n - 1];
		for (size_t i = 1; i < n; i++) {
			if ((b.at[i] & 0xc0) != 0x80)
				return b.at[0];
			c = c << 6 | (b.at[i] & 0x3f);
		}
		*ret_n = n;
		return c;
	}
	return b.at[0];
}

static bool is_invisible(uint32_t c)
{
	return (c >= 0x200b && c <= 0x200d) || c == 0xfeff || c == 0xad || c == 0x2060;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x2028 || c == 0x2029;
}

static bool is_wide(uint32_t c)
{
	return c >= 0x2e80;
}

static uint32_t plain(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xff01 - '!';
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static void emit(struct folded *f, const uint8_t *bytes, size_t n, size_t source)
{
	struct step step = {(uint32_t)f->text.n, (uint32_t)source};
	struct step last = {0, 0};

	if (f->steps.n)
		memcpy(&last, f->steps.at + f->steps.n - sizeof(last), sizeof(last));
	if (!f->steps.n || step.source - step.at != last.source - last.at)
		buffer_add(&f->steps, &step, sizeof(step));
	buffer_add(&f->text, bytes, n);
}

/* Between two words of an alphabet only: next to a Chinese character a blank or a line's end is typesetting. */
static bool blank_counts(uint32_t before, uint32_t after)
{
	return !is_wide(before) && !is_wide(after) && before != '\n' && after != '\n';
}

int fold(struct bytes source, enum fold_lines lines, struct folded *ret)
{
	struct folded f = {.source = source};
	uint32_t before = 0;
	bool blank = false;
	size_t n;

	if (source.n > UINT32_MAX)
		source.n = UINT32_MAX;
	for (size_t at = 0; at < source.n; at += n) {
		uint32_t c = next_character(bytes_of(source.at + at, source.n - at), &n), to = plain(c);
		uint8_t byte = (uint8_t)to;

		if (is_invisible(c))
			continue;
		if (is_blank(c) && !(c == '\n' && lines == FOLD_KEEP_LINES)) {
			blank = true;
			continue;
		}
		if (blank && f.text.n && blank_counts(before, to))
			emit(&f, (const uint8_t *)" ", 1, at - 1);
		blank = false;
		before = to;
		if (n == 1 || to != c)
			emit(&f, &byte, 1, at);
		else
			emit(&f, source.at + at, n, at);
	}
	if (f.text.failed || f.steps.failed) {
		fold_done(&f);
		return buffer_check(&(struct buffer){.failed = true});
	}
	*ret = f;
	return 0;
}

void fold_done(struct folded *f)
{
	buffer_done(&f->text);
	buffer_done(&f->steps);
}

static size_t source_of(const struct folded *f, size_t at)
{
	size_t low = 0, high = f->steps.n / sizeof(struct step);
	struct step step = {0, 0};

	/* The last step at or before `at`. */
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		memcpy(&step, f->steps.at + middle * sizeof(step), sizeof(step));
		if (step.at <= at)
			low = middle;
		else
			high = middle;
	}
	if (high)
		memcpy(&step, f->steps.at + low * sizeof(step), sizeof(step));
	return step.source + (at - step.at);
}

struct bytes fold_source(const struct folded *f, size_t at, size_t n)
{
	size_t from = source_of(f, at), last = source_of(f, at + n - 1), size;

	(void)next_character(bytes_of(f->source.at + last, f->source.n - last), &size);
	return bytes_of(f->source.at + from, last + size - from);
}
