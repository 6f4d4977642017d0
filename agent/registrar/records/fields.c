/* From the names a person types to the values the rules work with; every refusal says which field and what next. */
#include "registrar/records/fields.h"

#include "base/text.h"

#define LINE_MAX_BYTES	 1000
#define REASON_MAX_BYTES 2000

static int refuse(struct fields_problem *problem, const char *code, const char *field, const char *next,
		  const char *what)
{
	*problem = (struct fields_problem){.code = code, .field = field, .next = next};
	buffer_add_text(&problem->what, what);
	return FIELDS_REFUSED;
}

struct text_row {
	const char *key;
	size_t offset;
	size_t max;
};

static const struct text_row text_rows[] = {
    {"item", offsetof(struct fields, item), CATALOGUE_ID_MAX},
    {"level", offsetof(struct fields, level), 64},
    {"term", offsetof(struct fields, term), TERM_TEXT_MAX - 1},
    {"responsible", offsetof(struct fields, responsible), 64},
    {"reason", offsetof(struct fields, reason), REASON_MAX_BYTES},
    {"title", offsetof(struct fields, title), LINE_MAX_BYTES},
    {"type", offsetof(struct fields, type), 64},
    {"points", offsetof(struct fields, points), REASON_MAX_BYTES},
    {"regime", offsetof(struct fields, regime), 32},
    {"originator", offsetof(struct fields, originator), 200},
};

static int read_text(struct json_view given, const struct text_row *row, struct fields *f,
		     struct fields_problem *problem)
{
	const char *text = json_get_text(given, row->key);

	if (!text)
		return 0;
	if (text_is_empty(text))
		return refuse(problem, "empty", row->key, "leave the option out to keep the default", "it is empty");
	if (!text_is_line(text, row->max))
		return refuse(problem, "not-a-line", row->key, "use one line of text without control characters",
			      "it is too long or holds control characters");
	*(const char **)(void *)((char *)f + row->offset) = text;
	f->any = true;
	return 0;
}

static int read_list(struct json_view list, const char *field, const char **ret, size_t *ret_n,
		     struct fields_problem *problem)
{
	size_t n = json_n(list);

	if (n > FIELDS_LIST_MAX)
		return refuse(problem, "too-many", field, "name a department instead of its persons",
			      "more than 64 entries");
	for (size_t i = 0; i < n; i++) {
		ret[i] = json_as_text(json_at(list, i));
		if (text_is_empty(ret[i]) || !text_is_line(ret[i], 200))
			return refuse(problem, "not-a-line", field, "use one line of text for each entry",
				      "an entry is empty, too long or holds control characters");
	}
	*ret_n = n;
	return 0;
}

int fields_read(struct json_view given, struct fields *ret, struct fields_problem *ret_problem)
{
	struct fields f = {0};
	enum regime regime;
	int status = 0;

	for (size_t i = 0; i < array_n(text_rows) && status == 0; i++)
		status = read_text(given, &text_rows[i], &f, ret_problem);
	if (status == 0 && json_is_present(json_get(given, "scope"))) {
		status = read_list(json_get(given, "scope"), "scope", f.scope, &f.n_scope, ret_problem);
		f.has_scope = f.any = true;
	}
	if (status == 0 && json_is_present(json_get(given, "sources"))) {
		status = read_list(json_get(given, "sources"), "sources", f.sources, &f.n_sources, ret_problem);
		f.has_sources = f.any = true;
	}
	if (status == 0 && json_is_present(json_get(given, "categories"))) {
		status = read_list(json_get(given, "categories"), "categories", f.categories, &f.n_categories, ret_problem);
		f.has_categories = f.any = true;
	}
	if (status == 0 && f.regime && !regime_find(f.regime, &regime))
		status = refuse(ret_problem, "unknown-regime", "regime",
				"one of state-secret, work-secret, other-protected, none", "there is no such regime");
	if (status == 0)
		*ret = f;
	return status;
}

static int apply_item(const struct policy *p, const char *id, struct classification *what,
		      struct fields_problem *problem)
{
	const struct item *item = catalogue_find(&p->catalogue, id);

	if (item) {
		proposal_defaults(item, what);
		return 0;
	}
	(void)refuse(problem, "unknown-item", "item", "classctl policy search WORDS lists the items of the catalogue",
		     "");
	buffer_add_format(&problem->what, "the catalogue of pack %s has no item \"%s\"", p->id, id);
	return FIELDS_REFUSED;
}

static int apply_level(const struct policy *p, const char *name, struct classification *what,
		       struct fields_problem *problem)
{
	const struct level *level = level_find(p, name);

	if (level) {
		what->level = level->code;
		return 0;
	}
	(void)refuse(problem, "unknown-level", "level", "classctl policy show lists the levels", "");
	buffer_add_format(&problem->what, "pack %s has no level \"%s\"", p->id, name);
	return FIELDS_REFUSED;
}

/* What the level says where neither item, source nor drafter says a term. */
static void take_default_term(const struct policy *p, struct classification *what)
{
	const struct level *level = level_find(p, what->level);

	if (what->term.kind == TERM_NONE && what->basis != BASIS_DERIVED && level && period_is_set(level->default_term))
		what->term = (struct term){.kind = TERM_PERIOD, .period = level->default_term};
}

int fields_apply(const struct policy *p, const struct fields *f, struct classification *what,
		 struct fields_problem *ret_problem)
{
	if (f->item && apply_item(p, f->item, what, ret_problem))
		return FIELDS_REFUSED;
	if (f->has_sources) {
		what->basis = BASIS_DERIVED;
		what->item = NULL;
		what->sources = (struct texts){f->sources, f->n_sources};
	}
	if (f->level && apply_level(p, f->level, what, ret_problem))
		return FIELDS_REFUSED;
	if (f->term && !term_parse_cli(f->term, &what->term))
		return refuse(ret_problem, "bad-term", "term",
			      "write it as 10y, 6m, 30d, 2030-06-30, event:TEXT@2030-01-01 or long-term",
			      "it is not a term");
	take_default_term(p, what);
	if (f->has_scope)
		what->scope = (struct texts){f->scope, f->n_scope};
	if (f->has_categories)
		what->categories = (struct texts){f->categories, f->n_categories};
	if (f->points)
		what->secret_points = (struct texts){&f->points, 1};
	if (f->reason)
		what->reason = f->reason;
	return 0;
}

/* What helps with each kind of refusal; by the stable names of proposal_problem_name(). */
static const char *problem_next(enum proposal_problem_kind kind)
{
	static const char *const next[PROPOSAL_PROBLEMS] = {
	    [PROPOSAL_CATEGORY] = "classctl policy explain lists the categories of each regime",
	    [PROPOSAL_NO_LEVEL] = "give --item NUMBER, which brings level, term and scope, or --level",
	    [PROPOSAL_UNKNOWN_LEVEL] = "classctl policy show lists the levels",
	    [PROPOSAL_NO_BASIS] = "give --item NUMBER (classctl policy search WORDS), or --unsure",
	    [PROPOSAL_UNKNOWN_ITEM] = "classctl policy search WORDS lists the items",
	    [PROPOSAL_NO_SOURCE] = "name the source record with --from NUMBER",
	    [PROPOSAL_NO_TERM] = "give --term, for example 10y or 2030-06-30",
	    [PROPOSAL_TERM_PAST] = "give a date after today",
	    [PROPOSAL_TERM_CAP] = "choose a term within the cap, or another item",
	    [PROPOSAL_NO_SCOPE] = "give --scope, for example dept:planning or person:li",
	    [PROPOSAL_BAD_SCOPE] = "an entry of --scope is person:ID, dept:NAME or *",
	    [PROPOSAL_PROHIBITED] = "classctl declare --not-secret FILE, or ask the secrecy office",
	    [PROPOSAL_NEEDS_REASON] = "say why with --reason",
	};

	return next[kind] ? next[kind] : "see classctl policy show";
}

int fields_check(const struct policy *p, const struct proposal *proposal, struct fields_problem *ret_problem)
{
	struct proposal_problem problems[PROPOSAL_PROBLEMS_MAX];
	size_t n = proposal_check(p, proposal, problems);
	size_t refusals = 0;

	if (!proposal_is_refused(problems, n))
		return 0;
	for (size_t i = 0; i < n; i++)
		refusals += proposal_is_refused(&problems[i], 1);
	*ret_problem = (struct fields_problem){.code = proposal_problem_name(problems[0].kind),
					       .field = problems[0].field,
					       .next = problem_next(problems[0].kind)};
	proposal_explain(p, &problems[0], &ret_problem->what);
	if (refusals > 1)
		buffer_add_format(&ret_problem->what, " (and %zu more)", refusals - 1);
	return FIELDS_REFUSED;
}
