/* The levels of a pack, lowest first. */
#include <string.h>

#include "base/text.h"
#include "library/policy_read.h"

#define IDLE_MINUTES_DEFAULT 480

static const char *const signed_with[] = {"any", "token", "verified-token", NULL};
static const char *const unlock_modes[] = {"machine", "person", NULL};
static const struct field level_fields[] = {
    FIELD(struct level, code, "code", kind_text_free, NULL, true),
    FIELD(struct level, name, "name", kind_names, NULL, true),
    FIELD(struct level, portion, "portion", kind_text, NULL, false),
    FIELD(struct level, max_term, "max_term", kind_period_down, NULL, false),
    FIELD(struct level, default_term, "default_term", kind_period_down, NULL, false),
    FIELD(struct level, term_kinds, "term_kinds", kind_term_kinds, NULL, false),
    FIELD(struct level, review_interval, "review_every", kind_period_down, NULL, false),
    FIELD(struct level, missing_term, "missing_term", kind_period, NULL, false),
    FIELD(struct level, opaque_name, "opaque_name", kind_bool_up, NULL, false),
    FIELD(struct level, draft_in_clear, "draft_in_clear", kind_draft, NULL, false),
    FIELD(struct level, draft_idle_minutes, "draft_idle", kind_minutes, NULL, false),
    FIELD(struct level, needs_post, "needs_post", kind_post, NULL, false),
    FIELD(struct level, needs_clearance, "needs_clearance", kind_bool_up, NULL, false),
    FIELD(struct level, needs_undertaking, "needs_undertaking", kind_bool_up, NULL, false),
    FIELD(struct level, unlock, "unlock", kind_choice_up, unlock_modes, false),
    FIELD(struct level, needs_signature, "signature", kind_bool_up, NULL, false),
    FIELD(struct level, signed_with, "signed_with", kind_choice_up, signed_with, false),
    FIELD(struct level, decides_alone, "alone", kind_bool, NULL, false),
};

static void check_level(struct reader *r, const struct yaml_node *at, const struct level *l)
{
	if (l->code && !level_code_is_valid(l->code))
		complain(r, yaml_get(at, "code"), "a level's code is 1 to 24 of A-Z 0-9 -");
	for (const struct level *other = r->levels; other < l; other++)
		if (names_equal_folded(other->code, l->code) || text_equal(other->name.official, l->name.official) ||
		    names_equal_folded(other->name.english, l->name.english))
			complain(r, at, "two levels share a name with %s", other->code ? other->code : "one before");
}

/* A demand that nobody would ever check. */
static void check_signed_with(struct reader *r, const struct yaml_node *at, const struct level *l)
{
	if (l->signed_with != SIGNED_WITH_ANY && !l->needs_signature)
		complain(r, yaml_get(at, "signed_with"), "signed_with without signature: true asks for nothing");
}

/* Kinds of term that the pack has, a default within the cap, and no open end where there is a cap. */
static void check_level_terms(struct reader *r, const struct yaml_node *at, const struct level *l)
{
	const struct yaml_node *kinds = yaml_get(at, "term_kinds");

	if (period_is_set(l->default_term) && period_is_set(l->max_term) &&
	    period_compare(l->default_term, l->max_term) > 0)
		complain(r, yaml_get(at, "default_term") ? yaml_get(at, "default_term") : at,
			 "the default is longer than the longest term of this level");
	if (period_is_set(l->missing_term) && period_is_set(l->max_term) &&
	    period_compare(l->missing_term, l->max_term) > 0)
		complain(r, yaml_get(at, "missing_term") ? yaml_get(at, "missing_term") : at,
			 "what is assumed is longer than the longest term of this level");
	if (period_is_set(l->default_term) && kinds && !l->term_kinds[TERM_PERIOD])
		complain(r, kinds, "the default is a period, but this level has no term of the kind period");
	if (period_is_set(l->max_term) && l->term_kinds[TERM_NONE])
		complain(r, kinds ? kinds : at, "a level with a longest term does not leave the term open");
}

static void add_level(struct reader *r, const struct yaml_node *at, size_t rank)
{
	struct level *l = &r->levels[rank];

	const struct yaml_node *code = yaml_get(at, "code");
	size_t before = path_enter(r, code && code->kind == YAML_TEXT ? code->text : "?");

	l->rank = (uint8_t)rank;
	l->draft_idle_minutes = IDLE_MINUTES_DEFAULT;
	read_fields(r, at, level_fields, array_n(level_fields), l);
	check_level(r, at, l);
	check_level_terms(r, at, l);
	check_signed_with(r, at, l);
	path_leave(r, before);
}

/* A cap that a site makes shorter holds for what is assumed and offered, too. */
static void fit_level_terms(struct reader *r, const struct yaml_node *at, struct level *l)
{
	if (!r->overlay)
		check_level_terms(r, at, l);
	else if (period_is_set(l->max_term)) {
		if (period_is_set(l->default_term) && period_compare(l->default_term, l->max_term) > 0)
			l->default_term = l->max_term;
		if (period_is_set(l->missing_term) && period_compare(l->missing_term, l->max_term) > 0)
			l->missing_term = l->max_term;
	}
}

static void tighten_level(struct reader *r, const struct yaml_node *at)
{
	const struct yaml_node *code = yaml_get(at, "code");
	const struct level *l = code && code->kind == YAML_TEXT ? level_find(r->p, code->text) : NULL;

	if (!l) {
		complain(r, at, "only levels that the policy has can be changed here, each by its code");
		return;
	}
	size_t before = path_enter(r, l->code);

	/* Until now the pack's own interval held here: the site's is measured by that. */
	if (r->overlay && yaml_get(at, "review_every"))
		r->levels[l->rank].review_interval = policy_review_interval(r->p, l);
	read_fields(r, at, level_fields, array_n(level_fields), &r->levels[l->rank]);
	fit_level_terms(r, at, &r->levels[l->rank]);
	check_signed_with(r, at, &r->levels[l->rank]);
	path_leave(r, before);
}

void read_levels(struct reader *r, const struct yaml_node *v)
{
	size_t rank = 0;

	if (!is_list(r, v))
		return;
	if (r->overlay || r->earlier) {
		for (const struct yaml_node *at = v->child; at; at = at->next)
			tighten_level(r, at);
		return;
	}
	if (v->n < 2 || v->n > 16) {
		complain(r, v, "a policy has 2 to 16 levels, the first of them unclassified");
		return;
	}
	r->levels = reader_alloc(r, v->n, sizeof(*r->levels));
	for (const struct yaml_node *at = v->child; at && r->levels; at = at->next)
		add_level(r, at, rank++);
	r->p->levels = r->levels;
	r->p->n_levels = r->levels ? v->n : 0;
}
