/* Checking a proposal: one small test per question, all asked, so that a person sees everything at once. */
#include "domain/proposal.h"

#include <string.h>

#include "base/text.h"
#include "domain/template.h"

struct check {
	const struct policy *p;
	const struct proposal *proposal;
	const struct classification *what;
	const struct level *level; /* NULL: none or unknown */
	const struct item *item;
	const struct level *source;
	struct proposal_problem *problems;
	size_t n;
};

static struct proposal_problem *add(struct check *c, enum proposal_problem_kind kind, const char *field,
				    const char *given)
{
	struct proposal_problem *problem =
	    &c->problems[c->n < PROPOSAL_PROBLEMS_MAX ? c->n++ : PROPOSAL_PROBLEMS_MAX - 1];

	*problem = (struct proposal_problem){.kind = kind, .field = field, .given = given};
	return problem;
}

static void check_level(struct check *c)
{
	if (text_is_empty(c->what->level))
		(void)add(c, PROPOSAL_NO_LEVEL, "level", NULL);
	else if (!c->level)
		(void)add(c, PROPOSAL_UNKNOWN_LEVEL, "level", c->what->level);
}

static void check_basis(struct check *c)
{
	switch (c->what->basis) {
	case BASIS_ITEM:
		if (!c->item)
			(void)add(c, PROPOSAL_UNKNOWN_ITEM, "basis", c->what->item);
		break;
	case BASIS_DERIVED:
		if (c->what->sources.n == 0)
			(void)add(c, PROPOSAL_NO_SOURCE, "basis", NULL);
		break;
	case BASIS_UNCLEAR:
	case BASIS_NO_AUTHORITY:
		break;
	case BASIS_MISSING:
	case BASIS_KINDS:
		(void)add(c, PROPOSAL_NO_BASIS, "basis", NULL);
		break;
	}
	if (c->proposal->is_prohibited || (c->item && c->item->prohibited))
		(void)add(c, PROPOSAL_PROHIBITED, "basis", c->what->item);
}

static struct term cap_of(const struct check *c)
{
	return policy_cap_of(c->p, c->level, c->item, &c->what->term, c->proposal->start);
}

static void check_term_length(struct check *c)
{
	const struct term *t = &c->what->term;
	struct term cap = cap_of(c);
	struct date end = term_check(t, c->proposal->start, c->p->leap);

	if (date_is_set(end) && date_compare(end, c->proposal->today) <= 0)
		(void)add(c, PROPOSAL_TERM_PAST, "term", NULL);
	if (t->kind != TERM_LONG && cap.kind != TERM_NONE && cap.kind != TERM_LONG &&
	    term_compare(t, &cap, c->proposal->start, c->p->leap) > 0)
		add(c, PROPOSAL_TERM_CAP, "term", NULL)->cap = cap;
}

/* An exemption is the item's, or carried over from a source; nobody makes one up. */
static bool is_exempt(const struct check *c)
{
	const struct term *t = &c->what->term;
	const struct exemption_rule *x = policy_exemption(c->p, t->code);
	bool given = c->what->basis == BASIS_DERIVED || (c->item && text_equal(c->item->exemption, t->code));

	return x && given && x->undated == (t->kind == TERM_LONG);
}

static void check_term(struct check *c)
{
	const struct term *t = &c->what->term;

	if (t->kind == TERM_NONE && policy_allows_term(c->p, c->level, TERM_NONE))
		return;
	if (!term_is_complete(t))
		(void)add(c, PROPOSAL_NO_TERM, "term", NULL);
	else if (t->code[0] && !is_exempt(c))
		(void)add(c, PROPOSAL_EXEMPTION, "term", t->code);
	else if (t->kind == TERM_LONG && !t->code[0] && !policy_long_term_allowed(c->p, c->item))
		(void)add(c, PROPOSAL_LONG_TERM, "term", NULL);
	else if (!policy_allows_term(c->p, c->level, t->kind))
		(void)add(c, PROPOSAL_TERM_KIND, "term", term_kind_name(t->kind));
	else
		check_term_length(c);
}

static bool is_scope_entry(const char *entry)
{
	const char *name = text_starts(entry, "person:") ? entry + 7 : text_starts(entry, "dept:") ? entry + 5 : NULL;

	return strcmp(entry, "*") == 0 || (name && *name && text_is_line(name, 128));
}

static void check_scope(struct check *c)
{
	if (c->what->scope.n == 0)
		(void)add(c, PROPOSAL_NO_SCOPE, "scope", NULL);
	for (size_t i = 0; i < c->what->scope.n; i++)
		if (!is_scope_entry(c->what->scope.at[i])) {
			(void)add(c, PROPOSAL_BAD_SCOPE, "scope", c->what->scope.at[i]);
			return;
		}
}

static void check_source(struct check *c)
{
	if (!c->level || !c->source || c->level->rank == c->source->rank)
		return;
	add(c, c->level->rank < c->source->rank ? PROPOSAL_BELOW_SOURCE : PROPOSAL_ABOVE_SOURCE, "level",
	    c->what->level)
	    ->level = c->source;
}

/* What departs from the catalogue row, or takes the longest term that is allowed at all, is explained. */
static void check_departure(struct check *c)
{
	const struct term *t = &c->what->term;
	struct term cap = cap_of(c);
	bool departs = false;
	bool longest = c->p->reason_at_longest_term && c->what->basis != BASIS_DERIVED &&
		       policy_is_longest(c->p, t, c->item, &cap, c->proposal->start);

	if (c->item && c->level && c->level->rank != c->item->level->rank) {
		departs = true;
		add(c, c->level->rank > c->item->level->rank ? PROPOSAL_ABOVE_ITEM : PROPOSAL_BELOW_ITEM, "level",
		    c->what->level)
		    ->level = c->item->level;
	}
	if (c->item && term_is_complete(t) && !term_equal(t, &c->item->term)) {
		departs = true;
		add(c, PROPOSAL_TERM_DEPARTS, "term", NULL)->cap = c->item->term;
	}
	if ((departs || longest) && text_is_empty(c->what->reason))
		(void)add(c, PROPOSAL_NEEDS_REASON, "reason", NULL);
}

static void check_regime_term(struct check *c, const struct regime_rule *rule)
{
	const struct term *t = &c->what->term, cap = {.kind = TERM_PERIOD, .period = rule->max_term};
	struct date end = term_check(t, c->proposal->start, c->p->leap);

	if (t->kind == TERM_NONE) {
		if (rule->terms == REGIME_TERMS_MUST)
			(void)add(c, PROPOSAL_NO_TERM, "term", NULL);
		return;
	}
	if (rule->terms == REGIME_TERMS_NONE || t->kind == TERM_LONG || !policy_allows_term(c->p, &rule->held, t->kind))
		(void)add(c, PROPOSAL_TERM_KIND, "term", term_kind_name(t->kind));
	else if (!term_is_complete(t))
		(void)add(c, PROPOSAL_NO_TERM, "term", NULL);
	else if (date_is_set(end) && date_compare(end, c->proposal->today) <= 0)
		(void)add(c, PROPOSAL_TERM_PAST, "term", NULL);
	else if (period_is_set(rule->max_term) && term_compare(t, &cap, c->proposal->start, c->p->leap) > 0)
		add(c, PROPOSAL_TERM_CAP, "term", NULL)->cap = cap;
}

/* A state secret has an item instead. */
static void check_categories(struct check *c)
{
	const struct regime_rule *rule = regime_rule_of(c->p, c->proposal->regime);

	for (size_t i = 0; i < c->what->categories.n; i++)
		if (!regime_category_find(rule, c->what->categories.at[i])) {
			(void)add(c, PROPOSAL_CATEGORY, "category", c->what->categories.at[i]);
			return;
		}
}

/* Outside state secrets there are no levels and no items (domain.md A.1: a work secret is never a level), and what
 * comes from a state secret is one. */
static void check_other_regime(struct check *c)
{
	const struct regime_rule *rule = regime_rule_of(c->p, c->proposal->regime);

	if (level_is_classified(c->level) || (!text_is_empty(c->what->level) && !c->level))
		(void)add(c, PROPOSAL_REGIME, "level", c->what->level);
	if (!rule)
		return;
	if (c->what->basis == BASIS_ITEM)
		(void)add(c, PROPOSAL_REGIME, "item", c->what->item);
	if (level_is_classified(c->source))
		add(c, PROPOSAL_BELOW_SOURCE, "level", c->what->level)->level = c->source;
	check_scope(c);
	check_regime_term(c, rule);
}

static void sort(struct proposal_problem *problems, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && problems[k - 1].kind > problems[k].kind; k--) {
			struct proposal_problem swap = problems[k];

			problems[k] = problems[k - 1];
			problems[k - 1] = swap;
		}
}

size_t proposal_check(const struct policy *p, const struct proposal *proposal,
		      struct proposal_problem ret[PROPOSAL_PROBLEMS_MAX])
{
	const struct classification *what = &proposal->what;
	struct check c = {.p = policy_on(p, proposal->today), .proposal = proposal, .what = what, .problems = ret};

	p = c.p;
	c.level = level_find(p, what->level);
	c.item = what->basis == BASIS_ITEM ? catalogue_find(&p->catalogue, what->item) : NULL;
	c.source = level_for_protection(p, proposal->source_level);
	if (proposal->regime >= REGIME_N || !p->regimes[proposal->regime].is_used)
		(void)add(&c, PROPOSAL_REGIME, "regime", regime_name(proposal->regime));
	else if (proposal->regime != REGIME_STATE_SECRET)
		check_other_regime(&c);
	else {
		check_level(&c);
		check_source(&c);
		if (!c.level || level_is_classified(c.level)) {
			check_basis(&c);
			check_term(&c);
			check_scope(&c);
			check_departure(&c);
		}
	}
	check_categories(&c);
	sort(ret, c.n);
	return c.n;
}

bool proposal_is_refused(const struct proposal_problem *problems, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (problems[i].kind <= PROPOSAL_NEEDS_REASON)
			return true;
	return false;
}

static const struct {
	const char *name;
	const char *sentence; /* {given} {cap} {level} */
} problems[PROPOSAL_PROBLEMS] = {
    [PROPOSAL_REGIME] = {"regime", "levels and items belong to state secrets only, and the policy must know the regime: {given}"},
    [PROPOSAL_CATEGORY] = {"category", "{given} is no category of that regime in this policy"},
    [PROPOSAL_NO_LEVEL] = {"no-level", "no level given; pick a catalogue item with --item or a level with --level"},
    [PROPOSAL_UNKNOWN_LEVEL] = {"unknown-level", "the policy has no level {given}; see classctl policy explain"},
    [PROPOSAL_NO_BASIS] = {"no-basis", "no basis given; name the catalogue item with --item, or say --unsure"},
    [PROPOSAL_UNKNOWN_ITEM] = {"unknown-item",
			       "the catalogue has no item {given}; search it with classctl catalogue TEXT"},
    [PROPOSAL_NO_SOURCE] = {"no-source", "derived, but no source is named"},
    [PROPOSAL_NO_TERM] = {"no-term", "no complete term given; an event needs a check date (event:TEXT@DATE)"},
    [PROPOSAL_TERM_KIND] = {"term-kind", "the policy does not allow a term of the kind {given}"},
    [PROPOSAL_EXEMPTION] = {"exemption", "the exemption {given} is none of this policy, does not go with such a term, or neither "
					 "the catalogue item nor a source has it"},
    [PROPOSAL_LONG_TERM] = {"long-term", "long-term is allowed only where the catalogue item says so"},
    [PROPOSAL_TERM_PAST] = {"term-past", "the term ends in the past"},
    [PROPOSAL_TERM_CAP] = {"term-cap", "the term is longer than {cap} allows"},
    [PROPOSAL_NO_SCOPE] = {"no-scope", "nobody may know it; give --scope dept:NAME or person:NAME"},
    [PROPOSAL_BAD_SCOPE] = {"bad-scope", "{given} is neither dept:NAME nor person:NAME"},
    [PROPOSAL_PROHIBITED] = {"prohibited", "this subject may not be classified; see classctl policy explain"},
    [PROPOSAL_BELOW_SOURCE] = {"below-source", "the source is {level}; what is derived from it is not lower"},
    [PROPOSAL_NEEDS_REASON] = {"needs-reason",
			       "this departs from the catalogue or takes the longest term: say why with --reason"},
    [PROPOSAL_ABOVE_ITEM] = {"above-item", "the catalogue says {level} for this item, which is lower"},
    [PROPOSAL_BELOW_ITEM] = {"below-item", "the catalogue says {level} for this item, which is higher"},
    [PROPOSAL_ABOVE_SOURCE] = {"above-source", "the source is {level}, which is lower"},
    [PROPOSAL_TERM_DEPARTS] = {"term-departs", "the catalogue says {cap} for this item"},
};

const char *proposal_problem_name(enum proposal_problem_kind kind)
{
	return kind < PROPOSAL_PROBLEMS ? problems[kind].name : "unknown";
}

void proposal_explain(const struct policy *p, const struct proposal_problem *problem, struct buffer *ret)
{
	OWN_BUFFER struct buffer cap = {0};
	OWN_MEM char *words = NULL;

	mark_make_term(p, &problem->cap, &cap);
	words = buffer_steal_text(&cap);
	const struct template_value values[] = {
	    {"given", problem->given ? problem->given : "(none)"},
	    {"cap", words},
	    {"level", problem->level ? problem->level->name.official : NULL},
	};
	if (problem->kind < PROPOSAL_PROBLEMS)
		template_expand(problems[problem->kind].sentence, values, array_n(values), ret);
}

void proposal_defaults(const struct item *item, struct classification *ret)
{
	*ret = (struct classification){.level = item->level->code,
				       .term = item->term,
				       .basis = BASIS_ITEM,
				       .item = item->id,
				       .scope = item->scope};
}

const struct item *proposal_ruling_item(const struct policy *p, const struct item *const *items, size_t n)
{
	struct date anywhere = {2000, 3, 1};
	const struct item *best = NULL;

	for (size_t i = 0; i < n; i++) {
		int order = best ? (int)items[i]->level->rank - (int)best->level->rank : 1;

		if (order == 0)
			order = term_compare(&items[i]->term, &best->term, anywhere, p->leap);
		if (order > 0)
			best = items[i];
	}
	return best;
}

bool proposal_may_declare_alone(const struct policy *p, const struct contrary *c)
{
	return level_unclassified(p)->decides_alone && !level_is_classified(c->mark) && !c->is_known &&
	       !(c->signalled && level_is_classified(c->signalled->level));
}
