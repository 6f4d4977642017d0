#include "ctl/escrow_share.h"

#include "base/text.h"
#include "format/base32.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { CHECK = 4, GROUP = 4, TYPED = 1 + 20 + CHECK };
_Static_assert(SHARE_IN_LINE == 20 && SHARE_LINES * SHARE_IN_LINE == SHARE_LETTERS, "six lines of twenty letters");

static int encode(struct bytes share, void *at)
{
	base32_encode(share, at);
	return 0;
}

static int fill_letters(uint8_t *at, size_t *n, void *context)
{
	(void)n;
	return secret_lend(((const struct share *)context)->bytes, encode, at);
}

int escrow_share_letters(const struct share *s, struct secret **ret)
{
	if (secret_length(s->bytes) != SHARE_BYTES)
		return FAULT(EINVAL, "a share of %zu bytes", secret_length(s->bytes));
	return secret_new_filled(SHARE_LETTERS, fill_letters, (void *)(uintptr_t)s, ret);
}

/* Over the pieces where they lie: no copy of the letters is made. */
static void check_of(const char *key, unsigned number, size_t line, const uint8_t *letters, uint8_t ret[CHECK])
{
	uint8_t hash[SHA256_BYTES];
	char head[32], hex[2 * SHA256_BYTES + 1];
	struct bytes parts[2 * SHARE_IN_LINE / GROUP + 2];
	size_t n = 0;

	(void)snprintf(head, sizeof(head), "%.8s %03u %c", key, number, (int)('a' + line));
	parts[n++] = bytes_of_text(head);
	for (size_t at = 0; at < SHARE_IN_LINE; at += GROUP) {
		parts[n++] = bytes_of_text(" ");
		parts[n++] = bytes_of(letters + at, GROUP);
	}
	parts[n++] = bytes_of_text("\n");
	sha256_of_parts(parts, n, hash);
	text_hex(hash, sizeof(hash), hex);
	for (size_t i = 0; i < CHECK; i++)
		ret[i] = (uint8_t)(hex[i] <= '9' ? hex[i] - '0' + 'g' : hex[i]);
}

void escrow_share_line(const char *key, unsigned number, size_t line, struct bytes letters, uint8_t *ret)
{
	const uint8_t *from = letters.at + line * SHARE_IN_LINE;
	uint8_t *to = ret;

	*to++ = (uint8_t)('a' + line);
	for (size_t at = 0; at < SHARE_IN_LINE; at += GROUP) {
		*to++ = ' ';
		memcpy(to, from + at, GROUP);
		to += GROUP;
	}
	*to++ = ' ';
	check_of(key, number, line, from, to);
	to[CHECK] = 0;
}

/* ---- entering ---- */

static int fill_nothing(uint8_t *at, size_t *n, void *context)
{
	(void)context;
	memset(at, 0, *n);
	return 0;
}

int share_entry_new(const char *key, unsigned number, struct share_entry *ret)
{
	*ret = (struct share_entry){.key = key, .number = number};
	return secret_new_filled(SHARE_LETTERS, fill_nothing, NULL, &ret->letters);
}

void share_entry_done(struct share_entry *e)
{
	secret_free(e->letters);
	*e = (struct share_entry){0};
}

/* What was typed without what does not count, in the form it was printed in. false: it is no line. */
static bool normalise(struct bytes typed, uint8_t ret[TYPED])
{
	size_t n = 0;

	for (size_t i = 0; i < typed.n; i++) {
		uint8_t c = typed.at[i], small = c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;

		if (c == ' ' || c == '\t' || c == '\r' || c == '-')
			continue;
		if (n == TYPED)
			return false;
		ret[n] = n == 0 || n > SHARE_IN_LINE ? small : base32_letter(c);
		if (!ret[n++])
			return false;
	}
	return n == TYPED;
}

struct typing {
	const struct share_entry *e;
	size_t line;
	struct bytes typed;
	uint8_t *to; /* where the letters go; NULL: nowhere */
	int outcome;
};

/* In locked memory: the letters of one line, and whether they are right. */
static int judge(uint8_t *at, size_t *n, void *context)
{
	struct typing *t = context;
	uint8_t check[CHECK];

	(void)n;
	t->outcome = ESCROW_SHARE_INCOMPLETE;
	memset(at, 0, TYPED);
	if (!normalise(t->typed, at))
		return 0;
	t->outcome = ESCROW_SHARE_OTHER_LINE;
	if (at[0] != 'a' + t->line)
		return 0;
	check_of(t->e->key, t->e->number, t->line, at + 1, check);
	t->outcome = bytes_equal_constant(check, at + 1 + SHARE_IN_LINE, CHECK) ? 0 : ESCROW_SHARE_MISTYPED;
	if (t->outcome == 0 && t->to)
		memcpy(t->to + t->line * SHARE_IN_LINE, at + 1, SHARE_IN_LINE);
	return 0;
}

static int try_line(const struct share_entry *e, size_t line, struct bytes typed, uint8_t *to)
{
	OWNED(secret) struct secret *work = NULL;
	struct typing t = {e, line, typed, to, 0};

	TRY(secret_new_filled(TYPED, judge, &t, &work));
	return t.outcome;
}

struct keeping {
	const struct share_entry *e;
	size_t line;
	struct bytes typed; /* NULL: the bare letters of all lines */
	int outcome;
};

static int copy_letters(struct bytes old, void *to)
{
	memcpy(to, old.at, old.n);
	return 0;
}

static int add_line(uint8_t *at, size_t *n, void *context)
{
	struct keeping *k = context;

	(void)n;
	TRY(secret_lend(k->e->letters, copy_letters, at));
	k->outcome = try_line(k->e, k->line, k->typed, at);
	return k->outcome < 0 ? k->outcome : 0;
}

int share_entry_line(struct share_entry *e, size_t line, struct bytes typed)
{
	struct keeping k = {e, line, typed, 0};
	struct secret *more = NULL;

	TRY(secret_new_filled(SHARE_LETTERS, add_line, &k, &more));
	secret_free(e->letters);
	e->letters = more;
	if (k.outcome == 0)
		e->have |= 1u << line;
	return k.outcome;
}

static struct bytes next_line(struct bytes *text)
{
	const uint8_t *end = text->n ? memchr(text->at, '\n', text->n) : NULL;
	struct bytes line = bytes_of(text->at, end ? (size_t)(end - text->at) : text->n);

	*text = bytes_of(text->at + line.n + (end != NULL), text->n - line.n - (end != NULL));
	return line;
}

/* Which line it may be, by its first letter; -1: none. */
static int line_index(struct bytes line)
{
	size_t i = 0;
	uint8_t c;

	while (i < line.n && line.at[i] == ' ')
		i++;
	if (line.n - i < TYPED || line.n - i > 2 * SHARE_LINE_TEXT)
		return -1;
	c = (uint8_t)(line.at[i] | 0x20);
	return c >= 'a' && c < 'a' + (int)SHARE_LINES ? c - 'a' : -1;
}

/* The letters of a square, perhaps broken into lines. */
static int take_bare(uint8_t *at, size_t *n, void *context)
{
	const struct bytes *text = context;
	size_t used = 0;

	(void)n;
	for (size_t i = 0; i < text->n; i++) {
		uint8_t c = text->at[i];

		if (c == '\n' || c == '\r' || c == ' ')
			continue;
		if (used == SHARE_LETTERS || base32_letter(c) != c)
			return ESCROW_SHARE_INCOMPLETE;
		at[used++] = c;
	}
	return used == SHARE_LETTERS ? 0 : ESCROW_SHARE_INCOMPLETE;
}

int share_entry_file(struct share_entry *e, struct bytes text)
{
	struct secret *bare = NULL;
	int r = secret_new_filled(SHARE_LETTERS, take_bare, &text, &bare);

	TRY(r);
	if (r == 0) {
		secret_free(e->letters);
		e->letters = bare;
		e->have = (1u << SHARE_LINES) - 1;
		return 0;
	}
	while (text.n) {
		struct bytes line = next_line(&text);
		int i = line_index(line);

		if (i >= 0 && !(e->have & 1u << i))
			TRY(share_entry_line(e, (size_t)i, line));
	}
	return 0;
}

unsigned share_find_number(const char *key, struct bytes text)
{
	unsigned best = 0, most = 0;

	for (unsigned number = 1; number <= SHARES_MAX; number++) {
		struct share_entry e = {.key = key, .number = number};
		struct bytes rest = text;
		unsigned fit = 0;

		while (rest.n) {
			struct bytes line = next_line(&rest);
			int i = line_index(line);

			fit += i >= 0 && try_line(&e, (size_t)i, line, NULL) == 0;
		}
		if (fit > most) {
			most = fit;
			best = number;
		}
	}
	return best;
}

char share_entry_missing(const struct share_entry *e)
{
	for (size_t i = 0; i < SHARE_LINES; i++)
		if (!(e->have & 1u << i))
			return (char)('a' + i);
	return 0;
}

static int decode(struct bytes letters, void *at)
{
	return base32_decode(letters, at) ? 0 : ESCROW_SHARE_INCOMPLETE;
}

static int fill_bytes(uint8_t *at, size_t *n, void *context)
{
	(void)n;
	return secret_lend(context, decode, at);
}

int share_entry_end(const struct share_entry *e, struct share *ret)
{
	struct secret *bytes = NULL;
	int r = secret_new_filled(SHARE_BYTES, fill_bytes, e->letters, &bytes);

	if (r == 0)
		*ret = (struct share){(uint8_t)e->number, bytes};
	return r;
}
