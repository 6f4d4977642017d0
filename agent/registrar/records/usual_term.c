#include "registrar/records/usual_term.h"

#include "base/text.h"
#include "registrar/store/store_precedents.h"

#include <stdio.h>

int usual_term(struct registrar *r, const struct item *item, const struct level *level, const char *but,
	       struct usual_term *ret)
{
	struct precedents of = {.pack = r->policy->id, .item = item->id, .level = level->code, .but = but};

	*ret = (struct usual_term){.term = item->term};
	if (item->term.kind != TERM_PERIOD)
		return 0;
	TRY(store_precedents(r->store, &of));
	ret->n = precedent_term(r->policy, level, item, of.at, of.n, &ret->term);
	return 0;
}

int usual_term_of(struct case_of *c, const struct item *item, const struct level *level, struct usual_term *ret)
{
	struct usual_memo *memo = c->usual;

	if (!memo)
		return usual_term(c->r, item, level, c->next.number, ret);
	if (memo->item != item || memo->level != level) {
		TRY(usual_term(c->r, item, level, NULL, &memo->usual));
		memo->item = item;
		memo->level = level;
	}
	*ret = memo->usual;
	return 0;
}

bool usual_term_is_longest(const struct case_of *c, const struct term *term, const struct level *level)
{
	const struct term longest = {.kind = TERM_PERIOD, .period = level->max_term};

	return term->kind == TERM_LONG || (period_is_set(level->max_term) &&
					   term_compare(term, &longest, c->today, c->r->policy->leap) >= 0);
}

static int refuse_longest(struct case_of *c, const struct item *item)
{
	TRY(api_refuse(c->call, API_INPUT, "longest-by-default", "term", "give --term",
		       "item %s brings the longest term of its level, which is not given by itself", item->id));
	return CASE_ANSWERED;
}

int usual_term_take(struct case_of *c, const struct fields *f)
{
	const struct policy *p = c->r->policy;
	struct classification *what = &c->next.proposed;
	const struct item *item = f->item && !f->term ? catalogue_find(&p->catalogue, f->item) : NULL;
	const struct level *level = level_find(p, what->level);
	struct usual_term usual;

	if (!item || !level || what->basis != BASIS_ITEM || !term_equal(&what->term, &item->term))
		return 0;
	TRY(usual_term_of(c, item, level, &usual));
	if (usual_term_is_longest(c, &usual.term, level))
		return refuse_longest(c, item);
	if (!usual.n)
		return 0;
	what->term = usual.term;
	(void)snprintf(c->term_from, sizeof(c->term_from), "term: median of %zu records of this item", usual.n);
	if (!term_equal(&usual.term, &item->term) && text_is_empty(what->reason))
		what->reason = c->term_from;
	return 0;
}
