/* Units and who they ask; what is derived. */
#include <string.h>

#include "base/text.h"
#include "library/policy_read.h"

#define UNITS_MAX 64

static const struct field unit_fields[] = {
    FIELD(struct unit_rule, code, "code", kind_text_free, NULL, true),
    FIELD(struct unit_rule, name, "name", kind_names, NULL, true),
    FIELD(struct unit_rule, decides, "decides", kind_level_down, NULL, false),
    FIELD(struct unit_rule, settles, "settles", kind_level_down, NULL, false),
    FIELD(struct unit_rule, reports_to, "reports_to", kind_text, NULL, false),
};

static struct unit_rule *unit_named(const struct reader *r, const char *code)
{
	const struct unit_rule *u = policy_unit_find(r->p, code);

	return u ? &r->units[u - r->p->units] : NULL;
}

/* The way up leads to units that exist, and ends. */
static void check_way_up(struct reader *r, const struct yaml_node *list)
{
	const struct yaml_node *at = list->child;

	for (size_t i = 0; i < r->p->n_units; i++, at = at->next) {
		struct unit_rule *u = &r->units[i];

		u->reports_unit = policy_unit_find(r->p, u->reports_to);
		if (u->reports_to && !u->reports_unit)
			complain(r, yaml_get(at, "reports_to"), "there is no unit %.60s", u->reports_to);
	}
	at = list->child;
	for (size_t i = 0; i < r->p->n_units; i++, at = at->next) {
		const struct unit_rule *up = r->units[i].reports_unit;

		for (size_t n = 0; up && up != &r->units[i] && n < r->p->n_units; n++)
			up = up->reports_unit;
		if (up == &r->units[i])
			complain(r, yaml_get(at, "reports_to"), "%.60s reports to itself in a circle", up->code);
	}
}

static void add_unit(struct reader *r, const struct yaml_node *at)
{
	struct unit_rule *u = &r->units[r->p->n_units];
	const struct yaml_node *code = yaml_get(at, "code");
	size_t before = path_enter(r, code && code->kind == YAML_TEXT ? code->text : "?");

	read_fields(r, at, unit_fields, array_n(unit_fields), u);
	if (policy_unit_find(r->p, u->code))
		complain(r, code, "two units have the code %s", u->code);
	r->p->n_units++;
	path_leave(r, before);
}

void read_units(struct reader *r, const struct yaml_node *v)
{
	if (!is_list(r, v))
		return;
	if (r->overlay || r->earlier) {
		for (const struct yaml_node *at = v->child; at; at = at->next) {
			const struct yaml_node *code = yaml_get(at, "code");
			struct unit_rule *u = code && code->kind == YAML_TEXT ? unit_named(r, code->text) : NULL;
			size_t before = path_enter(r, u ? u->code : "?");

			if (u)
				read_fields(r, at, unit_fields, array_n(unit_fields), u);
			else
				complain(r, at, "only units that the policy has can be changed here, each by its code");
			path_leave(r, before);
		}
		return;
	}
	if (v->n == 0 || v->n > UNITS_MAX) {
		complain(r, v, "a policy has 1 to %d kinds of units", UNITS_MAX);
		return;
	}
	r->units = reader_alloc(r, v->n, sizeof(*r->units));
	r->p->units = r->units;
	for (const struct yaml_node *at = v->child; at && r->units; at = at->next)
		add_unit(r, at);
	if (r->units)
		check_way_up(r, v);
}

/* What this site is. Only a site knows. */
void read_unit(struct reader *r, const struct yaml_node *v)
{
	const char *code = line_of(r, v);
	const struct unit_rule *u = policy_unit_find(r->p, code);

	if (!r->overlay)
		complain(r, v, "a site says what it is, in its own part");
	else if (code && !u)
		complain(r, v, "the policy has no unit %.60s", code);
	else
		for (struct policy *set = r->p; set; set = set->earlier)
			set->unit = policy_unit_find(set, code);
}

void read_derived(struct reader *r, const struct yaml_node *v)
{
	static const char *const terms[] = {"longest", "precedence", NULL};
	static const char *const scopes[] = {"highest", "shared", NULL};
	static const struct field fields[] = {
	    FIELD(struct policy, derived_term, "term", kind_choice, terms, true),
	    FIELD(struct policy, derived_scope, "scope", kind_choice_up, scopes, true),
	    FIELD(struct policy, derived_many, "many", kind_u16_some, NULL, false),
	};

	read_fields(r, v, fields, array_n(fields), r->p);
}

/* ---- exemptions ---- */

#define EXEMPTIONS_MAX 64

static void add_exemption(struct reader *r, const struct yaml_node *at, struct exemption_rule *x)
{
	static const struct field fields[] = {
	    FIELD(struct exemption_rule, code, "code", kind_text, NULL, true),
	    FIELD(struct exemption_rule, max_term, "max_term", kind_period, NULL, false),
	    FIELD(struct exemption_rule, undated, "undated", kind_bool, NULL, false),
	    FIELD(struct exemption_rule, words, "words", kind_text, NULL, false),
	    FIELD(struct exemption_rule, permanent_years, "permanent_years", kind_u16, NULL, false),
	};
	const struct yaml_node *code = yaml_get(at, "code");
	size_t before = path_enter(r, code && code->kind == YAML_TEXT ? code->text : "?");

	read_fields(r, at, fields, array_n(fields), x);
	if (x->code && (strlen(x->code) > TERM_CODE_MAX ||
			x->code[strspn(x->code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] != '\0'))
		complain(r, code, "a code is at most %d capital letters, digits and hyphens", TERM_CODE_MAX);
	if (x->undated && !r->p->term_kinds[TERM_LONG])
		complain(r, at, "undated, but this policy has no long-term");
	path_leave(r, before);
}

void read_exemptions(struct reader *r, const struct yaml_node *v)
{
	struct exemption_rule *list;

	if (!is_list(r, v))
		return;
	if (r->overlay || v->n == 0 || v->n > EXEMPTIONS_MAX) {
		complain(r, v, "1 to %d exemptions stand in the pack itself", EXEMPTIONS_MAX);
		return;
	}
	list = reader_alloc(r, v->n, sizeof(*list));
	r->p->exemptions = list;
	for (const struct yaml_node *at = v->child; at && list; at = at->next) {
		struct exemption_rule *x = &list[r->p->n_exemptions];

		add_exemption(r, at, x);
		if (x->code && policy_exemption(r->p, x->code))
			complain(r, at, "two exemptions have the code %s", x->code);
		r->p->n_exemptions++;
	}
}
