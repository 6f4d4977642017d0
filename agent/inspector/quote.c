/* Which places are worth a quotation, and how much of what stands around them. */
#include "inspector/quote.h"

#include "inspector/signals_own.h"

#include <errno.h>
#include <string.h>

#define HITS_MAX   999
#define PHRASE_MAX 48 /* characters of a phrase that are repeated */

struct hit {
	size_t phrase;
	struct bytes at; /* in the text as it was */
};

struct passage {
	struct bytes hit, shown;
};

struct quotes {
	const struct signals *signals;
	struct folded text;
	const struct extract *x;
	struct hit hits[HITS_MAX];
	size_t n_hits, n_phrases;
	bool *seen; /* by phrase */
	struct passage chosen[QUOTES_MAX];
	size_t n;
};

static void quotes_free(struct quotes *q)
{
	if (q) {
		fold_done(&q->text);
		free(q->seen);
	}
	free(q);
}
DEFINE_OWNED(quotes, struct quotes, quotes_free);

static bool take_hit(void *own, size_t phrase, size_t at)
{
	struct quotes *q = own;
	size_t n = q->signals->phrases[phrase].n;

	if (!signals_stands_alone(&q->text, at, n))
		return false;
	q->n_phrases += !q->seen[phrase];
	q->seen[phrase] = true;
	q->hits[q->n_hits++] = (struct hit){phrase, fold_source(&q->text, at, n)};
	return q->n_hits == HITS_MAX;
}

/* ---- what stands around ---- */

static struct extract_place place_of(const struct extract *x, size_t at)
{
	struct extract_place place = {0, PLACE_PARAGRAPH, 0}, next;

	for (size_t i = 0; i < x->places.n / sizeof(next); i++) {
		memcpy(&next, x->places.at + i * sizeof(next), sizeof(next));
		if (next.at > at)
			break;
		place = next;
	}
	return place;
}

/* Lines of a page or a plain text are broken anywhere: there a passage goes on behind a line's end. */
static bool ends_at(enum place_kind kind, const uint8_t *text, size_t at, size_t n)
{
	if (kind == PLACE_PAGE)
		return text[at] == '\f';
	if (text[at] != '\n')
		return false;
	return kind != PLACE_LINE || (at + 1 < n && text[at + 1] == '\n') || (at > 0 && text[at - 1] == '\n');
}

static bool is_inside(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

static size_t characters(struct bytes b)
{
	size_t n = 0;

	for (size_t i = 0; i < b.n; i++)
		n += !is_inside(b.at[i]);
	return n;
}

struct window {
	enum place_kind kind;
	struct bytes text;
	size_t from, to; /* of the part that is one place */
};

static size_t go_back(const struct window *w, size_t at, size_t most)
{
	while (most && at > w->from) {
		size_t before = at - 1;

		while (before > w->from && is_inside(w->text.at[before]))
			before--;
		if (ends_at(w->kind, w->text.at, before, w->text.n))
			break;
		at = before;
		most--;
	}
	return at;
}

static size_t go_on(const struct window *w, size_t at, size_t most)
{
	while (most && at < w->to && !ends_at(w->kind, w->text.at, at, w->text.n)) {
		at++;
		while (at < w->to && is_inside(w->text.at[at]))
			at++;
		most--;
	}
	return at;
}

static size_t end_of_place(const struct extract *x, size_t at)
{
	struct extract_place next;

	for (size_t i = 0; i < x->places.n / sizeof(next); i++) {
		memcpy(&next, x->places.at + i * sizeof(next), sizeof(next));
		if (next.at > at)
			return next.at;
	}
	return x->text.n;
}

/* As much before as behind; what one side does not need is the other's. */
static struct bytes around(const struct quotes *q, struct bytes hit)
{
	struct bytes text = buffer_bytes(&q->x->text);
	size_t at = (size_t)(hit.at - text.at), n = characters(hit), room = n + 2 < QUOTE_CHARS ? QUOTE_CHARS - 2 - n : 0;
	struct extract_place place = place_of(q->x, at);
	const struct window w = {place.kind, text, place.at, end_of_place(q->x, at)};
	size_t from = go_back(&w, at, room / 2);
	size_t before = characters(bytes_of(text.at + from, at - from));
	size_t to = go_on(&w, at + hit.n, room - before);
	size_t behind = characters(bytes_of(text.at + at + hit.n, to - at - hit.n));

	from = go_back(&w, at, room - behind);
	return bytes_of(text.at + from, to - from);
}

/* ---- which ones ---- */

static bool is_shown(const struct quotes *q, struct bytes hit)
{
	for (size_t i = 0; i < q->n; i++) {
		struct bytes shown = q->chosen[i].shown;

		if (hit.at >= shown.at && hit.at + hit.n <= shown.at + shown.n)
			return true;
	}
	return false;
}

static void choose(struct quotes *q, bool new_phrases)
{
	for (size_t i = 0; i < q->n_hits && q->n < QUOTES_MAX; i++) {
		const struct hit *hit = &q->hits[i];

		if (is_shown(q, hit->at) || (new_phrases && !q->seen[hit->phrase]))
			continue;
		q->seen[hit->phrase] = false; /* has its quotation */
		q->chosen[q->n++] = (struct passage){hit->at, around(q, hit->at)};
	}
}

static int by_place(const void *a, const void *b)
{
	const struct passage *x = a, *y = b;

	return (x->hit.at > y->hit.at) - (x->hit.at < y->hit.at);
}

/* ---- as lines ---- */

static bool is_blank(uint8_t byte)
{
	return byte <= ' ' || byte == 0x7f;
}

/* Between wide characters a line's end is typesetting. */
static bool is_wide_at(struct bytes b, size_t at)
{
	return at < b.n && b.at[at] >= 0xe2;
}

static void add_clean(struct bytes b, size_t most, struct buffer *ret)
{
	size_t start = ret->n;

	for (size_t i = 0; i < b.n && most; i++) {
		bool broken = false, after_wide = ret->n > start + 2 && ret->at[ret->n - 3] >= 0xe2;

		if (!is_blank(b.at[i])) {
			buffer_add(ret, b.at + i, 1);
			most -= i + 1 == b.n || !is_inside(b.at[i + 1]);
			continue;
		}
		for (; i + 1 < b.n && is_blank(b.at[i + 1]); i++)
			broken = broken || b.at[i] == '\n';
		broken = broken || b.at[i] == '\n';
		if (ret->n > start && i + 1 < b.n && !(broken && after_wide && is_wide_at(b, i + 1)))
			buffer_add_text(ret, " ");
	}
}

static size_t count(struct bytes b, uint8_t byte, bool filled)
{
	size_t n = 0;
	bool is_filled = false;

	for (size_t i = 0; i < b.n; i++) {
		if (b.at[i] == byte) {
			n += !filled || is_filled;
			is_filled = false;
		} else if (!is_blank(b.at[i])) {
			is_filled = true;
		}
	}
	return n;
}

/* Paragraphs that hold nothing are not counted: nobody sees them. */
static size_t number_at(const struct quotes *q, const struct extract_place *place, size_t at)
{
	struct bytes before = bytes_of(q->x->text.at + place->at, at - place->at);

	if (place->kind == PLACE_PARAGRAPH || place->kind == PLACE_LINE)
		return count(before, '\n', place->kind == PLACE_PARAGRAPH) + 1;
	return place->kind == PLACE_PAGE ? count(before, '\f', false) + 1 : place->number;
}

static const char *const place_names[PLACE_KINDS] = {
    [PLACE_PARAGRAPH] = "paragraph", [PLACE_LINE] = "line",	[PLACE_PAGE] = "page",
    [PLACE_CELL] = "cell",	     [PLACE_SHEET] = "sheet",	[PLACE_SLIDE] = "slide",
    [PLACE_SLIDE_NOTES] = "notes",   [PLACE_HEADER] = "header", [PLACE_FOOTER] = "footer",
    [PLACE_NOTE] = "footnote",	     [PLACE_COMMENT] = "comment", [PLACE_STRUCK] = "struck",
};

static void say(const struct quotes *q, const struct passage *p, struct buffer *ret)
{
	struct bytes text = buffer_bytes(&q->x->text);
	size_t at = (size_t)(p->hit.at - text.at), from = (size_t)(p->shown.at - text.at), to = from + p->shown.n;
	struct extract_place place = place_of(q->x, at);

	buffer_add_format(ret, "quote\t%s\t%zu\t", place_names[place.kind], number_at(q, &place, at));
	add_clean(p->hit, PHRASE_MAX, ret);
	buffer_add_text(ret, "\t");
	if (from > place.at && !ends_at(place.kind, text.at, from - 1, text.n))
		buffer_add_text(ret, "…");
	add_clean(p->shown, QUOTE_CHARS, ret);
	if (to < end_of_place(q->x, at) && !ends_at(place.kind, text.at, to, text.n))
		buffer_add_text(ret, "…");
	buffer_add_text(ret, "\n");
}

int quotes_find(const struct signals *s, const struct extract *x, struct buffer *ret)
{
	OWNED(quotes) struct quotes *q = calloc(1, sizeof(*q));

	if (!q)
		return FAULT(ENOMEM, "quote a document");
	q->signals = s;
	q->x = x;
	q->seen = calloc(s->n_phrases + 1, sizeof(*q->seen));
	if (!q->seen)
		return FAULT(ENOMEM, "quote a document");
	TRY(fold(buffer_bytes(&x->text), FOLD_JOIN_LINES, &q->text));
	if (q->text.text.n)
		TRY(patterns_scan(s->patterns, buffer_bytes(&q->text.text), take_hit, q));
	buffer_add_format(ret, "found\t%zu\t%zu\n", q->n_phrases, q->n_hits);
	choose(q, true);
	choose(q, false);
	qsort(q->chosen, q->n, sizeof(q->chosen[0]), by_place);
	for (size_t i = 0; i < q->n; i++)
		say(q, &q->chosen[i], ret);
	return buffer_check(ret);
}
