#include "domain/scope.h"

#include <string.h>

#include "base/text.h"

static const char *const part_names[SCOPE_PARTS] = {"named", "added", "dropped"};

const char *scope_part_name(enum scope_part part)
{
	return part_names[part];
}

static struct bytes word_of(const char **at)
{
	size_t n = strcspn(*at, " ");
	struct bytes word = bytes_of(*at, n);

	*at += n + ((*at)[n] == ' ');
	return word;
}

bool scope_entry_parse(const char *line, struct scope_entry *ret)
{
	const char *at = line;
	struct bytes part = word_of(&at);
	int which = SCOPE_PARTS;

	for (int i = 0; i < SCOPE_PARTS; i++)
		if (bytes_equal_text(part, part_names[i]))
			which = i;
	*ret = (struct scope_entry){.part = (enum scope_part)which, .who = word_of(&at)};
	ret->unit = word_of(&at);
	return which != SCOPE_PARTS && ret->who.n && (ret->unit.n != 0) == (which == SCOPE_NAMED) && !*at;
}

bool scope_is_who(const char *who)
{
	const char *name = who && (text_starts(who, "person:") || text_starts(who, "dept:")) ? strchr(who, ':') + 1 : "";

	return *name && !strchr(name, ' ') && text_is_line(name, 100);
}

bool scope_means(const char *who, const struct person *p)
{
	return authority_in_scope((struct texts){&who, 1}, p);
}

/* The same for a part of a line. */
static bool means(struct bytes who, const struct person *p)
{
	char name[128];

	if (who.n >= sizeof(name))
		return false;
	memcpy(name, who.at, who.n);
	name[who.n] = 0;
	return scope_means(name, p);
}

static bool has_line(const struct record *r, enum scope_part part, const struct person *p)
{
	struct scope_entry e;

	for (size_t i = 0; i < r->admissions.n; i++)
		if (scope_entry_parse(r->admissions.at[i], &e) && e.part == part && means(e.who, p))
			return true;
	return false;
}

static bool is_named(const struct record *r, const char *unit, const struct person *p)
{
	struct scope_entry e;

	for (size_t i = 0; i < r->admissions.n; i++)
		if (scope_entry_parse(r->admissions.at[i], &e) && e.part == SCOPE_NAMED &&
		    bytes_equal_text(e.unit, unit) && means(e.who, p))
			return true;
	return false;
}

bool scope_is_by_name(const struct policy *p, const struct record *r, const char *unit)
{
	const struct level *from = p->custody.names_from;
	struct scope_entry e;

	if (!text_starts(unit, "dept:"))
		return false;
	if (from && record_protection(p, r)->rank >= from->rank)
		return true;
	for (size_t i = 0; i < r->admissions.n; i++)
		if (scope_entry_parse(r->admissions.at[i], &e) && e.part == SCOPE_NAMED && bytes_equal_text(e.unit, unit))
			return true;
	return false;
}

bool scope_admits(const struct policy *p, const struct record *r, const struct person *person)
{
	const struct texts scope = record_classification(r)->scope;

	if (has_line(r, SCOPE_DROPPED, person))
		return false;
	for (size_t i = 0; i < scope.n; i++)
		if (scope_means(scope.at[i], person) &&
		    (!scope_is_by_name(p, r, scope.at[i]) || is_named(r, scope.at[i], person)))
			return true;
	return has_line(r, SCOPE_ADDED, person);
}

bool scope_is_dropped(const struct record *r, const struct person *p)
{
	return has_line(r, SCOPE_DROPPED, p);
}

static bool is_from(const struct policy *p, const struct record *r, const struct level *from)
{
	return from && record_protection(p, r)->rank >= from->rank;
}

bool scope_registers(const struct policy *p, const struct record *r)
{
	return is_from(p, r, p->custody.knowers_from);
}

bool scope_needs_consent(const struct policy *p, const struct record *r)
{
	return is_from(p, r, p->custody.consent_from);
}

static bool has(struct texts scope, struct bytes who)
{
	for (size_t i = 0; i < scope.n; i++)
		if (bytes_equal_text(who, scope.at[i]))
			return true;
	return false;
}

static bool is_same(struct texts a, struct texts b)
{
	for (size_t i = 0; i < a.n; i++)
		if (!texts_has(b, a.at[i]))
			return false;
	return a.n == b.n;
}

bool scope_line_holds(const char *line, struct texts before, struct texts after)
{
	struct scope_entry e;

	if (!scope_entry_parse(line, &e))
		return false;
	if (is_same(before, after))
		return true;
	if (e.part == SCOPE_NAMED)
		return has(after, e.unit);
	return e.part == SCOPE_DROPPED && !(has(after, e.who) && !has(before, e.who));
}

struct showing {
	const struct record *r;
	struct texts before, scope;
	const char **at;
	size_t n, max;
};

static void show(struct showing *s, const char *who)
{
	if (s->n < s->max)
		s->at[s->n++] = who;
}

static bool next_line(const struct showing *s, size_t *i, struct scope_entry *ret)
{
	for (; *i < s->r->admissions.n; ++*i)
		if (scope_line_holds(s->r->admissions.at[*i], s->before, s->scope) &&
		    scope_entry_parse(s->r->admissions.at[*i], ret)) {
			++*i;
			return true;
		}
	return false;
}

static bool is_out(const struct showing *s, struct bytes who)
{
	struct scope_entry e;

	for (size_t i = 0; next_line(s, &i, &e);)
		if (e.part == SCOPE_DROPPED && bytes_equal(e.who, who))
			return true;
	return false;
}

/* The persons that the unit named; false: it named nobody. */
static bool show_named(struct showing *s, const char *unit)
{
	struct scope_entry e;
	bool any = false;

	for (size_t i = 0; next_line(s, &i, &e);) {
		if (e.part != SCOPE_NAMED || !bytes_equal_text(e.unit, unit))
			continue;
		any = true;
		if (!is_out(s, e.who))
			show(s, (const char *)e.who.at);
	}
	return any;
}

size_t scope_shown(const struct record *r, struct texts before, struct texts scope, const char **ret, size_t max)
{
	struct showing s = {r, before, scope, ret, 0, max};
	struct scope_entry e;

	for (size_t i = 0; i < scope.n; i++)
		if (!is_out(&s, bytes_of_text(scope.at[i])) && !show_named(&s, scope.at[i]))
			show(&s, scope.at[i]);
	for (size_t i = 0; next_line(&s, &i, &e);)
		if (e.part == SCOPE_ADDED && !is_out(&s, e.who))
			show(&s, (const char *)e.who.at);
	return s.n;
}
