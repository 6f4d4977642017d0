/* Checks in the order of the enum: one row per problem. */
#include "domain/appointment.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct entry {
	const struct policy *p;
	const struct appointment *a;
	const struct person *person;
	const struct kind_rule *rule;
	struct date today;
};

static bool unknown_kind(const struct entry *e)
{
	return e->a->kind == APPOINTMENT_NONE || !e->rule->is_used;
}

static bool no_document(const struct entry *e)
{
	return text_is_empty(e->a->document);
}

static bool no_ceiling(const struct entry *e)
{
	return (e->rule->has_ceiling || e->rule->derived_ceiling) && text_is_empty(e->a->ceiling);
}

static bool unknown_level(const struct entry *e)
{
	return !text_is_empty(e->a->ceiling) && !level_is_classified(level_find(e->p, e->a->ceiling));
}

static bool above_unit(const struct entry *e)
{
	const struct unit_rule *unit = e->p->unit;
	const struct level *ceiling = level_find(e->p, e->a->ceiling);

	return unit && e->rule->has_ceiling && ceiling && (!unit->decides || ceiling->rank > unit->decides->rank);
}

static bool no_department(const struct entry *e)
{
	return e->a->departments.n == 0;
}

static bool no_matter(const struct entry *e)
{
	return e->a->matters.n == 0;
}

/* "3" and "3.2" are known when some item is or lies below them. */
static bool is_matter(const struct catalogue *c, const char *matter)
{
	const struct texts wide = {&matter, 1};

	for (size_t i = 0; i < c->n; i++)
		if (texts_cover(wide, c->items[i].id, '.'))
			return true;
	return false;
}

static bool unknown_matter(const struct entry *e)
{
	for (size_t i = 0; i < e->a->matters.n; i++)
		if (!is_matter(&e->p->catalogue, e->a->matters.at[i]))
			return true;
	return false;
}

static bool no_from(const struct entry *e)
{
	return !date_is_set(e->a->from);
}

static bool no_until(const struct entry *e)
{
	return e->rule->needs_until && !date_is_set(e->a->until);
}

static bool ends_first(const struct entry *e)
{
	return date_is_set(e->a->until) && date_compare(e->a->until, e->a->from) < 0;
}

static bool is_past(const struct entry *e)
{
	return date_is_set(e->a->until) && date_compare(e->a->until, e->today) < 0;
}

static bool by_itself(const struct entry *e)
{
	return text_equal(e->a->entered_by, e->person->id) || text_equal(e->a->confirmed_by, e->person->id);
}

static bool same_twice(const struct entry *e)
{
	return e->a->confirmed_by && text_equal(e->a->confirmed_by, e->a->entered_by);
}

static bool other_role(const struct entry *e)
{
	return e->person->roles & (ACTOR_AUDITOR | ACTOR_SYSTEM_ADMIN);
}

static const struct {
	const char *name;
	bool (*is)(const struct entry *e);
	const char *text;
} problems[APPOINTMENT_PROBLEMS] = {
    [APPOINTMENT_GOOD] = {"good", NULL, ""},
    [APPOINTMENT_UNKNOWN_KIND] = {"unknown-kind", unknown_kind,
				  "the policy has no appointment of this kind; see classctl policy explain"},
    [APPOINTMENT_NO_DOCUMENT] = {"no-document", no_document, "name the signed paper with --document"},
    [APPOINTMENT_NO_CEILING] = {"no-ceiling", no_ceiling, "this kind is bound by a level; give it with --level"},
    [APPOINTMENT_UNKNOWN_LEVEL] = {"unknown-level", unknown_level, "the policy has no such classified level"},
    [APPOINTMENT_ABOVE_UNIT] =
	{"above-unit", above_unit,
	 "the policy lets a unit of this kind decide no such level; see classctl policy explain"},
    [APPOINTMENT_NO_DEPARTMENT] = {"no-department", no_department, "name the departments with --department, * for all"},
    [APPOINTMENT_NO_MATTER] = {"no-matter", no_matter, "name the matters with --matter, * for all"},
    [APPOINTMENT_UNKNOWN_MATTER] = {"unknown-matter", unknown_matter,
				    "the catalogue has no item or chapter of that number"},
    [APPOINTMENT_NO_FROM] = {"no-from", no_from, "say from which day with --from"},
    [APPOINTMENT_NO_UNTIL] = {"no-until", no_until, "this kind needs a last day, --until"},
    [APPOINTMENT_ENDS_FIRST] = {"ends-first", ends_first, "the last day lies before the first"},
    [APPOINTMENT_PAST] = {"past", is_past, "the last day is over already"},
    [APPOINTMENT_SELF] = {"self", by_itself, "nobody enters or confirms an own appointment"},
    [APPOINTMENT_SAME_TWICE] = {"same-twice", same_twice, "a second security administrator confirms it"},
    [APPOINTMENT_OTHER_ROLE] = {"other-role", other_role, "an auditor or system administrator cannot be appointed"},
};

enum appointment_problem appointment_check(const struct policy *p, const struct appointment *a,
					   const struct person *person, struct date today)
{
	const struct entry e = {p, a, person, &p->kinds[a->kind < APPOINTMENT_KINDS ? a->kind : APPOINTMENT_NONE],
				today};

	for (size_t i = 1; i < APPOINTMENT_PROBLEMS; i++)
		if (problems[i].is(&e))
			return (enum appointment_problem)i;
	return APPOINTMENT_GOOD;
}

const char *appointment_problem_text(enum appointment_problem problem)
{
	return problem < APPOINTMENT_PROBLEMS ? problems[problem].text : "unknown";
}

const char *appointment_problem_name(enum appointment_problem problem)
{
	return problem < APPOINTMENT_PROBLEMS ? problems[problem].name : "unknown";
}

static bool covers_all(struct texts wide, struct texts narrow, char between)
{
	for (size_t i = 0; i < narrow.n; i++)
		if (!texts_cover(wide, narrow.at[i], between))
			return false;
	return true;
}

static bool holds_as_much(const struct policy *p, const struct appointment *held, const struct appointment *a)
{
	const struct level *his = level_find(p, held->ceiling), *asked = level_find(p, a->ceiling);

	if (p->kinds[held->kind].has_ceiling && asked && (!his || asked->rank > his->rank))
		return false;
	if (date_is_set(held->until) && (!date_is_set(a->until) || date_compare(a->until, held->until) > 0))
		return false;
	return covers_all(held->departments, a->departments, '/') && covers_all(held->matters, a->matters, '.');
}

enum stand_in_problem stand_in_check(const struct policy *p, const struct appointment *a,
				     const struct appointment *held, size_t n_held)
{
	enum stand_in_problem nearest = STAND_IN_NOBODY;

	if (text_equal(a->stands_for, a->person))
		return STAND_IN_SELF;
	for (size_t i = 0; i < n_held; i++) {
		if (!appointment_is_in_force(&held[i], a->from))
			continue;
		if (held[i].kind != APPOINTMENT_STAND_IN && holds_as_much(p, &held[i], a))
			return STAND_IN_GOOD;
		if (held[i].kind != APPOINTMENT_STAND_IN)
			nearest = STAND_IN_BEYOND;
		else if (nearest == STAND_IN_NOBODY)
			nearest = STAND_IN_OF_STAND_IN;
	}
	return nearest;
}

static const struct {
	const char *name, *text;
} stand_ins[STAND_IN_PROBLEMS] = {
    [STAND_IN_GOOD] = {"good", ""},
    [STAND_IN_SELF] = {"self", "nobody stands in for himself"},
    [STAND_IN_NOBODY] = {"nobody", "who is stood in for holds no appointment on the first day of that time"},
    [STAND_IN_OF_STAND_IN] = {"of-stand-in", "who only stands in for somebody has nobody stand in for him"},
    [STAND_IN_BEYOND] = {"beyond", "a stand-in has no other level, department, matter or end than who he stands in for"},
};

const char *stand_in_problem_name(enum stand_in_problem problem)
{
	return stand_ins[problem].name;
}

const char *stand_in_problem_text(enum stand_in_problem problem)
{
	return stand_ins[problem].text;
}

#define FOR ":"

bool appointment_role(const struct appointment *a, char *ret, size_t room)
{
	bool both = a->kind == APPOINTMENT_STAND_IN && !text_is_empty(a->stands_for);
	int n = snprintf(ret, room, "%s%s%s", appointment_kind_name(a->kind), both ? FOR : "", both ? a->stands_for : "");

	return n >= 0 && (size_t)n < room;
}

bool appointment_role_find(const char *role, enum appointment_kind *ret)
{
	char kind[32];
	const char *end = strstr(role, FOR);
	size_t n = end ? (size_t)(end - role) : strlen(role);

	if (n >= sizeof(kind))
		return false;
	memcpy(kind, role, n);
	kind[n] = '\0';
	return appointment_kind_find(kind, ret);
}

bool training_is_valid(const struct training *t, struct date today)
{
	return date_is_valid(t->on) && date_compare(t->on, today) <= 0 && t->hours > 0 &&
	       (!date_is_set(t->valid_until) || date_compare(t->valid_until, t->on) >= 0);
}
