#include "format/sheet_header.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define BOLD   "&B"
#define STRIKE "&S"

static struct bytes after(struct bytes b, size_t n)
{
	return n < b.n ? bytes_of(b.at + n, b.n - n) : bytes_of(b.at + b.n, 0);
}

static bool starts(struct bytes b, const char *text)
{
	size_t n = strlen(text);

	return b.n >= n && memcmp(b.at, text, n) == 0;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* How long the code is that b begins with; b begins with '&'. */
static size_t code_length(struct bytes b)
{
	const uint8_t *quote;
	size_t n = 2;

	if (b.n < 2 || b.at[1] >= 0x80) /* an ampersand that begins nothing */
		return 1;
	if (b.at[1] == '"') {
		quote = memchr(b.at + 2, '"', b.n - 2);
		return quote ? (size_t)(quote - b.at) + 1 : b.n;
	}
	if (b.at[1] == 'K') { /* six digits of a color, or a theme's: 01+000 */
		while (n < b.n && n < 8 && (is_digit(b.at[n]) || strchr("ABCDEFabcdef+-", b.at[n])))
			n++;
		return n;
	}
	while (is_digit(b.at[1]) && n < b.n && is_digit(b.at[n]))
		n++;
	return n;
}

static bool is_section(struct bytes code)
{
	return code.n == 2 && memchr("LCR", code.at[1], 3);
}

void sheet_header_read(struct bytes header, struct buffer *text, struct buffer *struck)
{
	bool is_struck = false;

	while (header.n) {
		size_t n = header.at[0] == '&' ? code_length(header) : 1;
		struct bytes code = bytes_of(header.at, n);

		if (header.at[0] != '&') {
			buffer_u8(is_struck ? struck : text, header.at[0]);
		} else if (n == 2 && code.at[1] == '&') {
			buffer_u8(is_struck ? struck : text, '&');
		} else if (is_section(code)) {
			buffer_u8(text, '\n');
			is_struck = false; /* each section begins plain */
		} else if (n == 2 && code.at[1] == 'S') {
			is_struck = !is_struck;
			buffer_u8(struck, '\n');
		}
		header = after(header, n);
	}
	buffer_u8(text, '\n');
}

/* The left section without its code, which begins at ret_at; *ret_has: there is one. */
static struct bytes left_section(struct bytes header, bool *ret_has)
{
	struct bytes left = {header.at, 0};

	*ret_has = false;
	for (struct bytes rest = header; rest.n;) {
		size_t n = rest.at[0] == '&' ? code_length(rest) : 1;

		if (rest.at[0] == '&' && is_section(bytes_of(rest.at, n))) {
			if (*ret_has)
				break;
			*ret_has = rest.at[1] == 'L';
			left.at = rest.at + n;
		} else if (*ret_has) {
			left.n = (size_t)(rest.at + n - left.at);
		}
		rest = after(rest, n);
	}
	return *ret_has ? left : bytes_of(header.at, 0);
}

static void add_escaped(struct buffer *to, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buffer_add(to, text + i, 1);
		if (text[i] == '&')
			buffer_u8(to, '&');
	}
}

/* The last code of that letter that begins before `limit`; NULL: there is none. "&&S" is none: it is seen. */
static const uint8_t *last_code(struct bytes section, char letter, const uint8_t *limit)
{
	const uint8_t *last = NULL;

	for (struct bytes rest = section; rest.n && rest.at < limit;) {
		size_t n = rest.at[0] == '&' ? code_length(rest) : 1;

		if (rest.at[0] == '&' && n == 2 && rest.at[1] == (uint8_t)letter)
			last = rest.at;
		rest = after(rest, n);
	}
	return last;
}

/* Nothing that is seen stands in the rest of the line. */
static bool is_line_end(struct bytes rest)
{
	while (rest.n > 1 && rest.at[0] == '&' && rest.at[1] != '&')
		rest = after(rest, code_length(rest));
	return rest.n == 0 || rest.at[0] == '\n';
}

/* Nothing that is seen stands before it in its line. */
static bool is_line_start(struct bytes section, const uint8_t *place)
{
	bool at_start = true;

	for (struct bytes rest = section; rest.n && rest.at < place;) {
		size_t n = rest.at[0] == '&' ? code_length(rest) : 1;

		if (rest.at[0] != '&' || (n == 2 && rest.at[1] == '&'))
			at_start = rest.at[0] == '\n';
		rest = after(rest, n);
	}
	return at_start;
}

/* Those lines, whole ones, somewhere in the section; n 0: nowhere. */
static struct bytes find_lines(struct bytes section, struct bytes lines)
{
	bool at_start = true;

	for (struct bytes rest = section; rest.n;) {
		size_t n = rest.at[0] == '&' ? code_length(rest) : 1;
		bool seen = rest.at[0] != '&' || (n == 2 && rest.at[1] == '&');

		if (at_start && rest.n >= lines.n && memcmp(rest.at, lines.at, lines.n) == 0 &&
		    is_line_end(after(rest, lines.n)))
			return bytes_of(rest.at, lines.n);
		at_start = seen ? rest.at[0] == '\n' : at_start;
		rest = after(rest, n);
	}
	return bytes_of(section.at, 0);
}

/* Where that text stands in the section, with the codes that we put around it; n 0: nowhere. */
static int find_text(struct bytes section, const char *text, size_t n, struct bytes *ret)
{
	OWN_BUFFER struct buffer form = {0};
	const uint8_t *bold;
	size_t to;

	*ret = bytes_of(section.at, 0);
	add_escaped(&form, text, n);
	TRY(buffer_check(&form));
	if (form.n)
		*ret = find_lines(section, buffer_bytes(&form));
	if (ret->n == 0)
		return 0;
	to = (size_t)(ret->at - section.at) + ret->n;
	bold = last_code(section, 'B', ret->at);
	if (bold && bold + strlen(BOLD) == ret->at && starts(after(section, to), BOLD))
		*ret = bytes_of(bold, ret->n + 2 * strlen(BOLD));
	return 0;
}

/* The size of a text without its last line; 0: it had only one. */
static size_t without_last_line(const char *text, size_t n)
{
	const char *end = n ? memrchr(text, '\n', n) : NULL;

	return end ? (size_t)(end - text) : 0;
}

/* All of it, or as many lines as there was room for. */
static int find_mark(struct bytes section, const char *text, struct bytes *ret)
{
	size_t n = strlen(text);

	do
		TRY(find_text(section, text, n, ret));
	while (ret->n == 0 && (n = without_last_line(text, n)));
	return 0;
}

/* The struck line right before the found text: part of what a release wrote. */
static struct bytes with_struck(struct bytes section, struct bytes found)
{
	const uint8_t *close = last_code(section, 'S', found.at);
	const uint8_t *open = close ? last_code(section, 'S', close) : NULL;

	if (!open || close + strlen(STRIKE) + 1 != found.at || found.at[-1] != '\n' || !is_line_start(section, open))
		return found;
	return bytes_of(open, (size_t)(found.at - open) + found.n);
}

static size_t utf16_units(struct bytes b)
{
	size_t n = 0;

	for (size_t i = 0; i < b.n; i++)
		n += (b.at[i] & 0xc0) != 0x80 ? (b.at[i] >= 0xf0 ? 2u : 1u) : 0u;
	return n;
}

struct putting {
	struct bytes header, section, found; /* found: of the old mark, in the section */
	bool has_section;
	const struct sheet_mark *mark;
};

static void add_mark(const struct putting *p, size_t n, struct buffer *to)
{
	if (p->mark->strikes && p->found.n) {
		buffer_add_text(to, STRIKE);
		buffer_add_bytes(to, p->found);
		buffer_add_text(to, STRIKE "\n");
	}
	if (n == 0)
		return;
	buffer_add_text(to, BOLD);
	add_escaped(to, p->mark->text, n);
	buffer_add_text(to, BOLD);
}

/* The header with the first n bytes of the mark. */
static void write_header(const struct putting *p, size_t n, struct buffer *to)
{
	struct bytes place = p->found.n ? with_struck(p->section, p->found) : bytes_of(p->section.at, 0);
	size_t before = (size_t)(place.at - p->header.at);
	struct bytes rest = after(p->header, before + place.n);
	size_t from;

	buffer_add(to, p->header.at, before);
	if (!p->has_section && n)
		buffer_add_text(to, "&L");
	from = to->n;
	add_mark(p, n, to);
	if (!p->has_section && n && rest.n && !(starts(rest, "&L") || starts(rest, "&C") || starts(rest, "&R")))
		buffer_add_text(to, "&C"); /* what has no section is in the middle */
	else if (p->has_section && !p->found.n && p->section.n && n)
		buffer_u8(to, '\n');
	else if (p->found.n && to->n == from && rest.n && rest.at[0] == '\n')
		rest = after(rest, 1);
	buffer_add_bytes(to, rest);
}

int sheet_header_put(struct bytes header, const struct sheet_mark *mark, struct buffer *ret)
{
	struct putting p = {.header = header.n ? header : bytes_of_text(""), .mark = mark};
	size_t n = strlen(mark->text);
	struct bytes there;

	p.section = left_section(p.header, &p.has_section);
	TRY(find_mark(p.section, mark->text, &there));
	TRY(find_mark(p.section, mark->old, &p.found));
	if (*mark->text && there.n && (text_equal(mark->old, mark->text) || !p.found.n || there.at == p.found.at)) {
		buffer_add_bytes(ret, header);
		return buffer_check(ret);
	}
	do {
		OWN_BUFFER struct buffer one = {0};

		write_header(&p, n, &one);
		TRY(buffer_check(&one));
		if (*mark->text && utf16_units(buffer_bytes(&one)) > SHEET_HEADER_MAX)
			continue;
		buffer_add_bytes(ret, buffer_bytes(&one));
		return buffer_check(ret);
	} while ((n = without_last_line(mark->text, n)));
	return SHEET_HEADER_FULL;
}
