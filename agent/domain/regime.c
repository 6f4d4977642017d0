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

	for (size_t i = 0; i < rule->mark.n; i++)
		add_line(rule->mark.at[i], values, array_n(values), ret);
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

static bool line_shows(struct bytes line, struct bytes word)
{
	if (word.n == 0 || line.n < word.n || memcmp(line.at, word.at, word.n) != 0)
		return false;
	return line.n == word.n || (line.n >= word.n + 2 && memcmp(line.at + word.n, "//", 2) == 0);
}

static bool rule_shows(const struct regime_rule *rule, struct bytes line)
{
	OWN_BUFFER struct buffer word = {0};

	regime_mark_word(rule, &word);
	if (line_shows(line, buffer_bytes(&word)))
		return true;
	for (size_t i = 0; i < rule->mark_read.n; i++)
		if (line_shows(line, bytes_of_text(rule->mark_read.at[i])))
			return true;
	return false;
}

static struct bytes trimmed(struct bytes line)
{
	while (line.n && strchr(" \t\r", line.at[0]) && line.at[0])
		line = bytes_of(line.at + 1, line.n - 1);
	while (line.n && strchr(" \t\r", line.at[line.n - 1]) && line.at[line.n - 1])
		line.n--;
	return line;
}

enum regime regime_of_mark(const struct policy *p, struct bytes text)
{
	while (text.n) {
		const uint8_t *end = memchr(text.at, '\n', text.n);
		struct bytes line = bytes_of(text.at, end ? (size_t)(end - text.at) : text.n);

		text = bytes_of(end ? end + 1 : text.at + text.n, text.n - line.n - (end != NULL));
		for (enum regime i = 0; i < REGIME_N; i++)
			if (regime_rule_of(p, i) && rule_shows(&p->regimes[i], trimmed(line)))
				return i;
	}
	return REGIME_NONE;
}

void regime_turn(const struct policy *p, enum regime to, struct classification *what)
{
	*what = (struct classification){.level = to == REGIME_STATE_SECRET ? NULL : level_unclassified(p)->code,
					.scope = what->scope,
					.secret_points = what->secret_points,
					.reason = what->reason};
}
