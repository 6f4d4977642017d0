/* What a client says of a document, laid over what is known: sources, catalogue row, single values, in this order. */
#include "base/text.h"
#include "registrar/records/case.h"

#include <stdio.h>
#include <string.h>

const char *case_source_level(struct registrar *r, struct texts sources)
{
	const struct level *highest = NULL;

	for (size_t i = 0; i < sources.n; i++) {
		OWNED(record) struct record *source = NULL;

		if (store_record_load(r->store, sources.at[i], &source) == 0)
			highest = level_max(highest, record_claims(r->policy, source));
	}
	return highest ? highest->code : NULL;
}

/* "2026-000123": a record of this agent; anything else is the title of a source on paper or from elsewhere. */
static bool is_number(const char *text)
{
	unsigned year, number;
	char rest;

	return sscanf(text, "%4u-%6u%c", &year, &number, &rest) == 2;
}

static int refuse_source(struct case_of *c, const char *code, const char *given, const char *what)
{
	TRY(api_refuse(c->call, API_INPUT, code, "sources", "name a record that you can see: classctl list", "%.64s %s",
		       given, what));
	return CASE_ANSWERED;
}

static int load_source(struct case_of *c, const char *given)
{
	struct record *source = NULL;
	int status;

	if (text_equal(given, c->next.number))
		return refuse_source(c, "own-source", given, "cannot be its own source");
	if (!is_number(given))
		return 0;
	status = store_record_load(c->r->store, given, &source);
	TRY(status);
	if (status || !case_sees(c, source)) {
		store_record_free(source);
		return refuse_source(c, "unknown-source", given, "is no record, or not visible to you");
	}
	c->sources[c->n_sources++] = source;
	return 0;
}

/* What is derived is about all that its sources are about. */
static void join_categories(const struct case_of *c, size_t first, struct fields *f)
{
	for (size_t i = first; i < c->n_sources; i++) {
		const struct texts of = record_classification(c->sources[i])->categories;

		for (size_t k = 0; k < of.n && f->n_categories < FIELDS_LIST_MAX; k++)
			if (!texts_has((struct texts){f->categories, f->n_categories}, of.at[k]))
				f->categories[f->n_categories++] = of.at[k];
	}
}

static int apply_sources(struct case_of *c, struct fields *f, struct classification *what)
{
	const struct record *const *sources = (const struct record *const *)(void *)c->sources;
	const char *reason = what->reason;
	size_t first = c->n_sources;
	int status = 0;

	if (f->item)
		return refuse_source(c, "item-and-source", f->item, "is an item of the catalogue: give it or a source");
	if (first + f->n_sources > array_n(c->sources))
		return refuse_source(c, "too-many", "the list", "is longer than 64 sources");
	for (size_t i = 0; i < f->n_sources && status == 0; i++)
		status = load_source(c, f->sources[i]);
	if (status || c->n_sources == first)
		return status;
	proposal_from_sources(c->r->policy, sources + first, c->n_sources - first, c->today, what);
	if (!f->has_categories)
		join_categories(c, first, f);
	what->categories = (struct texts){f->categories, f->n_categories};
	what->reason = reason;
	return 0;
}

static int refuse_who(struct case_of *c, const char *code, const char *kind, const char *name)
{
	TRY(api_refuse(c->call, API_INPUT, code, "scope", "classctl person list shows persons and departments",
		       "the register has no %s \"%.64s\"", kind, name));
	return CASE_ANSWERED;
}

/* Whom a person names must be known; what a catalogue names may be entered later. */
static int check_scope(struct case_of *c, const struct fields *f)
{
	for (size_t i = 0; i < f->n_scope; i++) {
		const char *entry = f->scope[i];
		const char *name = strchr(entry, ':');
		int status = 0;

		if (text_starts(entry, "person:"))
			status = store_person_exists(c->r->store, ++name);
		else if (text_starts(entry, "dept:"))
			status = store_department_exists(c->r->store, ++name);
		TRY(status);
		if (status)
			return text_starts(entry, "person:") ? refuse_who(c, "unknown-person", "person", name)
							     : refuse_who(c, "unknown-department", "department", name);
	}
	return 0;
}

int case_apply(struct case_of *c, struct fields *f, struct classification *what)
{
	struct fields_problem problem;
	int status = f->has_sources ? apply_sources(c, f, what) : 0;

	if (status == 0)
		status = check_scope(c, f);
	if (status == 0 && fields_apply(c->r->policy, f, what, &problem))
		status = case_refuse_fields(c, &problem);
	return status;
}

bool case_turn(struct case_of *c, const struct fields *f, struct classification *what)
{
	enum regime to;

	c->next.asked_regime = NULL;
	if (!f->regime || !regime_find(f->regime, &to) || to == c->next.regime)
		return false;
	c->next.asked_regime = regime_name(to);
	regime_turn(c->r->policy, to, what);
	return true;
}

/* What is asked for about a record in force counts from where its term began. */
static struct date start_of_term(const struct case_of *c)
{
	const struct request_kind *asked = request_waiting(&c->next);

	if (date_is_set(c->next.issued_on))
		return c->next.issued_on;
	return asked && date_is_set(c->next.start) ? c->next.start : c->today;
}

void case_proposal(struct case_of *c, const struct classification *what, struct proposal *ret)
{
	*ret = (struct proposal){.regime = request_regime(&c->next),
				 .what = *what,
				 .source_level = case_source_level(c->r, what->sources),
				 .is_prohibited = c->next.is_prohibited,
				 .start = start_of_term(c),
				 .today = c->today};
}

int case_check_values(struct case_of *c, const struct classification *what)
{
	struct fields_problem problem;
	struct proposal proposal;

	case_proposal(c, what, &proposal);
	return fields_check(c->r->policy, &proposal, &problem) ? case_refuse_fields(c, &problem) : 0;
}

static int take_root(const struct store_document *d, void *arg)
{
	*(uint32_t *)arg = d->root;
	return 0;
}

const char *case_floor(struct case_of *c, uint32_t root)
{
	const struct role_root *found;

	if (!root && store_document_of(c->r->store, c->next.number, take_root, &root) != 0)
		return NULL;
	found = role_root_find(&c->r->role, root);
	return found && !text_is_empty(found->floor) ? found->floor : NULL;
}
