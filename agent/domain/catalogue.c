/* Finding items. The search must serve people who type a few words, in a language with or without spaces. */
#include "domain/catalogue.h"

#include <string.h>

#include "base/text.h"

/* What a hit is worth. Only the order matters: the number, then the whole phrase, then words, then pairs of characters.
 */
enum {
	SCORE_ID = 100000,
	SCORE_CHAPTER = 2000,
	SCORE_PHRASE_TITLE = 4000,
	SCORE_PHRASE_SIGNAL = 3000,
	SCORE_WORD_TITLE = 300,
	SCORE_WORD_SIGNAL = 200,
	SCORE_WORD_GROUP = 50,
	SCORE_PAIR_TITLE = 30,
	SCORE_PAIR_SIGNAL = 20,
};

#define SEARCH_BYTES_MAX 512

const struct item *catalogue_find(const struct catalogue *c, const char *id)
{
	if (text_is_empty(id))
		return NULL;
	for (size_t i = 0; !c->by_id && i < c->n; i++)
		if (text_equal(c->items[i].id, id))
			return &c->items[i];
	for (size_t low = 0, high = c->by_id ? c->n : 0; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(c->by_id[middle]->id, id);

		if (order == 0)
			return c->by_id[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool has(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

static bool names_have(struct names names, const char *part)
{
	return has(names.official, part) || has(names.english, part);
}

static bool signals_have(const struct item *item, const char *part)
{
	for (size_t i = 0; i < item->signals.n; i++)
		if (has(item->signals.at[i], part))
			return true;
	return false;
}

static bool signals_within(const struct item *item, const char *text)
{
	for (size_t i = 0; i < item->signals.n; i++)
		if (*item->signals.at[i] && has(text, item->signals.at[i]))
			return true;
	return false;
}

/* Bytes of the UTF-8 sequence that starts with c; 1 for what is not one. */
static size_t step_of(unsigned char c)
{
	return c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
}

/* Pairs of neighbouring characters of a word that is not ASCII. */
static uint32_t score_pairs(const struct item *item, const char *word)
{
	uint32_t score = 0;
	size_t n = strlen(word);

	for (size_t at = 0; at < n; at += step_of((unsigned char)word[at])) {
		size_t first = step_of((unsigned char)word[at]);
		size_t both = at + first < n ? first + step_of((unsigned char)word[at + first]) : n;
		char pair[9] = {0};

		if (at + both > n || both > 8 || first == 1)
			continue;
		memcpy(pair, word + at, both);
		score += names_have(item->title, pair) ? SCORE_PAIR_TITLE : 0;
		score += signals_have(item, pair) ? SCORE_PAIR_SIGNAL : 0;
	}
	return score;
}

static uint32_t score_word(const struct item *item, const char *word)
{
	uint32_t score = 0;

	if (!word[0] || !word[1]) /* one ASCII character meets everything */
		return 0;
	score += names_have(item->title, word) ? SCORE_WORD_TITLE : 0;
	score += signals_have(item, word) ? SCORE_WORD_SIGNAL : 0;
	score += names_have(item->group, word) ? SCORE_WORD_GROUP : 0;
	return score + score_pairs(item, word);
}

static uint32_t score_item(const struct item *item, const char *text)
{
	char words[SEARCH_BYTES_MAX + 1];
	uint32_t score = 0;
	size_t n = strlen(text);
	char *rest = words;

	if (text_equal(item->id, text))
		score += SCORE_ID;
	else if (text_starts(item->id, text) && item->id[n] == '.')
		score += SCORE_CHAPTER;
	if (names_have(item->title, text))
		score += SCORE_PHRASE_TITLE;
	if (signals_have(item, text) || signals_within(item, text))
		score += SCORE_PHRASE_SIGNAL;
	memcpy(words, text, n + 1);
	for (char *word = strsep(&rest, " \t,;"); word; word = strsep(&rest, " \t,;"))
		score += score_word(item, word);
	return score;
}

/* Keeps ret sorted; an equal score stays behind, so file order decides. */
static size_t insert_hit(struct catalogue_hit *ret, size_t n, size_t max, struct catalogue_hit hit)
{
	size_t at = n;

	while (at > 0 && ret[at - 1].score < hit.score)
		at--;
	if (at == max)
		return n;
	if (n == max)
		n--;
	memmove(ret + at + 1, ret + at, (n - at) * sizeof(*ret));
	ret[at] = hit;
	return n + 1;
}

size_t catalogue_search(const struct catalogue *c, const char *text, struct catalogue_hit *ret, size_t max)
{
	size_t n = 0;

	if (text_is_empty(text) || strlen(text) > SEARCH_BYTES_MAX)
		return 0;
	for (size_t i = 0; i < c->n; i++) {
		uint32_t score = score_item(&c->items[i], text);

		if (score)
			n = insert_hit(ret, n, max, (struct catalogue_hit){&c->items[i], score});
	}
	return n;
}
