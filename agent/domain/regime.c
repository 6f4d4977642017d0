/* What protects and marks that which is no state secret. Unknown is held like the highest. */
#include "domain/regime.h"

#include <string.h>

#include "base/text.h"
#include "domain/policy.h"
#include "domain/template.h"

bool regime_is_other(enum regime regime)
{
	return regime != REGIME_STATE_SECRET && regime != REGIME_NONE;
}

const struct regime_rule *regime_rule_of(const struct policy *p, enum regime regime)
{
	return regime < REGIME_N && regime_is_other(regime) && p->regimes[regime].sealed_as ? &p->regimes[regime] : NULL;
}

const struct level *regime_holds(const struct policy *p, enum regime regime, const struct level *level)
{
	const struct regime_rule *rule = regime_rule_of(p, regime);

	if (level_is_classified(level) || !regime_is_other(regime))
		return level;
	return rule ? &rule->held : level_highest(p);
}

const struct regime_category *regime_category_find(const struct regime_rule *rule, const char *code)
{
	for (size_t i = 0; rule && i < rule->categories.n; i++)
		if (text_equal(rule->categories.at[i].code, code))
			return &rule->categories.at[i];
	return NULL;
}

/* In the order of the pack, those first that must be told. */
static void add_categories(const struct regime_rule *rule, struct texts codes, bool specified, size_t *n,
			   struct buffer *ret)
{
	for (size_t i = 0; rule->category_begin && i < rule->categories.n; i++) {
		const struct regime_category *c = &rule->categories.at[i];

		if (c->specified != specified || !texts_has(codes, c->code))
			continue;
		buffer_add_text(ret, (*n)++ ? rule->category_between : rule->category_begin);
		buffer_add_text(ret, c->mark);
	}
}

static void add_line(const char *form, const struct template_value *values, size_t n, struct buffer *ret)
{
	if (ret->n)
		buffer_add_text(ret, "\n");
	template_expand(form, values, n, ret);
}

void regime_make_mark(const struct policy *p, const struct regime_rule *rule, const struct regime_mark *facts,
		      struct buffer *ret)
{
	OWN_BUFFER struct buffer term = {0};
	OWN_BUFFER struct buffer until = {0};
	struct date end = term_end(facts->term, facts->start, p->leap);
	const struct term day = {.kind = TERM_DATE, .date = end};

	mark_make_term(p, facts->term, &term);
	mark_make_term(p, date_is_set(end) ? &day : facts->term, &until);
	OWN_MEM char *term_words = buffer_steal_text(&term);
	OWN_MEM char *until_words = buffer_steal_text(&until);
	const struct template_value values[] = {
	    {"regime", rule->name.official},
	    {"unit", text_is_empty(facts->unit) ? "-" : facts->unit},
	    {"decided_by", text_is_empty(facts->decided_by) ? "-" : facts->decided_by},
	    {"term", term_words},
	    {"until", until_words},
	};

	for (size_t i = 0; i < rule->mark.n; i++) {
		size_t n = 0;

		add_line(rule->mark.at[i], values, array_n(values), ret);
		if (i > 0)
			continue;
		add_categories(rule, facts->categories, true, &n, ret);
		add_categories(rule, facts->categories, false, &n, ret);
	}
	if (rule->mark_until && facts->term->kind != TERM_NONE)
		add_line(rule->mark_until, values, array_n(values), ret);
}

void regime_mark_word(const struct regime_rule *rule, struct buffer *ret)
{
	const struct template_value values[] = {{"regime", rule->name.official}};
	const char *form = rule->mark.n ? rule->mark.at[0] : "";
	const char *brace = strchr(form, '{');

	if (!brace || text_starts(brace, "{regime}"))
		template_expand(form, values, array_n(values), ret);
}

static bool follows(struct bytes rest, struct bytes tail)
{
	return rest.n >= tail.n && memcmp(rest.at, tail.at, tail.n) == 0 &&
	       (rest.n == tail.n || (rest.n > tail.n + 1 && memcmp(rest.at + tail.n, "//", 2) == 0));
}

/* Behind the word stands a category of the regime. */
static bool tells_category(const struct regime_rule *rule, struct bytes rest)
{
	size_t begin = rule->category_begin ? strlen(rule->category_begin) : 0;

	for (size_t i = 0; begin && i < rule->categories.n; i++) {
		const char *mark = rule->categories.at[i].mark;
		size_t n = strlen(mark);

		if (rest.n >= begin + n && memcmp(rest.at, rule->category_begin, begin) == 0 &&
		    memcmp(rest.at + begin, mark, n) == 0 && (rest.n == begin + n || rest.at[begin + n] == '/'))
			return true;
	}
	return false;
}

static bool line_shows(struct bytes line, struct bytes word)
{
	if (word.n == 0 || line.n < word.n || memcmp(line.at, word.at, word.n) != 0)
		return false;
	return line.n == word.n || (line.n >= word.n + 2 && memcmp(line.at + word.n, "//", 2) == 0);
}

/* The length of the word that the line shows it by; 0: it does not. */
static size_t rule_shows(const struct regime_rule *rule, struct bytes line)
{
	if (rule->word && line_shows(line, bytes_of_text(rule->word)))
		return strlen(rule->word);
	for (size_t i = 0; i < rule->mark_read.n; i++)
		if (line_shows(line, bytes_of_text(rule->mark_read.at[i])))
			return strlen(rule->mark_read.at[i]);
	return 0;
}

static struct bytes trimmed(struct bytes line)
{
	while (line.n && strchr(" \t\r", line.at[0]) && line.at[0])
		line = bytes_of(line.at + 1, line.n - 1);
	while (line.n && strchr(" \t\r", line.at[line.n - 1]) && line.at[line.n - 1])
		line.n--;
	return line;
}

static struct bytes take_line(struct bytes *text)
{
	const uint8_t *end = memchr(text->at, '\n', text->n);
	struct bytes line = bytes_of(text->at, end ? (size_t)(end - text->at) : text->n);

	*text = bytes_of(end ? end + 1 : text->at + text->n, text->n - line.n - (end != NULL));
	return trimmed(line);
}

enum regime regime_of_mark(const struct policy *p, struct bytes text)
{
	while (text.n) {
		struct bytes line = take_line(&text);

		for (enum regime i = 0; i < REGIME_N; i++)
			if (regime_rule_of(p, i) && rule_shows(&p->regimes[i], line))
				return i;
	}
	return REGIME_NONE;
}

bool regime_mark_differs(const struct regime_rule *rule, struct bytes text, struct texts categories)
{
	OWN_BUFFER struct buffer all = {0};
	OWN_BUFFER struct buffer needed = {0};
	size_t n = 0, n_needed = 0;

	add_categories(rule, categories, true, &n, &all);
	add_categories(rule, categories, false, &n, &all);
	add_categories(rule, categories, true, &n_needed, &needed);
	while (text.n) {
		struct bytes line = take_line(&text);
		size_t word = rule_shows(rule, line);
		struct bytes rest = bytes_of(line.at + word, line.n - word);

		if (word)
			return (n == 0 || !follows(rest, buffer_bytes(&all))) &&
			       (!follows(rest, buffer_bytes(&needed)) || (n_needed == 0 && tells_category(rule, rest)));
	}
	return false;
}

void regime_turn(const struct policy *p, enum regime to, struct classification *what)
{
	*what = (struct classification){.level = to == REGIME_STATE_SECRET ? NULL : level_unclassified(p)->code,
					.scope = what->scope,
					.secret_points = what->secret_points,
					.reason = what->reason};
}
