/*
 * Recognising marks in a text from anybody. Two shapes: a level joined to its term by a sign ("机密★10年"), or a banner
 * line with an authority block somewhere else in the text. What is only a word in a sentence is no mark.
 */
#include "domain/mark.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "domain/policy.h"

static bool starts(struct bytes b, const char *word)
{
	size_t n = strlen(word);

	return n > 0 && b.n >= n && memcmp(b.at, word, n) == 0;
}

static char fold(uint8_t c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool starts_folded(struct bytes b, const char *word, size_t n)
{
	if (n == 0 || b.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (fold(b.at[i]) != fold((uint8_t)word[i]))
			return false;
	return true;
}

static struct bytes after(struct bytes b, size_t n)
{
	return (struct bytes){b.at + n, b.n - n};
}

/* ASCII blanks and the wide space U+3000. */
static struct bytes skip_blank(struct bytes b)
{
	for (;;) {
		if (b.n && (b.at[0] == ' ' || b.at[0] == '\t' || b.at[0] == '\r'))
			b = after(b, 1);
		else if (starts(b, "\xe3\x80\x80"))
			b = after(b, 3);
		else
			return b;
	}
}

static struct bytes trim_end(struct bytes b)
{
	while (b.n && (b.at[b.n - 1] == ' ' || b.at[b.n - 1] == '\t' || b.at[b.n - 1] == '\r'))
		b.n--;
	while (b.n >= 3 && memcmp(b.at + b.n - 3, "\xe3\x80\x80", 3) == 0)
		b.n -= 3;
	return b;
}

/* The first of words that b starts with, its length; 0: none. */
static size_t word_at(struct bytes b, struct texts words)
{
	for (size_t i = 0; i < words.n; i++)
		if (starts(b, words.at[i]))
			return strlen(words.at[i]);
	return 0;
}

static size_t number_at(struct bytes b, uint32_t *ret)
{
	size_t n = 0;
	uint32_t v = 0;

	while (n < b.n && n < 6 && b.at[n] >= '0' && b.at[n] <= '9')
		v = v * 10 + (uint32_t)(b.at[n++] - '0');
	*ret = v;
	return n;
}

/* Year, month, day with anything but digits between; returns the bytes read. */
static size_t date_at(struct bytes b, struct date *ret)
{
	uint32_t v[3] = {0};
	size_t at = 0;
	struct date d;

	for (size_t part = 0; part < 3; part++) {
		size_t n = number_at(after(b, at), &v[part]);

		if (n == 0 || (part == 0 && n != 4) || (part && n > 2))
			return 0;
		at += n;
		for (size_t gap = 0; part < 2 && gap < 3 && at < b.n && !(b.at[at] >= '0' && b.at[at] <= '9'); gap++)
			at++;
	}
	d = (struct date){(int16_t)v[0], (uint8_t)v[1], (uint8_t)v[2]};
	if (!date_is_valid(d))
		return 0;
	*ret = d;
	return at;
}

/* "20360115" as the block writes it. */
static bool compact_date(struct bytes b, struct date *ret)
{
	uint32_t v[3] = {0};

	if (b.n < 8 || number_at((struct bytes){b.at, 4}, &v[0]) != 4 ||
	    number_at((struct bytes){b.at + 4, 2}, &v[1]) != 2 || number_at((struct bytes){b.at + 6, 2}, &v[2]) != 2)
		return false;
	*ret = (struct date){(int16_t)v[0], (uint8_t)v[1], (uint8_t)v[2]};
	return date_is_valid(*ret);
}

/* "10年", "6个月", "1年6个月": the bytes read, 0 when it is none. */
static size_t period_at(const struct mark_rules *rules, struct bytes b, struct period *ret)
{
	const struct texts words[] = {rules->year_words, rules->month_words, rules->day_words};
	uint32_t found[3] = {0};
	size_t at = 0;

	for (size_t unit = 0; unit < 3; unit++) {
		uint32_t v;
		size_t digits = number_at(after(b, at), &v);
		struct bytes rest = skip_blank(after(b, at + digits));
		size_t n = digits ? word_at(rest, words[unit]) : 0;

		if (n == 0)
			continue;
		found[unit] = v;
		at = (size_t)(rest.at - b.at) + n;
	}
	if (found[0] > 200 || found[1] > 2400 || found[2] > 73050)
		return 0;
	*ret = (struct period){(uint16_t)found[0], (uint16_t)found[1], found[2]};
	return period_is_set(*ret) ? at : 0;
}

/* A condition in free words runs to the end of its line. */
static bool event_at(struct bytes b, struct term *t)
{
	b = trim_end(b);
	if (b.n == 0 || b.n > TERM_EVENT_MAX || !text_is_utf8(b))
		return false;
	memcpy(t->event, b.at, b.n);
	t->event[b.n] = '\0';
	t->kind = TERM_EVENT;
	return text_is_line(t->event, TERM_EVENT_MAX);
}

/* Reads a term at the front of b (the rest of a line); returns the bytes it took. */
static size_t term_at(const struct mark_rules *rules, struct bytes b, struct mark_found *found)
{
	struct term t = {0};
	struct bytes rest = skip_blank(b);
	size_t skipped = b.n - rest.n;
	size_t n = date_at(rest, &t.date);

	if (trim_end(rest).n == 0) {
		found->defects |= MARK_NO_TERM;
		return 0;
	}
	if (n) {
		t.kind = TERM_DATE;
		n += word_at(after(rest, n), rules->day_words);
	} else if ((n = period_at(rules, rest, &t.period)) != 0) {
		t.kind = TERM_PERIOD;
	} else if (rules->long_term && starts(rest, rules->long_term)) {
		t.kind = TERM_LONG;
		n = strlen(rules->long_term);
	} else if (!(rest.at[0] >= '0' && rest.at[0] <= '9') && event_at(rest, &t)) {
		n = trim_end(rest).n;
	} else {
		found->defects |= MARK_BAD_TERM;
		return 0;
	}
	found->term = t;
	return skipped + n;
}

/* The level whose official name b starts with, the longest of them. */
static const struct level *level_at(const struct policy *p, struct bytes b, bool also_unclassified)
{
	const struct level *best = NULL;

	for (size_t i = 0; i < p->n_levels; i++) {
		const char *name = p->levels[i].name.official;

		if ((also_unclassified || level_is_classified(&p->levels[i])) && starts(b, name) &&
		    (!best || strlen(name) > strlen(best->name.official)))
			best = &p->levels[i];
	}
	return best;
}

struct scan {
	const struct policy *p;
	struct bytes text;
	struct mark_found *found;
	size_t n, max;
};

static void keep(struct scan *s, const uint8_t *at, size_t n, struct mark_found found)
{
	if (s->n == s->max)
		return;
	found.at = (size_t)(at - s->text.at);
	found.n = n;
	s->found[s->n++] = found;
}

/* A level at b, which runs to the end of the line; alone: nothing but blanks stands before it. Returns the bytes taken.
 */
static size_t scan_joined_at(struct scan *s, struct bytes b, bool alone)
{
	const struct mark_rules *rules = &s->p->marks;
	struct mark_found found = {.level = level_at(s->p, b, false)};
	struct bytes rest;
	size_t sign;
	size_t n;

	if (!found.level)
		return 0;
	n = strlen(found.level->name.official);
	rest = skip_blank(after(b, n));
	sign = word_at(rest, rules->separators);
	if (sign) {
		rest = after(rest, sign);
		n = (size_t)(rest.at - b.at);
	} else {
		/* without the sign only a line that holds nothing else is meant as a mark */
		bool bare = trim_end(rest).n == 0;
		struct period unused;

		if (!alone || (!bare && trim_end(rest).n != period_at(rules, rest, &unused)))
			return 0;
		found.defects |= MARK_NO_SEPARATOR;
	}
	n = (size_t)(rest.at - b.at) + term_at(rules, rest, &found);
	keep(s, b.at, trim_end((struct bytes){b.at, n}).n, found);
	return n;
}

static void scan_joined(struct scan *s, struct bytes line)
{
	const uint8_t *front = skip_blank(line).at;

	while (line.n && s->n < s->max) {
		size_t n = scan_joined_at(s, line, line.at == front);

		line = after(line, n ? n : 1);
	}
}

static struct bytes take_line(struct bytes *rest)
{
	const uint8_t *end = rest->n ? memchr(rest->at, '\n', rest->n) : NULL;
	size_t n = end ? (size_t)(end - rest->at) : rest->n;
	struct bytes line = {rest->at, n};

	*rest = after(*rest, end ? n + 1 : n);
	return line;
}

/* The value of the block line whose form holds that placeholder ("Classified By: {classified_by}"), wherever it stands.
 */
static bool block_value(const struct scan *s, struct texts forms, const char *placeholder, struct bytes *ret)
{
	for (size_t i = 0; i < forms.n; i++) {
		const char *brace = strstr(forms.at[i], placeholder);
		struct bytes rest = s->text;

		while (brace && rest.n) {
			struct bytes line = trim_end(skip_blank(take_line(&rest)));
			size_t n = (size_t)(brace - forms.at[i]);

			while (n && forms.at[i][n - 1] == ' ')
				n--;
			if (!starts_folded(line, forms.at[i], n))
				continue;
			*ret = skip_blank(after(line, n));
			return true;
		}
	}
	return false;
}

static bool block_has(const struct scan *s, const char *placeholder, struct bytes *ret)
{
	const struct mark_rules *rules = &s->p->marks;

	return block_value(s, rules->block_original, placeholder, ret) ||
	       block_value(s, rules->block_derived, placeholder, ret);
}

/* true: the value says an exemption without a day. A code before a day is taken from the value's front. */
static bool take_exemption(const struct policy *p, struct bytes *value, struct term *ret)
{
	for (size_t i = 0; i < p->n_exemptions; i++) {
		const struct exemption_rule *x = &p->exemptions[i];
		const char *words = x->undated && x->words ? x->words : x->code;
		struct bytes rest = after(*value, starts(*value, words) ? strlen(words) : 0);
		bool ends = rest.n == 0 || rest.at[0] == (x->undated ? ' ' : ',');

		if (!starts(*value, words) || !ends)
			continue;
		(void)snprintf(ret->code, sizeof(ret->code), "%s", x->code);
		if (x->undated)
			ret->kind = TERM_LONG;
		else
			*value = skip_blank(after(rest, rest.n ? 1 : 0));
		return x->undated;
	}
	return false;
}

/* What the block says; the same for every banner of the text. */
static void read_block(const struct scan *s, struct mark_found *found)
{
	struct bytes value = {0};
	struct term exempt = {0};
	bool authority = block_has(s, "{classified_by}", &value) && value.n;
	bool basis =
	    (block_has(s, "{reason}", &value) && value.n) || (block_has(s, "{derived_from}", &value) && value.n);
	bool term = block_has(s, "{declassify_on}", &value);

	if (!authority && !basis && !term) {
		found->defects |= s->p->marks.block_needed ? MARK_NO_BLOCK : 0;
		return;
	}
	found->defects |= (authority ? 0u : MARK_NO_AUTHORITY) | (basis ? 0u : MARK_NO_BASIS);
	if (term && take_exemption(s->p, &value, &exempt)) {
		found->term = exempt;
		return;
	}
	if (!term || value.n == 0)
		found->defects |= MARK_NO_TERM;
	else if (compact_date(value, &found->term.date))
		found->term.kind = TERM_DATE;
	else
		(void)term_at(&s->p->marks, value, found);
	memcpy(found->term.code, exempt.code, sizeof(exempt.code));
}

static void scan_banner(struct scan *s, struct bytes line, const struct mark_found *block)
{
	struct bytes b = trim_end(skip_blank(line));
	size_t prefix = word_at(b, s->p->marks.prefixes);
	const struct level *level = level_at(s->p, after(b, prefix), true);
	struct mark_found found = *block;
	struct bytes rest;

	if (!level)
		return;
	rest = after(b, prefix + strlen(level->name.official));
	if (rest.n && !starts(rest, "//") && word_at(rest, s->p->marks.caveats) == 0)
		return;
	if (!level_is_classified(level))
		found = (struct mark_found){0};
	found.level = level;
	keep(s, b.at, b.n, found);
}

/* The highest level that a portion of the text is marked with; NULL: none is (domain.md R61). */
static const struct level *highest_portion(const struct policy *p, struct bytes text)
{
	const struct level *highest = NULL;

	while (text.n) {
		struct bytes line = skip_blank(take_line(&text));

		for (size_t i = 0; i < p->n_levels && line.n; i++)
			if (p->levels[i].portion && mark_portion_at(line, p->levels[i].portion))
				highest = level_max(highest, &p->levels[i]);
	}
	return highest;
}

/* The banner says what its highest portion says. */
static void check_portions(const struct scan *s)
{
	const struct level *highest = highest_portion(s->p, s->text);

	for (size_t i = 0; highest && i < s->n; i++)
		s->found[i].defects |= highest->rank > s->found[i].level->rank	 ? MARK_PORTION_ABOVE
				       : highest->rank < s->found[i].level->rank ? MARK_PORTION_BELOW
										 : 0u;
}

size_t mark_scan(const struct policy *p, struct bytes text, struct mark_found *ret, size_t max)
{
	struct scan s = {.p = p, .text = text, .found = ret, .max = max};
	struct mark_found block = {0};
	struct bytes rest = text;

	if (!p->marks.separator)
		read_block(&s, &block);
	while (rest.n && s.n < max) {
		struct bytes line = take_line(&rest);

		if (p->marks.separator)
			scan_joined(&s, line);
		else
			scan_banner(&s, line, &block);
	}
	if (!p->marks.separator)
		check_portions(&s);
	return s.n;
}
