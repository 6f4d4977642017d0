/* What protects and marks that which is no state secret. Unknown is held like the highest. */
#include "domain/regime.h"

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

void regime_turn(const struct policy *p, enum regime to, struct classification *what)
{
	*what = (struct classification){.level = to == REGIME_STATE_SECRET ? NULL : level_unclassified(p)->code,
					.scope = what->scope,
					.secret_points = what->secret_points,
					.reason = what->reason};
}
