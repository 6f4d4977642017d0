#include "inspector/signals.h"

#include "base/text.h"
#include "inspector/fold.h"
#include "inspector/signals_own.h"
#include "library/patterns.h"

#include <errno.h>
#include <string.h>

void signals_free(struct signals *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_levels; i++) {
		free(s->levels[i].code);
		free(s->levels[i].name);
	}
	for (size_t i = 0; i < s->n_phrases; i++)
		free(s->phrases[i].text);
	for (size_t i = 0; i < s->n_items; i++)
		free(s->items[i]);
	for (size_t i = 0; i < s->n_portions; i++)
		free(s->portions[i]);
	free(s->levels);
	free(s->phrases);
	free(s->items);
	patterns_free(s->patterns);
	free(s);
}

/* Room for one more in an array that grows by doubling. */
static int more(void *array, size_t n, size_t size)
{
	void **at = array;
	void *bigger;

	if (n & (n - 1) || (n && n < 16))
		return 0;
	bigger = reallocarray(*at, n ? n * 2 : 16, size);
	if (!bigger)
		return FAULT(ENOMEM, "keep the signals");
	*at = bigger;
	return 0;
}

static int folded_copy(struct bytes text, char **ret)
{
	OWN_FOLDED struct folded f = {0};

	TRY(fold(text, FOLD_JOIN_LINES, &f));
	*ret = buffer_steal_text(&f.text);
	return *ret ? 0 : FAULT(ENOMEM, "keep the signals");
}

static char *copy(struct bytes b)
{
	return text_format("%.*s", (int)b.n, b.at ? (const char *)b.at : "");
}

static int item_of(struct signals *s, struct bytes id, size_t *ret)
{
	/* Phrases of one item mostly stand together: the newest first. */
	for (size_t i = s->n_items; i > 0; i--)
		if (bytes_equal_text(id, s->items[i - 1])) {
			*ret = i - 1;
			return 0;
		}
	TRY(more(&s->items, s->n_items, sizeof(*s->items)));
	s->items[s->n_items] = copy(id);
	if (!s->items[s->n_items])
		return FAULT(ENOMEM, "keep the signals");
	*ret = s->n_items++;
	return 0;
}

static int add_phrase(struct signals *s, struct bytes item, struct bytes text)
{
	struct phrase phrase;

	if (item.n == 0 || text.n == 0)
		return 0;
	TRY(more(&s->phrases, s->n_phrases, sizeof(*s->phrases)));
	TRY(item_of(s, item, &phrase.item));
	TRY(folded_copy(text, &phrase.text));
	phrase.n = strlen(phrase.text);
	s->phrases[s->n_phrases++] = phrase;
	return 0;
}

static int add_name(struct signals *s, struct bytes code, struct bytes name, bool is_regime)
{
	struct level_name level = {.is_regime = is_regime};

	if (code.n == 0 || name.n == 0)
		return 0;
	TRY(more(&s->levels, s->n_levels, sizeof(*s->levels)));
	TRY(folded_copy(name, &level.name));
	level.n = strlen(level.name);
	if (level.n == 0) { /* blanks alone name nothing */
		free(level.name);
		return 0;
	}
	level.code = copy(code);
	s->levels[s->n_levels++] = level;
	return level.code ? 0 : FAULT(ENOMEM, "keep the signals");
}

static int add_level(struct signals *s, struct bytes code, struct bytes name)
{
	return add_name(s, code, name, false);
}

static int add_regime(struct signals *s, struct bytes code, struct bytes name)
{
	return add_name(s, code, name, true);
}

/* Cuts the bytes up to a separator off the front. */
static struct bytes cut(struct bytes *rest, char at)
{
	const uint8_t *end = rest->n ? memchr(rest->at, at, rest->n) : NULL;
	struct bytes part = {rest->at, end ? (size_t)(end - rest->at) : rest->n};
	size_t used = part.n + (end != NULL);

	*rest = bytes_of(rest->n ? rest->at + used : NULL, rest->n - used);
	return part;
}

static int add_portion(struct signals *s, struct bytes name, struct bytes text)
{
	(void)name;
	if (s->n_portions == PORTIONS_MAX || text.n == 0)
		return 0;
	s->portions[s->n_portions] = copy(text);
	return s->portions[s->n_portions++] ? 0 : FAULT(ENOMEM, "keep the signals");
}

static const struct {
	const char *kind;
	int (*add)(struct signals *s, struct bytes name, struct bytes text);
} kinds[] = {{"phrase", add_phrase}, {"level", add_level}, {"portion", add_portion}, {"regime", add_regime}};

static int read_lines(struct signals *s, struct bytes lines)
{
	while (lines.n) {
		struct bytes line = cut(&lines, '\n'), kind = cut(&line, '\t'), name = cut(&line, '\t');

		for (size_t i = 0; i < array_n(kinds); i++)
			if (bytes_equal_text(kind, kinds[i].kind))
				TRY(kinds[i].add(s, name, line));
	}
	return 0;
}

int signals_new(struct bytes lines, struct signals **ret)
{
	OWNED(signals) struct signals *s = calloc(1, sizeof(*s));
	OWN_MEM struct bytes *texts = NULL;

	if (!s)
		return FAULT(ENOMEM, "keep the signals");
	TRY(read_lines(s, lines));
	texts = calloc(s->n_phrases + 1, sizeof(*texts));
	if (!texts)
		return FAULT(ENOMEM, "keep the signals");
	for (size_t i = 0; i < s->n_phrases; i++)
		texts[i] = bytes_of(s->phrases[i].text, s->phrases[i].n);
	TRY(patterns_new(texts, s->n_phrases, &s->patterns));
	*ret = steal(&s);
	return 0;
}

struct tally {
	size_t item;
	uint32_t hits;
	uint32_t phrases;
	struct {
		size_t at;
		size_t n;
	} spans[SIGNALS_SPANS_MAX];
};

struct match {
	const struct signals *signals;
	const struct folded *text;
	struct tally *tallies; /* by item */
	bool *seen;	       /* by phrase */
};

static bool is_word(const struct folded *f, size_t at)
{
	uint8_t c = at < f->text.n ? f->text.at[at] : 0;

	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool signals_stands_alone(const struct folded *f, size_t at, size_t n)
{
	return !(is_word(f, at) && at > 0 && is_word(f, at - 1)) && !(is_word(f, at + n - 1) && is_word(f, at + n));
}

static bool on_found(void *own, size_t phrase, size_t at)
{
	struct match *m = own;
	const struct phrase *p = &m->signals->phrases[phrase];
	struct tally *tally = &m->tallies[p->item];
	struct bytes source;

	if (!signals_stands_alone(m->text, at, p->n))
		return false;
	if (tally->hits < SIGNALS_SPANS_MAX) {
		source = fold_source(m->text, at, p->n);
		tally->spans[tally->hits].at = (size_t)(source.at - m->text->source.at);
		tally->spans[tally->hits].n = source.n;
	}
	tally->item = p->item;
	tally->hits++;
	tally->phrases += !m->seen[phrase];
	m->seen[phrase] = true;
	return false;
}

static uint32_t score(const struct tally *t)
{
	return t->phrases * 100 + (t->hits < 99 ? t->hits : 99);
}

static int by_score(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	if (score(x) != score(y))
		return score(x) > score(y) ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

static void answer(const struct signals *s, struct tally *tallies, struct buffer *ret)
{
	qsort(tallies, s->n_items, sizeof(*tallies), by_score);
	for (size_t i = 0; i < s->n_items && i < SIGNALS_ITEMS_MAX && tallies[i].hits; i++) {
		const struct tally *t = &tallies[i];

		buffer_add_format(ret, "%s %u ", s->items[t->item], score(t));
		for (size_t k = 0; k < t->hits && k < SIGNALS_SPANS_MAX; k++)
			buffer_add_format(ret, "%s%zu+%zu", k ? "," : "", t->spans[k].at, t->spans[k].n);
		buffer_add_text(ret, "\n");
	}
}

int signals_match(const struct signals *s, struct bytes text, struct buffer *ret)
{
	OWN_MEM struct tally *tallies = calloc(s->n_items + 1, sizeof(*tallies));
	OWN_MEM bool *seen = calloc(s->n_phrases + 1, sizeof(*seen));
	OWN_FOLDED struct folded folded = {0};
	struct match m = {s, &folded, tallies, seen};

	if (!tallies || !seen)
		return FAULT(ENOMEM, "match phrases");
	TRY(fold(text, FOLD_JOIN_LINES, &folded));
	TRY(patterns_scan(s->patterns, buffer_bytes(&folded.text), on_found, &m));
	answer(s, tallies, ret);
	return buffer_check(ret);
}
