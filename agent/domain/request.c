/* The kinds of requests as a table, and what stands against one. */
#include "domain/request.h"

#include "base/text.h"

static const struct request_kind kinds[] = {
    {"change", ACT_REQUEST_CHANGE, ACT_CHANGE, true, false},
    {"extend", ACT_REQUEST_EXTEND, ACT_EXTEND, true, true},
    {"release", ACT_REQUEST_RELEASE, ACT_RELEASE, false, false},
    {"publish", ACT_REQUEST_PUBLISH, ACT_PUBLISH, false, false},
};

const struct request_kind *request_kind_find(const char *name)
{
	for (size_t i = 0; i < array_n(kinds); i++)
		if (text_equal(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

const struct request_kind *request_kind_of(enum act decide)
{
	for (size_t i = 0; i < array_n(kinds); i++)
		if (kinds[i].decide == decide)
			return &kinds[i];
	return NULL;
}

const struct request_kind *request_waiting(const struct record *r)
{
	return request_kind_of(r->request);
}

const struct classification *request_values(const struct record *r)
{
	const struct request_kind *kind = request_waiting(r);

	return kind && kind->sets ? &r->proposed : record_classification(r);
}

enum regime request_regime(const struct record *r)
{
	enum regime asked;

	return r->request == ACT_CHANGE && regime_find(r->asked_regime, &asked) ? asked : r->regime;
}

static bool same_texts(struct texts a, struct texts b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (!texts_has(b, a.at[i]))
			return false;
	return true;
}

static bool same_basis(const struct classification *a, const struct classification *b)
{
	return a->basis == b->basis && text_equal(a->item, b->item) && same_texts(a->sources, b->sources);
}

static enum request_problem check_extension(const struct policy *p, const struct record *r,
					    const struct classification *what, struct date today)
{
	const struct classification *now = &r->decided;
	bool only_term = text_equal(what->level, now->level) && same_texts(what->scope, now->scope) &&
			 same_basis(what, now);

	if (!date_is_set(r->declassify_on))
		return REQUEST_NO_END;
	if (term_is_over(r->declassify_on, today, p->edge))
		return REQUEST_TOO_LATE;
	if (term_compare(&what->term, &now->term, r->start, p->leap) <= 0)
		return REQUEST_NOT_LONGER;
	return only_term || p->requests.extension_is_whole ? REQUEST_OK : REQUEST_NOT_SET_HERE;
}

static enum request_problem check_change(const struct policy *p, const struct record *r,
					 const struct classification *what, struct date today)
{
	const struct classification *now = &r->decided;
	enum regime regime = r->regime;

	(void)regime_find(r->asked_regime, &regime);

	if (term_is_over(r->declassify_on, today, p->edge))
		return REQUEST_TOO_LATE;
	if (!level_is_classified(level_for_protection(p, what->level)) && !regime_is_other(regime))
		return REQUEST_IS_RELEASE;
	return regime == r->regime && text_equal(what->level, now->level) && term_equal(&what->term, &now->term) &&
		       same_texts(what->scope, now->scope) && same_basis(what, now)
		   ? REQUEST_NOTHING_NEW
		   : REQUEST_OK;
}

enum request_problem request_check(const struct policy *p, const struct record *r, const struct request_kind *kind,
				   const struct classification *what, const char *document, struct date today)
{
	if (r->request != ACT_NEW && r->request != kind->decide)
		return REQUEST_WAITS;
	if (kind->extends)
		return check_extension(p, r, what, today);
	if (kind->sets)
		return check_change(p, r, what, today);
	if (kind->decide == ACT_PUBLISH)
		return record_is_in_force(r) ? REQUEST_NOT_ENDED : REQUEST_OK;
	return p->requests.long_term_needs_document && r->decided.term.kind == TERM_LONG && text_is_empty(document)
		   ? REQUEST_NEEDS_DOCUMENT
		   : REQUEST_OK;
}

static const struct {
	const char *name, *sentence, *next;
} problems[] = {
    [REQUEST_OK] = {"ok", "", ""},
    [REQUEST_WAITS] = {"already-asked", "something is asked for about this record already",
		       "classctl queue shows it to the responsible person; classctl withdraw NUMBER takes it back"},
    [REQUEST_TOO_LATE] = {"too-late", "the term is over; what is over is neither changed nor extended",
			  "if it must be protected again, have it classified anew"},
    [REQUEST_NO_END] = {"no-end", "no day ends this term, so there is nothing to extend",
			"classctl change NUMBER gives it another term"},
    [REQUEST_NOT_LONGER] = {"not-longer", "an extension ends later than the term that is there",
			    "give --term, counted from the start of the term; classctl change NUMBER shortens it"},
    [REQUEST_NOT_SET_HERE] = {"only-the-term", "in this pack an extension settles the term alone",
			      "ask for level, scope or basis with classctl change NUMBER"},
    [REQUEST_NOTHING_NEW] = {"nothing-new", "level, term, scope and basis are these already",
			     "say what is to be different: --level, --term, --scope or --item"},
    [REQUEST_IS_RELEASE] = {"is-release", "a change down to unclassified is a release",
			    "classctl release NUMBER --reason WHY asks for it"},
    [REQUEST_NOT_ENDED] = {"not-released", "only what is released, expired or not secret is published, and released is not public",
			   "ask for the release first: classctl release NUMBER"},
    [REQUEST_NEEDS_DOCUMENT] = {"no-document",
				"a long-term item is released only by a document of the body that issued the catalogue",
				"name that document with --document"},
};

const char *request_problem_name(enum request_problem problem)
{
	return problems[problem].name;
}

const char *request_problem_sentence(enum request_problem problem)
{
	return problems[problem].sentence;
}

const char *request_problem_next(enum request_problem problem)
{
	return problems[problem].next;
}
