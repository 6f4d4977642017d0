/* The part of a pack about labels of other systems: what ours are called there, and what theirs are likely to mean. */
#include "library/policy_read.h"

#include "base/text.h"

#define EQUIVALENTS_MAX 200

static bool is_list_here(struct reader *r, const struct yaml_node *v)
{
	if (v->kind == YAML_LIST && v->n <= EQUIVALENTS_MAX)
		return true;
	complain(r, v, "a list of at most %d rows stands here", EQUIVALENTS_MAX);
	return false;
}

static bool never_looser(const void *old, const void *new)
{
	(void)old;
	(void)new;
	return false; /* it only hints */
}

static bool read_level(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	return kind_level.read(r, v, param, ret);
}
static const struct kind kind_any_level = {sizeof(const struct level *), read_level, never_looser};

static void read_row(struct reader *r, const struct yaml_node *at, struct equivalent *e)
{
	static const struct field fields[] = {
	    FIELD(struct equivalent, policy, "policy", kind_text_free, NULL, true),
	    FIELD(struct equivalent, label, "label", kind_text_free, NULL, false),
	    FIELD(struct equivalent, id, "id", kind_text_free, NULL, false),
	    FIELD(struct equivalent, level, "level", kind_any_level, NULL, true),
	};

	read_fields(r, at, fields, array_n(fields), e);
	if (!e->label && !e->id)
		complain(r, at, "a row says which label it means: label, or id");
	else if (r->overlay && (!e->policy || !e->level))
		complain(r, at, "a row says policy and level");
}

/* Those of a site stand before those of its pack. */
static bool read_equivalents(struct reader *r, const struct yaml_node *v, const void *param, void *ret)
{
	struct equivalents had = r->overlay ? r->p->labels.equivalents : (struct equivalents){0};
	struct equivalent *rows;
	size_t n = 0;

	(void)param;
	if (!is_list_here(r, v))
		return false;
	rows = policy_alloc(r->owner, v->n + had.n + 1, sizeof(*rows));
	if (!rows) {
		r->failed = true;
		return false;
	}
	for (const struct yaml_node *at = v->child; at; at = at->next)
		read_row(r, at, &rows[n++]);
	for (size_t i = 0; i < had.n; i++)
		rows[n++] = had.at[i];
	*(struct equivalents *)ret = (struct equivalents){rows, n};
	return true;
}
static const struct kind kind_equivalents = {sizeof(struct equivalents), read_equivalents, never_looser};

void read_labels(struct reader *r, const struct yaml_node *v)
{
	static const struct field fields[] = {
	    FIELD(struct label_rules, policy, "policy", kind_text_free, NULL, false),
	    FIELD(struct label_rules, oid, "oid", kind_text_free, NULL, false),
	    FIELD(struct label_rules, equivalents, "equivalents", kind_equivalents, NULL, false),
	};
	const struct yaml_node *oid = yaml_get(v, "oid");

	read_fields(r, v, fields, array_n(fields), &r->p->labels);
	if (r->p->labels.oid && !text_starts(r->p->labels.oid, "urn:oid:"))
		complain(r, oid ? oid : v, "an object identifier is written urn:oid:1.2.3");
}
