/*
 * Marks by their shape: a level's name at the beginning of a line or behind
 * "label:", or before a star. What the term means is for the registrar, who
 * has the pack; here it is only cut out.
 */
#include "inspector/signals.h"

#include "domain/mark.h"
#include "inspector/signals_own.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES	240 /* a longer line is a sentence */
#define LABEL_MAX_BYTES 60
#define BLOCK_LINES_MAX 8

struct line {
	size_t at; /* in the folded text */
	size_t n;
};

static const char *const stars[] = {"★", "☆", "*", "※"};
static const char *const colons[] = {":", "："};
/* What may follow a level that stands at the beginning of its line. */
static const char *const separators[] = {"//", "/", "(", "[", "-", "–", "—", ":", "：", ";", ",", "★", "☆", "*", "※"};

static size_t starts_with_any(struct bytes b, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t size = strlen(list[i]);

		if (b.n >= size && memcmp(b.at, list[i], size) == 0)
			return size;
	}
	return 0;
}
#define STARTS_WITH_ANY(b, list) starts_with_any((b), (list), array_n(list))

static bool ends_with_colon(struct bytes b)
{
	while (b.n && b.at[b.n - 1] == ' ')
		b.n--;
	for (size_t i = 0; i < array_n(colons); i++) {
		size_t n = strlen(colons[i]);

		if (b.n >= n && memcmp(b.at + b.n - n, colons[i], n) == 0)
			return true;
	}
	return false;
}

static struct bytes trim(struct bytes b)
{
	while (b.n && b.at[0] == ' ')
		b = bytes_of(b.at + 1, b.n - 1);
	while (b.n && b.at[b.n - 1] == ' ')
		b.n--;
	return b;
}

/* A level name at `at` of the line: is it used as a mark? */
static bool is_mark(const struct folded *f, struct line line, size_t at, size_t n)
{
	struct bytes before = bytes_of(f->text.at + line.at, at - line.at);
	struct bytes after = trim(bytes_of(f->text.at + at + n, line.at + line.n - at - n));

	if (!signals_stands_alone(f, at, n))
		return false;
	if (STARTS_WITH_ANY(after, stars))
		return true;
	if (trim(before).n == 0)
		return after.n == 0 || STARTS_WITH_ANY(after, separators);
	return before.n <= LABEL_MAX_BYTES && ends_with_colon(before);
}

/* The longest name wins: "top secret" is not "secret". */
static const struct level_name *level_in(const struct signals *s, const struct folded *f, struct line line,
					 size_t *ret_at)
{
	const struct level_name *best = NULL;

	for (size_t i = 0; i < s->n_levels; i++) {
		const struct level_name *level = &s->levels[i];
		const uint8_t *found =
		    line.n >= level->n ? memmem(f->text.at + line.at, line.n, level->name, level->n) : NULL;
		size_t at = found ? (size_t)(found - f->text.at) : 0;

		if (!found || level->is_regime || (best && best->n >= level->n) || !is_mark(f, line, at, level->n))
			continue;
		best = level;
		*ret_at = at;
	}
	return best;
}

/* The line is the mark of another regime, "CUI" or "CUI//…": nothing else stands before it. */
static const struct level_name *regime_in(const struct signals *s, const struct folded *f, struct line line, size_t *ret_at)
{
	struct bytes text = trim(bytes_of(f->text.at + line.at, line.n));

	for (size_t i = 0; i < s->n_levels; i++) {
		const struct level_name *r = &s->levels[i];

		if (!r->is_regime || text.n < r->n || memcmp(text.at, r->name, r->n) != 0)
			continue;
		if (text.n > r->n && (text.n < r->n + 2 || memcmp(text.at + r->n, "//", 2) != 0))
			continue;
		*ret_at = (size_t)(text.at - f->text.at);
		return r;
	}
	return NULL;
}

static struct line next_line(const struct folded *f, size_t at)
{
	const uint8_t *end = memchr(f->text.at + at, '\n', f->text.n - at);

	return (struct line){at, end ? (size_t)(end - f->text.at) - at : f->text.n - at};
}

static void add_source(char to[SIGNALS_MARK_MAX + 1], const struct folded *f, size_t at, size_t n)
{
	size_t used = strlen(to);
	struct bytes source = n ? fold_source(f, at, n) : bytes_of(NULL, 0);

	if (!source.n || used + source.n + 1 > SIGNALS_MARK_MAX)
		return;
	if (used)
		to[used++] = '\n';
	for (size_t i = 0; i < source.n; i++) /* a control character has no place in a mark */
		to[used + i] = source.at[i] < ' ' || source.at[i] == 0x7f ? ' ' : (char)source.at[i];
	to[used + source.n] = 0;
}

/* "Classified By: …": the lines of a marking block. */
static bool is_block_line(const struct folded *f, struct line line)
{
	for (size_t i = 0; i < line.n && i <= LABEL_MAX_BYTES; i++)
		if (STARTS_WITH_ANY(bytes_of(f->text.at + line.at + i, line.n - i), colons))
			return line.n <= LINE_MAX_BYTES && i > 0;
	return false;
}

static void take_mark(const struct folded *f, struct line line, size_t at, const struct level_name *level,
		      struct mark_seen *ret)
{
	struct bytes rest = trim(bytes_of(f->text.at + at + level->n, line.at + line.n - at - level->n));
	size_t skip = STARTS_WITH_ANY(rest, stars);

	ret->level = level->is_regime ? "" : level->code;
	add_source(ret->mark, f, at, line.at + line.n - at);
	rest = trim(bytes_of(rest.at + skip, rest.n - skip));
	add_source(ret->term, f, (size_t)(rest.at - f->text.at), rest.n);
	for (size_t i = 0; i < BLOCK_LINES_MAX && line.at + line.n < f->text.n; i++) {
		line = next_line(f, line.at + line.n + 1);
		if (!is_block_line(f, line))
			return;
		add_source(ret->mark, f, line.at, line.n);
	}
}

int signals_find_mark(const struct signals *s, struct bytes text, struct mark_seen *ret)
{
	OWN_FOLDED struct folded f = {0};
	size_t at = 0;

	*ret = (struct mark_seen){.level = ""};
	text.n = text.n < SIGNALS_HEAD ? text.n : SIGNALS_HEAD;
	TRY(fold(text, FOLD_KEEP_LINES, &f));
	for (struct line line = {0}; line.at < f.text.n; line.at += line.n + 1) {
		const struct level_name *level;

		line = next_line(&f, line.at);
		level = line.n <= LINE_MAX_BYTES ? level_in(s, &f, line, &at) : NULL;
		if (level && !ret->level[0]) {
			*ret = (struct mark_seen){.level = ""}; /* a level outweighs another regime */
			take_mark(&f, line, at, level, ret);
		} else if (!ret->mark[0] && (level = regime_in(s, &f, line, &at)))
			take_mark(&f, line, at, level, ret);
		else if (level && strcmp(level->code, ret->level) != 0) { /* another one contradicts it: both are told */
			add_source(ret->mark, &f, at, line.at + line.n - at);
			break;
		}
	}
	return 0;
}

void signals_add_portion(const struct signals *s, struct bytes text, struct mark_seen *mark)
{
	size_t highest = 0, used = strlen(mark->mark); /* 0: none, else the one before it in the list */

	while (text.n && mark->level[0]) {
		const uint8_t *end = memchr(text.at, '\n', text.n);
		struct bytes line = bytes_of(text.at, end ? (size_t)(end - text.at) : text.n);

		text = bytes_of(line.at + line.n, text.n - line.n);
		if (text.n)
			text = bytes_of(text.at + 1, text.n - 1);
		while (line.n && (line.at[0] == ' ' || line.at[0] == '\t'))
			line = bytes_of(line.at + 1, line.n - 1);
		for (size_t i = highest; i < s->n_portions && line.n; i++)
			if (mark_portion_at(line, s->portions[i]))
				highest = i + 1;
	}
	if (highest && used + strlen(s->portions[highest - 1]) + 4 <= SIGNALS_MARK_MAX)
		(void)snprintf(mark->mark + used, sizeof(mark->mark) - used, "\n(%s)", s->portions[highest - 1]);
}
