/* The regimes of a pack: state secrets have their levels, what is not protected has a name, all others a row. */
#include <string.h>

#include "base/text.h"
#include "library/policy_read.h"

#define IDLE_MINUTES_DEFAULT 480

static const char *const term_rules[] = {"none", "may", "must", NULL};
static const char *const deciders[] = {"drafter", "responsible", NULL};
#define CATEGORIES_MAX 256
#define CATEGORY_MAX   24

static void read_category(struct reader *r, const struct yaml_node *at, struct regime_category *ret)
{
	static const struct field fields[] = {
	    FIELD(struct regime_category, code, "code", kind_text, NULL, true),
	    FIELD(struct regime_category, name, "name", kind_names, NULL, true),
	    FIELD(struct regime_category, specified, "specified", kind_bool, NULL, false),
	    FIELD(struct regime_category, mark, "mark", kind_text, NULL, true),
	};
	const struct yaml_node *code = yaml_get(at, "code");

	read_fields(r, at, fields, array_n(fields), ret);
	if (ret->code && (strlen(ret->code) > CATEGORY_MAX ||
			  ret->code[strspn(ret->code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] != '\0'))
		complain(r, code, "a code is at most %d capital letters, digits and hyphens", CATEGORY_MAX);
}

/* A list of the pack's own. */
static bool read_categories(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	struct regime_category *list;
	size_t n = 0;

	(void)param;
	if (!is_list(r, v))
		return false;
	if (v->n == 0 || v->n > CATEGORIES_MAX) {
		complain(r, v, "a regime has 1 to %d categories, or none is said of them", CATEGORIES_MAX);
		return false;
	}
	list = reader_alloc(r, v->n, sizeof(*list));
	for (const struct yaml_node *at = v->child; at && list; at = at->next, n++) {
		read_category(r, at, &list[n]);
		for (size_t i = 0; i < n && list[n].code; i++)
			if (text_equal(list[i].code, list[n].code) || text_equal(list[i].mark, list[n].mark))
				complain(r, at, "two categories have the code or the mark of %s", list[n].code);
	}
	*(struct regime_categories *)ret = (struct regime_categories){list, n};
	return list != NULL;
}

static const struct kind kind_categories = {sizeof(struct regime_categories), read_categories, NULL};
static const struct field name_field = FIELD(struct regime_rule, name, "name", kind_names, NULL, true);
static const struct field regime_fields[] = {
    FIELD(struct regime_rule, name, "name", kind_names, NULL, true),
    FIELD(struct regime_rule, sealed_as, "sealed_as", kind_level, NULL, true),
    FIELD(struct regime_rule, decides, "decides", kind_choice_up, deciders, true),
    FIELD(struct regime_rule, terms, "term", kind_choice, term_rules, true),
    FIELD(struct regime_rule, max_term, "max_term", kind_period_down, NULL, false),
    FIELD(struct regime_rule, mark, "mark", kind_texts, NULL, true),
    FIELD(struct regime_rule, mark_until, "mark_until", kind_text, NULL, false),
    FIELD(struct regime_rule, categories, "categories", kind_categories, NULL, false),
    FIELD(struct regime_rule, category_begin, "category_begin", kind_text, NULL, false),
    FIELD(struct regime_rule, category_between, "category_between", kind_text, NULL, false),
    FIELD(struct regime_rule, mark_read, "mark_read", kind_texts, NULL, false),
    FIELD(struct regime_rule, held.opaque_name, "opaque_name", kind_bool_up, NULL, false),
    FIELD(struct regime_rule, held.draft_in_clear, "draft_in_clear", kind_draft, NULL, false),
    FIELD(struct regime_rule, held.draft_idle_minutes, "draft_idle", kind_minutes, NULL, false),
    FIELD(struct regime_rule, held.needs_post, "needs_post", kind_post, NULL, false),
    FIELD(struct regime_rule, held.needs_clearance, "needs_clearance", kind_bool_up, NULL, false),
    FIELD(struct regime_rule, held.needs_undertaking, "needs_undertaking", kind_bool_up, NULL, false),
    FIELD(struct regime_rule, held.needs_signature, "signature", kind_bool_up, NULL, false),
};

static const char *copy_of(struct reader *r, struct bytes text)
{
	char *copy = reader_alloc(r, text.n + 1, 1);

	if (copy && text.n)
		memcpy(copy, text.at, text.n);
	return copy;
}

/* What is no state secret bears no mark that reads like one (Law 2024 art. 22). */
static void check_mark(struct reader *r, const struct yaml_node *e, enum regime which)
{
	struct regime_rule *rule = &r->p->regimes[which];
	OWN_BUFFER struct buffer word = {0};
	OWN_BUFFER struct buffer text = {0};
	const struct term term = {.kind = TERM_PERIOD, .period = {.years = 1}};
	const struct regime_mark facts = {.term = &term, .start = {2026, 1, 1}};
	const struct yaml_node *at = yaml_get(e, "mark") ? yaml_get(e, "mark") : e;
	struct mark_found found;

	regime_make_mark(r->p, rule, &facts, &text);
	regime_mark_word(rule, &word);
	r->failed |= text.failed || word.failed;
	if (!r->failed)
		rule->word = copy_of(r, buffer_bytes(&word));
	if (r->failed)
		return; /* memory ran out: a level may have no name */
	if (rule->mark.n == 0)
		complain(r, at, "a regime has a mark");
	else if (word.n == 0)
		complain(r, at, "the first line of a regime's mark is known by its words: {regime}, or none in braces");
	else if (regime_of_mark(r->p, buffer_bytes(&word)) != which)
		complain(r, at, "this mark reads like that of %s", regime_name(regime_of_mark(r->p, buffer_bytes(&word))));
	else if (mark_scan(r->p, buffer_bytes(&text), &found, 1))
		complain(r, at, "this mark reads like that of %s", found.level ? found.level->code : "a level");
}

static void check_terms(struct reader *r, const struct yaml_node *e, const struct regime_rule *rule)
{
	static const char *const keys[] = {"max_term", "mark_until"};

	for (size_t i = 0; i < array_n(keys) && rule->terms == REGIME_TERMS_NONE; i++)
		if (yaml_get(e, keys[i]))
			complain(r, yaml_get(e, keys[i]), "a regime without terms has no %s", keys[i]);
}

/* How they stand in the mark, and that one that must be told is. */
static void check_categories(struct reader *r, const struct yaml_node *e, const struct regime_rule *rule)
{
	if (!rule->category_begin != !rule->category_between)
		complain(r, e->key, "category_begin and category_between go together");
	for (size_t i = 0; i < rule->categories.n && !rule->category_begin; i++)
		if (rule->categories.at[i].specified)
			complain(r, yaml_get(e, "categories"),
				 "%s must be told in the mark: say category_begin and category_between",
				 rule->categories.at[i].code);
}

static void read_protected(struct reader *r, const struct yaml_node *e, enum regime which)
{
	struct regime_rule *rule = &r->p->regimes[which];

	if (!r->overlay)
		*rule = (struct regime_rule){.held = {.draft_idle_minutes = IDLE_MINUTES_DEFAULT}};
	size_t before = path_enter(r, e->key->text);

	read_fields(r, e, regime_fields, array_n(regime_fields), rule);
	path_leave(r, before);
	rule->is_used = true;
	if (!rule->sealed_as)
		return;
	if (!level_is_classified(rule->sealed_as)) {
		complain(r, yaml_get(e, "sealed_as"), "what is not classified has no keys: name a level above the first");
		return;
	}
	rule->held.code = rule->sealed_as->code;
	rule->held.rank = rule->sealed_as->rank;
	rule->held.unlock = rule->sealed_as->unlock;
	rule->held.name = rule->name;
	check_terms(r, e, rule);
	check_categories(r, e, rule);
	check_mark(r, e, which);
}

static void add_regime(struct reader *r, const struct yaml_node *e, enum regime which)
{
	struct regime_rule *rule = &r->p->regimes[which];

	if (r->overlay && !rule->is_used)
		complain(r, e->key, "only regimes that the policy has can be changed here");
	else if (regime_is_other(which) && !is_map(r, e))
		; /* complained */
	else if (regime_is_other(which))
		read_protected(r, e, which);
	else {
		rule->is_used = true;
		read_field(r, e, &name_field, rule);
	}
}

void read_regimes(struct reader *r, const struct yaml_node *v)
{
	struct authority_of outer;

	if (!is_map(r, v))
		return;
	(void)authority_enter(r, v, &outer);
	for (const struct yaml_node *e = v->child; e; e = e->next) {
		enum regime which;

		if (e == outer.at)
			continue;
		if (regime_find(e->key->text, &which))
			add_regime(r, e, which);
		else
			complain(r, e->key, "%.80s is not a regime", e->key->text);
	}
	authority_leave(r, &outer);
}
